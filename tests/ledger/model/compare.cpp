#include "compare.hpp"

#include <algorithm>
#include <sstream>

#include "ainur/ledger/proof.hpp"

namespace ainur::test {

namespace {

std::string text(money m) {
  return m < 0 ? "-" + text(-m) : std::to_string(static_cast<std::uint64_t>(m));
}

/// Keeps the first difference.
struct differ {
  std::string found;
  std::string about;

  void operator()(const char* what, money model, money ledger) {
    if (found.empty() && model != ledger)
      found =
          about + ": " + what + ": the model says " + text(model) + ", the ledger " + text(ledger);
  }

  void operator()(const char* what, money model, amount ledger) {
    (*this)(what, model, of(ledger));
  }

  void operator()(const char* what, timestamp model, timestamp ledger) {
    (*this)(what, micros(model), micros(ledger));
  }

  template <std::size_t N>
  void bytes_of(const char* what, const byte_array<N>& model, const byte_array<N>& ledger) {
    if (found.empty() && model != ledger)
      found = about + ": " + what + ": the model says " + to_hex(model) + ", the ledger " +
              to_hex(ledger);
  }

  template <class Tag, std::size_t N>
  void operator()(const char* what, const byte_id<Tag, N>& model, const byte_id<Tag, N>& ledger) {
    bytes_of(what, model.value, ledger.value);
  }

  void same(const char* what, bool equal) {
    if (found.empty() && !equal)
      found = about + ": " + what + " differ";
  }

  /// True if there is something to compare.
  bool both(bool model, bool ledger) {
    (*this)("whether there is one", model ? 1 : 0, ledger ? 1 : 0);
    return model && ledger;
  }
};

std::string name_of_account(const account_id& id) {
  const auto& all = cast::get().people;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].id == id)
      return "account " + std::to_string(i);
  return "account " + to_string(id);
}

void compare_account(differ& d, const model& m, const state& s, const account_id& id) {
  d.about = name_of_account(id);
  const auto* r = m.find(id);
  const auto v = s.account(id);
  if (!d.both(r != nullptr, v.has_value()))
    return;
  d("host", r->host, v->host);
  d("controller", m.controller_of(id), v->controller);
  d("free", r->free, v->free);
  d("locked", std::min(r->free, m.locked(id)), v->locked);
  d("reserved", m.reserved(id), v->reserved);
  d("bonded", r->bonded, v->bonded);
  d("unbonding", m.unbonding(id), v->unbonding);
  d("held", m.held(id), v->held);
  d("exposure", m.exposure(id), v->exposure);
  d("nonce", r->nonce, v->nonce);
  d("rated", r->rated, v->rated);
  d("score", m.score(id), v->score);
  d("outcomes", static_cast<money>(r->outcomes.size()), v->outcomes);
  d("failures", std::count(r->outcomes.begin(), r->outcomes.end(), true), v->failures);
  d("open awards", m.open_awards(id), v->open_awards);
  d("scored era", r->scored_era, v->scored_era);
}

void compare_award(differ& d, const model& m, const model_award& a, const award_view& v) {
  d("agent", a.line.agent, v.agent);
  d("price", a.price, v.price);
  d("paid", a.paid, v.paid);
  d("escrow", m.escrow(a), v.escrow);
  d("finish_by", a.finish_by, v.finish_by);
  d("bid", a.line.bid, v.bid);
  d("status", static_cast<money>(a.status), static_cast<money>(v.status));
  d("part", a.part, v.part);
  d("rate", of(a.line.rate), v.rate);
  d.same("parts", a.line.parts == v.parts);
  d.same("causes", a.cause == v.cause);
  if (a.is_open()) {
    d("due", a.due, v.due);
    d.same("arbiters", a.arbiters == v.arbiters);
    d("result", a.part < a.results.size() ? a.results[a.part] : hash256{}, v.result);
  }
  if (a.status == award_status::streaming)
    d("flowed", m.flowed(a), v.flowed);
}

