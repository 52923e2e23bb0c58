// Canonical msgpack from a field list.
//
// A struct is an array of its fields in order; integers take their shortest form; ids, hashes and
// byte strings are `bin`; an optional is nil or its value; a variant is [index, value]; there are
// no maps and no floating point. Decoding is bounded, rejects anything that is not canonical, and
// never throws, so bytes can be hashed and signed as they were received.
//
// A struct that grew says so: with `static constexpr std::size_t fields_added = n`, those of its
// last n fields after which all have their defaults are left out, so that what was written before
// keeps its form.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/bytes.hpp"
#include "ainur/base/error.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::codec {

enum class errc : std::uint16_t {
  too_large = 1, ///< longer, deeper or more elements than the limits allow
  truncated,     ///< the input ends before the value does
  trailing,      ///< bytes follow the value
  wrong_type,    ///< a value of another type stands here
  out_of_range,  ///< an integer or index does not fit its field
  not_canonical, ///< another encoding of the same value exists and is the canonical one
};
[[nodiscard]] error_info describe(errc code) noexcept;

/// What a decoder accepts before it allocates anything.
struct limits {
  std::size_t bytes_max = 16u << 20;
  std::size_t elements_max = 1u << 20; ///< of one array
  std::size_t blob_max = 4u << 20;     ///< of one string or byte string
  std::size_t depth_max = 32;
};

/// Appends msgpack primitives in canonical form to a buffer.
class writer {
public:
  explicit writer(bytes& out) noexcept : out_(out) {}

  void unsigned_integer(std::uint64_t value);
  void signed_integer(std::int64_t value);
  void boolean(bool value);
  void nil();
  void text(std::string_view value);
  void blob(bytes_view value);
  void array(std::size_t count);

private:
  bytes& out_;
};

/// Walks a decoded message, each value checked for its type and bounds. The first failure sticks:
/// later reads return zero values. Canonical form is checked by `decode`, which encodes again.
class reader {
public:
  reader(bytes_view in, const limits& bounds);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  std::uint64_t unsigned_integer();
  std::int64_t signed_integer();
  bool boolean();
  /// True, and consumed, if a nil stands here.
  bool take_nil();
  std::string text();
  /// Valid as long as the reader and its input.
  bytes_view blob();
  /// The count of an array, which is entered until `leave`.
  std::size_t array();
  void leave();

  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

  void fail(errc code, std::string_view what);

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

private:
  struct tree;
  std::unique_ptr<tree> tree_;
  std::optional<error> failure_;
};

template <class T>
void write(writer& w, const T& x);
/// `Reader` is `reader`, or `stream_reader` (stream.hpp).
template <class Reader, class T>
void read(Reader& r, T& x);

namespace detail {
template <class T>
inline constexpr std::size_t added_fields = 0;

template <class T>
  requires requires { T::fields_added; }
inline constexpr std::size_t added_fields<T> = T::fields_added;

/// How many of the fields are written.
template <class T>
std::size_t fields_written(const T& x) {
  if constexpr (added_fields<T> == 0) {
    return field_count<T>;
  } else {
    static const T defaults{};
    std::size_t place = 0;
    std::size_t count = field_count<T> - added_fields<T>;
    const auto look = [&](const auto& field, const auto& usual) {
      ++place;
      if (place > count && !(field == usual))
        count = place;
    };
    const auto usual = defaults.fields();
    std::apply(
        [&](const auto&... field) {
          std::apply([&](const auto&... other) { (look(field, other), ...); }, usual);
        },
        x.fields());
    return count;
  }
}

template <class T>
struct is_byte_id : std::false_type {};

template <class Tag, std::size_t N>
struct is_byte_id<byte_id<Tag, N>> : std::true_type {};

template <class T>
struct is_number_id : std::false_type {};

template <class Tag>
struct is_number_id<number_id<Tag>> : std::true_type {};

template <class T>
struct is_optional : std::false_type {};

template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
struct is_vector : std::false_type {};

template <class T>
struct is_vector<std::vector<T>> : std::true_type {};

template <class T>
struct is_variant : std::false_type {};

template <class... Ts>
struct is_variant<std::variant<Ts...>> : std::true_type {};

template <class T>
struct is_byte_array : std::false_type {};

template <std::size_t N>
struct is_byte_array<byte_array<N>> : std::true_type {};

template <class T>
struct is_chrono : std::false_type {};

template <>
struct is_chrono<duration> : std::true_type {};

template <>
struct is_chrono<instant> : std::true_type {};

template <>
struct is_chrono<timestamp> : std::true_type {};

template <class Reader, class T, std::size_t... Is>
void read_variant(Reader& r, T& x, std::uint64_t index, std::index_sequence<Is...>) {
  const bool known = ((index == Is ? (read(r, x.template emplace<Is>()), true) : false) || ...);
  if (!known)
    r.fail(errc::out_of_range, "variant index");
}

template <class Reader, class Array>
void read_fixed(Reader& r, Array& value) {
  const auto blob = r.blob();
  if (r.failed())
    return;
  if (blob.size() != value.size())
    return r.fail(errc::wrong_type, "a byte string of another length");
  std::copy(blob.begin(), blob.end(), value.begin());
}
} // namespace detail

