// Disputes: three arbiters drawn by the ledger, a majority of two rules, one redraw, then
// half-half.
#include <algorithm>
#include <cstring>

#include "ainur/base/rng.hpp"
#include "ainur/crypto/hash.hpp"
#include "escrow.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

constexpr std::size_t seats = 3;
constexpr std::size_t majority = 2;
constexpr std::uint64_t scan_max = 256; ///< places looked at for one seat

/// The ledger's randomness: fixed by the block before, so that no call of this block chooses it.
/// (A verifiable random function of the block's author will enter here.)
rng randomness(const session& s, const award_key& about, std::uint8_t round) {
  const auto digest = crypto::hasher{"ainur/arbiters/v1"}
                          .add(s.b.last_hash)
                          .add(s.height)
                          .add(about.task)
                          .add(std::uint64_t{about.subtask})
                          .add(std::uint64_t{round})
                          .finish();
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i)
    seed = seed << 8 | digest.value[i];
  return rng{seed};
}

/// Up to three bonded accounts of distinct controllers, none of them in `related`.
std::vector<arbiter_seat> draw(const session& s, rng random, std::vector<account_id> related) {
  std::vector<arbiter_seat> drawn;
  const auto count = s.b.arbiters.size();
  for (std::size_t seat = 0; seat < seats && count > 0; ++seat) {
    const auto start = random.below(count);
    for (std::uint64_t step = 0; step < std::min<std::uint64_t>(count, scan_max); ++step) {
      const auto& account = s.b.arbiters.find({(start + step) % count})->account;
      const auto controller = s.b.controller_of(account);
      if (std::find(related.begin(), related.end(), controller) != related.end())
        continue;
      related.push_back(controller);
      drawn.push_back({account, vote::none});
      break;
    }
  }
  return drawn;
}

void announce(session& s, const award_key& key, const task_record& t, const award_record& a,
              const dispute_record& d) {
  event::arbiters_drawn e{key.task, key.subtask, t.payer, a.agent, d.round, d.bond, {}, a.due};
  for (const auto& seat : d.seats)
    e.arbiters.push_back(seat.account);
  s.emit(std::move(e));
}

void seat_arbiters(session& s, const award_key& key, const task_record& t, const award_record& a,
                   dispute_record& d) {
  std::vector<account_id> related{s.b.controller_of(t.payer),
                                  s.b.controller_of(a.agent),
                                  s.b.controller_of(t.host),
                                  t.payer,
                                  a.agent,
                                  t.host};
  for (const auto& id : d.earlier)
    related.push_back(s.b.controller_of(id));
  d.seats = draw(s, randomness(s, key, d.round), std::move(related));
}

/// Splits `pot` among those who voted; what does not divide goes to the treasury.
amount pay_arbiters(session& s, const dispute_record& d, amount pot) {
  const auto voters =
      std::count_if(d.seats.begin(), d.seats.end(), [](auto& x) { return x.vote != vote::none; });
  const amount each{pot.micro() / static_cast<std::uint64_t>(voters)};
  auto rest = pot;
  for (const auto& seat : d.seats)
    if (seat.vote != vote::none) {
      credit(s, seat.account, each);
      take(rest, each);
    }
  add(s.b.meta.treasury, rest);
  return *pot.minus(rest);
}

void slash_absentees(session& s, const dispute_record& d) {
  for (const auto& seat : d.seats) {
    const auto* r = s.b.accounts.find({seat.account});
    if (seat.vote != vote::none || r == nullptr)
      continue;
    const auto value = take_stake(s, seat.account, share(r->stake(), s.rules().absence_slash_ppm));
    add(s.b.meta.treasury, value);
    s.emit(event::slashed{
        seat.account, slash_reason::arbiter_absence, value, 0, {}, s.b.score_of(*r)});
  }
}

/// The bond leaves the payer's reserve; the caller puts it somewhere.
void take_bond(session& s, const task_record& t, const dispute_record& d) {
  take(s.b.accounts.edit({t.payer}).reserved, d.bond);
}

void rule(session& s, const award_key& key, bool for_agent) {
  const auto d = *s.b.disputes.find(key);
  const auto& t = *s.b.tasks.find({key.task});
  const auto agent = t.award(key.subtask)->agent;
  s.b.disputes.erase(key);
  take_bond(s, t, d);
  auto pot = d.bond;
  if (!for_agent) {
    // The payer has its bond back; the agent pays as much from its stake.
    add(s.b.accounts.edit({t.payer}).free, d.bond);
    pot = take_stake(s, agent, d.bond);
    const auto* r = s.b.accounts.find({agent});
    s.emit(event::slashed{agent, slash_reason::lost_dispute, pot, 0, {}, s.b.score_of(*r)});
  }
  const auto paid = pay_arbiters(s, d, pot);
  s.emit(event::dispute_ruled{key.task, key.subtask, for_agent, paid});
  if (for_agent)
    settle_part(s, key.task, key.subtask, outcome_cause::ruled_for_agent);
  else
    end_award(s, key.task, key.subtask, outcome_cause::ruled_for_payer);
}

