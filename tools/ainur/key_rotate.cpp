// ainur key rotate: the next key of an account, and the call that announces it.
#include <memory>
#include <string>

#include <unistd.h>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/call.hpp"
#include "ainur/ledger/signature.hpp"
#include "key_command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string file;
  std::string chain;
  std::string account;
  std::uint32_t version = 1;
  passphrase_source passphrase;
  bool commit = false;
  bool json = false;
};

result<crypto::public_key> public_key_in(const std::string& file) {
  const auto content = crypto::read_key_file(file);
  if (!content)
    return fail(content.error());
  auto key = crypto::locked_public_key(*content);
  if (!key)
    return fail(key.error().within(file));
  return key;
}

/// The key beside the file, made if it is not there: called again, it gives the same key.
result<crypto::secret_key> next_key(const options& given) {
  const auto lock = read_passphrase(given.passphrase, false);
  if (!lock)
    return fail(lock.error());
  // Both files are to open with one passphrase.
  if (auto current = unlock_file(given.file, lock->text); !current)
    return fail(current.error());
  const auto next = given.file + ".next";
  if (::access(next.c_str(), F_OK) == 0)
    return unlock_file(next, lock->text);
  return make_key_file(next, lock->text, false);
}

int announce(const options& given) {
  const auto chain = id_from_hex<hash256>(given.chain);
  if (!chain)
    return bad_input(chain.error().within("--chain"));
  const auto key = public_key_in(given.file);
  if (!key)
    return key_failed(key.error());
  auto account = crypto::account_of(*key);
  if (!given.account.empty()) {
    const auto named = account_from_text(given.account);
    if (!named)
      return bad_input(named.error().within("--account"));
    account = *named;
  }
  const auto next = next_key(given);
  if (!next)
    return key_failed(next.error());
  const auto message = ledger::key_message(*chain, account, given.version);
  const ledger::rotate_key call{next->public_part().value,
                                next->sign(ledger::key_tag, message).value};
  print_object({{"file", given.file + ".next"},
                {"did", to_did(account)},
                {"account", to_string(account)},
                {"version", given.version},
                {"key", to_hex(call.key)},
                {"proof", to_hex(call.proof)},
                {"call", to_hex(codec::encode(ledger::call{call}))}},
               given.json);
  return exit_ok;
}

int put_in_place(const options& given) {
  const auto old = public_key_in(given.file);
  if (!old)
    return key_failed(old.error());
  const auto next = public_key_in(given.file + ".next");
  if (!next)
    return key_failed(next.error());
  if (auto placed = crypto::advance_key_file(given.file); !placed)
    return key_failed(placed.error());
  print_object({{"file", given.file},
                {"key", to_string(*next)},
                {"old_file", given.file + ".old"},
                {"old_key", to_string(*old)}},
               given.json);
  return exit_ok;
}

int key_rotate(const options& given) {
  if (auto started = crypto::initialise(); !started)
    return key_failed(started.error());
  if (given.commit)
    return put_in_place(given);
  if (given.chain.empty())
    return bad_input(error{base_errc::malformed,
                           "--chain is missing: the genesis hash (`ainur ledger show` prints it)"});
  return announce(given);
}

} // namespace

void add_key_rotate(frame& f, CLI::App* key) {
  const auto given = std::make_shared<options>();
  auto* command = f.add(
      "rotate",
      "Make the next key as FILE.next and print the call that announces it; once the ledger has "
      "carried that out, put the key in place with --commit (the old one stays as FILE.old)",
      "ainur key rotate host.key --chain $(cat chain.txt) --version 2 --account did:ainur:...\n"
      "  ainur key rotate host.key --commit",
      [given] { return key_rotate(*given); }, key);
  command->add_option("FILE", given->file, "The key file")->required();
  command->add_option("--chain", given->chain, "The genesis hash of the ledger, hexadecimal");
  command->add_option("--account", given->account,
                      "The account, if it began with another key than that of FILE");
  command
      ->add_option("--version", given->version,
                   "The version that the next key will have (default: 1, the first rotation)")
      ->check(CLI::PositiveNumber);
  add_passphrase_options(command, given->passphrase);
  command->add_flag("--commit", given->commit, "Put FILE.next in the place of FILE");
  command->add_flag("--json", given->json, "Print JSON");
}

} // namespace ainur::cli
