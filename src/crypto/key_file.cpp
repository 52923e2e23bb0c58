#include "ainur/crypto/key_file.hpp"

#include <algorithm>
#include <string_view>

#include <sodium.h>

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/aead.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::crypto {

namespace {

constexpr std::string_view magic = "ainur-key";
constexpr std::uint32_t version_current = 1;
constexpr std::uint32_t memory_kib_max = 1u << 20;
constexpr std::uint32_t passes_max = 16;
constexpr std::size_t file_bytes_max = 4096;

struct file_form {
  std::string magic;
  std::uint32_t version = 0;
  bytes body;
  byte_array<16> checksum{};
  AINUR_FIELDS(file_form, magic, version, body, checksum)
};

/// What is not secret in version 1; covered by the tag of the sealed seed.
struct header_form {
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;
  byte_array<16> salt{};
  byte_array<24> nonce{};
  public_key key;
  AINUR_FIELDS(header_form, memory_kib, passes, salt, nonce, key)
};

struct body_form {
  header_form header;
  bytes sealed;
  AINUR_FIELDS(body_form, header, sealed)
};

byte_array<16> checksum_of(const file_form& file) {
  const auto digest = hasher{"ainur/key-file/v1"}
                          .add(std::uint64_t{file.version})
                          .add(as_bytes(file.magic))
                          .add(file.body)
                          .finish();
  byte_array<16> out;
  std::copy_n(digest.value.begin(), out.size(), out.begin());
  return out;
}

result<void> check_passphrase(bytes_view passphrase) {
  if (passphrase.empty() || passphrase.size() > passphrase_bytes_max)
    return fail(errc::bad_passphrase, "this one has " + std::to_string(passphrase.size()));
  return {};
}

result<void> check_cost(std::uint32_t memory_kib, std::uint32_t passes) {
  if (memory_kib < 8 || memory_kib > memory_kib_max)
    return fail(errc::parameters_refused, std::to_string(memory_kib) + " KiB of memory; 8 to " +
                                              std::to_string(memory_kib_max) + " are allowed");
  if (passes < 1 || passes > passes_max)
    return fail(errc::parameters_refused, std::to_string(passes) + " passes; 1 to " +
                                              std::to_string(passes_max) + " are allowed");
  return {};
}

/// The key from the passphrase, wiped at the end.
class stretched {
public:
  stretched() = default;
  stretched(const stretched&) = delete;
  stretched& operator=(const stretched&) = delete;

  ~stretched() { sodium_memzero(value.data(), value.size()); }

  result<void> make(const header_form& header, bytes_view passphrase) {
    if (crypto_pwhash(value.data(), value.size(), reinterpret_cast<const char*>(passphrase.data()),
                      passphrase.size(), header.salt.data(), header.passes,
                      std::size_t{header.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
      return fail(errc::unavailable, "not enough memory to unlock: " +
                                         std::to_string(header.memory_kib) + " KiB are needed");
    return {};
  }

  aead_key value{};
};

/// The body, its checksum and cost checked.
result<body_form> parse(bytes_view file) {
  if (file.size() > file_bytes_max)
    return fail(errc::not_a_key_file,
                "it has more than " + std::to_string(file_bytes_max) + " bytes");
  const auto outer = codec::decode<file_form>(file);
  if (!outer) {
    // Its first bytes tell a damaged key file from something else: array of 4, text of 9.
    const auto start = codec::encode(std::string{magic});
    const bool ours = file.size() > start.size() && file[0] == 0x94 &&
                      std::equal(start.begin(), start.end(), file.begin() + 1);
    return fail(ours ? errc::damaged : errc::not_a_key_file, outer.error().to_string());
  }
  if (outer->magic != magic)
    return fail(errc::not_a_key_file);
  if (outer->checksum != checksum_of(*outer))
    return fail(errc::damaged, "its checksum does not fit");
  if (outer->version != version_current)
    return fail(errc::unsupported_version, "version " + std::to_string(outer->version));
  auto body = codec::decode<body_form>(outer->body);
  if (!body || body->sealed.size() != seed::size + aead_overhead)
    return fail(errc::not_a_key_file, "its body is not of version 1");
  if (auto fits = check_cost(body->header.memory_kib, body->header.passes); !fits)
    return fail(fits.error());
  return body;
}

} // namespace

result<bytes> lock_key(const secret_key& key, bytes_view passphrase, const key_file_salt& salt,
                       key_file_cost cost) {
  if (auto fits = check_passphrase(passphrase); !fits)
    return fail(fits.error());
  if (auto fits = check_cost(cost.memory_kib, cost.passes); !fits)
    return fail(fits.error());
  body_form body;
  body.header.memory_kib = cost.memory_kib;
  body.header.passes = cost.passes;
  std::copy_n(salt.begin(), 16, body.header.salt.begin());
  std::copy_n(salt.begin() + 16, 24, body.header.nonce.begin());
  body.header.key = key.public_part();
  stretched lock;
  if (auto made = lock.make(body.header, passphrase); !made)
    return fail(made.error());
  const auto secret = key.to_seed();
  body.sealed = aead_seal(lock.value, body.header.nonce, codec::encode(body.header), secret.view());
  file_form file{std::string{magic}, version_current, codec::encode(body), {}};
  file.checksum = checksum_of(file);
  return codec::encode(file);
}

result<secret_key> unlock_key(bytes_view file, bytes_view passphrase) {
  if (auto fits = check_passphrase(passphrase); !fits)
    return fail(fits.error());
  const auto body = parse(file);
  if (!body)
    return fail(body.error());
  stretched lock;
  if (auto made = lock.make(body->header, passphrase); !made)
    return fail(made.error());
  auto opened =
      aead_open(lock.value, body->header.nonce, codec::encode(body->header), body->sealed);
  if (!opened)
    return fail(errc::wrong_passphrase);
  byte_array<seed::size> raw;
  std::copy(opened->begin(), opened->end(), raw.begin());
  auto key = secret_key::from_seed(seed{raw});
  sodium_memzero(raw.data(), raw.size());
  sodium_memzero(opened->data(), opened->size());
  if (key.public_part() != body->header.key)
    return fail(errc::damaged, "the public key is another key's");
  return key;
}

result<public_key> locked_public_key(bytes_view file) {
  const auto body = parse(file);
  if (!body)
    return fail(body.error());
  return body->header.key;
}

result<key_file_salt> key_file_salt_from_system() {
  if (auto started = initialise(); !started)
    return fail(started.error());
  key_file_salt out;
  randombytes_buf(out.data(), out.size());
  return out;
}

} // namespace ainur::crypto
