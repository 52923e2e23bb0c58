// Published cases: RFC 8032 and Project Wycheproof.
#include <algorithm>

#include <doctest/doctest.h>
#include <sodium.h>

#include "ainur/crypto/aead.hpp"
#include "ainur/crypto/sealed_box.hpp"
#include "crypto/support.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::crypto;
using ainur::test::array_of;
using ainur::test::hex;
using ainur::test::load_json;

TEST_CASE("Ed25519 signs and verifies the cases of RFC 8032") {
  const auto path = test::shared_data("crypto/ed25519_rfc8032.json");
  if (!path)
    return;
  const auto data = load_json(*path);
  std::size_t seen = 0;
  for (const auto& v : data.at("vectors")) {
    CAPTURE(v.at("index").get<int>());
    const auto key =
        secret_key::from_seed(seed{array_of<32>(hex(v.at("secret_seed").get<std::string>()))});
    const auto message = hex(v.at("message").get<std::string>());
    const signature expected{array_of<64>(hex(v.at("signature").get<std::string>()))};
    CHECK(to_string(key.public_part()) == v.at("public").get<std::string>());
    CHECK(key.sign_plain(message) == expected);
    CHECK(verify_plain(key.public_part(), message, expected));
    ++seen;
  }
  CHECK(seen > 50);
}

TEST_CASE("Ed25519 accepts and refuses as Wycheproof says") {
  const auto path = test::shared_data("crypto/wycheproof_ed25519_test.json");
  if (!path)
    return;
  const auto data = load_json(*path);
  std::size_t seen = 0;
  for (const auto& group : data.at("testGroups")) {
    const public_key signer{array_of<32>(hex(group.at("publicKey").at("pk").get<std::string>()))};
    for (const auto& t : group.at("tests")) {
      CAPTURE(t.at("tcId").get<int>());
      const auto raw = hex(t.at("sig").get<std::string>());
      // A signature of another length does not even become one.
      const bool accepted =
          raw.size() == signature::size &&
          verify_plain(signer, hex(t.at("msg").get<std::string>()), signature{array_of<64>(raw)});
      CHECK(accepted == (t.at("result") == "valid"));
      ++seen;
    }
  }
  CHECK(seen == data.at("numberOfTests").get<std::size_t>());
}

TEST_CASE("X25519 agrees with Wycheproof, and keys of small order are refused") {
  const auto path = test::shared_data("crypto/wycheproof_x25519_test.json");
  if (!path)
    return;
  const auto data = load_json(*path);
  std::size_t seen = 0;
  for (const auto& group : data.at("testGroups"))
    for (const auto& t : group.at("tests")) {
      CAPTURE(t.at("tcId").get<int>());
      const auto shared = key_agreement(array_of<32>(hex(t.at("private").get<std::string>())),
                                        array_of<32>(hex(t.at("public").get<std::string>())));
      const auto& flags = t.at("flags");
      const bool is_zero = std::find(flags.begin(), flags.end(), "ZeroSharedSecret") != flags.end();
      CHECK(shared.has_value() == !is_zero);
      if (shared)
        CHECK(to_hex(*shared) == t.at("shared").get<std::string>());
      else
        CHECK(shared.error().is(errc::weak_public_key));
      ++seen;
    }
  CHECK(seen == data.at("numberOfTests").get<std::size_t>());
}

TEST_CASE("XChaCha20-Poly1305 agrees with Wycheproof") {
  const auto path = test::shared_data("crypto/wycheproof_xchacha20_poly1305_test.json");
  if (!path)
    return;
  const auto data = load_json(*path);
  std::size_t seen = 0;
  for (const auto& group : data.at("testGroups")) {
    // Other nonce sizes cannot be expressed; Wycheproof marks all of them invalid.
    const bool expressible = group.at("ivSize") == 192;
    for (const auto& t : group.at("tests")) {
      CAPTURE(t.at("tcId").get<int>());
      if (!expressible) {
        CHECK(t.at("result") == "invalid");
        continue;
      }
      const auto key = array_of<32>(hex(t.at("key").get<std::string>()));
      const auto nonce = array_of<24>(hex(t.at("iv").get<std::string>()));
      const auto context = hex(t.at("aad").get<std::string>());
      const auto message = hex(t.at("msg").get<std::string>());
      auto sealed = hex(t.at("ct").get<std::string>());
      const auto tag = hex(t.at("tag").get<std::string>());
      sealed.insert(sealed.end(), tag.begin(), tag.end());
      const auto opened = aead_open(key, nonce, context, sealed);
      if (t.at("result") == "valid") {
        CHECK(aead_seal(key, nonce, context, message) == sealed);
        REQUIRE(opened);
        CHECK(*opened == message);
      } else {
        CHECK(opened.error().is(errc::cannot_open));
      }
      ++seen;
    }
  }
  CHECK(seen > 250);
}

TEST_CASE("a sealed box opens for its receiver only, and is libsodium's format") {
  REQUIRE(initialise());
  const auto receiver = test::key_of(1);
  const auto message = as_bytes("the reserve price is 12");
  const auto one_time = run_seed(1, "one-time", 0);
  const auto sealed = seal_for(receiver.public_part(), message, one_time);
  REQUIRE(sealed);
  CHECK(sealed->size() == message.size() + sealed_box_overhead);
  const auto opened = open_sealed(receiver, *sealed);
  REQUIRE(opened);
  CHECK(std::equal(opened->begin(), opened->end(), message.begin(), message.end()));
  CHECK(open_sealed(test::key_of(2), *sealed).error().is(errc::cannot_open));
  for (std::size_t i = 0; i < sealed->size(); ++i) {
    auto altered = *sealed;
    altered[i] ^= 1;
    CHECK(open_sealed(receiver, altered).error().is(errc::cannot_open));
  }
  CHECK(open_sealed(receiver, bytes(47)).error().is(errc::cannot_open));
  // What libsodium seals by itself opens too.
  byte_array<32> curve;
  REQUIRE(crypto_sign_ed25519_pk_to_curve25519(curve.data(), receiver.public_part().value.data()) ==
          0);
  bytes theirs(message.size() + sealed_box_overhead);
  REQUIRE(crypto_box_seal(theirs.data(), message.data(), message.size(), curve.data()) == 0);
  CHECK(open_sealed(receiver, theirs).has_value());
  CHECK(seal_for(public_key{}, message, one_time).error().is(errc::weak_public_key));
}
