// Who acts in the model-based test, what they know, and the genesis they begin with.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "model.hpp"

namespace ainur::test {

/// An account and how it signs.
struct person {
  account_id id;
  account_id signer;
  std::optional<std::uint64_t> index;
};

/// The same for every run.
struct cast {
  std::vector<person> people;
  std::map<byte_array<32>, byte_array<32>> seeds; // by key: of everybody, and some to rotate to
  std::vector<byte_array<32>> spare;              // keys to rotate to

  static const cast& get();

  // Places in `people`.
  enum place : std::size_t {
    host,
    orchestrator,
    agent_a, // the agents of `host`; the first two have controllers of their own
    agent_b,
    agent_c,
    second_host, // bonded: its own orchestrator
    agent_d,
    client,
    rival,
    council,
    authority,
    arbiters, // five of them
    validators = arbiters + 5,
    nominators = validators + 3,
    controllers = nominators + 3,
    fresh = controllers + 2, // three that have nothing; two are hosted
    size = fresh + 3,
  };

  [[nodiscard]] const person& at(std::size_t i) const { return people[i % people.size()]; }

  [[nodiscard]] const person* find(const account_id& id) const;
  /// A signature of the key, or none of anybody.
  [[nodiscard]] byte_array<64> sign(const byte_array<32>& key, std::string_view tag,
                                    bytes_view message) const;
};

/// One of several sets of rules, and a council that may be a DAO.
[[nodiscard]] genesis genesis_of(std::uint64_t seed);

[[nodiscard]] hash256 digest_of(std::string_view text);

} // namespace ainur::test
