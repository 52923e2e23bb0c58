// The course of a step: what comes in, what the replica asks for, what goes out. Blocks and
// evidence: node_blocks.cpp; storage: node_store.cpp; snapshots: node_snapshots.cpp.
#include "ainur/consensus/full_node.hpp"

#include <algorithm>
#include <utility>

#include "node_parts.hpp"

namespace ainur::consensus {

replica_options replica_options_of(const ledger::founding& f, const ledger::parameters& rules,
                                   duration status_interval) {
  const auto& a = f.agreement;
  replica_options out;
  out.propose = {a.propose_first, a.propose_more};
  out.prevote = out.precommit = {a.vote_first, a.vote_more};
  out.precision = a.precision;
  out.message_delay = a.message_delay;
  out.empty_interval = a.empty_interval;
  out.status_interval = status_interval;
  const auto eras = static_cast<std::int64_t>(rules.staking.bonding_eras);
  out.trust.trusting_period = rules.era > duration::max() / std::max<std::int64_t>(eras, 1)
                                  ? duration::max()
                                  : rules.era * eras / 2;
  return out;
}

result<validator_set> validators_of(const ledger::committee& c) {
  std::vector<validator> members;
  members.reserve(c.members.size());
  for (const auto& m : c.members)
    members.push_back({m.stash, m.key, m.weight});
  return validator_set::make(std::move(members));
}

full_node::full_node(std::unique_ptr<parts> p) noexcept : parts_(std::move(p)) {}

full_node::full_node(full_node&&) noexcept = default;
full_node& full_node::operator=(full_node&&) noexcept = default;
full_node::~full_node() = default;

const ledger::state& full_node::state() const noexcept {
  return parts_->state;
}

const position& full_node::at() const noexcept {
  return parts_->core.at();
}

const replica_counts& full_node::counts() const noexcept {
  return parts_->core.counts();
}

const mempool& full_node::waiting() const noexcept {
  return parts_->pool;
}

bool full_node::validates() const {
  return parts_->core.at().validators.find(parts_->who.account).has_value();
}

std::uint64_t full_node::blocks_made() const noexcept {
  return parts_->blocks_made;
}

result<node_step> full_node::start(const moment& m) {
  auto& p = *parts_;
  auto first = p.core.start(std::move(p.start_at), std::exchange(p.start_records, {}), m);
  if (!first)
    return fail(first.error());
  p.core.keeps_from(p.keeper.first_block());
  if (p.last_header && p.last_header->batches != hash_of(std::vector<ledger::signed_batch>{}))
    p.proof_due = m.now + proof_after;
  node_step out;
  p.carry_out(std::move(*first), m, out);
  p.end(m, out);
  return out;
}

node_step full_node::receive(const account_id& from, const node_message& what, const moment& m) {
  node_step out;
  if (!parts_->stopped) {
    std::visit([&](const auto& x) { parts_->take(from, x, m, out); }, what);
    parts_->end(m, out);
  }
  return out;
}

node_step full_node::submit(const std::vector<batch_ptr>& batches,
                            std::vector<std::pair<std::size_t, error>>& refused, const moment& m) {
  auto& p = *parts_;
  node_step out;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    auto taken = p.own.size() < own_max
                     ? p.add(batches[i], m)
                     : fail(errc::mempool_full, "too many batches of this node are not final");
    if (taken)
      p.own.push_back({batches[i], m.now + resend_after});
    else
      refused.emplace_back(i, taken.error());
  }
  if (auto fresh = p.pool.take_fresh(); !fresh.empty())
    p.pass_on(std::move(fresh), out);
  p.end(m, out);
  return out;
}

node_step full_node::timer(const moment& m) {
  auto& p = *parts_;
  node_step out;
  if (p.stopped)
    return out;
  p.core_wake.reset(); // the replica says when, if it still waits for something
  if (p.fetching && p.fetching->due <= m.now)
    p.give_up_fetch(m, out);
  p.resend(m, out);
  p.carry_out(p.core.timer(m), m, out);
  p.end(m, out);
  return out;
}

/// One that would be refused as things are is not taken: it would only make empty blocks.
result<void> full_node::parts::add(const batch_ptr& b, const moment& m) {
  const auto& content = b->content.batch;
  if (!fits(*b))
    return fail(ledger::errc::bad_batch, "a block has no room for its " +
                                             std::to_string(b->size_bytes) + " bytes and " +
                                             std::to_string(content.entries.size()) + " calls");
  if (const auto code = b->good ? admission(*b, m) : ledger::errc::ok; code != ledger::errc::ok)
    return fail(code);
  return pool.add(b, state.nonce(content.signer), std::max(m.utc, state.time()));
}

/// What the ledger would answer now; to one of a later number, what it would to a first call of the
/// same signer: nobody holds room or numbers of an account without its key and the fee.
ledger::errc full_node::parts::admission(const prepared_batch& b, const moment& m) const {
  const auto& content = b.content.batch;
  const auto time = std::max(m.utc, state.time() + duration{1});
  const auto nonce = state.nonce(content.signer);
  if (content.nonce <= nonce)
    return content.nonce < nonce ? ledger::errc::ok // for the mempool to say
                                 : state.admission(b.content, time, ledger::signatures::trusted);
  if (content.entries.empty())
    return ledger::errc::bad_batch;
  ledger::signed_batch first;
  first.batch = {.signer = content.signer,
                 .key = content.key,
                 .nonce = nonce,
                 .valid_until = content.valid_until,
                 .entries = {content.entries.front()}};
  const auto code = state.admission(first, time, ledger::signatures::trusted);
  const auto fee = state.rules().fee_per_weight.times(b.weight, 1);
  const auto account =
      code == ledger::errc::ok && !fee.is_zero() ? state.account(content.signer) : std::nullopt;
  return account && account->free < fee ? ledger::errc::fee_unpaid : code;
}

