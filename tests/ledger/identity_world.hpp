// What the tests of identities share: batches with real signatures, under any key.
#pragma once

#include "world.hpp"

namespace ainur::test {

inline byte_array<32> key_of_seed(std::uint8_t seed) {
  return account_of_seed(seed_of(seed)).value;
}

/// A world in which every batch is signed.
struct key_world : world {
  using world::world;

  [[nodiscard]] signed_batch signed_by(std::uint8_t seed, const account_id& signer, entry e) const {
    batch b;
    b.signer = signer;
    if (key_of_seed(seed) != signer.value)
      b.key = key_of_seed(seed);
    b.nonce = s->nonce(signer);
    b.valid_until = now + hours{1};
    b.entries.push_back(std::move(e));
    return sign_batch(s->chain(), std::move(b), seed_of(seed));
  }

  errc offer(signed_batch b) {
    now += duration{1};
    auto built = s->build(now, {std::move(b)});
    REQUIRE(built.has_value());
    last = std::move(built->applied);
    const auto& receipt = last.batches.front();
    return receipt.status != errc::ok ? receipt.status : receipt.entries.front();
  }

  /// One call of an account that signs for itself, under the key of `seed`.
  errc call_by(std::uint8_t seed, const who& w, ledger::call c) {
    return offer(signed_by(seed, w.signer, {w.id, w.index, std::move(c), {}}));
  }

  /// The same, refused: nothing but the nonce of the signer changes.
  void noop_by(std::uint8_t seed, const who& w, const ledger::call& c, errc expected) {
    const auto image = s->snapshot();
    const auto at = now;
    REQUIRE(call_by(seed, {w.signer, w.signer, {}}, transfer{w.signer, amount{0}}) == errc::ok);
    const auto idle = s->state_hash();
    const auto idle_events = last.events.size();
    s.emplace(std::move(*state::restore(image)));
    now = at;
    const auto code = call_by(seed, w, c);
    CAPTURE(describe(code).name);
    CHECK(code == expected);
    CHECK(s->state_hash() == idle);
    CHECK(last.events.size() == idle_events);
    s.emplace(std::move(*state::restore(image)));
    now = at;
  }

  [[nodiscard]] rotate_key rotation_to(std::uint8_t seed, const account_id& account) const {
    return {key_of_seed(seed),
            prove_key(s->chain(), account, s->keys(account).version + 1, seed_of(seed))};
  }

  [[nodiscard]] recover_account recovery_to(std::uint8_t seed, const account_id& account) const {
    const auto r = rotation_to(seed, account);
    return {account, r.key, r.proof};
  }
};

inline did_document some_document() {
  did_document d;
  d.keys.push_back({"main", key_purpose::authentication, key_of_seed(90)});
  d.keys.push_back({"box", key_purpose::key_agreement, key_of_seed(91)});
  d.services.push_back({"api", "MarketGateway", "https://agents.example/api"});
  d.capabilities = {"translate", "summarise long texts"};
  d.personal_data = digest("salt and name");
  return d;
}

} // namespace ainur::test
