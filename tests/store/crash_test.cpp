// A crash at every write effect, and kill −9 at random instants.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ainur/store/journal.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::text;
using test::view_of;

namespace {

/// Everything a store holds, for comparison.
struct picture {
  std::vector<entry> table;
  journal_extent extent;
  std::vector<journal_record> records;
  std::vector<std::uint64_t> snapshots;
  friend bool operator==(const picture&, const picture&) = default;
};

picture picture_of(const backend& where) {
  const auto from = view_of(where);
  REQUIRE(from->check().has_value());
  picture out{test::dump(*from, 1), extent_of(*from, {1}).value(), {}, {}};
  out.records = read_journal(*from, {1}, out.extent.first).value();
  out.snapshots = snapshots_of(*from, {1}).value();
  return out;
}

/// A history of commits with appends, puts, erasures, snapshots and prunes.
std::vector<write_set> history(std::uint64_t seed_value, int length) {
  rng random{seed_value};
  std::vector<write_set> out;
  std::uint64_t last = 0;
  std::uint64_t snapshot = 0;
  for (int i = 0; i < length; ++i) {
    write_set set;
    for (auto n = random.below(3) + 1; n > 0; --n) {
      ++last;
      set.append({1}, last, text("record " + std::to_string(last)));
      set.put(1, bytes{static_cast<std::uint8_t>(random.below(6) + 1)}, text(std::to_string(last)));
      if (random.chance_ppm(200'000))
        set.erase(1, bytes{static_cast<std::uint8_t>(random.below(6) + 1)});
    }
    if (random.chance_ppm(300'000)) {
      set.snapshot({1}, last, text("state " + std::to_string(last)));
      set.prune({1}, std::exchange(snapshot, last));
    }
    out.push_back(std::move(set));
  }
  return out;
}

/// The pictures after 0, 1, 2, … commits without a fault.
std::vector<picture> expected_pictures(const std::vector<write_set>& sets) {
  memory_store memory;
  std::vector<picture> out{picture_of(memory)};
  for (const auto& set : sets) {
    REQUIRE(memory.commit(set));
    out.push_back(picture_of(memory));
  }
  return out;
}

/// Commits until the crash, restarts, and returns {acknowledged, recovered} in commits.
std::pair<std::size_t, std::size_t> crash_once(const std::vector<write_set>& sets,
                                               const std::vector<picture>& expected, bool synced,
                                               std::uint64_t crash_at, std::uint64_t survivors) {
  memory_store where{{synced, ~std::uint64_t{0}, true}};
  where.set_faults({crash_at, survivors});
  std::size_t acknowledged = 0;
  while (acknowledged < sets.size() && where.commit(sets[acknowledged]))
    ++acknowledged;
  if (!where.has_crashed())
    where.crash();
  CHECK(where.open_view().error().is(errc::crashed));
  CHECK(where.commit(sets[0]).error().is(errc::crashed));
  CHECK(where.sync().error().is(errc::crashed));
  where.restart();
  const auto found = picture_of(where);
  std::optional<std::size_t> recovered;
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (expected[i] == found)
      recovered = i;
  // A whole number of commits, in order: never a part of one.
  REQUIRE(recovered.has_value());
  // And it goes on from there to the same end.
  for (auto i = *recovered; i < sets.size(); ++i)
    REQUIRE(where.commit(sets[i]));
  CHECK(picture_of(where) == expected.back());
  return {acknowledged, *recovered};
}

} // namespace

TEST_CASE("a crash at every effect of a synced store loses nothing acknowledged") {
  for (std::uint64_t seed_value = 0; seed_value < 3u * test::count_factor(); ++seed_value) {
    CAPTURE(seed_value);
    const auto sets = history(seed_value, 12);
    const auto expected = expected_pictures(sets);
    memory_store whole{{true, ~std::uint64_t{0}, true}};
    for (const auto& set : sets)
      REQUIRE(whole.commit(set));
    for (std::uint64_t at = 1; at <= whole.effects() + 1; ++at)
      for (const std::uint64_t survivors : {0u, 1u, 5u, 1000u}) {
        CAPTURE(at);
        CAPTURE(survivors);
        const auto [acknowledged, recovered] = crash_once(sets, expected, true, at, survivors);
        CHECK(recovered >= acknowledged);
        CHECK(recovered <= acknowledged + 1);
      }
  }
}

TEST_CASE("an unsynced store comes back with whole commits, in order") {
  const auto sets = history(99, 12);
  const auto expected = expected_pictures(sets);
  memory_store whole{{false, ~std::uint64_t{0}, true}};
  for (const auto& set : sets)
    REQUIRE(whole.commit(set));
  const auto effects = whole.effects();
  std::size_t most = 0;
  std::size_t least = sets.size();
  for (std::uint64_t at = 1; at <= effects + 1; at += 2)
    for (std::uint64_t survivors = 0; survivors <= effects + 3; survivors += 4) {
      const auto [acknowledged, recovered] = crash_once(sets, expected, false, at, survivors);
      CHECK(recovered <= acknowledged);
      most = std::max(most, recovered);
      least = std::min(least, recovered);
    }
  CHECK(most == sets.size());
  CHECK(least == 0);
}

TEST_CASE("what an explicit sync confirmed survives") {
  const auto sets = history(7, 10);
  const auto expected = expected_pictures(sets);
  for (std::size_t synced_after = 0; synced_after <= sets.size(); ++synced_after) {
    memory_store where{{false, ~std::uint64_t{0}, true}};
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (i == synced_after)
        REQUIRE(where.sync());
      REQUIRE(where.commit(sets[i]));
    }
    if (synced_after == sets.size())
      REQUIRE(where.sync());
    where.crash();
    where.restart();
    CHECK(picture_of(where) == expected[synced_after]);
  }
}

TEST_CASE("a full memory store refuses whole commits and stays readable") {
  const auto sets = history(3, 30);
  memory_store where;
  where.set_bytes_max(600);
  std::optional<picture> before;
  for (const auto& set : sets) {
    before = picture_of(where);
    const auto done = where.commit(set);
    if (!done) {
      CHECK(done.error().is(errc::disk_full));
      CHECK(picture_of(where) == *before);
      where.set_bytes_max(~std::uint64_t{0});
      CHECK(where.commit(set));
      return;
    }
  }
  FAIL("it never filled");
}

namespace {

constexpr std::uint64_t records_per_commit = 20;

/// The child: commits for ever and says after each one how far it came.
[[noreturn]] void commit_until_killed(const std::string& path, int acknowledgements) {
  auto options = test::quick_options();
  options.synced = true;
  auto env = lmdb_environment::open(path, options);
  if (!env)
    ::_exit(2);
  std::uint64_t next = 0;
  {
    auto from = (*env)->open_view();
    if (!from)
      ::_exit(2);
    next = extent_of(**from, {1}).value().next;
  }
  for (;;) {
    write_set set;
    for (std::uint64_t i = 0; i < records_per_commit; ++i, ++next) {
      set.append({1}, next, text("record " + std::to_string(next)));
      set.put(1, text("last"), text(std::to_string(next)));
    }
    if (next % 200 == 1) {
      set.snapshot({1}, next - 1, bytes(10'000, 's'));
      set.prune({1}, next - 101);
    }
    if (!(*env)->commit(set))
      ::_exit(2);
    const std::uint64_t last = next - 1;
    if (::write(acknowledgements, &last, sizeof(last)) != sizeof(last))
      ::_exit(2);
  }
}

} // namespace

TEST_CASE("kill -9 at random instants: what was acknowledged is there, and nothing is torn") {
  const test::scratch dir;
  const auto path = dir.path("store");
  rng random{static_cast<std::uint64_t>(::getpid())};
  std::uint64_t before = 0;
  for (int round = 0; round < 12 * test::count_factor(); ++round) {
    CAPTURE(round);
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    // Nothing is open in this process when it forks.
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      commit_until_killed(path, pipe_ends[1]);
    }
    ::close(pipe_ends[1]);
    // At least one commit, then some instant within the following ones.
    std::uint64_t acknowledged = 0;
    REQUIRE(::read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged));
    const timespec wait{0, static_cast<long>(random.below(20'000'000))};
    ::nanosleep(&wait, nullptr);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    std::uint64_t more = 0;
    while (::read(pipe_ends[0], &more, sizeof(more)) == sizeof(more))
      acknowledged = more;
    ::close(pipe_ends[0]);

    const auto env = test::open_lmdb(path);
    const auto from = view_of(*env);
    REQUIRE(from->check().has_value());
    const auto extent = extent_of(*from, {1}).value();
    CHECK(extent.last() >= acknowledged);
    CHECK(extent.last() > before);
    CHECK(extent.last() % records_per_commit == 0);
    CHECK(from->get(1, text("last")).value() == text(std::to_string(extent.last())));
    auto next = extent.first;
    for (;;) {
      const auto part = read_journal(*from, {1}, next).value();
      if (part.empty())
        break;
      for (const auto& r : part) {
        REQUIRE(r.sequence == next);
        REQUIRE(r.content == text("record " + std::to_string(next++)));
      }
    }
    CHECK(next == extent.next);
    before = extent.last();
  }
}
