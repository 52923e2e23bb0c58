#include "ainur/discovery/kademlia/key.hpp"

#include <algorithm>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/discovery/kademlia/dht.hpp"
#include "kademlia_support.hpp"
#include "support/property.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;

namespace {

key point_from_hex(const std::string& hex) {
  const auto raw = from_hex(hex).value();
  byte_array<32> point{};
  REQUIRE(raw.size() == point.size());
  std::copy(raw.begin(), raw.end(), point.begin());
  return key_from(point);
}

std::optional<nlohmann::json> cases() {
  const auto path = test::shared_data("kademlia/kad_cases.json");
  if (!path)
    return std::nullopt;
  std::ifstream in{*path};
  return nlohmann::json::parse(in);
}

} // namespace

TEST_CASE("published: prefixes of zeroes, distances and their order") {
  const auto all = cases();
  if (!all)
    return;
  CHECK(all->at("prefix_len").size() == 3);
  for (const auto& c : all->at("prefix_len"))
    CHECK(leading_zeros(from_hex(c.at("hex").get<std::string>()).value()) ==
          c.at("zero_prefix_len").get<int>());
  const auto& sort = all->at("sort");
  std::vector<key> keys;
  for (const auto& k : sort.at("keys_hex"))
    keys.push_back(point_from_hex(k.get<std::string>()));
  const auto center = keys.at(sort.at("center_index").get<std::size_t>());
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return distance(center, keys[i]); });
  CHECK(order == sort.at("order").get<std::vector<std::size_t>>());
  CHECK(distance(keys[2], keys[4]) == key{{0, 0, 0, sort.at("distance_2_4").get<std::uint64_t>()}});
  CHECK(distance(keys[2], keys[3]) == key{{0, 0, 0, sort.at("distance_2_3").get<std::uint64_t>()}});
}

TEST_CASE("published: the constants of libp2p are the defaults") {
  const auto all = cases();
  if (!all)
    return;
  const dht_options o;
  const auto& spec = all->at("spec");
  CHECK(o.lookups.k == spec.at("k"));
  CHECK(o.table.bucket_size == spec.at("k"));
  CHECK(o.lookups.alpha == spec.at("alpha"));
  CHECK(o.bootstrap_interval == std::chrono::seconds{spec.at("bootstrap_period_s").get<int>()});
  CHECK(o.query_timeout == std::chrono::seconds{spec.at("query_timeout_s").get<int>()});
  CHECK(o.republish_max == std::chrono::hours{spec.at("provider_record_republish_h").get<int>()});
  CHECK(o.providers.validity == std::chrono::hours{spec.at("provider_record_expiry_h").get<int>()});
  const auto& amino = all->at("go_amino_defaults");
  CHECK(o.table.group_max == amino.at("max_peers_per_ip_group"));
  CHECK(o.table.group_prefix_max == amino.at("max_peers_per_ip_group_per_cpl"));
  CHECK(static_cast<int>(message_type::put_value) == 0);
  CHECK(static_cast<int>(message_type::get_value) == 1);
  CHECK(static_cast<int>(message_type::add_provider) == 2);
  CHECK(static_cast<int>(message_type::get_providers) == 3);
  CHECK(static_cast<int>(message_type::find_node) == 4);
  CHECK(static_cast<int>(message_type::ping) == 5);
}

TEST_CASE("a point is the SHA-256 of a name, of a peer that of its multihash") {
  CHECK(point_of(as_bytes("abc")) ==
        point_from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  const auto peer = test::peer_number(3);
  CHECK(point_of(peer) == point_of(to_multihash(peer)));
  CHECK(capability_key("summarise") == "/ainur/capability/summarise");
}

TEST_CASE("distance is a metric of bits") {
  test::check_property("distance", 300, [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    const auto x = point_of(test::peer_number(a));
    const auto y = point_of(test::peer_number(b));
    const auto z = point_of(test::peer_number(c));
    RC_ASSERT(distance(x, x) == key{});
    RC_ASSERT(distance(x, y) == distance(y, x));
    RC_ASSERT(distance(distance(x, y), distance(y, z)) == distance(x, z));
    RC_ASSERT((common_prefix(x, y) == key_bits) == (x == y));
    const auto share = share_of_space(distance(x, y));
    RC_ASSERT(share >= 0);
    RC_ASSERT(share < 1);
    RC_ASSERT((share < 0.5) == (common_prefix(x, y) > 0));
  });
}

TEST_CASE("names are found near a point, exactly as near as asked") {
  rng random{7};
  for (int prefix = 0; prefix <= 10; ++prefix) {
    const auto point = point_of(test::peer_number(static_cast<std::uint64_t>(prefix)));
    CHECK(common_prefix(point, point_of(name_near(point, prefix, random))) == prefix);
  }
}
