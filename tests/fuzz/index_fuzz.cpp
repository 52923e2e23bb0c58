// Records of an index have one form. The input's first byte says of which kind and dimension.
#include <algorithm>

#include "ainur/discovery/index_store.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur::discovery;
  if (size == 0)
    return 0;
  index_options options;
  options.kind = (data[0] & 1) != 0 ? scalar::float32 : scalar::int8;
  options.dimension = 1u + (data[0] >> 1);
  const ainur::bytes_view in{data + 1, size - 1};
  if (const auto entry = decode_entry(options, in)) {
    ainur::fuzz::require(std::ranges::equal(encode_entry(options, *entry), in));
    ainur::fuzz::require(is_stored_form(options, *entry));
  }
  return 0;
}
