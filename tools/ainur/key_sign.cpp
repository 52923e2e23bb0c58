// ainur key sign|verify: detached signatures of files.
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include <sys/stat.h>

#include "key_command.hpp"

namespace ainur::cli {

namespace {

/// No signature of a file serves for anything else, least of all on a ledger.
constexpr std::string_view file_tag = "ainur/file/v1";
constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

struct options {
  std::string file;
  std::string key;
  std::string signature;
  passphrase_source passphrase;
  bool json = false;
};

/// A whole regular file, at most `most` bytes.
result<bytes> read_file(const std::string& path, std::size_t most) {
  struct stat status {};

  std::ifstream in{path, std::ios::binary};
  if (!in || ::stat(path.c_str(), &status) != 0)
    return fail(base_errc::not_found, path);
  if (!S_ISREG(status.st_mode))
    return fail(base_errc::malformed, path + " is not a regular file");
  if (status.st_size < 0 || static_cast<std::uint64_t>(status.st_size) > most)
    return fail(base_errc::malformed, path + " has more than " + std::to_string(most) + " bytes");
  bytes content(static_cast<std::size_t>(status.st_size));
  in.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (static_cast<std::size_t>(in.gcount()) != content.size())
    return fail(base_errc::io, path);
  return content;
}

int key_sign(const options& given) {
  const auto content = read_file(given.file, file_bytes_max);
  if (!content)
    return bad_input(content.error());
  const auto lock = read_passphrase(given.passphrase, false);
  if (!lock)
    return bad_input(lock.error());
  const auto key = unlock_file(given.key, lock->text);
  if (!key)
    return key_failed(key.error());
  const auto signature = to_string(key->sign(file_tag, *content));
  if (given.json)
    print_object({{"file", given.file},
                  {"domain", file_tag},
                  {"key", to_string(key->public_part())},
                  {"signature", signature}},
                 true);
  else
    std::puts(signature.c_str());
  return exit_ok;
}

/// 128 hexadecimal digits, or a file that holds them.
result<crypto::signature> read_signature(const std::string& given) {
  if (auto direct = id_from_hex<crypto::signature>(given))
    return direct;
  const auto content = read_file(given, 1024);
  if (!content)
    return fail(content.error().within("--signature"));
  std::string text{content->begin(), content->end()};
  text.erase(text.find_last_not_of(" \r\n") + 1);
  auto read = id_from_hex<crypto::signature>(text);
  if (!read)
    return fail(read.error().within(given));
  return read;
}

/// A DID, 64 hexadecimal digits, or a key file.
result<crypto::public_key> read_signer(const std::string& given) {
  if (const auto account = account_from_text(given))
    return crypto::first_key_of(*account);
  const auto content = crypto::read_key_file(given);
  if (!content)
    return fail(content.error().within("--key is neither a DID nor hexadecimal, so a file"));
  auto key = crypto::locked_public_key(*content);
  if (!key)
    return fail(key.error().within(given));
  return key;
}

int key_verify(const options& given) {
  if (auto started = crypto::initialise(); !started)
    return key_failed(started.error());
  const auto signer = read_signer(given.key);
  if (!signer)
    return key_failed(signer.error());
  const auto signature = read_signature(given.signature);
  if (!signature)
    return bad_input(signature.error());
  const auto content = read_file(given.file, file_bytes_max);
  if (!content)
    return bad_input(content.error());
  const bool valid = crypto::verify(*signer, file_tag, *content, *signature);
  if (given.json)
    print_object({{"file", given.file}, {"key", to_string(*signer)}, {"valid", valid}}, true);
  else if (valid)
    std::puts("valid");
  else
    std::fprintf(stderr, "ainur: %s: the signature is not that of %s over this file\n",
                 given.file.c_str(), to_string(*signer).c_str());
  return valid ? exit_ok : exit_failed;
}

} // namespace

void add_key_sign(frame& f, CLI::App* key) {
  const auto signing = std::make_shared<options>();
  auto* sign = f.add(
      "sign", "Sign a file and print the detached signature (domain ainur/file/v1)",
      "ainur key sign report.pdf --key host.key > report.sig",
      [signing] { return key_sign(*signing); }, key);
  sign->add_option("FILE", signing->file, "The file to sign")->required();
  sign->add_option("--key", signing->key, "The key file")->required();
  add_passphrase_options(sign, signing->passphrase);
  sign->add_flag("--json", signing->json, "Print JSON");
  const auto verifying = std::make_shared<options>();
  auto* verify = f.add(
      "verify", "Check a detached signature of a file; status 1 if it does not hold",
      "ainur key verify report.pdf --key did:ainur:... --signature report.sig",
      [verifying] { return key_verify(*verifying); }, key);
  verify->add_option("FILE", verifying->file, "The signed file")->required();
  verify
      ->add_option("--key", verifying->key,
                   "The signer: a DID or public key (for its first key), or a key file")
      ->required();
  verify
      ->add_option("--signature", verifying->signature,
                   "The signature in hexadecimal, or a file that holds it")
      ->required();
  verify->add_flag("--json", verifying->json, "Print JSON");
}

} // namespace ainur::cli
