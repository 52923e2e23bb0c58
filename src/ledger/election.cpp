#include "ainur/ledger/election.hpp"

#include <algorithm>
#include <numeric>

namespace ainur::ledger {

std::string_view to_string(election_method m) noexcept {
  switch (m) {
  case election_method::top_stake:
    return "top_stake";
  case election_method::phragmen:
    return "phragmen";
  case election_method::phragmms:
    return "phragmms";
  }
  return "?";
}

election_rule basic_elections(election_method method) noexcept {
  return method == election_method::top_stake ? elect_top_stake : nullptr;
}

std::vector<winner> elect_top_stake(const election_input& input) {
  std::vector<amount> backing;
  backing.reserve(input.candidates.size());
  for (const auto& c : input.candidates)
    backing.push_back(c.self_stake);
  for (const auto& v : input.voters)
    for (const auto target : v.targets)
      backing[target] = backing[target].saturating_plus(v.budget);

  std::vector<std::uint32_t> order(input.candidates.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto seats = std::min<std::size_t>(input.seats, order.size());
  const auto stronger = [&backing](std::uint32_t a, std::uint32_t b) {
    return backing[a] != backing[b] ? backing[a] > backing[b] : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(seats), order.end(),
                    stronger);

  std::vector<winner> winners(seats);
  std::vector<winner*> place(input.candidates.size(), nullptr);
  for (std::size_t i = 0; i < seats; ++i) {
    winners[i].candidate = order[i];
    place[order[i]] = &winners[i];
  }
  std::vector<winner*> backed;
  for (std::uint32_t v = 0; v < input.voters.size(); ++v) {
    backed.clear();
    for (const auto target : input.voters[v].targets)
      if (place[target] != nullptr)
        backed.push_back(place[target]);
    const auto budget = input.voters[v].budget.micro();
    for (std::size_t i = 0; i < backed.size(); ++i) {
      const auto part = budget / backed.size() + (i < budget % backed.size() ? 1 : 0);
      if (part != 0)
        backed[i]->supports.push_back({v, amount{part}});
    }
  }
  return winners;
}

bool is_consistent(const election_input& input, const std::vector<winner>& winners) {
  if (winners.size() > input.seats)
    return false;
  std::vector<bool> seen(input.candidates.size(), false);
  std::vector<amount> given(input.voters.size());
  std::vector<std::uint32_t> last(input.voters.size(), 0); // 1 + the last winner it gave to
  for (std::uint32_t w = 0; w < winners.size(); ++w) {
    const auto c = winners[w].candidate;
    if (c >= seen.size() || seen[c])
      return false;
    seen[c] = true;
    for (const auto& s : winners[w].supports) {
      if (s.voter >= given.size() || s.value.is_zero() || last[s.voter] == w + 1)
        return false;
      last[s.voter] = w + 1;
      const auto& v = input.voters[s.voter];
      if (std::find(v.targets.begin(), v.targets.end(), c) == v.targets.end())
        return false;
      const auto sum = given[s.voter].plus(s.value);
      if (!sum || *sum > v.budget)
        return false;
      given[s.voter] = *sum;
    }
  }
  return true;
}

} // namespace ainur::ledger
