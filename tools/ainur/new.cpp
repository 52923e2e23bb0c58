// ainur new: a commented starter scenario
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/schema.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string file;
  bool force = false;
  bool reference = false;
};

int run(const options& o) {
  if (o.reference) {
    std::fputs(scenario::reference_markdown().c_str(), stdout);
    return exit_ok;
  }
  if (o.file.empty())
    return bad_input(error{base_errc::malformed, "name the file to write, or give --reference"});
  std::error_code code;
  if (!o.force && std::filesystem::exists(std::filesystem::symlink_status(o.file, code)))
    return bad_input(error{base_errc::io, o.file + " exists already; --force overwrites it"});
  std::ofstream out{o.file, std::ios::binary | std::ios::trunc};
  out << scenario::starter_toml();
  out.close();
  if (!out)
    return bad_input(error{base_errc::io, o.file + ": " + std::strerror(errno)});
  std::printf("%s: written; try `ainur run %s`\n", o.file.c_str(), o.file.c_str());
  return exit_ok;
}

} // namespace

void add_new(frame& f) {
  auto o = std::make_shared<options>();
  auto* command = f.add("new", "Write a commented starter scenario", "ainur new my-market.toml",
                        [o] { return run(*o); });
  command->add_option("FILE", o->file, "where to write it");
  command->add_flag("--force", o->force, "overwrite an existing file");
  command->add_flag("--reference", o->reference,
                    "print the reference of all keys (Markdown) instead");
}

} // namespace ainur::cli
