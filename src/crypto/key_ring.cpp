#include "ainur/crypto/key_ring.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <sodium.h>

#include "ainur/codec/msgpack.hpp"

namespace ainur::crypto {

namespace {

constexpr std::string_view magic = "ainur-ring";
constexpr std::uint16_t version_current = 1;
constexpr codec::limits ring_limits{.bytes_max = 1024};
/// Account, current key, prepared key.
constexpr std::size_t ring_bytes_max = account_id::size + 2 * seed::size;

struct sealed_form {
  std::string magic;
  std::uint16_t version = 0;
  aead_nonce nonce{};
  bytes sealed;
  AINUR_FIELDS(sealed_form, magic, version, nonce, sealed)
};

/// Bytes that are wiped at the end.
struct secret_bytes {
  bytes value;

  explicit secret_bytes(bytes b) noexcept : value(std::move(b)) {}

  secret_bytes(const secret_bytes&) = delete;
  secret_bytes& operator=(const secret_bytes&) = delete;

  ~secret_bytes() { sodium_memzero(value.data(), value.size()); }

  [[nodiscard]] secret_key key_at(std::size_t offset) const {
    byte_array<seed::size> raw;
    std::copy_n(value.begin() + static_cast<std::ptrdiff_t>(offset), raw.size(), raw.begin());
    auto key = secret_key::from_seed(seed{raw});
    sodium_memzero(raw.data(), raw.size());
    return key;
  }
};

void append_seed(bytes& to, const secret_key& key) {
  const auto secret = key.to_seed();
  to.insert(to.end(), secret.view().begin(), secret.view().end());
}

} // namespace

bytes seal_ring(const key_ring& ring, const aead_key& lock, const aead_nonce& nonce) {
  secret_bytes plain{{}};
  plain.value.reserve(ring_bytes_max);
  plain.value.assign(ring.account().value.begin(), ring.account().value.end());
  append_seed(plain.value, ring.current());
  if (ring.prepared())
    append_seed(plain.value, *ring.prepared());
  auto sealed = aead_seal(lock, nonce, as_bytes(magic), plain.value);
  return codec::encode(sealed_form{std::string{magic}, version_current, nonce, std::move(sealed)});
}

result<key_ring> open_ring(bytes_view sealed, const aead_key& lock) {
  const auto outer = codec::decode<sealed_form>(sealed, ring_limits);
  if (!outer)
    return fail(outer.error());
  if (outer->magic != magic || outer->version != version_current)
    return fail(errc::unsupported_version, "a key ring of version " +
                                               std::to_string(outer->version) +
                                               "; this program reads 1");
  auto opened = aead_open(lock, outer->nonce, as_bytes(magic), outer->sealed);
  if (!opened)
    return fail(opened.error());
  const secret_bytes plain{std::move(*opened)};
  if (plain.value.size() != ring_bytes_max && plain.value.size() != ring_bytes_max - seed::size)
    return fail(errc::cannot_open, "it does not hold one or two keys");
  account_id account;
  std::copy_n(plain.value.begin(), account_id::size, account.value.begin());
  key_ring ring{account, plain.key_at(account_id::size)};
  if (plain.value.size() == ring_bytes_max)
    ring.prepare(plain.key_at(account_id::size + seed::size));
  return ring;
}

key_ring key_ring::of_run(std::uint64_t run, std::uint64_t index) noexcept {
  return key_ring{secret_key::from_seed(run_seed(run, "host", index))};
}

const public_key& key_ring::prepare(secret_key next) noexcept {
  next_.emplace(std::move(next));
  return next_->public_part();
}

bool key_ring::rotate(const public_key& committed) noexcept {
  if (!next_ || next_->public_part() != committed)
    return false;
  current_ = std::move(*next_);
  next_.reset();
  return true;
}

} // namespace ainur::crypto
