// JSON from the same field lists as msgpack: for people and for other programs. What is signed,
// hashed or stored never takes this form.
//
// A struct is an object of its fields, a variant an object with one key, the name of its type.
// Amounts are whole µAINU (read also: "1.5 AINU"), accounts dids (read also: hexadecimal), other
// ids and bytes hexadecimal, times text, enumerations the names of their values. Reading wants
// every field but optional ones, refuses others, and an error names the place.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "ainur/base/nearest.hpp"
#include "ainur/codec/msgpack.hpp"

namespace ainur::codec {

using json = nlohmann::ordered_json;

namespace detail {

template <auto Value>
constexpr std::string_view enumerator_text() {
  // "... [with auto Value = ainur::ledger::void_cause::cancelled; ...]"
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("Value = ") + 8);
  text = text.substr(0, text.find_first_of(";]"));
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos)
    text.remove_prefix(colon + 1);
  if (text.ends_with('_'))
    text.remove_suffix(1); // `void_` is a value that C++ cannot name so
  return text;
}

template <class Enum>
inline constexpr auto enumerator_names = []<std::size_t... Is>(std::index_sequence<Is...>) {
  return std::array{enumerator_text<static_cast<Enum>(Is)>()...};
}(std::make_index_sequence<static_cast<std::size_t>(Enum::max_value) + 1>());

} // namespace detail

/// The name of a value of an enumeration with `max_value`.
template <class Enum>
[[nodiscard]] std::string_view name_of(Enum value) noexcept {
  return detail::enumerator_names<Enum>[static_cast<std::size_t>(value)];
}

/// The name under which a struct with a field list is known: its own, without namespaces.
template <class T>
[[nodiscard]] constexpr std::string_view type_name() noexcept {
  return T::type_text;
}

template <class T>
[[nodiscard]] json to_json(const T& x) {
  if constexpr (std::same_as<T, bool> || std::integral<T> || std::same_as<T, std::string>)
    return x;
  else if constexpr (std::is_enum_v<T>)
    return name_of(x);
  else if constexpr (std::same_as<T, account_id>)
    return x.is_none() ? json(nullptr) : json(to_did(x));
  else if constexpr (detail::is_byte_id<T>::value)
    return to_hex(x.view());
  else if constexpr (std::same_as<T, bytes> || detail::is_byte_array<T>::value)
    return to_hex(x);
  else if constexpr (detail::is_number_id<T>::value)
    return x.value;
  else if constexpr (std::same_as<T, amount>)
    return x.micro();
  else if constexpr (std::same_as<T, duration> || std::same_as<T, timestamp>)
    return to_string(x);
  else if constexpr (detail::is_optional<T>::value)
    return x ? to_json(*x) : json(nullptr);
  else if constexpr (detail::is_vector<T>::value) {
    json out = json::array();
    for (const auto& each : x)
      out.push_back(to_json(each));
    return out;
  } else if constexpr (detail::is_variant<T>::value)
    return std::visit(
        [](const auto& each) {
          return json{{std::string{type_name<std::decay_t<decltype(each)>>()}, to_json(each)}};
        },
        x);
  else {
    json out = json::object();
    std::size_t i = 0;
    std::apply(
        [&](const auto&... field) {
          ((out[std::string{field_names<T>[i++]}] = to_json(field)), ...);
        },
        x.fields());
    return out;
  }
}

/// What a key that is missing means.
enum class missing_keys {
  refused, ///< but for optional fields, whole numbers, lists, switches, and what has a preset
  preset,  ///< every field keeps what its struct presets: for settings
};

/// Reads values out of JSON; the first failure sticks and names its place.
class json_reader {
public:
  explicit json_reader(missing_keys missing = missing_keys::refused) noexcept : missing_(missing) {}

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

