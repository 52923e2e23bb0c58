#include "ainur/consensus/checker.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ainur::consensus {

namespace {
constexpr std::size_t blocks_remembered = 64;
} // namespace

bool signature_checker::check(const validator& signer, const signed_statement& s) {
  const good_one x{signer.key, s};
  if (remembers(x))
    return true;
  const bool good = ledger::verify_statement(chain_, signer.key, s);
  if (good)
    remember(x);
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

bool signature_checker::check(const block& b) {
  {
    const std::lock_guard guard{lock_};
    if (std::ranges::find(good_batches_, b.header.batches) != good_batches_.end())
      return true;
  }
  for (const auto& batch : b.batches)
    if (!ledger::verify_batch(chain_, batch))
      return false;
  believe(b);
  return true;
}

void signature_checker::believe(const block& b) {
  const std::lock_guard guard{lock_};
  if (std::ranges::find(good_batches_, b.header.batches) != good_batches_.end())
    return;
  computed_ += b.batches.size();
  if (good_batches_.size() >= blocks_remembered)
    good_batches_.pop_front();
  good_batches_.push_back(b.header.batches);
}

std::uint64_t signature_checker::computed() const {
  const std::lock_guard guard{lock_};
  return computed_;
}

std::size_t signature_checker::by_signature::operator()(const good_one& x) const noexcept {
  std::size_t out = 0; // the bytes of a signature are spread already
  std::memcpy(&out, x.signed_by_it.signature.data(), sizeof(out));
  return out;
}

bool signature_checker::remembers(const good_one& x) const {
  const std::lock_guard guard{lock_};
  return recent_.contains(x) || older_.contains(x);
}

void signature_checker::remember(const good_one& x) {
  const std::lock_guard guard{lock_};
  ++computed_;
  if (recent_.size() >= count_)
    older_ = std::exchange(recent_, {});
  recent_.insert(x);
}

} // namespace ainur::consensus
