// Severe offences: reported, held through the appeal window, then paid to the treasury.
#include <algorithm>
#include <bit>
#include <set>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"
#include "escrow.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

std::uint32_t share_ppm(const parameters& rules, offence kind) {
  switch (kind) {
  case offence::fraudulent_result:
    return rules.fraudulent_result_ppm;
  case offence::double_acceptance:
    return rules.double_acceptance_ppm;
  case offence::repeated_failures:
    return rules.repeated_failures_ppm;
  case offence::protocol_violation:
    break;
  }
  return rules.protocol_violation_ppm;
}

slash_reason reason_of(offence kind) {
  return static_cast<slash_reason>(static_cast<int>(slash_reason::fraudulent_result) +
                                   static_cast<int>(kind));
}

/// The last ten outcomes hold at least five failures, and this era has not punished them yet.
errc check_repeated(const session& s, const account_record& r) {
  if (std::popcount(r.history) < 5)
    return errc::bad_evidence;
  return r.repeated_era == s.b.meta.era + 1 ? errc::already_penalised : errc::ok;
}

/// The offender signed a delivery whose commitment is not the one it posted.
errc check_delivery(const session& s, const report_offence& c, const award_record* award) {
  if (award == nullptr || award->agent != c.offender)
    return errc::bad_evidence;
  const auto e = codec::decode<result_evidence>(c.evidence);
  if (!e)
    return errc::bad_evidence;
  const auto part = award->parts.empty() ? std::nullopt : std::optional{e->part};
  const auto posted = posted_result(*award, e->part);
  if (posted.is_none() || result_commitment(*c.task, c.subtask, e->salt, e->digest, part) == posted)
    return errc::bad_evidence;
  const auto key = s.b.key_of(s.b.signer_of(c.offender), e->key_version, s.now);
  const auto message =
      delivery_message(*c.task, c.subtask, e->salt, e->digest, part, e->key_version);
  return key && verify_detached(account_id{*key}, delivery_tag, message, e->signature)
             ? errc::ok
             : errc::bad_evidence;
}

/// The instant at which the last of the acceptances begins, if they show the offence: they are the
/// offender's, of different subtasks, share that instant, which has come, and are more than it ever
/// declared.
std::optional<timestamp> check_acceptances(const session& s, const report_offence& c) {
  const auto e = codec::decode<acceptance_evidence>(c.evidence);
  if (!e || e->acceptances.size() < 2 || e->acceptances.size() > acceptances_max)
    return std::nullopt;
  const auto signer = s.b.signer_of(c.offender);
  auto from = timestamp::min();
  auto until = timestamp::max();
  std::size_t capacity = 1;
  std::set<award_key> subtasks;
  for (const auto& [a, signature] : e->acceptances) {
    const auto key = s.b.key_of(signer, a.key_version, s.now);
    if (!key || a.agent != c.offender || !subtasks.insert({a.task, a.subtask}).second ||
        !verify_detached(account_id{*key}, acceptance_tag, acceptance_message(a), signature))
      return std::nullopt;
    from = std::max(from, a.from);
    until = std::min(until, a.until);
    capacity = std::max<std::size_t>(capacity, a.capacity);
  }
  const bool named = subtasks.contains({*c.task, c.subtask});
  const bool shown = named && from < until && from <= s.now && subtasks.size() > capacity;
  return shown ? std::optional{from} : std::nullopt;
}

/// The subtask named was awarded to the offender; overlaps up to the last one punished are paid
/// for.
errc check_double(const report_offence& c, const account_record& offender,
                  const award_record* award, const std::optional<timestamp>& began) {
  if (award == nullptr || award->agent != c.offender || !began)
    return errc::bad_evidence;
  return *began <= offender.accepted_from ? errc::already_penalised : errc::ok;
}

errc check_report(const session& s, const actor& a, const report_offence& c,
                  const account_record& offender, const task_record* t,
                  const std::optional<timestamp>& accepted) {
  if (c.kind == offence::repeated_failures)
    return check_repeated(s, offender);
  if (a.origin == s.b.origin.council)
    return errc::ok;
  if (t != nullptr && c.kind == offence::fraudulent_result)
    return check_delivery(s, c, t->award(c.subtask));
  if (t != nullptr && c.kind == offence::double_acceptance)
    return check_double(c, offender, t->award(c.subtask), accepted);
  return errc::not_permitted;
}

} // namespace