template <class T>
void write(writer& w, const T& x) {
  if constexpr (std::same_as<T, bool>)
    w.boolean(x);
  else if constexpr (std::is_enum_v<T>)
    w.unsigned_integer(static_cast<std::uint64_t>(x));
  else if constexpr (std::unsigned_integral<T>)
    w.unsigned_integer(x);
  else if constexpr (std::signed_integral<T>)
    w.signed_integer(x);
  else if constexpr (std::same_as<T, std::string>)
    w.text(x);
  else if constexpr (std::same_as<T, bytes> || detail::is_byte_array<T>::value)
    w.blob(x);
  else if constexpr (detail::is_byte_id<T>::value)
    w.blob(x.view());
  else if constexpr (detail::is_number_id<T>::value)
    w.unsigned_integer(x.value);
  else if constexpr (std::same_as<T, amount>)
    w.unsigned_integer(x.micro());
  else if constexpr (std::same_as<T, duration>)
    w.signed_integer(x.count());
  else if constexpr (detail::is_chrono<T>::value)
    w.signed_integer(x.time_since_epoch().count());
  else if constexpr (detail::is_optional<T>::value) {
    if (x)
      write(w, *x);
    else
      w.nil();
  } else if constexpr (detail::is_vector<T>::value) {
    w.array(x.size());
    for (const auto& item : x)
      write(w, item);
  } else if constexpr (detail::is_variant<T>::value) {
    w.array(2);
    w.unsigned_integer(x.index());
    std::visit([&w](const auto& alternative) { write(w, alternative); }, x);
  } else {
    static_assert(has_fields<T>, "give the type a field list");
    auto left = detail::fields_written(x);
    w.array(left);
    std::apply(
        [&](const auto&... field) { ((left == 0 ? void() : (--left, write(w, field))), ...); },
        x.fields());
  }
}

template <class Reader, class T>
void read(Reader& r, T& x) {
  if constexpr (std::same_as<T, bool>)
    x = r.boolean();
  else if constexpr (std::is_enum_v<T>) {
    // An enum that crosses a process defines `max_value` beside its enumerators.
    const auto value = r.unsigned_integer();
    if (value > static_cast<std::uint64_t>(T::max_value))
      return r.fail(errc::out_of_range, "enumerator");
    x = static_cast<T>(value);
  } else if constexpr (std::unsigned_integral<T>) {
    const auto value = r.unsigned_integer();
    if (value > std::numeric_limits<T>::max())
      return r.fail(errc::out_of_range, "integer");
    x = static_cast<T>(value);
  } else if constexpr (std::signed_integral<T>) {
    const auto value = r.signed_integer();
    if (value > std::numeric_limits<T>::max() || value < std::numeric_limits<T>::min())
      return r.fail(errc::out_of_range, "integer");
    x = static_cast<T>(value);
  } else if constexpr (std::same_as<T, std::string>)
    x = r.text();
  else if constexpr (std::same_as<T, bytes>) {
    const auto blob = r.blob();
    x.assign(blob.begin(), blob.end());
  } else if constexpr (detail::is_byte_array<T>::value)
    detail::read_fixed(r, x);
  else if constexpr (detail::is_byte_id<T>::value)
    detail::read_fixed(r, x.value);
  else if constexpr (detail::is_number_id<T>::value)
    x.value = r.unsigned_integer();
  else if constexpr (std::same_as<T, amount>)
    x = amount{r.unsigned_integer()};
  else if constexpr (std::same_as<T, duration>)
    x = duration{r.signed_integer()};
  else if constexpr (detail::is_chrono<T>::value)
    x = T{duration{r.signed_integer()}};
  else if constexpr (detail::is_optional<T>::value) {
    if (r.take_nil())
      x.reset();
    else
      read(r, x.emplace());
  } else if constexpr (detail::is_vector<T>::value) {
    const auto count = r.array();
    x.clear();
    // Grown as elements are read: a count alone never allocates.
    for (std::size_t i = 0; i < count && !r.failed(); ++i)
      read(r, x.emplace_back());
    r.leave();
  } else if constexpr (detail::is_variant<T>::value) {
    if (r.array() != 2)
      r.fail(errc::wrong_type, "a pair of index and value");
    const auto index = r.unsigned_integer();
    if (!r.failed())
      detail::read_variant(r, x, index, std::make_index_sequence<std::variant_size_v<T>>{});
    r.leave();
  } else {
    static_assert(has_fields<T>, "give the type a field list");
    auto left = r.array();
    if (left > field_count<T> || left + detail::added_fields<T> < field_count<T>)
      r.fail(errc::wrong_type, "another number of fields");
    const auto take = [&](auto& field) {
      if (r.failed() || left == 0)
        return;
      --left;
      read(r, field);
    };
    std::apply([&take](auto&... field) { (take(field), ...); }, x.fields());
    r.leave();
  }
}

/// Appends the canonical form of `x` to `out`.
template <class T>
void encode_to(bytes& out, const T& x) {
  writer w{out};
  write(w, x);
}

template <class T>
[[nodiscard]] bytes encode(const T& x) {
  bytes out;
  encode_to(out, x);
  return out;
}

/// The value of canonical bytes. Errors: any `codec::errc`.
template <class T>
[[nodiscard]] result<T> decode(bytes_view in, const limits& bounds = {}) {
  reader r{in, bounds};
  T value{};
  if (!r.failed())
    read(r, value);
  if (r.failed())
    return ainur::fail(*r.failure());
  const auto again = encode(value);
  if (!std::equal(again.begin(), again.end(), in.begin(), in.end()))
    return ainur::fail(errc::not_canonical);
  return value;
}

} // namespace ainur::codec
