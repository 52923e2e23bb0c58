// Persistent cores: acknowledged is durable, in order, once; recovery from snapshot and journal.
#include <map>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "ainur/store/persistent.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::text;
using test::view_of;

namespace {

/// An account that may not go below zero; the log shows what was applied, in order.
struct purse {
  struct change {
    std::int64_t by = 0;
    AINUR_FIELDS(change, by)
  };

  struct changed {
    std::int64_t by = 0;
    std::int64_t balance = 0;
    AINUR_FIELDS(changed, by, balance)
  };

  struct outcome {
    bool accepted = false;
    std::int64_t balance = 0;
    AINUR_FIELDS(outcome, accepted, balance)
  };

  using command = change;
  using event = changed;
  using reply = outcome;

  [[nodiscard]] decision<changed, outcome> decide(const change& c, timestamp) const {
    if (balance + c.by < 0)
      return {{}, {false, balance}};
    return {{{c.by, balance + c.by}}, {true, balance + c.by}};
  }

  void apply(const changed& e) {
    balance = e.balance;
    log.push_back(e.by);
  }

  std::int64_t balance = 0;
  std::vector<std::int64_t> log;
  AINUR_FIELDS(purse, balance, log)
};

/// The same with a snapshot form of its own.
struct counter {
  using command = std::uint64_t;
  using event = std::uint64_t;
  using reply = std::uint64_t;

  [[nodiscard]] decision<event, reply> decide(const command& c, timestamp) const {
    return {{c}, sum + c};
  }

  void apply(const event& e) { sum += e; }

  [[nodiscard]] bytes to_snapshot() const { return codec::encode(sum); }

  [[nodiscard]] static result<counter> from_snapshot(bytes_view raw) {
    auto sum = codec::decode<std::uint64_t>(raw);
    if (!sum)
      return fail(sum.error());
    return counter{*sum};
  }

  std::uint64_t sum = 0;
};

static_assert(persistent_state<purse> && persistent_state<counter>);

using core = persistent_core<purse>;

const auto alice = sender_named("alice");
const auto bob = sender_named("bob");
const auto now = timestamp_at(1'000'000);

persistent_options options_with(std::uint64_t snapshot_every = 0) {
  persistent_options out;
  out.journal = {5};
  out.snapshot_every = snapshot_every;
  return out;
}

core recovered(const backend& where, const persistent_options& options) {
  auto out = core::recover(*view_of(where), options);
  if (!out)
    FAIL(out.error().to_string());
  return std::move(*out);
}

/// Handles and commits at once.
core::outputs run(core& c, backend& where, const command_id& id, std::int64_t by) {
  auto out = c.handle(id, {by}, now);
  if (!out.write)
    return out;
  REQUIRE(where.commit(out.write->set));
  return c.committed(out.write->ticket);
}

} // namespace

TEST_CASE("a command is answered only after its commit, with what was decided") {
  memory_store where;
  auto c = recovered(where, options_with());
  auto out = c.handle({alice, 1}, {5}, now);
  REQUIRE(out.write);
  CHECK(out.releases.empty());
  CHECK(out.refusals.empty());
  CHECK(c.state().balance == 5); // the working state is ahead
  CHECK(c.in_flight() == 1);
  REQUIRE(where.commit(out.write->set));
  out = c.committed(out.write->ticket);
  REQUIRE(out.releases.size() == 1);
  CHECK(out.releases[0].events == std::vector<purse::changed>{{5, 5}});
  REQUIRE(out.releases[0].answers.size() == 1);
  CHECK(out.releases[0].answers[0].to == command_id{alice, 1});
  CHECK(out.releases[0].answers[0].content == purse::outcome{true, 5});
  CHECK_FALSE(out.releases[0].answers[0].repeated);
  CHECK(c.in_flight() == 0);
}

TEST_CASE("commands are decided on events that are not durable yet") {
  memory_store where;
  auto c = recovered(where, options_with());
  const auto first = c.handle({alice, 1}, {5}, now);
  const auto second = c.handle({bob, 1}, {-4}, now); // possible only after the first
  const auto third = c.handle({bob, 2}, {-4}, now);  // and this one no more
  CHECK(c.state().balance == 1);
  // In one commit, answered in order; a refusal waits as well, for it tells of the others.
  const std::vector<write_set> all{first.write->set, second.write->set, third.write->set};
  REQUIRE(where.commit(std::span<const write_set>{all}));
  CHECK(c.committed(1).releases[0].answers[0].content == purse::outcome{true, 5});
  CHECK(c.committed(2).releases[0].answers[0].content == purse::outcome{true, 1});
  const auto last = c.committed(3);
  CHECK(last.releases[0].answers[0].content == purse::outcome{false, 1});
  CHECK(last.releases[0].events.empty());
}

