// Messages of a replica: what is believed of them, what is kept, and what is dropped.
#include <algorithm>
#include <utility>

#include "ainur/consensus/replica.hpp"

namespace ainur::consensus {

namespace {

/// Proposals of rounds so far ahead are kept; of later ones the others will tell again.
constexpr round_number rounds_ahead_max = 16;
/// Messages of the next height that are kept of each sender.
constexpr std::size_t early_max = 8;
constexpr std::size_t early_bytes_max = 2 * block_bytes_max;
constexpr std::size_t vote_bytes = 256; // at most, in memory

} // namespace

effects replica::receive(const account_id& from, const message& what, const moment& m) {
  effects out;
  if (halted_)
    return out;
  std::visit([&](const auto& x) { take(from, x, m, out); }, what);
  finish(out);
  return out;
}

void replica::refuse() noexcept {
  ++counts_.refused;
}

/// Of the next height: kept until it begins. Of a later one: this replica lags.
void replica::keep_for_later(const account_id& from, std::uint64_t height, const message& what,
                             const moment& m) {
  if (!at_.validators.find(from) && !at_.next_validators.find(from))
    return; // perhaps of a later set: this replica cannot know
  if (height == at_.height + 2)
    if (auto& kept = early_[from]; kept.size() < early_max) {
      const auto* p = std::get_if<proposal_message>(&what);
      const auto size = p == nullptr
                            ? 0
                            : p->block->encoded_batches.size() + p->polka.size() * vote_bytes +
                                  p->block->last_commit.signatures.size() * vote_bytes;
      if (size <= early_bytes_max - early_bytes_) { // who drops one asks for it in time
        early_bytes_ += size;
        kept.push_back(what);
      }
    }
  suspect_lag(m);
}

/// The signer's place in the set of this height, if it signed the statement.
std::optional<validator_index> replica::check_statement(const signed_statement& s) {
  const auto by = at_.validators.find(s.signer);
  if (by && is_well_formed(s.statement) && checker_->check(at_.validators[*by], s))
    return by;
  refuse();
  return std::nullopt;
}

void replica::take(const account_id& from, const vote_message& v, const moment& m, effects& out) {
  const auto& s = v.vote.statement;
  if (s.kind == statement_kind::proposal)
    return refuse();
  if (s.height > at_.height + 1)
    return keep_for_later(from, s.height, v, m);
  if (s.height <= at_.height || executing_)
    return take_late_precommit(v.vote, out);
  take_vote(v.vote, m, out);
}

void replica::take_vote(const signed_statement& s, const moment& m, effects& out) {
  if (const auto known = at_.validators.find(s.signer);
      agreement_ && known && agreement_->votes().knows(s.statement, *known))
    return; // not worth a signature check
  const auto by = check_statement(s);
  if (!by)
    return;
  begin_agreement(m, out);
  carry_out(agreement_->add(s, *by), m, out);
}

/// A precommit of the round that decided the last block, after its decision.
void replica::take_late_precommit(const signed_statement& s, effects& out) {
  const auto& set = executing_ ? at_.validators : at_.last_validators;
  const auto height = executing_ ? at_.height + 1 : at_.height;
  const auto by = set.find(s.signer);
  const auto same = [&s](const auto& x) { return x.signer == s.signer; };
  if (s.statement.height != height || s.statement.kind != statement_kind::precommit || !by ||
      (!executing_ && s.statement.round != at_.commit.round) ||
      std::any_of(late_.begin(), late_.end(), same))
    return;
  if (!is_well_formed(s.statement) || !checker_->check(set[*by], s))
    return refuse();
  late_.push_back(s);
  for (const auto& mine : heard_)
    if (mine.signer == s.signer && contradict(mine.statement, s.statement))
      accuse_of({mine, s}, out);
}

void replica::take(const account_id& from, const proposal_message& p, const moment& m,
                   effects& out) {
  const auto& s = p.proposal.statement;
  if (s.kind != statement_kind::proposal || !p.block || p.polka.size() > validators_max)
    return refuse();
  if (s.height > at_.height + 1)
    return keep_for_later(from, s.height, p, m);
  if (s.height <= at_.height || executing_)
    return;
  const auto current = agreement_ ? std::max(agreement_->round(), round_number{0}) : 0;
  if (s.round > current + rounds_ahead_max || s.value != id_of(p.block->header))
    return refuse();
  const auto by = check_statement(p.proposal);
  if (!by)
    return;
  begin_agreement(m, out);
  if (!agreement_ || agreement_->proposer(s.round) != *by)
    return refuse();
  if (const auto [first, is_new] = proposed_.try_emplace(s.round, p.proposal); !is_new) {
    if (contradict(first->second.statement, s))
      accuse_of({first->second, p.proposal}, out);
    else
      take_polka(p, m, out); // it may bring votes that were missing
    return;
  }
  proposals_.emplace(s.round, waiting_proposal{p.proposal, is_timely(p.block->header, s.round, m)});
  take_polka(p, m, out);
  add_block(s.value, p.block, out);
  offer_proposals(m, out);
}

/// The prevotes that a proposal of an earlier value brings with it.
void replica::take_polka(const proposal_message& p, const moment& m, effects& out) {
  const auto& s = p.proposal.statement;
  if (p.polka.size() > at_.validators.size())
    return refuse();
  const auto fits = [&s](const signed_statement& vote) {
    const auto& v = vote.statement;
    return v.kind == statement_kind::prevote && v.height == s.height && v.round == s.valid_round &&
           v.value == s.value;
  };
  if (!std::all_of(p.polka.begin(), p.polka.end(), fits))
    return refuse();
  // Twice: votes that contradict earlier ones count only once somebody's first vote is there.
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& vote : p.polka)
      if (!executing_)
        take_vote(vote, m, out);
}

