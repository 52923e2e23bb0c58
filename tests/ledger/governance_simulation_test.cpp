// Seeded simulation of channels and governance: any calls of these two subjects, sensible and
// senseless, in batches of both modes, with jumps of time. At every block the books agree, and a
// second ledger that replays the blocks (and goes through snapshots) stays equal.
#include <algorithm>
#include <set>

#include "ainur/base/rng.hpp"
#include "channel_world.hpp"
#include "governance_world.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

struct seen {
  std::set<std::size_t> calls;  ///< that succeeded
  std::set<std::size_t> events; ///< by kind
  std::set<proposal_status> endings;

  void add(const seen& other) {
    calls.insert(other.calls.begin(), other.calls.end());
    events.insert(other.events.begin(), other.events.end());
    endings.insert(other.endings.begin(), other.endings.end());
  }
};

/// A channel that was offered, and the states that both have signed.
struct known_channel {
  channel_params params;
  channel_id id;
  std::uint64_t version = 0;
};

class economy_simulation {
public:
  explicit economy_simulation(std::uint64_t seed)
      : random_(seed), w_(vote_weighting::equal, rules_of(seed), seed % 2 == 0) {
    people_ = {w_.client, w_.rival, w_.host, w_.arbiters[0], w_.arbiters[1], w_.poor, w_.agent};
    daos_ = {w_.dao};
    if (seed % 4 < 2) // else the simulation itself may found it, or not
      w_.found();
    mirror_.emplace(std::move(*state::restore(w_.s->snapshot())));
  }

  seen run(int blocks) {
    for (int i = 0; i < blocks; ++i)
      step();
    // Time alone ends every proposal and every registered channel.
    for (int i = 0; i < 2'000 && w_.s->next_deadline(); ++i) {
      w_.now = std::max(w_.now + duration{1}, *w_.s->next_deadline());
      commit({});
    }
    CHECK(w_.s->totals().reserved == amount{0});
    for (const auto& id : daos_)
      if (const auto d = w_.s->dao(id))
        CHECK(d->proposals.empty());
    return seen_;
  }

private:
  static parameters rules_of(std::uint64_t seed) {
    parameters p;
    p.sweep_max = seed % 3 == 0 ? 2 : 20'000;
    p.fee_per_weight = amount{seed % 4 == 0 ? 100u : 0u};
    p.governance.proposals_max = 4;
    p.retention = hours{seed % 5 == 0 ? 1 : 24};
    p.governance.execution_window = hours{12};
    return p;
  }

  const who& someone() { return people_[random_.below(people_.size())]; }

  account_id some_dao() { return daos_[random_.below(daos_.size())]; }

  amount some_money(std::uint64_t ainu) { return amount{random_.below(ainu * 1'000'000)}; }

  std::uint8_t key_number(const account_id& id) const {
    const std::pair<const who*, std::uint8_t> keys[] = {
        {&w_.client, 2},       {&w_.rival, 3}, {&w_.host, 1}, {&w_.arbiters[0], 20},
        {&w_.arbiters[1], 21}, {&w_.poor, 1},  {&w_.agent, 1}};
    for (const auto& [w, number] : keys)
      if (w->id == id)
        return number;
    return 99;
  }