TEST_CASE("a command delivered twice acts once and is answered the same") {
  memory_store where;
  auto c = recovered(where, options_with());
  run(c, where, {alice, 1}, 5);
  run(c, where, {alice, 2}, 7);
  const auto again = c.handle({alice, 1}, {5}, now);
  CHECK_FALSE(again.write);
  REQUIRE(again.releases.size() == 1);
  CHECK(again.releases[0].record == 0);
  CHECK(again.releases[0].events.empty());
  CHECK(again.releases[0].answers[0].content == purse::outcome{true, 5});
  CHECK(again.releases[0].answers[0].repeated);
  CHECK(c.state().balance == 12);
  // Also after recovery, and also for one that was refused by the state.
  run(c, where, {alice, 3}, -100);
  auto after = recovered(where, options_with());
  run(after, where, {alice, 4}, 1000);
  CHECK(after.handle({alice, 3}, {-100}, now).releases[0].answers[0].content ==
        purse::outcome{false, 12});
  CHECK(after.state().balance == 1012);
  CHECK(after.handle({alice, 0}, {1}, now).refusals[0].reason.is(errc::too_old));
}

TEST_CASE("a duplicate of a command under way waits for its commit") {
  memory_store where;
  auto c = recovered(where, options_with());
  const auto first = c.handle({alice, 1}, {5}, now);
  for (int i = 0; i < 3; ++i) {
    const auto again = c.handle({alice, 1}, {5}, now);
    CHECK_FALSE(again.write);
    CHECK(again.releases.empty());
    CHECK(again.refusals.empty());
  }
  REQUIRE(where.commit(first.write->set));
  const auto out = c.committed(1);
  REQUIRE(out.releases[0].answers.size() == 2);
  CHECK(out.releases[0].answers[1].repeated);
  CHECK(out.releases[0].answers[1].content == purse::outcome{true, 5});
  CHECK(c.state().balance == 5);
}

TEST_CASE("after a failed write nothing is answered until recovery") {
  memory_store where;
  auto c = recovered(where, options_with());
  run(c, where, {alice, 1}, 5);
  const auto lost = c.handle({alice, 2}, {7}, now);
  const auto also_lost = c.handle({bob, 1}, {-9}, now);
  REQUIRE(lost.write);
  REQUIRE(also_lost.write);
  const auto out = c.failed(error{errc::disk_full});
  REQUIRE(out.refusals.size() == 2);
  CHECK(out.refusals[0].to == command_id{alice, 2});
  CHECK(out.refusals[0].reason.is(errc::disk_full));
  CHECK(out.refusals[1].to == command_id{bob, 1});
  CHECK(c.must_recover());
  CHECK(c.handle({alice, 3}, {1}, now).refusals[0].reason.is(errc::must_recover));
  CHECK(c.handle({alice, 1}, {5}, now).refusals[0].reason.is(errc::must_recover));
  CHECK(c.committed(2).releases.empty());
  auto after = recovered(where, options_with());
  CHECK(after.state().balance == 5);
  // What was refused may be sent again, under the same number.
  CHECK(run(after, where, {alice, 2}, 7).releases[0].answers[0].content ==
        purse::outcome{true, 12});
}

TEST_CASE("what is under way is bounded, and a refusal changes nothing") {
  memory_store where;
  auto options = options_with();
  options.in_flight_max = 2;
  options.window.senders_max = 1;
  auto c = recovered(where, options);
  (void)c.handle({alice, 1}, {5}, now);
  CHECK(c.handle({bob, 1}, {1}, now).refusals[0].reason.is(errc::full)); // no room for a sender
  (void)c.handle({alice, 2}, {5}, now);
  const auto refused = c.handle({alice, 3}, {5}, now);
  CHECK_FALSE(refused.write);
  CHECK(refused.refusals[0].reason.is(errc::full));
  CHECK(c.state().balance == 10);
  CHECK(c.last_record() == 2);
  options.window.answer_bytes_max = 1;
  auto tight = recovered(memory_store{}, options);
  CHECK(tight.handle({alice, 1}, {5}, now).refusals[0].reason.is(errc::bad_value));
  CHECK(tight.state() == purse{});
}

