// Group commit through the actor: order, credits, failures, and what a restarted writer may rely
// on.
#include <caf/stateful_actor.hpp>

#include "actors/world.hpp"
#include "ainur/actors/store_writer.hpp"
#include "ainur/store/memory_store.hpp"

using namespace ainur;
using namespace ainur::test;
using namespace std::chrono_literals;

namespace {

constexpr store::table_id table = 1;

bytes key_of(std::uint64_t n) {
  bytes key;
  for (int shift = 56; shift >= 0; shift -= 8)
    key.push_back(static_cast<std::uint8_t>(n >> shift));
  return key;
}

store::write_set put(std::uint64_t key) {
  store::write_set set;
  set.put(table, key_of(key), bytes{1, 2, 3});
  return set;
}

struct client_state {
  std::vector<write_outcome>* out = nullptr;
};

using client_actor = caf::stateful_actor<client_state>;

/// Sends the sets at once and gathers the outcomes.
caf::actor client(caf::actor_system& system, const store_writer_actor& writer, std::uint64_t id,
                  std::vector<store::write_set> sets, std::vector<write_outcome>& out) {
  return system.spawn([=, &out](client_actor* self) -> caf::behavior {
    std::uint64_t ticket = 0;
    for (const auto& set : sets)
      self->send(writer, store_write{store::writer_id{id}, ++ticket, set});
    return {[&out](write_outcomes& m) {
      for (auto& o : m.outcomes)
        out.push_back(std::move(o));
    }};
  });
}

std::size_t stored(const store::backend& from) {
  auto view = from.open_view();
  REQUIRE(view);
  auto page = (*view)->scan(table, {});
  REQUIRE(page);
  return page->entries.size();
}

bool in_order(const std::vector<write_outcome>& outcomes) {
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (outcomes[i].ticket != i + 1)
      return false;
  return true;
}

} // namespace

TEST_CASE("what waits together is committed together, and told in order") {
  auto memory = std::make_shared<store::memory_store>();
  world w{1};
  auto writer = w.root(spawn_store_writer(w.system, w.env, memory));
  std::vector<store::write_set> sets;
  for (std::uint64_t i = 0; i < 500; ++i)
    sets.push_back(put(i));
  std::vector<write_outcome> out;
  w.root(client(w.system, writer, 1, sets, out));
  w.ready();
  REQUIRE(out.size() == 500);
  CHECK(in_order(out));
  CHECK(std::none_of(out.begin(), out.end(), [](auto& o) { return o.failure.has_value(); }));
  CHECK(stored(*memory) == 500);
  const auto figures = w.ask<store_figures>(writer, get_store_figures{});
  REQUIRE(figures);
  CHECK(figures->sets == 500);
  CHECK(figures->commits < 10);
  CHECK(figures->waiting == 0);
}

TEST_CASE("a bad set fails its own writer only, until that opens again") {
  auto memory = std::make_shared<store::memory_store>();
  world w{2};
  auto writer = w.root(spawn_store_writer(w.system, w.env, memory));
  store::write_set gap;
  gap.append(store::journal_id{5}, 7, bytes{1});
  std::vector<write_outcome> good, bad;
  w.root(client(w.system, writer, 1, {put(1), put(2)}, good));
  w.root(client(w.system, writer, 2, {put(3), gap, put(4)}, bad));
  w.ready();
  REQUIRE(good.size() == 2);
  CHECK_FALSE(good[0].failure);
  CHECK_FALSE(good[1].failure);
  REQUIRE(bad.size() == 3);
  CHECK_FALSE(bad[0].failure);
  CHECK(bad[1].failure->is(store::errc::sequence_gap));
  CHECK(bad[2].failure->is(store::errc::writer_failed));
  CHECK(stored(*memory) == 3);
  std::vector<write_outcome> refused;
  w.root(client(w.system, writer, 2, {put(5)}, refused));
  w.ready();
  CHECK(refused.at(0).failure->is(store::errc::writer_failed));
  CHECK(w.ask<writer_opened>(writer, open_writer{store::writer_id{2}}));
  std::vector<write_outcome> later;
  w.root(client(w.system, writer, 2, {put(6)}, later));
  w.ready();
  CHECK_FALSE(later.at(0).failure);
}

