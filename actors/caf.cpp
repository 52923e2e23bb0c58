#include "ainur/actors/caf.hpp"

#include <algorithm>
#include <array>

#include <caf/atom.hpp>
#include <caf/message.hpp>

namespace ainur {

caf::error to_caf(const error& e) {
  // An atom holds ten characters; the full text goes into the context.
  const auto room = e.room().substr(0, 10);
  return caf::error{static_cast<std::uint8_t>(std::min<std::uint16_t>(e.code(), 255)),
                    caf::atom_from_string(std::string{room}), caf::make_message(e.to_string())};
}

std::string to_text(const caf::error& e) {
  if (e.context().size() == 1 && e.context().match_element<std::string>(0))
    return e.context().get_as<std::string>(0);
  return caf::to_string(e);
}

namespace detail {

void append_text(std::string& out, bytes_view x) {
  constexpr std::size_t shown_max = 32;
  out += to_hex(x.first(std::min(x.size(), shown_max)));
  if (x.size() > shown_max)
    out += "...(" + std::to_string(x.size()) + " bytes)";
}

caf::error write_blob(caf::serializer& sink, const bytes& raw) {
  std::size_t size = raw.size();
  if (size > message_bytes_max)
    return to_caf(error{codec::errc::too_large, "a message of " + std::to_string(size) + " bytes"});
  if (auto e = sink.begin_sequence(size))
    return e;
  if (auto e = sink.apply_raw(size, const_cast<std::uint8_t*>(raw.data()))) // only read
    return e;
  return sink.end_sequence();
}

caf::error read_blob(caf::deserializer& source, bytes& raw) {
  std::size_t size = 0;
  if (auto e = source.begin_sequence(size))
    return e;
  if (size > message_bytes_max)
    return to_caf(error{codec::errc::too_large, "a message of " + std::to_string(size) + " bytes"});
  std::array<std::uint8_t, std::size_t{64} << 10> piece;
  while (raw.size() < size) {
    const auto next = std::min(piece.size(), size - raw.size());
    if (auto e = source.apply_raw(next, piece.data()))
      return e;
    raw.insert(raw.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(next));
  }
  return source.end_sequence();
}

} // namespace detail
} // namespace ainur
