// Seeded simulation of identities: documents, rotations, recoveries and delegations by honest,
// confused and stale signers. At every block the books agree, a replaying ledger stays equal, and
// a follower of the events alone knows every key and document.
#include <algorithm>
#include <map>
#include <set>

#include "ainur/base/rng.hpp"
#include "identity_world.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// What the events tell.
struct known {
  std::uint32_t version = 0;
  byte_array<32> key{};
  std::vector<std::uint32_t> grace;
  account_id stash, delegate;
};

struct follower {
  std::map<account_id, known> keys;
  std::map<account_id, event::document_changed> documents;
  std::set<std::size_t> kinds; ///< of events

  known& of(const account_id& id) {
    return keys.try_emplace(id, known{.key = id.value}).first->second;
  }

  void on(const event::key_rotated& e, timestamp now) {
    auto& k = of(e.account);
    if (e.grace_until > now)
      k.grace.push_back(k.version);
    k.version = e.version;
    k.key = e.key;
    CHECK((!e.recovered || k.grace.empty()));
  }

  void on(const event::key_ended& e, timestamp) { std::erase(of(e.account).grace, e.version); }

  void on(const event::recovery_set& e, timestamp) { of(e.account).stash = e.stash; }

  void on(const event::hosting_delegated& e, timestamp) { of(e.host).delegate = e.controller; }

  void on(const event::document_changed& e, timestamp) { documents[e.account] = e; }

  template <class Other>
  void on(const Other&, timestamp) {}

  void see(const applied& block) {
    for (const auto& e : block.events) {
      kinds.insert(e.index());
      std::visit([&](const auto& x) { on(x, block.time); }, e);
    }
  }
};

struct seen {
  std::set<std::size_t> kinds, carried_out;
  std::set<errc> refusals;
};

class simulation {
public:
  explicit simulation(std::uint64_t seed) : random_(seed), w_(rules_of(seed)) {
    people_ = {w_.host, w_.client, w_.rival, w_.agent, w_.other, w_.poor};
    people_.insert(people_.end(), w_.arbiters.begin(), w_.arbiters.begin() + 2);
    for (std::uint8_t i = 0; i < 40; ++i)
      seeds_.emplace(key_of_seed(i), i);
    mirror_.emplace(std::move(*state::restore(w_.s->snapshot())));
  }

