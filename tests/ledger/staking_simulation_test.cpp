// Seeded simulation of staking: every call, jumps of time, reports and slashes. At every block: the
// books agree, a follower of the events knows every stake, and a replica that only replays the
// blocks (sometimes from a snapshot) stays equal. In the end all stake can be taken out.
#include <map>
#include <set>

#include "ainur/base/rng.hpp"
#include "staking_world.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// What events alone tell.
struct stake_follower {
  std::map<account_id, stake_view> stakes;
  std::map<std::uint64_t, std::uint64_t> points;
  std::map<std::uint64_t, amount> rewards, paid;
  std::set<std::uint64_t> waiting; ///< slashes
  std::set<std::size_t> kinds;
  std::uint64_t slashes_applied = 0;
  amount issuance;

  void see(const applied& block) {
    for (const auto& e : block.events) {
      kinds.insert(e.index());
      std::visit([this](const auto& x) { on(x); }, e);
    }
  }

  void on(const event::stake_changed& e) {
    auto& x = stakes[e.stash];
    x.stash = e.stash;
    x.controller = e.controller;
    x.payee = e.payee;
    x.active = e.active;
    x.unlocking = e.unlocking;
  }

  void on(const event::stake_slashed& e) {
    stakes[e.stash].active = e.active;
    stakes[e.stash].unlocking = e.unlocking;
  }

  void on(const event::stake_ended& e) { stakes.erase(e.stash); }

  void on(const event::validating& e) {
    stakes[e.stash].validator = e.prefs;
    stakes[e.stash].targets.clear();
  }

  void on(const event::nominating& e) {
    stakes[e.stash].validator.reset();
    stakes[e.stash].targets = e.targets;
  }

  void on(const event::chilled& e) {
    stakes[e.stash].validator.reset();
    stakes[e.stash].targets.clear();
  }

  void on(const event::points_noted& e) { points[e.era] += e.points; }

  void on(const event::era_ended& e) {
    REQUIRE(e.points == points[e.era]);
    rewards[e.era] = e.reward;
  }

  void on(const event::reward_paid& e) {
    paid[e.era] = *paid[e.era].plus(e.value);
    REQUIRE(paid[e.era] <= rewards[e.era]);
  }

  void on(const event::issuance_changed& e) { issuance = e.issuance; }

  void on(const event::stake_slash_deferred& e) { REQUIRE(waiting.insert(e.slash).second); }

  void on(const event::stake_slash_settled& e) {
    if (e.pages_left > 0)
      return;
    REQUIRE(waiting.erase(e.slash) == 1);
    slashes_applied += e.cancelled ? 0u : 1u;
  }

  template <class Other>
  void on(const Other&) {}
};

