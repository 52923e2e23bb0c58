// Keys, signatures, envelopes and the key ring by rule.
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "ainur/crypto/key_ring.hpp"
#include "ainur/crypto/signed.hpp"
#include "crypto/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::crypto;
using ainur::test::key_of;

namespace {

struct order {
  static constexpr std::string_view signature_domain = "test/order/v1";
  std::uint64_t number = 0;
  std::string what;
  AINUR_FIELDS(order, number, what)
};

/// The same fields for another purpose.
struct refund {
  static constexpr std::string_view signature_domain = "test/refund/v1";
  std::uint64_t number = 0;
  std::string what;
  AINUR_FIELDS(refund, number, what)
};

static_assert(!std::is_copy_constructible_v<secret_key> && !std::is_copy_assignable_v<secret_key>);
static_assert(!std::is_copy_constructible_v<seed>);

} // namespace

TEST_CASE("the library starts once, from any thread") {
  std::vector<std::thread> threads;
  std::vector<int> started(4);
  for (auto& one : started)
    threads.emplace_back([&one] { one = initialise().has_value() ? 1 : 0; });
  for (auto& t : threads)
    t.join();
  CHECK(started == std::vector<int>{1, 1, 1, 1});
}

TEST_CASE("a seed gives one key, its seed comes back, and system seeds differ") {
  const auto a = key_of(1);
  CHECK(a.public_part() == key_of(1).public_part());
  CHECK(a.public_part() != key_of(2).public_part());
  CHECK(secret_key::from_seed(a.to_seed()).public_part() == a.public_part());
  auto one = seed_from_system();
  auto two = seed_from_system();
  REQUIRE(one);
  REQUIRE(two);
  CHECK(to_hex(one->view()) != to_hex(two->view()));
  CHECK(account_of(a.public_part()).value == a.public_part().value);
  CHECK(first_key_of(account_of(a.public_part())) == a.public_part());
}

TEST_CASE("run seeds differ by run, role and index") {
  const auto text = [](auto... parts) { return to_hex(run_seed(parts...).view()); };
  CHECK(text(1u, "host", 0u) == text(1u, "host", 0u));
  CHECK(text(1u, "host", 0u) != text(2u, "host", 0u));
  CHECK(text(1u, "host", 0u) != text(1u, "validator", 0u));
  CHECK(text(1u, "host", 0u) != text(1u, "host", 1u));
}

TEST_CASE("a move leaves the source wiped") {
  auto a = key_of(1);
  const auto id = a.public_part();
  const secret_key b = std::move(a);
  CHECK(b.public_part() == id);
  // NOLINTNEXTLINE(bugprone-use-after-move): the wiping is what is tested
  CHECK(to_hex(a.to_seed().view()) == std::string(64, '0'));
  auto s = run_seed(1, "test", 1);
  const seed t = std::move(s);
  // NOLINTNEXTLINE(bugprone-use-after-move)
  CHECK(to_hex(s.view()) == std::string(64, '0'));
  CHECK(to_hex(t.view()) != std::string(64, '0'));
}

TEST_CASE("a signature holds for its signer, domain and message only") {
  const auto key = key_of(1);
  const auto message = as_bytes("pay 3");
  const auto proof = key.sign("a", message);
  CHECK(verify(key.public_part(), "a", message, proof));
  CHECK_FALSE(verify(key.public_part(), "b", message, proof));
  CHECK_FALSE(verify(key.public_part(), "", message, proof));
  CHECK_FALSE(verify(key.public_part(), "a", as_bytes("pay 4"), proof));
  CHECK_FALSE(verify(key_of(2).public_part(), "a", message, proof));
  // Domain and message cannot be shifted into each other, and a plain signature is no domain's.
  CHECK_FALSE(verify(key.public_part(), "ap", as_bytes("ay 3"), proof));
  CHECK_FALSE(verify_plain(key.public_part(), message, proof));
  CHECK_FALSE(verify(key.public_part(), "a", message, key.sign_plain(message)));
}