TEST_CASE("the actor's own commands need no number and get no answer") {
  memory_store where;
  auto c = recovered(where, options_with());
  for (int i = 0; i < 2; ++i) {
    const auto out = run(c, where, {}, 3);
    REQUIRE(out.releases.size() == 1);
    CHECK(out.releases[0].answers.empty());
    CHECK(out.releases[0].events.size() == 1);
  }
  CHECK_FALSE(c.handle({}, {-100}, now).write); // changes nothing, writes nothing
  CHECK(recovered(where, options_with()).state().balance == 6);
}

TEST_CASE("snapshots come every n records, are pruned behind, and give the same state") {
  for (const std::uint64_t every : {1u, 2u, 7u, 100u}) {
    CAPTURE(every);
    memory_store where;
    auto c = recovered(where, options_with(every));
    for (std::uint64_t i = 1; i <= 30; ++i) {
      run(c, where, {alice, i}, static_cast<std::int64_t>(i) - 9);
      const auto again = recovered(where, options_with(every));
      CHECK(again.state() == c.state());
      CHECK(again.last_record() == i);
      CHECK(again.last_snapshot() == c.last_snapshot());
    }
    const auto from = view_of(where);
    const auto newest = 30 / every * every;
    CHECK(c.last_snapshot() == newest);
    const auto older = newest >= 2 * every ? newest - every : 0;
    CHECK(extent_of(*from, {5}).value().first == older + 1);
  }
}

TEST_CASE("a damaged snapshot is replaced by the older one and the records after it") {
  const auto filled = [](std::uint64_t records) {
    auto where = std::make_unique<memory_store>();
    auto c = recovered(*where, options_with(10));
    for (std::uint64_t i = 1; i <= records; ++i)
      run(c, *where, {alice, i}, static_cast<std::int64_t>(i));
    return where;
  };
  // Snapshots stand last in key order.
  for (const std::uint64_t records : {15u, 25u, 47u}) {
    auto where = filled(records);
    const auto sound = recovered(*where, options_with(10));
    const auto count = view_of(*where)->check().value().values;
    REQUIRE(where->flip_bit(count - 1, 200));
    auto repaired = recovered(*where, options_with(10));
    CHECK(repaired.state() == sound.state());
    CHECK(repaired.last_record() == records);
    CHECK(repaired.last_snapshot() < sound.last_snapshot());
    // And it goes on: the next snapshot is sound again.
    for (std::uint64_t i = records + 1; i <= records + 12; ++i)
      run(repaired, *where, {alice, i}, 1);
    CHECK(recovered(*where, options_with(10)).state() == repaired.state());
  }
  // Both damaged, and the records behind them pruned: an error, not a wrong state.
  auto where = filled(47);
  const auto count = view_of(*where)->check().value().values;
  REQUIRE(where->flip_bit(count - 1, 200));
  REQUIRE(where->flip_bit(count - 2, 200));
  CHECK(core::recover(*view_of(*where), options_with(10)).error().is(errc::damaged));
}

TEST_CASE("a damaged or foreign record stops recovery by name") {
  memory_store where;
  auto c = recovered(where, options_with());
  for (std::uint64_t i = 1; i <= 5; ++i)
    run(c, where, {alice, i}, 1);
  write_set foreign;
  foreign.append({5}, 6, text("not a record"));
  REQUIRE(where.commit(foreign));
  const auto found = core::recover(*view_of(where), options_with());
  REQUIRE_FALSE(found);
  CHECK(found.error().is(errc::bad_value));
  CHECK(found.error().detail().find("record 6") != std::string::npos);
}

