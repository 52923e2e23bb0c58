// A block has one form: whatever decodes encodes to the same bytes.
#include <algorithm>

#include "ainur/ledger/block.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ainur::bytes_view in{data, size};
  if (const auto block = ainur::ledger::decode_block(in))
    ainur::fuzz::require(std::ranges::equal(ainur::ledger::encode_block(*block), in));
  return 0;
}
