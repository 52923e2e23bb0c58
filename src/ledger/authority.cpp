#include "ainur/ledger/authority.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::ledger {

namespace {
// A batch made here acts in the block it is made for; the margin only has to be positive.
constexpr duration validity = std::chrono::minutes{1};
} // namespace

std::vector<event::any> standing_events(const std::vector<event::any>& events) {
  std::vector<event::any> chosen;
  for (const auto& e : events)
    if (std::holds_alternative<event::outcome>(e) ||
        std::holds_alternative<event::bond_changed>(e) ||
        std::holds_alternative<event::slashed>(e) ||
        std::holds_alternative<event::slash_ended>(e) ||
        std::holds_alternative<event::era_of_decay>(e))
      chosen.push_back(e);
  return chosen;
}

namespace {

/// The ring of a host whose keys are derived; if its account was recovered with another key, one
/// that is refused from now on.
rotation derived_keys(const state& s, const authority_options& options) {
  const auto host = account_of_seed(options.host_seed);
  const auto record = s.keys(host);
  auto made = rotation::open({host, derived_key(options.host_seed, record.version)}, record,
                             options.rotation_interval);
  if (made)
    return std::move(*made);
  return *rotation::open({host, derived_key(options.host_seed, 0)},
                         {.account = host,
                          .signer = host,
                          .version = 0,
                          .key = host.value,
                          .since = {},
                          .stash = {},
                          .delegate = {},
                          .grace = {}},
                         duration{});
}

} // namespace

authority::authority(state s, const authority_options& options)
    : state_(std::move(s)), options_(options), keys_(derived_keys(state_, options)),
      derives_keys_(true), host_(keys_.ring().account()) {
  AINUR_ASSERT(options_.calls_max > 0 && options_.calls_max <= state_.rules().block_entries_max);
}

authority::authority(state s, const authority_options& options, rotation keys)
    : state_(std::move(s)), options_(options), keys_(std::move(keys)),
      host_(keys_.ring().account()) {
  AINUR_ASSERT(options_.calls_max > 0 && options_.calls_max <= state_.rules().block_entries_max);
}

bool authority::add(requester who, entry e, instant now) {
  if (waiting() >= options_.waiting_max)
    return false;
  entries_.push_back({who, std::move(e)});
  first_waiting_ = first_waiting_.value_or(now);
  return true;
}

bool authority::add(requester who, checked_batch b, instant now) {
  const auto calls = b.content.batch.entries.size();
  if (waiting() >= options_.waiting_max || calls > options_.waiting_max - waiting())
    return false;
  batch_calls_ += calls;
  batches_.push_back({who, std::move(b)});
  first_waiting_ = first_waiting_.value_or(now);
  return true;
}

std::optional<instant> authority::wake_at(instant now, timestamp utc) const {
  if (block_is_out())
    return std::nullopt;
  std::optional<instant> at;
  if (first_waiting_)
    at = waiting() >= options_.calls_max ? now : *first_waiting_ + options_.block_interval;
  if (const auto deadline = state_.next_deadline()) {
    const auto due = now + std::max(*deadline - utc, duration::zero()) + duration{1};
    at = at ? std::min(*at, due) : due;
  }
  if (const auto key = keys_.due_at()) {
    const auto due = now + std::max(*key - utc, duration::zero());
    at = at ? std::min(*at, due) : due;
  }
  return at;
}

/// The calls of the host and of what it hosts, as one batch, with the announcement of its next key
/// if one is due.
struct authority::own_batch {
  std::optional<signed_batch> batch;
  std::vector<requester> asked; ///< of the first entries
  bool announces = false;       ///< in the last entry
};

void authority::derive_next(timestamp now) {
  using need = rotation::need_kind;
  if (!derives_keys_)
    return;
  if (keys_.need(now) == need::next_key)
    keys_.prepare(derived_key(options_.host_seed, keys_.version() + 1));
  if (keys_.need(now) == need::save)
    keys_.saved(); // what is derived cannot be lost
}

authority::own_batch authority::take_own(timestamp time, std::size_t room) {
  own_batch own;
  own.announces = room > 0 && keys_.need(time) == rotation::need_kind::announce;
  const std::size_t extra = own.announces ? 1 : 0;
  const auto count = std::min({entries_.size(), options_.calls_max - extra, room - extra});
  if (count + extra == 0)
    return own;
  batch b{.signer = host_,
          .key = std::nullopt,
          .nonce = state_.nonce(host_),
          .valid_until = time + validity,
          .entries = {}};
  b.entries.reserve(count + extra);
  own.asked.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    own.asked.push_back(entries_.front().who);
    b.entries.push_back(std::move(entries_.front().entry));
    entries_.pop_front();
  }
  if (own.announces)
    b.entries.push_back({host_, std::nullopt, keys_.announcement(state_.chain())});
  own.batch = sign_batch(state_.chain(), std::move(b), keys_.ring());
  return own;
}