void compare_task(differ& d, const model& m, const state& s, const task_id& id) {
  d.about = "task " + to_string(id);
  const auto at = m.tasks.find(id);
  const auto v = s.task(id);
  if (!d.both(at != m.tasks.end(), v.has_value()))
    return;
  const auto& t = at->second;
  d("payer", t.payer, v->payer);
  d("host", t.terms.host, v->host);
  d("budget", of(t.terms.budget), v->budget);
  d("topped up", t.topped_up, v->topped_up);
  d("unawarded", t.unawarded, v->unawarded);
  d("award_by", t.terms.award_by, v->award_by);
  d("open", t.open, v->open);
  d.same("final states", t.end == v->final_state);
  d("awards", static_cast<money>(t.awards.size()), static_cast<money>(v->awards.size()));
  std::size_t i = 0;
  for (const auto& [subtask, a] : t.awards) {
    if (i == v->awards.size())
      break;
    d.about = "task " + to_string(id) + ", award " + std::to_string(subtask);
    d("subtask", subtask, v->awards[i].subtask);
    compare_award(d, m, a, v->awards[i++]);
  }
}

void compare_keys(differ& d, const model& m, const state& s, const account_id& id) {
  d.about = "keys of " + name_of_account(id);
  const auto signer = m.host_or_self(id);
  const auto v = s.keys(id);
  d("signer", signer, v.signer);
  d.bytes_of("key", m.key_of(id), v.key);
  const auto at = m.keys.find(signer);
  const auto k =
      at == m.keys.end() ? model_keys{0, signer.value, m.g.time, {}, {}, {}} : at->second;
  d("version", k.version, v.version);
  d("since", k.since, v.since);
  d("stash", k.stash, v.stash);
  d("delegate", k.delegate, v.delegate);
  d("keys in grace", static_cast<money>(k.grace.size()), static_cast<money>(v.grace.size()));
  for (std::size_t i = 0; i < std::min(k.grace.size(), v.grace.size()); ++i) {
    d("version in grace", k.grace[i].version, v.grace[i].version);
    d.bytes_of("key in grace", k.grace[i].key, v.grace[i].key);
    d("end of grace", k.grace[i].until, v.grace[i].until);
  }
}

void compare_document(differ& d, const model& m, const state& s, const account_id& id) {
  d.about = "document of " + name_of_account(id);
  const auto at = m.documents.find(id);
  const auto v = s.document(id);
  if (!d.both(at != m.documents.end(), v.has_value()))
    return;
  d("deposit", at->second.deposit, v->deposit);
  d("registered", at->second.registered, v->registered);
  d("updated", at->second.updated, v->updated);
  d("revision", at->second.revision, v->revision);
  d.same("contents", at->second.document == v->document);
}

void compare_channel(differ& d, const model& m, const state& s, const channel_id& id) {
  d.about = "channel " + to_string(id);
  const auto at = m.channels.find(id);
  const auto v = s.channel(id);
  if (!d.both(at != m.channels.end(), v.has_value()))
    return;
  const auto& c = at->second;
  d("phase", static_cast<money>(c.phase), static_cast<money>(v->phase));
  d.same("terms", c.params == v->params);
  d.same("states", c.newest == v->newest);
  d.bytes_of("first key", c.first_key, v->first_key);
  d.bytes_of("second key", c.second_key, v->second_key);
  if (c.phase != channel_phase::open)
    d("due", c.due, v->due);
}

