// Anything with a field list as JSON, for programs: fields by name, ids and bytes in hexadecimal,
// amounts in µAINU, durations in µs, timestamps as text, a variant with its "type" first.
#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

#include <nlohmann/json.hpp>

#include "ainur/codec/msgpack.hpp"

namespace ainur::cli {

template <class T>
[[nodiscard]] nlohmann::ordered_json to_json(const T& x) {
  using json = nlohmann::ordered_json;
  using namespace codec::detail;
  if constexpr (std::is_enum_v<T>)
    return static_cast<std::uint64_t>(x);
  else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)
    return x;
  else if constexpr (std::is_same_v<T, bytes> || is_byte_array<T>::value)
    return to_hex(x);
  else if constexpr (is_byte_id<T>::value)
    return x.is_none() ? json(nullptr) : json(to_string(x));
  else if constexpr (is_number_id<T>::value)
    return x.value;
  else if constexpr (std::is_same_v<T, amount>)
    return x.micro();
  else if constexpr (std::is_same_v<T, duration>)
    return micros(x);
  else if constexpr (is_chrono<T>::value)
    return to_string(x);
  else if constexpr (is_optional<T>::value)
    return x ? to_json(*x) : json(nullptr);
  else if constexpr (is_vector<T>::value) {
    auto list = json::array();
    for (const auto& item : x)
      list.push_back(to_json(item));
    return list;
  } else if constexpr (is_variant<T>::value) {
    return std::visit(
        [](const auto& one) {
          json out{{"type", std::string{std::decay_t<decltype(one)>::type_text}}};
          out.update(to_json(one));
          return out;
        },
        x);
  } else {
    json out = json::object();
    std::size_t i = 0;
    std::apply(
        [&](const auto&... part) {
          ((out[std::string{field_names<T>[i++]}] = to_json(part)), ...);
        },
        x.fields());
    return out;
  }
}

} // namespace ainur::cli
