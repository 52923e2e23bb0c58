// A world with stashes, controllers and eras of six hours.
#pragma once

#include "world.hpp"

namespace ainur::test {

/// Three validators (`v`) and three nominators (`n`), each with a controller of its own.
struct staking_world : world {
  struct staker {
    who stash, controller;
  };

  std::vector<staker> v, n;
  who outsider = self_keyed(99);

  explicit staking_world(parameters rules = quick()) : world(rules, 3) {
    const auto make = [this](std::uint8_t number, std::uint64_t ainu) {
      staker x{self_keyed(number), self_keyed(static_cast<std::uint8_t>(number + 100))};
      for (const auto& [w, value] :
           {std::pair{x.stash, ainu}, std::pair{x.controller, std::uint64_t{10}}})
        REQUIRE(call(council, mint_money{w.id, amount::ainu(value)}) == errc::ok);
      return x;
    };
    for (std::uint8_t i = 0; i < 3; ++i)
      v.push_back(make(static_cast<std::uint8_t>(40 + i), 50'000));
    for (std::uint8_t i = 0; i < 3; ++i)
      n.push_back(make(static_cast<std::uint8_t>(50 + i), 50'000));
    REQUIRE(call(council, mint_money{outsider.id, amount::ainu(100)}) == errc::ok);
  }

  /// Four eras of bonding, three of deferral, six of history.
  static parameters quick() {
    parameters p;
    p.staking.bonding_eras = 4;
    p.staking.slash_defer_eras = 3;
    p.staking.history_eras = 6;
    p.staking.seats = 2;
    return p;
  }

  void stakes(const staker& x, std::uint64_t ainu,
              reward_destination payee = reward_destination::stash_free) {
    REQUIRE(call(x.stash, stake{x.controller.id, amount::ainu(ainu), payee}) == errc::ok);
  }

  void validates(const staker& x, std::uint64_t ainu, std::uint32_t commission_ppm = 100'000) {
    stakes(x, ainu);
    REQUIRE(call(x.controller, run_validator{commission_ppm, false}) == errc::ok);
  }

  void nominates(const staker& x, std::uint64_t ainu, std::vector<staker> targets) {
    stakes(x, ainu);
    nominate c;
    for (const auto& t : targets)
      c.targets.push_back(t.stash.id);
    REQUIRE(call(x.controller, c) == errc::ok);
  }

  /// The first block of the era that is `count` later.
  void eras(std::uint64_t count = 1) {
    const auto era = s->staking_era() + count;
    now = epoch + s->rules().era * static_cast<std::int64_t>(era) - duration{1};
    pass(duration{1});
    REQUIRE(s->staking_era() == era);
  }

  /// Block after block, as deadlines ask for them.
  void follow(std::uint64_t era) {
    while (s->staking_era() < era) {
      now = std::max(now + duration{1}, *s->next_deadline());
      pass(duration{0});
    }
  }

  errc report(std::uint64_t era, std::vector<staker> offenders,
              std::optional<account_id> reporter = std::nullopt,
              validator_offence kind = validator_offence::equivocation) {
    report_validators c{kind, era, {}, reporter};
    for (const auto& o : offenders)
      c.offenders.push_back(o.stash.id);
    return call(council, c);
  }

  [[nodiscard]] stake_view staked(const staker& x) const {
    const auto view = s->stake_of(x.stash.id);
    REQUIRE(view.has_value());
    return *view;
  }

  [[nodiscard]] amount free_of(const staker& x) const { return view(x.stash).free; }
};

} // namespace ainur::test