/// A validator tells all others, once; anybody else tells a few validators, who do.
void full_node::parts::pass_on(std::vector<batch_ptr> batches, node_step& out) {
  std::vector<batch_ptr> part;
  std::size_t bytes = 0;
  for (auto& b : batches) {
    if (part.size() == batches_in_message_max || bytes + b->size_bytes > told_bytes_max) {
      pass_on_part(std::exchange(part, {}), out);
      bytes = 0;
    }
    bytes += b->size_bytes;
    part.push_back(std::move(b));
  }
  if (!part.empty())
    pass_on_part(std::move(part), out);
}

void full_node::parts::pass_on_part(std::vector<batch_ptr> batches, node_step& out) {
  const auto& set = core.at().validators;
  auto what = std::make_shared<const node_message>(batches_message{std::move(batches)});
  if (set.find(who.account)) {
    out.messages.push_back({std::nullopt, std::move(what)});
    return;
  }
  const auto count = std::min<std::size_t>(told_at_once, set.size());
  for (std::size_t i = 0; i < count; ++i)
    out.messages.push_back({set[static_cast<validator_index>(told_next++ % set.size())].id, what});
}

/// Batches of this node's clients that are not final after a while go out again.
void full_node::parts::resend(const moment& m, node_step& out) {
  std::erase_if(own, [&](const own_batch& x) {
    const auto& b = x.batch->content.batch;
    return b.nonce < state.nonce(b.signer) || b.valid_until < state.time();
  });
  std::vector<batch_ptr> again;
  for (auto& x : own)
    if (x.due <= m.now) {
      again.push_back(x.batch);
      x.due = m.now + resend_after;
      (void)add(x.batch, m); // if it was pushed out meanwhile
    }
  if (!again.empty())
    pass_on(std::move(again), out);
}

void full_node::parts::take(const account_id& from, const message& x, const moment& m,
                            node_step& out) {
  carry_out(core.receive(from, x, m), m, out);
}

void full_node::parts::take(const account_id& from, const batches_message& x, const moment& m,
                            node_step& out) {
  if (x.batches.size() > batches_in_message_max)
    return;
  for (const auto& b : x.batches)
    if (b)
      (void)add(b, m);
  auto fresh = pool.take_fresh();
  const auto& set = core.at().validators;
  if (!fresh.empty() && set.find(who.account) && !set.find(from))
    pass_on(std::move(fresh), out);
}

/// Effects in their order; what the replica asks of this node is answered at once.
void full_node::parts::carry_out(effects first, const moment& m, node_step& out) {
  std::deque<effect> todo{std::make_move_iterator(first.begin()),
                          std::make_move_iterator(first.end())};
  const auto more = [&todo](effects x) {
    todo.insert(todo.end(), std::make_move_iterator(x.begin()), std::make_move_iterator(x.end()));
  };
  for (; !todo.empty() && !stopped; todo.pop_front())
    std::visit([&](auto& e) { do_one(e, m, out, more); }, todo.front());
}

void full_node::parts::do_one(broadcast& e, const moment&, node_step& out, const follow&) {
  out.messages.push_back({std::nullopt, std::make_shared<const node_message>(std::move(e.what))});
}

void full_node::parts::do_one(send_to& e, const moment&, node_step& out, const follow&) {
  out.messages.push_back({e.to, std::make_shared<const node_message>(std::move(e.what))});
}

void full_node::parts::do_one(halt& e, const moment&, node_step& out, const follow&) {
  stopped = true;
  out.stopped = std::move(e);
}

void full_node::parts::do_one(wake& e, const moment&, node_step&, const follow&) {
  core_wake = e.at;
}

void full_node::parts::do_one(accuse& e, const moment&, node_step&, const follow&) {
  const auto& x = e.evidence.first;
  const bool known = std::any_of(evidence.begin(), evidence.end(),
                                 [&x](const auto& y) { return y.first.signer == x.signer; });
  if (who.reporter_seed && !known && evidence.size() < evidence_max &&
      !state.has_equivocated(x.signer, x.statement.height))
    evidence.push_back(std::move(e.evidence));
}

/// True if a block would not be empty, or a deadline of the ledger is over.
bool full_node::parts::wants_block(const moment& m) const {
  const auto deadline = state.next_deadline();
  return pool.is_ready() || (deadline && *deadline < m.utc) || (proof_due && *proof_due <= m.now) ||
         (core.at().validators.find(who.account) &&
          report(std::max(m.utc, state.time() + duration{1})));
}

/// What every step ends with: a height is begun if there is a reason, and the next wake-up.
void full_node::parts::end(const moment& m, node_step& out) {
  if (stopped)
    return;
  if (core.round() == no_round && wants_block(m))
    carry_out(core.want_block(m), m, out);
  std::optional<instant> at = core_wake;
  const auto sooner = [&at](instant x) { at = at ? std::min(*at, x) : x; };
  if (core.round() == no_round) {
    if (const auto deadline = state.next_deadline())
      sooner(m.now + std::max(*deadline - m.utc, duration{0}) + duration{1});
    if (proof_due)
      sooner(*proof_due);
  }
  if (fetching)
    sooner(fetching->due);
  for (const auto& x : own)
    sooner(x.due);
  if (at)
    out.wake_at = std::max(*at, m.now + duration{1});
}

} // namespace ainur::consensus
