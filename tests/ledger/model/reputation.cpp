// The model: performance bonds, scores, small and severe slashes.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"
#include "model.hpp"

namespace ainur::test {

std::uint64_t model::era() const {
  return static_cast<std::uint64_t>((now - g.time) / p.era);
}

money model::unbonding(const account_id& id) const {
  money sum = 0;
  if (const auto* r = find(id))
    for (const auto& c : r->unbonding)
      sum += c.value;
  return sum;
}

money model::held(const account_id& id) const {
  money sum = 0;
  for (const auto& [number, s] : slashes)
    if (s.offender == id)
      sum += s.value;
  return sum;
}

money model::stake_of(const account_id& id) const {
  const auto* r = find(id);
  return r == nullptr ? 0 : r->bonded + unbonding(id);
}

int model::score(const account_id& id) const {
  const auto* r = find(id);
  if (r == nullptr || !r->rated)
    return 0;
  const auto& rules = p.settlement;
  auto left = r->score;
  if (rules.decay_after_eras == 0)
    return left;
  for (auto idle = r->scored_era + rules.decay_after_eras; idle < era(); ++idle)
    if (left > rules.decay_floor)
      left = std::max<int>(rules.decay_floor, left - rules.decay_per_era);
  return left;
}

void model::rate(model_account& r) {
  if (r.rated || r.bonded < of(p.bond_min))
    return;
  r.rated = true;
  r.score = p.reputation_start;
  r.scored_era = era();
}

// --- bonds ---

errors model::on(const acting& a, const bond& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  checks wrong;
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(spendable(a.origin) < of(c.value), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  auto& r = accounts[a.origin];
  r.free -= of(c.value);
  r.bonded += of(c.value);
  rate(r);
  return {};
}

errors model::on(const acting& a, const unbond& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  auto& r = accounts[a.origin];
  const auto ripe = now + p.unbonding;
  const bool joins = !r.unbonding.empty() && r.unbonding.back().ripe == ripe;
  checks wrong;
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(r.bonded < of(c.value), errc::insufficient_funds);
  wrong(!joins && r.unbonding.size() >= p.unbonding_chunks_max, errc::too_many_chunks);
  if (!wrong.found.empty())
    return wrong.found;
  r.bonded -= of(c.value);
  if (!joins)
    r.unbonding.push_back({0, ripe});
  r.unbonding.back().value += of(c.value);
  return {};
}

namespace {

/// Takes from the newest parts first; it must be there.
void take_newest(model_account& r, money value) {
  while (value > 0) {
    auto& c = r.unbonding.back();
    const auto part = std::min(c.value, value);
    c.value -= part;
    value -= part;
    if (c.value == 0)
      r.unbonding.pop_back();
  }
}

} // namespace

errors model::on(const acting& a, const rebond& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  checks wrong;
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(unbonding(a.origin) < of(c.value), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  auto& r = accounts[a.origin];
  take_newest(r, of(c.value));
  r.bonded += of(c.value);
  rate(r);
  return {};
}

errors model::on(const acting& a, const withdraw_unbonded&) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  auto& r = accounts[a.origin];
  if (r.unbonding.empty() || r.unbonding.front().ripe > now)
    return {errc::too_early};
  for (const auto& c : r.unbonding)
    if (c.ripe <= now)
      r.free += c.value;
  std::erase_if(r.unbonding, [this](const auto& c) { return c.ripe <= now; });
  return {};
}

money model::take_stake(const account_id& id, money value) {
  if (!exists(id))
    return 0;
  auto& r = accounts[id];
  const auto active = std::min(r.bonded, value);
  r.bonded -= active;
  const auto rest = std::min(unbonding(id), value - active);
  take_newest(r, rest);
  return active + rest;
}

// --- outcomes ---

void model::note_outcome(const account_id& agent, bool failure) {
  auto& r = accounts[agent];
  if (!r.rated)
    return;
  r.outcomes.push_back(failure);
  if (r.outcomes.size() > 10)
    r.outcomes.erase(r.outcomes.begin());
}

void model::succeed(const model_task& t, const account_id& agent) {
  note_outcome(agent, false);
  auto& r = accounts[agent];
  if (!r.rated)
    return;
  const auto before = score(agent);
  r.score = before;
  r.scored_era = era();
  const std::pair pair{controller_of(t.payer), controller_of(agent)};
  if (pair.first == pair.second)
    return;
  auto& [in_era, count] = gains[pair];
  if (in_era != era())
    count = 0;
  in_era = era();
  if (count >= p.gains_per_pair_max)
    return;
  ++count;
  const auto gain = std::max(0, int{p.reputation_gain} - before / int{p.reputation_gain_step});
  r.score = std::min(1'000, before + gain);
}

money model::penalise(model_task& t, std::uint16_t subtask, const account_id& id,
                      std::uint32_t ppm) {
  auto& earlier = t.penalties[{subtask, id}];
  const auto whole = ppm_of(stake_of(id) + earlier, ppm);
  const auto taken = take_stake(id, std::max(money{0}, whole - earlier));
  earlier += taken;
  return taken;
}

void model::fail(model_task& t, std::uint16_t subtask, const account_id& agent) {
  note_outcome(agent, true);
  treasury += penalise(t, subtask, agent, p.failure_slash_ppm);
  auto& r = accounts[agent];
  if (!r.rated)
    return;
  r.score = std::max(0, score(agent) - int{p.reputation_loss});
  r.scored_era = era();
}

// --- severe offences ---

namespace {

std::uint32_t share_of(const parameters& p, offence kind) {
  switch (kind) {
  case offence::fraudulent_result:
    return p.fraudulent_result_ppm;
  case offence::double_acceptance:
    return p.double_acceptance_ppm;
  case offence::repeated_failures:
    return p.repeated_failures_ppm;
  default:
    return p.protocol_violation_ppm;
  }
}

bool shows_double_acceptance(const acceptance_evidence& e, const report_offence& c, timestamp now) {
  timestamp begin = timestamp::min(), end = timestamp::max();
  std::size_t capacity = 0;
  std::set<std::pair<task_id, std::uint16_t>> places;
  for (const auto& [x, signature] : e.acceptances) {
    begin = std::max(begin, x.from);
    end = std::min(end, x.until);
    capacity = std::max<std::size_t>(capacity, x.capacity);
    if (x.agent != c.offender || x.capacity == 0 || !places.insert({x.task, x.subtask}).second)
      return false;
  }
  return places.size() >= 2 && places.size() <= 256 && begin < end && begin <= now &&
         places.size() > capacity && places.contains({*c.task, c.subtask});
}

} // namespace

errors model::check_evidence(const acting& a, const report_offence& c, timestamp& begun) const {
  const auto* offender = find(c.offender);
  if (c.kind == offence::repeated_failures) {
    if (std::count(offender->outcomes.begin(), offender->outcomes.end(), true) < 5)
      return {errc::bad_evidence};
    if (offender->failures_reported == era())
      return {errc::already_penalised};
    return {};
  }
  if (a.origin == g.council)
    return {};
  if (c.kind == offence::protocol_violation || !c.task)
    return {errc::not_permitted, errc::bad_evidence};
  const auto& awards = tasks.at(*c.task).awards;
  const auto at = awards.find(c.subtask);
  if (at == awards.end())
    return {errc::unknown_award, errc::bad_evidence};
  const auto& award = at->second;
  if (award.line.agent != c.offender)
    return {errc::bad_evidence};
  if (c.kind == offence::double_acceptance) {
    const auto e = codec::decode<acceptance_evidence>(c.evidence);
    if (!e || !shows_double_acceptance(*e, c, now))
      return {errc::bad_evidence};
    for (const auto& x : e->acceptances) {
      const auto key = key_for(c.offender, x.acceptance.key_version);
      if (!key ||
          !verify_detached({*key}, acceptance_tag, acceptance_message(x.acceptance), x.signature))
        return {errc::bad_evidence};
      begun = std::max(begun, x.acceptance.from);
    }
    if (offender->acceptances_judged && begun <= *offender->acceptances_judged)
      return {errc::already_penalised};
    return {};
  }
  const auto e = codec::decode<result_evidence>(c.evidence);
  if (!e || e->part >= award.results.size())
    return {errc::bad_evidence};
  const auto part = award.line.parts.empty() ? std::nullopt : std::optional{e->part};
  const auto key = key_for(c.offender, e->key_version);
  const auto message =
      delivery_message(*c.task, c.subtask, e->salt, e->digest, part, e->key_version);
  if (!key || !verify_detached({*key}, delivery_tag, message, e->signature) ||
      result_commitment(*c.task, c.subtask, e->salt, e->digest, part) == award.results[e->part])
    return {errc::bad_evidence};
  return {};
}

errors model::on(const acting& a, const report_offence& c) {
  checks wrong;
  wrong(c.evidence.size() > 65'536, errc::invalid_value);
  wrong(!exists(c.offender), errc::unknown_account);
  wrong(c.task && !tasks.contains(*c.task), errc::unknown_task);
  wrong(c.kind == offence::protocol_violation && a.origin != g.council, errc::not_permitted);
  if (!wrong.found.empty())
    return wrong.found;
  auto begun = timestamp::min();
  if (auto found = check_evidence(a, c, begun); !found.empty())
    return found;
  const auto ppm = share_of(p, c.kind);
  const auto earlier = c.task ? tasks.at(*c.task).penalties[{c.subtask, c.offender}] : money{0};
  const auto whole = ppm_of(stake_of(c.offender) + earlier, ppm);
  // The task carries as much, or there is neither stake nor score to take.
  if (whole == 0 ? score(c.offender) == 0 : whole <= earlier)
    return {errc::already_penalised};
  model_slash s{c.offender, c.kind, 0, c.task, c.subtask, now + p.appeal_window, 0};
  s.value = c.task ? penalise(tasks.at(*c.task), c.subtask, c.offender, ppm)
                   : take_stake(c.offender, ppm_of(stake_of(c.offender), ppm));
  auto& r = accounts[c.offender];
  s.given_up = score(c.offender);
  r.score = 0;
  r.scored_era = era();
  if (c.kind == offence::repeated_failures)
    r.failures_reported = era();
  if (begun != timestamp::min())
    r.acceptances_judged = begun;
  slashes[next_slash++] = s;
  return {};
}

errors model::on(const acting& a, const cancel_slash& c) {
  checks wrong;
  wrong(a.origin != g.council, errc::not_permitted);
  const auto at = slashes.find(c.slash);
  wrong(at == slashes.end() || at->second.offender != c.offender, errc::unknown_slash);
  if (!wrong.found.empty())
    return wrong.found;
  const auto s = at->second;
  slashes.erase(at);
  auto& r = accounts[s.offender];
  r.bonded += s.value;
  rate(r);
  if (const auto t = s.task ? tasks.find(*s.task) : tasks.end(); t != tasks.end()) {
    auto& penalty = t->second.penalties[{s.subtask, s.offender}];
    penalty = std::max(money{0}, penalty - s.value);
  }
  r.score = score(s.offender);
  r.scored_era = era();
  // It is given back once no later one stands.
  for (auto& [number, later] : slashes)
    if (number > c.slash && later.offender == s.offender) {
      later.given_up = std::max(later.given_up, s.given_up);
      return {};
    }
  r.score = std::max(r.score, s.given_up);
  return {};
}

} // namespace ainur::test
