// What the readers and writers of protocol buffers share. Readers throw protozero's exceptions;
// each decoder catches them.
#pragma once

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "ainur/base/bytes.hpp"

namespace ainur::discovery {

[[nodiscard]] inline protozero::pbf_reader reader_of(bytes_view in) noexcept {
  return protozero::pbf_reader{reinterpret_cast<const char*>(in.data()), in.size()};
}

/// The field's bytes, which must be of that type.
[[nodiscard]] inline bytes_view bytes_of(protozero::pbf_reader& r) {
  if (r.wire_type() != protozero::pbf_wire_type::length_delimited)
    throw protozero::unknown_pbf_wire_type_exception{};
  const auto v = r.get_view();
  return {reinterpret_cast<const std::uint8_t*>(v.data()), v.size()};
}

[[nodiscard]] inline std::uint64_t number_of(protozero::pbf_reader& r) {
  if (r.wire_type() != protozero::pbf_wire_type::varint)
    throw protozero::unknown_pbf_wire_type_exception{};
  return r.get_uint64();
}

inline void add_bytes(protozero::pbf_writer& w, protozero::pbf_tag_type tag, bytes_view data) {
  w.add_bytes(tag, reinterpret_cast<const char*>(data.data()), data.size());
}

} // namespace ainur::discovery
