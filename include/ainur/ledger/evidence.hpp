// What an agent commits to when it posts a result, and what proves that it delivered another one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// The salted hash that `post_result` carries. `digest` is BLAKE2b-256 of the result itself; `part`
/// is given exactly if the award is in parts.
[[nodiscard]] hash256 result_commitment(const task_id& task, std::uint16_t subtask,
                                        const byte_array<32>& salt, const hash256& digest,
                                        std::optional<std::uint16_t> part = std::nullopt);

/// A result as delivered, signed by the agent's key (its host's, if hosted) under `delivery_tag`
/// over `delivery_message`. If its commitment is not the one that was posted, it proves a
/// fraudulent result: the evidence of `report_offence`, as canonical msgpack.
struct result_evidence {
  byte_array<32> salt{};
  hash256 digest;
  byte_array<64> signature{};
  std::uint16_t part = 0;                     ///< 0 if the price is whole
  std::optional<std::uint32_t> key_version{}; ///< of the key; none: the current one
  AINUR_FIELDS(result_evidence, salt, digest, signature, part, key_version)
};

/// What the agent signs when it delivers: task (16 bytes), subtask (2 bytes, big-endian), salt,
/// digest, for an award in parts the part (2 bytes) and, if it is named, the version of its key (4
/// bytes, big-endian).
[[nodiscard]] bytes delivery_message(const task_id& task, std::uint16_t subtask,
                                     const byte_array<32>& salt, const hash256& digest,
                                     std::optional<std::uint16_t> part = std::nullopt,
                                     std::optional<std::uint32_t> key_version = std::nullopt);

/// An agent's word that it works on a subtask in [from, until), and that it takes no more than
/// `capacity` at a time.
struct acceptance {
  account_id agent;
  task_id task;
  std::uint16_t subtask = 0;
  timestamp from{};
  timestamp until{};
  std::uint16_t capacity = 1;                 ///< at least 1
  std::optional<std::uint32_t> key_version{}; ///< of the signing key; none: the current one
  AINUR_FIELDS(acceptance, agent, task, subtask, from, until, capacity, key_version)
};

/// Signed by the agent's key (its host's, if hosted) under `acceptance_tag` over the canonical
/// msgpack of the acceptance.
struct signed_acceptance {
  ledger::acceptance acceptance;
  byte_array<64> signature{};
  AINUR_FIELDS(signed_acceptance, acceptance, signature)
};

/// Proves a double acceptance: 2 .. 256 acceptances of one agent for different subtasks that have
/// begun and share an instant, more than the largest capacity declared in them. The evidence of
/// `report_offence`, as canonical msgpack.
struct acceptance_evidence {
  std::vector<signed_acceptance> acceptances;
  AINUR_FIELDS(acceptance_evidence, acceptances)
};

[[nodiscard]] bytes acceptance_message(const acceptance& a);

} // namespace ainur::ledger