class staking_simulation {
public:
  explicit staking_simulation(std::uint64_t seed)
      : seed_(seed), random_(seed), w_(rules_of(seed)), mirror_(restored(w_.s->snapshot())) {
    for (const auto& group : {w_.v, w_.n})
      for (const auto& x : group)
        stakers_.push_back(x);
    for (const auto& x : stakers_)
      people_.insert(people_.end(), {x.stash, x.controller});
    people_.insert(people_.end(), {w_.outsider, w_.council, w_.authority});
    follower_.issuance = w_.s->totals().issuance;
    step_with(w_.council, mint_money{w_.authority.id, amount::ainu(30'000)});
  }

  stake_follower run(int blocks) {
    for (int i = 0; i < blocks; ++i)
      step();
    finish();
    return follower_;
  }

  std::set<std::size_t> carried_out;

private:
  static parameters rules_of(std::uint64_t seed) {
    auto p = staking_world::quick();
    p.sweep_max = seed % 3 == 0 ? 2 : 20'000;
    p.staking.seats = static_cast<std::uint32_t>(1 + seed % 4);
    p.staking.slash_defer_eras = static_cast<std::uint32_t>(seed % 4);
    p.staking.exposure_page_max = static_cast<std::uint32_t>(1 + seed % 2);
    p.staking.nominators_max = 3;
    p.staking.validator_stake_min = amount::ainu(100);
    p.staking.unlocking_chunks_max = 3;
    p.staking.reward_source = seed % 5 == 0 ? reward_source::npos_curve : reward_source::flat;
    return p;
  }

  static state restored(const bytes& image) {
    auto s = state::restore(image);
    REQUIRE_MESSAGE(s.has_value(), (s ? "" : s.error().to_string()));
    return std::move(*s);
  }

  const staking_world::staker& staker() { return stakers_[random_.below(stakers_.size())]; }

  const who& someone() { return people_[random_.below(people_.size())]; }

  /// Mostly a controller.
  const who& controller() {
    const auto& x = staker();
    return random_.below(12) == 0 ? someone() : x.controller;
  }

  amount money() {
    const auto ainu = std::uint64_t{1} << random_.below(15);
    return amount{random_.below(3) == 0 ? ainu * 1'000'000 : random_.below(ainu * 1'000'000)};
  }

  std::uint64_t recent_era() {
    const auto now = w_.s->staking_era();
    return now - std::min(now, random_.below(8));
  }

  std::pair<who, ledger::call> next_call() {
    if (!follower_.waiting.empty() && random_.below(200) == 0)
      return {w_.council, cancel_deferred_slash{*follower_.waiting.rbegin()}};
    const auto& x = staker();
    switch (random_.below(20)) {
    case 0:
    case 1:
      return {x.stash,
              stake{random_.below(9) == 0 ? someone().id : x.controller.id,
                    random_.below(3) == 0 ? money() : amount::ainu(100 + random_.below(9'000)),
                    static_cast<reward_destination>(random_.below(2))}};
    case 2:
      return {x.stash, stake_more{money()}};
    case 3:
    case 4:
      return {controller(), unstake{money()}};
    case 5:
      return {controller(), restake{money()}};
    case 6:
      return {controller(), withdraw_unstaked{}};
    case 7:
    case 8:
      return {controller(),
              run_validator{static_cast<std::uint32_t>(95'000 + random_.below(105'000)),
                            random_.below(5) == 0}};
    case 9:
    case 10: {
      nominate c;
      for (auto count = 1 + random_.below(3); count > 0; --count)
        c.targets.push_back(staker().stash.id);
      return {controller(), c};
    }
    case 11:
      return {controller(), chill{}};
    case 12:
      return kick_call();
    case 13:
      return random_.below(2) == 0
                 ? std::pair<who, ledger::call>{x.stash, set_controller{random_.below(2) == 0
                                                                            ? x.controller.id
                                                                            : someone().id}}
                 : std::pair<who, ledger::call>{
                       controller(), set_payee{static_cast<reward_destination>(random_.below(2))}};
    case 14:
      return {someone(), reap_stake{x.stash.id}};
    case 15:
    case 16:
      return claim_call();
    case 17:
      return {w_.authority,
              note_era_points{{{validator_of(w_.s->staking_era()),
                                1 + static_cast<std::uint32_t>(random_.below(100))}}}};
    case 18:
      return report_call();
    default:
      return money_call();
    }
  }

  /// Mostly one that was elected for the era.
  account_id validator_of(std::uint64_t era) {
    const auto view = w_.s->era(era);
    return view && !view->validators.empty() && random_.below(8) != 0
               ? view->validators[random_.below(view->validators.size())].validator
               : staker().stash.id;
  }

  std::pair<who, ledger::call> claim_call() {
    const auto era = recent_era();
    const auto page = static_cast<std::uint32_t>(random_.below(4) / 2);
    return {someone(), claim_payout{validator_of(era), era, page}};
  }

  /// Mostly by a validator that is backed.
  std::pair<who, ledger::call> kick_call() {
    for (const auto& x : stakers_)
      if (const auto view = w_.s->stake_of(x.stash.id); view && !view->targets.empty())
        for (const auto& v : stakers_)
          if (v.stash.id == view->targets.front())
            return {v.controller, kick{{x.stash.id, someone().id}}};
    return {controller(), kick{{staker().stash.id, someone().id}}};
  }

  std::pair<who, ledger::call> report_call() {
    if (random_.below(4) == 0) {
      const auto& waiting = follower_.waiting;
      return {w_.council,
              cancel_deferred_slash{waiting.empty() ? random_.below(20) : *waiting.begin()}};
    }
    report_validators c;
    c.kind = static_cast<validator_offence>(random_.below(2));
    c.era = recent_era();
    const auto era = w_.s->era(c.era);
    for (auto count = 1 + random_.below(2); count > 0; --count)
      c.offenders.push_back(era && random_.below(8) != 0
                                ? era->validators[random_.below(era->validators.size())].validator
                                : staker().stash.id);
    if (random_.below(2) == 0)
      c.reporter = someone().id;
    return {random_.below(10) == 0 ? someone() : w_.council, c};
  }

  std::pair<who, ledger::call> money_call() {
    if (random_.below(2) == 0)
      return {someone(), transfer{someone().id, money()}};
    return {w_.council, mint_money{someone().id, money()}};
  }

  void step() {
    w_.now += random_.below(4) == 0 ? duration{hours{1 + static_cast<int>(random_.below(9))}}
                                    : duration{1 + static_cast<int>(random_.below(1'000'000))};
    if (random_.below(60) == 0)
      w_.now += hours{24};
    std::vector<signed_batch> batches;
    const auto [first, c] = next_call();
    auto x = w_.batch_of(*w_.s, first, c);
    for (auto more = random_.below(4); more > 0; --more)
      if (const auto [w, other] = next_call(); w.signer == first.signer)
        x.batch.entries.push_back({w.id, w.index, other});
    x.batch.mode = random_.below(2) == 0 ? batch_mode::all : batch_mode::each;
    batches.push_back(std::move(x));
    commit(std::move(batches));
  }

  void step_with(const who& w, ledger::call c) {
    w_.now += duration{1};
    commit({w_.batch_of(*w_.s, w, std::move(c))});
  }

  void commit(std::vector<signed_batch> batches) {
    const auto offered = batches;
    auto built = w_.s->build(w_.now, std::move(batches), signatures::trusted);
    REQUIRE(built.has_value());
    follower_.see(built->applied);
    for (std::size_t i = 0; i < offered.size(); ++i)
      for (std::size_t k = 0; k < built->applied.batches[i].entries.size(); ++k)
        if (built->applied.batches[i].entries[k] == errc::ok)
          carried_out.insert(offered[i].batch.entries[k].call.index());
    check_books();
    check_mirror(*built);
  }

  void check_books() {
    const auto& s = *w_.s;
    REQUIRE(s.conserved());
    REQUIRE(s.totals().issuance == follower_.issuance);
    const auto audit = s.audit();
    REQUIRE_MESSAGE(audit.has_value(), (audit ? "" : audit.error().to_string()));
    for (const auto& p : people_) {
      const auto known = follower_.stakes.find(p.id);
      const auto view = s.stake_of(p.id);
      REQUIRE(view.has_value() == (known != follower_.stakes.end()));
      if (view)
        REQUIRE(*view == known->second);
    }
    for (const auto slash : follower_.waiting)
      REQUIRE(s.deferred_slash(slash).has_value());
  }

  void check_mirror(const built& b) {
    // A block that claims a wrong hash leaves the replica as it was.
    if (random_.below(8) == 0) {
      auto wrong = b.block;
      wrong.hash.value[0] ^= 1;
      const auto before = mirror_.state_hash();
      REQUIRE_FALSE(mirror_.apply(wrong, signatures::trusted).has_value());
      REQUIRE(mirror_.state_hash() == before);
    }
    const auto followed = mirror_.apply(b.block, signatures::trusted);
    REQUIRE_MESSAGE(followed.has_value(), (followed ? "" : followed.error().to_string()));
    REQUIRE(followed->events == b.applied.events);
    if (random_.below(10) == 0) {
      REQUIRE(mirror_.state_hash() == w_.s->state_hash());
      mirror_ = restored(mirror_.snapshot());
      REQUIRE(mirror_.state_hash() == w_.s->state_hash());
      REQUIRE(mirror_.next_deadline() == w_.s->next_deadline());
    }
  }

  void follow_deadlines(std::uint64_t era) {
    while (w_.s->staking_era() < era && w_.s->next_deadline()) {
      w_.now = std::max(w_.now + duration{1}, *w_.s->next_deadline());
      commit({});
    }
  }

  /// Able to pay for what it signs.
  who controller_of(const stake_view& view) {
    for (const auto& p : people_)
      if (p.id == view.controller) {
        step_with(w_.council, mint_money{p.id, amount::ainu(1)});
        return p;
      }
    FAIL("an unknown controller");
    return {};
  }

  void finish() {
    for (const auto& x : stakers_) {
      const auto view = w_.s->stake_of(x.stash.id);
      if (!view)
        continue;
      const auto acting = controller_of(*view);
      step_with(acting, chill{});
      // No room for a part more, or nothing active: then there is time.
      for (int tries = 0; tries < 10 && !w_.s->stake_of(x.stash.id)->active.is_zero(); ++tries) {
        step_with(acting, unstake{w_.s->stake_of(x.stash.id)->active});
        if (!w_.s->stake_of(x.stash.id)->active.is_zero()) {
          follow_deadlines(w_.s->staking_era() + 1);
          step_with(acting, withdraw_unstaked{});
        }
      }
    }
    follow_deadlines(w_.s->staking_era() + 5);
    for (const auto& x : stakers_)
      if (const auto view = w_.s->stake_of(x.stash.id)) {
        step_with(controller_of(*view), withdraw_unstaked{});
        if (w_.s->stake_of(x.stash.id))
          step_with(w_.outsider, reap_stake{x.stash.id});
      }
    follow_deadlines(w_.s->staking_era() + 20);
    CHECK(w_.s->totals().staked == amount{0});
    CHECK(follower_.stakes.empty());
    CHECK(follower_.waiting.empty());
    CHECK_FALSE(w_.s->next_deadline().has_value());
  }

  std::uint64_t seed_;
  rng random_;
  staking_world w_;
  state mirror_;
  std::vector<staking_world::staker> stakers_;
  std::vector<who> people_;
  stake_follower follower_;
};

} // namespace

TEST_CASE("simulation of staking: any calls, any jumps of time, 150 seeds") {
  std::set<std::size_t> kinds, carried_out;
  std::uint64_t slashes = 0;
  for (std::uint64_t seed = 1; seed <= 150u * static_cast<unsigned>(count_factor()); ++seed) {
    INFO("seed " << seed);
    staking_simulation simulation{seed};
    const auto seen = simulation.run(150);
    kinds.insert(seen.kinds.begin(), seen.kinds.end());
    carried_out.insert(simulation.carried_out.begin(), simulation.carried_out.end());
    slashes += seen.slashes_applied;
  }
  // Every call and every event of staking.
  const auto first_call = ledger::call{stake{}}.index();
  for (auto i = first_call; i <= ledger::call{cancel_deferred_slash{}}.index(); ++i)
    CHECK_MESSAGE(carried_out.contains(i), "call " << i);
  const auto first_event = event::any{event::stake_changed{}}.index();
  for (auto i = first_event; i <= event::any{event::stake_slash_settled{}}.index(); ++i)
    CHECK_MESSAGE(kinds.contains(i), "event " << i);
  CHECK(slashes > 100);
}

TEST_CASE("snapshots with any byte changed are refused, or harmless") {
  auto rules = staking_world::quick();
  rules.staking.exposure_page_max = 1;
  rules.staking.nominators_max = 64;
  staking_world w{rules};
  w.validates(w.v[0], 20'000);
  w.validates(w.v[1], 20'000);
  w.nominates(w.n[0], 20'000, {w.v[0], w.v[1]});
  w.nominates(w.n[1], 20'000, {w.v[0]});
  w.eras();
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  REQUIRE(w.call(w.n[0].controller, unstake{amount::ainu(1'000)}) == errc::ok);
  const auto image = w.s->snapshot();
  rng random{5};
  int accepted = 0;
  for (int i = 0; i < 6'000 * count_factor(); ++i) {
    auto changed = image;
    changed.resize(changed.size() - hash256::size);
    changed[random.below(changed.size())] = static_cast<std::uint8_t>(random.below(256));
    const auto digest = crypto::hash("ainur/snapshot/v1", changed);
    changed.insert(changed.end(), digest.value.begin(), digest.value.end());
    auto s = state::restore(changed);
    if (!s)
      continue;
    ++accepted;
    // Whatever it says now, the ledger goes on with it: eras, slashes, claims, reports.
    auto now = s->time();
    for (int era = 0; era < 12; ++era) {
      now += hours{6};
      std::vector<signed_batch> batches{
          w.batch_of(*s, w.outsider, claim_payout{w.v[0].stash.id, 1, 0}),
          w.batch_of(*s, w.council,
                     report_validators{validator_offence::equivocation,
                                       s->staking_era(),
                                       {w.v[1].stash.id},
                                       w.outsider.id}),
          w.batch_of(*s, w.n[0].controller, withdraw_unstaked{})};
      if (!s->build(now, std::move(batches), signatures::trusted))
        break;
    }
    REQUIRE(s->audit().has_value());
  }
  CHECK(accepted > 100);
}
