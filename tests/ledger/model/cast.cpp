#include "cast.hpp"

#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/proposal.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::test {

hash256 digest_of(std::string_view text) {
  return crypto::hash("model test", as_bytes(text));
}

namespace {

cast make() {
  cast c;
  std::uint8_t next = 1;
  const auto keyed = [&] {
    byte_array<32> seed{};
    seed[0] = next++;
    seed[31] = 3;
    const auto id = account_of_seed(seed);
    c.seeds[id.value] = seed;
    return person{id, id, std::nullopt};
  };
  const auto hosted = [](const person& by, std::uint64_t index) {
    return person{crypto::hosted_account(by.id, index), by.id, index};
  };
  auto& all = c.people;
  all.push_back(keyed());
  for (std::uint64_t i = 1; i <= 4; ++i)
    all.push_back(hosted(all[cast::host], i));
  all.push_back(keyed());
  all.push_back(hosted(all[cast::second_host], 1));
  while (all.size() < cast::fresh + 1)
    all.push_back(keyed());
  all.push_back(hosted(all[cast::host], 50));
  all.push_back(hosted(all[cast::second_host], 51));
  next = 100;
  for (int i = 0; i < 6; ++i)
    c.spare.push_back(keyed().id.value);
  return c;
}

} // namespace

const cast& cast::get() {
  static const cast c = make();
  return c;
}

const person* cast::find(const account_id& id) const {
  const auto at =
      std::find_if(people.begin(), people.end(), [&id](const person& x) { return x.id == id; });
  return at == people.end() ? nullptr : &*at;
}

byte_array<64> cast::sign(const byte_array<32>& key, std::string_view tag,
                          bytes_view message) const {
  const auto seed = seeds.find(key);
  return seed == seeds.end() ? byte_array<64>{} : sign_detached(seed->second, tag, message);
}

genesis genesis_of(std::uint64_t seed) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  const auto& all = cast::get().people;
  genesis g;
  g.time = timestamp_at(1'700'000'000'000'000);
  g.authority = all[cast::authority].id;
  g.council = seed % 4 == 3 ? dao_account(all[cast::client].id, 0) : all[cast::council].id;
  g.treasury = amount::ainu(1'000);
  auto& p = g.parameters;
  p.unbonding_chunks_max = 3;
  p.gains_per_pair_max = 2;
  p.staking.seats = 2;
  p.staking.validators_max = 3;
  p.staking.nominators_max = seed % 4 == 1 ? 1 : 3;
  p.staking.nominations_max = 3;
  p.staking.exposure_page_max = 2;
  p.staking.unlocking_chunks_max = 2;
  p.staking.validator_stake_min = amount::ainu(1'000);
  p.staking.bonding_eras = 4;
  p.staking.slash_defer_eras = seed % 3 == 0 ? 0 : 2;
  p.staking.history_eras = 6;
  p.identity.grace_keys_max = 2;
  p.identity.rotation_grace = seed % 5 == 4 ? duration{0} : duration{hours{12}};
  p.governance.proposals_max = 3;
  p.governance.members_max = 5;
  p.governance.calls_max = 3;
  if (seed % 2 == 1)
    p.fee_per_weight = amount{70};
  if (seed % 3 == 1) {
    p.settlement.decay_after_eras = 1;
    p.settlement.decay_per_era = 30;
    p.settlement.decay_floor = 400;
  }
  if (seed % 3 == 2) {
    p.unbonding = hours{3};
    p.appeal_window = hours{5};
    p.settlement.top_up_window = minutes{5};
    p.retention = hours{2};
  }
  const auto give = [&g, &all](std::size_t who, std::uint64_t free, std::uint64_t bonded) {
    g.allocations.push_back({all[who].id, amount::ainu(free), amount::ainu(bonded)});
  };
  give(cast::host, 100, 0);
  give(cast::orchestrator, 100, 1'000);
  give(cast::agent_a, 10, 1'000);
  give(cast::agent_b, 100, 400);
  give(cast::agent_c, 5, 0);
  give(cast::second_host, 2'000, 1'500);
  give(cast::agent_d, 100, 200);
  give(cast::client, 20'000, 0);
  give(cast::rival, 5'000, 0);
  give(cast::council, 100, 0);
  give(cast::authority, 50, 0);
  for (std::size_t i = 0; i < 5; ++i)
    give(cast::arbiters + i, 30, 150 + 50 * i);
  for (std::size_t i = 0; i < 6; ++i)
    give(cast::validators + i, 6'000, 0);
  give(cast::controllers, 10, 0);
  give(cast::controllers + 1, 10, 0);
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  return g;
}

} // namespace ainur::test