void default_dispute(session& s, const award_key& key) {
  const auto d = *s.b.disputes.find(key);
  const auto& t = *s.b.tasks.find({key.task});
  s.b.disputes.erase(key);
  take_bond(s, t, d);
  add(s.b.accounts.edit({t.payer}).free, d.bond);
  s.emit(event::dispute_defaulted{key.task, key.subtask});
  end_award(s, key.task, key.subtask, outcome_cause::arbiters_silent);
}

/// The award ended with its dispute.
bool after_dispute(const award_record& a) {
  return a.cause == outcome_cause::ruled_for_agent || a.cause == outcome_cause::ruled_for_payer ||
         a.cause == outcome_cause::arbiters_silent;
}

} // namespace

void dispute_over(session& s, const task_id& id, std::uint16_t subtask) {
  const award_key key{id, subtask};
  slash_absentees(s, *s.b.disputes.find(key));
  if (s.b.disputes.find(key)->round > 1)
    return default_dispute(s, key);
  auto& d = s.b.disputes.edit(key);
  for (const auto& seat : d.seats)
    d.earlier.push_back(seat.account);
  d.round = 2;
  auto& t = s.b.tasks.edit({id});
  auto& a = *t.award(subtask);
  seat_arbiters(s, key, t, a, d);
  a.due = s.now + s.rules().arbitration_window;
  s.b.due.push({a.due, deadline_kind::award, about(id), subtask});
  announce(s, key, t, a, d);
}

errc handle(session& s, const actor& a, const open_dispute& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (a.origin != f.task->payer)
    return errc::not_permitted;
  const auto& seen = *f.award;
  if (c.part == seen.part && (seen.status == award_status::disputed || after_dispute(seen)))
    return errc::ok;
  if (seen.status != award_status::review || c.part != seen.part)
    return errc::wrong_state;
  if (s.now > seen.due)
    return errc::too_late;
  const auto bond = std::max(amount{1}, share(part_price(seen), s.rules().dispute_bond_ppm));
  if (s.b.accounts.find({a.origin})->spendable() < bond)
    return errc::insufficient_funds;
  auto& payer = s.b.accounts.edit({a.origin});
  take(payer.free, bond);
  add(payer.reserved, bond);
  auto& t = s.b.tasks.edit({c.task});
  auto& award = *t.award(c.subtask);
  t.disputed = true;
  award.status = award_status::disputed;
  award.due = s.now + s.rules().dispute_window;
  s.b.due.push({award.due, deadline_kind::award, about(c.task), c.subtask});
  const award_key key{c.task, c.subtask};
  auto& d = s.b.disputes.insert(key);
  d.bond = bond;
  seat_arbiters(s, key, t, award, d);
  announce(s, key, t, award, d);
  return errc::ok;
}

errc handle(session& s, const actor& a, const vote_dispute& c) {
  const award_key key{c.task, c.subtask};
  const auto* seen = s.b.disputes.find(key);
  if (seen == nullptr || s.b.tasks.find({c.task})->award(c.subtask)->part != c.part)
    return errc::unknown_dispute;
  const auto seat = std::find_if(seen->seats.begin(), seen->seats.end(),
                                 [&a](const auto& x) { return x.account == a.origin; });
  if (seat == seen->seats.end())
    return errc::not_permitted;
  if (s.now > s.b.tasks.find({c.task})->award(c.subtask)->due)
    return errc::too_late;
  const auto mine = c.for_agent ? vote::for_agent : vote::for_payer;
  if (seat->vote != vote::none)
    return seat->vote == mine ? errc::ok : errc::already_voted;
  auto& d = s.b.disputes.edit(key);
  d.seats[static_cast<std::size_t>(seat - seen->seats.begin())].vote = mine;
  s.emit(event::dispute_voted{c.task, c.subtask, a.origin, c.for_agent});
  const auto votes =
      std::count_if(d.seats.begin(), d.seats.end(), [mine](auto& x) { return x.vote == mine; });
  if (static_cast<std::size_t>(votes) >= majority)
    rule(s, key, c.for_agent);
  return errc::ok;
}

} // namespace ainur::ledger
