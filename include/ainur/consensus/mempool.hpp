// Batches that wait for a block: what a validator proposes when it is its turn.
//
// Bounded in bytes, in batches, and for each sender. A batch is taken once, however often and from
// whomever it comes; its signature is checked before, once (`prepare`, free of any state, on as
// many threads as there are). A sender's batches leave in the order of their nonces; among senders,
// who pays more fee for a byte goes first, then who came first. When it is full, the cheapest last
// batches of their senders make room for dearer ones. After a block only what the block touched is
// looked at again: senders whose nonce moved, and what has expired.
//
//   add(prepare(chain, batch), nonce)  → taken, and to be passed on to other validators once
//   choose(...)                        → for a block; they stay until `committed`
//   committed(...)                     → of each block, by whomever it was proposed
//
// A value; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/consensus/error.hpp"
#include "ainur/ledger/batch.hpp"

namespace ainur::consensus {

struct mempool_options {
  std::size_t bytes_max = 64u << 20;
  std::size_t batches_max = 100'000;
  std::size_t sender_batches_max = 64; ///< of one sender, and how far nonces may run ahead
  std::size_t batch_bytes_max = 4u << 20;
  std::size_t seen_max = 200'000; ///< ids remembered at least, also of what has left
  duration wait_max =
      std::chrono::hours{1}; ///< of block time; then it makes room, and may come again
};

/// A batch with what is needed to order it. Shared: it is passed on and proposed without copies.
struct prepared_batch {
  ledger::signed_batch content;
  hash256 id; ///< as `id_of` (block.hpp)
  std::size_t size_bytes = 0;
  std::uint64_t weight = 0; ///< what its fee is proportional to
  bool good = false;        ///< its signature is that of the key it names
};

using batch_ptr = std::shared_ptr<const prepared_batch>;

/// The costly part of admission.
[[nodiscard]] batch_ptr prepare(const hash256& chain, ledger::signed_batch b);
/// The same where the signature was checked already.
[[nodiscard]] batch_ptr prepare(ledger::checked_batch b);

class mempool {
public:
  explicit mempool(const mempool_options& options = {}) : options_(options) {}

  /// Takes a batch. `nonce` is the signer's next one in the newest state, `now` that state's time.
  /// Errors: `bad_batch` for a signature that does not fit, one that is too large, or expired;
  /// `known_batch` for one that waits or was in a block or expired, or another of the same nonce;
  /// `nonce_over` for a nonce that is used up or too far ahead; `mempool_full`.
  [[nodiscard]] result<void> add(const batch_ptr& b, std::uint64_t nonce, timestamp now);

  /// What to pass on to other validators: what was taken since the last call, of more than
  /// `batches_max` the newest.
  [[nodiscard]] std::vector<batch_ptr> take_fresh();

  /// The best batches for a block at `time` with room for so many entries and bytes.
  [[nodiscard]] std::vector<batch_ptr> choose(std::size_t entries_max, std::size_t bytes_max,
                                              timestamp time) const;

  /// A batch that cannot act as things are, or was in a block though it did not act. It may come
  /// again.
  void remove(const account_id& signer, std::uint64_t nonce);

  /// A block was executed at `time`: these signers' next nonces are now so.
  void committed(const std::vector<std::pair<account_id, std::uint64_t>>& nonces, timestamp time);

  /// True if this very batch waits.
  [[nodiscard]] bool holds(const prepared_batch& b) const;

  /// True if some batch carries its signer's next nonce: a block need not be empty.
  [[nodiscard]] bool is_ready() const;
  /// Those batches.
  [[nodiscard]] std::vector<batch_ptr> ready() const;
  /// Those whose batches wait.
  [[nodiscard]] std::vector<account_id> signers() const;

  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  [[nodiscard]] std::size_t size_bytes() const noexcept { return bytes_; }

private:
  struct waiting {
    batch_ptr batch;
    std::uint64_t arrival = 0;
    timestamp until{}; ///< when it goes, final or not
  };

  struct sender {
    std::uint64_t next = 0; ///< nonce in the state
    std::map<std::uint64_t, waiting> batches;
  };

  /// Cheapest first; of equals the latest.
  struct by_value {
    bool operator()(const std::pair<account_id, waiting>& a,
                    const std::pair<account_id, waiting>& b) const noexcept;
  };

  using tail_set = std::set<std::pair<account_id, waiting>, by_value>;

  [[nodiscard]] static bool is_dearer(const waiting& a, const waiting& b) noexcept;
  [[nodiscard]] bool has_seen(const hash256& id) const;
  void remember(const hash256& id);
  [[nodiscard]] bool make_room(const waiting& for_this, const account_id& signer);
  void drop(const account_id& signer, std::uint64_t nonce);
  void track_tail(const account_id& signer, const sender& s, bool present);

  mempool_options options_;
  std::map<account_id, sender> senders_;
  tail_set tails_; ///< each sender's last batch
  std::set<std::tuple<timestamp, account_id, std::uint64_t>> expiry_;
  std::unordered_set<hash256> seen_;
  std::unordered_set<hash256> seen_before_;
  std::deque<batch_ptr> fresh_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t arrivals_ = 0;
};

} // namespace ainur::consensus
