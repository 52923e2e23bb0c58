// ainur compare: two saved runs side by side
#include <cstdio>
#include <memory>

#include "ainur/scenario/report.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string first;
  std::string second;
  bool as_json = false;
};

int run(const options& o) {
  const auto first = scenario::load_saved_run(o.first);
  if (!first)
    return bad_input(first.error());
  const auto second = scenario::load_saved_run(o.second);
  if (!second)
    return bad_input(second.error());
  const auto text = o.as_json ? scenario::comparison_json(*first, *second)
                              : scenario::comparison_text(*first, *second);
  std::fputs(text.c_str(), stdout);
  return exit_ok;
}

} // namespace

void add_compare(frame& f) {
  auto o = std::make_shared<options>();
  auto* command = f.add("compare", "Compare two runs saved by `ainur run --out`",
                        "ainur compare runs/cq runs/broadcast", [o] { return run(*o); });
  command->add_option("FIRST", o->first, "the folder of a run")->required();
  command->add_option("SECOND", o->second, "the folder of another")->required();
  command->add_flag("--json", o->as_json, "print one JSON object");
}

} // namespace ainur::cli
