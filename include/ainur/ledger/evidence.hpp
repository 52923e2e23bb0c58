// What an agent commits to when it posts a result, and what proves that it delivered another one.
#pragma once

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::ledger {

/// The salted hash that `post_result` carries. `digest` is BLAKE2b-256 of the result itself.
[[nodiscard]] hash256 result_commitment(const task_id& task, std::uint16_t subtask,
                                        const byte_array<32>& salt, const hash256& digest);

/// A result as delivered, signed by the agent's key (its host's, if hosted) under `delivery_tag`
/// over task (16 bytes), subtask (2 bytes, big-endian), salt and digest. If its commitment is not
/// the one that was posted, it proves a fraudulent result: the evidence of `report_offence`, as
/// canonical msgpack.
struct result_evidence {
  byte_array<32> salt{};
  hash256 digest;
  byte_array<64> signature{};
  AINUR_FIELDS(result_evidence, salt, digest, signature)
};

/// What the agent signs when it delivers.
[[nodiscard]] bytes delivery_message(const task_id& task, std::uint16_t subtask,
                                     const byte_array<32>& salt, const hash256& digest);

} // namespace ainur::ledger
