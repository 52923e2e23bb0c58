// Seeded simulation of ledgers that validators keep, over many eras: who signs, who stands and who
// lies is drawn. A slow oracle that remembers every block says who is in office at each height,
// what a report is answered, who is unresponsive, and what fraction each validator of each era
// pays; a replica follows the blocks.
#include <cstdlib>

#include "ainur/base/rng.hpp"
#include "committee_oracle.hpp"
#include "support/property.hpp"
#include "validator_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

class committee_simulation {
public:
  committee_simulation(std::uint64_t seed, committee_sights& seen)
      : random_(seed), w_(rules_of(seed), stakes_of(seed), method_of(seed)),
        mirror_(validator_world::restored(w_.s->snapshot())), o_(w_.s->rules().staking),
        seen_(seen) {
    people_ = w_.v;
    people_.insert(people_.end(), w_.n.begin(), w_.n.end());
    people_.insert(people_.end(), {w_.client, w_.rival, w_.council});
    for (const auto& x : w_.g.founding->validators)
      o_.keys[x.stash] = x.key;
    for (const auto& [id, secret] : w_.seeds)
      secrets_[key_of_seed(secret).public_part().value] = secret;
    for (const auto& x : people_)
      secrets_[x.id.value] = validator_world::account_seed(x);
    elected(0, 0);
  }

  void run(int count) {
    for (int i = 0; i < count; ++i)
      step();
    check_all();
  }

private:
  static parameters rules_of(std::uint64_t seed) {
    auto p = validator_world::quick();
    p.staking.seats = static_cast<std::uint32_t>(3 + seed % 5);
    p.staking.validator_stake_min = amount::ainu(500);
    p.staking.slash_defer_eras = seed % 3 == 0 ? 2 : 0;
    p.staking.bonding_eras = seed % 4 == 1 ? 6 : 4;
    p.staking.history_eras = seed % 4 == 2 ? 3 : 6;
    p.staking.exposure_page_max = 1;
    p.staking.nominators_max = 64;
    return p;
  }

