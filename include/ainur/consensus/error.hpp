// Errors of room `consensus`.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::consensus {

enum class errc : std::uint16_t {
  malformed_election = 1, ///< the text or the parts of an election are not of the stated form
  election_too_large,     ///< more candidates, voters or targets than an election may have
  infeasible_solution,    ///< someone gives more than they have, or to whom they did not name
  bad_validators,         ///< a set that cannot be: empty, an id twice, no weight or too much
  bad_statement,          ///< not well-formed, of another height or by nobody of the set
  bad_block,              ///< a block that cannot follow its predecessor
  bad_certificate,        ///< a certificate without a quorum of good signatures
  bad_record,             ///< a write-ahead record that does not fit those before it
  not_trusted,            ///< the signers of a header are not enough of those trusted
  bad_batch,              ///< a batch that no block may hold
  known_batch,            ///< it is waiting already, was here before, or another has its nonce
  nonce_over,             ///< the signer's nonce is past it, or far from it
  mempool_full,           ///< nothing that waits is cheaper
  bad_proof,              ///< a proof of finality whose parts do not fit together
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::consensus
