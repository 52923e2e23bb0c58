// A genesis has one form, and what decodes is valid.
#include <algorithm>

#include "ainur/ledger/genesis.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ainur::bytes_view in{data, size};
  if (const auto genesis = ainur::ledger::decode_genesis(in)) {
    ainur::fuzz::require(std::ranges::equal(ainur::ledger::encode_genesis(*genesis), in));
    ainur::fuzz::require(ainur::ledger::validate(*genesis).has_value());
  }
  return 0;
}
