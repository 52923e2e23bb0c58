// The rotation of a host's key: its order, a crash at each of its steps, and the authority that
// signs through it.
#include <algorithm>
#include <functional>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "identity_world.hpp"

using namespace ainur;
using namespace ainur::test;
using need = rotation::need_kind;

namespace {

constexpr duration interval = hours{24};

crypto::secret_key key_number(std::uint64_t n) {
  return crypto::secret_key::from_seed(crypto::run_seed(9, "rotation", n));
}

key_view record_of(const crypto::secret_key& key, std::uint32_t version, timestamp since) {
  key_view view;
  view.account = view.signer = crypto::account_of(key_number(0).public_part());
  view.version = version;
  view.key = key.public_part().value;
  view.since = since;
  return view;
}

rotation fresh(duration every = interval) {
  return *rotation::open(crypto::key_ring{key_number(0)}, record_of(key_number(0), 0, epoch),
                         every);
}

struct crash {};

/// What survives: the sealed ring and the log.
struct disk {
  bytes ring;
  std::vector<bytes> log;
};

/// A node on such a disk. `effect` is called around everything that reaches the disk, and may
/// throw.
class node {
public:
  node(disk& d, const genesis& g, std::function<void()> effect, std::uint64_t& keys_made)
      : disk_(d), effect_(std::move(effect)), keys_made_(keys_made) {
    auto s = state::open(g).value();
    for (const auto& record : d.log)
      REQUIRE(s.apply(decode_block(record).value()).has_value());
    auto ring = crypto::open_ring(d.ring, lock);
    REQUIRE(ring.has_value());
    const auto account = ring->account();
    auto keys = rotation::open(std::move(*ring), s.keys(account), interval);
    REQUIRE(keys.has_value());
    core_.emplace(std::move(s), authority_options{}, std::move(*keys));
  }

  /// One turn at this time, as the owner of an authority does.
  void turn(timestamp utc) {
    auto& keys = core_->keys();
    if (keys.need(utc) == need::next_key)
      keys.prepare(key_number(++keys_made_));
    if (keys.need(utc) == need::save) {
      write([&] { disk_.ring = crypto::seal_ring(keys.ring(), lock, nonce()); });
      keys.saved();
    }
    if (auto record = core_->cut(instant_at(0), utc, true)) {
      write([&] { disk_.log.push_back(*record); });
      answers = core_->durable()->answers;
    }
  }

  [[nodiscard]] authority& core() { return *core_; }

  std::vector<call_answer> answers;

  static constexpr crypto::aead_key lock{1, 2, 3};

private:
  void write(const std::function<void()>& apply) {
    effect_();
    apply();
    effect_();
  }

  [[nodiscard]] crypto::aead_nonce nonce() const {
    crypto::aead_nonce n{};
    n[0] = static_cast<std::uint8_t>(keys_made_);
    n[1] = static_cast<std::uint8_t>(disk_.log.size());
    return n;
  }

  disk& disk_;
  std::function<void()> effect_;
  std::uint64_t& keys_made_;
  std::optional<authority> core_;
};

genesis genesis_for(const account_id& host) {
  genesis g;
  g.time = epoch;
  g.authority = g.council = host;
  g.allocations.push_back({host, amount::ainu(10), {}});
  return g;
}

authority_options derived_options(duration every) {
  authority_options o;
  o.host_seed = seed_of(1);
  o.rotation_interval = every;
  o.calls_max = 4;
  return o;
}

/// Turns days of a node over; gives up at the crash. Returns whether it came to the end.
bool run(disk& d, const genesis& g, std::uint64_t& keys_made, timestamp& utc, int days,
         const std::function<void()>& effect) {
  try {
    node n{d, g, effect, keys_made};
    for (int hour = 0; hour < 24 * days; hour += 6) {
      utc += hours{6};
      const auto host = n.core().host();
      n.answers.clear();
      REQUIRE(n.core().add({1, 1}, {host, {}, transfer{host, amount{1}}}, instant_at(0)));
      n.turn(utc);
      CHECK(n.answers == std::vector<call_answer>{{{1, 1}, errc::ok}});
    }
    return true;
  } catch (const crash&) {
    return false;
  }
}

} // namespace

