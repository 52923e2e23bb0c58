#include "ainur/consensus/mempool.hpp"

#include <algorithm>
#include <iterator>
#include <queue>
#include <utility>

#include "ainur/base/assert.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/block.hpp"

namespace ainur::consensus {

namespace {

__extension__ using wide = unsigned __int128;

} // namespace

batch_ptr prepare(const hash256& chain, ledger::signed_batch b) {
  return prepare(ledger::check(chain, std::move(b)));
}

batch_ptr prepare(ledger::checked_batch b) {
  auto out = std::make_shared<prepared_batch>();
  const auto encoded = codec::encode(b.content);
  out->id = crypto::merkle_leaf(batch_tags, encoded);
  out->size_bytes = encoded.size();
  for (const auto& e : b.content.batch.entries)
    out->weight += ledger::weight_of(e.call);
  out->good = b.good;
  out->content = std::move(b.content);
  return out;
}

/// More fee for a byte, then earlier.
bool mempool::is_dearer(const waiting& a, const waiting& b) noexcept {
  const auto left = wide{a.batch->weight} * b.batch->size_bytes;
  const auto right = wide{b.batch->weight} * a.batch->size_bytes;
  return left != right ? left > right : a.arrival < b.arrival;
}

bool mempool::by_value::operator()(const std::pair<account_id, waiting>& a,
                                   const std::pair<account_id, waiting>& b) const noexcept {
  return is_dearer(b.second, a.second);
}

result<void> mempool::add(const batch_ptr& b, std::uint64_t nonce, timestamp now) {
  const auto& content = b->content.batch;
  if (has_seen(b->id))
    return fail(errc::known_batch, to_string(b->id));
  if (!b->good || b->size_bytes > options_.batch_bytes_max || content.valid_until < now)
    return fail(errc::bad_batch, !b->good ? "its signature does not fit"
                                 : content.valid_until < now
                                     ? "it was valid until " + to_string(content.valid_until)
                                     : "it has " + std::to_string(b->size_bytes) + " bytes");
  if (content.nonce < nonce || content.nonce - nonce >= options_.sender_batches_max)
    return fail(errc::nonce_over, "nonce " + std::to_string(content.nonce) +
                                      " where the signer's next is " + std::to_string(nonce));
  const auto at = senders_.find(content.signer);
  if (at != senders_.end() && at->second.batches.contains(content.nonce))
    return fail(errc::known_batch, "another batch with nonce " + std::to_string(content.nonce));
  const waiting w{b, arrivals_, std::min(content.valid_until, now + options_.wait_max)};
  if (!make_room(w, content.signer))
    return fail(errc::mempool_full, std::to_string(bytes_) + " bytes wait");
  ++arrivals_;
  auto& s = senders_[content.signer];
  s.next = std::max(s.next, nonce);
  track_tail(content.signer, s, false);
  s.batches.emplace(content.nonce, w);
  track_tail(content.signer, s, true);
  expiry_.emplace(w.until, content.signer, content.nonce);
  ++count_;
  bytes_ += b->size_bytes;
  remember(b->id);
  fresh_.push_back(b);
  if (fresh_.size() > options_.batches_max) // nobody passes on
    fresh_.pop_front();
  return {};
}

void mempool::track_tail(const account_id& signer, const sender& s, bool present) {
  if (s.batches.empty())
    return;
  const std::pair tail{signer, s.batches.rbegin()->second};
  if (present)
    tails_.insert(tail);
  else
    tails_.erase(tail);
}

/// Drops the cheapest last batches of their senders while they are cheaper than what comes; nothing
/// if that is not enough.
bool mempool::make_room(const waiting& for_this, const account_id& signer) {
  const auto size = for_this.batch->size_bytes;
  auto count = count_;
  auto bytes = bytes_;
  std::vector<std::pair<account_id, std::uint64_t>> cheap;
  tail_set exposed; // by what would be dropped
  for (auto at = tails_.begin();
       count >= options_.batches_max || bytes + size > options_.bytes_max;) {
    const bool from_exposed =
        !exposed.empty() && (at == tails_.end() || by_value{}(*exposed.begin(), *at));
    if (!from_exposed && at == tails_.end())
      return false;
    const auto [who, tail] = from_exposed ? *exposed.begin() : *at;
    if (who == signer || !is_dearer(for_this, tail))
      return false; // what is left is worth as much, or comes before this one
    if (from_exposed)
      exposed.erase(exposed.begin());
    else
      ++at;
    const auto nonce = tail.batch->content.batch.nonce;
    cheap.emplace_back(who, nonce);
    --count;
    bytes -= tail.batch->size_bytes;
    const auto& batches = senders_.at(who).batches;
    if (auto it = batches.find(nonce); it != batches.begin())
      exposed.emplace(who, std::prev(it)->second);
  }
  for (const auto& [who, nonce] : cheap) {
    const auto id = senders_.at(who).batches.at(nonce).batch->id;
    seen_.erase(id); // it may come again
    seen_before_.erase(id);
    drop(who, nonce);
  }
  return true;
}

void mempool::drop(const account_id& signer, std::uint64_t nonce) {
  const auto at = senders_.find(signer);
  AINUR_ASSERT(at != senders_.end());
  auto& s = at->second;
  const auto it = s.batches.find(nonce);
  AINUR_ASSERT(it != s.batches.end());
  track_tail(signer, s, false);
  const auto& b = *it->second.batch;
  expiry_.erase({it->second.until, signer, nonce});
  --count_;
  bytes_ -= b.size_bytes;
  s.batches.erase(it);
  if (s.batches.empty())
    senders_.erase(at);
  else
    track_tail(signer, s, true);
}

std::vector<batch_ptr> mempool::take_fresh() {
  const auto out = std::exchange(fresh_, {});
  return {out.begin(), out.end()};
}

std::vector<batch_ptr> mempool::choose(std::size_t entries_max, std::size_t bytes_max,
                                       timestamp time) const {
  using cursor = std::pair<std::map<std::uint64_t, waiting>::const_iterator, const sender*>;
  const auto worse = [](const cursor& a, const cursor& b) {
    return is_dearer(b.first->second, a.first->second);
  };
  std::priority_queue<cursor, std::vector<cursor>, decltype(worse)> ready{worse};
  for (const auto& [id, s] : senders_)
    if (s.batches.begin()->first == s.next)
      ready.emplace(s.batches.begin(), &s);
  std::vector<batch_ptr> out;
  while (!ready.empty() && entries_max > 0) {
    auto [at, s] = ready.top();
    ready.pop();
    const auto& b = at->second.batch;
    const auto entries = b->content.batch.entries.size();
    if (b->content.batch.valid_until < time || entries > entries_max || b->size_bytes > bytes_max)
      continue; // nor may what follows it
    out.push_back(b);
    entries_max -= entries;
    bytes_max -= b->size_bytes;
    const auto nonce = at->first;
    if (++at != s->batches.end() && at->first == nonce + 1)
      ready.emplace(at, s);
  }
  return out;
}

void mempool::committed(const std::vector<std::pair<account_id, std::uint64_t>>& nonces,
                        timestamp time) {
  for (const auto& [signer, next] : nonces) {
    const auto at = senders_.find(signer);
    if (at == senders_.end())
      continue;
    at->second.next = std::max(at->second.next, next);
    std::vector<std::uint64_t> over;
    for (const auto& [nonce, w] : at->second.batches)
      if (nonce < at->second.next)
        over.push_back(nonce);
    for (const auto nonce : over)
      drop(signer, nonce);
  }
  while (!expiry_.empty() && std::get<0>(*expiry_.begin()) < time) {
    const auto [until, signer, nonce] = *expiry_.begin();
    remove(signer, nonce);
  }
}

bool mempool::has_seen(const hash256& id) const {
  return seen_.contains(id) || seen_before_.contains(id);
}

void mempool::remember(const hash256& id) {
  if (seen_.size() >= options_.seen_max)
    seen_before_ = std::exchange(seen_, {});
  seen_.insert(id);
}

void mempool::remove(const account_id& signer, std::uint64_t nonce) {
  if (const auto at = senders_.find(signer);
      at != senders_.end() && at->second.batches.contains(nonce)) {
    const auto id = at->second.batches.at(nonce).batch->id;
    seen_.erase(id);
    seen_before_.erase(id);
    drop(signer, nonce);
  }
}

bool mempool::holds(const prepared_batch& b) const {
  const auto& content = b.content.batch;
  const auto at = senders_.find(content.signer);
  if (at == senders_.end())
    return false;
  const auto found = at->second.batches.find(content.nonce);
  return found != at->second.batches.end() && found->second.batch->id == b.id;
}

bool mempool::is_ready() const {
  return std::ranges::any_of(
      senders_, [](const auto& s) { return s.second.batches.contains(s.second.next); });
}

std::vector<batch_ptr> mempool::ready() const {
  std::vector<batch_ptr> out;
  for (const auto& [signer, s] : senders_)
    if (const auto at = s.batches.find(s.next); at != s.batches.end())
      out.push_back(at->second.batch);
  return out;
}

std::vector<account_id> mempool::signers() const {
  std::vector<account_id> out;
  for (const auto& [signer, s] : senders_)
    out.push_back(signer);
  return out;
}

} // namespace ainur::consensus
