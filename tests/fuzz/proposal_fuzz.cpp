// The calls of a proposal have one form, and what decodes is within its bounds.
#include <algorithm>

#include "ainur/ledger/batch.hpp"
#include "ainur/ledger/proposal.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ainur::bytes_view in{data, size};
  const ainur::ledger::governance_parameters bounds;
  if (const auto calls = ainur::ledger::decode_calls(in, bounds)) {
    ainur::fuzz::require(std::ranges::equal(ainur::ledger::encode_calls(*calls), in));
    ainur::fuzz::require(!calls->empty() && calls->size() <= bounds.calls_max);
    for (const auto& c : *calls)
      ainur::fuzz::require(ainur::ledger::weight_of(c) > 0);
  }
  return 0;
}
