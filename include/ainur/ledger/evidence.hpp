// What an agent commits to when it posts a result, and what proves that it delivered another one.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::ledger {

/// The salted hash that `post_result` carries. `digest` is BLAKE2b-256 of the result itself.
[[nodiscard]] hash256 result_commitment(const task_id& task, std::uint16_t subtask,
                                        const byte_array<32>& salt, const hash256& digest);

/// A result as delivered, signed by the agent's key (its host's, if hosted) under `delivery_tag`
/// over `delivery_message`. If its commitment is not
/// the one that was posted, it proves a fraudulent result: the evidence of `report_offence`, as
/// canonical msgpack.
struct result_evidence {
  byte_array<32> salt{};
  hash256 digest;
  byte_array<64> signature{};
  std::optional<std::uint32_t> key_version{}; ///< of the key; none: the current one
  AINUR_FIELDS(result_evidence, salt, digest, signature, key_version)
};

/// What the agent signs when it delivers: task (16 bytes), subtask (2 bytes, big-endian), salt,
/// digest and, if it is named, the version of its key (4 bytes, big-endian).
[[nodiscard]] bytes delivery_message(const task_id& task, std::uint16_t subtask,
                                     const byte_array<32>& salt, const hash256& digest,
                                     std::optional<std::uint32_t> key_version = std::nullopt);

} // namespace ainur::ledger
