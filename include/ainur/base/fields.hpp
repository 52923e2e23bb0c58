// One field list per message. From it come equality, printing, the msgpack form (codec/msgpack.hpp)
// and the CAF inspection (actors/caf.hpp):
//
//   struct bid {
//     account_id agent;
//     amount price;
//     AINUR_FIELDS(bid, agent, price)
//   };
//
// The order of the list is the order on the wire; a struct with a list stays an aggregate.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace ainur {

/// True for types with a field list.
template <class T>
concept has_fields = requires(T& t) {
  { std::remove_cvref_t<T>::field_text } -> std::convertible_to<std::string_view>;
  t.fields();
};

template <class T>
inline constexpr std::size_t field_count =
    std::tuple_size_v<decltype(std::declval<const T&>().fields())>;

namespace detail {
template <std::size_t N>
constexpr std::array<std::string_view, N> split_names(std::string_view text) {
  std::array<std::string_view, N> names{};
  for (auto& name : names) {
    const auto comma = text.find(',');
    name = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (!text.empty() && text.front() == ' ')
      text.remove_prefix(1);
  }
  return names;
}

/// Defined in actors/caf.hpp; the pure library never instantiates it.
template <class Inspector, class T>
auto caf_inspect(Inspector& f, T& x);
} // namespace detail

/// The names of T's fields, in order.
template <has_fields T>
inline constexpr auto field_names = detail::split_names<field_count<T>>(T::field_text);

} // namespace ainur

#define AINUR_FIELDS(type, ...)                                                                    \
  static constexpr std::string_view type_text = #type;                                             \
  static constexpr std::string_view field_text = #__VA_ARGS__;                                     \
  [[nodiscard]] auto fields() noexcept {                                                           \
    return std::tie(__VA_ARGS__);                                                                  \
  }                                                                                                \
  [[nodiscard]] auto fields() const noexcept {                                                     \
    return std::tie(__VA_ARGS__);                                                                  \
  }                                                                                                \
  friend bool operator==(const type&, const type&) = default;                                      \
  template <class Inspector>                                                                       \
  friend auto inspect(Inspector& f, type& x) {                                                     \
    return ::ainur::detail::caf_inspect(f, x);                                                     \
  }

/// For messages without content.
#define AINUR_NO_FIELDS(type)                                                                      \
  static constexpr std::string_view type_text = #type;                                             \
  static constexpr std::string_view field_text = "";                                               \
  [[nodiscard]] std::tuple<> fields() noexcept {                                                   \
    return {};                                                                                     \
  }                                                                                                \
  [[nodiscard]] std::tuple<> fields() const noexcept {                                             \
    return {};                                                                                     \
  }                                                                                                \
  friend bool operator==(const type&, const type&) = default;                                      \
  template <class Inspector>                                                                       \
  friend auto inspect(Inspector& f, type& x) {                                                     \
    return ::ainur::detail::caf_inspect(f, x);                                                     \
  }
