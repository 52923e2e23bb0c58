// The state as it is stored: its tables in pages, of which only those that changed are written.
//
// A page holds up to 16 records that lie together in memory; records stay in their page for life.
// `state::take_changes` gives every page that changed since the last call; put over the pages of
// before, they are the state at its present height. `table_loader` builds the state from all pages
// again. Pages are this process's own notes: bytes that come from elsewhere belong in a snapshot,
// which is audited.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ainur/ledger/state.hpp"

namespace ainur::ledger {

struct table_page {
  std::uint8_t table = 0;
  std::uint32_t number = 0;
  bytes content; ///< empty: the page holds no record any more
};

struct table_changes {
  bytes header; ///< replaces the one before
  std::vector<table_page> pages;
};

/// Takes the header, then every page once, then gives the state. Not thread-safe.
class table_loader {
public:
  /// Errors: any `codec::errc`, `bad_snapshot`, `base_errc::unsupported` for another version.
  [[nodiscard]] static result<table_loader> begin(bytes_view header,
                                                  election_rules elections = basic_elections);
  table_loader(table_loader&&) noexcept;
  table_loader& operator=(table_loader&&) noexcept;
  ~table_loader();

  /// Errors: any `codec::errc`, `bad_snapshot`, naming the page.
  [[nodiscard]] result<void> add(std::uint8_t table, std::uint32_t number, bytes_view content);
  /// The state; nothing of it counts as changed. Errors: `bad_snapshot`.
  [[nodiscard]] result<state> finish();

private:
  struct parts;
  explicit table_loader(std::unique_ptr<parts> p) noexcept;
  std::unique_ptr<parts> parts_;
};

} // namespace ainur::ledger
