#include "ainur/ledger/signature.hpp"

#include <algorithm>

#include <sodium.h>

#include "ainur/base/assert.hpp"

namespace ainur::ledger {

namespace {

bytes tagged(std::string_view tag, bytes_view message) {
  bytes all;
  all.reserve(tag.size() + 1 + message.size());
  all.insert(all.end(), tag.begin(), tag.end());
  all.push_back(0);
  all.insert(all.end(), message.begin(), message.end());
  return all;
}

} // namespace

account_id account_of_seed(const byte_array<32>& seed) {
  AINUR_ASSERT(sodium_init() >= 0);
  account_id key;
  byte_array<64> secret;
  crypto_sign_seed_keypair(key.value.data(), secret.data(), seed.data());
  sodium_memzero(secret.data(), secret.size());
  return key;
}

byte_array<64> sign_detached(const byte_array<32>& seed, std::string_view tag, bytes_view message) {
  AINUR_ASSERT(sodium_init() >= 0);
  byte_array<32> key;
  byte_array<64> secret;
  crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
  const auto all = tagged(tag, message);
  byte_array<64> signature;
  crypto_sign_detached(signature.data(), nullptr, all.data(), all.size(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return signature;
}

bool verify_detached(const account_id& key, std::string_view tag, bytes_view message,
                     const byte_array<64>& signature) {
  AINUR_ASSERT(sodium_init() >= 0);
  const auto all = tagged(tag, message);
  return crypto_sign_verify_detached(signature.data(), all.data(), all.size(), key.value.data()) ==
         0;
}

} // namespace ainur::ledger