TEST_CASE("a key is due by its age, and announced only once it is saved") {
  auto r = fresh();
  CHECK(r.need(epoch + interval - duration{1}) == need::nothing);
  CHECK(r.due_at() == epoch + interval);
  const auto due = epoch + interval;
  REQUIRE(r.need(due) == need::next_key);
  r.prepare(key_number(1));
  CHECK(r.need(due) == need::save);
  CHECK_FALSE(r.due_at());
  CHECK(r.ring().current().public_part() == key_number(0).public_part());
  r.saved();
  REQUIRE(r.need(due) == need::announce);
  const auto call = r.announcement(digest("chain"));
  CHECK(call.key == key_number(1).public_part().value);
  CHECK(verify_detached(account_id{call.key}, key_tag,
                        key_message(digest("chain"), r.ring().account(), 1), call.proof));
  // A block without it changes nothing; the one with it makes the new key speak.
  REQUIRE(r.observe(record_of(key_number(0), 0, epoch)));
  CHECK(r.need(due) == need::announce);
  REQUIRE(r.observe(record_of(key_number(1), 1, due)));
  CHECK(r.ring().current().public_part() == key_number(1).public_part());
  CHECK(r.version() == 1);
  CHECK(r.need(due) == need::save); // the old secret goes
  r.saved();
  CHECK(r.need(due) == need::nothing);
  CHECK(r.due_at() == due + interval);
}

TEST_CASE("a refused announcement is tried again after a minute; without an interval none is due") {
  auto r = fresh(duration{});
  CHECK(r.need(epoch + hours{24 * 3650}) == need::nothing);
  CHECK_FALSE(r.due_at());
  r.prepare(key_number(1)); // whenever the owner wants
  r.saved();
  CHECK(r.need(epoch) == need::announce);
  r.postpone(epoch);
  CHECK(r.need(epoch + seconds{59}) == need::nothing);
  CHECK(r.need(epoch + minutes{1}) == need::announce);
}

TEST_CASE("a ring whose account was recovered with another key is told") {
  auto r = fresh();
  CHECK(r.observe(record_of(key_number(5), 1, epoch)).error().is(errc::bad_key));
  CHECK(
      rotation::open(crypto::key_ring{key_number(0)}, record_of(key_number(5), 1, epoch), interval)
          .error()
          .is(errc::bad_key));
}

TEST_CASE("a sealed ring opens with its lock, and only whole") {
  crypto::key_ring ring{account_id{{7}}, key_number(1)};
  for (const bool prepared : {false, true}) {
    if (prepared)
      ring.prepare(key_number(2));
    const auto sealed = crypto::seal_ring(ring, node::lock, {9});
    const auto opened = crypto::open_ring(sealed, node::lock);
    REQUIRE(opened.has_value());
    CHECK(opened->account() == ring.account());
    CHECK(opened->current().public_part() == key_number(1).public_part());
    REQUIRE(opened->prepared().has_value() == prepared);
    if (prepared)
      CHECK(opened->prepared()->public_part() == key_number(2).public_part());
    CHECK(crypto::open_ring(sealed, {1}).error().is(crypto::errc::cannot_open));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      auto changed = sealed;
      changed[i] ^= 1;
      CHECK_FALSE(crypto::open_ring(changed, node::lock).has_value());
      CHECK_FALSE(crypto::open_ring(bytes_view{sealed}.first(i), node::lock).has_value());
    }
    // Neither seed can be read from it.
    const auto secret = key_number(1).to_seed();
    CHECK(std::search(sealed.begin(), sealed.end(), secret.view().begin(), secret.view().end()) ==
          sealed.end());
  }
}

TEST_CASE("a crash before or after any write leaves a node that signs and goes on rotating") {
  const auto first = key_number(0);
  const auto host = crypto::account_of(first.public_part());
  const auto g = genesis_for(host);
  int crashes = 0;
  for (int at = 0;; ++at) {
    INFO("crash at effect " << at);
    disk d;
    d.ring = crypto::seal_ring(crypto::key_ring{key_number(0)}, node::lock, {});
    std::uint64_t keys_made = 0;
    auto utc = epoch;
    int effects = 0;
    const bool ended = run(d, g, keys_made, utc, 3, [&] {
      if (effects++ == at)
        throw crash{};
    });
    crashes += ended ? 0 : 1;
    REQUIRE(run(d, g, keys_made, utc, 4, [] {}));
    // Whatever was lost: the log proves itself, and keys went on being replaced.
    auto s = state::open(g).value();
    for (const auto& record : d.log) {
      const auto b = decode_block(record).value();
      for (const auto& batch : b.batches)
        REQUIRE(verify_batch(s.chain(), batch));
      const auto done = s.apply(b);
      REQUIRE(done.has_value());
      for (const auto& receipt : done->batches)
        REQUIRE(receipt.status == errc::ok);
    }
    CHECK(s.keys(host).version >= 3);
    const auto again =
        rotation::open(*crypto::open_ring(d.ring, node::lock), s.keys(host), interval);
    REQUIRE(again.has_value());
    CHECK(again->ring().current().public_part().value == s.keys(host).key);
    if (ended)
      break;
  }
  CHECK(crashes > 20);
}

