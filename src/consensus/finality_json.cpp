// The JSON form of proofs of finality: their fields by name.
#include "ainur/consensus/finality_proof.hpp"
#include "codec/json.hpp"

namespace ainur::consensus {

namespace {

constexpr int nesting_max = 16;

template <class Proof>
result<Proof> read_proof(std::string_view text) {
  if (text.size() > finality_text_max)
    return fail(base_errc::malformed, "the text is too long for a proof");
  const auto parsed = codec::parse_json(text, nesting_max);
  return parsed ? codec::from_json<Proof>(*parsed) : fail(parsed.error());
}

} // namespace

std::string finality_to_json(const finality_proof& p) {
  return codec::to_json(p).dump(2);
}

std::string finality_to_json(const certified_state_proof& p) {
  return codec::to_json(p).dump(2);
}

result<any_proof> proof_from_json(std::string_view text) {
  if (text.size() > finality_text_max)
    return fail(base_errc::malformed, "the text is too long for a proof");
  const auto parsed = codec::parse_json(text, nesting_max);
  if (!parsed)
    return fail(parsed.error());
  const auto has = [&](const char* member) {
    return parsed->is_object() && parsed->contains(member);
  };
  const auto as_any = [](auto proof) {
    return proof ? result<any_proof>{std::move(*proof)} : fail(proof.error());
  };
  if (has("block") && has("state"))
    return as_any(codec::from_json<certified_state_proof>(*parsed));
  if (has("block") || has("batch"))
    return as_any(codec::from_json<finality_proof>(*parsed));
  return as_any(codec::from_json<ledger::state_proof>(*parsed));
}

result<finality_proof> finality_from_json(std::string_view text) {
  return read_proof<finality_proof>(text);
}

result<certified_state_proof> certified_state_from_json(std::string_view text) {
  return read_proof<certified_state_proof>(text);
}

} // namespace ainur::consensus
