#include "ainur/discovery/kademlia/message.hpp"

#include <doctest/doctest.h>

#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;
using test::contact_number;

TEST_CASE("a request is the protocol buffer of libp2p") {
  // Field 1 is the type, a varint; field 2 the key.
  CHECK(to_hex(encode({.type = message_type::find_node, .key = {0xab, 0xcd}})) == "08041202abcd");
  const contact peer{test::peer_number(1), {multiaddr::tcp4(0xc0000201, 4001)}};
  const auto form = to_hex(
      encode({.type = message_type::add_provider, .key = {1}, .closer = {}, .providers = {peer}}));
  // Field 9: a peer of 50 bytes; of it field 1 the id of 38, field 2 the address of 8.
  CHECK(form == "0802120101"
                "4a32"
                "0a26" +
                    to_hex(to_multihash(peer.peer())) +
                    "1208"
                    "04c0000201060fa1");
}

TEST_CASE("what was written is read") {
  test::check_property("messages", 200, [](std::uint64_t seed) {
    rng random{seed};
    message m{.type = static_cast<message_type>(random.below(6))};
    for (auto i = random.below(40); i > 0; --i)
      m.key.push_back(static_cast<std::uint8_t>(random.next()));
    for (auto i = random.below(20); i > 0; --i)
      m.closer.push_back(contact_number(random.below(1'000)));
    for (auto i = random.below(20); i > 0; --i)
      m.providers.push_back(contact_number(random.below(1'000)));
    const auto form = encode(m);
    const auto again = decode_message(form);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == m);
    for (std::size_t cut = 1; cut < form.size(); cut += 1 + random.below(20))
      (void)decode_message(bytes_view{form}.first(cut)); // anything but a crash
  });
}

TEST_CASE("what others send besides is left out") {
  const auto peer = to_hex(to_multihash(test::peer_number(1)));
  const auto read = [](const std::string& hex) { return decode_message(from_hex(hex).value()); };
  // Unknown field 10, and a peer with field 3: skipped.
  auto m = read("5001"
                "0804"
                "422a"
                "0a26" +
                peer + "1801");
  REQUIRE(m);
  CHECK(m->closer == std::vector{contact{test::peer_number(1), {}}});
  // A peer whose id is a hash of another kind of key.
  m = read("0804"
           "4204"
           "0a02"
           "1220");
  REQUIRE(m);
  CHECK(m->closer.empty());
  // An address with an unknown component (sctp).
  m = read("0804"
           "4233"
           "0a26" +
           peer +
           "1209"
           "04c00002018401"
           "0fa1");
  REQUIRE(m);
  CHECK(m->closer.at(0).addresses().empty());
  CHECK(read("")->type == message_type::put_value);
}

TEST_CASE("what is no message, or too much of one, is refused") {
  for (const auto* hex : {"08", "0806", "0a0100", "1205ab", "42ff", "08ffffffffffffffffffff01",
                          "0004", "12ffffffff0f",
                          "4203"
                          "0a0500"})
    CHECK_MESSAGE(decode_message(from_hex(hex).value()).error().is(errc::malformed), hex);
  message m{.key = bytes(257)};
  CHECK(decode_message(encode(m)).error().is(errc::too_large));
  m = {.key = bytes(256)};
  CHECK(decode_message(encode(m)));
  m.closer.assign(64, contact_number(1));
  CHECK(decode_message(encode(m)));
  m.closer.push_back(contact_number(1));
  CHECK(decode_message(encode(m)).error().is(errc::too_large));
  CHECK(decode_message(bytes((64u << 10) + 1)).error().is(errc::too_large));
  std::string peer;
  for (int i = 0; i < 33; ++i)
    peer += "1200";
  CHECK(decode_message(from_hex("4242" + peer).value()).error().is(errc::too_large));
}
