// Typed tables: records of one type under keys of one type, in the order of the keys.
//
//   constexpr store::table<account_id, account> accounts{1};
//   accounts.put(writes, id, record);
//   auto found = accounts.get(*view, id);
//
// A table is only its number and its types; it owns nothing. Keys are those of key.hpp, values
// canonical msgpack from their field list. Thread-safe as a constant.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ainur/codec/msgpack.hpp"
#include "ainur/store/backend.hpp"
#include "ainur/store/key.hpp"

namespace ainur::store {

template <class Key, class Value>
class table {
public:
  struct record {
    Key key;
    Value value;
  };

  struct record_page {
    std::vector<record> records;
    bool more = false;
  };

  /// `number` is at most `table_id_max` and unique in its environment.
  constexpr explicit table(table_id number) noexcept : number_(number) {}

  [[nodiscard]] constexpr table_id number() const noexcept { return number_; }

  void put(write_set& writes, const Key& key, const Value& value) const {
    writes.put(number_, encode_key(key), codec::encode(value));
  }

  void erase(write_set& writes, const Key& key) const { writes.erase(number_, encode_key(key)); }

  /// Nothing if there is none. Errors: `damaged`, `bad_value`, `io`.
  [[nodiscard]] result<std::optional<Value>> get(const view& from, const Key& key) const {
    auto raw = from.get(number_, encode_key(key));
    if (!raw)
      return fail(raw.error());
    if (!*raw)
      return std::optional<Value>{};
    auto value = decode(**raw);
    if (!value)
      return fail(value.error());
    return std::optional<Value>{std::move(*value)};
  }

  /// At most `count_max` records with keys after `after` (or from the start), in order.
  /// Errors: `damaged`, `bad_key`, `bad_value`, `io`.
  [[nodiscard]] result<record_page> scan(const view& from, const std::optional<Key>& after = {},
                                         std::size_t count_max = 4096) const {
    scan_range range;
    range.count_max = count_max;
    if (after) {
      range.from = encode_key(*after);
      range.from.push_back(0);
    }
    auto raw = from.scan(number_, range);
    if (!raw)
      return fail(raw.error());
    record_page out;
    out.more = raw->more;
    out.records.reserve(raw->entries.size());
    for (const auto& item : raw->entries) {
      auto key = decode_key<Key>(item.key);
      if (!key)
        return fail(key.error().within("table " + std::to_string(number_)));
      auto value = decode(item.value);
      if (!value)
        return fail(value.error());
      out.records.push_back({std::move(*key), std::move(*value)});
    }
    return out;
  }

private:
  [[nodiscard]] result<Value> decode(bytes_view raw) const {
    codec::limits bounds;
    bounds.bytes_max = value_bytes_max;
    bounds.blob_max = value_bytes_max;
    auto value = codec::decode<Value>(raw, bounds);
    if (!value)
      return fail(errc::bad_value,
                  "table " + std::to_string(number_) + ": " + value.error().to_string());
    return value;
  }

  table_id number_;
};

} // namespace ainur::store