  seen run(int blocks) {
    for (int i = 0; i < blocks; ++i)
      step();
    while (w_.s->next_deadline()) {
      w_.now = std::max(w_.now + duration{1}, *w_.s->next_deadline());
      commit({});
    }
    for (const auto& [id, k] : follower_.keys)
      CHECK(k.grace.empty());
    seen_.kinds = follower_.kinds;
    return seen_;
  }

private:
  static parameters rules_of(std::uint64_t seed) {
    parameters p;
    p.identity.rotation_grace = hours{seed % 5 == 0 ? 0 : 1 + seed % 50};
    p.identity.grace_keys_max = 1 + static_cast<std::uint32_t>(seed % 3);
    p.identity.document_byte_deposit = amount{seed % 4 == 0 ? 200'000u : 100u};
    p.sweep_max = seed % 3 == 0 ? 1 : 20'000;
    return p;
  }

  const who& someone() { return people_[random_.below(people_.size())]; }

  std::uint8_t some_seed() { return static_cast<std::uint8_t>(random_.below(40)); }

  did_document some_text() {
    auto d = some_document();
    d.capabilities.resize(random_.below(3));
    for (auto more = random_.below(6); more > 0; --more)
      d.capabilities.push_back("c" + std::to_string(random_.below(12)));
    return d;
  }

  ledger::call next_call(const who& w) {
    // Mostly about oneself; a stash about the account it may recover.
    auto about = random_.below(8) == 0 ? someone().id : w.id;
    if (random_.below(2) == 0)
      for (const auto& [id, k] : follower_.keys)
        if (k.stash == w.id)
          about = id;
    auto next = w_.rotation_to(some_seed(), random_.below(3) == 0 ? about : w.signer);
    switch (random_.below(12)) {
    case 0:
      return register_agent{some_text()};
    case 1:
      return update_document{some_text()};
    case 2:
      return deregister_agent{};
    case 3:
    case 4:
      if (random_.below(12) == 0)
        next.proof[5] ^= 1;
      return next;
    case 5:
      return set_recovery{about,
                          random_.below(5) == 0 ? std::nullopt : std::optional{someone().id}};
    case 6:
    case 7: {
      const auto c = w_.rotation_to(some_seed(), about);
      return recover_account{about, c.key, c.proof};
    }
    case 8:
      return revoke_key{static_cast<std::uint32_t>(
          random_.below(std::uint64_t{w_.s->keys(w.signer).version} + 1))};
    case 9:
      return delegate_hosting{someone().id};
    case 10:
      return random_.below(2) == 0 ? ledger::call{revoke_delegation{}}
                                   : ledger::call{transfer{someone().id, amount{1}}};
    default:
      return transfer{someone().id, amount{random_.below(3'000'000)}};
    }
  }

  signed_batch some_batch(std::map<account_id, std::uint64_t>& nonces) {
    auto w = someone();
    std::optional<account_id> host;
    // Now and then the host's delegate signs, or somebody who would like to be it.
    if (w.index && random_.below(2) == 0) {
      host = w.signer;
      const auto delegate = w_.s->keys(w.signer).delegate;
      w.signer = delegate.is_none() || random_.below(6) == 0 ? w_.rival.id : delegate;
    }
    batch b;
    b.signer = w.signer;
    b.nonce = nonces.try_emplace(w.signer, w_.s->nonce(w.signer)).first->second;
    b.valid_until = w_.now + hours{1};
    b.mode = random_.below(4) == 0 ? batch_mode::all : batch_mode::each;
    for (auto count = 1 + random_.below(3); count > 0; --count)
      b.entries.push_back({w.id, w.index, next_call(w), host});
    auto key = w_.s->keys(w.signer).key;
    if (random_.below(10) == 0)
      key = key_of_seed(some_seed()); // a stale one, perhaps
    if (key != b.signer.value)
      b.key = key;
    // A delegate that turned out to be hosted has no key.
    const auto seed = seeds_.find(key);
    return sign_batch(w_.s->chain(), std::move(b),
                      seed_of(seed == seeds_.end() ? 0 : seed->second));
  }

  void step() {
    w_.now += random_.below(6) == 0 ? duration{hours{1 + random_.below(40)}}
                                    : duration{1 + static_cast<std::int64_t>(random_.below(5'000))};
    std::vector<signed_batch> batches;
    std::map<account_id, std::uint64_t> nonces;
    for (auto count = random_.below(4); count > 0; --count) {
      batches.push_back(some_batch(nonces));
      ++nonces[batches.back().batch.signer];
    }
    commit(std::move(batches));
  }

  void commit(std::vector<signed_batch> batches) {
    const auto offered = batches;
    auto built = w_.s->build(w_.now, std::move(batches));
    REQUIRE(built.has_value());
    const auto& s = *w_.s;
    follower_.see(built->applied);
    for (std::size_t i = 0; i < offered.size(); ++i) {
      const auto& receipt = built->applied.batches[i];
      seen_.refusals.insert(receipt.status);
      for (std::size_t k = 0; k < receipt.entries.size(); ++k)
        if (seen_.refusals.insert(receipt.entries[k]); receipt.entries[k] == errc::ok)
          seen_.carried_out.insert(offered[i].batch.entries[k].call.index());
    }
    REQUIRE(s.conserved());
    const auto audit = s.audit();
    REQUIRE_MESSAGE(audit.has_value(), (audit ? "" : audit.error().to_string()));
    compare(s);
    const auto b = decode_block(built->record);
    REQUIRE(b.has_value());
    REQUIRE(*b == built->block);
    const auto followed = mirror_->apply(*b);
    REQUIRE_MESSAGE(followed.has_value(), (followed ? "" : followed.error().to_string()));
    REQUIRE(followed->events == built->applied.events);
    if (random_.below(8) == 0) {
      auto restored = state::restore(mirror_->snapshot());
      REQUIRE(restored.has_value());
      mirror_.emplace(std::move(*restored));
      REQUIRE(mirror_->state_hash() == s.state_hash());
      REQUIRE(mirror_->next_deadline() == s.next_deadline());
    }
  }

  void compare(const state& s) {
    for (const auto& p : people_) {
      const auto view = s.keys(p.id);
      const auto& k = follower_.of(view.signer);
      REQUIRE(view.version == k.version);
      REQUIRE(view.key == k.key);
      REQUIRE(view.stash == k.stash);
      REQUIRE(view.delegate == k.delegate);
      std::vector<std::uint32_t> grace;
      for (const auto& old : view.grace)
        grace.push_back(old.version);
      REQUIRE(grace == k.grace);
      const auto document = s.document(p.id);
      const auto told = follower_.documents.find(p.id);
      REQUIRE(document.has_value() ==
              (told != follower_.documents.end() && told->second.document.has_value()));
      if (document) {
        REQUIRE(document->document == *told->second.document);
        REQUIRE(document->revision == told->second.revision);
        REQUIRE(document->deposit == told->second.deposit);
        REQUIRE(s.account(p.id)->reserved == document->deposit);
      }
    }
  }

  rng random_;
  key_world w_;
  std::vector<who> people_;
  std::map<byte_array<32>, std::uint8_t> seeds_;
  std::optional<state> mirror_;
  follower follower_;
  seen seen_;
};

} // namespace

TEST_CASE("simulation: identities, 150 seeds") {
  seen all;
  for (std::uint64_t seed = 1; seed <= 150u * static_cast<unsigned>(count_factor()); ++seed) {
    INFO("seed " << seed);
    const auto one = simulation{seed}.run(60);
    all.kinds.insert(one.kinds.begin(), one.kinds.end());
    all.carried_out.insert(one.carried_out.begin(), one.carried_out.end());
    all.refusals.insert(one.refusals.begin(), one.refusals.end());
  }
  const auto has = [&all](const ledger::call& c) { return all.carried_out.contains(c.index()); };
  CHECK((has(register_agent{}) && has(update_document{}) && has(deregister_agent{})));
  CHECK((has(rotate_key{}) && has(recover_account{}) && has(revoke_key{})));
  CHECK((has(set_recovery{}) && has(delegate_hosting{}) && has(revoke_delegation{})));
  for (const auto code :
       {errc::bad_key, errc::not_delegated, errc::aborted, errc::insufficient_funds,
        errc::invalid_value, errc::not_permitted, errc::already_registered, errc::not_registered,
        errc::bad_key_proof, errc::key_in_use, errc::too_many_keys, errc::unknown_key,
        errc::unknown_delegation})
    CHECK_MESSAGE(all.refusals.contains(code), describe(code).name);
}

TEST_CASE("a snapshot of identities with a right digest but wrong content is refused or goes on") {
  key_world w;
  REQUIRE(w.call_by(2, w.client, register_agent{some_document()}) == errc::ok);
  REQUIRE(w.call_by(2, w.client, set_recovery{w.client.id, w.rival.id}) == errc::ok);
  REQUIRE(w.call_by(2, w.client, delegate_hosting{w.rival.id}) == errc::ok);
  REQUIRE(w.call_by(2, w.client, w.rotation_to(50, w.client.id)) == errc::ok);
  REQUIRE(w.call_by(50, w.client, w.rotation_to(51, w.client.id)) == errc::ok);
  const auto image = w.s->snapshot();
  rng random{78};
  int accepted = 0;
  // The records of identities stand at the end; most changes before them break a sum.
  const auto begin = image.size() - 1'100;
  for (int i = 0; i < 4'000; ++i) {
    bytes body{image.begin(), image.end() - 32};
    for (auto flips = 1 + random.below(2); flips > 0; --flips)
      body[begin + random.below(body.size() - begin)] = static_cast<std::uint8_t>(random.next());
    const auto sum = crypto::hash("ainur/snapshot/v1", body);
    body.insert(body.end(), sum.value.begin(), sum.value.end());
    auto restored = state::restore(body);
    if (!restored)
      continue;
    ++accepted;
    CHECK(restored->snapshot() == body);
    w.s.emplace(std::move(*restored));
    w.now = w.s->time();
    for (const auto seed : {std::uint8_t{2}, std::uint8_t{51}}) {
      (void)w.call_by(seed, w.client, revoke_key{0});
      (void)w.call_by(seed, w.client, w.rotation_to(52, w.client.id));
      (void)w.call_by(seed, w.client, update_document{});
    }
    (void)w.call_by(3, w.rival, w.recovery_to(53, w.client.id));
    (void)w.call_by(53, w.client, deregister_agent{});
    w.pass(hours{24 * 400});
    CHECK(w.s->audit().has_value());
  }
  CHECK(accepted > 100);
}
