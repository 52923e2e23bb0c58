// The JSON form of a proof: its fields by name.
#include "ainur/ledger/proof.hpp"
#include "codec/json.hpp"

namespace ainur::ledger {

std::string proof_to_json(const state_proof& p) {
  return codec::to_json(p).dump(2);
}

result<state_proof> proof_from_json(std::string_view text) {
  if (text.size() > 4 * proof_bytes_max)
    return fail(base_errc::malformed, "the text is too long for a proof");
  const auto parsed = codec::parse_json(text);
  if (!parsed)
    return fail(parsed.error());
  return codec::from_json<state_proof>(*parsed);
}

} // namespace ainur::ledger
