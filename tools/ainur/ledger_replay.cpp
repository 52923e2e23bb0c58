// ainur ledger replay: carries out a script of calls in memory and prints what each one answered.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "ainur/ledger/script.hpp"
#include "ainur/ledger/text.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

using json = nlohmann::ordered_json;

struct options {
  std::string file;
  bool events = false;
  bool as_json = false;
};

class replay {
public:
  explicit replay(const options& o) : o_(o) {}

  int run() {
    std::ifstream file;
    if (o_.file != "-") {
      file.open(o_.file, std::ios::binary);
      if (!file)
        return bad_input({base_errc::not_found, o_.file + ": cannot be read"});
    }
    std::istream& in = o_.file == "-" ? std::cin : file;
    std::string line;
    while (std::getline(in, line)) {
      auto done = script_.add(line);
      if (!done)
        return bad_input(done.error().within(o_.file));
      show(*done);
    }
    auto done = script_.end();
    if (!done)
      return bad_input(done.error().within(o_.file));
    show(*done);
    return finish();
  }

private:
  void show(const std::vector<ledger::script_answer>& answers) {
    for (const auto& a : answers) {
      ++steps_;
      unexpected_ += a.as_expected ? 0 : 1;
      o_.as_json ? show_json(a) : show_text(a);
    }
  }

  void show_json(const ledger::script_answer& a) {
    json out{{"line", a.line}, {"height", a.height}};
    if (!a.receipt.signer.is_none())
      out["receipt"] = json::parse(ledger::to_json_text(a.receipt));
    if (!a.as_expected)
      out["expected"] = a.expected;
    if (o_.events) {
      out["events"] = json::array();
      for (const auto& e : a.events)
        out["events"].push_back(json::parse(ledger::to_json_text(e)));
    }
    std::puts(out.dump().c_str());
  }

  void show_text(const ledger::script_answer& a) {
    std::string text;
    if (a.receipt.signer.is_none())
      text = "a block without calls";
    else if (a.receipt.status != ledger::errc::ok)
      text = std::string{describe(a.receipt.status).name} + ": " +
             std::string{describe(a.receipt.status).text};
    else
      for (const auto code : a.receipt.entries)
        text += (text.empty() ? "" : ", ") + std::string{describe(code).name};
    std::printf("line %-6llu block %-6llu %s%s\n", static_cast<unsigned long long>(a.line),
                static_cast<unsigned long long>(a.height), text.c_str(),
                a.as_expected ? "" : (" (expected " + a.expected + ")").c_str());
    if (o_.events)
      for (const auto& e : a.events)
        std::printf("    %s\n", ledger::to_json_text(e).c_str());
  }

  int finish() {
    const auto* s = script_.ledger();
    if (s == nullptr)
      return bad_input({base_errc::malformed, o_.file + ": holds no step"});
    const bool conserved = s->conserved();
    const json out{{"steps", steps_},
                   {"unexpected", unexpected_},
                   {"height", s->height()},
                   {"issuance_uainu", s->totals().issuance.micro()},
                   {"conserved", conserved},
                   {"block_hash", to_string(s->block_hash())},
                   {"state_hash", to_string(s->state_hash())}};
    if (o_.as_json)
      std::puts(out.dump().c_str());
    else
      for (const auto& [key, value] : out.items())
        std::printf("%-16s %s\n", key.c_str(),
                    (value.is_string() ? value.get<std::string>() : value.dump()).c_str());
    return unexpected_ == 0 && conserved ? exit_ok : exit_failed;
  }

  const options& o_;
  ledger::script script_;
  std::uint64_t steps_ = 0;
  std::uint64_t unexpected_ = 0;
};

} // namespace

void add_ledger_replay(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* one = f.add(
      "replay",
      "Carry out a script of calls (JSON lines) in memory; print each answer and the state hash",
      "ainur ledger replay case.jsonl --json", [o] { return replay{*o}.run(); }, group);
  one->add_option("FILE", o->file, "The script; - reads standard input")->required();
  one->add_flag("--events", o->events, "Print the events of each block too");
  one->add_flag("--json", o->as_json, "Print one JSON object a step, and one at the end");
}

} // namespace ainur::cli