  dao_rules some_rules() {
    dao_rules r;
    r.weighting = static_cast<vote_weighting>(random_.below(4));
    r.quorum_ppm = static_cast<std::uint32_t>(random_.below(3) * 300'000);
    r.approval_ppm = static_cast<std::uint32_t>(random_.below(11) * 100'000); // 0 is refused
    r.voting_period = minutes{1 + static_cast<std::int64_t>(random_.below(300))};
    r.execution_delay = minutes{static_cast<std::int64_t>(random_.below(200))};
    r.proposal_deposit = some_money(3);
    return r;
  }

  std::vector<account_id> some_members() {
    std::set<account_id> ids;
    for (auto n = 1 + random_.below(5); n > 0; --n)
      ids.insert(random_.below(8) == 0 ? some_dao() : someone().id);
    return {ids.begin(), ids.end()};
  }

  std::uint64_t some_proposal(const account_id& dao) {
    const auto d = w_.s->dao(dao);
    if (!d)
      return 1;
    if (!d->proposals.empty() && random_.below(5) != 0)
      return d->proposals[random_.below(d->proposals.size())];
    return 1 + random_.below(d->next_proposal);
  }

  ledger::call create() {
    create_dao c{random_.below(3), some_rules(), some_members(),
                 amount::ainu(1 + random_.below(20))};
    return c;
  }

  /// What a DAO may want.
  ledger::call inner_call(int depth) {
    switch (random_.below(depth > 0 ? 12 : 9)) {
    case 0:
    case 1:
      return transfer{someone().id, some_money(3)};
    case 2:
      return dao_set_members{some_members()};
    case 3:
      return dao_set_rules{some_rules()};
    case 4:
      return random_.below(2) == 0 ? ledger::call{dissolve_dao{someone().id}}
                                   : ledger::call{bond{some_money(2)}};
    case 5:
      return mint_money{someone().id, some_money(5)};
    case 6: {
      const auto dao = some_dao();
      return vote_proposal{dao, some_proposal(dao), ballot_choice::yes};
    }
    case 7: {
      const auto dao = some_dao();
      return execute_proposal{dao, some_proposal(dao)};
    }
    case 8: {
      const auto dao = some_dao();
      return cancel_proposal{dao, some_proposal(dao)};
    }
    case 9:
      return create();
    default:
      return propose{some_dao(), some_calls(depth - 1)};
    }
  }

  bytes some_calls(int depth) {
    if (random_.below(20) == 0)
      return bytes(random_.below(40), static_cast<std::uint8_t>(random_.next()));
    std::vector<ledger::call> calls;
    for (auto n = random_.below(3) == 0 ? 3 : 1; n > 0; --n)
      calls.push_back(inner_call(depth));
    return encode_calls(calls);
  }

  std::pair<who, ledger::call> governance_call() {
    const auto dao = some_dao();
    switch (random_.below(12)) {
    case 0:
      return {random_.below(3) == 0 ? w_.client : someone(), create()};
    case 1:
    case 2:
    case 3:
      return {someone(),
              propose{dao, random_.below(6) == 0 ? encode_calls({dissolve_dao{someone().id}})
                                                 : some_calls(2)}};
    case 4:
    case 5:
    case 6:
    case 7:
      return {someone(),
              vote_proposal{dao, some_proposal(dao),
                            random_.below(3) != 0 ? ballot_choice::yes
                                                  : static_cast<ballot_choice>(random_.below(3))}};
    case 8:
    case 9:
      return {someone(), execute_proposal{dao, some_proposal(dao)}};
    case 10:
      return {random_.below(4) == 0 ? w_.council : someone(),
              cancel_proposal{dao, some_proposal(dao)}};
    default:
      return {someone(), bond{some_money(20)}};
    }
  }

  signed_channel_state some_state(known_channel& c, bool is_final) {
    channel_state x;
    x.channel = c.id;
    x.version = random_.below(4) == 0 ? random_.below(c.version + 1) : ++c.version;
    const auto total = c.params.first_deposit.saturating_plus(c.params.second_deposit).micro();
    x.first = amount{random_.below(total + 1)};
    x.locked = amount{is_final ? 0 : random_.below(total - x.first.micro() + 1) / 3};
    x.second = amount{total - x.first.micro() - x.locked.micro() + (random_.below(15) == 0)};
    x.is_final = is_final;
    const auto sign = [&x, this](const account_id& id) {
      return sign_state(seed_of(key_number(id)), channel_state_tag, x);
    };
    return {x, sign(c.params.first), sign(c.params.second)};
  }

  std::pair<who, ledger::call> channel_call() {
    if (channels_.empty() || random_.below(4) == 0) {
      known_channel c;
      const auto& by = someone();
      const auto& other = someone();
      c.params = {by.id,
                  other.id,
                  some_money(20),
                  some_money(20),
                  minutes{1 + static_cast<std::int64_t>(random_.below(300))},
                  w_.now + minutes{static_cast<std::int64_t>(random_.below(600))},
                  random_.below(3)};
      c.id = channel_id_of(w_.s->chain(), c.params);
      channels_.push_back(c);
      return {by, open_channel{c.params, sign_opening(seed_of(key_number(other.id)), c.id)}};
    }
    auto& c =
        channels_[channels_.size() - 1 - random_.below(std::min<std::size_t>(channels_.size(), 8))];
    switch (random_.below(5)) {
    case 0:
      return {someone(), close_channel{some_state(c, true)}};
    case 1:
      return {someone(), conclude_channel{c.id}};
    case 2:
      return {someone(), register_state{{opening_state(c.id, c.params), {}, {}}}};
    default:
      return {someone(), register_state{some_state(c, random_.below(8) == 0)}};
    }
  }

  std::pair<who, ledger::call> next_call() {
    if (random_.below(12) == 0)
      return {someone(),
              transfer{random_.below(2) == 0 ? some_dao() : someone().id, some_money(3)}};
    return random_.below(2) == 0 ? governance_call() : channel_call();
  }

  void step() {
    const auto jump = random_.below(8) == 0 ? duration{hours{1 + random_.below(10)}}
                                            : duration{seconds{1 + random_.below(1'200)}};
    w_.now += jump;
    std::vector<signed_batch> batches;
    std::set<account_id> signers;
    for (auto count = 1 + random_.below(6); count > 0; --count) {
      const auto [first, c] = next_call();
      if (!signers.insert(first.signer).second)
        continue;
      auto x = w_.batch_of(*w_.s, first, c);
      for (auto more = random_.below(3); more > 0; --more) {
        const auto [w, another] = next_call();
        if (w.signer == first.signer)
          x.batch.entries.push_back({w.id, w.index, another});
      }
      // What is final can be concluded in the block that registers it.
      if (const auto* r = std::get_if<register_state>(&c); r && r->newest.content.is_final)
        x.batch.entries.push_back(
            {first.id, first.index, conclude_channel{r->newest.content.channel}});
      x.batch.mode = random_.below(3) == 0 ? batch_mode::all : batch_mode::each;
      batches.push_back(std::move(x));
    }
    commit(std::move(batches));
  }

  void look_at(const event::any& e) {
    seen_.events.insert(e.index());
    if (const auto* x = std::get_if<event::dao_created>(&e); x != nullptr)
      daos_.push_back(x->dao);
    if (const auto* x = std::get_if<event::proposal_ended>(&e); x != nullptr)
      seen_.endings.insert(x->status);
  }

  void commit(std::vector<signed_batch> batches) {
    const auto offered = batches;
    auto built = w_.s->build(w_.now, std::move(batches), signatures::trusted);
    REQUIRE(built.has_value());
    for (const auto& e : built->applied.events)
      look_at(e);
    for (std::size_t i = 0; i < offered.size(); ++i)
      for (std::size_t k = 0; k < built->applied.batches[i].entries.size(); ++k)
        if (built->applied.batches[i].entries[k] == errc::ok)
          seen_.calls.insert(offered[i].batch.entries[k].call.index());
    REQUIRE(w_.s->conserved());
    const auto audit = w_.s->audit();
    REQUIRE_MESSAGE(audit.has_value(), (audit ? "" : audit.error().to_string()));
    const auto followed = mirror_->apply(*decode_block(built->record), signatures::trusted);
    REQUIRE_MESSAGE(followed.has_value(), (followed ? "" : followed.error().to_string()));
    REQUIRE(followed->events == built->applied.events);
    if (random_.below(10) == 0) {
      auto restored = state::restore(mirror_->snapshot());
      REQUIRE(restored.has_value());
      mirror_.emplace(std::move(*restored));
      REQUIRE(mirror_->state_hash() == w_.s->state_hash());
      REQUIRE(mirror_->next_deadline() == w_.s->next_deadline());
    }
  }

  rng random_;
  governance_world w_;
  std::optional<state> mirror_;
  std::vector<who> people_;
  std::vector<account_id> daos_;
  std::vector<known_channel> channels_;
  seen seen_;
};

} // namespace

TEST_CASE("simulation: any calls of channels and DAOs, 120 seeds") {
  seen all;
  for (std::uint64_t seed = 1; seed <= 120u * static_cast<unsigned>(count_factor()); ++seed) {
    INFO("seed " << seed);
    all.add(economy_simulation{seed}.run(100));
  }
  const auto reached = [&all](const ledger::call& c) { return all.calls.count(c.index()) == 1; };
  CHECK(reached(open_channel{}));
  CHECK(reached(close_channel{}));
  CHECK(reached(register_state{}));
  CHECK(reached(conclude_channel{}));
  CHECK(reached(create_dao{}));
  CHECK(reached(propose{}));
  CHECK(reached(vote_proposal{}));
  CHECK(reached(execute_proposal{}));
  CHECK(reached(cancel_proposal{}));
  const auto happened = [&all](const event::any& e) { return all.events.count(e.index()) == 1; };
  CHECK(happened(event::channel_concluded{}));
  CHECK(happened(event::dao_changed{}));
  CHECK(happened(event::dao_dissolved{}));
  CHECK(happened(event::issuance_changed{})); // by a council that is a DAO
  CHECK(all.endings.size() == static_cast<std::size_t>(proposal_status::max_value) + 1 - 2);
}