void compare_proposal(differ& d, const model& m, const state& s, const account_id& dao,
                      std::uint64_t number) {
  d.about = "proposal " + std::to_string(number) + " of " + to_string(dao);
  const auto at = m.proposals.find({dao, number});
  const auto v = s.proposal(dao, number);
  if (!d.both(at != m.proposals.end(), v.has_value()))
    return;
  const auto& x = at->second;
  d("proposer", x.proposer, v->proposer);
  d("status", static_cast<money>(x.status), static_cast<money>(v->status));
  if (x.status == proposal_status::cancelled || x.status == proposal_status::stopped)
    return; // perhaps nobody counted
  d("yes", x.sum(ballot_choice::yes), v->sums.yes);
  d("no", x.sum(ballot_choice::no), v->sums.no);
  d("abstain", x.sum(ballot_choice::abstain), v->sums.abstain);
  d("all", x.sum(std::nullopt), v->sums.all);
  if (!x.is_open())
    return;
  d("deposit", x.deposit, v->deposit);
  d("voting until", x.voting_until, v->voting_until);
  d("execute from", x.execute_from, v->execute_from);
  d("execute until", x.execute_until, v->execute_until);
  if (x.status != proposal_status::voting)
    return;
  d("seats", static_cast<money>(x.seats.size()), static_cast<money>(v->seats.size()));
  for (const auto& seat : v->seats) {
    const auto own = x.seats.find(seat.controller);
    d.same("controllers", own != x.seats.end());
    if (own == x.seats.end())
      return;
    d("weight", own->second.weight, seat.weight);
    d("by key", own->second.by_key, seat.by_key);
    d.same("choices", own->second.choice == seat.choice);
  }
}

void compare_governance(differ& d, const model& m, const state& s, const memory& past) {
  for (const auto& id : past.daos) {
    d.about = "DAO " + to_string(id);
    const auto at = m.daos.find(id);
    const auto v = s.dao(id);
    if (!d.both(at != m.daos.end(), v.has_value()))
      continue;
    d("dissolved", at->second.dissolved, v->dissolved);
    if (!v->dissolved) {
      d.same("rules", at->second.rules == v->rules);
      d.same("members", at->second.members == v->members);
      d("next proposal", at->second.next, v->next_proposal);
    }
    for (std::uint64_t number = 1; number < at->second.next; ++number)
      compare_proposal(d, m, s, id, number);
    compare_account(d, m, s, id);
  }
}

void compare_stake(differ& d, const model& m, const state& s, const account_id& id) {
  d.about = "stake of " + name_of_account(id);
  const auto at = m.stakes.find(id);
  const auto v = s.stake_of(id);
  if (!d.both(at != m.stakes.end(), v.has_value()))
    return;
  const auto& x = at->second;
  d("controller", x.controller, v->controller);
  d("payee", static_cast<money>(x.payee), static_cast<money>(v->payee));
  d("active", x.active, v->active);
  d("parts unlocking", static_cast<money>(x.unlocking.size()),
    static_cast<money>(v->unlocking.size()));
  for (std::size_t i = 0; i < std::min(x.unlocking.size(), v->unlocking.size()); ++i) {
    d("unlocking", x.unlocking[i].value, v->unlocking[i].value);
    d("until era", x.unlocking[i].era, v->unlocking[i].era);
  }
  d.same("candidacies", x.validator == v->validator);
  d.same("targets", x.targets == v->targets);
}

void compare_era(differ& d, const model& m, const state& s, std::uint64_t number) {
  d.about = "era " + std::to_string(number);
  const auto at = m.eras.find(number);
  const auto v = s.era(number);
  if (!d.both(at != m.eras.end(), v.has_value()))
    return;
  const auto& e = at->second;
  d("ended", e.ended, v->ended);
  d("reward", e.reward, v->reward);
  d("validators", static_cast<money>(e.validators.size()),
    static_cast<money>(v->validators.size()));
  for (std::size_t i = 0; i < std::min(e.validators.size(), v->validators.size()); ++i) {
    const auto& x = e.validators[i];
    const auto& y = v->validators[i];
    d("validator", x.validator, y.validator);
    d("own", x.own, y.own);
    d("total", x.total(), y.total);
    d("commission", x.commission_ppm, y.commission_ppm);
    d("points", x.points, y.points);
    d.same("claims", std::vector<std::uint32_t>(x.claimed.begin(), x.claimed.end()) == y.claimed);
    std::vector<stake_part> pages;
    for (std::uint32_t page = 0; page < y.pages; ++page) {
      const auto one = s.exposure_page(number, y.validator, page);
      pages.insert(pages.end(), one.begin(), one.end());
    }
    d("nominators", static_cast<money>(x.nominators.size()), static_cast<money>(pages.size()));
    for (std::size_t k = 0; k < std::min(pages.size(), x.nominators.size()); ++k) {
      d("nominator", x.nominators[k].first, pages[k].stash);
      d("its part", x.nominators[k].second, pages[k].value);
    }
  }
}