errc handle(session& s, const actor& a, const report_offence& c) {
  if (c.evidence.size() > evidence_bytes_max)
    return errc::invalid_value;
  const auto* seen = s.b.accounts.find({c.offender});
  if (seen == nullptr)
    return errc::unknown_account;
  const auto* task = c.task ? s.b.tasks.find({*c.task}) : nullptr;
  if (c.task && task == nullptr)
    return errc::unknown_task;
  const auto accepted = task != nullptr && c.kind == offence::double_acceptance
                            ? check_acceptances(s, c)
                            : std::nullopt;
  if (const auto code = check_report(s, a, c, *seen, task, accepted); code != errc::ok)
    return code;
  auto base = seen->stake();
  if (task != nullptr)
    base = base.saturating_plus(penalty_so_far(*task, c.subtask, c.offender));
  const auto full = share(base, share_ppm(s.rules(), c.kind));
  const auto due = task == nullptr ? full : penalty_due(*task, c.subtask, c.offender, full);
  if (due.is_zero() && (s.b.score_of(*seen) == 0 || !full.is_zero()))
    return errc::already_penalised;

  const auto value = take_stake(s, c.offender, due);
  if (task != nullptr)
    note_penalty(s.b.tasks.edit({*c.task}), c.subtask, c.offender, value);
  const auto number = s.b.meta.slash_next++;
  auto& r = s.b.accounts.edit({c.offender});
  const auto until = s.now + s.rules().appeal_window;
  s.b.slashes.insert(
      {number}, {c.offender, c.kind, value, c.task, c.subtask, s.b.score_of(r), r.severe, until});
  s.b.due.push({until, deadline_kind::slash, {}, number});
  add(r.held, value);
  set_score(s, r, 0);
  r.severe = number;
  if (c.kind == offence::repeated_failures)
    r.repeated_era = static_cast<std::uint32_t>(s.b.meta.era + 1);
  if (accepted)
    r.accepted_from = std::max(r.accepted_from, *accepted);
  s.emit(event::slashed{c.offender, reason_of(c.kind), value, number, until, 0, s.b.meta.era});
  return errc::ok;
}

namespace {

/// Of the slashes of an account, from its last one back, the one that came next after `number`;
/// null if that cannot be undone any more.
slash_record* slash_after(session& s, std::uint64_t last, std::uint64_t number) {
  for (const auto* r = s.b.slashes.find({last}); r != nullptr; r = s.b.slashes.find({last})) {
    if (r->severe_before == number)
      return &s.b.slashes.edit({last});
    last = r->severe_before;
  }
  return nullptr;
}

} // namespace

errc handle(session& s, const actor& a, const cancel_slash& c) {
  if (a.origin != s.b.origin.council)
    return errc::not_permitted;
  const auto* seen = s.b.slashes.find({c.slash});
  if (seen == nullptr || seen->offender != c.offender)
    return errc::unknown_slash;
  if (s.now > seen->due)
    return errc::too_late;
  const auto x = *seen;
  s.b.slashes.erase({c.slash});
  auto& r = s.b.accounts.edit({c.offender});
  take(r.held, x.value);
  return_stake(s, c.offender, x.value);
  // Reputation comes back unless a later severe slash stands; then it waits for that one's appeal.
  auto score = s.b.score_of(r);
  if (r.severe == c.slash) {
    score = std::max(score, x.score_before);
    r.severe = x.severe_before;
  } else if (auto* later = slash_after(s, r.severe, c.slash); later != nullptr) {
    later->score_before = std::max(later->score_before, x.score_before);
    later->severe_before = x.severe_before;
  }
  set_score(s, r, score);
  if (auto* t = x.task ? s.b.tasks.edit_if({*x.task}) : nullptr; t != nullptr)
    for (auto& p : t->penalties)
      if (p.subtask == x.subtask && p.account == c.offender)
        p.value = p.value.saturating_minus(x.value);
  s.emit(event::slash_ended{c.slash, c.offender, x.value, true, score, s.b.meta.era});
  return errc::ok;
}

void pay_slash(session& s, std::uint64_t number) {
  const auto x = *s.b.slashes.find({number});
  s.b.slashes.erase({number});
  auto& r = s.b.accounts.edit({x.offender});
  take(r.held, x.value);
  add(s.b.meta.treasury, x.value);
  s.emit(event::slash_ended{number, x.offender, x.value, false, s.b.score_of(r), s.b.meta.era});
  tidy(s, x.offender);
}

} // namespace ainur::ledger
