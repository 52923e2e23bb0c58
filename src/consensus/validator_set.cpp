#include "ainur/consensus/validator_set.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::consensus {

namespace {

// GCC's and Clang's: sums of 10,000 priorities of up to 2^62 do not fit 64 bits.
__extension__ using wide = __int128;

/// Rounds down, for a positive divisor.
std::int64_t floor_div(wide a, std::int64_t b) noexcept {
  const auto quotient = a / b;
  return static_cast<std::int64_t>(a % b < 0 ? quotient - 1 : quotient);
}

/// The first 8 bytes of an id as a number that orders alike.
std::uint64_t leading_bytes(const account_id& id) noexcept {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i)
    out = out << 8 | id.value[i];
  return out;
}

} // namespace

validator_set::validator_set() {
  static const auto nobody = std::make_shared<const content>();
  content_ = nobody;
}

result<validator_set> validator_set::make(std::vector<validator> members) {
  if (members.empty() || members.size() > validators_max)
    return fail(errc::bad_validators, std::to_string(members.size()) +
                                          " validators; there must be 1 to " +
                                          std::to_string(validators_max));
  const auto by_id = [](const validator& a, const validator& b) { return a.id < b.id; };
  std::sort(members.begin(), members.end(), by_id);
  content made;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& v = members[i];
    if (i != 0 && members[i - 1].id == v.id)
      return fail(errc::bad_validators, to_string(v.id) + " stands in the set twice");
    if (v.weight == 0 || v.weight > total_weight_max - made.total)
      return fail(errc::bad_validators,
                  to_string(v.id) + " has no weight, or the sum exceeds 2^60");
    made.total += v.weight;
    made.leading.push_back(leading_bytes(v.id));
  }
  made.hash = crypto::hash("ainur/validators/v1", codec::encode(members));
  made.members = std::move(members);
  validator_set out;
  out.content_ = std::make_shared<const content>(std::move(made));
  return out;
}

std::optional<validator_index> validator_set::find(const account_id& id) const noexcept {
  const auto& [members, leading, total, hash] = *content_;
  const auto first = leading_bytes(id);
  auto at = static_cast<std::size_t>(std::ranges::lower_bound(leading, first) - leading.begin());
  for (; at < leading.size() && leading[at] == first; ++at)
    if (members[at].id == id)
      return static_cast<validator_index>(at);
  return std::nullopt;
}

void centre(std::vector<std::int64_t>& priorities) noexcept {
  wide sum = 0;
  for (const auto p : priorities)
    sum += p;
  const auto mean = floor_div(sum, static_cast<std::int64_t>(priorities.size()));
  for (auto& p : priorities)
    p -= mean;
}

rotation::rotation(const validator_set& set)
    : total_(static_cast<std::int64_t>(set.total_weight())) {
  for (const auto& v : set)
    weight_.push_back(static_cast<std::int64_t>(v.weight));
  priority_.assign(set.size(), 0);
  advance(1);
}

result<rotation> rotation::make(const validator_set& set, std::vector<std::int64_t> priorities,
                                validator_index proposer) {
  rotation out{set};
  if (priorities.size() != set.size() || proposer >= set.size())
    return fail(errc::bad_validators, "the priorities are not those of this set");
  // Two totals apart at most after rescaling, and centred; a selection moves one by a total.
  const auto reach = 4 * static_cast<wide>(out.total_);
  for (const auto p : priorities)
    if (p > reach || p < -reach)
      return fail(errc::bad_validators,
                  "a priority of " + std::to_string(p) + " cannot be reached");
  out.priority_ = std::move(priorities);
  out.proposer_ = proposer;
  return out;
}

void rotation::rescale() {
  const auto [low, high] = std::minmax_element(priority_.begin(), priority_.end());
  const auto spread = static_cast<wide>(*high) - *low;
  const auto spread_max = 2 * static_cast<wide>(total_);
  if (spread <= spread_max || spread_max == 0)
    return;
  const auto ratio = static_cast<std::int64_t>((spread + spread_max - 1) / spread_max);
  for (auto& p : priority_)
    p /= ratio;
}

void rotation::select() {
  for (std::size_t i = 0; i < priority_.size(); ++i)
    priority_[i] += weight_[i];
  // The first of equals: members stand in rising order of their ids.
  const auto best = std::max_element(priority_.begin(), priority_.end());
  *best -= total_;
  proposer_ = static_cast<validator_index>(best - priority_.begin());
}

void rotation::advance(std::uint32_t times) {
  AINUR_ASSERT(!priority_.empty());
  if (times == 0)
    return;
  rescale();
  centre(priority_);
  for (std::uint32_t i = 0; i < times; ++i)
    select();
}

void rotation::change(const validator_set& from, const validator_set& to) {
  AINUR_ASSERT(priority_.size() == from.size());
  rotation next;
  next.total_ = static_cast<std::int64_t>(to.total_weight());
  const auto newcomer = -(next.total_ + (next.total_ >> 3));
  for (const auto& v : to) {
    const auto before = from.find(v.id);
    next.weight_.push_back(static_cast<std::int64_t>(v.weight));
    next.priority_.push_back(before ? priority_[*before] : newcomer);
  }
  next.proposer_ = to.find(from[proposer_].id).value_or(0);
  next.rescale();
  centre(next.priority_);
  *this = std::move(next);
}

validator_index rotation::proposer_after(std::uint32_t times) const {
  if (times == 0)
    return proposer_;
  auto later = *this;
  later.advance(times);
  return later.proposer_;
}

hash256 rotation::hash() const {
  bytes content;
  codec::writer w{content};
  codec::write(w, priority_);
  codec::write(w, proposer_);
  return crypto::hash("ainur/rotation/v1", content);
}

} // namespace ainur::consensus