TEST_CASE("any flipped bit of message, key or signature is refused") {
  test::check_property("flipped bit", 60, [](const bytes& message, std::uint16_t where) {
    const auto key = key_of(3);
    auto altered = message;
    auto proof = key.sign("d", message);
    auto signer = key.public_part();
    const auto flip = [where](std::span<std::uint8_t> data) {
      data[where / 8 % data.size()] ^= static_cast<std::uint8_t>(1u << (where % 8));
    };
    RC_ASSERT(verify(signer, "d", message, proof));
    if (!altered.empty()) {
      flip(altered);
      RC_ASSERT(!verify(signer, "d", altered, proof));
    }
    auto bad_proof = proof;
    flip(bad_proof.value);
    RC_ASSERT(!verify(signer, "d", message, bad_proof));
    flip(signer.value);
    RC_ASSERT(!verify(signer, "d", message, proof));
  });
}

TEST_CASE("an envelope gives back what its signer signed") {
  const auto key = key_of(1);
  const auto envelope = sign(order{7, "bread"}, key);
  const auto opened = verify(envelope);
  REQUIRE(opened);
  CHECK(*opened == order{7, "bread"});
  CHECK(verify_from(envelope, key.public_part()).has_value());
  CHECK(verify_from(envelope, key_of(2).public_part()).error().is(errc::wrong_signer));
  const auto travelled = codec::decode<signed_<order>>(codec::encode(envelope));
  REQUIRE(travelled);
  CHECK(verify(*travelled).value() == *opened);
}

TEST_CASE("an envelope is refused under another type, signer or content") {
  const auto key = key_of(1);
  const auto envelope = sign(order{7, "bread"}, key);
  CHECK(verify(signed_<refund>{envelope.content, envelope.signer, envelope.proof})
            .error()
            .is(errc::bad_signature));
  auto other_signer = envelope;
  other_signer.signer = key_of(2).public_part();
  CHECK(verify(other_signer).error().is(errc::bad_signature));
  auto other_content = envelope;
  other_content.content = codec::encode(order{8, "bread"});
  CHECK(verify(other_content).error().is(errc::bad_signature));
}

TEST_CASE("signed bytes that are not canonical, or not of the type, are refused") {
  const auto key = key_of(1);
  const auto envelope_of = [&key](bytes content) {
    signed_<order> out{std::move(content), key.public_part(), {}};
    out.proof = key.sign(order::signature_domain, out.content);
    return out;
  };
  // [7 as uint16, "x"] instead of the shortest form
  CHECK(verify(envelope_of({0x92, 0xcd, 0x00, 0x07, 0xa1, 'x'}))
            .error()
            .is(codec::errc::not_canonical));
  CHECK(verify(envelope_of({0x92, 0x07, 0xa1, 'x', 0xc0})).error().is(codec::errc::trailing));
  CHECK(verify(envelope_of({0x91, 0x07})).error().is(codec::errc::wrong_type));
  CHECK(verify(envelope_of({})).error().is(codec::errc::truncated));
  CHECK(verify(envelope_of({0x92, 0x07, 0xa1, 'x'})).has_value());
  codec::limits tight;
  tight.bytes_max = 3;
  CHECK(verify(envelope_of({0x92, 0x07, 0xa1, 'x'}), tight).error().is(codec::errc::too_large));
}

TEST_CASE("a ring keeps its account over rotations, and its hosted accounts with it") {
  auto ring = key_ring::of_run(5, 0);
  CHECK(ring.account() == key_ring::of_run(5, 0).account());
  CHECK(ring.account() != key_ring::of_run(5, 1).account());
  CHECK(ring.account() != key_ring::of_run(6, 0).account());
  CHECK(ring.account() == account_of(ring.current().public_part()));
  const auto account = ring.account();
  const auto hosted = ring.hosted(41);
  CHECK(hosted == hosted_account(account, 41));
  CHECK(hosted != ring.hosted(42));

  const auto first = ring.current().public_part();
  CHECK_FALSE(ring.rotate(first));
  const auto next = ring.prepare(key_of(9));
  CHECK(verify(ring.sign(order{1, "announce"})).has_value());
  CHECK(ring.sign(order{1, "announce"}).signer == first);
  CHECK_FALSE(ring.rotate(key_of(8).public_part()));
  CHECK(ring.current().public_part() == first);
  CHECK(ring.rotate(next));
  CHECK(ring.current().public_part() == next);
  CHECK(ring.sign(order{2, "new"}).signer == next);
  CHECK(verify(ring.sign(order{2, "new"})).has_value());
  CHECK(ring.account() == account);
  CHECK(ring.hosted(41) == hosted);
  CHECK_FALSE(ring.rotate(next));
}
