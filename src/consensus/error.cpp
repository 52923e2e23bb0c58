#include "ainur/consensus/error.hpp"

namespace ainur::consensus {

error_info describe(errc code) noexcept {
  const auto info = [](std::string_view name, std::string_view text) {
    return error_info{"consensus", name, text};
  };
  switch (code) {
  case errc::malformed_election:
    return info("malformed_election", "this is not the form of an election");
  case errc::election_too_large:
    return info("election_too_large", "the election is larger than allowed");
  case errc::infeasible_solution:
    return info("infeasible_solution", "the supports are not what the voters can give");
  case errc::bad_validators:
    return info("bad_validators", "the validators cannot make a set");
  case errc::bad_statement:
    return info("bad_statement", "the statement is not well-formed, or not by the one it names");
  case errc::bad_block:
    return info("bad_block", "the block cannot follow the one before it");
  case errc::bad_certificate:
    return info("bad_certificate", "the certificate does not prove that a quorum agreed");
  case errc::bad_record:
    return info("bad_record", "the write-ahead record does not fit those before it");
  case errc::not_trusted:
    return info("not_trusted", "too few of the trusted validators signed");
  case errc::bad_batch:
    return info("bad_batch", "no block may hold this batch");
  case errc::known_batch:
    return info("known_batch", "the batch was here before, or another one has its nonce");
  case errc::nonce_over:
    return info("nonce_over", "the signer's next nonce is past it, or far from it");
  case errc::bad_proof:
    return info("bad_proof", "the proof does not show what it says");
  case errc::mempool_full:
    return info("mempool_full", "too much waits that is worth as much; offer it again later");
  }
  return info("unknown", "unknown");
}

} // namespace ainur::consensus
