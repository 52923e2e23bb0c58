#include <algorithm>

#include "ainur/base/assert.hpp"
#include "ainur/crypto/keys.hpp"
#include "world.hpp"

namespace ainur::consensus::simulation {

electorate::electorate(const simulation_options& options, std::vector<account_id> ids,
                       std::vector<byte_array<32>> seeds, rng random)
    : options_(options), random_(random) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto key = crypto::secret_key::from_seed(crypto::seed{seeds[i]}).public_part();
    all_.push_back({ids[i], key.value, 1});
  }
}

validator_set electorate::of_era(std::uint64_t era) const {
  auto members = all_;
  auto random = random_.split("era", era);
  if (options_.unequal_weights)
    for (auto& v : members)
      v.weight = 1 + random.below(10);
  const auto bad = members.begin() + options_.byzantine;
  // From era to era another honest one rests, as long as enough are left.
  if (era != 0 && members.size() > 4 && 3 * (options_.byzantine + 1) < members.size())
    members.erase(bad +
                  static_cast<std::ptrdiff_t>(random.below(members.size() - options_.byzantine)));
  const auto byzantine = members.begin() + options_.byzantine;
  const auto weigh = [](auto first, auto last) {
    std::uint64_t sum = 0;
    for (; first != last; ++first)
      sum += first->weight;
    return sum;
  };
  if (3 * options_.byzantine < members.size())
    while (3 * weigh(members.begin(), byzantine) >= weigh(members.begin(), members.end()))
      for (auto v = byzantine; v != members.end(); ++v)
        ++v->weight;
  auto set = validator_set::make(std::move(members));
  AINUR_ASSERT(set);
  return std::move(*set);
}

} // namespace ainur::consensus::simulation
