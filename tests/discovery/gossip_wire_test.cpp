// The wire form of the gossip mesh: libp2p's protocol buffers, strict signing, and bounds on
// everything that is read.
#include <algorithm>
#include <doctest/doctest.h>

#include "ainur/discovery/gossip/rpc.hpp"
#include "gossip_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::gossip;
using test::number_of;
using test::peer_numbered;

namespace {

crypto::secret_key key_numbered(std::uint64_t n) {
  return crypto::secret_key::from_seed(crypto::run_seed(1, "gossip-test", n));
}

rpc everything() {
  rpc r;
  r.subscriptions = {{true, "ainur/cfp"}, {false, "old"}};
  r.publish.push_back(
      std::make_shared<message>(sign_message(key_numbered(1), "ainur/cfp", {1, 2, 3}, 7)));
  r.publish.push_back(std::make_shared<message>(message{peer_numbered(2), 8, "t", {}, {}}));
  r.ihaves = {{"ainur/cfp", {number_of(1), number_of(2)}}, {"t", {}}};
  r.iwants = {number_of(3)};
  r.grafts = {"ainur/cfp"};
  r.prunes = {{"t", {{peer_numbered(3), {9, 9}}, {peer_numbered(4), {}}}, 60}, {"u", {}, 0}};
  r.idontwants = {number_of(4), number_of(5)};
  return r;
}

std::string text_of(bytes_view raw) {
  return to_hex(raw);
}

/// A field of bytes in protocol buffers, for lengths below 128.
bytes field(std::uint8_t number, bytes_view content) {
  bytes out(content.size() + 2);
  out[0] = static_cast<std::uint8_t>(number << 3 | 2);
  out[1] = static_cast<std::uint8_t>(content.size());
  std::copy(content.begin(), content.end(), out.begin() + 2);
  return out;
}

bytes joined(std::initializer_list<bytes> parts) {
  bytes out;
  for (const auto& p : parts)
    out.insert(out.end(), p.begin(), p.end());
  return out;
}

bytes name_of(std::uint32_t n) {
  const auto raw = to_multihash(peer_numbered(n));
  return {raw.begin(), raw.end()};
}

void expect_refused(const bytes& raw, discovery::errc why, const wire_limits& limits = {}) {
  const auto r = decode_rpc(raw, limits);
  REQUIRE_FALSE(r.has_value());
  INFO(r.error().to_string());
  CHECK(r.error().is(why));
}

} // namespace

TEST_CASE("the bytes are those of libp2p's protocol buffers") {
  rpc r;
  r.subscriptions = {{true, "ab"}};
  r.grafts = {"cd"};
  r.prunes = {{"e", {}, 60}};
  // RPC {1: {1: true, 2: "ab"}, 3: {3: {1: "cd"}, 4: {1: "e", 3: 60}}}
  CHECK(text_of(encode(r)) == "0a06080112026162"
                              "1a0d1a040a02636422050a0165183c");
  rpc ids;
  ids.iwants = {{peer_numbered(1), 0x0102030405060708}};
  const auto raw = encode(ids);
  // RPC {3: {2: {1: multihash, number}}}
  CHECK(text_of(raw).substr(0, 24) == "1a3212300a2e002408011220");
  CHECK(text_of(raw).ends_with("0102030405060708"));
  CHECK(encode(rpc{}).empty());
}

TEST_CASE("what is encoded is read again") {
  const auto r = everything();
  const auto raw = encode(r);
  const auto again = decode_rpc(raw);
  REQUIRE(again.has_value());
  CHECK(*again == r);
  CHECK(encode(*again) == raw);
  CHECK(decode_rpc({})->empty());
  CHECK_FALSE(again->empty());
}

TEST_CASE("strict signing: author, number, topic and data are covered") {
  const auto key = key_numbered(1);
  const auto m = sign_message(key, "ainur/cfp", {1, 2, 3}, 7);
  CHECK(m.from == peer_of(key.public_part()));
  CHECK(verify(m));
  // "libp2p-pubsub:" and the buffer with fields 1 to 4 in order
  const auto prefix = as_bytes("libp2p-pubsub:");
  const auto name = to_multihash(m.from);
  const auto signed_bytes =
      joined({bytes(prefix.begin(), prefix.end()), field(1, name), field(2, bytes{1, 2, 3}),
              field(3, bytes{0, 0, 0, 0, 0, 0, 0, 7}), field(4, as_bytes("ainur/cfp"))});
  CHECK(crypto::verify_plain(key.public_part(), signed_bytes, *m.proof));
  auto changed = m;
  changed.data.push_back(4);
  CHECK_FALSE(verify(changed));
  changed = m;
  changed.seqno = 8;
  CHECK_FALSE(verify(changed));
  changed = m;
  changed.topic = "ainur/cfq";
  CHECK_FALSE(verify(changed));
  changed = m;
  changed.from = peer_of(key_numbered(2).public_part());
  CHECK_FALSE(verify(changed));
  changed = m;
  changed.proof.reset();
  CHECK_FALSE(verify(changed));
}

