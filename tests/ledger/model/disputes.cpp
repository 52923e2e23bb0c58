// The model: streams, disputes and their arbiters.
#include <algorithm>

#include "model.hpp"

namespace ainur::test {

// --- streams ---

money model::flowed(const model_award& a) const {
  const auto passed = std::min(now, a.finish_by) - a.from;
  const money more = of(a.line.rate) * static_cast<money>(micros(passed)) / 1'000'000;
  return std::min(a.price, a.before + std::max(money{0}, more));
}

/// Until when it flows: its deposit, or its time.
void model::flow_on(model_award& a) {
  const money rest = (a.price - a.before) * 1'000'000;
  const money rate = of(a.line.rate);
  const money needed = (rest + rate - 1) / rate;
  const money left = static_cast<money>(micros(a.finish_by - a.from));
  a.due = a.from + duration{static_cast<std::int64_t>(std::min(needed, left))};
}

void model::end_stream(model_task& t, std::uint16_t subtask, outcome_cause cause) {
  auto& a = t.awards[subtask];
  const auto sum = a.status == award_status::overdrawn ? a.price : flowed(a);
  pay(t, a, sum - a.paid);
  end_award(t, subtask, cause);
}

errors model::on(const acting&, const draw_stream& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  if (!x->is_stream())
    return {errc::wrong_state};
  if (x->status == award_status::streaming)
    pay(tasks[c.task], *x, flowed(*x) - x->paid);
  return {};
}

errors model::on(const acting& a, const top_up_stream& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  wrong(a.origin != t.payer, errc::not_permitted);
  wrong(!x->is_stream(), errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  if (of(c.deposit) <= x->price)
    return {};
  wrong(!x->is_open(), errc::wrong_state);
  wrong(x->finish_by < now, errc::too_late);
  const auto& agent = x->line.agent;
  const auto* r = find(agent);
  const money active = r == nullptr ? 0 : r->bonded;
  const auto added = of(c.deposit) - x->price;
  const auto fees = fee(of(c.deposit)) - fee(x->price);
  wrong(spendable(a.origin) < added + fees, errc::insufficient_funds);
  wrong(exposure(agent) + added > ppm_of(active, p.exposure_share_ppm), errc::over_exposure);
  wrong(t.terms.reputation_min > 0 && score(agent) < int{p.probation_below} &&
            of(c.deposit) > ppm_of(active, p.probation_share_ppm),
        errc::over_probation);
  if (!wrong.found.empty())
    return wrong.found;
  if (x->status == award_status::overdrawn || flowed(*x) == x->price) { // it stands still
    x->from = now;
    x->before = x->price;
    x->status = award_status::streaming;
  }
  accounts[a.origin].free -= added + fees;
  x->price += added;
  t.topped_up += added;
  flow_on(*x);
  return {};
}

errors model::on(const acting& a, const stop_stream& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  wrong(!is_payer_side(a, t) || (a.origin == x->line.agent && a.origin != t.payer),
        errc::not_permitted);
  wrong(!x->is_stream(), errc::wrong_state);
  if (wrong.found.empty() &&
      (x->cause == outcome_cause::stream_stopped || x->cause == outcome_cause::cancelled))
    return {};
  wrong(!x->is_open(), errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  const bool dry = x->status == award_status::streaming && flowed(*x) == 0;
  end_stream(t, c.subtask, dry ? outcome_cause::cancelled : outcome_cause::stream_stopped);
  return {};
}

// --- disputes ---

/// Neither the parties and who controls them may arbitrate, nor whom they control.
std::set<account_id> model::related_to(const model_task& t, const model_award& a) const {
  return {t.payer,
          a.line.agent,
          t.terms.host,
          controller_of(t.payer),
          controller_of(a.line.agent),
          controller_of(t.terms.host)};
}

std::size_t model::arbiters_due(const model_task& t, const model_award& a) const {
  const auto related = related_to(t, a);
  std::set<account_id> dismissed;
  for (const auto& x : a.dismissed)
    dismissed.insert(controller_of(x));
  std::set<account_id> controllers;
  for (const auto& [id, r] : accounts)
    if (const auto c = controller_of(id);
        r.bonded >= of(p.bond_min) && !related.contains(c) && !dismissed.contains(c))
      controllers.insert(c);
  return std::min<std::size_t>(3, controllers.size());
}

/// Who is drawn is the ledger's word; that they may be drawn, and are as many as can be, is
/// checked.
void model::draw(const task_id& task, std::uint16_t subtask, model_task& t, model_award& a) {
  a.arbiters.clear();
  a.votes.clear();
  const event::arbiters_drawn* drawn = nullptr;
  for (std::size_t i = 0; i < ahead->size() && drawn == nullptr; ++i)
    if (const auto* e = std::get_if<event::arbiters_drawn>(&(*ahead)[i]);
        e != nullptr && e->task == task && e->subtask == subtask && e->round == a.round &&
        used.insert(i).second)
      drawn = e;
  if (drawn == nullptr) {
    complaint = "no arbiters were drawn";
    return;
  }
  a.arbiters = drawn->arbiters;
  if (a.arbiters.size() != arbiters_due(t, a))
    complaint = "the number of arbiters is not " + std::to_string(arbiters_due(t, a));
  auto controllers = related_to(t, a);
  for (const auto& x : a.dismissed)
    controllers.insert(controller_of(x));
  for (const auto& x : a.arbiters) {
    const auto* r = find(x);
    if (r == nullptr || r->bonded < of(p.bond_min) || !controllers.insert(controller_of(x)).second)
      complaint = "an arbiter is related, drawn twice, or without a bond";
  }
}

errors model::on(const acting& a, const open_dispute& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  wrong(a.origin != t.payer, errc::not_permitted);
  const bool open = x->status == award_status::disputed && x->part == c.part;
  const bool ended = !x->is_open() && x->ruled_part == c.part && x->part == c.part;
  if (wrong.found.empty() && (open || ended))
    return {};
  wrong(x->status != award_status::review || x->part != c.part, errc::wrong_state);
  const auto bond = std::max(money{1}, ppm_of(x->part_price(), p.dispute_bond_ppm));
  wrong(spendable(a.origin) < bond, errc::insufficient_funds);
  wrong(x->due < now, errc::too_late);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= bond;
  x->bond = bond;
  x->status = award_status::disputed;
  x->due = now + p.dispute_window;
  x->round = 1;
  x->dismissed.clear();
  x->ruled_part = c.part;
  t.disputed = true;
  draw(c.task, c.subtask, t, *x);
  return {};
}

errors model::on(const acting& a, const vote_dispute& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr || x->status != award_status::disputed || x->part != c.part) {
    wrong(true, errc::unknown_dispute);
    return wrong.found;
  }
  if (std::find(x->arbiters.begin(), x->arbiters.end(), a.origin) == x->arbiters.end())
    return {errc::not_permitted};
  if (const auto old = x->votes.find(a.origin); old != x->votes.end()) {
    if (old->second == c.for_agent)
      return {};
    return {errc::already_voted};
  }
  if (x->due < now)
    return {errc::too_late};
  x->votes[a.origin] = c.for_agent;
  int same = 0;
  for (const auto& [id, vote] : x->votes)
    same += vote == c.for_agent ? 1 : 0;
  if (same == 2)
    rule(tasks[c.task], c.subtask, c.for_agent);
  return {};
}

void model::rule(model_task& t, std::uint16_t subtask, bool for_agent) {
  auto& a = t.awards[subtask];
  const auto bond = a.bond;
  a.bond = 0;
  money pot = bond;
  if (!for_agent) {
    accounts[t.payer].free += bond;
    pot = take_stake(a.line.agent, bond);
  }
  const auto each = pot / static_cast<money>(a.votes.size());
  for (const auto& [id, vote] : a.votes)
    credit(id, each);
  treasury += pot - each * static_cast<money>(a.votes.size());
  a.arbiters.clear();
  if (for_agent)
    release_part(t, subtask, outcome_cause::ruled_for_agent);
  else
    end_award(t, subtask, outcome_cause::ruled_for_payer);
}

void model::dispute_over(const task_id& task, model_task& t, std::uint16_t subtask) {
  auto& a = t.awards[subtask];
  for (const auto& id : a.arbiters)
    if (!a.votes.contains(id))
      treasury += take_stake(id, ppm_of(stake_of(id), p.absence_slash_ppm));
  if (a.round == 1) {
    a.round = 2;
    a.dismissed = {a.arbiters.begin(), a.arbiters.end()};
    a.due = now + p.arbitration_window;
    return draw(task, subtask, t, a);
  }
  accounts[t.payer].free += a.bond;
  a.bond = 0;
  a.arbiters.clear();
  pay(t, a, a.part_price() / 2);
  end_award(t, subtask, outcome_cause::arbiters_silent);
}

} // namespace ainur::test
