// Checks signatures of statements, each once a process: in a process with many validators the same
// vote reaches all of them.
//
// Good signatures are remembered, by a hash of all that was checked, in two generations of bounded
// size; bad ones are checked again each time. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_set>

#include "ainur/consensus/block.hpp"

namespace ainur::consensus {

class signature_checker {
public:
  /// For one chain. Remembers at least so many signatures, and at most twice as many.
  explicit signature_checker(const hash256& chain, std::size_t memory = 65'536)
      : chain_(chain), memory_(memory) {}

  [[nodiscard]] const hash256& chain() const noexcept { return chain_; }

  /// True if the signer's key in the set signed it.
  [[nodiscard]] bool check(const validator& signer, const signed_statement& s);

  /// True if the certificate holds a quorum of good precommits, each signer once and in order.
  /// Errors: `bad_certificate`, saying what is wrong with it.
  [[nodiscard]] result<void> check(const validator_set& set, const certificate& c);

  /// How many signatures were computed, not remembered.
  [[nodiscard]] std::uint64_t computed() const;

private:
  [[nodiscard]] bool remembers(const hash256& what) const;
  void remember(const hash256& what);

  hash256 chain_;
  std::size_t memory_;
  mutable std::mutex lock_; // of all below
  std::unordered_set<hash256> recent_;
  std::unordered_set<hash256> older_;
  std::uint64_t computed_ = 0;
};

} // namespace ainur::consensus
