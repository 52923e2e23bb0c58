// Keys whose byte order is the order of their values.
//
// Unsigned integers are big-endian; signed ones too, with the sign bit flipped; ids are their
// bytes; strings end in 00 00 with 00 written as 00 ff, so that a shorter one comes first; a struct
// is its fields in order. Decoding is exact: other lengths and other forms are refused.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/store/error.hpp"

namespace ainur::store {

namespace detail {
void write_big_endian(bytes& out, std::uint64_t value, std::size_t size);
bool read_big_endian(bytes_view& in, std::uint64_t& value, std::size_t size);
void write_key_text(bytes& out, bytes_view text);
bool read_key_text(bytes_view& in, bytes& text);

template <class T>
void write_key(bytes& out, const T& x) {
  if constexpr (std::is_enum_v<T> || std::same_as<T, bool>)
    write_big_endian(out, static_cast<std::uint64_t>(x), sizeof(T));
  else if constexpr (std::unsigned_integral<T>)
    write_big_endian(out, x, sizeof(T));
  else if constexpr (std::signed_integral<T>)
    write_big_endian(out, static_cast<std::uint64_t>(x) ^ (std::uint64_t{1} << (sizeof(T) * 8 - 1)),
                     sizeof(T));
  else if constexpr (codec::detail::is_byte_id<T>::value)
    out.insert(out.end(), x.value.begin(), x.value.end());
  else if constexpr (codec::detail::is_number_id<T>::value)
    write_big_endian(out, x.value, 8);
  else if constexpr (std::same_as<T, amount>)
    write_big_endian(out, x.micro(), 8);
  else if constexpr (std::same_as<T, duration>)
    write_key(out, x.count());
  else if constexpr (codec::detail::is_chrono<T>::value)
    write_key(out, x.time_since_epoch().count());
  else if constexpr (std::same_as<T, std::string>)
    write_key_text(out, as_bytes(x));
  else if constexpr (std::same_as<T, bytes>)
    write_key_text(out, x);
  else {
    static_assert(has_fields<T>, "give the key a field list");
    std::apply([&out](const auto&... field) { (write_key(out, field), ...); }, x.fields());
  }
}

template <class T>
bool read_key(bytes_view& in, T& x) {
  std::uint64_t raw = 0;
  if constexpr (std::same_as<T, bool>) {
    if (!read_big_endian(in, raw, 1) || raw > 1)
      return false;
    x = raw == 1;
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    if (!read_big_endian(in, raw, sizeof(T)) || raw > static_cast<std::uint64_t>(T::max_value))
      return false;
    x = static_cast<T>(raw);
    return true;
  } else if constexpr (std::unsigned_integral<T>) {
    const bool whole = read_big_endian(in, raw, sizeof(T));
    x = static_cast<T>(raw);
    return whole;
  } else if constexpr (std::signed_integral<T>) {
    const bool whole = read_big_endian(in, raw, sizeof(T));
    x = static_cast<T>(raw ^ (std::uint64_t{1} << (sizeof(T) * 8 - 1)));
    return whole;
  } else if constexpr (codec::detail::is_byte_id<T>::value) {
    if (in.size() < T::size)
      return false;
    std::copy_n(in.begin(), T::size, x.value.begin());
    in = in.subspan(T::size);
    return true;
  } else if constexpr (codec::detail::is_number_id<T>::value) {
    return read_big_endian(in, x.value, 8);
  } else if constexpr (std::same_as<T, amount>) {
    const bool whole = read_big_endian(in, raw, 8);
    x = amount{raw};
    return whole;
  } else if constexpr (codec::detail::is_chrono<T>::value) {
    std::int64_t count = 0;
    const bool whole = read_key(in, count);
    x = T{duration{count}};
    return whole;
  } else if constexpr (std::same_as<T, std::string>) {
    bytes text;
    const bool whole = read_key_text(in, text);
    x.assign(text.begin(), text.end());
    return whole;
  } else if constexpr (std::same_as<T, bytes>) {
    return read_key_text(in, x);
  } else {
    static_assert(has_fields<T>, "give the key a field list");
    return std::apply([&in](auto&... field) { return (read_key(in, field) && ...); }, x.fields());
  }
}
} // namespace detail

template <class Key>
[[nodiscard]] bytes encode_key(const Key& key) {
  bytes out;
  detail::write_key(out, key);
  return out;
}

/// Errors: `bad_key`.
template <class Key>
[[nodiscard]] result<Key> decode_key(bytes_view in) {
  Key key{};
  const auto whole = in;
  if (!detail::read_key(in, key) || !in.empty())
    return fail(errc::bad_key, "stored key " + to_hex(whole) + " is not of its table's type");
  return key;
}

} // namespace ainur::store
