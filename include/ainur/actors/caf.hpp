// The seam to CAF 0.17: the spellings that differ between its versions stand here, so that an
// upgrade changes one file. An embedder who wants the native handles includes this; everybody else
// includes ainur/ainur.hpp.
//
// A struct with a field list (base/fields.hpp) can be sent to any actor. Across processes it
// travels as its canonical msgpack bytes, bounded before they are allocated; CAF's own number
// formats, which mangle floating point, are never used.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/deserializer.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/sec.hpp>
#include <caf/serializer.hpp>
#include <caf/typed_actor.hpp>

#include "ainur/base/error.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/codec/msgpack.hpp"

/// Marks a message type that never leaves the process, so it may hold pointers, handles and
/// functions. Stands at global scope, after the type.
#define AINUR_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

namespace ainur {

/// One handler of a typed actor that answers nothing.
template <class... In>
using accepts = caf::reacts_to<In...>;

/// One handler of a typed actor that answers `Out`, or an error.
template <class Out, class... In>
using answers = typename caf::replies_to<In...>::template with<Out>;

/// Our error as the answer to a request; its text survives the way.
[[nodiscard]] caf::error to_caf(const error& e);
/// "room.name: ..." of an error that came as an answer.
[[nodiscard]] std::string to_text(const caf::error& e);

/// Sends to an actor whose interface is not known, which a typed actor's own `send` refuses.
template <class Self, class Message>
void tell(Self* self, const caf::actor& to, Message&& message) {
  if (to)
    caf::actor_cast<caf::abstract_actor*>(to)->eq_impl(
        caf::make_message_id(), self->ctrl(), self->context(), std::forward<Message>(message));
}

/// The most bytes that one message between processes may have.
inline constexpr std::size_t message_bytes_max = std::size_t{16} << 20;

namespace detail {

void append_text(std::string& out, bytes_view x);

template <class T>
void append_text(std::string& out, const T& x) {
  if constexpr (std::same_as<T, bool>)
    out += x ? "true" : "false";
  else if constexpr (std::is_enum_v<T>)
    out += std::to_string(static_cast<std::int64_t>(x));
  else if constexpr (std::integral<T>)
    out += std::to_string(x);
  else if constexpr (std::same_as<T, std::string>)
    out += '"' + x + '"';
  else if constexpr (std::same_as<T, bytes> || codec::detail::is_byte_array<T>::value)
    append_text(out, bytes_view{x});
  else if constexpr (codec::detail::is_byte_id<T>::value)
    out += to_hex(x.view());
  else if constexpr (codec::detail::is_number_id<T>::value)
    out += '#' + std::to_string(x.value);
  else if constexpr (std::same_as<T, amount>)
    out += std::to_string(x.micro()) + "uAINU";
  else if constexpr (codec::detail::is_chrono<T>::value)
    out += std::to_string(codec::detail::is_chrono<T>::value ? micros(x) : 0) + "us";
  else if constexpr (codec::detail::is_optional<T>::value) {
    if (x)
      append_text(out, *x);
    else
      out += "none";
  } else if constexpr (codec::detail::is_vector<T>::value) {
    out += '[';
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (i != 0)
        out += ", ";
      append_text(out, x[i]);
    }
    out += ']';
  } else if constexpr (codec::detail::is_variant<T>::value)
    std::visit([&out](const auto& alternative) { append_text(out, alternative); }, x);
  else {
    static_assert(has_fields<T>, "give the type a field list");
    out += T::type_text;
    out += '{';
    std::size_t i = 0;
    std::apply(
        [&](const auto&... field) {
          ((out += (i == 0 ? "" : ", "), out += field_names<T>[i++], out += ": ",
            append_text(out, field)),
           ...);
        },
        x.fields());
    out += '}';
  }
}

/// Text that CAF prints as it is.
struct plain_text {
  std::string text;

  friend std::string to_string(const plain_text& x) { return x.text; }
};

[[nodiscard]] caf::error write_blob(caf::serializer& sink, const bytes& raw);
/// Reads in pieces: a length alone never allocates.
[[nodiscard]] caf::error read_blob(caf::deserializer& source, bytes& raw);

template <class Inspector, class T>
auto caf_inspect(Inspector& f, T& x) {
  if constexpr (std::derived_from<Inspector, caf::deserializer>) {
    bytes raw;
    if (auto e = read_blob(f, raw))
      return e;
    auto value = codec::decode<T>(raw, {.bytes_max = message_bytes_max});
    if (!value)
      return to_caf(value.error());
    x = std::move(*value);
    return caf::error{};
  } else if constexpr (std::derived_from<Inspector, caf::serializer>) {
    return write_blob(f, codec::encode(x));
  } else {
    plain_text text;
    append_text(text.text, x);
    return f(text);
  }
}

} // namespace detail
} // namespace ainur
