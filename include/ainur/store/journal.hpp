// Journals: append-only streams of records inside the store, each with snapshots.
//
// Records are numbered from 1 without gaps, and written through a write set, so that an append is
// durable together with whatever else its write set holds. A snapshot is the state after a record;
// the two newest are kept, so prune only up to the older one: a damaged snapshot can then be
// replaced by the other and the records after it. Functions over a view; thread-safe like it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/store/backend.hpp"

namespace ainur::store {

/// The records `first` .. `next` − 1 are there.
struct journal_extent {
  std::uint64_t first = 1;
  std::uint64_t next = 1;

  [[nodiscard]] std::uint64_t last() const noexcept { return next - 1; }

  friend bool operator==(const journal_extent&, const journal_extent&) = default;
};

struct journal_record {
  std::uint64_t sequence = 0;
  bytes content;
  friend bool operator==(const journal_record&, const journal_record&) = default;
};

struct journal_snapshot {
  std::uint64_t covers = 0; ///< the last record that is in it
  bytes state;
  friend bool operator==(const journal_snapshot&, const journal_snapshot&) = default;
};

/// A journal that was never written is empty. Errors: `damaged`, `io`.
[[nodiscard]] result<journal_extent> extent_of(const view& from, journal_id journal);

/// Records from `sequence` on, bounded by count and bytes but at least one if there is one.
/// Errors: `not_found` if `sequence` was pruned, `damaged` (also for a missing record), `io`.
[[nodiscard]] result<std::vector<journal_record>> read_journal(const view& from, journal_id journal,
                                                               std::uint64_t sequence,
                                                               std::size_t count_max = 4096,
                                                               std::size_t bytes_max = 4u << 20);

/// Reads the records from `sequence` on one after the other, a page at a time.
class journal_reader {
public:
  journal_reader(const view& from, journal_id journal, std::uint64_t sequence) noexcept
      : from_(from), journal_(journal), next_(sequence) {}

  /// The next record, valid until the next call; null at the end. Errors: as `read_journal`.
  [[nodiscard]] result<const journal_record*> next();

private:
  const view& from_;
  journal_id journal_;
  std::uint64_t next_;
  std::vector<journal_record> page_;
  std::size_t at_ = 0;
};

/// The newest snapshot that covers at most `at_most`, or nothing. Errors: `damaged`, `io`.
[[nodiscard]] result<std::optional<journal_snapshot>>
snapshot_of(const view& from, journal_id journal, std::uint64_t at_most = ~std::uint64_t{0});

/// What the kept snapshots cover, oldest first. Errors: `damaged`, `io`.
[[nodiscard]] result<std::vector<std::uint64_t>> snapshots_of(const view& from, journal_id journal);

} // namespace ainur::store
