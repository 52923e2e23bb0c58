// What a store can do, whatever it is made of: commit write sets, and read a consistent view.
//
// Two implementations: `lmdb_environment` (on disk) and `memory_store` (in memory, with injected
// faults). Every stored value carries a format version and a hash over its table, key and bytes,
// checked by every read: a flipped byte is an error that names the record, never a wrong value. One
// thread commits (the store_writer); views may be opened and used by any thread at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ainur/store/error.hpp"
#include "ainur/store/write_set.hpp"

namespace ainur::store {

struct entry {
  bytes key;
  bytes value;
  friend bool operator==(const entry&, const entry&) = default;
};

/// A part of one table. Pages are bounded by count and bytes, but hold at least one entry.
struct scan_range {
  bytes from;  ///< the first key; empty: from the start
  bytes until; ///< the first key not included; empty: to the end
  std::size_t count_max = 4096;
  std::size_t bytes_max = 4u << 20;
  bool reverse = false; ///< from the end towards `from`
};

struct page {
  std::vector<entry> entries;
  bool more = false; ///< the range goes on after the last entry
};

/// The range that follows a page of `range`.
[[nodiscard]] scan_range after(scan_range range, const page& last);

struct check_report {
  std::uint64_t values = 0;
  std::uint64_t bytes = 0;
};

/// One committed state, unchanged by later commits. Keep it for the moment of reading only: a view
/// left open stops the disk from reusing space. Not to be used by two threads at once.
class view {
public:
  virtual ~view() = default;
  /// Nothing if there is no such record. Errors: `damaged`, `io`.
  [[nodiscard]] virtual result<std::optional<bytes>> get(table_id table, bytes_view key) const = 0;
  /// Errors: `damaged` (names the key), `io`.
  [[nodiscard]] virtual result<page> scan(table_id table, const scan_range& range) const = 0;
  /// Shows every entry of a range in place, without copies; the bounds of a page do not matter. An
  /// error of `visit` ends the walk. Errors: `damaged` (names the key), `io`, those of `visit`.
  using visitor = std::function<result<void>(bytes_view key, bytes_view value)>;
  [[nodiscard]] virtual result<void> visit(table_id table, const scan_range& range,
                                           const visitor& visit) const = 0;
  /// The keys alone, values unread and unchecked. Errors: `io`.
  [[nodiscard]] virtual result<std::vector<bytes>> scan_keys(table_id table,
                                                             const scan_range& range) const = 0;
  /// Reads every value of every table. Errors: `damaged` for the first that is, `io`.
  [[nodiscard]] virtual result<check_report> check() const = 0;
};

class backend {
public:
  virtual ~backend() = default;
  /// Makes all of the write sets durable together, in order, or none of them. Errors: `disk_full`,
  /// `sequence_gap`, `bad_key`, `bad_value`, `damaged`, `crashed`, `io`.
  [[nodiscard]] virtual result<void> commit(std::span<const write_set> sets) = 0;

  [[nodiscard]] result<void> commit(const write_set& set) { return commit({&set, 1}); }

  /// Makes earlier unsynced commits durable; nothing to do for a synced store. Errors: `io`.
  [[nodiscard]] virtual result<void> sync() = 0;
  /// Errors: `crashed`, `io`.
  [[nodiscard]] virtual result<std::unique_ptr<view>> open_view() const = 0;
};

} // namespace ainur::store
