// Keeping up: a replica without progress says where it stands, those who are ahead or know more
// help it on, and what was decided without it comes as certified blocks.
#include <algorithm>
#include <utility>

#include "ainur/consensus/replica.hpp"

namespace ainur::consensus {

namespace {
constexpr std::uint32_t questions_max = 4;
constexpr std::size_t helped_max = 4'096; // who they are is for the transport to say
} // namespace

status_message replica::status() const {
  status_message s;
  s.height = at_.height + 1;
  if (agreement_) {
    s.round = agreement_->round();
    s.valid_round = agreement_->held().valid_round;
  }
  s.first_block = first_block_;
  return s;
}

/// After a start, a snapshot or blocks of others, or a message of a later height: nobody may have
/// anything to say for long, so it asks. Not for ever: anybody can send such messages.
void replica::suspect_lag(const moment& m) {
  if (executing_)
    return;
  questions_ = questions_max;
  if (!status_due_)
    status_due_ = m.now + options_.status_interval;
}

void replica::report_status(const moment& m, effects& out) {
  status_due_.reset();
  if (!agreement_ && questions_ > 0)
    --questions_;
  if (agreement_ || questions_ > 0)
    status_due_ = m.now + options_.status_interval;
  out.push_back(broadcast{status()});
}

void replica::take(const account_id& from, const status_message& s, const moment& m, effects& out) {
  const auto mine = at_.height + 1;
  if (s.height < mine) {
    if (!s.reply) {
      auto answer = status();
      answer.reply = true;
      out.push_back(send_to{from, answer});
    }
    return;
  }
  if (s.height > mine)
    return fetch(from, s, m, out);
  // An answer asks for nothing.
  if (!s.reply && agreement_ && !executing_ && may_help(from, m.now))
    help(from, s, out);
}

/// Help may be a block and hundreds of votes for a question of some bytes: nobody gets it more
/// often than an honest replica asks, by far.
bool replica::may_help(const account_id& peer, instant now) {
  if (helped_.size() >= helped_max)
    helped_.clear();
  const auto [last, first] = helped_.try_emplace(peer, now);
  if (!first && now < last->second + options_.status_interval / 4)
    return false;
  last->second = now;
  return true;
}

/// Tells a replica at the same height what it may have missed: what this one said in the round; if
/// the other is in an earlier round, the votes that ended it, whosesoever they are (some may be of
/// validators that speak no more); and the value that had a quorum of prevotes.
void replica::help(const account_id& peer, const status_message& s, effects& out) {
  const auto round = agreement_->round();
  if (s.round <= round)
    for (const auto& [key, statement] : own_)
      if (key.first == round)
        out.push_back(send_to{peer, message_of(statement)});
  if (s.round < round)
    for (const auto kind : {statement_kind::prevote, statement_kind::precommit})
      for (const auto& vote : agreement_->votes().all(kind, s.round))
        out.push_back(send_to{peer, vote_message{vote}});
  const auto valid_round = agreement_->held().valid_round;
  if (valid_round <= s.valid_round)
    return;
  const auto original = proposed_.find(valid_round);
  if (original != proposed_.end())
    out.push_back(send_to{peer, message_of(original->second)});
  const auto& value = agreement_->held().valid;
  for (const auto& vote :
       agreement_->votes().votes_for(statement_kind::prevote, valid_round, value).votes)
    out.push_back(send_to{peer, vote_message{vote}});
}

/// Asks one replica at a time for what was decided meanwhile.
void replica::fetch(const account_id& from, const status_message& s, const moment& m,
                    effects& out) {
  if (executing_ || (fetching_until_ && m.now < *fetching_until_))
    return;
  fetching_until_ = m.now + 2 * options_.status_interval;
  const auto first = at_.height + 1;
  if (s.first_block > first) {
    out.push_back(send_to{from, snapshot_request{at_.height}});
    return;
  }
  const auto count = std::min<std::uint64_t>(s.height - first, blocks_in_message_max);
  out.push_back(send_to{from, blocks_request{first, static_cast<std::uint32_t>(count)}});
}

void replica::take(const account_id& from, const blocks_request& r, const moment&, effects& out) {
  if (r.count == 0 || r.count > blocks_in_message_max || r.first == 0 || r.first > at_.height)
    return refuse();
  blocks_message answer;
  std::size_t bytes = 0;
  for (const auto& b : recent_) {
    if (b.commit.height < r.first || b.commit.height >= r.first + r.count ||
        b.commit.height > at_.height)
      continue;
    bytes += b.block->encoded_batches.size();
    if (bytes > block_bytes_max && !answer.blocks.empty())
      break; // more would not fit a message
    answer.blocks.push_back(b);
  }
  if (!answer.blocks.empty() && answer.blocks.front().commit.height == r.first)
    out.push_back(send_to{from, std::move(answer)});
  else
    out.push_back(load_blocks{from, r.first, r.count});
}

void replica::take(const account_id& from, const blocks_message& b, const moment& m, effects& out) {
  if (b.blocks.size() > blocks_in_message_max ||
      std::any_of(b.blocks.begin(), b.blocks.end(), [](const auto& x) { return !x.block; }))
    return refuse();
  if (!fetching_until_ || !fetched_.empty())
    return; // nobody asked
  fetched_.assign(b.blocks.begin(), b.blocks.end());
  fetched_from_ = from;
  take_fetched(m, out);
}

void replica::take(const account_id& from, const snapshot_request& r, const moment&, effects& out) {
  if (r.height < at_.height)
    out.push_back(offer_snapshot{from, r.height});
}

/// A snapshot is believed as a light client believes: from the validators of this height on.
void replica::take(const account_id& from, const snapshot_offer& o, const moment& m, effects& out) {
  if (!fetching_until_ || executing_ || o.block.height <= at_.height)
    return;
  auto p =
      believe_offer(o, {at_.height, at_.time, at_.validators}, options_.trust, checker_, m.utc);
  if (!p)
    return refuse();
  fetching_until_ = m.now + 2 * options_.status_interval;
  out.push_back(restore{from, std::move(*p), o});
}

effects replica::restored(position at, const moment& m) {
  effects out;
  if (halted_ || executing_ || at.height <= at_.height)
    return out;
  agreement_.reset(); // it refers to the validators of `at_`
  recent_.clear();
  fetched_.clear();
  fetching_until_.reset();
  heard_.clear();
  at_ = std::move(at);
  begin_height(m, out);
  suspect_lag(m);
  finish(out);
  return out;
}

effects replica::not_restored(const moment& m) {
  effects out;
  if (!halted_) {
    fetching_until_.reset();
    suspect_lag(m);
    finish(out);
  }
  return out;
}

/// Commits the next of the fetched blocks; the others follow as each is executed, and then more is
/// asked for.
void replica::take_fetched(const moment& m, effects& out) {
  while (!executing_ && !halted_ && !fetched_.empty()) {
    const auto next = std::move(fetched_.front());
    fetched_.pop_front();
    if (next.commit.height <= at_.height)
      continue; // decided here meanwhile
    if (next.commit.height != at_.height + 1 || next.commit.block != id_of(next.block->header) ||
        !checker_->check(at_.validators, next.commit)) {
      fetched_.clear();
      return refuse();
    }
    if (!expect_follows(at_, *next.block, *checker_))
      return stop_at(*next.block, out);
    ++counts_.fetched;
    commit_block(next, out);
  }
  if (!executing_ && fetched_from_) {
    const auto from = *std::exchange(fetched_from_, std::nullopt);
    fetching_until_.reset();
    auto ask = status(); // its reply says whether there is more
    out.push_back(send_to{from, ask});
    suspect_lag(m);
  }
}

} // namespace ainur::consensus
