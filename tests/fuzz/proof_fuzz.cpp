// A proof has one form in bytes and one in JSON, and checking any of them ends.
#include <algorithm>

#include "ainur/ledger/proof.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  const bytes_view in{data, size};
  if (const auto proof = ledger::decode_proof(in)) {
    fuzz::require(std::ranges::equal(ledger::encode_proof(*proof), in));
    if (ledger::check_proof(*proof))
      fuzz::require(ledger::proof_from_json(ledger::proof_to_json(*proof)) == *proof);
    (void)ledger::account_of(*proof);
  }
  if (const auto proof = ledger::proof_from_json(fuzz::as_text(data, size)))
    (void)ledger::check_proof(*proof);
  return 0;
}
