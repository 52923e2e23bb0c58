// A ledger that validators keep, in small: five founders with keys of their own and two nominators.
// The test makes the blocks itself: who is their author, and who signed for the block before.
#pragma once

#include <algorithm>
#include <map>
#include <tuple>

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/statement.hpp"
#include "world.hpp"

namespace ainur::test {

inline crypto::secret_key key_of_seed(const byte_array<32>& seed) {
  return crypto::secret_key::from_seed(crypto::seed{seed});
}

struct validator_world {
  std::vector<who> v, n; ///< validators and nominators, in rising order of their stashes
  who client = self_keyed(2), rival = self_keyed(3), council = self_keyed(4);
  std::map<account_id, byte_array<32>> seeds; ///< of the keys with which validators sign statements
  genesis g;
  std::optional<ledger::state> s;
  timestamp now = epoch;
  applied last;
  std::vector<ledger::block> blocks; ///< with their hashes

  /// Four eras of bonding, six of history, no deferral: a slash shows at once.
  static parameters quick() {
    parameters p;
    p.staking.bonding_eras = 4;
    p.staking.slash_defer_eras = 0;
    p.staking.history_eras = 6;
    return p;
  }

  /// Founders with so many AINU each; the first nominator backs the first two of them, the other
  /// the last, with 1,000 AINU each.
  explicit validator_world(parameters rules = quick(),
                           std::vector<std::uint64_t> ainu = std::vector<std::uint64_t>(5, 20'000),
                           election_method election = election_method::phragmen) {
    const auto people = [](std::uint8_t first, std::size_t count) {
      std::vector<who> list;
      for (std::size_t i = 0; i < count; ++i)
        list.push_back(self_keyed(static_cast<std::uint8_t>(first + i)));
      std::ranges::sort(list, {}, &who::id);
      return list;
    };
    v = people(40, ainu.size());
    n = people(60, 2);
    g.version = 2;
    g.time = epoch;
    g.parameters = rules;
    g.council = council.id;
    g.treasury = amount::ainu(1'000);
    for (const auto& w : {client, rival, council})
      g.allocations.push_back({w.id, amount::ainu(100'000), {}});
    std::ranges::sort(g.allocations, {}, &allocation::account);
    auto& f = g.founding.emplace();
    f.election = election;
    for (std::size_t i = 0; i < v.size(); ++i) {
      seeds[v[i].id] = seed_of(static_cast<std::uint8_t>(150 + i));
      f.validators.push_back({v[i].id, key_of_seed(seeds[v[i].id]).public_part().value,
                              amount::ainu(ainu[i]), 100'000});
    }
    f.nominators.push_back({n[0].id, amount::ainu(1'000), {v[0].id, v[1].id}});
    f.nominators.push_back({n[1].id, amount::ainu(1'000), {v.back().id}});
    begin();
  }

  /// Anew, after a change of `g`.
  void begin() {
    auto made = state::open(g, consensus::elections);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    s.emplace(std::move(*made));
    blocks.clear();
    now = epoch;
  }

  ~validator_world() {
    CHECK(s->conserved());
    const auto audit = s->audit();
    CHECK_MESSAGE(audit.has_value(), (audit ? "" : audit.error().to_string()));
  }

  validator_world(const validator_world&) = delete;
  validator_world& operator=(const validator_world&) = delete;

  static state restored(const bytes& image) {
    auto made = state::restore(image, consensus::elections);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    return std::move(*made);
  }

  // --- who is in office ---

  [[nodiscard]] committee office(std::uint64_t height) const {
    const auto c = s->committee_of(height);
    REQUIRE(c.has_value());
    return *c;
  }

  [[nodiscard]] std::vector<account_id> members(std::uint64_t height) const {
    std::vector<account_id> list;
    for (const auto& m : office(height).members)
      list.push_back(m.stash);
    return list;
  }

  /// The places of a height's committee without those of `absent`.
  [[nodiscard]] std::vector<std::uint32_t> signers(std::uint64_t height,
                                                   const std::vector<who>& absent = {}) const {
    std::vector<std::uint32_t> places;
    if (height == 0)
      return places;
    const auto all = members(height);
    for (std::uint32_t i = 0; i < all.size(); ++i)
      if (std::ranges::none_of(absent, [&](const who& w) { return w.id == all[i]; }))
        places.push_back(i);
    return places;
  }

  // --- blocks ---

  /// The next one, by the first in office, with everybody's signature for the one before.
  [[nodiscard]] ledger::block next(std::vector<signed_batch> batches = {},
                                   duration later = duration{1}) const {
    const auto height = s->height() + 1;
    return {height, s->block_hash(),     now + later, members(height).front(), std::move(batches),
            {},     signers(s->height())};
  }

  void make(ledger::block b) {
    auto done = s->apply(b, signatures::trusted);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
    REQUIRE(s->conserved());
    last = std::move(*done);
    now = b.time;
    b.hash = last.block_hash;
    blocks.push_back(std::move(b));
  }

  /// It is a bad block, the message says why, and nothing has changed.
  void refuse(const ledger::block& b, std::string_view why) {
    const auto image = s->snapshot();
    const auto hash = s->state_hash();
    const auto done = s->apply(b, signatures::trusted);
    REQUIRE(!done);
    CHECK(done.error().is(errc::bad_block));
    CHECK_MESSAGE(done.error().to_string().find(why) != std::string::npos,
                  done.error().to_string());
    CHECK(s->snapshot() == image);
    CHECK(s->state_hash() == hash);
  }

  /// So many blocks for which these did not sign. Each names the signers of the block before it.
  void pass(std::size_t count = 1, const std::vector<who>& absent = {}) {
    for (; count > 0; --count) {
      auto b = next();
      b.signers = signers(s->height(), absent);
      make(std::move(b));
    }
  }

  /// The first block of the era that is `count` later.
  void turn(std::uint64_t count = 1, const std::vector<who>& absent = {}) {
    const auto era = s->staking_era() + count;
    auto b = next();
    b.time = epoch + s->rules().era * static_cast<std::int64_t>(era);
    b.signers = signers(s->height(), absent);
    make(std::move(b));
    REQUIRE(s->staking_era() == era);
  }

  [[nodiscard]] signed_batch batch_of(const state& at, const who& w, ledger::call c) const {
    batch b;
    b.signer = w.signer;
    b.nonce = at.nonce(w.signer);
    b.valid_until = now + hours{24 * 365};
    b.entries.push_back({w.id, w.index, std::move(c)});
    return {std::move(b), {}};
  }

  /// One block of one call.
  errc call(const who& w, ledger::call c) {
    make(next({batch_of(*s, w, std::move(c))}));
    const auto& receipt = last.batches.front();
    return receipt.status != errc::ok ? receipt.status : receipt.entries.front();
  }

  /// The call fails with `expected`, and leaves exactly the state that doing nothing would.
  void noop(const who& w, const ledger::call& c, errc expected) {
    const auto image = s->snapshot();
    auto idle = restored(image);
    const auto nothing =
        idle.apply(next({batch_of(idle, w, transfer{w.id, amount{0}})}), signatures::trusted);
    REQUIRE(nothing.has_value());
    REQUIRE(nothing->batches[0].status == errc::ok);
    const auto before = std::pair{now, blocks};
    const auto code = call(w, c);
    CAPTURE(describe(code).name);
    CHECK(code == expected);
    CHECK(s->state_hash() == idle.state_hash());
    CHECK(last.events == nothing->events);
    s.emplace(restored(image));
    std::tie(now, blocks) = before;
  }

  // --- what is asked ---

  template <class Event>
  [[nodiscard]] std::vector<Event> events() const {
    std::vector<Event> found;
    for (const auto& e : last.events)
      if (const auto* x = std::get_if<Event>(&e); x != nullptr)
        found.push_back(*x);
    return found;
  }

  [[nodiscard]] stake_view staked(const who& w) const {
    const auto view = s->stake_of(w.id);
    REQUIRE(view.has_value());
    return *view;
  }

  [[nodiscard]] amount free_of(const who& w) const {
    const auto view = s->account(w.id);
    return view ? view->free : amount{};
  }

  // --- statements ---

  /// Of the key with which somebody signs batches.
  [[nodiscard]] static byte_array<32> account_seed(const who& w) {
    for (std::uint8_t number = 1; number < 80; ++number)
      if (self_keyed(number).id == w.id)
        return seed_of(number);
    FAIL("nobody");
    return {};
  }

  [[nodiscard]] signed_statement stated(const who& w, const statement& x) const {
    return sign_statement(s->chain(), x, w.id, key_of_seed(seeds.at(w.id)));
  }

  /// Two prevotes of one step, for a block and for nothing.
  [[nodiscard]] report_equivocation two_votes(const who& w, std::uint64_t height) const {
    statement x{statement_kind::prevote, height, 0, no_round, digest("a block")};
    auto y = x;
    y.value = {};
    return {stated(w, x), stated(w, y)};
  }

  /// A new key for statements, from the next election on.
  [[nodiscard]] set_validator_key new_key(const who& stash, const byte_array<32>& seed) const {
    const auto key = key_of_seed(seed);
    return {key.public_part().value, prove_validator_key(s->chain(), stash.id, key)};
  }
};

} // namespace ainur::test
