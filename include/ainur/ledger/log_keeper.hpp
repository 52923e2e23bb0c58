// What goes into the store beside each block: when the state tables are written, when old blocks
// may go, and the base that must exist before they do.
//
// The owner of a ledger calls `add` for every block, after its record is in the write set and
// before the set is committed:
//
//   set.append(block_journal, height, record);
//   keeper.add(set, state, record.size());
//   store.commit(set)                        // if it fails: open keeper and state anew
//
// Each set is bounded: tables give what changed, a base is written chunk by chunk beside the
// following blocks (the state keeps what they overwrite meanwhile), and pruning goes in steps.
// Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "ainur/ledger/log.hpp"
#include "ainur/ledger/snapshot.hpp"
#include "ainur/store/write_set.hpp"

namespace ainur::ledger {

struct keeper_options {
  /// The tables are written after so many blocks, bytes of blocks or changed pages, whatever comes
  /// first: what is replayed at the next open. 0 blocks: never.
  std::uint64_t flush_blocks_max = 200;
  std::uint64_t flush_bytes_max = 64u << 20;
  std::size_t flush_pages_max = 131'072; ///< a page of accounts takes about 1.8 KiB
  /// How many blocks, and of how much time, stay behind the newest at least; 0 blocks: all stay.
  /// At most about twice as much does.
  std::uint64_t keep_blocks = 0;
  duration keep_time = std::chrono::hours{24 * 35}; ///< 28 days of unbonding, 7 of appeal
  std::uint64_t base_interval = 1;                  ///< a base is of a height that this divides
  std::size_t base_chunk_bytes = 1u << 20;
  std::uint64_t prune_step = 1'000; ///< blocks or chunks erased beside one block
};

class log_keeper {
public:
  /// For the state that `open_log` gave from the same view; lets it keep its past if there is to be
  /// pruning. Errors: the store's; any `codec::errc`.
  [[nodiscard]] static result<log_keeper> open(const store::view& from,
                                               const keeper_options& options, state& s);

  /// After `replace_log`: nothing is stored but the base, and the tables of the same height.
  [[nodiscard]] static log_keeper after_replacing(const keeper_options& options,
                                                  const base_info& base, state& s);

  /// The block at `s.height()` is in `set`.
  void add(store::write_set& set, state& s, std::size_t record_bytes);

  /// Those that are whole, oldest first.
  [[nodiscard]] const std::vector<base_info>& bases() const noexcept { return bases_; }

  /// The height of the base that is being written.
  [[nodiscard]] std::optional<std::uint64_t> growing() const noexcept {
    return growing_ ? std::optional{growing_->point.height} : std::nullopt;
  }

  /// The first block that is there, or will be next.
  [[nodiscard]] std::uint64_t first_block() const noexcept { return first_block_; }

private:
  struct growing_base {
    checkpoint point;
    snapshot_writer writer;
    std::uint32_t chunks = 0;
  };

  explicit log_keeper(const keeper_options& options) : options_(options) {}

  void flush(store::write_set& set, state& s);
  void grow_base(store::write_set& set, state& s);
  void prune(store::write_set& set, state& s);
  void erase_chunks(const base_info& base);
  [[nodiscard]] bool is_old(const base_info& base, const state& s) const;

  keeper_options options_;
  std::uint64_t tables_height_ = 0;
  std::uint64_t bytes_since_flush_ = 0;
  std::uint64_t first_block_ = 1;
  std::uint64_t prune_to_ = 0;
  std::vector<base_info> bases_;
  std::optional<growing_base> growing_;
  std::deque<bytes> garbage_; ///< keys of chunks that no base needs
};

} // namespace ainur::ledger
