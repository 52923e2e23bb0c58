// A snapshot has one form, and one that passes its audit is a ledger that goes on: whatever falls
// due, money is conserved. The digest at the end is put right here, or nothing would pass.
#include <chrono>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/snapshot.hpp"
#include "ainur/ledger/state.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  if (size < hash256::size)
    return 0;
  bytes image{data, data + size - hash256::size};
  const auto digest = crypto::hash("ainur/snapshot/v1", image);
  image.insert(image.end(), digest.value.begin(), digest.value.end());
  auto s = ledger::state::restore(image);
  if (!s) {
    fuzz::require(!s.error().to_string().empty());
    return 0;
  }
  fuzz::require(s->conserved());
  fuzz::require(s->snapshot() == image);
  for (const auto step : {std::chrono::hours{1}, std::chrono::hours{24 * 40}})
    if (s->build(s->time() + step, {}, ledger::signatures::verify))
      fuzz::require(s->conserved());
  return 0;
}
