// Group commit: order, bounds, and who is told what.
#include <deque>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "ainur/store/group_commit.hpp"
#include "ainur/store/journal.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::text;

namespace {

constexpr writer_id alice{1};
constexpr writer_id bob{2};

write_set sized(std::size_t bytes_in_value) {
  write_set out;
  out.put(1, text("k"), bytes(bytes_in_value, 'x'));
  return out;
}

write_set record(std::uint64_t journal, std::uint64_t sequence) {
  write_set out;
  out.append({journal}, sequence, text("r"));
  return out;
}

instant at_us(std::int64_t t) {
  return instant_at(t);
}

} // namespace

TEST_CASE("what waits while a batch is out goes into the next, in order") {
  group_committer group;
  REQUIRE(group.add(alice, 1, sized(1), at_us(0)));
  const auto first = group.flush(at_us(0));
  REQUIRE(first);
  CHECK(first->size() == 1);
  CHECK(group.batch_is_out());
  REQUIRE(group.add(bob, 7, sized(2), at_us(1)));
  REQUIRE(group.add(alice, 2, sized(3), at_us(2)));
  CHECK_FALSE(group.flush(at_us(9), true));
  CHECK_FALSE(group.wake_at());
  auto told = group.committed({});
  REQUIRE(told.size() == 1);
  CHECK(told[0].writer == alice);
  CHECK(told[0].ticket == 1);
  CHECK(told[0].outcome.has_value());
  const auto second = group.flush(at_us(10));
  REQUIRE(second);
  REQUIRE(second->size() == 2);
  CHECK((*second)[0] == sized(2));
  CHECK((*second)[1] == sized(3));
  told = group.committed({});
  REQUIRE(told.size() == 2);
  CHECK(told[0].writer == bob);
  CHECK(told[0].ticket == 7);
  CHECK(told[1].ticket == 2);
  CHECK(group.waiting_count() == 0);
  CHECK(group.waiting_bytes() == 0);
  CHECK_FALSE(group.flush(at_us(11), true));
}

TEST_CASE("the first waits for company, unless idle or the batch is large") {
  group_options options;
  options.delay = duration{100};
  options.batch_count_max = 3;
  group_committer group{options};
  REQUIRE(group.add(alice, 1, sized(1), at_us(50)));
  CHECK(group.wake_at() == at_us(150));
  CHECK_FALSE(group.flush(at_us(149)));
  CHECK(group.flush(at_us(150)));
  CHECK(group.committed({}).size() == 1);
  REQUIRE(group.add(alice, 2, sized(1), at_us(200)));
  CHECK(group.flush(at_us(200), true));
  CHECK(group.committed({}).size() == 1);
  for (std::uint64_t i = 3; i <= 6; ++i)
    REQUIRE(group.add(alice, i, sized(1), at_us(300)));
  CHECK(group.wake_at() == at_us(300));
  const auto batch = group.flush(at_us(300));
  REQUIRE(batch);
  CHECK(batch->size() == 3);
  CHECK(group.committed({}).size() == 3);
  CHECK(group.wake_at() == at_us(400));
}

TEST_CASE("batches are cut by bytes, and one over-large set goes alone") {
  group_options options;
  options.batch_bytes_max = 1000;
  group_committer group{options};
  for (const std::size_t size : {300u, 300u, 5000u, 300u})
    REQUIRE(group.add(alice, size, sized(size), at_us(0)));
  for (const std::size_t expected : {2u, 1u, 1u}) {
    const auto batch = group.flush(at_us(0));
    REQUIRE(batch);
    CHECK(batch->size() == expected);
    CHECK(group.committed({}).size() == expected);
  }
  CHECK_FALSE(group.flush(at_us(0)));
}

TEST_CASE("a full queue refuses and leaves the set with its owner") {
  group_options options;
  options.waiting_bytes_max = 1000;
  options.waiting_count_max = 3;
  group_committer group{options};
  auto large = sized(5000);
  REQUIRE(group.add(alice, 1, std::move(large), at_us(0))); // one always fits
  auto refused = sized(10);
  CHECK(group.add(alice, 2, std::move(refused), at_us(0)).error().is(errc::full));
  // NOLINTNEXTLINE(bugprone-use-after-move): a refusal hands it back
  CHECK(refused == sized(10));
  CHECK(group.waiting_count() == 1);
  REQUIRE(group.flush(at_us(0)));
  for (std::uint64_t i = 2; i <= 4; ++i)
    REQUIRE(group.add(alice, i, sized(1), at_us(0)));
  CHECK(group.add(alice, 5, sized(1), at_us(0)).error().is(errc::full));
}