TEST_CASE("the authority rotates derived keys in its own blocks, and opens again at any of them") {
  const auto host = account_of_seed(seed_of(1));
  auto g = genesis_for(host);
  g.parameters.identity.rotation_grace = hours{2};
  const auto options = derived_options(hours{1});
  std::vector<bytes> log;
  std::optional<authority> core;
  core.emplace(state::open(g).value(), options);
  auto utc = epoch;
  for (int i = 0; i < 40; ++i) {
    utc += minutes{20};
    if (i % 2 == 0)
      REQUIRE(core->add({1, 1}, {host, {}, transfer{host, amount{1}}}, instant_at(0)));
    if (auto record = core->cut(instant_at(0), utc, true)) {
      log.push_back(*record);
      const auto published = core->durable(); // alive while its answers are read
      for (const auto& answer : published->answers)
        CHECK(answer.how == errc::ok);
    }
    CHECK(core->wake_at(instant_at(0), utc)); // the next key, if nothing else
    if (i % 3 == 0) {
      auto s = state::open(g).value();
      for (const auto& record : log)
        REQUIRE(s.apply(decode_block(record).value()).has_value());
      core.emplace(std::move(s), options);
    }
  }
  CHECK(core->working().keys(host).version >= 10);
  CHECK(core->keys().version() == core->working().keys(host).version);
}

TEST_CASE("an announcement counts among a block's calls, and a refused one stops nothing") {
  auto g = genesis_for(account_of_seed(seed_of(1)));
  g.parameters.identity.grace_keys_max = 1;
  const auto host = g.authority;
  authority core{state::open(g).value(), derived_options(hours{1})};
  auto utc = epoch + hours{2};
  for (int i = 0; i < 6; ++i)
    REQUIRE(core.add({1, 1}, {host, {}, transfer{host, amount{1}}}, instant_at(0)));
  const auto block = [&] {
    auto record = core.cut(instant_at(0), utc, true);
    REQUIRE(record.has_value());
    const auto entries = decode_block(*record)->batches.at(0).batch.entries.size();
    CHECK(core.durable()->answers.size() <= entries);
    return entries;
  };
  CHECK(block() == 4); // calls_max: three and the announcement
  CHECK(core.working().keys(host).version == 1);
  CHECK(block() == 3);
  utc += hours{1};
  CHECK(block() == 1); // refused: one earlier key is within its grace already
  CHECK(core.working().keys(host).version == 1);
  CHECK_FALSE(core.cut(instant_at(0), utc + seconds{30}, true));
  utc += minutes{1};
  CHECK(block() == 1);
}

TEST_CASE("an authority whose host was recovered by its stash answers bad_key and goes on") {
  auto g = genesis_for(account_of_seed(seed_of(1)));
  const auto host = g.authority;
  const auto stash = account_of_seed(seed_of(2));
  g.allocations.push_back({stash, amount::ainu(10), {}});
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  authority core{state::open(g).value(), derived_options({})};
  const auto block = [&](errc expected) {
    auto record = core.cut(instant_at(0), epoch + minutes{1}, true);
    REQUIRE(record.has_value());
    CHECK(core.durable()->answers.at(0).how == expected);
  };
  REQUIRE(core.add({1, 1}, {host, {}, set_recovery{host, stash}}, instant_at(0)));
  block(errc::ok);
  batch b{.signer = stash, .nonce = 0, .valid_until = epoch + hours{1}};
  const auto chain = core.working().chain();
  b.entries.push_back({stash,
                       {},
                       recover_account{host, account_of_seed(seed_of(3)).value,
                                       prove_key(chain, host, 1, seed_of(3))}});
  REQUIRE(
      core.add({2, 2}, check(chain, sign_batch(chain, std::move(b), seed_of(2))), instant_at(0)));
  REQUIRE(core.cut(instant_at(0), epoch + minutes{1}, true).has_value());
  CHECK(core.durable()->batch_answers.at(0).receipt.entries == std::vector{errc::ok});
  REQUIRE(core.add({1, 2}, {host, {}, transfer{stash, amount{1}}}, instant_at(0)));
  block(errc::bad_key);
  authority again{state::restore(core.working().snapshot()).value(), derived_options({})};
  REQUIRE(again.add({1, 3}, {host, {}, transfer{stash, amount{1}}}, instant_at(0)));
  REQUIRE(again.cut(instant_at(0), epoch + minutes{1}, true).has_value());
  CHECK(again.durable()->answers.at(0).how == errc::bad_key);
}
