// The deadline sweep at the start of every block: nobody has to call for a task to end.
#include "escrow.hpp"

namespace ainur::ledger {

namespace {

void award_due(session& s, const deadline& d) {
  const auto subtask = static_cast<std::uint16_t>(d.number);
  const auto task = id_from<task_id>(d.about);
  switch (s.b.tasks.find({task})->award(subtask)->status) {
  case award_status::working:
    return end_award(s, task, subtask, outcome_cause::no_result);
  case award_status::review:
    return settle_part(s, task, subtask, outcome_cause::review_over);
  case award_status::disputed:
    return dispute_over(s, task, subtask);
  case award_status::streaming:
  case award_status::overdrawn:
    return stream_due(s, task, subtask);
  default:
    AINUR_ASSERT(false); // ended awards have no live deadline
  }
}

void channel_due(session& s, const channel_id& id) {
  if (s.b.channels.find({id})->phase == channel_phase::registered)
    return pay_out(s, id);
  s.b.channels.erase({id});
}

void proposal_due(session& s, const proposal_key& key) {
  switch (s.b.proposals.find(key)->status) {
  case proposal_status::voting:
    return count_votes(s, key);
  case proposal_status::approved:
    return end_proposal(s, key, proposal_status::expired);
  default:
    s.b.proposals.erase(key);
  }
}

void handle_deadline(session& s, const deadline& d) {
  switch (d.kind) {
  case deadline_kind::award_by: {
    const auto task = id_from<task_id>(d.about);
    auto& t = s.b.tasks.edit({task});
    close_awards(s, task, t);
    return end_task(s, task, t);
  }
  case deadline_kind::award:
    return award_due(s, d);
  case deadline_kind::slash:
    return pay_slash(s, d.number);
  case deadline_kind::prune:
    return s.b.tasks.erase({id_from<task_id>(d.about)});
  case deadline_kind::lock:
    return end_locks(s, id_from<account_id>(d.about));
  case deadline_kind::stake_slash:
    return apply_deferred_slash(s, d.number);
  case deadline_kind::era:
    return turn_staking_era(s);
  case deadline_kind::era_drop:
    return drop_from_era(s, d.number);
  case deadline_kind::key:
    return end_keys(s, id_from<account_id>(d.about));
  case deadline_kind::channel:
    return channel_due(s, id_from<channel_id>(d.about));
  case deadline_kind::proposal:
    return proposal_due(s, {id_from<account_id>(d.about), d.number});
  }
}

/// Gains count within one era, and idle scores decay from one to the next.
void turn_era(session& s) {
  const auto era = static_cast<std::uint64_t>((s.now - s.b.origin.time) / s.rules().era);
  if (era == s.b.meta.era)
    return;
  s.b.meta.era = era;
  for (const auto& pair : s.b.gains.keys())
    s.b.gains.erase(pair);
  if (s.rules().settlement.decay_after_eras > 0)
    s.emit(event::era_of_decay{era});
}

} // namespace

std::uint64_t sweep(session& s) {
  auto& due = s.b.due;
  // Before anything is written: what is stale now stays stale if this block is rolled back.
  due.compact([&s](const deadline& d) { return s.b.live(d); });
  turn_era(s);
  std::uint64_t handled = 0;
  while (!due.empty() && due.earliest().due < s.now && handled < s.rules().sweep_max) {
    const auto d = due.earliest();
    due.pop();
    s.b.handled.push_back(d);
    if (!s.b.live(d))
      continue;
    handle_deadline(s, d);
    ++handled;
  }
  note_author(s);
  return handled;
}

} // namespace ainur::ledger