TEST_CASE("a store that dies fails what it did not commit, and nothing that it did") {
  for (std::uint64_t crash_at = 1; crash_at <= 40; ++crash_at) {
    CAPTURE(crash_at);
    world w{crash_at};
    auto memory =
        std::make_shared<store::memory_store>(store::memory_options{.keeps_crash_state = true});
    memory->set_faults({.crash_at = crash_at});
    auto writer =
        w.root(spawn_store_writer(w.system, w.env, memory, {.group = {.batch_count_max = 3}}));
    std::vector<store::write_set> sets;
    for (std::uint64_t i = 0; i < 12; ++i)
      sets.push_back(put(i));
    std::vector<write_outcome> out;
    w.root(client(w.system, writer, 1, sets, out));
    w.ready();
    REQUIRE(out.size() == 12);
    const auto committed =
        std::count_if(out.begin(), out.end(), [](auto& o) { return !o.failure; });
    memory->restart();
    CHECK(static_cast<long>(stored(*memory)) >= committed);
    // What was cut short may be durable without an answer, but then a whole batch.
    CHECK(static_cast<long>(stored(*memory)) <= committed + 3);
  }
}

TEST_CASE("beyond the bounds a set is refused, and the others are not disturbed") {
  auto memory = std::make_shared<store::memory_store>();
  world w{3};
  auto writer = w.root(spawn_store_writer(
      w.system, w.env, memory, {.group = {.waiting_count_max = 4, .delay = 1s}, .writers_max = 2}));
  const auto credit = w.ask<writer_opened>(writer, open_writer{store::writer_id{1}});
  REQUIRE(credit);
  CHECK(credit->credit_count == 2);
  std::vector<store::write_set> sets;
  for (std::uint64_t i = 0; i < 6; ++i)
    sets.push_back(put(i));
  std::vector<write_outcome> out;
  w.root(client(w.system, writer, 1, sets, out));
  w.pass(2s);
  REQUIRE(out.size() == 6);
  const auto refused = std::count_if(out.begin(), out.end(), [](auto& o) {
    return o.failure && o.failure->is(store::errc::full);
  });
  CHECK(refused == 2);
  CHECK(stored(*memory) == 4);
}

TEST_CASE("real clock: several writers at once, all durable and each in order") {
  caf::actor_system_config config;
  configure(config, {.threads_max = 2});
  caf::actor_system system{config};
  const auto env = environment::on_real_clock({.seed = 1});
  auto memory = std::make_shared<store::memory_store>();
  constexpr std::uint64_t writers = 4, each = 1000;
  std::vector<std::vector<std::uint64_t>> tickets(writers);
  {
    auto writer = spawn_store_writer(system, env, memory);
    auto left = std::make_shared<std::atomic<std::uint64_t>>(writers);
    for (std::uint64_t n = 0; n < writers; ++n)
      system.spawn([=, &tickets](caf::event_based_actor* self) -> caf::behavior {
        for (std::uint64_t i = 1; i <= each; ++i)
          self->send(writer, store_write{store::writer_id{n}, i, put(n * each + i)});
        return {[=, &tickets](const write_outcomes& m) {
          for (const auto& o : m.outcomes)
            if (!o.failure)
              tickets[n].push_back(o.ticket);
          if (tickets[n].size() < each)
            return;
          if (--*left == 0)
            self->send_exit(writer, caf::exit_reason::user_shutdown);
          self->quit();
        }};
      });
  }
  system.await_all_actors_done();
  for (const auto& t : tickets) {
    CHECK(t.size() == each);
    CHECK(std::is_sorted(t.begin(), t.end()));
  }
  CHECK(stored(*memory) == writers * each);
}
