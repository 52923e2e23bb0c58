// The single authority of a ledger: gathers calls, cuts blocks, and says who is to be told what
// once a block is durable.
//
//   add(...)          → calls wait
//   cut(now)          → perhaps a sealed block: log it, in one commit
//   durable()         → what to publish: answers to those who asked, and the block's events
//
// One block is out at a time, so calls that arrive meanwhile share the next one (group commit). If
// the log refuses the block, throw the authority away and open it again from the log: nothing of
// the block was shown to anyone. Calls of hosted accounts come from inside the trust domain and are
// signed here, one signature a block, by the current key of the host's ring. That key rotates by
// itself (rotation.hpp): the authority announces the next one in a block of its own; making and
// saving it is for whoever owns the authority, unless keys are derived. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/ledger/rotation.hpp"
#include "ainur/ledger/state.hpp"

namespace ainur::ledger {

struct authority_options {
  /// Of the key that the host's account began with. Without a rotation given, all its keys are
  /// derived from it (`derived_key`).
  byte_array<32> host_seed{};
  duration rotation_interval{};        ///< of derived keys; 0: the first key stays
  duration block_interval{100'000};    ///< a call waits at most so long for its block to be cut
  std::size_t calls_max = 10'000;      ///< a block is cut at so many calls; at most 10,000
  std::size_t waiting_max = 1'000'000; ///< calls; more are refused
  std::uint64_t checkpoint_interval = 1'000; ///< blocks between two state hashes; 0: never
};

/// Who asked for a call, and their own number for it.
struct requester {
  std::uint32_t who = 0;
  std::uint64_t correlation = 0;
  AINUR_FIELDS(requester, who, correlation)
};

struct call_answer {
  requester to;
  errc how = errc::ok;
  AINUR_FIELDS(call_answer, to, how)
};

/// What became of a batch of somebody who signs for themselves.
struct batch_answer {
  requester to;
  batch_receipt receipt;
  AINUR_FIELDS(batch_answer, to, receipt)
};

/// A durable block, as everybody who follows the ledger sees it. Immutable; shared between threads.
struct published {
  std::uint64_t height = 0;
  timestamp time{};
  hash256 block_hash;
  std::optional<hash256> state_hash; ///< at checkpoints
  /// The last record of the standing journal when the block was logged.
  std::uint64_t standing_sequence = 0;
  std::vector<call_answer> answers;
  std::vector<batch_answer> batch_answers;
  std::vector<event::any> events;
};

/// What changed standings in one block: a record of the journal that projections read.
struct standing_record {
  std::uint64_t height = 0;
  std::vector<event::any> events;
  AINUR_FIELDS(standing_record, height, events)
};

/// Those events of a block that change anyone's standing.
[[nodiscard]] std::vector<event::any> standing_events(const std::vector<event::any>& events);

class authority {
public:
  /// Keys are derived from the host's seed.
  authority(state s, const authority_options& options);
  /// The host is the account of the ring. Before each `cut`, do what `keys().need()` asks for in
  /// making and saving keys.
  authority(state s, const authority_options& options, rotation keys);

  /// Takes a call for the next block. False if too many wait.
  [[nodiscard]] bool add(requester who, entry e, instant now);
  /// A batch of somebody who signs for themselves. False if too many calls wait.
  [[nodiscard]] bool add(requester who, checked_batch b, instant now);

  /// The next block's canonical bytes, if one is due: calls wait long enough (or `idle` says that
  /// nothing more is coming just now), or a deadline of the ledger has passed.
  [[nodiscard]] std::optional<bytes> cut(instant now, timestamp utc, bool idle);
  /// When to call `cut` again; nothing while a block is out or nothing waits. A deadline of the
  /// ledger counts, given the current UTC time, and a key that is due.
  [[nodiscard]] std::optional<instant> wake_at(instant now, timestamp utc) const;
  /// The block that is out is in the log. `standing_sequence`: the last record of that journal.
  [[nodiscard]] std::shared_ptr<const published> durable(std::uint64_t standing_sequence = 0);

  /// The events of the block that is out, for records that go into the same commit.
  [[nodiscard]] const std::vector<event::any>& pending_events() const noexcept {
    return out_->events;
  }

  [[nodiscard]] bool block_is_out() const noexcept { return out_ != nullptr; }

  /// Calls that wait, those of batches too.
  [[nodiscard]] std::size_t waiting() const noexcept { return entries_.size() + batch_calls_; }

  /// With the block that is out: wait for `durable` before showing anything of it.
  [[nodiscard]] const state& working() const noexcept { return state_; }

  /// For what is stored beside the block that is out (log_keeper.hpp).
  [[nodiscard]] state& to_store() noexcept { return state_; }

  [[nodiscard]] const account_id& host() const noexcept { return host_; }

  [[nodiscard]] rotation& keys() noexcept { return keys_; }

  [[nodiscard]] const rotation& keys() const noexcept { return keys_; }

private:
  struct own_batch;

  struct waiting_call {
    requester who;
    ledger::entry entry;
  };

  struct waiting_batch {
    requester who;
    checked_batch batch;
  };

  [[nodiscard]] bool due(instant now, timestamp time, bool idle) const;
  [[nodiscard]] own_batch take_own(timestamp time, std::size_t room);
  /// Adds to `block` what fits of the waiting batches; who asked for each of them.
  [[nodiscard]] std::vector<requester> take_others(std::vector<signed_batch>& block,
                                                   std::size_t room, published& done);
  void answer_own(const own_batch& own, const batch_receipt& receipt, timestamp time,
                  published& done);
  void derive_next(timestamp now);

  state state_;
  authority_options options_;
  rotation keys_;
  bool derives_keys_ = false;
  account_id host_;
  std::deque<waiting_call> entries_;
  std::deque<waiting_batch> batches_;
  std::size_t batch_calls_ = 0; // in batches_
  std::optional<instant> first_waiting_;
  std::shared_ptr<published> out_;
};

} // namespace ainur::ledger
