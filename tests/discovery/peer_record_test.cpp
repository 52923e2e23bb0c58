#include "ainur/discovery/peer_record.hpp"

#include <doctest/doctest.h>

#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;

namespace {

crypto::secret_key key_number(std::uint64_t n) {
  return crypto::secret_key::from_seed(crypto::run_seed(1, "peer", n));
}

peer_record record_of(const crypto::secret_key& key, std::uint64_t sequence) {
  return {peer_of(key.public_part()), sequence, {multiaddr::tcp4(0xc0000201, 4001)}};
}

} // namespace

TEST_CASE("the envelope has the form and the signature that libp2p's implementations exchange") {
  const auto key = key_number(1);
  const auto record = record_of(key, 300);
  const auto sealed = seal(record, key);
  const auto e = decode_envelope(sealed);
  REQUIRE(e);
  const auto public_hex = to_hex(key.public_part().view());
  const auto id_hex = to_hex(to_multihash(record.peer));
  // peer_id 1, seq 2, addresses 3 of multiaddr 1.
  const auto payload = "0a26" + id_hex + "10ac02" + "1a0a" + "0a08" + "04c0000201060fa1";
  CHECK(to_hex(e->payload) == payload);
  CHECK(to_hex(sealed) == "0a24"
                          "0801"
                          "1220" +
                              public_hex + "12020301" + "1a37" + payload + "2a40" +
                              to_hex(e->proof.view()));
  // What is signed: each with its length, the domain, the payload type, the payload.
  bytes content{18};
  const auto add = [&content](bytes_view b) { content.insert(content.end(), b.begin(), b.end()); };
  add(as_bytes("libp2p-peer-record"));
  add(bytes{2, 3, 1, 0x37});
  add(e->payload);
  CHECK(e->payload.size() == 0x37);
  CHECK(crypto::verify_plain(key.public_part(), content, e->proof));
  CHECK(open_peer_record(sealed) == record);
  CHECK(encode(*e) == sealed);
}

TEST_CASE("only the peer itself speaks for itself") {
  const auto key = key_number(1), other = key_number(2);
  CHECK(open_peer_record(seal(record_of(key, 1), other)).error().is(errc::wrong_signer));
  auto e = decode_envelope(seal(record_of(key, 1), key)).value();
  e.signer = other.public_part();
  CHECK(open_peer_record(encode(e)).error().is(errc::bad_signature));
  e = decode_envelope(seal(record_of(key, 1), key)).value();
  e.payload.back() ^= 1;
  CHECK(open_peer_record(encode(e)).error().is(errc::bad_signature));
  // The same content signed for another purpose, or of another type.
  const auto again = seal("another-domain", e.payload_type, e.payload, key);
  CHECK(open_peer_record(encode(again)).error().is(errc::bad_signature));
  CHECK(verify(again, "another-domain"));
  const auto typed = seal(peer_record::domain, {3, 2}, e.payload, key);
  CHECK(open_peer_record(encode(typed)).error().is(errc::malformed));
}

TEST_CASE("every changed bit is found out") {
  const auto sealed = seal(record_of(key_number(1), 77), key_number(1));
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    auto bent = sealed;
    bent[i / 8] = static_cast<std::uint8_t>(bent[i / 8] ^ (1u << (i % 8)));
    CHECK_FALSE(open_peer_record(bent));
  }
  for (std::size_t cut = 0; cut < sealed.size(); ++cut)
    CHECK_FALSE(open_peer_record(bytes_view{sealed}.first(cut)));
  CHECK(open_peer_record(bytes(envelope_size_max + 1)).error().is(errc::too_large));
}

TEST_CASE("a signer of another kind of key and lists beyond the bounds are refused") {
  const auto key = key_number(1);
  auto sealed = seal(record_of(key, 1), key);
  sealed[3] = 2; // secp256k1
  CHECK(decode_envelope(sealed).error().is(errc::malformed));
  auto record = record_of(key, 1);
  record.addresses.assign(40, record.addresses[0]);
  CHECK(open_peer_record(seal(record, key))->addresses.size() == peer_record::addresses_max);
  bytes payload{0x0a, 0x26};
  const auto id = to_multihash(record.peer);
  payload.insert(payload.end(), id.begin(), id.end());
  for (int i = 0; i < 65; ++i)
    payload.insert(payload.end(), {0x1a, 0x00});
  CHECK(open_peer_record(encode(seal(peer_record::domain, {3, 1}, payload, key)))
            .error()
            .is(errc::malformed));
}

TEST_CASE("the newest record stands, and the book is bounded") {
  record_book book{2};
  const auto a = key_number(1), b = key_number(2), c = key_number(3);
  CHECK(book.accept(seal(record_of(a, 5), a)));
  const auto newer = seal(record_of(a, 9), a);
  CHECK(book.accept(newer));
  CHECK(book.accept(newer).error().is(errc::stale));
  CHECK(book.accept(seal(record_of(a, 8), a)).error().is(errc::stale));
  CHECK(book.accept(seal(record_of(b, 1), a)).error().is(errc::wrong_signer));
  CHECK(book.size() == 1);
  CHECK(book.find(peer_of(a.public_part()))->record.sequence == 9);
  CHECK(book.find(peer_of(a.public_part()))->sealed == newer);
  CHECK(book.accept(seal(record_of(b, 1), b)));
  CHECK(book.accept(seal(record_of(a, 10), a)));
  CHECK(book.accept(seal(record_of(c, 1), c)));
  CHECK(book.size() == 2);
  CHECK(book.find(peer_of(b.public_part())) == nullptr); // renewed longest ago
  CHECK(book.find(peer_of(a.public_part()))->record.sequence == 10);
}
