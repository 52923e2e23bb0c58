// What a state answers about its checkpoints is what a copy saved then answers.
#include <map>

#include "support/property.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

void compare(const state& then, const state& copy) {
  CHECK(then.height() == copy.height());
  CHECK(then.time() == copy.time());
  CHECK(then.block_hash() == copy.block_hash());
  CHECK(then.state_hash() == copy.recomputed_state_hash());
  CHECK(then.recomputed_state_hash() == copy.recomputed_state_hash());
  CHECK(then.totals() == copy.totals());
  CHECK(then.conserved());
  CHECK(then.audit().has_value());
  CHECK(then.snapshot() == copy.snapshot());
  for (std::uint64_t i = 0; i < 60; ++i) {
    const auto id = crypto::hosted_account(self_keyed(1).id, i);
    CHECK(then.account(id) == copy.account(id));
  }
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto id = crypto::task_id_of(self_keyed(1).id, i);
    CHECK(then.task(id) == copy.task(id));
  }
}

} // namespace

TEST_CASE("queries at the last checkpoints give what saved copies give") {
  for (std::uint64_t seed = 1; seed <= 6u * static_cast<unsigned>(count_factor()); ++seed) {
    CAPTURE(seed);
    traffic l{seed};
    l.s->keep_past({.checkpoints_max = 4});
    std::map<std::uint64_t, state> copies;
    for (int i = 0; i < 150; ++i) {
      (void)l.block();
      if (l.random.below(8) == 0) {
        const auto point = l.s->mark_checkpoint();
        CHECK(point.height == l.s->height());
        CHECK(l.s->mark_checkpoint() == point); // no second one
        copies.emplace(point.height, std::move(*state::restore(l.s->snapshot())));
      }
      if (l.random.below(10) != 0)
        continue;
      const auto now = l.s->snapshot();
      for (const auto& point : l.s->past())
        REQUIRE(l.s->at(point.height,
                        [&](const state& then) { compare(then, copies.at(point.height)); }));
      CHECK(l.s->snapshot() == now);
      CHECK(l.s->state_hash() == l.s->recomputed_state_hash());
    }
    CHECK(l.s->past().size() == 4);
    CHECK(l.s->at(1, [](const state&) {}).error().is(base_errc::not_found));
  }
}

TEST_CASE("the bound on memory drops the oldest first, at last all") {
  traffic l;
  l.s->keep_past({.checkpoints_max = 100, .bytes_max = 40'000});
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    (void)l.block();
    if (i % 5 == 0)
      (void)l.s->mark_checkpoint();
    const auto kept = l.s->past();
    most = std::max(most, kept.size());
    for (std::size_t k = 1; k < kept.size(); ++k)
      CHECK(kept[k - 1].height < kept[k].height);
  }
  CHECK(most > 2);
  CHECK(l.s->past().size() < 30);
  l.s->keep_past({.checkpoints_max = 100, .bytes_max = 0});
  (void)l.s->mark_checkpoint();
  (void)l.block();
  CHECK(l.s->past().empty());
  l.s->keep_past({.checkpoints_max = 0});
  (void)l.s->mark_checkpoint();
  CHECK(l.s->past().empty());
}
