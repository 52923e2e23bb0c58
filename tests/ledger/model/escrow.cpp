// The model: tasks, awards whole or in parts, and what they pay.
#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "model.hpp"

namespace ainur::test {

namespace {

constexpr duration longest = std::chrono::hours{24 * 3660};

award_status status_after(outcome_cause cause) {
  switch (cause) {
  case outcome_cause::no_result:
  case outcome_cause::given_up:
  case outcome_cause::ruled_for_payer:
    return award_status::failed;
  case outcome_cause::cancelled:
  case outcome_cause::lost_orchestrator:
  case outcome_cause::lost_supervisor:
  case outcome_cause::failed_upstream:
  case outcome_cause::arbiters_silent:
    return award_status::voided;
  default:
    return award_status::succeeded;
  }
}

outcome_cause cause_of(void_cause c) {
  switch (c) {
  case void_cause::cancelled:
    return outcome_cause::cancelled;
  case void_cause::lost_orchestrator:
    return outcome_cause::lost_orchestrator;
  case void_cause::lost_supervisor:
    return outcome_cause::lost_supervisor;
  case void_cause::failed_upstream:
    return outcome_cause::failed_upstream;
  default:
    return outcome_cause::arbiters_silent;
  }
}

} // namespace

money model::exposure(const account_id& id) const {
  money sum = 0;
  for (const auto& [task, t] : tasks)
    for (const auto& [subtask, a] : t.awards)
      if (a.is_open() && a.line.agent == id && (t.terms.paid_at_result || a.is_stream()))
        sum += a.price;
  return sum;
}

std::uint32_t model::open_awards(const account_id& id) const {
  std::uint32_t count = 0;
  for (const auto& [task, t] : tasks)
    for (const auto& [subtask, a] : t.awards)
      count += a.is_open() && a.line.agent == id ? 1u : 0u;
  return count;
}

money model::escrow(const model_award& a) const {
  return a.is_open() ? a.price + fee(a.price) - a.paid - fee(a.paid) : 0;
}

model_award* model::award_of(const task_id& task, std::uint16_t subtask, errors& e) {
  const auto t = tasks.find(task);
  if (t == tasks.end()) {
    e.insert(errc::unknown_task);
    return nullptr;
  }
  const auto a = t->second.awards.find(subtask);
  if (a == t->second.awards.end()) {
    e.insert(errc::unknown_award);
    return nullptr;
  }
  return &a->second;
}

bool model::is_orchestrator(const acting& a, const model_task& t) const {
  const auto* r = find(a.origin);
  return a.signer == t.terms.host && r != nullptr && r->bonded >= of(p.orchestrator_bond_min);
}

bool model::is_payer_side(const acting& a, const model_task& t) const {
  return a.origin == t.payer || a.origin == t.terms.host || is_orchestrator(a, t);
}

// --- submission ---

errors model::on(const acting& a, const open_task& c) {
  checks wrong;
  wrong(!exists(a.origin), errc::unknown_account);
  if (const auto at = tasks.find(c.task); at != tasks.end()) {
    wrong(at->second.terms != c || at->second.payer != a.origin, errc::conflict);
    return wrong.found;
  }
  wrong(c.task.is_none() || c.host.is_none() || c.budget == amount{}, errc::invalid_value);
  wrong(c.subtasks == 0 || c.subtasks > 256 || c.reputation_min > 1'000, errc::invalid_value);
  wrong(c.deadline < c.award_by || c.deadline > now + longest, errc::invalid_value);
  wrong(c.award_by <= now, errc::too_late);
  wrong(spendable(a.origin) < of(c.budget) + fee(of(c.budget)), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= of(c.budget) + fee(of(c.budget));
  auto& t = tasks[c.task];
  t.terms = c;
  t.payer = a.origin;
  t.unawarded = of(c.budget);
  return {};
}

// --- award ---

bool model::consents(const acting& a, const award_line& l) const {
  if (host_or_self(l.agent) == a.signer)
    return true;
  if (!l.agent_signature) // perhaps it is one that has never acted
    return host_or_self(l.agent) == l.agent && l.agent_index &&
           crypto::hosted_account(a.signer, *l.agent_index) == l.agent;
  const auto key = key_for(l.agent, l.agent_key_version);
  return key && verify_detached({*key}, bid_tag, bid_message(l.bid, l.agent_key_version),
                                *l.agent_signature);
}

void model::check_line(const acting& a, const model_task& t, const award_line& l,
                       money exposed_before, errors& e) const {
  checks wrong;
  wrong(l.subtask >= t.terms.subtasks || l.agent.is_none(), errc::invalid_value);
  wrong(l.work <= duration{0} || l.work > longest, errc::invalid_value);
  if (!l.parts.empty()) {
    money sum = 0;
    for (const auto part : l.parts) {
      wrong(part == amount{}, errc::invalid_value);
      sum += of(part);
    }
    wrong(l.parts.size() < 2 || l.parts.size() > 64 || sum != of(l.price) || l.rate != amount{},
          errc::invalid_value);
  }
  wrong(l.rate != amount{} && l.price == amount{}, errc::invalid_value);
  wrong(!consents(a, l), errc::bad_signature);
  wrong(!consents(a, l), errc::not_hosted);
  if (const auto at = t.awards.find(l.subtask); at != t.awards.end())
    wrong(at->second.is_open() || at->second.status == award_status::succeeded, errc::conflict);
  const auto* r = find(l.agent);
  const money active = r == nullptr ? 0 : r->bonded;
  if (t.terms.reputation_min > 0) {
    wrong(active < of(p.bond_min) || !r->rated, errc::low_stake);
    const bool probation = score(l.agent) < int{p.probation_below};
    const auto least =
        probation ? std::max(t.terms.reputation_min, p.probation_below) : t.terms.reputation_min;
    // On probation only tasks that ask for no more than the default minimum.
    wrong(probation ? t.terms.reputation_min > p.probation_below : score(l.agent) < int{least},
          errc::low_reputation);
    wrong(probation && of(l.price) > ppm_of(active, p.probation_share_ppm), errc::over_probation);
  }
  if (t.terms.paid_at_result || l.rate != amount{})
    wrong(exposed_before + of(l.price) > ppm_of(active, p.exposure_share_ppm), errc::over_exposure);
  e.insert(wrong.found.begin(), wrong.found.end());
}

errors model::on(const acting& a, const award_task& c) {
  const auto at = tasks.find(c.task);
  if (at == tasks.end())
    return {errc::unknown_task};
  auto& t = at->second;
  checks wrong;
  const auto* origin = find(a.origin);
  wrong(a.signer != t.terms.host, errc::not_permitted);
  if (!wrong.found.empty())
    return wrong.found;
  const bool again = !c.lines.empty() && !(c.last && t.open) &&
                     std::all_of(c.lines.begin(), c.lines.end(), [&t, &c](const award_line& l) {
                       const auto same = t.awards.find(l.subtask);
                       if (same == t.awards.end())
                         return false;
                       const auto& x = same->second.line;
                       return x.agent == l.agent && x.bid == l.bid && x.price == l.price &&
                              x.parts == l.parts && x.rate == l.rate && t.root == c.bids_root;
                     });
  if (again)
    return {};
  wrong(origin == nullptr || origin->bonded < of(p.orchestrator_bond_min), errc::low_stake);
  wrong(!t.open, errc::wrong_state);
  wrong(t.terms.award_by < now, errc::too_late);
  wrong(c.lines.empty() || c.lines.size() > t.terms.subtasks, errc::invalid_value);
  std::set<std::uint16_t> subtasks;
  std::map<account_id, money> exposed;
  money sum = 0;
  for (const auto& l : c.lines) {
    wrong(!subtasks.insert(l.subtask).second, errc::invalid_value);
    auto& before = exposed.try_emplace(l.agent, exposure(l.agent)).first->second;
    check_line(a, t, l, before, wrong.found);
    if (t.terms.paid_at_result || l.rate != amount{})
      before += of(l.price);
    sum += of(l.price);
  }
  wrong(sum > t.unawarded, errc::over_budget);
  if (!wrong.found.empty())
    return wrong.found;
  t.root = c.bids_root;
  money back = t.unawarded + fee(t.unawarded);
  t.unawarded -= sum;
  for (const auto& l : c.lines) {
    auto& x = t.awards[l.subtask] = {};
    x.line = l;
    x.price = of(l.price);
    x.finish_by = std::min(now + l.work, t.terms.deadline);
    x.due = x.finish_by;
    x.from = now;
    if (x.is_stream()) {
      x.status = award_status::streaming;
      flow_on(x);
    }
    back -= x.price + fee(x.price);
    auto& agent = accounts[l.agent]; // it gets an account, if it has none
    if (agent.host.is_none() && l.agent != a.signer && l.agent_index &&
        crypto::hosted_account(a.signer, *l.agent_index) == l.agent)
      agent.host = a.signer;
  }
  accounts[t.payer].free += back - t.unawarded - fee(t.unawarded);
  if (c.last)
    stop_awards(t);
  return {};
}

void model::stop_awards(model_task& t) {
  if (!t.open)
    return;
  t.open = false;
  accounts[t.payer].free += t.unawarded + fee(t.unawarded);
  t.unawarded = 0;
  finish_task(t);
}

void model::finish_task(model_task& t) {
  bool succeeded = t.awards.size() == t.terms.subtasks;
  for (const auto& [subtask, a] : t.awards) {
    if (a.is_open())
      return;
    succeeded = succeeded && a.status == award_status::succeeded;
  }
  if (t.open || t.end)
    return;
  t.end = t.disputed ? task_end::resolved : succeeded ? task_end::completed : task_end::refunded;
  // Not before its id could be used again for the same submission.
  t.prune = std::max(now, t.terms.award_by) + p.retention;
}

// --- payment ---

void model::pay(model_task&, model_award& a, money value) {
  const auto fees = fee(a.paid + value) - fee(a.paid);
  a.paid += value;
  credit(a.line.agent, value);
  pay_fee(fees);
}

void model::end_award(model_task& t, std::uint16_t subtask, outcome_cause cause) {
  auto& a = t.awards[subtask];
  accounts[t.payer].free += escrow(a);
  a.cause = cause;
  a.status = status_after(cause);
  if (a.status == award_status::succeeded)
    succeed(t, a.line.agent);
  if (a.status == award_status::failed)
    fail(t, subtask, a.line.agent);
  finish_task(t);
}

void model::release_part(model_task& t, std::uint16_t subtask, outcome_cause cause) {
  auto& a = t.awards[subtask];
  pay(t, a, a.part_price());
  if (a.line.parts.empty() || a.part + 1u == a.line.parts.size())
    return end_award(t, subtask, cause);
  ++a.part;
  a.status = award_status::working;
  a.finish_by += now - a.posted; // its time stood still
  a.due = a.finish_by;
}

// --- results ---

errors model::on(const acting& a, const post_result& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  wrong(a.origin != x->line.agent, errc::not_permitted);
  wrong(c.result.is_none(), errc::invalid_value);
  if (wrong.found.empty() && c.part < x->results.size() && x->results[c.part] == c.result)
    return {};
  wrong(x->status != award_status::working || c.part != x->part, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  x->results.push_back(c.result);
  x->posted = now;
  x->status = award_status::review;
  x->due = now + p.review_window;
  auto& t = tasks[c.task];
  if (t.terms.paid_at_result)
    release_part(t, c.subtask, outcome_cause::paid_at_result);
  return {};
}

errors model::on(const acting& a, const give_up& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  wrong(a.origin != x->line.agent, errc::not_permitted);
  if (wrong.found.empty() &&
      (x->cause == outcome_cause::given_up || x->cause == outcome_cause::stream_dry))
    return {};
  const bool stream = x->status == award_status::streaming || x->status == award_status::overdrawn;
  wrong(x->status != award_status::working && !stream, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  auto& t = tasks[c.task];
  if (stream)
    end_stream(t, c.subtask,
               x->status == award_status::overdrawn || flowed(*x) == x->price
                   ? outcome_cause::stream_dry
                   : outcome_cause::given_up);
  else
    end_award(t, c.subtask, outcome_cause::given_up);
  return {};
}

errors model::on(const acting& a, const release& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  // Anyone may have released it, once the review was over.
  if (c.part < x->part || (x->status == award_status::succeeded && !x->is_stream()))
    return {};
  wrong(!is_payer_side(a, t) || (a.origin == x->line.agent && a.origin != t.payer),
        errc::not_permitted);
  wrong(x->status != award_status::review || c.part != x->part, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  release_part(t, c.subtask, outcome_cause::released);
  return {};
}

errors model::on(const acting& a, const void_award& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  wrong(!is_payer_side(a, t), errc::not_permitted);
  wrong(c.cause == void_cause::arbiters_silent, errc::invalid_value);
  wrong(c.cause == void_cause::cancelled && x->is_stream(), errc::invalid_value);
  if (wrong.found.empty() && x->cause == cause_of(c.cause))
    return {};
  const bool stream = x->status == award_status::streaming || x->status == award_status::overdrawn;
  wrong(x->status != award_status::working && !stream, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  if (stream)
    end_stream(t, c.subtask, cause_of(c.cause));
  else
    end_award(t, c.subtask, cause_of(c.cause));
  return {};
}

errors model::on(const acting& a, const close_task& c) {
  const auto at = tasks.find(c.task);
  if (at == tasks.end())
    return {errc::unknown_task};
  if (!is_payer_side(a, at->second))
    return {errc::not_permitted};
  if (!at->second.open)
    return {};
  stop_awards(at->second);
  return {};
}

void model::award_due(const task_id& task, model_task& t, std::uint16_t subtask) {
  auto& a = t.awards[subtask];
  switch (a.status) {
  case award_status::working:
    return end_award(t, subtask, outcome_cause::no_result);
  case award_status::review:
    return release_part(t, subtask, outcome_cause::review_over);
  case award_status::disputed:
    return dispute_over(task, t, subtask);
  case award_status::streaming:
    if (a.due >= a.finish_by)
      return end_stream(t, subtask, outcome_cause::stream_finished);
    pay(t, a, flowed(a) - a.paid);
    a.status = award_status::overdrawn;
    a.due = std::min(now + p.settlement.top_up_window, a.finish_by);
    return;
  default:
    return end_stream(t, subtask,
                      a.due >= a.finish_by ? outcome_cause::stream_finished
                                           : outcome_cause::stream_dry);
  }
}

} // namespace ainur::test