  static std::vector<std::uint64_t> stakes_of(std::uint64_t seed) {
    return seed % 2 == 0 ? std::vector<std::uint64_t>{20'000, 18'000, 22'000, 19'000, 21'000}
                         : std::vector<std::uint64_t>{60'000, 9'000, 70'000, 9'500, 80'000, 10'000};
  }

  static election_method method_of(std::uint64_t seed) {
    return static_cast<election_method>(seed % 3);
  }

  const who& someone() { return people_[random_.below(people_.size())]; }

  const who& validator() { return w_.v[random_.below(w_.v.size())]; }

  // --- a block ---

  void step() {
    auto b = w_.next();
    const auto& office = o_.at(b.height)->members;
    b.proposer = office[random_.below(office.size())].stash;
    b.time = next_time();
    const auto era = era_of(b.time);
    const bool turns = era != w_.s->staking_era();
    expected_.clear();
    if (b.height > 1) {
      b.signers = some_signers(b.height - 1);
      note_signers(b);
    }
    if (random_.below(12) == 0)
      refuse_another(b);
    end_of_term(b.height);
    std::vector<errc> answers;
    if (!turns) // what stands at an election is what stands after its block
      for (auto count = random_.below(4); count > 0; --count)
        add_call(b, answers);
    w_.make(b);
    check_answers(answers);
    for (const auto& x : w_.events<event::stake_ended>())
      o_.keys.erase(x.stash);
    if (turns)
      elected(era, b.height);
    check_slashed();
    o_.note_author(era, b.proposer);
    CHECK(w_.events<event::validators_reported>() == expected_);
    check_fractions();
    check_mirror();
    if (b.height % 16 == 0)
      check_all();
  }

  /// The block by somebody who is not in office, or signed for by too few.
  void refuse_another(ledger::block b) {
    const auto& office = o_.at(b.height)->members;
    const auto& x = someone();
    if (std::ranges::find(office, x.id, &committee_member::stash) == office.end()) {
      b.proposer = x.id;
      ++seen_.strangers;
      return w_.refuse(b, "no validator in office");
    }
    if (b.height == 1)
      return;
    std::uint64_t all = 0, some = 0;
    const auto& members = o_.at(b.height - 1)->members;
    for (const auto& m : members)
      all += m.weight;
    b.signers.clear();
    for (std::uint32_t i = 0; i < members.size(); ++i)
      if (random_.below(2) == 0 && 3 * (some + members[i].weight) <= 2 * all) {
        b.signers.push_back(i);
        some += members[i].weight;
      }
    ++seen_.no_quorum;
    w_.refuse(b, "no quorum");
  }

  timestamp next_time() {
    const auto next =
        epoch + w_.s->rules().era * static_cast<std::int64_t>(w_.s->staking_era() + 1);
    switch (random_.below(9)) {
    case 0:
      return next;
    case 1:
      return next + duration{1 + static_cast<int>(random_.below(1'000'000))};
    case 2:
      return random_.below(6) == 0
                 ? next + w_.s->rules().era * (1 + static_cast<int>(random_.below(9)))
                 : next;
    default:
      return std::min(w_.now + duration{1 + static_cast<int>(random_.below(1'000'000))},
                      std::max(next - duration{1}, w_.now + duration{1}));
    }
  }

  [[nodiscard]] std::uint64_t era_of(timestamp t) const {
    return static_cast<std::uint64_t>((t - epoch) / w_.s->rules().era);
  }

  /// A quorum; the lazy ones are seldom in it.
  std::vector<std::uint32_t> some_signers(std::uint64_t height) {
    const auto& all = o_.at(height)->members;
    std::uint64_t weight = 0;
    for (const auto& m : all)
      weight += m.weight;
    auto left = weight;
    std::set<std::uint32_t> away;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const bool lazy = all[i].stash.value[0] % 2 == 0;
      if (random_.below(10) < (lazy ? 7u : 2u) && 3 * (left - all[i].weight) > 2 * weight) {
        away.insert(i);
        left -= all[i].weight;
      }
    }
    std::vector<std::uint32_t> list;
    for (std::uint32_t i = 0; i < all.size(); ++i)
      if (!away.contains(i))
        list.push_back(i);
    return list;
  }

  void note_signers(const ledger::block& b) {
    auto& who_signed = o_.signed_by[b.height - 1];
    for (const auto place : b.signers)
      who_signed.insert(o_.at(b.height - 1)->members[place].stash);
  }

  /// Before the block's deadlines: its era is that of the block before.
  void end_of_term(std::uint64_t height) {
    if (height == 1 || o_.at(height)->first != height)
      return;
    const auto& t = *o_.at(height - 1);
    seen_.one_height += t.first + 1 == height ? 1 : 0;
    if (!o_.kept(t.era, w_.s->staking_era())) {
      ++seen_.dropped_in_office;
      return;
    }
    auto& e = o_.eras.at(t.era);
    std::vector<account_id> fresh;
    for (const auto& id : o_.absent_before(height))
      if (!e.absent.contains(id))
        fresh.push_back(id);
    if (!fresh.empty())
      expect_report(t.era, validator_offence::unresponsive, fresh);
  }

  void expect_report(std::uint64_t era, validator_offence kind,
                     const std::vector<account_id>& fresh) {
    const auto ppb = o_.report(era, kind, fresh);
    const auto& e = o_.eras.at(era);
    const auto& all = kind == validator_offence::equivocation ? e.equivocated : e.absent;
    expected_.push_back({kind, era, fresh, static_cast<std::uint32_t>(all.size()), ppb});
    if (kind == validator_offence::equivocation) {
      ++seen_.equivocated;
      seen_.raised += all.size() > 1 ? 1 : 0;
    } else {
      ++seen_.absent;
      seen_.absent_slashed += ppb > 0 ? 1 : 0;
    }
  }