std::vector<requester> authority::take_others(std::vector<signed_batch>& block, std::size_t room,
                                              published& done) {
  const std::size_t most = state_.rules().block_entries_max;
  std::vector<requester> asked;
  while (!batches_.empty()) {
    auto& [who, b] = batches_.front();
    const auto& content = b.content.batch;
    const auto size = content.entries.size();
    const auto refused = size > most ? errc::bad_batch : b.good ? errc::ok : errc::bad_signature;
    if (refused == errc::ok && size > room)
      break;
    if (refused != errc::ok) {
      done.batch_answers.push_back({who, {content.signer, content.nonce, refused, {}}});
    } else {
      room -= size;
      asked.push_back(who);
      block.push_back(std::move(b.content));
    }
    batch_calls_ -= size;
    batches_.pop_front();
  }
  return asked;
}

void authority::answer_own(const own_batch& own, const batch_receipt& receipt, timestamp time,
                           published& done) {
  const auto how = [&receipt](std::size_t i) {
    return receipt.status == errc::ok ? receipt.entries[i] : receipt.status;
  };
  for (std::size_t i = 0; i < own.asked.size(); ++i)
    done.answers.push_back({own.asked[i], how(i)});
  if (own.announces && how(own.asked.size()) != errc::ok)
    keys_.postpone(time);
}

bool authority::due(instant now, timestamp time, bool idle) const {
  const auto deadline = state_.next_deadline();
  const bool calls_due = first_waiting_ && (idle || waiting() >= options_.calls_max ||
                                            *first_waiting_ + options_.block_interval <= now);
  return calls_due || keys_.need(time) == rotation::need_kind::announce ||
         (deadline && *deadline < time);
}

std::optional<bytes> authority::cut(instant now, timestamp utc, bool idle) {
  if (block_is_out())
    return std::nullopt;
  const auto time = std::max(utc, state_.time() + duration{1});
  derive_next(time);
  if (!due(now, time, idle))
    return std::nullopt;

  // The oldest batch of others always finds its place, so that our own calls never keep it out.
  const std::size_t most = state_.rules().block_entries_max;
  auto oldest = batches_.empty() ? 0 : batches_.front().batch.content.batch.entries.size();
  oldest = oldest > most ? 0 : oldest; // refused below
  auto own = take_own(time, most - oldest);
  const auto count = own.batch ? own.batch->batch.entries.size() : 0;
  std::vector<signed_batch> batches;
  if (own.batch)
    batches.push_back(std::move(*own.batch));
  auto done = std::make_shared<published>();
  const auto others = take_others(batches, std::max(oldest, options_.calls_max - count), *done);
  first_waiting_ = waiting() > 0 ? std::optional{now} : std::nullopt;

  auto made = state_.build(time, std::move(batches), signatures::trusted);
  AINUR_ASSERT(made.has_value()); // the time is later, and there is nothing else to refuse
  auto& applied = made->applied;
  done->height = applied.height;
  done->time = applied.time;
  done->block_hash = applied.block_hash;
  if (own.batch)
    answer_own(own, applied.batches.front(), time, *done);
  for (std::size_t i = 0; i < others.size(); ++i)
    done->batch_answers.push_back({others[i], std::move(applied.batches[i + (own.batch ? 1 : 0)])});
  done->events = std::move(applied.events);
  if (options_.checkpoint_interval != 0 && done->height % options_.checkpoint_interval == 0)
    done->state_hash = state_.mark_checkpoint().state_hash;
  out_ = std::move(done);
  return std::move(made->record);
}

std::shared_ptr<const published> authority::durable(std::uint64_t standing_sequence) {
  AINUR_ASSERT(block_is_out());
  // Only now: the old key must not be forgotten for a block that may be lost. If the account was
  // recovered by its stash, the ring no longer speaks for it, and its batches are answered so.
  (void)keys_.observe(state_.keys(host_));
  out_->standing_sequence = standing_sequence;
  return std::exchange(out_, nullptr);
}

} // namespace ainur::ledger