  template <class T>
  void read(const json& in, T& x) {
    if (failure_)
      return;
    if constexpr (std::same_as<T, bool>)
      in.is_boolean() ? void(x = in.get<bool>()) : refuse("true or false");
    else if constexpr (std::integral<T>)
      read_integer(in, x);
    else if constexpr (std::same_as<T, std::string>)
      in.is_string() ? void(x = in.get<std::string>()) : refuse("a text");
    else if constexpr (std::is_enum_v<T>)
      read_enum(in, x);
    else if constexpr (std::same_as<T, amount>)
      read_amount(in, x);
    else if constexpr (std::same_as<T, account_id>)
      in.is_null() ? void(x = {}) : read_text(in, x, "an account", &account_from_text);
    else if constexpr (std::same_as<T, timestamp>)
      read_text(in, x, "a time", &timestamp_from_text);
    else if constexpr (std::same_as<T, duration>)
      read_text(in, x, "a duration", &duration_from_text);
    else if constexpr (detail::is_byte_id<T>::value)
      read_text(in, x, "hexadecimal digits", &id_from_hex<T>);
    else if constexpr (detail::is_number_id<T>::value)
      read(in, x.value);
    else if constexpr (std::same_as<T, bytes>)
      read_text(in, x, "hexadecimal digits", &from_hex);
    else if constexpr (detail::is_byte_array<T>::value)
      read_array(in, x);
    else if constexpr (detail::is_optional<T>::value)
      in.is_null() ? x.reset() : read(in, x.emplace());
    else if constexpr (detail::is_vector<T>::value)
      read_list(in, x);
    else if constexpr (detail::is_variant<T>::value)
      read_variant(in, x);
    else
      read_struct(in, x);
  }

  /// Whole numbers, lists and switches may be left out, and so may what a struct presets; ids,
  /// amounts, times, texts and names must be said.
  template <class Field>
  [[nodiscard]] static bool has_default(const Field& field) {
    if constexpr (std::integral<Field> || detail::is_vector<Field>::value)
      return true;
    else
      return !(field == Field{});
  }

private:
  void refuse(const std::string& wanted) {
    if (!failure_)
      failure_ = error{base_errc::malformed,
                       (place_.empty() ? std::string{} : place_ + ": ") + wanted + " is needed"};
  }

  void refuse_word(const std::string& what, std::string_view word,
                   std::span<const std::string_view> valid) {
    const auto close = nearest(word, valid);
    if (!failure_)
      failure_ = error{base_errc::malformed,
                       (place_.empty() ? std::string{} : place_ + ": ") + what + " \"" +
                           std::string{word.substr(0, 64)} + "\" is unknown" +
                           (close.empty() ? "" : "; is \"" + std::string{close} + "\" meant?")};
  }

  template <class Step>
  void within(const std::string& part, Step&& step) {
    const auto size = place_.size();
    place_ += (part.front() == '[' || place_.empty() ? "" : ".") + part;
    step();
    place_.resize(size);
  }

  template <class T>
  void read_integer(const json& in, T& x) {
    if (in.is_number_unsigned() && std::in_range<T>(in.get<std::uint64_t>()))
      x = static_cast<T>(in.get<std::uint64_t>());
    else if (in.is_number_integer() && !in.is_number_unsigned() &&
             std::in_range<T>(in.get<std::int64_t>()))
      x = static_cast<T>(in.get<std::int64_t>());
    else
      refuse("a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
             std::to_string(std::numeric_limits<T>::max()));
  }

  void read_amount(const json& in, amount& x) {
    if (in.is_number_unsigned())
      x = amount{in.get<std::uint64_t>()};
    else if (in.is_string())
      read_text(in, x, "an amount", &amount_from_text);
    else
      refuse("a number of uAINU, or a text like \"1.5 AINU\",");
  }

  template <class T, class Parse>
  void read_text(const json& in, T& x, const std::string& wanted, Parse parse) {
    if (!in.is_string())
      return refuse(wanted + " as text");
    auto parsed = parse(in.get_ref<const std::string&>());
    if (parsed)
      x = std::move(*parsed);
    else if (!failure_)
      failure_ = parsed.error().within(place_.empty() ? wanted : place_);
  }

  template <class T>
  void read_array(const json& in, T& x) {
    bytes raw;
    read(in, raw);
    if (failure_)
      return;
    if (raw.size() != x.size())
      return refuse(std::to_string(x.size()) + " bytes in hexadecimal");
    std::copy(raw.begin(), raw.end(), x.begin());
  }

