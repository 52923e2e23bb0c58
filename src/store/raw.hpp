// What both backends share: one ordered map from full keys (table, then key) to framed values, the
// frame with its hash, and the rules by which a write set changes the map. A backend supplies only
// the map.
#pragma once

#include <optional>
#include <span>

#include "ainur/store/backend.hpp"

namespace ainur::store::raw {

// The store's own tables.
inline constexpr table_id table_meta = 0xfff0;
inline constexpr table_id table_extents = 0xfff1;
inline constexpr table_id table_records = 0xfff2;
inline constexpr table_id table_snapshots = 0xfff3;

inline constexpr std::uint8_t format_current = 1;
/// Version and the first 8 bytes of BLAKE2b over the full key's size, the full key and the payload.
inline constexpr std::size_t frame_size = 9;

/// A position in the map. Views stay valid until it moves or the map changes.
class cursor {
public:
  virtual ~cursor() = default;
  /// To the first entry not before `key`; false if there is none.
  virtual result<bool> seek(bytes_view key) = 0;
  /// To the last entry before `key`; false if there is none.
  virtual result<bool> seek_before(bytes_view key) = 0;
  virtual result<bool> next() = 0;
  virtual result<bool> previous() = 0;
  [[nodiscard]] virtual bytes_view key() const = 0;
  [[nodiscard]] virtual bytes_view value() const = 0;
};

class reader {
public:
  virtual ~reader() = default;
  virtual result<std::optional<bytes_view>> find(bytes_view key) const = 0;
  [[nodiscard]] virtual result<std::unique_ptr<cursor>> walk() const = 0;
};

class writer : public reader {
public:
  /// Room for `size` bytes under `key`, to be filled before the next call.
  virtual result<std::span<std::uint8_t>> put(bytes_view key, std::size_t size) = 0;
  /// No error if there is none.
  virtual result<void> erase(bytes_view key) = 0;
};

[[nodiscard]] bytes full_key(table_id table, bytes_view key);
[[nodiscard]] bytes journal_key(table_id table, journal_id journal, std::uint64_t sequence);

/// The payload of a framed value. Errors: `damaged`, `unsupported_format`.
[[nodiscard]] result<bytes_view> unframe(bytes_view key, bytes_view framed);
[[nodiscard]] result<void> put_framed(writer& to, bytes_view key, bytes_view payload);

/// Carries out all operations. After an error the map is in between: the caller undoes everything.
[[nodiscard]] result<void> apply(writer& to, std::span<const write_set> sets);

/// Marks a new map with the format, or checks the mark. Errors: `unsupported_format`, `damaged`.
[[nodiscard]] result<void> check_format(const reader& from);
[[nodiscard]] result<void> put_format(writer& to);

/// `view` over any reader.
class map_view : public view {
public:
  result<std::optional<bytes>> get(table_id table, bytes_view key) const final;
  result<page> scan(table_id table, const scan_range& range) const final;
  result<void> visit(table_id table, const scan_range& range, const visitor& visit) const final;
  result<std::vector<bytes>> scan_keys(table_id table, const scan_range& range) const final;
  result<check_report> check() const final;

protected:
  [[nodiscard]] virtual const reader& source() const = 0;
};

} // namespace ainur::store::raw
