// Full nodes over a seeded network in virtual time: validators with ledgers of their own, an
// observer, clients that sign for themselves, crashes and partitions, byzantine validators.
//
// Whatever an honest node says is compared with all that it said before, in earlier lives too.
#pragma once

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/full_node.hpp"
#include "ainur/consensus/misdeeds.hpp"
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
    std::vector<behaviour> misdeeds; ///< empty: honest at this moment
    bool lied = false;               ///< was byzantine at some time

    [[nodiscard]] bool honest() const noexcept { return !lied; }
  };

  using step_key = std::tuple<std::uint64_t, round_number, statement_kind>;

  ledger::genesis g;
  node_options options;
  std::vector<node> nodes;
  sim::network net;
  std::set<std::uint32_t> cut_off; ///< no message to or from these
  instant now{};
  std::map<std::uint32_t, std::uint64_t> nonces;
  std::map<std::uint32_t, std::uint64_t> stash_nonces;

  node_world(ledger::genesis of, std::uint32_t count, std::uint64_t seed,
             sim::link_model links = {.delay = sim::delay_model::uniform(duration{1'000},
                                                                         duration{20'000})},
             node_options with = {})
      : g(std::move(of)), options(with), net(rng{seed}.split("net"), links),
        queue_(rng{seed}.split("ties")),
        checker_(std::make_shared<signature_checker>(genesis_hash(g))),
        misdeeds_(checker_->chain(), rng{seed}.split("misdeeds")) {
    said_.resize(count);
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
    if (n.disk->has_crashed())
      n.disk->restart();
    auto with = options;
    with.forgets = does(n, behaviour::amnesia);
    auto opened = full_node::open(n.disk, {n.id, node_key(i), node_seed(i)}, with, checker_);
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

  /// Its store stops dead before this write effect from now on, and it with it.
  void crash_at_effect(std::uint32_t i, std::uint64_t effect) {
    auto& disk = *nodes[i].disk;
    disk.set_faults({disk.effects() + effect, 0});
  }

  /// From now on a node breaks these rules; none: it keeps them again.
  void misbehave(std::uint32_t i, std::vector<behaviour> how) {
    nodes[i].lied = nodes[i].lied || !how.empty();
    nodes[i].misdeeds = std::move(how);
  }

  /// A transfer of 1 AINU from a client to another.
  [[nodiscard]] ledger::batch payment(std::uint32_t client, std::uint64_t nonce) const {
    ledger::batch b{.signer = client_account(client),
                    .key = std::nullopt,
                    .nonce = nonce,
                    .valid_until = node_epoch + std::chrono::hours{1000},
                    .entries = {}};
    b.entries.push_back({b.signer, std::nullopt,
                         ledger::transfer{client_account((client + 1) % 10), amount::ainu(1)}});
    return b;
  }

  /// A call of a validator's stash, given to its node.
  void act(std::uint32_t number, ledger::call what) {
    ledger::batch b{.signer = node_account(number),
                    .key = std::nullopt,
                    .nonce = stash_nonces[number]++,
                    .valid_until = node_epoch + std::chrono::hours{1000},
                    .entries = {}};
    b.entries.push_back({b.signer, std::nullopt, std::move(what)});
    const auto refused =
        submit(number, prepare(checker_->chain(),
                               sign_batch(checker_->chain(), std::move(b), node_seed(number))));
    CHECK_MESSAGE(!refused, (refused ? refused->to_string() : ""));
  }

  [[nodiscard]] batch_ptr signed_by(std::uint32_t client, ledger::batch b) const {
    return prepare(checker_->chain(),
                   sign_batch(checker_->chain(), std::move(b), client_seed(client)));
  }

  /// The next payment of a client, given to a node.
  void pay(std::uint32_t client, std::uint32_t via) {
    const auto refused = submit(via, signed_by(client, payment(client, nonces[client]++)));
    CHECK_MESSAGE(!refused, (refused ? refused->to_string() : ""));
  }

  /// Why the node refuses it, if it does.
  std::optional<error> submit(std::uint32_t via, const batch_ptr& b) {
    std::vector<std::pair<std::size_t, error>> refused;
    carry_out(via, nodes[via].core->submit({b}, refused, at()));
    return refused.empty() ? std::nullopt : std::optional{refused.front().second};
  }

  /// Hands a node a message as if another had sent it.
  void tell(std::uint32_t to, std::uint32_t from, const node_message& what) {
    carry_out(to, nodes[to].core->receive(nodes[from].id, what, at()));
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
      ++events;
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
    return std::ranges::all_of(nodes, [height](const node& n) {
      return !n.core || !n.honest() || n.core->state().height() >= height;
    });
  }

  [[nodiscard]] moment at() const {
    return {now, node_epoch + std::chrono::seconds{1} + (now - instant{})};
  }

  /// Same block hashes wherever two honest nodes have a height; all money there; every store reads
  /// back; nobody honest contradicted itself or was reported.
  void check() const {
    std::map<std::uint64_t, hash256> known;
    for (const auto& c : contradictions)
      FAIL_CHECK(c);
    for (const auto& n : nodes) {
      if (!n.honest())
        continue;
      CHECK_MESSAGE(!n.stopped, "node " << n.number << ": " << (n.stopped ? n.stopped->why : ""));
      for (const auto& b : n.blocks) {
        const auto [where, is_new] = known.try_emplace(b.applied.height, b.applied.block_hash);
        CHECK(where->second == b.applied.block_hash);
        for (const auto& id : reported_in(b))
          CHECK_MESSAGE(!is_honest(id), "an honest validator is reported");
      }
      if (!n.core)
        continue;
      CHECK(n.core->state().conserved());
      const auto sound = n.core->state().audit();
      CHECK_MESSAGE(sound, (sound ? "" : sound.error().to_string()));
      auto view = n.disk->open_view();
      REQUIRE(view);
      const auto verified = ledger::verify_log(**view, {}, elections);
      REQUIRE_MESSAGE(verified, (verified ? "" : verified.error().to_string()));
      CHECK(verified->final_state.block_hash() == n.core->state().block_hash());
      CHECK(verified->final_state.state_hash() == n.core->state().state_hash());
    }
  }

  /// Who is reported for an equivocation in a block.
  [[nodiscard]] static std::vector<account_id> reported_in(const final_block& b) {
    std::vector<account_id> out;
    for (const auto& e : b.applied.events)
      if (const auto* r = std::get_if<ledger::event::validators_reported>(&e);
          r != nullptr && r->kind == ledger::validator_offence::equivocation)
        out.insert(out.end(), r->offenders.begin(), r->offenders.end());
    return out;
  }

  [[nodiscard]] bool is_honest(const account_id& id) const {
    return std::ranges::any_of(nodes, [&](const node& n) { return n.id == id && n.honest(); });
  }

  std::function<void(std::uint32_t, outgoing&)> tamper; ///< what a node's messages become
  std::vector<std::string> contradictions;              ///< of honest nodes
  std::uint64_t events = 0;
  std::uint64_t crashes = 0;                          ///< by a store that stopped
  std::array<std::uint64_t, behaviours_count> acts{}; ///< against the rules

private:
  /// More than any run needs at a time, by far.
  static constexpr std::size_t under_way_max = 50'000;

  struct event {
    std::uint32_t to = 0;
    std::uint32_t from = 0;
    std::uint64_t life = 0; ///< of the receiver; 0: any
    std::shared_ptr<const node_message> message;
  };

  [[nodiscard]] static bool does(const node& n, behaviour b) {
    return std::ranges::find(n.misdeeds, b) != n.misdeeds.end();
  }

  void carry_out(std::uint32_t i, node_step step) {
    auto& n = nodes[i];
    if (!step.write.empty() && !n.disk->commit({&step.write, 1})) {
      REQUIRE(n.disk->has_crashed());
      ++crashes;
      return crash(i); // and nobody hears of the step
    }
    for (auto& out : step.messages) {
      if (tamper)
        tamper(i, out);
      send(i, out);
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

  void send(std::uint32_t i, const outgoing& out) {
    const auto& n = nodes[i];
    std::vector<sim::node_index> to;
    for (std::uint32_t k = 0; k < nodes.size(); ++k)
      if (k != i && (!out.to || *out.to == nodes[k].id))
        to.push_back(k);
    const auto* plain = std::get_if<message>(out.what.get());
    if (plain != nullptr && n.honest())
      watch(i, *plain);
    if (plain == nullptr || n.misdeeds.empty()) {
      for (const auto k : to)
        post(i, k, out.what, {});
      return;
    }
    const liar by{n.id, node_seed(i, "statements"), n.misdeeds};
    for (const auto& p : misdeeds_.distort(by, *plain, to, acts))
      post(i, p.to, std::make_shared<const node_message>(*p.what), p.hold);
  }

  void post(std::uint32_t from, std::uint32_t to, const std::shared_ptr<const node_message>& what,
            duration hold) {
    for (const auto delay : net.send(from, to, now))
      queue_.push(now + hold + delay, {to, from, 0, what});
    if (queue_.size() >= under_way_max)
      FAIL("messages breed messages: " << queue_.size() << " are under way");
  }

  /// Two statements of one step: what an honest validator never says, crashes or not.
  void watch(std::uint32_t i, const message& m) {
    const auto* p = std::get_if<proposal_message>(&m);
    const auto* v = std::get_if<vote_message>(&m);
    if (p == nullptr && v == nullptr)
      return;
    const auto& x = p != nullptr ? p->proposal : v->vote;
    const auto& s = x.statement;
    if (x.signer != nodes[i].id)
      return;
    const auto [at, is_new] = said_[i].try_emplace({s.height, s.round, s.kind}, s);
    if (!is_new && at->second != s)
      contradictions.push_back("node " + std::to_string(i) + " contradicts itself at height " +
                               std::to_string(s.height));
  }

  sim::event_queue<event> queue_;
  std::shared_ptr<signature_checker> checker_;
  consensus::misdeeds misdeeds_;
  std::vector<std::map<step_key, statement>> said_; // by node
};

} // namespace ainur::test
