// Signed traffic on a small ledger, for tests of what is stored: transfers, bonds, new accounts,
// accounts that go, and tasks that open and end by time alone.
#pragma once

#include <algorithm>
#include <utility>

#include "ainur/base/rng.hpp"
#include "world.hpp"

namespace ainur::test {

struct traffic {
  genesis g;
  std::optional<ledger::state> s;
  timestamp now = epoch;
  rng random;
  std::uint64_t tasks = 0;

  explicit traffic(std::uint64_t seed = 1) : random(seed) {
    g.time = epoch;
    g.authority = self_keyed(5).id;
    g.council = self_keyed(4).id;
    for (std::uint8_t n = 1; n <= 3; ++n)
      g.allocations.push_back({self_keyed(n).id, amount::ainu(10'000), amount::ainu(1'000)});
    std::sort(g.allocations.begin(), g.allocations.end(),
              [](const auto& x, const auto& y) { return x.account < y.account; });
    s.emplace(std::move(*state::open(g)));
  }

  /// Most of them hosted, as many as a test has pages for.
  account_id someone() { return crypto::hosted_account(self_keyed(1).id, random.below(60)); }

  entry next_entry() {
    const auto signer = self_keyed(1).id;
    const auto index = random.below(60);
    switch (random.below(8)) {
    case 0:
      return {signer, std::nullopt, bond{amount::ainu(1)}};
    case 1: // perhaps all it has: the account goes
      return {crypto::hosted_account(signer, index), index,
              transfer{someone(), amount{500 * (1 + random.below(5))}}};
    case 2: {
      open_task c;
      c.task = crypto::task_id_of(signer, tasks++);
      c.budget = amount::ainu(1);
      c.host = signer;
      c.description = digest("task");
      c.award_by = now + minutes{1};
      c.deadline = now + minutes{2};
      return {signer, std::nullopt, c};
    }
    default:
      return {signer, std::nullopt, transfer{someone(), amount{500 * (2 + random.below(4))}}};
    }
  }

  /// A block of some calls; ended tasks are pruned from the state after a day of blocks.
  built block(duration later = minutes{20}) {
    now += later;
    batch b;
    b.signer = self_keyed(1).id;
    b.nonce = s->nonce(b.signer);
    b.valid_until = now + hours{1};
    for (auto count = 1 + random.below(6); count > 0; --count)
      b.entries.push_back(next_entry());
    auto made = s->build(now, {sign_batch(s->chain(), std::move(b), seed_of(1))});
    REQUIRE(made);
    REQUIRE(made->applied.batches.front().status == errc::ok);
    return std::move(*made);
  }
};

} // namespace ainur::test
