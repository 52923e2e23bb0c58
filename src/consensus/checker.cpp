#include "ainur/consensus/checker.hpp"

#include <utility>

#include "ainur/crypto/hash.hpp"
#include "ainur/crypto/keys.hpp"

namespace ainur::consensus {

bool signature_checker::check(const validator& signer, const signed_statement& s) {
  const auto message = ledger::statement_message(chain_, s.statement);
  const auto what =
      crypto::hasher{"ainur/checked/v1"}.add(signer.key).add(s.signature).add(message).finish();
  if (remembers(what))
    return true;
  const bool good = ledger::verify_statement(chain_, signer.key, s);
  if (good)
    remember(what);
  return good;
}

result<void> signature_checker::check(const validator_set& set, const certificate& c) {
  const auto refuse = [&c](std::string_view why) {
    return fail(errc::bad_certificate,
                "of height " + std::to_string(c.height) + ": " + std::string{why});
  };
  if (c.signatures.size() > set.size())
    return refuse("more signatures than validators");
  signed_statement vote{{statement_kind::precommit, c.height, c.round, no_round, c.block}, {}, {}};
  if (!is_well_formed(vote.statement) || c.block.is_none())
    return refuse("its numbers are out of range, or it names no block");
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < c.signatures.size(); ++i) {
    const auto& [signer, signature] = c.signatures[i];
    if (signer >= set.size() || (i != 0 && signer <= c.signatures[i - 1].signer))
      return refuse("its signers are not in order, or not of the set");
    vote.signer = set[signer].id;
    vote.signature = signature;
    if (!check(set[signer], vote))
      return refuse("the signature of " + to_string(vote.signer) + " is not good");
    weight += set[signer].weight;
  }
  if (!set.is_quorum(weight))
    return refuse("its signers hold " + std::to_string(weight) + " of " +
                  std::to_string(set.total_weight()) + ", which is no quorum");
  return {};
}

std::uint64_t signature_checker::computed() const {
  const std::lock_guard guard{lock_};
  return computed_;
}

bool signature_checker::remembers(const hash256& what) const {
  const std::lock_guard guard{lock_};
  return recent_.contains(what) || older_.contains(what);
}

void signature_checker::remember(const hash256& what) {
  const std::lock_guard guard{lock_};
  ++computed_;
  if (recent_.size() >= memory_)
    older_ = std::exchange(recent_, {});
  recent_.insert(what);
}

} // namespace ainur::consensus
