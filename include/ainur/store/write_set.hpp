// A write set: what shall become durable together.
//
// Puts and erasures of table records, and appends, snapshots and prunes of journals, in the order
// in which they were added. A value in one flat buffer (no allocation a record), cheap to move and
// to hand to the store_writer. Nothing is checked here: the commit checks, and refuses all or
// nothing. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ainur/base/bytes.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::store {

/// Tables of one environment, 0 .. 0xffef; the rest is reserved for the store itself.
using table_id = std::uint16_t;
inline constexpr table_id table_id_max = 0xffef;
/// 1 .. 509 bytes (LMDB's 511 less the table's number).
inline constexpr std::size_t key_bytes_max = 509;
inline constexpr std::size_t value_bytes_max = std::size_t{1} << 30;

/// One append-only stream.
using journal_id = number_id<struct journal_tag>;

/// One operation of a write set; views into its buffer.
struct operation {
  enum class kind_type : std::uint8_t { put, erase, append, snapshot, prune, max_value = prune };
  kind_type kind;
  table_id table = 0;         ///< put, erase
  journal_id journal{};       ///< append, snapshot, prune
  std::uint64_t sequence = 0; ///< append: its number; snapshot, prune: the last number covered
  bytes_view key;             ///< put, erase
  bytes_view value;           ///< put, append, snapshot
};

class write_set {
public:
  void put(table_id table, bytes_view key, bytes_view value);
  void erase(table_id table, bytes_view key);
  /// The record `sequence` of a journal; the first is 1 and there are no gaps. The writer counts,
  /// so that two writers of one journal are found out at commit.
  void append(journal_id journal, std::uint64_t sequence, bytes_view record);
  /// The state after record `covers` (0: before the first). The two newest snapshots are kept.
  void snapshot(journal_id journal, std::uint64_t covers, bytes_view state);
  /// Removes the records up to and including `last`; of a journal that ends before it, all, and the
  /// next record is the one after `last`.
  void prune(journal_id journal, std::uint64_t last);

  /// Adds the other's operations after these.
  void merge(const write_set& other);
  void clear() noexcept;

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

  /// The size of the buffer, for bounds.
  [[nodiscard]] std::size_t size_bytes() const noexcept { return buffer_.size(); }

  void reserve(std::size_t size_bytes) { buffer_.reserve(size_bytes); }

  /// Walks the operations; views stay valid while the write set is not changed.
  class cursor {
  public:
    explicit cursor(const write_set& set) noexcept : rest_(set.buffer_) {}

    /// Nothing after the last.
    [[nodiscard]] std::optional<operation> next() noexcept;

  private:
    bytes_view rest_;
  };

  friend bool operator==(const write_set&, const write_set&) = default;

private:
  void add(operation::kind_type kind, std::uint64_t owner, std::uint64_t sequence, bytes_view key,
           bytes_view value);
  bytes buffer_;
  std::size_t count_ = 0;
};

} // namespace ainur::store
