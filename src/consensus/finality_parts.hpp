// What those who make proofs of finality and those who check them share.
#pragma once

#include <algorithm>

#include "ainur/consensus/finality_proof.hpp"

namespace ainur::consensus {

/// The header that carries the certificate.
[[nodiscard]] inline const header& last_header(const block_proof& p) noexcept {
  return p.next ? *p.next : p.header;
}

/// The sets of validators that a proof holds, by their hashes.
[[nodiscard]] inline std::vector<hash256> sets_named(const block_proof& p,
                                                     const std::optional<hash256>& of_genesis) {
  std::vector<hash256> out;
  const auto name = [&](const hash256& set) {
    if (set != of_genesis && std::ranges::find(out, set) == out.end())
      out.push_back(set);
  };
  if (p.from)
    name(p.from->next_validators);
  for (const auto& b : p.bridge) {
    name(b.header.validators);
    name(b.header.next_validators);
  }
  name(last_header(p).validators);
  name(last_header(p).next_validators);
  return out;
}

} // namespace ainur::consensus
