// Reading lines of the event trace back: the counterpart of trace.cpp, from the same field lists.
#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/explain.hpp"
#include "enum_names.hpp"
#include "toml_guard.hpp"

namespace ainur::scenario::trace {

namespace {

using json = nlohmann::json;

bool read(const json& from, std::string& to) {
  if (!from.is_string())
    return false;
  to = from.get<std::string>();
  return true;
}

bool read(const json& from, bool& to) {
  if (!from.is_boolean())
    return false;
  to = from.get<bool>();
  return true;
}

template <std::unsigned_integral T>
bool read(const json& from, T& to) {
  if (!from.is_number_unsigned() || from.get<std::uint64_t>() > std::numeric_limits<T>::max())
    return false;
  to = static_cast<T>(from.get<std::uint64_t>());
  return true;
}

bool read(const json& from, amount& to) {
  std::uint64_t micro = 0;
  if (!read(from, micro))
    return false;
  to = amount{micro};
  return true;
}

bool read(const json& from, duration& to) {
  if (!from.is_number_integer() ||
      (from.is_number_unsigned() &&
       from.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()))
    return false;
  to = duration{from.get<std::int64_t>()};
  return true;
}

template <class E>
  requires std::is_enum_v<E>
bool read(const json& from, E& to) {
  if (!from.is_string())
    return false;
  const auto& text = from.get_ref<const std::string&>();
  for (std::size_t i = 0; i < names_of<E>.size(); ++i)
    if (names_of<E>[i] == text) {
      to = static_cast<E>(i);
      return true;
    }
  return false;
}

template <class Tag, std::size_t N>
bool read(const json& from, byte_id<Tag, N>& to) {
  if (!from.is_string())
    return false;
  const auto id = id_from_hex<byte_id<Tag, N>>(from.get_ref<const std::string&>());
  if (id)
    to = *id;
  return id.has_value();
}

bool read(const json& from, std::vector<std::uint32_t>& to) {
  if (!from.is_array())
    return false;
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!read(from[i], to[i]))
      return false;
  return true;
}

template <class T>
constexpr std::string_view unit_of() {
  if constexpr (std::is_same_v<T, amount>)
    return "_uainu";
  else if constexpr (std::is_same_v<T, duration>)
    return "_us";
  else
    return "";
}

tl::unexpected<error> bad(std::string what) {
  return fail(errc::invalid_run, std::move(what));
}

template <class T>
result<event> read_fields(const json& line) {
  T x;
  std::string fault;
  std::size_t i = 0;
  const auto one = [&](auto& field) {
    const auto name = std::string{field_names<T>[i++]} +
                      std::string{unit_of<std::remove_cvref_t<decltype(field)>>()};
    const auto at = line.find(name);
    if (fault.empty() && (at == line.end() || !read(*at, field)))
      fault = std::string{T::type_text} + ": " + name +
              (at == line.end() ? " is missing" : " is not what it should be");
  };
  std::apply([&](auto&... field) { (one(field), ...); }, x.fields());
  if (!fault.empty())
    return bad(std::move(fault));
  return event{std::move(x)};
}

template <std::size_t I = 0>
result<event> read_event(const std::string& name, const json& line) {
  if constexpr (I == std::variant_size_v<event>) {
    return bad("there is no event \"" + name.substr(0, 40) + "\"");
  } else {
    using type = std::variant_alternative_t<I, event>;
    if (name == type::type_text)
      return read_fields<type>(line);
    return read_event<I + 1>(name, line);
  }
}

} // namespace

result<timed_event> from_json_line(std::string_view line) {
  if (line.size() > trace_line_max)
    return bad("the line is too long");
  if (find_too_deep(line))
    return bad("nested too deeply");
  const auto root = json::parse(line, nullptr, false);
  if (root.is_discarded() || !root.is_object())
    return bad("is not a JSON object");
  const auto at = root.find("at_us");
  const auto name = root.find("event");
  duration time{};
  if (at == root.end() || !read(*at, time))
    return bad("at_us is missing or not a number");
  if (name == root.end() || !name->is_string())
    return bad("event is missing or not a text");
  auto what = read_event(name->get_ref<const std::string&>(), root);
  if (!what)
    return fail(std::move(what).error());
  return timed_event{instant{time}, std::move(*what)};
}

result<std::optional<file_end>> end_of_file(const std::string& path) {
  constexpr std::streamoff tail_max = 1 << 20;
  std::ifstream in{path, std::ios::binary | std::ios::ate};
  if (!in)
    return std::nullopt;
  const std::streamoff size = in.tellg();
  if (size <= 0)
    return std::nullopt;
  std::string tail(static_cast<std::size_t>(std::min(size, tail_max)), '\0');
  in.seekg(size - static_cast<std::streamoff>(tail.size()));
  if (!in.read(tail.data(), static_cast<std::streamsize>(tail.size())))
    return fail(base_errc::io, path + ": cannot be read");
  file_end out{.in_line = tail.back() != '\n'};
  auto end = tail.rfind('\n');
  if (end == std::string::npos && tail.starts_with(R"({"at_us":)"))
    return out; // not one whole line
  if (end == std::string::npos || end == 0)
    return fail(errc::invalid_run, path + ": does not end as a trace does");
  const auto begin = tail.rfind('\n', end - 1);
  const auto from = begin == std::string::npos ? 0 : begin + 1;
  const auto last = from_json_line(std::string_view{tail}.substr(from, end - from));
  if (!last)
    return fail(last.error().within(path + ": does not end as a trace does"));
  out.at = last->at;
  return out;
}

} // namespace ainur::scenario::trace
