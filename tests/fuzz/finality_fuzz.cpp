// A proof of finality has one form in bytes and one in JSON, and checking any of them ends. The
// input's first byte is no part of it: it says what is read.
#include <algorithm>

#include "ainur/consensus/finality_proof.hpp"
#include "input.hpp"

namespace {

using namespace ainur;
using namespace ainur::consensus;

/// By one who trusts whatever the proof begins with.
template <class Proof>
void check(const Proof& p) {
  finality_demands demands{.chain = p.block.chain};
  if (p.block.from)
    demands.trusted = id_of(*p.block.from);
  (void)check_finality(p, demands, any_age);
  (void)check_finality(p, demands, p.block.header.time);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const bytes_view in{data + 1, size - 1};
  const auto text = fuzz::as_text(data + 1, size - 1);
  if (data[0] == 'f') {
    if (const auto p = decode_finality(in)) {
      fuzz::require(std::ranges::equal(encode_finality(*p), in));
      check(*p);
    }
  } else if (data[0] == 's') {
    if (const auto p = decode_certified_state(in)) {
      fuzz::require(std::ranges::equal(encode_finality(*p), in));
      check(*p);
    }
  } else if (data[0] == 't') {
    if (const auto p = finality_from_json(text))
      check(*p);
  } else if (const auto p = certified_state_from_json(text)) {
    check(*p);
  }
  return 0;
}
