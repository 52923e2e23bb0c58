// The model: tasks and their awards.
#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "model.hpp"

namespace ainur::test {

namespace {

constexpr duration longest = std::chrono::hours{24 * 3660};

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
                       // A stream may have been topped up since: any smaller deposit fits.
                       const bool same_price = same->second.is_stream()
                                                   ? same->second.price >= of(l.price)
                                                   : x.price == l.price;
                       return x.agent == l.agent && x.bid == l.bid && same_price &&
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

} // namespace ainur::test
