// Seeded simulations: many accounts, every call (sensible and senseless), time jumps, blocks of
// many batches. At every block: books agree, money is where a slow model of it says, and a second
// ledger that only replays the blocks stays equal.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "ainur/base/rng.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/orchestration/standing.hpp"
#include "support/property.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// Follows the events only: what a projection or an orchestrator can know.
struct follower {
  std::map<account_id, std::uint16_t> score;
  std::map<task_id, int> finals;
  std::map<task_id, amount> paid;
  std::map<std::pair<task_id, std::uint16_t>, std::pair<amount, amount>> running; ///< pay, fee
  std::uint64_t opened = 0;
  std::set<std::size_t> kinds; ///< of events
  std::set<outcome_cause> causes;
  std::set<std::size_t> carried_out; ///< calls that succeeded at least once

  void see(const applied& block) {
    for (const auto& e : block.events) {
      kinds.insert(e.index());
      std::visit([this](const auto& x) { on(x); }, e);
    }
  }

  void on(const event::task_opened&) { ++opened; }

  void on(const event::task_final& e) {
    ++finals[e.task];
    CHECK(e.paid == paid[e.task]);
  }

  void on(const event::outcome& e) {
    causes.insert(e.cause);
    score[e.agent] = e.score_after;
    paid[e.task] = paid[e.task].saturating_plus(e.paid);
    const auto [pay, fee] = running[{e.task, e.subtask}];
    CHECK((e.paid >= pay && e.fee >= fee && e.paid <= e.price));
    running.erase({e.task, e.subtask});
  }