TEST_CASE("random bytes as records or snapshots never crash recovery") {
  rng random{31};
  memory_store source;
  auto c = recovered(source, options_with(3));
  for (std::uint64_t i = 1; i <= 4; ++i)
    run(c, source, {alice, i}, 1);
  const auto from = view_of(source);
  const auto record = read_journal(*from, {5}, 4).value()[0].content;
  const auto state = snapshot_of(*from, {5}).value()->state;
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto mutate = [&random](bytes content) {
      for (auto n = random.below(4); n > 0; --n)
        content[random.below(content.size())] = static_cast<std::uint8_t>(random.next());
      if (random.chance_ppm(200'000))
        content.resize(random.below(content.size()) + 1);
      return content;
    };
    memory_store where;
    write_set set;
    for (std::uint64_t s = 1; s <= 3; ++s)
      set.append({5}, s, mutate(record));
    set.prune({5}, 2);
    set.snapshot({5}, 3, mutate(state));
    set.append({5}, 4, mutate(record));
    REQUIRE(where.commit(set));
    if (auto loaded = core::recover(*view_of(where), options_with(3)))
      (void)loaded->handle({alice, 4}, {1}, now);
    else
      ++refused;
  }
  CHECK(refused > 1000);
}

TEST_CASE("a state with its own snapshot form recovers too") {
  memory_store where;
  auto c = persistent_core<counter>::recover(*view_of(where), options_with(4)).value();
  for (std::uint64_t i = 1; i <= 10; ++i) {
    auto out = c.handle({alice, i}, i, now);
    REQUIRE(where.commit(out.write->set));
    CHECK(c.committed(i).releases[0].answers[0].content == i * (i + 1) / 2);
  }
  CHECK(persistent_core<counter>::recover(*view_of(where), options_with(4)).value().state().sum ==
        55);
}

namespace {

/// A client that sends its commands in order, again after every restart until answered; and a core
/// whose store crashes at one effect. Nothing is acted on twice or lost.
void exactly_once(std::uint64_t crash_at, std::uint64_t survivors, std::uint64_t seed_value) {
  CAPTURE(crash_at);
  CAPTURE(survivors);
  rng random{seed_value};
  memory_store where{{true, ~std::uint64_t{0}, true}};
  where.set_faults({crash_at, survivors});
  constexpr std::uint64_t total = 12;
  std::map<std::uint64_t, purse::outcome> answers;
  const auto options = options_with(3);
  for (int life = 0; life < 2; ++life) {
    auto c = recovered(where, options);
    // What was answered before is in the state.
    CHECK(c.last_record() >= answers.size());
    std::uint64_t next = answers.size() + 1;
    bool down = false;
    while (!down && answers.size() < total) {
      // Some commands decided together, some of them delivered twice.
      std::vector<write_set> sets;
      std::vector<std::uint64_t> tickets;
      std::vector<core::release> released;
      for (auto n = random.below(3) + 1; n > 0 && next <= total; --n, ++next)
        for (auto times = random.below(2) + 1; times > 0; --times) {
          auto out = c.handle({alice, next}, {static_cast<std::int64_t>(next)}, now);
          CHECK(out.refusals.empty());
          if (out.write) {
            sets.push_back(std::move(out.write->set));
            tickets.push_back(out.write->ticket);
          }
          for (auto& r : out.releases)
            released.push_back(std::move(r));
        }
      if (!sets.empty()) {
        if (const auto done = where.commit(std::span<const write_set>{sets}); !done) {
          (void)c.failed(done.error());
          down = true;
          break;
        }
        for (const auto ticket : tickets)
          for (auto& r : c.committed(ticket).releases)
            released.push_back(std::move(r));
      }
      for (const auto& r : released)
        for (const auto& a : r.answers) {
          const auto [known, is_new] = answers.emplace(a.to.sequence, a.content);
          CHECK(known->second == a.content);
        }
    }
    if (down)
      where.restart();
  }
  CHECK(answers.size() == total);
  const auto end = recovered(where, options);
  std::vector<std::int64_t> once;
  for (std::int64_t i = 1; i <= static_cast<std::int64_t>(total); ++i)
    once.push_back(i);
  CHECK(end.state().log == once);
}

} // namespace

TEST_CASE("a crash at every effect: acknowledged is kept, in order, and acts once") {
  std::uint64_t effects = 0;
  for (std::uint64_t seed_value = 0; seed_value < 3u * test::count_factor(); ++seed_value)
    for (std::uint64_t at = 1; at <= 60; ++at)
      for (const std::uint64_t survivors : {0u, 2u, 1000u}) {
        exactly_once(at, survivors, seed_value);
        ++effects;
      }
  CHECK(effects >= 540);
}
