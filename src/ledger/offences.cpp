// Severe offences: reported, held through the appeal window, then paid to the treasury.
#include <algorithm>
#include <bit>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"
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
  if (award == nullptr || award->agent != c.offender || award->result.is_none())
    return errc::bad_evidence;
  const auto e = codec::decode<result_evidence>(c.evidence);
  if (!e || result_commitment(*c.task, c.subtask, e->salt, e->digest) == award->result)
    return errc::bad_evidence;
  const auto key = s.b.key_of(s.b.signer_of(c.offender), e->key_version, s.now);
  const auto message = delivery_message(*c.task, c.subtask, e->salt, e->digest, e->key_version);
  return key && verify_detached(account_id{*key}, delivery_tag, message, e->signature)
             ? errc::ok
             : errc::bad_evidence;
}

errc check_report(const session& s, const actor& a, const report_offence& c,
                  const account_record& offender, const task_record* t) {
  if (c.kind == offence::repeated_failures)
    return check_repeated(s, offender);
  if (a.origin == s.b.origin.council)
    return errc::ok;
  if (c.kind != offence::fraudulent_result || t == nullptr)
    return errc::not_permitted;
  return check_delivery(s, c, t->award(c.subtask));
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
  if (const auto code = check_report(s, a, c, *seen, task); code != errc::ok)
    return code;
  auto base = seen->stake();
  if (task != nullptr)
    base = base.saturating_plus(penalty_so_far(*task, c.subtask, c.offender));
  const auto full = share(base, share_ppm(s.rules(), c.kind));
  const auto due = task == nullptr ? full : penalty_due(*task, c.subtask, c.offender, full);
  if (due.is_zero() && (seen->score == 0 || !full.is_zero()))
    return errc::already_penalised;

  const auto value = take_stake(s, c.offender, due);
  if (task != nullptr)
    note_penalty(s.b.tasks.edit({*c.task}), c.subtask, c.offender, value);
  const auto number = s.b.meta.slash_next++;
  auto& r = s.b.accounts.edit({c.offender});
  const auto until = s.now + s.rules().appeal_window;
  s.b.slashes.insert({number},
                     {c.offender, c.kind, value, c.task, c.subtask, r.score, r.severe, until});
  s.b.due.push({until, deadline_kind::slash, {}, number});
  add(r.held, value);
  r.score = 0;
  r.severe = number;
  if (c.kind == offence::repeated_failures)
    r.repeated_era = static_cast<std::uint32_t>(s.b.meta.era + 1);
  s.emit(event::slashed{c.offender, reason_of(c.kind), value, number, until, 0});
  return errc::ok;
}

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
  if (r.severe == c.slash) {
    r.score = std::max(r.score, x.score_before);
    r.severe = x.severe_before;
  } else if (auto* later = s.b.slashes.edit_if({r.severe}); later != nullptr)
    later->score_before = std::max(later->score_before, x.score_before);
  if (auto* t = x.task ? s.b.tasks.edit_if({*x.task}) : nullptr; t != nullptr)
    for (auto& p : t->penalties)
      if (p.subtask == x.subtask && p.account == c.offender)
        p.value = p.value.saturating_minus(x.value);
  s.emit(event::slash_ended{c.slash, c.offender, x.value, true, r.score});
  return errc::ok;
}

void pay_slash(session& s, std::uint64_t number) {
  const auto x = *s.b.slashes.find({number});
  s.b.slashes.erase({number});
  auto& r = s.b.accounts.edit({x.offender});
  take(r.held, x.value);
  add(s.b.meta.treasury, x.value);
  s.emit(event::slash_ended{number, x.offender, x.value, false, r.score});
  tidy(s, x.offender);
}

} // namespace ainur::ledger
