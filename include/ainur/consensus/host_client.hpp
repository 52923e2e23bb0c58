// The client of a host: gathers the calls of accounts that it hosts into batches, signs them, and
// sees them become final.
//
//   add(...)       → calls wait
//   cut(...)       → perhaps a batch, to be stored with its number (`outstanding`) and submitted
//   settle(...)    → of every final block: who is to be told what
//
// Some batches are under way at a time. One that does not become final in its time is answered
// `expired`, one that a block refused with the reason, and its number is used again. Where the
// number was used by another batch (somebody had kept one that was given up), the calls are
// answered `bad_nonce`: they did not act and never will. After a restart, batches of the earlier
// life go out again (`resume`), so that their numbers are never used for two things; who asked for
// their calls is not known any more, and asks again. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "ainur/consensus/mempool.hpp"
#include "ainur/ledger/authority.hpp"

namespace ainur::consensus {

struct host_client_options {
  byte_array<32> host_seed{};                ///< of the key of the host's account
  duration block_interval{100'000};          ///< a call waits at most so long for its batch
  std::size_t calls_max = 10'000;            ///< of a batch; at most 10,000
  std::size_t bytes_max = 4u << 20;          ///< of a batch with more than one call
  std::size_t waiting_max = 1'000'000;       ///< calls; more are refused
  std::size_t under_way_max = 4;             ///< batches that are not final
  duration validity = std::chrono::hours{1}; ///< of block time, for a batch to become final
};

class host_client {
public:
  host_client(const hash256& chain, const host_client_options& options);

  /// Batches of an earlier life; those that cannot become final any more have ended. `nonce` and
  /// `time` as for `cut`.
  void resume(const std::vector<ledger::signed_batch>& earlier, std::uint64_t nonce,
              timestamp time);

  /// Takes a call for the next batch. False if too many wait.
  [[nodiscard]] bool add(ledger::requester who, ledger::entry e, instant now);
  /// Notes who waits for a batch of somebody who signs for themselves.
  void expect(ledger::requester who, const prepared_batch& b);
  /// It was refused after all.
  void forget(ledger::requester who);

  /// The next batch, if one is due: calls wait long enough (or `idle` says that nothing more is
  /// coming just now). `nonce` is the host's next one in the newest state, `time` that state's.
  [[nodiscard]] batch_ptr cut(instant now, std::uint64_t nonce, timestamp time, bool idle);
  /// The batch that `cut` gave was refused at the node's door and never sent: its calls are
  /// answered with the next block, its number is used again.
  void refuse(std::uint64_t nonce, ledger::errc why);
  /// When to call `cut` again; nothing while nothing waits, or too much is under way.
  [[nodiscard]] std::optional<instant> wake_at(instant now) const;

  /// Fills in the answers to those whose calls and batches are in the block. `submitted` gets when
  /// each batch of this client was cut.
  void settle(const std::vector<ledger::signed_batch>& batches, const ledger::applied& done,
              ledger::published& into, std::vector<instant>& submitted);

  /// Numbers of batches that ended since the last call: what was stored of them may go.
  [[nodiscard]] std::vector<std::uint64_t> take_ended() { return std::exchange(ended_, {}); }

  /// Calls that wait.
  [[nodiscard]] std::size_t waiting() const noexcept { return entries_.size(); }

  /// Batches that are not final.
  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }

  [[nodiscard]] const account_id& host() const noexcept { return host_; }

private:
  struct waiting_call {
    ledger::requester who;
    ledger::entry entry;
  };

  struct batch_under_way {
    hash256 id;
    std::vector<ledger::requester> asked; ///< of each entry
    timestamp valid_until{};
    instant cut_at{};
  };

  using batch_key = std::pair<account_id, std::uint64_t>; // signer and nonce

  struct expected {
    hash256 id;
    ledger::requester who;
    timestamp valid_until{};
  };

  /// What a final batch says of the one with this id that has its signer and number; nothing if
  /// that may still act.
  [[nodiscard]] static std::optional<ledger::batch_receipt>
  outcome_for(const hash256& id, const hash256& final_id, const ledger::batch_receipt& receipt);

  void answer(const batch_under_way& b, const ledger::batch_receipt& receipt,
              ledger::published& into) const;
  void expire(timestamp time, ledger::published& into);
  [[nodiscard]] batch_ptr make(const batch_under_way& noted, std::uint64_t nonce,
                               std::size_t count) const;

  hash256 chain_;
  host_client_options options_;
  account_id host_;
  std::deque<waiting_call> entries_;
  std::optional<instant> first_waiting_;
  std::map<std::uint64_t, batch_under_way> under_way_; // by nonce
  std::multimap<batch_key, expected> expected_;
  std::vector<ledger::call_answer> refused_; // to be told with the next block
  std::vector<std::uint64_t> ended_;
};

} // namespace ainur::consensus
