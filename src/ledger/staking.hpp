// What the files of staking share.
#pragma once

#include "book.hpp"

namespace ainur::ledger {

inline constexpr std::uint64_t points_max = std::uint64_t{1} << 32; ///< of an era
inline constexpr std::uint32_t exposure_pages_max = 64;

/// The last instant before an era: what is due then is handled by the era's first block.
[[nodiscard]] timestamp era_eve(const book& b, std::uint64_t era);
/// When an era's records may go.
[[nodiscard]] timestamp era_drop_due(const book& b, std::uint64_t era);
/// The stake that a controller acts for; nothing if none.
[[nodiscard]] std::optional<account_id> stash_under(const session& s, const account_id& controller);
void emit_stake(session& s, const account_id& stash, const stake_record& r);
/// Ends candidacy or nomination, if there is one.
void end_role(session& s, const account_id& stash, event::chill_cause cause);
/// What the stake may not fall below while it has its role; nothing without one.
[[nodiscard]] amount role_minimum(const parameters& rules, const stake_record& r);
/// Removes the stake and what belongs to it; `rest` goes to the stash's free balance.
void end_stake(session& s, const account_id& stash, amount rest);
/// False if the validator is not one of the running era, or the era has all the points it may have.
[[nodiscard]] bool add_points(session& s, const account_id& validator, std::uint32_t points);

} // namespace ainur::ledger
