// Full nodes over a seeded network in virtual time: validators with ledgers of their own, an
// observer, clients that sign for themselves, crashes and partitions.
#pragma once

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "ainur/consensus/full_node.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/sim/event_queue.hpp"
#include "ainur/sim/network.hpp"
#include "ainur/store/memory_store.hpp"

namespace ainur::test {

using namespace ainur::consensus;

inline byte_array<32> node_seed(std::uint32_t number, std::string_view what = "stash") {
  return crypto::hasher{"test/node"}.add(as_bytes(what)).add(std::uint64_t{number}).finish().value;
}

inline account_id node_account(std::uint32_t number) {
  return ledger::account_of_seed(node_seed(number));
}

inline crypto::secret_key node_key(std::uint32_t number) {
  return crypto::secret_key::from_seed(crypto::seed{node_seed(number, "statements")});
}

inline byte_array<32> client_seed(std::uint32_t number) {
  return node_seed(number, "client");
}

inline account_id client_account(std::uint32_t number) {
  return ledger::account_of_seed(client_seed(number));
}

inline constexpr timestamp node_epoch = timestamp_at(1'700'000'000'000'000);

/// `validators` founders of equal stake, and ten clients with 1,000 AINU each.
inline ledger::genesis founded_genesis(std::uint32_t validators) {
  ledger::genesis g;
  g.version = 2;
  g.time = node_epoch;
  g.council = client_account(0);
  auto& f = g.founding.emplace();
  f.agreement.checkpoint_interval = 10;
  f.agreement.propose_first = duration{300'000};
  f.agreement.vote_first = duration{150'000};
  for (std::uint32_t i = 0; i < validators; ++i) {
    f.validators.push_back(
        {node_account(i), node_key(i).public_part().value, amount::ainu(20'000), 100'000});
    g.allocations.push_back({node_account(i), amount::ainu(100), {}});
  }
  for (std::uint32_t i = 0; i < 10; ++i)
    g.allocations.push_back({client_account(i), amount::ainu(1'000), {}});
  std::ranges::sort(f.validators, {}, &ledger::founding_validator::stash);
  std::ranges::sort(g.allocations, {}, &ledger::allocation::account);
  return g;
}

class node_world {
public:
  struct node {
    account_id id;
    std::uint32_t number = 0;
    std::shared_ptr<store::memory_store> disk;
    std::optional<full_node> core;
    std::uint64_t life = 0;
    instant wake = instant::max();
    std::optional<halt> stopped;
    std::vector<final_block> blocks;
  };

  ledger::genesis g;
  node_options options;
  std::vector<node> nodes;
  sim::network net;
  std::set<std::uint32_t> cut_off; ///< no message to or from these
  instant now{};
  std::map<std::uint32_t, std::uint64_t> nonces;

  node_world(ledger::genesis of, std::uint32_t count, std::uint64_t seed,
             sim::link_model links = {.delay = sim::delay_model::uniform(duration{1'000},
                                                                         duration{20'000})},
             node_options with = {})
      : g(std::move(of)), options(with), net(rng{seed}.split("net"), links),
        queue_(rng{seed}.split("ties")),
        checker_(std::make_shared<signature_checker>(genesis_hash(g))) {
    nodes.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      nodes[i].number = i;
      nodes[i].id = node_account(i);
      nodes[i].disk =
          std::make_shared<store::memory_store>(store::memory_options{.keeps_crash_state = true});
      REQUIRE(prepare_node(*nodes[i].disk, g));
      boot(i);
    }
  }

  void boot(std::uint32_t i) {
    auto& n = nodes[i];
    auto opened = full_node::open(n.disk, {n.id, node_key(i), node_seed(i)}, options, checker_);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().to_string()));
    n.core.emplace(std::move(*opened));
    ++n.life;
    n.wake = instant::max();
    auto first = n.core->start(at());
    REQUIRE(first);
    carry_out(i, std::move(*first));
  }

  void crash(std::uint32_t i) {
    nodes[i].core.reset();
    ++nodes[i].life;
  }

  /// A transfer of 1 AINU from a client to another, given to a node.
  void pay(std::uint32_t client, std::uint32_t via) {
    ledger::batch b{.signer = client_account(client),
                    .key = std::nullopt,
                    .nonce = nonces[client]++,
                    .valid_until = node_epoch + std::chrono::hours{1000},
                    .entries = {}};
    b.entries.push_back({b.signer, std::nullopt,
                         ledger::transfer{client_account((client + 1) % 10), amount::ainu(1)}});
    const auto chain = genesis_hash(g);
    give(via, prepare(chain, sign_batch(chain, std::move(b), client_seed(client))));
  }

  void give(std::uint32_t via, const batch_ptr& b) {
    std::vector<std::pair<std::size_t, error>> refused;
    carry_out(via, nodes[via].core->submit({b}, refused, at()));
    CHECK(refused.empty());
  }

  /// Runs for a while, or until `done`.
  bool run(
      duration time, const std::function<bool()>& done = [] { return false; }) {
    const auto end = now + time;
    while (!done()) {
      const auto next = queue_.next_time();
      if (!next || *next > end) {
        now = end;
        return done();
      }
      auto e = *queue_.pop();
      now = std::max(now, e.at);
      auto& n = nodes[e.what.to];
      if (!n.core || (e.what.life != 0 && e.what.life != n.life))
        continue;
      if (e.what.message) {
        if (!cut_off.contains(e.what.to) && !cut_off.contains(e.what.from))
          carry_out(e.what.to, n.core->receive(nodes[e.what.from].id, *e.what.message, at()));
      } else if (n.wake <= now) {
        n.wake = instant::max();
        carry_out(e.what.to, n.core->timer(at()));
      }
    }
    return true;
  }

  /// True once all these nodes have the height, or more.
  [[nodiscard]] bool all_at(std::uint64_t height) const {
    return std::ranges::all_of(
        nodes, [height](const node& n) { return !n.core || n.core->state().height() >= height; });
  }

  [[nodiscard]] moment at() const {
    return {now, node_epoch + std::chrono::seconds{1} + (now - instant{})};
  }

  /// Same block hashes wherever two nodes have a height; all money there; every store reads back.
  void check() const {
    std::map<std::uint64_t, hash256> known;
    for (const auto& n : nodes) {
      CHECK(!n.stopped);
      for (const auto& b : n.blocks) {
        const auto [where, is_new] = known.try_emplace(b.applied.height, b.applied.block_hash);
        CHECK(where->second == b.applied.block_hash);
      }
      if (!n.core)
        continue;
      CHECK(n.core->state().conserved());
      const auto sound = n.core->state().audit();
      CHECK_MESSAGE(sound, (sound ? "" : sound.error().to_string()));
      auto view = n.disk->open_view();
      REQUIRE(view);
      const auto verified = ledger::verify_log(**view, {}, elections_of);
      REQUIRE_MESSAGE(verified, (verified ? "" : verified.error().to_string()));
      CHECK(verified->final_state.block_hash() == n.core->state().block_hash());
      CHECK(verified->final_state.state_hash() == n.core->state().state_hash());
    }
  }

  std::function<void(std::uint32_t, outgoing&)> tamper; ///< what a node's messages become

private:
  struct event {
    std::uint32_t to = 0;
    std::uint32_t from = 0;
    std::uint64_t life = 0; ///< of the receiver; 0: any
    std::shared_ptr<const node_message> message;
  };

  static ledger::election_rule elections_of(ledger::election_method m) noexcept;

  void carry_out(std::uint32_t i, node_step step) {
    auto& n = nodes[i];
    if (!step.write.empty())
      REQUIRE(n.disk->commit({&step.write, 1}));
    for (auto& out : step.messages) {
      if (tamper)
        tamper(i, out);
      for (std::uint32_t to = 0; to < nodes.size(); ++to)
        if (to != i && (!out.to || *out.to == nodes[to].id))
          for (const auto delay : net.send(i, to, now))
            queue_.push(now + delay, {to, i, 0, out.what});
    }
    for (auto& b : step.blocks)
      n.blocks.push_back(std::move(b));
    if (step.stopped)
      n.stopped = step.stopped;
    if (step.wake_at) {
      n.wake = *step.wake_at;
      queue_.push(n.wake, {i, i, n.life, nullptr});
    }
  }

  sim::event_queue<event> queue_;
  std::shared_ptr<signature_checker> checker_;
};

} // namespace ainur::test
