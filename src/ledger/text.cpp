#include "ainur/ledger/text.hpp"

#include <algorithm>
#include <array>

#include "ainur/ledger/proposal.hpp"
#include "call_rules/call_rules.hpp"
#include "codec/json.hpp"
#include "text.hpp"

namespace ainur::ledger {

namespace {

using codec::json;

template <class T>
std::string kind_of() {
  if constexpr (std::same_as<T, bool>)
    return "true or false";
  else if constexpr (std::integral<T>)
    return "whole number";
  else if constexpr (std::is_enum_v<T>) {
    std::string names;
    for (const auto name : codec::detail::enumerator_names<T>)
      names += (names.empty() ? "" : "|") + std::string{name};
    return names;
  } else if constexpr (std::same_as<T, account_id>)
    return "account";
  else if constexpr (std::same_as<T, amount>)
    return "amount";
  else if constexpr (std::same_as<T, timestamp>)
    return "time";
  else if constexpr (std::same_as<T, duration>)
    return "duration";
  else if constexpr (std::same_as<T, std::string>)
    return "text";
  else if constexpr (codec::detail::is_byte_id<T>::value)
    return std::to_string(T::size) + " bytes in hexadecimal";
  else if constexpr (codec::detail::is_byte_array<T>::value)
    return std::to_string(std::tuple_size_v<T>) + " bytes in hexadecimal";
  else if constexpr (std::same_as<T, bytes>)
    return "bytes in hexadecimal";
  else if constexpr (codec::detail::is_optional<T>::value)
    return kind_of<typename T::value_type>();
  else if constexpr (codec::detail::is_vector<T>::value)
    return "list of " + kind_of<typename T::value_type>();
  else if constexpr (has_fields<T>)
    return std::string{T::type_text};
  else
    return "value";
}

/// True if a key of this field may be missing in JSON.
template <class Field>
bool is_preset(const Field& field) {
  if constexpr (codec::detail::is_optional<Field>::value)
    return true;
  else
    return codec::json_reader::has_default(field);
}

/// The JSON of a struct in words; empty if there is none in T.
template <class T>
std::string form_of() {
  if constexpr (codec::detail::is_optional<T>::value)
    return form_of<typename T::value_type>();
  else if constexpr (codec::detail::is_vector<T>::value) {
    const auto form = form_of<typename T::value_type>();
    return form.empty() ? "" : "[" + form + ", ...]";
  } else if constexpr (has_fields<T>) {
    std::string text;
    std::size_t i = 0;
    const T preset{};
    const auto one = [&]<class Field>(const Field& field) {
      const auto form = form_of<Field>();
      text += (text.empty() ? "\"" : ", \"") + std::string{field_names<T>[i++]} + "\"" +
              (is_preset(field) ? "?: " : ": ") + (form.empty() ? kind_of<Field>() : form);
    };
    std::apply([&](const auto&... field) { (one(field), ...); }, preset.fields());
    return "{" + text + "}";
  } else
    return {};
}

template <class T>
std::vector<call_field> fields_of() {
  std::vector<call_field> fields;
  const T preset{};
  std::size_t i = 0;
  const auto one = [&]<class Field>(const Field& field) {
    fields.push_back({field_names<T>[i++], kind_of<Field>(), !is_preset(field), form_of<Field>()});
  };
  std::apply([&](const auto&... field) { (one(field), ...); }, preset.fields());
  return fields;
}

template <class Call>
call_info info_of() {
  call_info info{.name = Call::type_text, .fields = fields_of<Call>()};
  const auto& all = all_call_rules();
  const auto known = std::find_if(all.begin(), all.end(),
                                  [](const auto& x) { return x.rules.name == Call::type_text; });
  if (known == all.end()) // a test wants every call there
    return info;
  info.subject = known->subject;
  info.summary = known->rules.summary;
  info.origin = known->rules.origin;
  info.weight = known->rules.weight;
  info.errors = known->rules.errors;
  info.events = known->rules.events;
  return info;
}

std::vector<call_info> make_catalogue() {
  std::vector<call_info> all;
  [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    (all.push_back(info_of<std::variant_alternative_t<Is, call>>()), ...);
  }(std::make_index_sequence<std::variant_size_v<call>>());
  return all;
}

template <class T>
void gather_objects(std::vector<object_info>& all);

/// The structs among T's fields.
template <class T>
void gather_parts(std::vector<object_info>& all) {
  std::apply([&all]<class... Field>(const Field&...) { (gather_objects<Field>(all), ...); },
             T{}.fields());
}

template <class T>
void gather_objects(std::vector<object_info>& all) {
  if constexpr (codec::detail::is_optional<T>::value || codec::detail::is_vector<T>::value)
    gather_objects<typename T::value_type>(all);
  else if constexpr (has_fields<T>) {
    const auto is_this = [](const object_info& x) { return x.name == T::type_text; };
    if (std::any_of(all.begin(), all.end(), is_this))
      return;
    all.push_back({T::type_text, fields_of<T>()});
    gather_parts<T>(all);
  }
}

std::vector<object_info> make_objects() {
  std::vector<object_info> all;
  [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    (gather_parts<std::variant_alternative_t<Is, call>>(all), ...);
  }(std::make_index_sequence<std::variant_size_v<call>>());
  return all;
}

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace

std::span<const call_info> call_catalogue() {
  static const auto all = make_catalogue();
  return all;
}

std::span<const errc> entry_errors() noexcept {
  static constexpr std::array all{errc::not_hosted, errc::not_delegated, errc::aborted};
  return all;
}

std::span<const object_info> object_catalogue() {
  static const auto all = make_objects();
  return all;
}

std::string_view name_of(const call& c) noexcept {
  return std::visit([](const auto& x) { return std::decay_t<decltype(x)>::type_text; }, c);
}

std::string_view name_of(const event::any& e) noexcept {
  return std::visit([](const auto& x) { return std::decay_t<decltype(x)>::type_text; }, e);
}

codec::json json_of(const batch_receipt& r) {
  json entries = json::array();
  for (const auto code : r.entries)
    entries.push_back(describe(code).name);
  return {{"signer", codec::to_json(r.signer)},
          {"nonce", r.nonce},
          {"status", describe(r.status).name},
          {"entries", std::move(entries)}};
}

std::string to_json_text(const call& c) {
  return dump(codec::to_json(c));
}

std::string to_json_text(const event::any& e) {
  return dump(codec::to_json(e));
}

std::string to_json_text(const block& b) {
  return dump(codec::to_json(b));
}

std::string to_json_text(const signed_batch& b) {
  return dump(codec::to_json(b));
}

std::string to_json_text(const batch_receipt& r) {
  return dump(json_of(r));
}

std::string to_json_text(const task_view& v) {
  return dump(codec::to_json(v));
}

std::string to_json_text(const stake_view& v) {
  return dump(codec::to_json(v));
}

std::string to_json_text(const channel_view& v) {
  return dump(codec::to_json(v));
}

std::string to_json_text(const dao_view& v) {
  return dump(codec::to_json(v));
}

std::string to_json_text(const proposal_view& v, const governance_parameters& rules) {
  auto out = codec::to_json(v);
  if (const auto calls = decode_calls(v.calls, rules))
    out["calls"] = codec::to_json(*calls);
  return dump(out);
}

namespace {

template <class T>
result<T> read(std::string_view text) {
  const auto parsed = codec::parse_json(text);
  if (!parsed)
    return fail(parsed.error());
  return codec::from_json<T>(*parsed);
}

} // namespace

result<call> call_from_json(std::string_view text) {
  return read<call>(text);
}

result<signed_batch> batch_from_json(std::string_view text) {
  return read<signed_batch>(text);
}

result<channel_params> channel_params_from_json(std::string_view text) {
  return read<channel_params>(text);
}

result<channel_state> channel_state_from_json(std::string_view text) {
  return read<channel_state>(text);
}

result<genesis> genesis_of(const codec::json& in) {
  auto g = codec::from_json<genesis>(in, codec::missing_keys::preset);
  if (!g)
    return g;
  std::sort(g->allocations.begin(), g->allocations.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  if (auto valid = validate(*g); !valid)
    return fail(valid.error());
  return g;
}

result<genesis> genesis_from_json(std::string_view text) {
  const auto parsed = codec::parse_json(text);
  if (!parsed)
    return fail(parsed.error());
  return genesis_of(*parsed);
}

} // namespace ainur::ledger
