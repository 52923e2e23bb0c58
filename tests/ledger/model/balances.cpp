// The model: accounts and free balances, batches, and the order of deadlines.
#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "model.hpp"

namespace ainur::test {

model::model(const genesis& from) : g(from), p(from.parameters), chain(genesis_hash(from)) {
  now = g.time;
  treasury = issuance = of(g.treasury);
  for (const auto& x : g.allocations) {
    auto& r = accounts[x.account];
    r.free = of(x.free);
    r.bonded = of(x.bonded);
    rate(r);
    issuance += r.free + r.bonded;
  }
}

const model_account* model::find(const account_id& id) const {
  const auto at = accounts.find(id);
  return at == accounts.end() ? nullptr : &at->second;
}

account_id model::host_or_self(const account_id& id) const {
  const auto* r = find(id);
  return r == nullptr || r->host.is_none() ? id : r->host;
}

account_id model::controller_of(const account_id& id) const {
  const auto* r = find(id);
  return r == nullptr || r->declared.is_none() ? host_or_self(id) : r->declared;
}

money model::locked(const account_id& id) const {
  money most = 0;
  if (const auto* r = find(id))
    for (const auto& [number, l] : r->locks)
      most = std::max(most, l.value);
  return most;
}

money model::spendable(const account_id& id) const {
  const auto* r = find(id);
  return r == nullptr ? 0 : std::max(money{0}, r->free - locked(id));
}

money model::reserved(const account_id& id) const {
  money sum = 0;
  for (const auto& [task, t] : tasks) {
    if (t.payer != id)
      continue;
    sum += t.unawarded + fee(t.unawarded);
    for (const auto& [subtask, a] : t.awards)
      sum += a.bond;
  }
  if (const auto d = documents.find(id); d != documents.end())
    sum += d->second.deposit;
  for (const auto& [key, x] : proposals)
    if (x.proposer == id && x.is_open())
      sum += x.deposit;
  return sum;
}

bool model::is_needed(const account_id& id) const {
  const auto& r = *find(id);
  if (reserved(id) > 0 || r.bonded > 0 || unbonding(id) > 0 || held(id) > 0 ||
      open_awards(id) > 0 || !r.locks.empty() || documents.contains(id) || stakes.contains(id))
    return true;
  for (const auto& [task, t] : tasks)
    if (t.payer == id && !t.end)
      return true;
  for (const auto& [channel, c] : channels)
    if (c.phase != channel_phase::concluded && (c.params.first == id || c.params.second == id))
      return true;
  return is_dao(id);
}

void model::reap(const account_id* spared) {
  for (auto at = accounts.begin(); at != accounts.end();) {
    auto& [id, r] = *at;
    const bool poor = (spared == nullptr || id != *spared) && r.free < of(p.existential_deposit) &&
                      !is_needed(id);
    if (poor) {
      treasury += r.free;
      r.free = 0;
    }
    // Batches must not act again, and standing and controller stay.
    const bool remembered = r.nonce != 0 || r.rated || !r.declared.is_none();
    at = poor && !remembered ? accounts.erase(at) : std::next(at);
  }
}

bool model::can_credit(const account_id& to, money value) const {
  // One that was reaped may be remembered, but is there no more than one that never was.
  const bool lives = exists(to) && (find(to)->free > 0 || is_needed(to));
  return lives || value >= of(p.existential_deposit);
}

void model::credit(const account_id& to, money value) {
  if (value == 0)
    return;
  if (can_credit(to, value))
    accounts[to].free += value;
  else
    treasury += value;
}

void model::pay_fee(money value) {
  const auto author = ppm_of(value, p.fee_author_ppm);
  treasury += value - author;
  credit(g.authority, author);
}

// --- batches ---

errors model::admit(const batch& b) const {
  checks wrong;
  wrong(b.valid_until < now, errc::expired);
  const auto* r = find(b.signer);
  if (r == nullptr) {
    wrong(true, errc::unknown_signer);
    return wrong.found;
  }
  wrong(!r->host.is_none() || was_dao(b.signer), errc::bad_key);
  wrong(b.key.value_or(b.signer.value) != key_of(b.signer), errc::bad_key);
  wrong(b.nonce != r->nonce, errc::bad_nonce);
  money weight = 0;
  for (const auto& e : b.entries)
    weight += static_cast<money>(weight_of(e.call));
  wrong(spendable(b.signer) < weight * of(p.fee_per_weight), errc::fee_unpaid);
  return wrong.found;
}

void model::charge(const batch& b) {
  money weight = 0;
  for (const auto& e : b.entries)
    weight += static_cast<money>(weight_of(e.call));
  auto& r = accounts[b.signer];
  ++r.nonce;
  r.free -= weight * of(p.fee_per_weight);
  pay_fee(weight * of(p.fee_per_weight));
}

errors model::carry_out(const account_id& signer, const entry& e) {
  checks wrong;
  const auto host = e.host.value_or(signer);
  if (!e.hosted_index) {
    wrong(e.origin != signer || e.host.has_value(), errc::not_hosted);
  } else {
    const auto k = keys.find(host);
    wrong(e.host && (k == keys.end() || k->second.delegate != signer), errc::not_delegated);
    const auto* r = find(e.origin);
    const bool known = r != nullptr && !r->host.is_none();
    wrong(known ? r->host != host : crypto::hosted_account(host, *e.hosted_index) != e.origin,
          errc::not_hosted);
  }
  if (!wrong.found.empty())
    return wrong.found;
  const acting a{e.origin, e.hosted_index ? host : signer};
  const auto before = *this;
  auto found = std::visit([this, &a](const auto& c) { return on(a, c); }, e.call);
  if (!found.empty()) {
    *this = before;
    return found;
  }
  if (a.hosted() && exists(a.origin) && accounts[a.origin].host.is_none())
    accounts[a.origin].host = a.signer;
  // What the fee has left the signer is its own until the batch ends.
  const auto* was = before.find(signer);
  const auto* is = find(signer);
  const bool untouched = was != nullptr && is != nullptr && was->free == is->free;
  reap(untouched ? &signer : nullptr);
  return found;
}

// --- calls ---

errors model::move_free(const account_id& from, const account_id& to, money value) {
  checks wrong;
  wrong(to.is_none(), errc::invalid_value);
  wrong(spendable(from) < value, errc::insufficient_funds);
  wrong(to != from && !can_credit(to, value), errc::below_existential);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[from].free -= value;
  credit(to, value);
  return {};
}

errors model::on(const acting& a, const transfer& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  return move_free(a.origin, c.to, of(c.value));
}

errors model::on(const acting& a, const transfer_all& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  auto value = spendable(a.origin);
  if (c.keep_alive)
    value = std::min(value, accounts[a.origin].free - of(p.existential_deposit));
  checks wrong;
  wrong(value <= 0, errc::insufficient_funds);
  wrong(c.to.is_none(), errc::invalid_value);
  if (!wrong.found.empty())
    return wrong.found;
  return move_free(a.origin, c.to, value);
}

errors model::on(const acting& a, const lock_balance& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  auto& r = accounts[a.origin];
  checks wrong;
  wrong(c.number > 15 || c.value == amount{}, errc::invalid_value);
  wrong(c.until > now + std::chrono::hours{24 * 3660}, errc::invalid_value);
  wrong(c.until <= now, errc::too_late);
  wrong(r.free < of(c.value), errc::insufficient_funds);
  if (const auto old = r.locks.find(c.number); old != r.locks.end())
    wrong(of(c.value) < old->second.value || c.until < old->second.until, errc::lock_shrinks);
  if (wrong.found.empty())
    r.locks[c.number] = {of(c.value), c.until};
  return wrong.found;
}

errors model::on(const acting& a, const mint_money& c) {
  checks wrong;
  wrong(a.origin != g.council, errc::not_permitted);
  wrong(c.to.is_none() || c.value == amount{}, errc::invalid_value);
  wrong(issuance + of(c.value) > of(amount::max()), errc::overflow);
  wrong(!can_credit(c.to, of(c.value)), errc::below_existential);
  if (!wrong.found.empty())
    return wrong.found;
  issuance += of(c.value);
  credit(c.to, of(c.value));
  return {};
}

errors model::on(const acting& a, const burn_money& c) {
  if (!exists(a.origin))
    return {errc::unknown_account};
  checks wrong;
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(spendable(a.origin) < of(c.value), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= of(c.value);
  issuance -= of(c.value);
  return {};
}

errors model::on(const acting& a, const open_account& c) {
  checks wrong;
  wrong(!a.hosted(), errc::not_permitted);
  wrong(c.controller.is_none(), errc::invalid_value);
  wrong(!exists(a.origin), errc::unknown_account);
  wrong(exists(a.origin) && !accounts[a.origin].declared.is_none(), errc::already_open);
  if (wrong.found.empty())
    accounts[a.origin].declared = c.controller;
  return wrong.found;
}

// --- deadlines ---

void model::begin_block(timestamp at, const event_list& events) {
  now = at;
  ahead = &events;
  used.clear();
  while (const auto act = next_due()) {
    act();
    reap();
  }
  note_author();
}

/// A deadline has passed when the time is later. Of equal ones the order is that of the ledger's
/// index: what it is about, then its id.
struct deadline_list {
  using place = std::tuple<timestamp, int, bytes, std::uint64_t>;

  timestamp now;
  std::optional<place> first;
  std::function<void()> act;

  template <class Id>
  void add(timestamp due, int kind, const Id& id, std::uint64_t number, std::function<void()> f) {
    place x{due, kind, {id.view().begin(), id.view().end()}, number};
    if (due < now && (!first || x < *first)) {
      first = std::move(x);
      act = std::move(f);
    }
  }
};

std::function<void()> model::next_due() {
  deadline_list list{now, {}, {}};
  const account_id nobody;
  for (auto& [id, t] : tasks) {
    if (t.open)
      list.add(t.terms.award_by, 0, id, 0, [this, &t = t] { stop_awards(t); });
    for (auto& [subtask, a] : t.awards)
      if (a.is_open())
        list.add(a.due, 1, id, subtask,
                 [this, id = id, &t = t, subtask = subtask] { award_due(id, t, subtask); });
    if (t.end)
      list.add(t.prune, 3, id, 0, [this, id = id] { tasks.erase(id); });
  }
  for (auto& [number, s] : slashes)
    list.add(s.due, 2, nobody, number, [this, number = number] {
      treasury += slashes.at(number).value;
      slashes.erase(number);
    });
  for (auto& [id, r] : accounts)
    for (auto& [number, l] : r.locks)
      list.add(l.until, 4, id, number, [&r = r, number = number] { r.locks.erase(number); });
  // The first block of an era turns it. While nobody has a stake, staking stands still.
  const bool staked = !stakes.empty() || !eras.empty();
  if (const auto start = g.time + p.era * static_cast<std::int64_t>(staking_era + 1);
      staked && start <= now)
    list.add(start - duration{1}, 6, nobody, staking_era, [this] { turn_era(); });
  for (auto& [id, k] : keys)
    for (const auto& e : k.grace)
      list.add(e.until, 8, id, e.version, [&k = k, version = e.version] {
        std::erase_if(k.grace, [version](const auto& x) { return x.version == version; });
      });
  for (auto& [id, c] : channels) {
    if (c.phase == channel_phase::registered)
      list.add(c.due, 9, id, 0, [this, &c = c] { conclude(c); });
    if (c.phase == channel_phase::concluded)
      list.add(c.due, 9, id, 0, [this, id = id] { channels.erase(id); });
  }
  for (auto& [key, x] : proposals) {
    const auto due = x.status == proposal_status::voting     ? x.voting_until
                     : x.status == proposal_status::approved ? x.execute_until
                                                             : x.prune;
    list.add(due, 10, key.first, key.second, [this, key = key, &x = x] {
      if (x.is_open())
        proposal_due(key.first, x);
      else
        proposals.erase(key);
    });
  }
  return list.act;
}

} // namespace ainur::test
