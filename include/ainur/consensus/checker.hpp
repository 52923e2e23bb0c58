// Checks signatures of statements, each once a process: in a process with many validators the same
// vote reaches all of them.
//
// The batches of a block are checked together, and remembered by their hash. Good statements are
// remembered, with all that was checked, in two generations of bounded size; bad ones
// are checked again each time. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_set>

#include "ainur/consensus/block.hpp"

namespace ainur::consensus {

class signature_checker {
public:
  /// For one chain. Remembers at least so many signatures, and at most twice as many.
  explicit signature_checker(const hash256& chain, std::size_t count = 65'536)
      : chain_(chain), count_(count) {}

  [[nodiscard]] const hash256& chain() const noexcept { return chain_; }

  /// True if the signer's key in the set signed it.
  [[nodiscard]] bool check(const validator& signer, const signed_statement& s);

  /// True if the certificate holds a quorum of good precommits, each signer once and in order.
  /// Errors: `bad_certificate`, saying what is wrong with it.
  [[nodiscard]] result<void> check(const validator_set& set, const certificate& c);

  /// True if all batches of a sealed block are well signed.
  [[nodiscard]] bool check(const block& b);
  /// The batches of this block are known to be well signed.
  void believe(const block& b);

  /// How many signatures were computed, not remembered.
  [[nodiscard]] std::uint64_t computed() const;

private:
  struct good_one {
    byte_array<32> key{};
    ledger::signed_statement signed_by_it;
    friend bool operator==(const good_one&, const good_one&) = default;
  };

  struct by_signature {
    std::size_t operator()(const good_one& x) const noexcept;
  };

  using memory = std::unordered_set<good_one, by_signature>;

  [[nodiscard]] bool remembers(const good_one& x) const;
  void remember(const good_one& x);

  hash256 chain_;
  std::size_t count_;
  mutable std::mutex lock_; // of all below
  memory recent_;
  memory older_;
  std::deque<hash256> good_batches_; // of blocks, the newest last
  std::uint64_t computed_ = 0;
};

} // namespace ainur::consensus
