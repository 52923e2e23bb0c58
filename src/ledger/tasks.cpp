// Tasks: submission, award, and the end of awarding.
#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "escrow.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

bool same_submission(const task_record& t, const account_id& payer, const open_task& c) {
  return t.payer == payer && t.budget == c.budget && t.host == c.host &&
         t.description == c.description && t.award_by == c.award_by && t.deadline == c.deadline &&
         t.subtasks == c.subtasks && t.reputation_min == c.reputation_min &&
         t.paid_at_result == c.paid_at_result;
}

/// The deposit of a stream may have been topped up since.
bool same_payment(const award_record& a, const award_line& line) {
  return a.rate == line.rate && (a.price == line.price || (a.streams() && a.price > line.price)) &&
         std::equal(a.parts.begin(), a.parts.end(), line.parts.begin(), line.parts.end(),
                    [](const part_record& x, amount price) { return x.price == price; });
}

bool same_award(const task_record& t, const award_task& c) {
  return t.bids_root == c.bids_root && (!t.open || !c.last) &&
         std::all_of(c.lines.begin(), c.lines.end(), [&t](const award_line& line) {
           const auto* a = t.award(line.subtask);
           return a != nullptr && a->agent == line.agent && a->bid == line.bid &&
                  same_payment(*a, line);
         });
}

/// Has the agent bound itself to this bid?
errc check_consent(const session& s, const actor& a, const award_line& line) {
  const auto signer = s.b.signer_of(line.agent);
  if (signer == a.signer)
    return errc::ok;
  if (line.agent_signature) {
    const auto key = s.b.key_of(signer, line.agent_key_version, s.now);
    return key && verify_detached(account_id{*key}, bid_tag,
                                  bid_message(line.bid, line.agent_key_version),
                                  *line.agent_signature)
               ? errc::ok
               : errc::bad_signature;
  }
  if (!line.agent_index)
    return errc::bad_signature;
  // Only an account without a known host can turn out to be hosted.
  return signer == line.agent && crypto::hosted_account(a.signer, *line.agent_index) == line.agent
             ? errc::ok
             : errc::not_hosted;
}

bool valid_payment(const award_line& line) {
  if (line.parts.empty())
    return line.rate.is_zero() || !line.price.is_zero();
  if (!line.rate.is_zero() || line.parts.size() < 2 || line.parts.size() > parts_max)
    return false;
  auto sum = std::optional{amount{}};
  for (const auto part : line.parts)
    sum = sum && !part.is_zero() ? sum->plus(part) : std::nullopt;
  return sum == line.price;
}

bool exposes(const task_record& t, const award_line& line) {
  return t.paid_at_result || !line.rate.is_zero();
}

/// Everything about line `i` that does not depend on the budget.
errc check_line(const session& s, const actor& a, const task_record& t, const award_task& c,
                std::size_t i) {
  const auto& line = c.lines[i];
  if (line.subtask >= t.subtasks || line.agent.is_none() || line.work <= duration{0} ||
      line.work > horizon_max || !valid_payment(line))
    return errc::invalid_value;
  amount exposed; // by all lines up to here for this agent
  for (std::size_t j = 0; j <= i; ++j) {
    if (j < i && c.lines[j].subtask == line.subtask)
      return errc::invalid_value;
    if (c.lines[j].agent == line.agent && exposes(t, c.lines[j]))
      exposed = exposed.saturating_plus(c.lines[j].price);
  }
  // A subtask can be awarded again after a failure, never while it runs or once it succeeded.
  if (const auto* before = t.award(line.subtask);
      before != nullptr && (before->open() || before->status == award_status::succeeded))
    return errc::conflict;
  if (const auto consent = check_consent(s, a, line); consent != errc::ok)
    return consent;
  return admit(s, t, line.agent, line.price,
               exposes(t, line) ? std::optional{exposed} : std::nullopt);
}

errc check_award(const session& s, const actor& a, const task_record& t, const award_task& c) {
  if (c.lines.empty() || c.lines.size() > t.subtasks)
    return errc::invalid_value;
  if (!t.open)
    return errc::wrong_state;
  if (s.now > t.award_by)
    return errc::too_late;
  amount total;
  for (std::size_t i = 0; i < c.lines.size(); ++i) {
    const auto sum = total.plus(c.lines[i].price);
    if (!sum || *sum > t.unawarded)
      return errc::over_budget;
    total = *sum;
    if (const auto code = check_line(s, a, t, c, i); code != errc::ok)
      return code;
  }
  return errc::ok;
}

award_record make_award(const session& s, const task_record& t, const award_line& line) {
  award_record made;
  made.subtask = line.subtask;
  made.agent = line.agent;
  made.price = line.price;
  made.fee = share(line.price, s.rules().release_fee_ppm);
  made.finish_by = made.due = std::min(t.deadline, s.now + line.work);
  made.bid = line.bid;
  for (const auto part : line.parts)
    made.parts.push_back({part, {}});
  if (!line.rate.is_zero()) {
    made.status = award_status::streaming;
    made.rate = line.rate;
    made.flows_from = s.now;
    made.due = dry_at(made);
  }
  return made;
}

