// The canonical forms of records and keys, for every table alike. What is hashed is the record
// alone; where its key must be told, accounts carry it in their form and others come as
// [key, record].
#pragma once

#include <optional>
#include <type_traits>

#include "ainur/codec/msgpack.hpp"
#include "book.hpp"

namespace ainur::ledger {

template <class Key, class Record>
struct keyed {
  Key key;
  Record record;
  AINUR_FIELDS(keyed, key, record)
};

template <class Record>
inline constexpr bool is_account = std::is_same_v<Record, account_record>;

/// The form that is hashed.
template <class Key, class Record>
void append_record(bytes& out, const book& b, const Key& key, const Record& r) {
  if constexpr (is_account<Record>)
    codec::encode_to(out, b.form_of(key.id, r));
  else
    codec::encode_to(out, r);
}

/// The form that tells the key.
template <class Key, class Record>
void append_keyed(bytes& out, const book& b, const Key& key, const Record& r) {
  if constexpr (is_account<Record>) {
    codec::encode_to(out, b.form_of(key.id, r));
  } else {
    codec::writer w{out};
    w.array(2);
    codec::write(w, key);
    codec::write(w, r);
  }
}

[[nodiscard]] account_record record_of(book& b, const account_form& f);

/// What `append_keyed` wrote.
template <class Reader, class Key, class Record>
void read_keyed(Reader& in, book& b, Key& key, Record& r) {
  if constexpr (is_account<Record>) {
    account_form form;
    codec::read(in, form);
    key = {form.id};
    r = record_of(b, form);
  } else {
    keyed<Key, Record> both;
    codec::read(in, both);
    key = both.key;
    r = std::move(both.record);
  }
}

/// The key of these bytes (`append_key`), if they are one.
template <class Key>
[[nodiscard]] std::optional<Key> key_from(bytes_view in) {
  Key key;
  const auto take = [&in](auto& part) {
    using type = std::decay_t<decltype(part)>;
    if constexpr (std::is_unsigned_v<type>) {
      if (in.size() < sizeof part)
        return false;
      std::uint64_t number = 0;
      for (std::size_t i = 0; i < sizeof part; ++i)
        number = number << 8 | in[i];
      part = static_cast<type>(number);
      in = in.subspan(sizeof part);
    } else {
      if (in.size() < type::size)
        return false;
      std::copy_n(in.begin(), type::size, part.value.begin());
      in = in.subspan(type::size);
    }
    return true;
  };
  const bool whole =
      std::apply([&take](auto&... part) { return (take(part) && ...); }, key.fields());
  return whole && in.empty() ? std::optional{key} : std::nullopt;
}

/// What a snapshot and stored tables say before their records.
struct state_header {
  std::string magic;
  std::uint16_t version = 1;
  genesis origin; ///< without its lists
  std::uint64_t height = 0;
  timestamp time{};
  hash256 last_hash;
  meta_record meta;
  /// Of each table: records of a snapshot, slots of pages. Tables that came later and hold nothing
  /// are left out at the end.
  std::vector<std::uint64_t> counts;
  AINUR_FIELDS(state_header, magic, version, origin, height, time, last_hash, meta, counts)
};

/// How many tables every header counts.
inline constexpr std::size_t first_tables = 22;

/// Without counts.
[[nodiscard]] state_header bare_header(const book& b, std::string_view magic);

/// `count(table)` counts a table.
template <class Count>
[[nodiscard]] state_header header_of(const book& b, std::string_view magic, Count&& count) {
  auto h = bare_header(b, magic);
  b.for_each_table([&](table_id, const auto& t) { h.counts.push_back(count(t)); });
  while (h.counts.size() > first_tables && h.counts.back() == 0)
    h.counts.pop_back();
  return h;
}

/// Takes over all but the counts, which are filled up. Errors: `bad_snapshot`,
/// `base_errc::unsupported`.
[[nodiscard]] result<void> take_header(book& b, state_header& h, std::string_view magic);

} // namespace ainur::ledger
