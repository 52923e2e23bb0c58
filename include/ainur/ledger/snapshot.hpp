// Snapshots in bounded chunks: for states that are too large for one value.
//
// The chunks in order are the bytes of `state::snapshot`, one canonical string for one state;
// `state::restore` reads them back.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "ainur/ledger/state.hpp"

namespace ainur::ledger {

/// Gives the snapshot of a state piece by piece. Between two calls the state must be the same:
/// wrap them in `state::at` where blocks go on meanwhile. Not thread-safe.
class snapshot_writer {
public:
  explicit snapshot_writer(const state& s);
  snapshot_writer(snapshot_writer&&) noexcept;
  snapshot_writer& operator=(snapshot_writer&&) noexcept;
  ~snapshot_writer();

  /// The next chunk, of at least `bytes_min` unless it is the last; nothing after the last.
  [[nodiscard]] std::optional<bytes> next(std::size_t bytes_min);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace ainur::ledger