  template <class T>
  void read_enum(const json& in, T& x) {
    const auto& names = detail::enumerator_names<T>;
    if (!in.is_string())
      return refuse("one of the names of " + std::string{names.front()} + ".." +
                    std::string{names.back()});
    const auto& name = in.get_ref<const std::string&>();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      return refuse_word("the value", name, names);
    x = static_cast<T>(found - names.begin());
  }

  template <class T>
  void read_list(const json& in, T& x) {
    if (!in.is_array())
      return refuse("a list");
    if (in.size() > limits{}.elements_max)
      return refuse("a shorter list");
    for (std::size_t i = 0; i < in.size() && !failure_; ++i)
      within("[" + std::to_string(i) + "]", [&] { read(in[i], x.emplace_back()); });
  }

  template <class T>
  void read_variant(const json& in, T& x) {
    if (!in.is_object() || in.size() != 1)
      return refuse("an object with one key, the name of what it is,");
    const auto& name = in.begin().key();
    bool known = false;
    std::vector<std::string_view> names;
    [&]<std::size_t... Is>(std::index_sequence<Is...>) {
      const auto one = [&]<class Each>(std::type_identity<Each>) {
        names.push_back(type_name<Each>());
        if (known || name != type_name<Each>())
          return;
        known = true;
        within(name, [&] { read(in.begin().value(), x.template emplace<Each>()); });
      };
      (one(std::type_identity<std::variant_alternative_t<Is, T>>{}), ...);
    }(std::make_index_sequence<std::variant_size_v<T>>());
    if (!known)
      refuse_word("the name", name, names);
  }

  template <class T>
  void read_struct(const json& in, T& x) {
    if (!in.is_object())
      return refuse("an object");
    std::vector<std::string_view> names(field_names<T>.begin(), field_names<T>.end());
    for (const auto& [key, value] : in.items())
      if (std::find(names.begin(), names.end(), key) == names.end())
        return refuse_word("the key", key, names);
    std::size_t i = 0;
    const auto one = [&]<class Field>(Field& field) {
      const std::string name{names[i++]};
      if (failure_)
        return;
      const auto found = in.find(name);
      if (found != in.end())
        return within(name, [&] { read(*found, field); });
      if constexpr (!detail::is_optional<Field>::value)
        if (missing_ == missing_keys::refused && !has_default(field))
          within(name, [&] { refuse("this key"); });
    };
    std::apply([&](auto&... field) { (one(field), ...); }, x.fields());
  }

  missing_keys missing_;
  std::string place_;
  std::optional<error> failure_;
};

/// Errors: `base_errc::malformed`, naming the place.
template <class T>
[[nodiscard]] result<T> from_json(const json& in, missing_keys missing = missing_keys::refused) {
  T x;
  json_reader reader{missing};
  reader.read(in, x);
  if (reader.failure())
    return fail(*reader.failure());
  return x;
}

/// Refuses a key that stands twice in one object, of which JSON would take either, and what nests
/// deeper than `depth_max`. Errors: `base_errc::malformed`, naming the place.
[[nodiscard]] inline result<json> parse_json(std::string_view text, int depth_max = 1'000) {
  std::vector<std::set<std::string>> open; // the keys of each object that has not ended
  std::string twice;
  bool too_deep = false;
  const auto watch = [&](int depth, json::parse_event_t what, json& value) {
    too_deep = too_deep || depth > depth_max;
    if (what == json::parse_event_t::object_start)
      open.emplace_back();
    else if (what == json::parse_event_t::object_end)
      open.pop_back();
    else if (what == json::parse_event_t::key &&
             !open.back().insert(value.get<std::string>()).second && twice.empty())
      twice = value.get<std::string>();
    return !too_deep;
  };
  try {
    auto parsed = json::parse(text, watch);
    if (too_deep)
      return fail(base_errc::malformed, "this is nested too deeply");
    if (!twice.empty())
      return fail(base_errc::malformed, twice + ": this key stands twice in one object");
    return parsed;
  } catch (const json::parse_error& e) {
    const auto before = text.substr(0, e.byte == 0 ? 0 : e.byte - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return fail(base_errc::malformed, "this is not JSON: line " + std::to_string(line) +
                                          ", column " + std::to_string(column));
  } catch (const json::out_of_range&) { // a number that no double holds
    return fail(base_errc::malformed, "this is not JSON: a number in it is too large");
  }
}

} // namespace ainur::codec
