// ainur key new|show|list, and the frame of the others
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "key_command.hpp"

namespace ainur::cli {

void print_object(const ordered_json& object, bool as_json) {
  if (as_json) {
    std::puts(object.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
    return;
  }
  std::size_t width = 0;
  for (const auto& [name, value] : object.items())
    width = std::max(width, name.size());
  for (const auto& [name, value] : object.items())
    std::printf("%-*s  %s\n", static_cast<int>(width), name.c_str(),
                (value.is_string() ? value.get<std::string>() : value.dump()).c_str());
}

int key_failed(const error& e) {
  return e.is(crypto::errc::unavailable) ? internal_error(e) : bad_input(e);
}

result<crypto::secret_key> unlock_file(const std::string& file, bytes_view passphrase) {
  if (auto started = crypto::initialise(); !started)
    return fail(started.error());
  const auto content = crypto::read_key_file(file);
  if (!content)
    return fail(content.error());
  auto key = crypto::unlock_key(*content, passphrase);
  if (!key)
    return fail(key.error().within(file));
  return key;
}

result<crypto::secret_key> make_key_file(const std::string& file, bytes_view passphrase,
                                         bool replace) {
  auto secret = crypto::seed_from_system();
  if (!secret)
    return fail(secret.error());
  const auto salt = crypto::key_file_salt_from_system();
  if (!salt)
    return fail(salt.error());
  auto key = crypto::secret_key::from_seed(*secret);
  const auto content = crypto::lock_key(key, passphrase, *salt);
  if (!content)
    return fail(content.error());
  if (auto written = crypto::write_key_file(file, *content, replace); !written)
    return fail(written.error());
  return key;
}

namespace {

struct options {
  std::string file;
  passphrase_source passphrase;
  bool force = false;
  bool json = false;
};

void print(const options& given, const crypto::public_key& key) {
  const auto account = crypto::account_of(key);
  ordered_json out;
  if (given.json)
    out["file"] = given.file;
  out["did"] = to_did(account);
  out["account"] = to_string(account);
  print_object(out, given.json);
}

int key_new(const options& given) {
  // Asked before the passphrase; writing checks again.
  if (!given.force && ::access(given.file.c_str(), F_OK) == 0)
    return bad_input(
        error{crypto::errc::already_exists, given.file + "; use --force to replace it"});
  if (auto started = crypto::initialise(); !started)
    return key_failed(started.error());
  const auto lock = read_passphrase(given.passphrase, true);
  if (!lock)
    return bad_input(lock.error());
  const auto key = make_key_file(given.file, lock->text, given.force);
  if (!key)
    return key_failed(key.error());
  print(given, key->public_part());
  return exit_ok;
}

int key_show(const options& given) {
  if (auto started = crypto::initialise(); !started)
    return key_failed(started.error());
  const auto file = crypto::read_key_file(given.file);
  if (!file)
    return key_failed(file.error());
  const auto shown = crypto::locked_public_key(*file);
  if (!shown)
    return key_failed(shown.error().within(given.file));
  if (given.passphrase.is_named()) {
    const auto lock = read_passphrase(given.passphrase, false);
    if (!lock)
      return bad_input(lock.error());
    if (auto key = crypto::unlock_key(*file, lock->text); !key)
      return key_failed(key.error().within(given.file));
  }
  print(given, *shown);
  return exit_ok;
}

/// Key files begin with an array of four and the text "ainur-key".
bool looks_like_key_file(const std::filesystem::path& path) {
  constexpr std::string_view start = "\x94\xa9"
                                     "ainur-key";
  std::array<char, start.size()> read{};
  std::ifstream in{path, std::ios::binary};
  in.read(read.data(), read.size());
  return in && std::string_view{read.data(), read.size()} == start;
}

int key_list(const options& given) {
  if (auto started = crypto::initialise(); !started)
    return key_failed(started.error());
  std::error_code failure;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at{given.file, failure}, end; !failure && at != end;
       at.increment(failure)) {
    std::error_code unreadable;
    if (at->is_regular_file(unreadable) && looks_like_key_file(at->path()))
      files.push_back(at->path());
  }
  if (failure)
    return bad_input(error{base_errc::io, given.file + ": " + failure.message()});
  std::sort(files.begin(), files.end());
  auto listed = ordered_json::array();
  int code = exit_ok;
  for (const auto& path : files) {
    const auto content = crypto::read_key_file(path.string());
    const auto key = content ? crypto::locked_public_key(*content) : fail(content.error());
    ordered_json one{{"file", path.filename().string()}};
    if (key) {
      one["did"] = to_did(crypto::account_of(*key));
      one["account"] = to_string(crypto::account_of(*key));
    } else {
      one["problem"] = key.error().to_string();
      code = exit_failed;
    }
    listed.push_back(std::move(one));
  }
  if (given.json) {
    std::puts(listed.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
    return code;
  }
  std::size_t width = 0;
  for (const auto& one : listed)
    width = std::max(width, one["file"].get_ref<const std::string&>().size());
  for (const auto& one : listed)
    std::printf("%-*s  %s\n", static_cast<int>(width), one["file"].get<std::string>().c_str(),
                one.value(one.contains("did") ? "did" : "problem", "").c_str());
  return code;
}

} // namespace

void add_key(frame& f) {
  auto* key =
      f.add("key", "Make, show, list, rotate and use key files", "ainur key new host.key", nullptr);
  key->require_subcommand(1);
  const auto add = [&f, key](const std::string& name, const std::string& help,
                             const std::string& example, int (*run)(const options&)) {
    const auto given = std::make_shared<options>();
    auto* command = f.add(
        name, help, example, [given, run] { return run(*given); }, key);
    command->add_flag("--json", given->json, "Print JSON");
    return std::pair{command, given};
  };
  const auto [make, making] =
      add("new", "Make a key, locked by a passphrase, and print its account",
          "ainur key new host.key --passphrase-file secret.txt", key_new);
  make->add_option("FILE", making->file, "The key file")->required();
  add_passphrase_options(make, making->passphrase);
  make->add_flag("--force", making->force, "Replace an existing file");
  const auto [show, showing] =
      add("show", "Print whose key a file holds; with a passphrase, prove that it unlocks",
          "ainur key show host.key --json", key_show);
  show->add_option("FILE", showing->file, "The key file")->required();
  add_passphrase_options(show, showing->passphrase);
  const auto [list, listing] = add("list", "List the key files of a folder and whose they are",
                                   "ainur key list keys", key_list);
  listing->file = ".";
  list->add_option("FOLDER", listing->file, "The folder (default: this one)");
  add_key_rotate(f, key);
  add_key_sign(f, key);
  add_key_export(f, key);
}

} // namespace ainur::cli
