// Validators for tests: of each the id, the key's seed and the set they make.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "ainur/consensus/vote_keeper.hpp"
#include "ainur/crypto/keys.hpp"

namespace ainur::test {

/// The seed of the i-th validator's key.
inline byte_array<32> seed_of(std::uint32_t i) {
  byte_array<32> out{};
  out[0] = static_cast<std::uint8_t>(i);
  out[1] = static_cast<std::uint8_t>(i >> 8);
  out[31] = 7;
  return out;
}

/// The i-th validator's key.
inline crypto::secret_key secret_of(std::uint32_t i) {
  return crypto::secret_key::from_seed(crypto::seed{seed_of(i)});
}

/// An id that begins with a text, so that ids are ordered as the texts are.
inline account_id named(std::string_view text) {
  account_id out;
  std::copy(text.begin(), text.end(), out.value.begin());
  return out;
}

inline consensus::validator_set set_of(std::vector<std::pair<account_id, std::uint64_t>> members) {
  std::vector<consensus::validator> all;
  for (const auto& [id, weight] : members)
    all.push_back({id, {}, weight});
  return consensus::validator_set::make(std::move(all)).value();
}

/// n validators of these weights, in the order of their ids, with keys of their own.
inline consensus::validator_set keyed_set(const std::vector<std::uint64_t>& weights) {
  std::vector<consensus::validator> all;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    account_id id;
    id.value[0] = static_cast<std::uint8_t>(i >> 8);
    id.value[1] = static_cast<std::uint8_t>(i);
    id.value[2] = 1;
    all.push_back({id, secret_of(i).public_part().value, weights[i]});
  }
  return consensus::validator_set::make(std::move(all)).value();
}

} // namespace ainur::test
