#include "ainur/scenario/trace.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/codec/msgpack.hpp"

namespace ainur::scenario::trace {

namespace {

void value(std::string& out, const std::string& x) {
  out += nlohmann::json(x).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void value(std::string& out, amount x) {
  out += std::to_string(x.micro());
}

void value(std::string& out, duration x) {
  out += std::to_string(micros(x));
}

void value(std::string& out, bool x) {
  out += x ? "true" : "false";
}

template <std::unsigned_integral T>
void value(std::string& out, T x) {
  out += std::to_string(x);
}

template <class E>
  requires std::is_enum_v<E>
void value(std::string& out, E x) {
  out.append("\"").append(to_text(x)).append("\"");
}

template <class Tag, std::size_t N>
void value(std::string& out, const byte_id<Tag, N>& x) {
  out.append("\"").append(to_string(x)).append("\"");
}

void value(std::string& out, const std::vector<std::uint32_t>& x) {
  out += "[";
  for (std::size_t i = 0; i < x.size(); ++i)
    out.append(i == 0 ? "" : ",").append(std::to_string(x[i]));
  out += "]";
}

/// The name of a field as it is shown: units are part of it.
template <class T>
constexpr std::string_view unit_of() {
  if constexpr (std::is_same_v<T, amount>)
    return "_uainu";
  else if constexpr (std::is_same_v<T, duration>)
    return "_us";
  else
    return "";
}

template <class T>
void fields_of(std::string& out, const T& x) {
  std::size_t i = 0;
  std::apply(
      [&](const auto&... field) {
        ((out.append(",\"")
              .append(field_names<T>[i++])
              .append(unit_of<std::remove_cvref_t<decltype(field)>>())
              .append("\":"),
          value(out, field)),
         ...);
      },
      x.fields());
}

} // namespace

std::string to_json_line(instant at, const event& e) {
  std::string out = fmt::format("{{\"at_us\":{},\"event\":\"", micros(at));
  std::visit(
      [&out](const auto& x) {
        out.append(std::remove_cvref_t<decltype(x)>::type_text).append("\"");
        fields_of(out, x);
      },
      e);
  return out + "}";
}

recorder::recorder(bool keep_lines) : keep_lines_(keep_lines), hasher_("ainur/trace/v1") {}

void recorder::end_line() {
  if (keep_lines_)
    lines_ += "\n";
}

void recorder::add(instant at, const event& e) {
  ++count_;
  scratch_.clear();
  codec::writer w{scratch_};
  w.array(2);
  codec::write(w, at);
  codec::write(w, e);
  hasher_.add(scratch_);
  if (keep_lines_)
    lines_.append(to_json_line(at, e)).append("\n");
}

hash256 recorder::hash() const noexcept {
  auto copy = hasher_;
  return copy.finish();
}

std::string recorder::take_lines() {
  return std::exchange(lines_, {});
}

} // namespace ainur::scenario::trace
