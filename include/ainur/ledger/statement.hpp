// What validators sign while they agree on a block: a proposal, a prevote or a precommit.
//
// Each validator may sign one statement a (height, round, kind). Two different ones are an
// *equivocation*, which the ledger punishes (`report_equivocation`); that is why the form belongs
// to the ledger. How validators agree is room `consensus`. Values; thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/crypto/keys.hpp"
#include "ainur/ledger/error.hpp"

namespace ainur::ledger {

/// A round of a height; `no_round` stands for −1 of the paper.
using round_number = std::int32_t;
inline constexpr round_number no_round = -1;
inline constexpr round_number round_max = 1'000'000;

enum class statement_kind : std::uint8_t {
  proposal,
  prevote,
  precommit,
  max_value = precommit,
};
[[nodiscard]] std::string_view to_string(statement_kind kind) noexcept;

struct statement {
  statement_kind kind = statement_kind::prevote;
  std::uint64_t height = 0; ///< from 1
  round_number round = 0;   ///< 0 .. round_max
  /// Proposals: the earlier round in which the value had its quorum of prevotes; else `no_round`.
  round_number valid_round = no_round;
  hash256 value; ///< the block's id; none in a vote for nothing (*nil*)
  AINUR_FIELDS(statement, kind, height, round, valid_round, value)

  [[nodiscard]] bool is_nil() const noexcept { return value.is_none(); }
};

struct signed_statement {
  ledger::statement statement;
  account_id signer; ///< the validator's stash
  byte_array<64> signature{};
  AINUR_FIELDS(signed_statement, statement, signer, signature)
};

/// What is signed under the domain "ainur/statement/v1": the chain's genesis hash, the signer and
/// the statement in canonical msgpack. The key is that of the validator in the set of that height;
/// who shares its key with another still answers for its own statements only.
[[nodiscard]] bytes statement_message(const hash256& chain, const account_id& signer,
                                      const statement& s);
[[nodiscard]] signed_statement sign_statement(const hash256& chain, const statement& s,
                                              const account_id& signer,
                                              const crypto::secret_key& key);
[[nodiscard]] bool verify_statement(const hash256& chain, const byte_array<32>& key,
                                    const signed_statement& s) noexcept;

/// True if the numbers are in their ranges, only proposals carry a valid round, which is an earlier
/// one, and a proposal has a value.
[[nodiscard]] bool is_well_formed(const statement& s) noexcept;

/// Two statements that no honest validator signs both: for one height, round and kind, but not the
/// same. Proposals of one value that name different valid rounds count.
[[nodiscard]] bool contradict(const statement& a, const statement& b) noexcept;

} // namespace ainur::ledger