void write_award(session& s, const actor& a, const task_id& id, task_record& t,
                 const award_line& line) {
  const auto made = make_award(s, t, line);
  if (auto* before = t.award(line.subtask); before != nullptr)
    *before = made;
  else
    t.awards.insert(
        std::upper_bound(t.awards.begin(), t.awards.end(), line.subtask,
                         [](auto subtask, const auto& x) { return subtask < x.subtask; }),
        made);
  auto* agent = s.b.accounts.edit_if({line.agent});
  if (agent == nullptr)
    agent = &s.b.accounts.insert({line.agent});
  if (line.agent_index && agent->host == 0 && line.agent != a.signer && !line.agent_signature)
    agent->host = s.b.party_of(a.signer);
  ++agent->open_awards;
  if (exposes(t, line))
    add(agent->exposure, line.price);
  s.b.due.push({made.due, deadline_kind::award, about(id), line.subtask});
  s.emit(event::awarded{.task = id,
                        .subtask = line.subtask,
                        .agent = line.agent,
                        .payer = t.payer,
                        .price = line.price,
                        .finish_by = made.finish_by,
                        .parts =
                            static_cast<std::uint16_t>(std::max<std::size_t>(1, line.parts.size())),
                        .rate = line.rate});
}

} // namespace

errc handle(session& s, const actor& a, const open_task& c) {
  const auto* payer = s.b.accounts.find({a.origin});
  if (payer == nullptr)
    return errc::unknown_account;
  if (const auto* t = s.b.tasks.find({c.task}); t != nullptr)
    return same_submission(*t, a.origin, c) ? errc::ok : errc::conflict;
  if (c.task.is_none() || c.host.is_none() || c.budget.is_zero() || c.subtasks == 0 ||
      c.subtasks > subtasks_max || c.reputation_min > reputation_max || c.deadline < c.award_by ||
      c.deadline > s.now + horizon_max)
    return errc::invalid_value;
  if (c.award_by < s.now)
    return errc::too_late;
  const auto fee = share(c.budget, s.rules().release_fee_ppm);
  const auto whole = c.budget.plus(fee);
  if (!whole || payer->spendable() < *whole)
    return errc::insufficient_funds;
  auto& r = s.b.accounts.edit({a.origin});
  take(r.free, *whole);
  add(r.reserved, *whole);
  ++r.open_tasks;
  task_record t;
  t.payer = a.origin;
  t.host = c.host;
  t.description = c.description;
  t.budget = t.unawarded = c.budget;
  t.fee_reserved = fee;
  t.award_by = c.award_by;
  t.deadline = c.deadline;
  t.subtasks = c.subtasks;
  t.reputation_min = c.reputation_min;
  t.paid_at_result = c.paid_at_result;
  s.b.tasks.insert({c.task}, std::move(t));
  s.b.due.push({c.award_by, deadline_kind::award_by, about(c.task), 0});
  s.emit(event::task_opened{c.task, a.origin, c.host, c.budget, fee});
  return errc::ok;
}

errc handle(session& s, const actor& a, const award_task& c) {
  const auto* seen = s.b.tasks.find({c.task});
  if (seen == nullptr)
    return errc::unknown_task;
  if (a.origin != seen->host && !(a.hosted() && a.signer == seen->host))
    return errc::not_permitted;
  if (!c.lines.empty() && c.lines.size() <= seen->subtasks && same_award(*seen, c))
    return errc::ok;
  const auto* orchestrator = s.b.accounts.find({a.origin});
  if (orchestrator == nullptr || orchestrator->bonded < s.rules().orchestrator_bond_min)
    return errc::low_stake;
  if (const auto code = check_award(s, a, *seen, c); code != errc::ok)
    return code;
  auto& t = s.b.tasks.edit({c.task});
  amount escrow;
  for (const auto& line : c.lines) {
    write_award(s, a, c.task, t, line);
    take(t.unawarded, line.price);
    add(escrow, line.price);
    add(escrow, share(line.price, s.rules().release_fee_ppm));
  }
  // Fees are rounded down for each part, so the parts never need more than was reserved.
  auto& payer = s.b.accounts.edit({t.payer});
  const auto fee = share(t.unawarded, s.rules().release_fee_ppm);
  auto before = t.fee_reserved;
  for (const auto& line : c.lines)
    take(before, share(line.price, s.rules().release_fee_ppm));
  const auto spare = *before.minus(fee);
  take(payer.reserved, escrow);
  take(payer.reserved, spare);
  add(payer.free, spare);
  t.fee_reserved = fee;
  t.bids_root = c.bids_root;
  if (c.last)
    close_awards(s, c.task, t);
  return errc::ok;
}

errc handle(session& s, const actor& a, const close_task& c) {
  const auto* seen = s.b.tasks.find({c.task});
  if (seen == nullptr)
    return errc::unknown_task;
  if (a.origin != seen->payer && !acts_for_host(s, a, *seen))
    return errc::not_permitted;
  if (!seen->open)
    return errc::ok;
  auto& t = s.b.tasks.edit({c.task});
  close_awards(s, c.task, t);
  end_task(s, c.task, t);
  return errc::ok;
}

} // namespace ainur::ledger
