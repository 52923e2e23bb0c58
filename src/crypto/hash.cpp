#include "ainur/crypto/hash.hpp"

#include <algorithm>

#include <sodium.h>

#include "ainur/base/assert.hpp"

namespace ainur::crypto {

static_assert(sizeof(crypto_generichash_state) <= 384);

namespace {
crypto_generichash_state* state_of(unsigned char* raw) noexcept {
  return reinterpret_cast<crypto_generichash_state*>(raw);
}
} // namespace

hasher::hasher(std::string_view tag) noexcept : state_{} {
  AINUR_ASSERT(tag.size() <= 255);
  crypto_generichash_init(state_of(state_), nullptr, 0, hash256::size);
  const auto length = static_cast<std::uint8_t>(tag.size());
  add(bytes_view{&length, 1}).add(as_bytes(tag));
}

hasher& hasher::add(bytes_view data) noexcept {
  crypto_generichash_update(state_of(state_), data.data(), data.size());
  return *this;
}

hasher& hasher::add(std::uint64_t number) noexcept {
  byte_array<8> big_endian;
  for (std::size_t i = 0; i < 8; ++i)
    big_endian[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return add(big_endian);
}

hash256 hasher::finish() noexcept {
  hash256 out;
  crypto_generichash_final(state_of(state_), out.value.data(), out.value.size());
  return out;
}

hash256 hash(std::string_view tag, bytes_view data) noexcept {
  return hasher{tag}.add(data).finish();
}

account_id hosted_account(const account_id& host, std::uint64_t index) noexcept {
  return account_id{hasher{"ainur/hosted/v1"}.add(host).add(index).finish().value};
}

task_id task_id_of(const account_id& client, std::uint64_t sequence) noexcept {
  const auto digest = hasher{"ainur/task/v1"}.add(client).add(sequence).finish();
  task_id id;
  std::copy_n(digest.value.begin(), task_id::size, id.value.begin());
  return id;
}

} // namespace ainur::crypto