/// A new value's time must be credible when its proposal arrives (proposer-based timestamps).
bool replica::is_timely(const header& h, round_number r, const moment& m) const noexcept {
  const auto delay = options_.message_delay + options_.message_delay * r / 10;
  if (h.time < timestamp{} || h.time > m.utc + options_.precision) // any number may stand there
    return false;
  return m.utc <= h.time + delay + options_.precision;
}

/// Takes a block of this height, once; it is checked before a proposal of it counts.
void replica::add_block(const hash256& id, const block_ptr& b, effects& out) {
  const auto [at, is_new] = blocks_.try_emplace(id, known_block{b, std::nullopt, false});
  if (!is_new)
    return;
  if (!expect_follows(at_, *b, *checker_)) {
    at->second.good = false;
    return;
  }
  compare_commit(b->last_commit, out);
  out.push_back(check_block{id, b});
}

/// Who told this replica one precommit and the author of a block another: nobody hears both sides
/// of an equivocator but by what others pass on, and certificates are passed on to all.
void replica::compare_commit(const certificate& c, effects& out) {
  auto all = heard_;
  all.insert(all.end(), late_.begin(), late_.end());
  for (const auto& mine : all) {
    const auto by = at_.last_validators.find(mine.signer);
    const auto theirs = std::find_if(c.signatures.begin(), c.signatures.end(),
                                     [by](const auto& x) { return x.signer == by; });
    if (!by || theirs == c.signatures.end())
      continue;
    const signed_statement other{{statement_kind::precommit, c.height, c.round, no_round, c.block},
                                 mine.signer,
                                 theirs->signature};
    if (contradict(mine.statement, other.statement))
      accuse_of({mine, other}, out);
  }
}

effects replica::checked(const hash256& id, bool good, const moment& m) {
  effects out;
  const auto known = blocks_.find(id);
  if (halted_ || executing_ || known == blocks_.end() || known->second.good)
    return out;
  known->second.good = good;
  offer_proposals(m, out);
  finish(out);
  return out;
}

/// Gives the proposals whose blocks are checked to the agreement.
void replica::offer_proposals(const moment& m, effects& out) {
  const auto is_ready = [this](const auto& entry) {
    const auto known = blocks_.find(entry.second.statement.statement.value);
    return known != blocks_.end() && known->second.good;
  };
  while (!executing_) {
    const auto ready = std::find_if(proposals_.begin(), proposals_.end(), is_ready);
    if (ready == proposals_.end())
      return;
    const auto [round, p] = *ready;
    proposals_.erase(ready);
    const auto& s = p.statement.statement;
    const bool good = *blocks_.at(s.value).good;
    carry_out(agreement_->propose(round, {s.value, s.valid_round, good, p.timely}), m, out);
  }
}

/// A quorum precommitted what this replica holds for impossible: one of them is wrong, and it is
/// not the quorum.
void replica::look_for_difference(effects& out) {
  const auto is_bad = [](const auto& entry) { return entry.second.good == false; };
  if (executing_ || std::none_of(blocks_.begin(), blocks_.end(), is_bad))
    return;
  for (const auto r : agreement_->votes().rounds()) {
    const auto value = agreement_->votes().precommitted(r);
    if (!value)
      continue;
    const auto known = blocks_.find(*value);
    if (known != blocks_.end() && known->second.good == false)
      return stop_at(*known->second.block, out);
  }
}

/// A certified block that cannot follow here.
void replica::stop_at(const block& b, effects& out) {
  halted_ = true;
  const auto follows = expect_follows(at_, b, *checker_);
  out.push_back(halt{at_.height, follows ? "its successor holds batches that may not act here"
                                         : follows.error().detail()});
}

} // namespace ainur::consensus
