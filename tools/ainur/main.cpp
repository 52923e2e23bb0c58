// ainur: the command line.
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/nearest.hpp"
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

/// The parser only says that a command is required; a mistyped one is named.
bool explain_unknown_command(const CLI::App& app, int argc, char** argv) {
  const auto* group = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::string typed = argv[i];
    std::vector<std::string> names;
    const CLI::App* found = nullptr;
    for (const auto* command : group->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
      if (names.back() == typed)
        found = command;
    }
    if (names.empty())
      return false;
    if (found == nullptr) {
      const std::vector<std::string_view> views(names.begin(), names.end());
      const std::string near{nearest(typed, views)};
      const auto all = group == &app ? "ainur" : "ainur " + group->get_name();
      std::fprintf(stderr, "ainur: there is no command \"%s\"; %s\n", typed.c_str(),
                   near.empty() ? ("see `" + all + " --help`").c_str()
                                : ("did you mean \"" + near + "\"?").c_str());
      return true;
    }
    group = found;
  }
  return false;
}

int run(int argc, char** argv) {
  frame f;
  f.app.description("Ainur: markets of autonomous agents, from a scenario file");
  f.app.name("ainur");
  f.app.require_subcommand(1);
  f.app.set_version_flag("--version", "ainur " AINUR_VERSION, "Print the version and exit");
  f.app.footer("Example:\n  ainur run examples/scenarios/market.toml");
  add_new(f);
  add_check(f);
  add_metrics(f);
  add_compare(f);
  add_key(f);
  add_safety(f);
  add_sim(f);
  add_run(f);
  add_tx(f);
  add_explain(f);
  add_discover(f);
  add_elect(f);
  add_ledger(f);
  add_bench(f);
  add_version(f);
  try {
    f.app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return f.app.exit(e);
  } catch (const CLI::ParseError& e) {
    if (!explain_unknown_command(f.app, argc, argv))
      f.app.exit(e);
    return exit_bad_input;
  }
  const int code = f.chosen ? f.chosen() : int{exit_bad_input};
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
    return code;
  std::fprintf(stderr, "ainur: standard output could not be written: the disk may be full\n");
  return code == exit_ok ? int{exit_bad_input} : code;
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