  /// Who stands behind whom after the block, which brought no calls, is what was voted on.
  void elected(std::uint64_t era, std::uint64_t height) {
    std::vector<stake_view> stakes;
    for (const auto& x : people_)
      if (auto view = w_.s->stake_of(x.id))
        stakes.push_back(std::move(*view));
    const bool any = o_.elect(era, height, std::move(stakes), w_.g.founding->election);
    REQUIRE(w_.s->era(era).has_value() == any);
    ++(any ? seen_.elections : seen_.nobody);
  }

  // --- calls ---

  void add_call(ledger::block& b, std::vector<errc>& answers) {
    const auto put = [&](const who& by, ledger::call c) {
      for (const auto& x : b.batches)
        if (x.batch.signer == by.id)
          return; // one batch of each
      b.batches.push_back(w_.batch_of(*w_.s, by, std::move(c)));
      answers.push_back(errc::wrong_state); // nothing is expected of it
    };
    const auto& x = someone();
    switch (random_.below(14)) {
    case 0:
      return put(validator(), chill{});
    case 1:
    case 2:
    case 3:
      return put(validator(), run_validator{100'000, false});
    case 4:
      return put(x, stake{x.id, amount::ainu(500 + random_.below(20'000)), {}});
    case 5:
      return put(x, run_validator{150'000, false});
    case 6: {
      nominate c;
      for (const auto& v : w_.v)
        if (random_.below(3) == 0)
          c.targets.push_back(v.id);
      return put(w_.n[random_.below(2)], c);
    }
    case 7:
      return put(x, unstake{amount::ainu(1 + random_.below(3'000))});
    case 8:
      return put(x, stake_more{amount::ainu(1 + random_.below(2'000))});
    case 9:
      return put(x, withdraw_unstaked{});
    case 10: {
      const auto& v = validator();
      const auto view = w_.s->stake_of(v.id);
      return put(v, unstake{view ? view->active : amount{1}});
    }
    case 11:
      return put_key(b, answers);
    default:
      if (random_.below(3) == 0)
        put_report(b, answers);
    }
  }

  void put_key(ledger::block& b, std::vector<errc>& answers) {
    const auto& v = random_.below(3) == 0 ? someone() : validator();
    for (const auto& x : b.batches)
      if (x.batch.signer == v.id)
        return;
    const auto secret = seed_of(static_cast<std::uint8_t>(random_.below(100) + 150));
    const auto c = w_.new_key(v, secret);
    secrets_[c.key] = secret;
    const bool good = random_.below(4) != 0;
    b.batches.push_back(w_.batch_of(*w_.s, v, good ? c : w_.new_key(self_keyed(99), secret)));
    const bool stakes = w_.s->stake_of(v.id).has_value();
    answers.push_back(!stakes ? errc::not_controller : good ? errc::ok : errc::bad_key_proof);
    if (stakes && good)
      o_.keys[v.id] = c.key;
  }

  void put_report(ledger::block& b, std::vector<errc>& answers) {
    for (const auto& x : b.batches)
      if (x.batch.signer == w_.council.id)
        return;
    committee_oracle::evidence x;
    x.height =
        random_.below(12) == 0
            ? b.height + random_.below(4)
            : b.height - std::min(b.height - 1, random_.below(random_.below(4) == 0 ? 60 : 8));
    const auto* t = o_.at(x.height);
    x.of =
        random_.below(6) == 0 ? someone().id : t->members[random_.below(t->members.size())].stash;
    const auto m = std::ranges::find(t->members, x.of, &committee_member::stash);
    x.key = m != t->members.end() && random_.below(6) != 0 ? m->key
                                                           : std::next(secrets_.begin())->first;
    x.contradicts = random_.below(8) != 0;
    statement one{static_cast<statement_kind>(random_.below(3)), x.height,
                  static_cast<round_number>(random_.below(3)), no_round, digest("a block")};
    auto other = one;
    if (x.contradicts)
      other.value = digest("another block");
    else
      ++other.round;
    const auto key = key_of_seed(secrets_.at(x.key));
    const auto expected = o_.answer(x, b.height, w_.s->staking_era());
    b.batches.push_back(
        w_.batch_of(*w_.s, w_.council,
                    report_equivocation{sign_statement(w_.s->chain(), one, x.of, key),
                                        sign_statement(w_.s->chain(), other, x.of, key)}));
    answers.push_back(expected);
    ++seen_.answers[expected];
    if (expected == errc::ok)
      expect_report(t->era, validator_offence::equivocation, {x.of});
  }

  // --- checks ---

  void check_answers(const std::vector<errc>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      REQUIRE(w_.last.batches[i].status == errc::ok);
      if (answers[i] != errc::wrong_state)
        CHECK(w_.last.batches[i].entries[0] == answers[i]);
    }
  }

  /// Only offenders, and who stood behind them, lose stake.
  void check_slashed() {
    for (const auto& x : w_.events<event::stake_slashed>()) {
      ++seen_.slashed;
      CHECK(o_.pays(x.stash));
    }
  }

  void check_fractions() {
    for (const auto& [era, e] : o_.eras) {
      const auto view = w_.s->era(era);
      REQUIRE(view.has_value() == o_.kept(era, w_.s->staking_era()));
      if (!view)
        continue;
      for (const auto& x : view->validators) {
        const auto ppb = e.ppb.find(x.validator);
        CHECK(x.slash_ppb == (ppb == e.ppb.end() ? 0 : ppb->second));
        const auto points = e.points.find(x.validator);
        CHECK(x.points == (points == e.points.end() ? 0 : points->second));
      }
    }
  }

  void check_mirror() {
    const auto& b = w_.blocks.back();
    if (random_.below(6) == 0) {
      auto wrong = b;
      wrong.hash.value[0] ^= 1;
      const auto before = mirror_.state_hash();
      REQUIRE_FALSE(mirror_.apply(wrong, signatures::trusted).has_value());
      REQUIRE(mirror_.state_hash() == before);
    }
    const auto done = mirror_.apply(b, signatures::trusted);
    REQUIRE_MESSAGE(done, (done ? "" : done.error().to_string()));
    CHECK(done->tables == w_.last.tables);
    CHECK(done->events == w_.last.events);
    if (random_.below(20) == 0)
      mirror_ = validator_world::restored(mirror_.snapshot());
  }

  /// Everything that is known of every height.
  void check_all() {
    REQUIRE(mirror_.state_hash() == w_.s->state_hash());
    const auto audit = w_.s->audit();
    REQUIRE_MESSAGE(audit, (audit ? "" : audit.error().to_string()));
    const auto height = w_.s->height();
    const auto* office = o_.at(height);
    for (std::uint64_t h = 0; h <= height + 3; ++h) {
      const auto* t = o_.at(h);
      const bool known = t != nullptr && h <= height + 2 &&
                         (t->first >= office->first || o_.kept(t->era, w_.s->staking_era()));
      const auto c = w_.s->committee_of(h);
      REQUIRE(c.has_value() == known);
      if (known)
        CHECK(*c == committee{t->era, t->first, t->members});
    }
  }

  rng random_;
  validator_world w_;
  state mirror_;
  committee_oracle o_;
  committee_sights& seen_;
  std::vector<who> people_;
  std::map<byte_array<32>, byte_array<32>> secrets_; ///< by public key
  std::vector<event::validators_reported> expected_; ///< of the block at work
};

} // namespace

TEST_CASE("simulation of validators: any absences, candidates and reports over many eras") {
  std::uint64_t first = 1, last = 200u * static_cast<unsigned>(count_factor());
  const auto* told = std::getenv("AINUR_LEDGER_SEED"); // NOLINT(concurrency-mt-unsafe)
  if (told != nullptr)
    first = last = std::strtoull(told, nullptr, 10);
  committee_sights seen;
  for (auto seed = first; seed <= last; ++seed) {
    INFO("replay with AINUR_LEDGER_SEED=" << seed
                                          << " ledger_test -tc='simulation of validators*'");
    committee_simulation{seed, seen}.run(160);
  }
  if (told != nullptr)
    return;
  seen.check();
}