TEST_CASE("a failed store fails the batch and what its writers have waiting") {
  group_committer group;
  REQUIRE(group.add(alice, 1, sized(1), at_us(0)));
  REQUIRE(group.flush(at_us(0)));
  REQUIRE(group.add(alice, 2, sized(1), at_us(0)));
  REQUIRE(group.add(bob, 1, sized(1), at_us(0)));
  const auto told = group.committed(fail(errc::disk_full));
  REQUIRE(told.size() == 2);
  CHECK(told[0].outcome.error().is(errc::disk_full));
  CHECK(told[1].writer == alice);
  CHECK(told[1].ticket == 2);
  CHECK(told[1].outcome.error().is(errc::writer_failed));
  CHECK(group.add(alice, 3, sized(1), at_us(1)).error().is(errc::writer_failed));
  const auto next = group.flush(at_us(1));
  REQUIRE(next);
  CHECK(next->size() == 1);
  CHECK(group.committed({})[0].writer == bob);
  group.reset(alice);
  CHECK(group.add(alice, 4, sized(1), at_us(2)));
  CHECK(group.waiting_bytes() == sized(1).size_bytes());
}

TEST_CASE("one bad set fails its writer only") {
  memory_store where;
  group_committer group;
  REQUIRE(group.add(alice, 1, record(1, 1), at_us(0)));
  REQUIRE(group.add(bob, 1, record(2, 5), at_us(0))); // a gap
  REQUIRE(group.add(alice, 2, record(1, 2), at_us(0)));
  REQUIRE(group.add(bob, 2, record(2, 6), at_us(0)));
  std::vector<group_committer::completion> told;
  while (const auto batch = group.flush(at_us(0)))
    for (auto& done : group.committed(where.commit(*batch)))
      told.push_back(std::move(done));
  REQUIRE(told.size() == 4);
  CHECK(extent_of(*test::view_of(where), {1}).value().last() == 2);
  CHECK(extent_of(*test::view_of(where), {2}).value().last() == 0);
  for (const auto& done : told) {
    if (done.writer == alice)
      CHECK(done.outcome.has_value());
    else if (done.ticket == 1)
      CHECK(done.outcome.error().is(errc::sequence_gap));
    else
      CHECK(done.outcome.error().is(errc::writer_failed));
  }
}

TEST_CASE("every set is answered once, in its writer's order, whatever fails") {
  for (int run = 0; run < 30 * test::count_factor(); ++run) {
    CAPTURE(run);
    rng random{static_cast<std::uint64_t>(run)};
    memory_store where;
    group_options options;
    options.batch_count_max = 4;
    options.batch_bytes_max = 300;
    options.waiting_count_max = 9;
    options.delay = duration{5};
    group_committer group{options};

    struct writer {
      std::deque<std::uint64_t> open; // tickets not answered
      std::uint64_t decided = 0;      // last record given away
      std::uint64_t durable = 0;
      bool failed = false;
    };

    std::map<writer_id, writer> writers;
    const auto take = [&](const std::vector<group_committer::completion>& told) {
      for (const auto& done : told) {
        auto& w = writers[done.writer];
        REQUIRE_FALSE(w.open.empty());
        CHECK(w.open.front() == done.ticket);
        w.open.pop_front();
        if (done.outcome) {
          CHECK_FALSE(w.failed);
          w.durable = done.ticket;
        } else {
          w.failed = true;
        }
      }
    };
    std::optional<group_committer::batch> out;
    for (std::int64_t step = 0; step < 300; ++step) {
      const writer_id id{random.below(3) + 1};
      auto& w = writers[id];
      if (w.failed && w.open.empty()) {
        group.reset(id);
        w.failed = false;
        w.decided = extent_of(*test::view_of(where), {id.value}).value().last();
        CHECK(w.decided == w.durable);
      }
      // Now and then a writer miscounts.
      const auto sequence = w.decided + (random.chance_ppm(50'000) ? 2 : 1);
      if (group.add(id, sequence, record(id.value, sequence), at_us(step))) {
        CHECK_FALSE(w.failed);
        w.open.push_back(sequence);
        w.decided = sequence;
      }
      if (!out)
        out = group.flush(at_us(step), random.chance_ppm(100'000));
      if (out && random.chance_ppm(400'000)) {
        const bool full = random.chance_ppm(50'000);
        take(group.committed(full ? result<void>{fail(errc::disk_full)} : where.commit(*out)));
        out.reset();
      }
    }
    while (out || (out = group.flush(at_us(1000)))) {
      take(group.committed(where.commit(*out)));
      out.reset();
    }
    for (const auto& [id, w] : writers) {
      CHECK(w.open.empty());
      CHECK(extent_of(*test::view_of(where), {id.value}).value().last() == w.durable);
    }
  }
}
