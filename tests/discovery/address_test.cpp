#include "ainur/discovery/address.hpp"

#include <doctest/doctest.h>

#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;

namespace {

std::string hex_of(const std::string& text) {
  const auto a = multiaddr::from_text(text);
  return a ? to_hex(a->binary()) : a.error().to_string();
}

} // namespace

TEST_CASE("addresses have libp2p's binary form") {
  CHECK(hex_of("/ip4/127.0.0.1/udp/1234/quic-v1") == "047f000001910204d2cd03");
  CHECK(hex_of("/ip4/192.0.2.1/tcp/4001") == "04c0000201060fa1");
  CHECK(hex_of("/ip6/::1/tcp/4001") == "2900000000000000000000000000000001060fa1");
  CHECK(hex_of("/dns4/a.example/tcp/443") == "3609612e6578616d706c650601bb");
  CHECK(multiaddr::tcp4(0xc0000201, 4001) == multiaddr::from_text("/ip4/192.0.2.1/tcp/4001"));
}

TEST_CASE("an address that was read is written the same") {
  const auto peer = test::peer_number(1);
  for (const auto& text : std::vector<std::string>{
           "/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db8::1/udp/1/quic-v1", "/dns/x/tcp/0",
           "/dnsaddr/bootstrap.example.org/p2p/" + to_text(peer),
           "/ip4/192.0.2.1/tcp/65535/p2p/" + to_text(peer)}) {
    const auto a = multiaddr::from_text(text);
    REQUIRE_MESSAGE(a, text);
    CHECK(to_text(*a) == text);
    CHECK(multiaddr::from_binary(a->binary()) == *a);
    CHECK(a->peer().has_value() == (text.find("/p2p/") != std::string::npos));
  }
  CHECK(multiaddr::from_text("/ip4/192.0.2.1/tcp/1/p2p/" + to_text(peer))->peer() == peer);
}

TEST_CASE("what is no address is refused") {
  for (const auto* text :
       {"", "/", "ip4/1.2.3.4", "/ip4", "/ip4/", "/ip4/1.2.3", "/ip4/1.2.3.4/", "/ip4/256.0.0.1",
        "/ip6/::g", "/tcp/65536", "/tcp/-1", "/tcp/+1", "/tcp/", "/dns/", "/dns/a b", "/sctp/5",
        "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC", "/quic-v1/1"})
    CHECK_MESSAGE(multiaddr::from_text(text).error().is(errc::malformed), text);
  std::string many;
  for (int i = 0; i < 9; ++i)
    many += "/tcp/1";
  CHECK(multiaddr::from_text(many).error().is(errc::too_large));
  CHECK(multiaddr::from_text("/dns/" + std::string(1'000, 'a')).error().is(errc::too_large));
  for (const auto* hex : {"", "04c00002", "0600", "8400c0000201", "3600", "36020061", "3603613a62",
                          "a50300", "ffffffffffffffffffff01"})
    CHECK_MESSAGE(multiaddr::from_binary(*from_hex(hex)).error().is(errc::malformed), hex);
}

TEST_CASE("bytes are refused or read as they are") {
  test::check_property("address bytes", 2'000, [](const std::vector<std::uint8_t>& raw) {
    if (const auto a = multiaddr::from_binary(raw)) {
      RC_ASSERT(a->binary() == raw);
      const auto again = multiaddr::from_text(to_text(*a));
      RC_ASSERT(again.has_value());
      RC_ASSERT(*again == *a);
    }
  });
}

TEST_CASE("hosts of one network are one group") {
  const auto group = [](const char* text) { return group_of(multiaddr::from_text(text).value()); };
  CHECK(group("/ip4/192.0.2.1/tcp/1") == group("/ip4/192.0.77.9/udp/5/quic-v1"));
  CHECK(group("/ip4/192.0.2.1/tcp/1") != group("/ip4/192.1.2.1/tcp/1"));
  CHECK(group("/ip6/2001:db8::1/tcp/1") == group("/ip6/2001:db8:ffff::2/tcp/1"));
  CHECK(group("/ip6/2001:db8::1/tcp/1") != group("/ip6/2001:db9::1/tcp/1"));
  CHECK(group("/ip6/::ffff:192.0.2.1/tcp/1") == group("/ip4/192.0.2.1/tcp/1"));
  CHECK(group("/dns/a/tcp/1") == ip_group{});
}
