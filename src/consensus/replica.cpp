// The course of a height: begin, agree, commit. Messages: replica_receive.cpp; keeping up with the
// others: replica_sync.cpp.
#include "ainur/consensus/replica.hpp"

#include <algorithm>
#include <utility>

#include "ainur/base/assert.hpp"
#include "replica_records.hpp"

namespace ainur::consensus {

replica::replica(const account_id& self, crypto::secret_key key, const replica_options& options,
                 std::shared_ptr<signature_checker> checker)
    : self_(self), key_(std::move(key)), options_(options), checker_(std::move(checker)) {}

result<effects> replica::start(position at, const std::vector<bytes>& records, const moment& m) {
  at_ = std::move(at);
  effects out;
  begin_height(m, out);
  if (auto done = recover(records, m, out); !done)
    return fail(done.error());
  suspect_lag(m);
  finish(out);
  return out;
}

void replica::begin_height(const moment& m, effects& out) {
  agreement_.reset();
  blocks_.clear();
  proposals_.clear();
  own_.clear();
  proposed_.clear();
  accused_.clear();
  timeouts_.clear();
  helped_.clear();
  executing_ = false;
  status_due_.reset();
  height_began_ = m.now;
  std::erase_if(late_, [this](const auto& s) { return s.statement.height != at_.height; });
  early_bytes_ = 0;
  for (auto& [from, messages] : std::exchange(early_, {}))
    for (auto& what : messages)
      std::visit([&](const auto& x) { take(from, x, m, out); }, what);
}

void replica::begin_agreement(const moment& m, effects& out) {
  if (agreement_ || executing_)
    return;
  make_agreement(m);
  carry_out(agreement_->start(), m, out);
}

void replica::make_agreement(const moment& m) {
  agreement_ = std::make_unique<agreement>(at_.height + 1, at_.validators, at_.turn,
                                           at_.validators.find(self_));
  status_due_ = m.now + options_.status_interval;
}

effects replica::want_block(const moment& m) {
  effects out;
  if (!halted_) {
    begin_agreement(m, out);
    finish(out);
  }
  return out;
}

void replica::carry_out(agreement_actions actions, const moment& m, effects& out) {
  for (const auto& a : actions) {
    if (const auto* make = std::get_if<make_value>(&a)) {
      if (const auto at = own_.find({make->round, statement_kind::proposal}); at != own_.end())
        utter_own(at->second.statement, m, out);
      else
        out.push_back(make_block{at_.height + 1, make->round});
    } else if (const auto* held = std::get_if<hold>(&a)) {
      hold_values(held->values, out);
    } else if (const auto* entered = std::get_if<enter>(&a)) {
      out.push_back(persist{at_.height + 1, codec::encode(wal_record{entered_record{
                                                at_.height + 1, entered->round, entered->votes}})});
    } else if (const auto* said = std::get_if<utter>(&a)) {
      utter_own(said->statement, m, out);
    } else if (const auto* w = std::get_if<wait>(&a)) {
      const auto& [which, round] = w->timeout;
      const auto& length = which == step::propose   ? options_.propose
                           : which == step::prevote ? options_.prevote
                                                    : options_.precommit;
      timeouts_.push_back({w->timeout, m.now + length.of(round)});
    } else {
      decided(std::get<decide>(a), out);
    }
  }
}

/// Signs a statement at most once for each round and kind: after a restart the earlier one goes out
/// again, whatever the rules would say now.
void replica::utter_own(const statement& s, const moment& m, effects& out) {
  const auto me = at_.validators.find(self_);
  AINUR_ASSERT(me);
  const auto known = s.kind == statement_kind::proposal ? blocks_.find(s.value) : blocks_.end();
  if (s.kind == statement_kind::proposal && known == blocks_.end())
    return; // held before a restart, and its body was not: others will propose
  const auto [at, is_new] = own_.try_emplace({s.round, s.kind});
  if (is_new) {
    at->second = ledger::sign_statement(checker_->chain(), s, self_, key_);
    said_record said{at->second, std::nullopt};
    if (known != blocks_.end() && !std::exchange(known->second.stored, true))
      said.block = *known->second.block;
    out.push_back(persist{s.height, codec::encode(wal_record{std::move(said)})});
  }
  const auto mine = at->second;
  out.push_back(broadcast{message_of(mine)});
  if (is_new)
    take_own(mine, m, out);
}

/// A statement of this height as it is sent: a proposal with all that it takes to follow it.
message replica::message_of(const signed_statement& s) const {
  if (s.statement.kind != statement_kind::proposal)
    return vote_message{s};
  proposal_message p{s, nullptr, {}};
  if (const auto at = blocks_.find(s.statement.value); at != blocks_.end())
    p.block = at->second.block;
  if (s.statement.valid_round != no_round)
    p.polka = agreement_->votes()
                  .votes_for(statement_kind::prevote, s.statement.valid_round, s.statement.value)
                  .votes;
  return p;
}

void replica::take_own(const signed_statement& s, const moment& m, effects& out) {
  if (s.statement.kind == statement_kind::proposal) {
    proposed_.try_emplace(s.statement.round, s);
    proposals_.insert_or_assign(s.statement.round, waiting_proposal{s, true});
    offer_proposals(m, out);
  } else {
    carry_out(agreement_->add(s, *at_.validators.find(self_)), m, out);
  }
}

void replica::hold_values(const held_values& values, effects& out) {
  held_record record{at_.height + 1, values, std::nullopt, {}};
  record.polka = agreement_->votes()
                     .votes_for(statement_kind::prevote, values.valid_round, values.valid)
                     .votes;
  const auto known = blocks_.find(values.valid);
  AINUR_ASSERT(known != blocks_.end());
  if (!std::exchange(known->second.stored, true))
    record.block = *known->second.block;
  out.push_back(persist{at_.height + 1, codec::encode(wal_record{std::move(record)})});
}

effects replica::batches(std::uint64_t height, round_number round,
                         std::vector<ledger::signed_batch> chosen, const moment& m) {
  effects out;
  if (halted_ || !agreement_ || executing_ || height != at_.height + 1)
    return out;
  auto h = next_header(at_);
  h.time = std::max(m.utc, at_.time + duration{1});
  h.proposer = self_;
  auto b = seal(std::move(h), std::move(chosen), full_commit());
  const auto id = id_of(b->header);
  blocks_.emplace(id, known_block{std::move(b), true, false});
  carry_out(agreement_->value(round, id), m, out);
  finish(out);
  return out;
}

/// The certificate of the last block, with the precommits that came after its decision: whoever was
/// a little slow is not to be counted as absent.
certificate replica::full_commit() const {
  auto c = at_.commit;
  for (const auto& s : late_)
    if (const auto by = at_.last_validators.find(s.signer);
        by && s.statement.round == c.round && s.statement.value == c.block) {
      const auto at =
          std::lower_bound(c.signatures.begin(), c.signatures.end(), *by,
                           [](const auto& x, validator_index i) { return x.signer < i; });
      if (at == c.signatures.end() || at->signer != *by)
        c.signatures.insert(at, {*by, s.signature});
    }
  return c;
}

void replica::decided(const decide& d, effects& out) {
  const auto known = blocks_.find(d.value);
  AINUR_ASSERT(known != blocks_.end());
  const auto votes = agreement_->votes().votes_for(statement_kind::precommit, d.round, d.value);
  commit_block({known->second.block, make_certificate(at_.validators, at_.height + 1, votes)}, out);
}

void replica::commit_block(certified_block decided, effects& out) {
  executing_ = true;
  timeouts_.clear();
  status_due_.reset();
  ++counts_.blocks;
  recent_.push_back(decided);
  if (recent_.size() > options_.recent_blocks)
    recent_.pop_front();
  out.push_back(commit{std::move(decided)});
}

effects replica::executed(position next, const moment& m) {
  effects out;
  if (halted_ || !executing_ || next.height != at_.height + 1)
    return out;
  heard_.clear();
  if (agreement_) {
    counts_.rounds += static_cast<std::uint64_t>(agreement_->round()) + 1;
    heard_ = agreement_->votes().all(statement_kind::precommit, next.commit.round);
  }
  agreement_.reset(); // it refers to the validators of `at_`
  at_ = std::move(next);
  begin_height(m, out);
  take_fetched(m, out);
  finish(out);
  return out;
}

effects replica::timer(const moment& m) {
  effects out;
  if (halted_)
    return out;
  const auto due = [&m](const pending_timeout& t) { return t.due <= m.now; };
  for (auto at = std::find_if(timeouts_.begin(), timeouts_.end(), due); at != timeouts_.end();
       at = std::find_if(timeouts_.begin(), timeouts_.end(), due)) {
    const auto which = at->timeout;
    timeouts_.erase(at);
    carry_out(agreement_->pass(which), m, out);
  }
  if (const auto at = empty_block_due(); at && *at <= m.now)
    begin_agreement(m, out);
  if (status_due_ && *status_due_ <= m.now)
    report_status(m, out);
  finish(out);
  return out;
}

std::optional<instant> replica::empty_block_due() const {
  if (agreement_ || executing_ || options_.empty_interval == duration{})
    return std::nullopt;
  return height_began_ + options_.empty_interval;
}

/// What follows from every input: evidence, a stop if this replica is found to be wrong, and when
/// to be woken.
void replica::finish(effects& out) {
  if (agreement_) {
    for (auto& e : agreement_->take_equivocations())
      accuse_of(std::move(e), out);
    look_for_difference(out);
  }
  std::optional<instant> at = status_due_;
  const auto sooner = [&at](std::optional<instant> x) {
    if (x && (!at || *x < *at))
      at = x;
  };
  for (const auto& t : timeouts_)
    sooner(t.due);
  sooner(empty_block_due());
  if (at && !halted_)
    out.push_back(wake{*at});
}

void replica::accuse_of(equivocation e, effects& out) {
  if (!accused_.insert(e.first.signer).second)
    return;
  ++counts_.equivocations;
  out.push_back(accuse{std::move(e)});
}

result<void> replica::recover(const std::vector<bytes>& records, const moment& m, effects& out) {
  held_values held;
  std::vector<signed_statement> votes;
  round_number round = no_round;
  const auto add = [this](std::optional<block>& b) {
    auto sealed = b ? reseal(std::move(*b)) : result<block_ptr>{};
    if (!b || !sealed) // what was stored here is whole
      return;
    const auto id = id_of((*sealed)->header);
    blocks_.try_emplace(id, known_block{std::move(*sealed), true, true});
  };
  for (const auto& bytes : records) {
    auto r = codec::decode<wal_record>(bytes, {.bytes_max = wal_record_bytes_max});
    if (!r)
      return fail(r.error().within("a write-ahead record"));
    if (auto* said = std::get_if<said_record>(&r->what)) {
      const auto& s = said->statement.statement;
      if (s.height != at_.height + 1)
        continue;
      if (said->statement.signer != self_ || !is_well_formed(s))
        return fail(errc::bad_record, "a statement by another validator");
      if (!own_.try_emplace({s.round, s.kind}, said->statement).second)
        return fail(errc::bad_record, "two statements for one step");
      round = std::max(round, s.round);
      add(said->block);
    } else if (auto* h = std::get_if<held_record>(&r->what)) {
      if (h->height != at_.height + 1)
        continue;
      held = h->values;
      round = std::max(round, held.valid_round);
      votes.insert(votes.end(), h->polka.begin(), h->polka.end());
      add(h->block);
    } else if (auto& e = std::get<entered_record>(r->what); e.height == at_.height + 1) {
      round = std::max(round, e.round);
      votes.insert(votes.end(), e.votes.begin(), e.votes.end());
    }
  }
  if (round == no_round)
    return {};
  resume(round, held, std::move(votes), m, out);
  return {};
}

/// Takes up a height that was begun before a restart.
void replica::resume(round_number round, const held_values& held,
                     std::vector<signed_statement> votes, const moment& m, effects& out) {
  if (!agreement_)
    make_agreement(m);
  for (const auto& [key, s] : own_) {
    if (s.statement.kind == statement_kind::proposal) {
      proposed_.try_emplace(s.statement.round, s);
      proposals_.insert_or_assign(s.statement.round, waiting_proposal{s, true});
    } else {
      votes.push_back(s);
    }
  }
  carry_out(agreement_->resume(round, held, votes), m, out);
  offer_proposals(m, out);
}

} // namespace ainur::consensus
