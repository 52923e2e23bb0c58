// Awards at work: finding them, what they owe and when, and how money leaves their escrow.
#pragma once

#include "book.hpp"

namespace ainur::ledger {

/// The task and its award, or why not.
struct found_award {
  const task_record* task = nullptr;
  const award_record* award = nullptr;
  errc code = errc::ok;
};

[[nodiscard]] found_award find_award(const session& s, const task_id& id, std::uint16_t subtask);

// settle.cpp
[[nodiscard]] outcome_kind kind_of(outcome_cause cause) noexcept;
/// True for the payer and for those who act for the host, but for the agent itself.
[[nodiscard]] bool pays_for(const session& s, const actor& a, const found_award& f);
/// What the next release pays: the price, or the current part of it.
[[nodiscard]] amount part_price(const award_record& a);
/// What was posted for this part; none if nothing was.
[[nodiscard]] hash256 posted_result(const award_record& a, std::uint16_t part);
/// True if the price reaches the agent before anyone has looked at the work.
[[nodiscard]] bool exposes(const task_record& t, const award_record& a);
/// What of price and fee has not left the escrow. Fees are those of the sum paid so far, so parts
/// and draws of any size add up to what was reserved.
[[nodiscard]] amount unpaid(const parameters& rules, const award_record& a);
/// Moves `value` from the escrow to the agent, and its fee; returns the fee.
amount pay_award(session& s, task_record& t, award_record& a, amount value);
/// A success of the current part: pays it and begins the next; the last one ends the award.
void settle_part(session& s, const task_id& id, std::uint16_t subtask, outcome_cause cause);

// streams.cpp
/// What of a stream has flowed until `now`, paid or not: ⌊rate · microseconds / 1,000,000⌋ since it
/// last began to flow, at most the deposit.
[[nodiscard]] amount flowed(const award_record& a, timestamp now);
/// The first microsecond at which the whole deposit has flowed; at most finish_by.
[[nodiscard]] timestamp dry_at(const award_record& a);
/// What the passing of `due` does to a stream.
void stream_due(session& s, const task_id& id, std::uint16_t subtask);

} // namespace ainur::ledger
