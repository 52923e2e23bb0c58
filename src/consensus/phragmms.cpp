// phragmMS over exact rationals.
//
// A score is approval / D with D = 1 + Σ w/backing, over the edges that the candidate's voters have
// to winners. D is kept as two bounds in units of 2^-64, and two scores are compared by 256-bit
// products of these. Where the bounds leave it open (ties, above all), the fractions are added up
// over their common denominator and the comparison is exact.
#include <algorithm>
#include <optional>

#include "balancing.hpp"
#include "natural.hpp"
#include "supporters.hpp"

namespace ainur::consensus {

namespace {

constexpr auto unit = uint128{1} << 64;

/// D, between low and low + slack, in units of 2^-64.
struct denominator {
  uint128 low = unit;
  std::uint64_t slack = 0; // one for each fraction that was rounded down

  [[nodiscard]] uint128 high() const noexcept { return low + slack; }
};

class phragmms_seats {
public:
  explicit phragmms_seats(const ballots& b)
      : b_(b), named_by_(b), won_(b.candidates, 0), backing_(b.candidates, 0),
        weights_(b.targets.size(), 0), open_(b.targets.size(), 0), bounds_(b.candidates),
        given_(b.candidates, 0), other_given_(b.candidates, 0),
        balancer_(b, open_, backing_, weights_) {}

  /// The first of those with the largest score; only those with stake behind them.
  [[nodiscard]] std::optional<elected> best() {
    bound_denominators();
    std::optional<std::uint32_t> found;
    for (std::uint32_t c = 0; c < b_.candidates; ++c)
      if (won_[c] == 0 && named_by_.approval(c) != 0 && (!found || is_better(c, *found)))
        found = c;
    if (!found)
      return std::nullopt;
    return elected{*found, 0, floor_of_score(*found)};
  }

  void take(const elected& winner) {
    const auto cutoff = winner.score;
    uint128 backing = 0;
    for (const auto& [voter, edge] : named_by_.of(winner.candidate)) {
      auto left = b_.budgets[voter];
      for (auto e = b_.first[voter]; e < b_.first[voter + 1]; ++e)
        left -= weights_[e];
      for (auto e = b_.first[voter]; e < b_.first[voter + 1]; ++e) {
        auto& other = backing_[b_.targets[e]];
        if (weights_[e] == 0 || other <= cutoff)
          continue;
        const auto moved = static_cast<std::uint64_t>(multiply_divide(cutoff, weights_[e], other));
        weights_[e] -= moved;
        other -= moved;
        left += moved;
      }
      weights_[edge] = left;
      open_[edge] = 1;
      backing += left;
    }
    won_[winner.candidate] = 1;
    backing_[winner.candidate] = backing;
    winners_.push_back(winner.candidate);
  }

  void balance(const balancing& how) { balancer_.run(how); }

  [[nodiscard]] uint128 backing(std::uint32_t candidate) const { return backing_[candidate]; }

  [[nodiscard]] const std::vector<std::uint64_t>& weights() const noexcept { return weights_; }

private:
  void bound_denominators() {
    std::fill(bounds_.begin(), bounds_.end(), denominator{});
    for (std::uint32_t v = 0; v < b_.voters(); ++v) {
      denominator part{0, 0};
      for (auto e = b_.first[v]; e < b_.first[v + 1]; ++e)
        if (weights_[e] != 0) {
          const auto backing = backing_[b_.targets[e]];
          const auto share = (uint128{weights_[e]} << 64) / backing;
          part.low += share;
          part.slack += share * backing == uint128{weights_[e]} << 64 ? 0 : 1;
        }
      if (part.high() != 0)
        for (const auto c : b_.targets_of(v)) {
          bounds_[c].low += part.low;
          bounds_[c].slack += part.slack;
        }
    }
  }

  [[nodiscard]] bool is_better(std::uint32_t c, std::uint32_t than) {
    const auto& x = bounds_[c];
    const auto& y = bounds_[than];
    if (multiply(named_by_.approval(c), y.low) > multiply(named_by_.approval(than), x.high()))
      return true;
    if (multiply(named_by_.approval(c), y.high()) <= multiply(named_by_.approval(than), x.low))
      return false;
    return is_better_exactly(c, than);
  }

  /// What the voters of a candidate give to each winner.
  void gather(std::uint32_t c, std::vector<uint128>& given) const {
    for (const auto w : winners_)
      given[w] = 0;
    for (const auto& s : named_by_.of(c))
      for (auto e = b_.first[s.voter]; e < b_.first[s.voter + 1]; ++e)
        given[b_.targets[e]] += weights_[e];
  }

  /// c's score > than's: approval_c · D_than > approval_than · D_c, both over one denominator.
  [[nodiscard]] bool is_better_exactly(std::uint32_t c, std::uint32_t than) {
    gather(c, given_);
    gather(than, other_given_);
    if (named_by_.approval(c) == named_by_.approval(than) && given_ == other_given_)
      return false;
    natural x{1};
    natural y{1};
    natural common{1};
    for (const auto w : winners_)
      if (given_[w] != other_given_[w] || given_[w] != 0) {
        x = x * backing_[w];
        x += common * given_[w];
        y = y * backing_[w];
        y += common * other_given_[w];
        common = common * backing_[w];
      }
    return y * named_by_.approval(c) > x * named_by_.approval(than);
  }

  [[nodiscard]] uint128 floor_of_score(std::uint32_t c) {
    // approval · 2^64 as (2 · approval) · 2^63
    const auto over = [this, c](uint128 d) {
      return multiply_divide(named_by_.approval(c) * 2, std::uint64_t{1} << 63, d);
    };
    const auto most = over(bounds_[c].low);
    const auto least = over(bounds_[c].high());
    if (most == least)
      return most;
    gather(c, given_);
    natural numerator{1};
    natural common{1};
    for (const auto w : winners_)
      if (given_[w] != 0) {
        numerator = numerator * backing_[w];
        numerator += common * given_[w];
        common = common * backing_[w];
      }
    const auto approval = common * named_by_.approval(c);
    auto floor = most;
    while (floor > least && numerator * floor > approval)
      --floor;
    return floor;
  }

  const ballots& b_;
  supporters named_by_;
  std::vector<std::uint8_t> won_;      // by candidate
  std::vector<std::uint32_t> winners_; // in order of their election
  std::vector<uint128> backing_;       // by candidate
  std::vector<std::uint64_t> weights_; // by edge
  std::vector<std::uint8_t> open_;     // by edge: its target has won
  std::vector<denominator> bounds_;    // by candidate, of this seat
  std::vector<uint128> given_;         // by candidate; only winners' places are used
  std::vector<uint128> other_given_;
  balancer balancer_;
};

} // namespace

solution elect_phragmms(const ballots& b, std::uint32_t seats, const balancing& each) {
  phragmms_seats state{b};
  solution s;
  s.winners.reserve(std::min(seats, b.candidates));
  while (s.winners.size() < seats) {
    const auto winner = state.best();
    if (!winner)
      break;
    state.take(*winner);
    state.balance(each);
    s.winners.push_back(*winner);
  }
  s.weights = state.weights();
  for (auto& w : s.winners)
    w.backing = state.backing(w.candidate);
  return s;
}

} // namespace ainur::consensus
