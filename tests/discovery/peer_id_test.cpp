#include "ainur/discovery/peer_id.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "ainur/crypto/sha256.hpp"

using namespace ainur;
using namespace ainur::discovery;

TEST_CASE("the text of libp2p names a peer") {
  // libp2p/specs, peer-ids/peer-ids.md: an Ed25519 key as a protocol buffer.
  const auto raw =
      from_hex("080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e");
  REQUIRE(raw);
  peer_id id;
  std::copy(raw->begin() + 4, raw->end(), id.value.begin());
  const auto text = to_text(id);
  CHECK(text.starts_with("12D3KooW"));
  CHECK(text.size() == 52);
  CHECK(peer_from_text(text) == id);
  const auto form = to_multihash(id);
  CHECK(form[0] == 0);
  CHECK(form[1] == raw->size());
  CHECK(std::equal(raw->begin(), raw->end(), form.begin() + 2));
  CHECK(peer_from_multihash(form) == id);
}

TEST_CASE("other names are refused") {
  auto form = to_multihash(peer_id{});
  CHECK(peer_from_multihash(form));
  CHECK(peer_from_multihash(bytes_view{form}.first(37)).error().is(errc::malformed));
  for (std::size_t i = 0; i < 6; ++i) {
    auto bent = form;
    bent[i] ^= 1;
    CHECK(peer_from_multihash(bent).error().is(errc::malformed));
  }
  for (const auto* text :
       {"", "0OIl", "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC", "12D3KooW"})
    CHECK(peer_from_text(text).error().is(errc::malformed));
}

TEST_CASE("SHA-256 of FIPS 180-4") {
  CHECK(to_hex(crypto::sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(crypto::sha256({})) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