TEST_CASE("a message has each field once, nothing else, and a key only of its author") {
  const auto from = field(1, name_of(1));
  const auto data = field(2, bytes{1});
  const auto seqno = field(3, bytes(8, 0));
  const auto topic = field(4, as_bytes("t"));
  const auto rpc_of = [](std::initializer_list<bytes> parts) { return field(2, joined(parts)); };
  REQUIRE(decode_rpc(rpc_of({from, data, seqno, topic})));
  CHECK_FALSE(decode_rpc(rpc_of({from, data, seqno, topic}))->publish.front()->proof);
  CHECK(decode_rpc(rpc_of({topic, seqno, data, from})));
  expect_refused(rpc_of({data, seqno, topic}), errc::malformed);
  expect_refused(rpc_of({from, seqno, topic}), errc::malformed);
  expect_refused(rpc_of({from, data, topic}), errc::malformed);
  expect_refused(rpc_of({from, data, seqno}), errc::malformed);
  expect_refused(rpc_of({from, data, seqno, topic, topic}), errc::malformed);
  expect_refused(rpc_of({from, data, seqno, topic, field(7, bytes{})}), errc::malformed);
  expect_refused(rpc_of({from, data, field(3, bytes(7, 0)), topic}), errc::malformed);
  expect_refused(rpc_of({field(1, bytes(38, 0)), data, seqno, topic}), errc::malformed);
  expect_refused(rpc_of({from, data, seqno, topic, field(5, bytes(32, 0))}), errc::malformed);
  const auto key_of_peer = [](std::uint32_t n) {
    const auto name = name_of(n);
    return field(6, bytes(name.begin() + 2, name.end()));
  };
  CHECK(decode_rpc(rpc_of({from, data, seqno, topic, key_of_peer(1)})));
  expect_refused(rpc_of({from, data, seqno, topic, key_of_peer(2)}), errc::wrong_signer);
  expect_refused(rpc_of({from, data, seqno, topic, field(6, bytes(36, 0))}), errc::malformed);
}

TEST_CASE("unknown fields elsewhere are skipped") {
  const auto control = field(3, joined({field(9, bytes{1, 2}), field(3, field(1, as_bytes("t")))}));
  const auto raw = joined({field(10, bytes{5}), control, bytes{0x58, 0x01}});
  const auto r = decode_rpc(raw);
  REQUIRE(r.has_value());
  CHECK(r->grafts == std::vector<std::string>{"t"});
}

TEST_CASE("each bound is kept") {
  wire_limits l;
  l.bytes_max = 2'000;
  l.topic_bytes_max = 4;
  l.subscriptions_max = l.messages_max = l.ids_max = l.controls_max = l.peers_max = 2;
  l.record_bytes_max = 3;
  const auto fits = [&](const rpc& r) { return decode_rpc(encode(r), l).has_value(); };
  const auto too_large = [&](const rpc& r) { expect_refused(encode(r), errc::too_large, l); };
  const auto m = std::make_shared<message>(message{peer_numbered(1), 1, "t", {}, {}});
  const std::vector<message_id> two{number_of(1), number_of(2)};
  rpc r;
  r.subscriptions = {{true, "abcd"}, {true, "b"}};
  r.publish = {m, m};
  r.ihaves = {{"t", {number_of(1)}}, {"t", {number_of(2)}}};
  r.iwants = two;
  r.grafts = {"a", "b"};
  r.prunes = {{"a", {{peer_numbered(1), {1, 2, 3}}, {peer_numbered(2), {}}}, 1}, {"b", {}, 1}};
  r.idontwants = two;
  CHECK(fits(r));
  auto more = r;
  more.subscriptions.push_back({true, "c"});
  too_large(more);
  more = r;
  more.subscriptions.front().topic = "abcde";
  too_large(more);
  more = r;
  more.publish.push_back(m);
  too_large(more);
  more = r;
  more.ihaves.front().ids.push_back(number_of(3));
  too_large(more);
  more = r;
  more.ihaves.push_back({"t", {}});
  too_large(more);
  more = r;
  more.iwants.push_back(number_of(3));
  too_large(more);
  more = r;
  more.grafts.emplace_back("c");
  too_large(more);
  more = r;
  more.prunes.push_back({"c", {}, 1});
  too_large(more);
  more = r;
  more.prunes.front().peers.push_back({peer_numbered(3), {}});
  too_large(more);
  more = r;
  more.prunes.front().peers.front().record.push_back(4);
  too_large(more);
  more = r;
  more.idontwants.push_back(number_of(3));
  too_large(more);
  l.bytes_max = encode(r).size();
  CHECK(fits(r));
  --l.bytes_max;
  too_large(r);
}

TEST_CASE("every beginning and every flipped bit of an RPC is read or refused, never more") {
  const auto raw = encode(everything());
  for (std::size_t n = 0; n < raw.size(); ++n)
    if (const auto r = decode_rpc(bytes_view{raw}.first(n)))
      CHECK(decode_rpc(encode(*r)).value() == *r);
  for (std::size_t bit = 0; bit < 8 * raw.size(); ++bit) {
    auto bad = raw;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    if (const auto r = decode_rpc(bad))
      CHECK(decode_rpc(encode(*r)).value() == *r);
  }
}

TEST_CASE("a number that is missing at the very end is refused") {
  expect_refused({0x0a, 0x01, 0x08}, errc::malformed);             // subscribe
  expect_refused({0x1a, 0x03, 0x22, 0x01, 0x18}, errc::malformed); // backoff
}

TEST_CASE("random bytes") {
  test::check_property("random bytes are read or refused", 2'000, [] {
    const auto raw = *rc::gen::arbitrary<bytes>();
    if (const auto r = decode_rpc(raw))
      RC_ASSERT(decode_rpc(encode(*r)).value() == *r);
  });
}
