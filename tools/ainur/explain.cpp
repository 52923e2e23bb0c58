// ainur explain
#include <cstdio>
#include <memory>

#include "ainur/scenario/explain.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string task;
  std::string folder;
  bool as_json = false;
};

int run(const options& o) {
  const auto told = scenario::explain_task(o.folder, o.task);
  if (!told)
    return bad_input(told.error());
  std::puts((o.as_json ? told->json() : told->text()).c_str());
  return exit_ok;
}

} // namespace

void add_explain(frame& f) {
  const auto o = std::make_shared<options>();
  auto* c = f.add("explain", "Tell one task's life: who was asked, who bid what, who won and why",
                  "ainur explain '#17' --in out/market", [o] { return run(*o); });
  c->add_option("TASK", o->task,
                "Its id, the beginning of it, or its number in the order of submission")
      ->required();
  c->add_option("--in", o->folder, "What --out of `ainur run` wrote")->required();
  c->add_flag("--json", o->as_json, "Print JSON");
}

} // namespace ainur::cli
