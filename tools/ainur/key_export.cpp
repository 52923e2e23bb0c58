// ainur key export: what of a key may leave its file.
#include <cstdio>
#include <memory>
#include <string>

#include "key_command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string file;
  std::string form = "public";
  std::string account;
  passphrase_source passphrase;
  bool secret = false;
  bool json = false;
};

/// The account's DID document (W3C DID Core) as far as the key alone gives it.
ordered_json document_of(const account_id& account, const crypto::public_key& key) {
  const auto did = to_did(account);
  const auto method = did + "#key";
  bytes multicodec{0xed, 0x01}; // an Ed25519 public key
  multicodec.insert(multicodec.end(), key.value.begin(), key.value.end());
  return {{"@context",
           {"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/ed25519-2020/v1"}},
          {"id", did},
          {"verificationMethod",
           ordered_json::array({{{"id", method},
                                 {"type", "Ed25519VerificationKey2020"},
                                 {"controller", did},
                                 {"publicKeyMultibase", "z" + to_base58(multicodec)}}})},
          {"authentication", ordered_json::array({method})},
          {"assertionMethod", ordered_json::array({method})}};
}

int print_one(const options& given, const std::string& name, const std::string& value) {
  if (given.json)
    print_object({{"file", given.file}, {name, value}}, true);
  else
    std::puts(value.c_str());
  return exit_ok;
}

int export_secret(const options& given) {
  const auto lock = read_passphrase(given.passphrase, false);
  if (!lock)
    return bad_input(lock.error());
  const auto key = unlock_file(given.file, lock->text);
  if (!key)
    return key_failed(key.error());
  std::fputs("ainur: warning: what is printed is the secret itself; whoever reads it can sign as "
             "this key\n",
             stderr);
  return print_one(given, "secret", to_hex(key->to_seed().view()));
}

int key_export(const options& given) {
  if (auto started = crypto::initialise(); !started)
    return key_failed(started.error());
  if (given.secret)
    return export_secret(given);
  const auto content = crypto::read_key_file(given.file);
  if (!content)
    return key_failed(content.error());
  const auto key = crypto::locked_public_key(*content);
  if (!key)
    return key_failed(key.error().within(given.file));
  if (given.form == "encrypted")
    return print_one(given, "encrypted", to_hex(*content));
  if (given.form == "public")
    return print_one(given, "public", to_string(*key));
  auto account = crypto::account_of(*key);
  if (!given.account.empty()) {
    const auto named = account_from_text(given.account);
    if (!named)
      return bad_input(named.error().within("--account"));
    account = *named;
  }
  print_object(document_of(account, *key), true);
  return exit_ok;
}

} // namespace

void add_key_export(frame& f, CLI::App* key) {
  const auto given = std::make_shared<options>();
  auto* command = f.add(
      "export",
      "Print the public key, the DID document, or the encrypted key file; the secret itself only "
      "with --secret",
      "ainur key export host.key --as document", [given] { return key_export(*given); }, key);
  command->add_option("FILE", given->file, "The key file")->required();
  auto* form = command
                   ->add_option("--as", given->form,
                                "public: hexadecimal (default); document: JSON; encrypted: the "
                                "file in hexadecimal")
                   ->check(CLI::IsMember({"public", "document", "encrypted"}));
  command->add_option("--account", given->account,
                      "The account of the document, if it began with another key");
  command->add_flag("--secret", given->secret, "Print the plain secret, in hexadecimal")
      ->excludes(form);
  add_passphrase_options(command, given->passphrase);
  command->add_flag("--json", given->json, "Print JSON");
}

} // namespace ainur::cli
