// Messages between validators and between their nodes have one form. The input's first byte is no
// part of it: it says whether a node's message or a stored position is read instead.
#include <algorithm>

#include "ainur/consensus/node_message.hpp"
#include "ainur/consensus/position.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur::consensus;
  if (size == 0)
    return 0;
  const ainur::bytes_view in{data + 1, size - 1};
  if (data[0] == 'p') {
    if (const auto p = decode_position(in))
      ainur::fuzz::require(decode_position(encode_position(*p)).value() == *p);
  } else if (data[0] == 'n') {
    if (const auto m = decode_node_message({}, in))
      ainur::fuzz::require(std::ranges::equal(encode_node_message(*m), in));
  } else if (const auto m = decode_message(in)) {
    ainur::fuzz::require(std::ranges::equal(encode_message(*m), in));
  }
  return 0;
}