void compare_totals(differ& d, const model& m, const state& s) {
  d.about = "totals";
  const auto v = s.totals();
  money free = 0, kept = 0, bonded = 0, staked = 0, escrow = 0, channels = 0, open = 0;
  for (const auto& [id, r] : m.accounts) {
    free += r.free;
    kept += m.reserved(id);
    bonded += r.bonded + m.unbonding(id);
  }
  for (const auto& [number, x] : m.slashes)
    bonded += x.value;
  for (const auto& [id, x] : m.stakes)
    staked += x.total();
  for (const auto& [id, t] : m.tasks) {
    open += t.end ? 0 : 1;
    for (const auto& [subtask, a] : t.awards)
      escrow += m.escrow(a);
  }
  for (const auto& [id, c] : m.channels)
    if (c.phase != channel_phase::concluded)
      channels += of(c.params.first_deposit) + of(c.params.second_deposit);
  d("accounts", static_cast<money>(m.accounts.size()), v.accounts);
  d("free", free, v.free);
  d("reserved", kept, v.reserved);
  d("bonded", bonded, v.bonded);
  d("staked", staked, v.staked);
  d("escrow", escrow, v.escrow);
  d("channels", channels, v.channels);
  d("treasury", m.treasury, v.treasury);
  d("issuance", m.issuance, v.issuance);
  d("open tasks", open, v.open_tasks);
  d("the model's own sum", free + kept + bonded + staked + escrow + channels + m.treasury,
    m.issuance);
}

} // namespace

std::string difference(const model& m, const state& s, const memory& past) {
  differ d;
  for (const auto& x : cast::get().people) {
    compare_account(d, m, s, x.id);
    compare_keys(d, m, s, x.id);
    compare_document(d, m, s, x.id);
    compare_stake(d, m, s, x.id);
  }
  for (const auto& id : past.tasks)
    compare_task(d, m, s, id);
  for (std::uint64_t number = 1; number < m.next_slash; ++number) {
    d.about = "slash " + std::to_string(number);
    const auto at = m.slashes.find(number);
    const auto v = s.slash(number);
    if (!d.both(at != m.slashes.end(), v.has_value()))
      continue;
    d("offender", at->second.offender, v->offender);
    d("value", at->second.value, v->value);
    d("due", at->second.due, v->due);
  }
  for (const auto& id : past.channels)
    compare_channel(d, m, s, id);
  compare_governance(d, m, s, past);
  d.about = "staking";
  d("era", m.staking_era, s.staking_era());
  const auto kept = m.p.staking.retention_eras() + 2;
  for (auto e = m.staking_era > kept ? m.staking_era - kept : 0; e <= m.staking_era; ++e)
    compare_era(d, m, s, e);
  compare_totals(d, m, s);
  return d.found;
}

std::string proven_difference(const model& m, const state& s) {
  constexpr std::uint8_t validator_keys = 33; // the number of the table
  differ d;
  for (const auto& x : cast::get().people) {
    d.about = "the validator key of " + name_of_account(x.id);
    const auto at = m.stakes.find(x.id);
    std::optional<bytes> expected;
    if (at != m.stakes.end() && at->second.statement_key) {
      const auto& key = *at->second.statement_key;
      expected = bytes{0x91, 0xc4, 32}; // a list of one field: 32 bytes
      expected->insert(expected->end(), key.begin(), key.end());
    }
    const auto proof = s.prove(validator_keys, x.id.view());
    d.same("proofs", proof.has_value());
    if (proof && d.both(expected.has_value(), proof->record.has_value()) && expected)
      d.same("keys", *expected == *proof->record);
  }
  return d.found;
}

} // namespace ainur::test
