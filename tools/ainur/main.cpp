// ainur: the command line.
#include <cstdio>
#include <exception>

#include "command.hpp"

namespace ainur::cli {

CLI::App* frame::add(const std::string& name, const std::string& help, const std::string& example,
                     std::function<int()> run, CLI::App* parent) {
  auto* command = (parent == nullptr ? &app : parent)->add_subcommand(name, help);
  command->footer("Example:\n  " + example);
  if (run)
    command->callback([this, run = std::move(run)] { chosen = run; });
  return command;
}

int bad_input(const error& e) {
  std::fprintf(stderr, "ainur: %s\n", e.to_string().c_str());
  return exit_bad_input;
}

int internal_error(const error& e) {
  std::fprintf(stderr, "ainur: %s\n", e.to_string().c_str());
  return exit_internal;
}

namespace {

int run(int argc, char** argv) {
  frame f;
  f.app.description("Ainur: markets of autonomous agents, from a scenario file");
  f.app.name("ainur");
  f.app.require_subcommand(1);
  f.app.footer("Example:\n  ainur run examples/scenarios/market.toml");
  add_new(f);
  add_check(f);
  add_metrics(f);
  add_compare(f);
  add_key(f);
  add_safety(f);
  add_run(f);
  add_explain(f);
  add_ledger(f);
  add_bench(f);
  add_version(f);
  try {
    f.app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return f.app.exit(e);
  } catch (const CLI::ParseError& e) {
    f.app.exit(e);
    return exit_bad_input;
  }
  return f.chosen ? f.chosen() : exit_bad_input;
}

} // namespace
} // namespace ainur::cli

int main(int argc, char** argv) {
  try {
    return ainur::cli::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ainur: internal error: %s\n", e.what());
    return ainur::cli::exit_internal;
  }
}