  void advance(const task_id& task, std::uint16_t subtask, amount pay, amount fee) {
    auto& [pay_sum, fee_sum] = running[{task, subtask}];
    pay_sum = pay_sum.saturating_plus(pay);
    fee_sum = fee_sum.saturating_plus(fee);
    // Fees are those of the sum: no part rounds for itself.
    CHECK(fee_sum == pay_sum.times(10'000, 1'000'000));
  }

  void on(const event::part_released& e) { advance(e.task, e.subtask, e.paid, e.fee); }

  void on(const event::stream_drawn& e) {
    advance(e.task, e.subtask, e.paid, e.fee);
    CHECK((e.paid_so_far == running[{e.task, e.subtask}].first));
  }

  void on(const event::bond_changed& e) { score[e.account] = e.score; }

  void on(const event::slashed& e) { score[e.account] = e.score_after; }

  void on(const event::slash_ended& e) { score[e.account] = e.score_after; }

  template <class Other>
  void on(const Other&) {}
};

class simulation {
public:
  explicit simulation(std::uint64_t seed) : seed_(seed), random_(seed), w_(rules_of(seed)) {
    people_ = {w_.host,         w_.client, w_.rival, w_.council,
               w_.orchestrator, w_.agent,  w_.other, w_.poor};
    people_.insert(people_.end(), w_.arbiters.begin(), w_.arbiters.end());
    for (std::uint64_t i = 10; i < 14; ++i)
      people_.push_back(hosted_by(w_.host, i));
    auto mirror = state::restore(w_.s->snapshot());
    REQUIRE(mirror.has_value());
    mirror_.emplace(std::move(*mirror));
    standing_.begin(w_.g);
  }

  follower run(int blocks) {
    for (int i = 0; i < blocks; ++i)
      step();
    finish();
    return follower_;
  }

private:
  static bool fades(std::uint64_t seed) { return seed % 4 < 2; }

  static parameters rules_of(std::uint64_t seed) {
    parameters p;
    p.sweep_max = seed % 3 == 0 ? 2 : 20'000;
    p.fee_per_weight = amount{seed % 4 == 0 ? 100u : 0u};
    p.unbonding = hours{seed % 2 == 0 ? 3 : 24 * 28};
    p.appeal_window = hours{seed % 5 == 0 ? 1 : 24 * 7};
    p.settlement.top_up_window = minutes{seed % 2 == 0 ? 0 : 40};
    p.settlement.decay_after_eras = fades(seed) ? 1 : 0;
    p.settlement.decay_per_era = 7;
    p.settlement.decay_floor = 450;
    return p;
  }

  const who& someone() { return people_[random_.below(people_.size())]; }

  task_id some_task() {
    // Mostly recent ones; now and then one that does not exist.
    if (tasks_.empty() || random_.below(20) == 0)
      return task_id{{static_cast<std::uint8_t>(random_.next())}};
    const auto recent = std::min<std::uint64_t>(tasks_.size(), 12);
    return tasks_[tasks_.size() - 1 - random_.below(recent)];
  }

  amount some_money(std::uint64_t ainu) { return amount{random_.below(ainu * 1'000'000)}; }

  amount some_dust() { return amount{random_.below(1'500)}; }

  std::uint16_t subtask() { return static_cast<std::uint16_t>(random_.below(2)); }

  /// Hosted, so that the orchestrator can award to it.
  const who& worker() {
    for (;;)
      if (const auto& w = someone(); w.index || random_.below(10) == 0)
        return w;
  }

  /// Mostly one who was drawn.
  who arbiter(const std::optional<task_view>& view) {
    if (view && random_.below(10) != 0)
      for (const auto& a : view->awards)
        if (!a.arbiters.empty()) {
          const auto& id = a.arbiters[random_.below(a.arbiters.size())];
          for (const auto& p : people_)
            if (p.id == id)
              return p;
        }
    return someone();
  }

  /// Mostly a task for which a call of this kind makes sense.
  task_id task_for(std::uint64_t kind) {
    for (int tries = 0; tries < 12; ++tries) {
      const auto view = w_.s->task(some_task());
      if (!view)
        continue;
      const auto has = [&view](award_status status) {
        return std::any_of(view->awards.begin(), view->awards.end(),
                           [status](const award_view& a) { return a.status == status; });
      };
      if (kind >= 23) {
        if (has(award_status::streaming) || has(award_status::overdrawn))
          return view->task;
        continue;
      }
      if ((kind <= 10 && view->open) || (kind >= 11 && kind <= 14 && has(award_status::working)) ||
          ((kind == 15 || kind == 16) && has(award_status::review)) ||
          (kind >= 17 && kind <= 18 && has(award_status::disputed)) || (kind > 18 && kind < 23))
        return view->task;
    }
    return some_task();
  }

  std::pair<who, ledger::call> next_call() {
    const auto kind = random_.below(26);
    const auto task = task_for(kind);
    const auto view = w_.s->task(task);
    const auto k =
        view && view->subtasks == 1 && random_.below(10) != 0 ? std::uint16_t{0} : subtask();
    const auto agent = [&]() -> who {
      if (view)
        for (const auto& a : view->awards)
          for (const auto& p : people_)
            if (a.subtask == k && a.agent == p.id)
              return p;
      return someone();
    };
    const auto client = random_.below(8) == 0 ? someone() : w_.client;
    // Mostly the part that is the turn of.
    std::uint16_t part = 0;
    if (view)
      for (const auto& a : view->awards)
        if (a.subtask == k && random_.below(10) != 0)
          part = a.part;
    switch (kind) {
    case 0: {
      const auto& from = someone();
      const auto account = w_.s->account(from.id);
      // Now and then all but dust, so that accounts are reaped.
      if (account && random_.below(4) == 0)
        return {from, transfer{w_.client.id, account->free.saturating_minus(some_dust())}};
      return {from, transfer{someone().id, some_money(random_.below(2) == 0 ? 1 : 200)}};
    }
    case 1:
      return {someone(), bond{some_money(150)}};
    case 2:
      if (random_.below(3) == 0)
        return {someone(), rebond{some_money(20)}};
      return {someone(), unbond{some_money(300)}};
    case 3:
      return {someone(), withdraw_unbonded{}};
    case 4:
    case 5:
    case 6: {
      auto c = w_.task_call(some_money(100), client);
      c.reputation_min = static_cast<std::uint16_t>(random_.below(3) * 250);
      c.subtasks = static_cast<std::uint16_t>(1 + random_.below(2));
      c.paid_at_result = random_.below(4) == 0;
      tasks_.push_back(c.task);
      return {client, c};
    }
    case 7:
    case 8:
    case 9:
    case 10: {
      auto c = w_.award_call(task, worker(), some_money(40), k);
      if (random_.below(3) == 0)
        c.lines.push_back(w_.award_call(task, worker(), some_money(40), k ^ 1u).lines[0]);
      for (auto& line : c.lines)
        shape(line);
      c.last = random_.below(3) != 0;
      return {w_.orchestrator, c};
    }
    case 11:
    case 12:
    case 13:
      return {agent(), post_result{task, k, digest("r"), part}};
    case 14:
      return {random_.below(2) == 0 ? agent() : client,
              random_.below(2) == 0
                  ? ledger::call{give_up{task, k}}
                  : ledger::call{void_award{task, k, static_cast<void_cause>(random_.below(4))}}};
    case 15:
      return {client, release{task, k, part}};
    case 16:
      return {w_.client, open_dispute{task, k, part}};
    case 17:
    case 18:
      return {arbiter(view), vote_dispute{task, k, random_.below(2) == 0, part}};
    case 19:
      return {worker(), open_account{someone().id}};
    case 20:
    case 21:
      return offence_call(task, k);
    case 22:
      return money_call();
    default:
      return stream_call(client, task, view, k);
    }
  }

  /// Whole, in parts, or as a stream.
  void shape(award_line& line) {
    switch (random_.below(4)) {
    case 0: {
      auto rest = line.price.micro();
      for (auto more = 1 + random_.below(4); more > 0 && rest > 1; --more) {
        line.parts.push_back(amount{1 + random_.below(rest - 1)});
        rest -= line.parts.back().micro();
      }
      line.parts.push_back(amount{rest});
      break;
    }
    case 1:
      line.rate = amount{1 + random_.below(random_.below(2) == 0 ? 30 : 40'000)};
      if (random_.below(2) == 0)
        line.price = amount{1 + random_.below(30'000)};
      break;
    default:
      break;
    }
  }

  std::pair<who, ledger::call> stream_call(const who& client, const task_id& task,
                                           const std::optional<task_view>& view, std::uint16_t k) {
    auto deposit = some_money(30);
    if (view)
      for (const auto& a : view->awards)
        if (a.subtask == k && random_.below(4) != 0)
          deposit = a.price.saturating_plus(some_money(2));
    switch (random_.below(6)) {
    case 0:
    case 1:
      return {someone(), draw_stream{task, k}};
    case 2:
      return {client, stop_stream{task, k}};
    default:
      return {client, top_up_stream{task, k, deposit}};
    }
  }

  std::pair<who, ledger::call> money_call() {
    switch (random_.below(8)) {
    case 0:
      return {someone(), transfer_all{w_.client.id, random_.below(2) == 0}};
    case 1:
    case 2:
    case 3:
      return {someone(), lock_balance{static_cast<std::uint8_t>(random_.below(3)), some_money(50),
                                      w_.now + hours{1 + random_.below(30)}}};
    case 4:
      return {someone(), burn_money{some_money(2)}};
    default:
      return {random_.below(3) == 0 ? someone() : w_.council,
              mint_money{someone().id, some_money(60)}};
    }
  }

  std::pair<who, ledger::call> offence_call(const task_id& task, std::uint16_t k) {
    if (random_.below(3) == 0)
      return {w_.council, cancel_slash{someone().id, 1 + random_.below(6)}};
    if (random_.below(3) == 0)
      return {someone(), close_task{task}};
    report_offence c;
    c.offender = someone().id;
    c.kind = static_cast<offence>(random_.below(4));
    if (random_.below(2) == 0)
      c.task = task;
    c.subtask = k;
    return {random_.below(2) == 0 ? w_.council : someone(), c};
  }

  void step() {
    const auto target = w_.now + jump();
    // As the owner of a ledger does: a block whenever a deadline has passed.
    for (auto due = w_.s->next_deadline(); prompt() && due && *due < target;
         due = w_.s->next_deadline()) {
      w_.now = std::max(w_.now + duration{1}, *due);
      commit({});
    }
    w_.now = std::max(w_.now + duration{1}, target);
    std::vector<signed_batch> batches;
    std::map<account_id, std::uint64_t> nonces;
    for (auto count = random_.below(6); count > 0; --count) {
      const auto [first, c] = next_call();
      auto x = w_.batch_of(*w_.s, first, c);
      for (auto more = random_.below(4); more > 0; --more) {
        const auto [w, other] = next_call();
        if (w.signer == first.signer || random_.below(10) == 0)
          x.batch.entries.push_back({w.id, w.index, other});
      }
      x.batch.mode = random_.below(3) == 0 ? batch_mode::all : batch_mode::each;
      auto& used = nonces.try_emplace(first.signer, x.batch.nonce).first->second;
      x.batch.nonce = used++;
      batches.push_back(std::move(x));
    }
    commit(std::move(batches));
  }

  duration jump() {
    switch (random_.below(10)) {
    case 0:
      return hours{1 + static_cast<std::int64_t>(random_.below(40))};
    case 1:
      return minutes{1 + static_cast<std::int64_t>(random_.below(90))};
    default:
      return duration{1 + static_cast<std::int64_t>(random_.below(5'000'000))};
    }
  }

  void commit(std::vector<signed_batch> batches) {
    const auto offered = batches;
    auto built = w_.s->build(w_.now, std::move(batches), signatures::trusted);
    REQUIRE(built.has_value());
    const auto& s = *w_.s;
    follower_.see(built->applied);
    for (std::size_t i = 0; i < offered.size(); ++i)
      for (std::size_t k = 0; k < built->applied.batches[i].entries.size(); ++k)
        if (built->applied.batches[i].entries[k] == errc::ok)
          follower_.carried_out.insert(offered[i].batch.entries[k].call.index());
    REQUIRE(s.conserved());
    const auto audit = s.audit();
    REQUIRE_MESSAGE(audit.has_value(), (audit ? "" : audit.error().to_string()));
    standing_.apply(standing_events(built->applied.events));
    if (random_.below(20) == 0) {
      const auto saved = standing_.save(built->applied.height);
      standing_ = orchestration::standing_projection{};
      standing_.begin(w_.g);
      standing_.load(saved);
    }
    for (const auto& p : people_) {
      const auto v = s.account(p.id);
      REQUIRE((!v || v->score <= 1'000));
      const auto* projected = standing_.find(p.id);
      REQUIRE((projected == nullptr ? 0 : projected->score) == (v ? v->score : 0));
      REQUIRE((projected == nullptr ? amount{} : projected->stake) == (v ? v->bonded : amount{}));
      if (fades(seed_))
        continue; // the follower does not know of eras
      if (const auto seen = follower_.score.find(p.id); v && seen != follower_.score.end())
        REQUIRE(v->score == seen->second);
    }
    if (prompt())
      REQUIRE(s.escrows_overdue(hours{1 + 24 + 24} + seconds{1}) == 0);
    // The mirror goes through the log and sometimes through a snapshot.
    const auto b = decode_block(built->record);
    REQUIRE(b.has_value());
    REQUIRE(*b == built->block);
    const auto followed = mirror_->apply(*b, signatures::trusted);
    REQUIRE_MESSAGE(followed.has_value(), (followed ? "" : followed.error().to_string()));
    REQUIRE(followed->events == built->applied.events);
    if (random_.below(10) == 0) {
      REQUIRE(mirror_->state_hash() == s.state_hash());
      auto restored = state::restore(mirror_->snapshot());
      REQUIRE(restored.has_value());
      mirror_.emplace(std::move(*restored));
      REQUIRE(mirror_->state_hash() == s.state_hash());
      REQUIRE(mirror_->next_deadline() == s.next_deadline());
    }
  }

  /// Time alone brings every task to its one final state, and leaves nothing in escrow.
  void finish() {
    for (int i = 0; i < 4'000 && w_.s->next_deadline(); ++i) {
      w_.now = std::max(w_.now + duration{1}, *w_.s->next_deadline());
      commit({});
    }
    const auto totals = w_.s->totals();
    CHECK(totals.escrow == amount{0});
    CHECK(totals.reserved == amount{0});
    CHECK(totals.open_tasks == 0);
    CHECK(follower_.finals.size() == follower_.opened);
    for (const auto& [task, count] : follower_.finals)
      CHECK(count == 1);
  }

  [[nodiscard]] bool prompt() const { return seed_ % 3 == 1; }

  std::uint64_t seed_;
  rng random_;
  world w_;
  std::optional<state> mirror_;
  std::vector<who> people_;
  std::vector<task_id> tasks_;
  follower follower_;
  orchestration::standing_projection standing_;
};

} // namespace

TEST_CASE("simulation: any calls, any jumps of time, 800 seeds") {
  follower all;
  for (std::uint64_t seed = 1; seed <= 800u * static_cast<unsigned>(count_factor()); ++seed) {
    INFO("seed " << seed);
    const auto seen = simulation{seed}.run(120);
    all.kinds.insert(seen.kinds.begin(), seen.kinds.end());
    all.causes.insert(seen.causes.begin(), seen.causes.end());
    all.carried_out.insert(seen.carried_out.begin(), seen.carried_out.end());
  }
  // The seeds reach everything before staking, which has a simulation of its own, as what follows.
  CHECK(all.carried_out.size() == ledger::call{stake{}}.index());
  CHECK(all.kinds.size() == event::any{event::stake_changed{}}.index());
  CHECK(all.causes.size() == static_cast<std::size_t>(outcome_cause::max_value) + 1);
}
