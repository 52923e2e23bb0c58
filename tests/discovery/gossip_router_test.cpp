// The router of the gossip mesh, rule by rule: the section of the specification is in the name.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "ainur/discovery/gossip/router.hpp"
#include "gossip_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::gossip;
using test::number_of;
using test::peer_numbered;
using test::seconds;
using test::seconds_at;

namespace {

constexpr std::uint32_t own_number = 9'999;

/// A router that stands alone; peers are what a test makes of them.
struct node {
  explicit node(router_options o = {}, bool scored = true)
      : options(o), core(router::make(peer_numbered(own_number), o, rng{1}).value()) {
    if (scored)
      core.score_topic("t", cfp_topic(0));
    REQUIRE(core.join("t", now, out));
    out.clear();
  }

  peer_slot add(std::uint32_t n, bool outbound = true, bool subscribes = true,
                bool direct = false) {
    const auto slot = core.connect(peer_numbered(n), {outbound, direct, {}, {1, 2}}, out).value();
    if (subscribes) {
      rpc r;
      r.subscriptions = {{true, "t"}};
      receive(slot, r);
    }
    out.clear();
    return slot;
  }

  std::vector<peer_slot> add_many(std::uint32_t first, std::uint32_t count, bool outbound = true) {
    std::vector<peer_slot> all;
    for (std::uint32_t i = 0; i < count; ++i)
      all.push_back(add(first + i, outbound));
    return all;
  }

  void receive(peer_slot from, const rpc& what) { core.receive(from, what, now, out); }

  void beat(std::int64_t times = 1) {
    for (std::int64_t i = 0; i < times; ++i) {
      now += seconds(1);
      core.heartbeat(now, out);
    }
  }

  /// Messages for a peer since the last `out.clear()`.
  [[nodiscard]] std::vector<rpc_ptr> sent_to(peer_slot p) const {
    std::vector<rpc_ptr> all;
    for (const auto& s : out.sends)
      if (s.to == p)
        all.push_back(s.what);
    return all;
  }

  template <class Part>
  [[nodiscard]] std::size_t count(peer_slot p, Part part) const {
    std::size_t n = 0;
    for (const auto& r : sent_to(p))
      n += ((*r).*part).size();
    return n;
  }

  /// A message arrives and is judged.
  void deliver(peer_slot from, const message_ptr& m, verdict v = verdict::accept) {
    publish(from, m);
    judge(v);
  }

  void publish(peer_slot from, const message_ptr& m) {
    rpc r;
    r.publish = {m};
    receive(from, r);
  }

  void judge(verdict v) {
    for (const auto& c : std::exchange(out.checks, {}))
      core.validated(c.which, v, now, out);
  }

  void graft(peer_slot from) {
    rpc r;
    r.grafts = {"t"};
    receive(from, r);
  }

  [[nodiscard]] bool in_mesh(peer_slot p) const {
    const auto mesh = core.mesh("t");
    return std::find(mesh.begin(), mesh.end(), p) != mesh.end();
  }

  router_options options;
  effects out;
  instant now{};
  router core;
};

/// A message that bears a signature; whether it is good, the test's verdict says.
message_ptr message_by(std::uint32_t author, std::uint64_t seqno, std::size_t size = 4) {
  return std::make_shared<message>(
      message{peer_numbered(author), seqno, "t", bytes(size, 7), crypto::signature{}});
}

} // namespace

TEST_CASE("v1.0: a node tells its topics, and takes peers into the mesh up to D") {
  node n;
  n.add_many(1, 20);
  CHECK(n.core.mesh("t").empty());
  n.beat();
  CHECK(n.core.mesh("t").size() == 6);
  for (const auto p : n.core.mesh("t"))
    CHECK(n.count(p, &rpc::grafts) == 1);
  effects out;
  CHECK(n.core.connect(peer_numbered(77), {}, out));
  REQUIRE(out.sends.size() == 1);
  CHECK(out.sends[0].what->subscriptions == std::vector<subscription>{{true, "t"}});
  // Joining with peers at hand grafts at once.
  node late{{}, true};
  late.core.leave("t", late.now, late.out);
  late.add_many(1, 20);
  REQUIRE(late.core.join("t", late.now, late.out));
  CHECK(late.core.mesh("t").size() == 6);
}

TEST_CASE("v1.0: a good message is delivered once and passed to the mesh, but not back") {
  node n;
  const auto all = n.add_many(1, 20);
  n.beat();
  n.out.clear();
  const auto mesh = n.core.mesh("t");
  const auto author = 1 + static_cast<std::uint32_t>(mesh[1]); // slots count from 0, names from 1
  const auto m = message_by(author, 5);
  n.publish(mesh[0], m);
  REQUIRE(n.out.checks.size() == 1);
  CHECK(n.out.deliveries.empty());
  n.publish(mesh[2], m); // while it is being judged
  CHECK(n.out.checks.size() == 1);
  n.judge(verdict::accept);
  CHECK(n.out.deliveries.size() == 1);
  for (const auto p : all) {
    const bool expected = n.in_mesh(p) && p != mesh[0] && p != mesh[1] && p != mesh[2];
    CHECK(n.count(p, &rpc::publish) == (expected ? 1 : 0));
  }
  n.out.clear();
  n.publish(mesh[3], m);
  CHECK(n.out.checks.empty());
  CHECK(n.out.sends.empty());
  CHECK(n.core.counts().duplicates == 2);
  CHECK(n.core.counts().delivered == 1);
}

TEST_CASE("messages of other topics are not looked at") {
  node n;
  const auto p = n.add(1);
  auto m = *message_by(3, 1);
  m.topic = "other";
  n.publish(p, std::make_shared<message>(m));
  CHECK(n.out.checks.empty());
  CHECK(n.core.score(p) == 0);
}

TEST_CASE("a forged message does not keep the true one of its id out") {
  node n;
  const auto liar = n.add(1);
  const auto honest = n.add(2);
  auto forged = *message_by(3, 1);
  forged.data = {6, 6, 6};
  n.publish(liar, std::make_shared<message>(forged));
  n.publish(honest, message_by(3, 1));
  REQUIRE(n.out.checks.size() == 2);
  SUBCASE("judged in order") {
    const auto checks = std::exchange(n.out.checks, {});
    n.core.validated(checks[0].which, verdict::bad_signature, n.now, n.out);
    n.core.validated(checks[1].which, verdict::accept, n.now, n.out);
  }
  SUBCASE("judged the other way round") {
    const auto checks = std::exchange(n.out.checks, {});
    n.core.validated(checks[1].which, verdict::accept, n.now, n.out);
    n.core.validated(checks[0].which, verdict::bad_signature, n.now, n.out);
    n.core.validated(checks[0].which, verdict::accept, n.now, n.out); // no longer waited for
  }
  CHECK(n.out.deliveries.size() == 1);
  CHECK(n.core.score(liar) == -10);
  CHECK(n.core.score(honest) == 1);
}

TEST_CASE("unsigned messages and echoes of one's own are refused without a look") {
  node n;
  const auto p = n.add(1);
  auto m = *message_by(3, 1);
  m.proof.reset();
  n.publish(p, std::make_shared<message>(m));
  CHECK(n.core.score(p) == -10);
  n.publish(p, message_by(own_number, 1));
  CHECK(n.core.score(p) == -40);
  CHECK(n.out.checks.empty());
}

TEST_CASE("v1.1, extended validators: reject penalises all who brought it, ignore nobody") {
  node n;
  const auto a = n.add(1);
  const auto b = n.add(2);
  const auto c = n.add(3);
  n.publish(a, message_by(9, 1));
  n.publish(b, message_by(9, 1));
  n.judge(verdict::reject);
  n.publish(c, message_by(9, 1));
  for (const auto p : {a, b, c})
    CHECK(n.core.score(p) == -10);
  n.deliver(a, message_by(9, 2), verdict::ignore);
  n.publish(b, message_by(9, 2));
  n.deliver(a, message_by(9, 3), verdict::throttled);
  CHECK(n.core.score(a) == -10);
  CHECK(n.core.score(b) == -10);
  CHECK(n.out.deliveries.empty());
  CHECK(n.out.sends.empty());
}

TEST_CASE("who disconnects before the verdict: nobody else answers for it") {
  node n;
  const auto a = n.add(1);
  n.publish(a, message_by(9, 1));
  n.core.disconnect(a, n.now);
  const auto b = n.add(2);
  REQUIRE(b == a);
  n.judge(verdict::reject);
  CHECK(n.core.score(b) == 0);
}

TEST_CASE("v1.1, flood publishing: own messages go to all peers of the topic that are fit") {
  node n;
  const auto all = n.add_many(1, 15);
  const auto other = n.add(50, true, false);
  n.core.set_application_score(all[0], -501);
  n.beat();
  n.out.clear();
  const auto m = message_by(own_number, 1);
  REQUIRE(n.core.publish(m, n.now, n.out));
  CHECK(n.count(all[0], &rpc::publish) == 0);
  CHECK(n.count(other, &rpc::publish) == 0);
  for (std::size_t i = 1; i < all.size(); ++i)
    CHECK(n.count(all[i], &rpc::publish) == 1);
  const auto again = n.core.publish(m, n.now, n.out);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().is(discovery::errc::stale));
  CHECK(n.core.publish(message_by(1, 1), n.now, n.out).error().is(discovery::errc::wrong_signer));
  CHECK(n.core.publish(message_by(own_number, 2, 600'000), n.now, n.out)
            .error()
            .is(discovery::errc::too_large));
}

TEST_CASE("v1.0, fan-out: without flooding, some peers of a topic that was not joined") {
  router_options o;
  o.flood_publish = false;
  node n{o};
  const auto all = n.add_many(1, 20);
  n.core.leave("t", n.now, n.out);
  n.out.clear();
  const auto to = [&](std::uint64_t seqno) {
    n.out.clear();
    REQUIRE(n.core.publish(message_by(own_number, seqno), n.now, n.out));
    std::set<peer_slot> out;
    for (const auto& s : n.out.sends)
      out.insert(s.to);
    return out;
  };
  const auto first = to(1);
  CHECK(first.size() == 6);
  n.beat(59);
  CHECK(to(2) == first); // kept while it publishes
  n.core.disconnect(*first.begin(), n.now);
  n.beat();
  CHECK(to(3).size() == 6);
  n.beat(61);
  CHECK(to(4) != first);
}

TEST_CASE("v1.0, lazy gossip: others are told of the messages of three heartbeats, and may ask") {
  node n;
  const auto all = n.add_many(1, 40);
  n.beat();
  n.deliver(n.core.mesh("t")[0], message_by(99, 1));
  n.out.clear();
  const auto told = [&] {
    n.out.clear();
    n.beat();
    std::size_t out = 0;
    for (const auto p : all)
      if (n.count(p, &rpc::ihaves) != 0) {
        ++out;
        CHECK_FALSE(n.in_mesh(p));
      }
    return out;
  };
  CHECK(told() == 8); // a quarter of the 34 others
  CHECK(told() == 8);
  CHECK(told() == 8);
  CHECK(told() == 0);
  const auto asker = *std::find_if(all.begin(), all.end(), [&](auto p) { return !n.in_mesh(p); });
  rpc ask;
  ask.iwants = {{peer_numbered(99), 1}};
  n.out.clear();
  for (int i = 0; i < 3; ++i)
    n.receive(asker, ask);
  CHECK(n.count(asker, &rpc::publish) == 3);
  for (int i = 0; i < 10; ++i)
    n.receive(asker, ask);
  CHECK(n.count(asker, &rpc::publish) == 3); // retransmission bound
  CHECK(n.core.counts().refused == 10);
  n.beat(3);
  n.out.clear();
  n.receive(all[1], ask);
  CHECK(n.count(all[1], &rpc::publish) == 0); // out of the history, and that is no offence
  CHECK(n.core.counts().refused == 10);
  ask.iwants = {number_of(123)};
  n.receive(all[1], ask);
  CHECK(n.core.counts().refused == 11); // nobody said that it has this
}

TEST_CASE("v1.1, spam protection: IHAVE is limited, and promises must be kept") {
  node n;
  const auto p = n.add(1);
  const auto quiet = n.add(2);
  n.core.set_application_score(quiet, -101);
  rpc have;
  have.ihaves = {{"t", {number_of(1), number_of(2)}}, {"other", {number_of(3)}}};
  n.receive(quiet, have);
  CHECK(n.out.sends.empty()); // below the gossip threshold
  n.receive(p, have);
  REQUIRE(n.sent_to(p).size() == 1);
  CHECK(n.sent_to(p)[0]->iwants == std::vector<message_id>{number_of(1), number_of(2)});
  for (int i = 0; i < 9; ++i)
    n.receive(p, have);
  CHECK(n.sent_to(p).size() == 10);
  n.receive(p, have);
  CHECK(n.sent_to(p).size() == 10);
  CHECK(n.core.counts().refused == 1);
  n.beat(4);
  CHECK(n.core.counts().promises_broken == 10);
  // 11 misdeeds, decayed once at the first heartbeat for the first: above the threshold of 6
  CHECK(n.core.score(p) < -200);
  CHECK(n.core.score(p) > -10 * 25.01);
}

TEST_CASE("a promise is kept by whoever brings the message; known ids are not asked for") {
  node n;
  const auto p = n.add(1);
  const auto q = n.add(2);
  rpc have;
  const auto m = message_by(50, 1);
  have.ihaves = {{"t", {m->id()}}};
  n.receive(p, have);
  n.deliver(q, m);
  n.beat(5);
  CHECK(n.core.counts().promises_broken == 0);
  n.out.clear();
  n.receive(p, have);
  CHECK(n.out.sends.empty());
}

TEST_CASE("IHAVE and IWANT are bounded in ids a heartbeat") {
  router_options o;
  o.gossip.ids_max = 100;
  node n{o};
  const auto p = n.add(1);
  rpc have;
  have.ihaves = {{"t", {}}};
  for (std::uint64_t i = 0; i < 80; ++i)
    have.ihaves[0].ids.push_back(number_of(i));
  n.receive(p, have);
  for (auto& id : have.ihaves[0].ids)
    id.seqno += 1'000;
  n.receive(p, have);
  n.receive(p, have);
  CHECK(n.count(p, &rpc::iwants) == 100);
  n.beat();
  n.receive(p, have);
  CHECK(n.count(p, &rpc::iwants) == 180);
  rpc want;
  want.iwants = have.ihaves[0].ids;
  n.receive(p, want);
  const auto refused = n.core.counts().refused;
  want.iwants.resize(21);
  n.receive(p, want);
  CHECK(n.core.counts().refused == refused + 1);
}

TEST_CASE("v1.1, PRUNE backoff: who comes back too early is penalised and sent away again") {
  node n;
  const auto p = n.add(1);
  n.graft(p);
  CHECK(n.in_mesh(p));
  n.core.set_application_score(p, -1);
  n.out.clear();
  n.beat();
  CHECK_FALSE(n.in_mesh(p));
  REQUIRE(n.sent_to(p).size() == 1);
  REQUIRE(n.sent_to(p)[0]->prunes.size() == 1);
  CHECK(n.sent_to(p)[0]->prunes[0].backoff_seconds == 60);
  CHECK(n.sent_to(p)[0]->prunes[0].peers.empty());
  n.core.set_application_score(p, 0);
  n.beat(30);
  CHECK_FALSE(n.in_mesh(p)); // this node waits, too
  n.out.clear();
  n.graft(p);
  CHECK_FALSE(n.in_mesh(p));
  CHECK(n.count(p, &rpc::prunes) == 1);
  CHECK(n.core.counts().refused == 1);
  n.beat(61);
  CHECK(n.in_mesh(p));
}

TEST_CASE("a backoff outlives a disconnection") {
  node n;
  auto p = n.add(1);
  rpc away;
  away.prunes = {{"t", {}, 60}};
  n.graft(p);
  n.receive(p, away);
  CHECK_FALSE(n.in_mesh(p));
  n.core.disconnect(p, n.now);
  p = n.add(1);
  n.beat(59);
  CHECK_FALSE(n.in_mesh(p));
  n.beat(2);
  CHECK(n.in_mesh(p));
}

TEST_CASE("v1.1: a full mesh takes only peers that were dialled, a direct or bad one none") {
  node n;
  for (const auto p : n.add_many(1, 12, false))
    n.graft(p);
  CHECK(n.core.mesh("t").size() == 12);
  const auto inbound = n.add(50, false);
  const auto outbound = n.add(51, true);
  n.graft(inbound);
  n.graft(outbound);
  CHECK_FALSE(n.in_mesh(inbound));
  CHECK(n.in_mesh(outbound));
  const auto direct = n.add(52, true, true, true);
  n.graft(direct);
  CHECK_FALSE(n.in_mesh(direct));
  CHECK(n.count(direct, &rpc::prunes) == 1);
  const auto bad = n.add(53);
  n.core.set_application_score(bad, -1);
  n.graft(bad);
  CHECK_FALSE(n.in_mesh(bad));
  const auto unknown = n.add(54);
  rpc r;
  r.grafts = {"nobody knows this"};
  n.out.clear();
  n.receive(unknown, r);
  CHECK(n.out.sends.empty());
}

TEST_CASE("v1.1, heartbeat: an overfull mesh keeps the best and enough that were dialled") {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    node n;
    n.add_many(1'000, seed); // shifts the draws
    for (const auto p : n.add_many(100, seed))
      n.core.disconnect(p, n.now);
    std::vector<peer_slot> in;
    for (const auto p : n.add_many(1, 10, false))
      in.push_back(p);
    std::vector<peer_slot> dialled;
    for (const auto p : n.add_many(20, 3, true))
      dialled.push_back(p);
    for (const auto p : in)
      n.graft(p);
    for (const auto p : dialled)
      n.graft(p);
    REQUIRE(n.core.mesh("t").size() == 13);
    for (std::size_t i = 0; i < 4; ++i)
      n.core.set_application_score(in[i], 5);
    n.beat();
    CHECK(n.core.mesh("t").size() == 6);
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(n.in_mesh(in[i]));
    CHECK(std::count_if(dialled.begin(), dialled.end(), [&](auto p) { return n.in_mesh(p); }) >= 2);
  }
}

TEST_CASE("v1.1, outbound quota: with too few that were dialled, some are taken in") {
  node n;
  for (const auto p : n.add_many(1, 8, false))
    n.graft(p);
  const auto dialled = n.add_many(20, 5, true);
  n.beat();
  CHECK(std::count_if(dialled.begin(), dialled.end(), [&](auto p) { return n.in_mesh(p); }) == 2);
  CHECK(n.core.mesh("t").size() == 10);
}

TEST_CASE("v1.1, opportunistic grafting: a poor mesh takes better peers in, once a minute") {
  node n;
  n.add_many(1, 6);
  n.beat();
  const auto better = n.add_many(20, 5);
  for (const auto p : better)
    n.core.set_application_score(p, 0.5);
  n.beat(58);
  CHECK(n.core.mesh("t").size() == 6);
  n.beat();
  CHECK(n.core.mesh("t").size() == 8);
}

TEST_CASE("v1.1, peer exchange: offered to the pruned, taken only from who scores well") {
  node n;
  for (const auto p : n.add_many(1, 13))
    n.graft(p);
  n.out.clear();
  n.beat();
  std::size_t exchanged = 0;
  for (const auto& s : n.out.sends)
    for (const auto& p : s.what->prunes) {
      CHECK(p.peers.size() == 12);
      for (const auto& x : p.peers)
        CHECK(x.record == bytes{1, 2});
      ++exchanged;
    }
  CHECK(exchanged == 7);
  rpc away;
  away.prunes = {{"t", {{peer_numbered(500), {3}}, {peer_numbered(2), {}}}, 60}};
  const auto p = n.core.mesh("t")[0];
  n.out.clear();
  n.receive(p, away);
  CHECK(n.out.dials.empty());
  n.core.set_application_score(p, 10);
  n.receive(p, away);
  CHECK(n.out.dials == std::vector<exchanged_peer>{{peer_numbered(500), {3}}}); // not known yet
}

TEST_CASE("v1.1, graylist: nothing of a peer below it is read, but of a direct one") {
  node n;
  const auto p = n.add(1);
  const auto direct = n.add(2, true, true, true);
  n.core.set_application_score(p, -1'001);
  n.core.set_application_score(direct, -5'000);
  n.publish(p, message_by(9, 1));
  CHECK(n.out.checks.empty());
  CHECK(n.core.counts().graylisted == 1);
  n.deliver(direct, message_by(9, 1));
  CHECK(n.out.deliveries.size() == 1);
  // and every new message goes to it
  n.out.clear();
  const auto other = n.add(3);
  n.deliver(other, message_by(9, 2));
  CHECK(n.count(direct, &rpc::publish) == 1);
}

TEST_CASE("v1.2: large messages are announced as known, and not sent to who knows them") {
  node n;
  n.add_many(1, 3);
  n.beat();
  n.out.clear();
  const auto mesh = n.core.mesh("t");
  REQUIRE(mesh.size() == 3);
  const auto m = message_by(70, 1, 2'000);
  n.publish(mesh[0], m);
  CHECK(n.count(mesh[0], &rpc::idontwants) == 0);
  CHECK(n.count(mesh[1], &rpc::idontwants) == 1);
  rpc no;
  no.idontwants = {m->id()};
  n.receive(mesh[1], no);
  n.judge(verdict::accept);
  CHECK(n.count(mesh[1], &rpc::publish) == 0);
  CHECK(n.count(mesh[2], &rpc::publish) == 1);
  // A wish ends after some heartbeats.
  const auto later = message_by(70, 2);
  no.idontwants = {later->id()};
  n.receive(mesh[1], no);
  n.beat(4);
  n.out.clear();
  n.deliver(mesh[0], later);
  CHECK(n.count(mesh[1], &rpc::publish) == 1);
  no.idontwants.assign(n.options.bounds.peer_idontwant + 1, m->id());
  n.receive(mesh[1], no);
  CHECK(n.core.counts().refused == 1);
}

TEST_CASE("leaving: peers are told, and come back only after a short backoff") {
  node n;
  n.add_many(1, 6);
  n.beat();
  n.out.clear();
  const auto mesh = n.core.mesh("t");
  n.core.leave("t", n.now, n.out);
  for (const auto p : mesh) {
    CHECK(n.count(p, &rpc::subscriptions) == 1);
    CHECK(n.count(p, &rpc::prunes) == 1);
  }
  n.out.clear();
  n.deliver(mesh[0], message_by(70, 1));
  CHECK(n.out.deliveries.empty());
  REQUIRE(n.core.join("t", n.now, n.out));
  CHECK(n.core.mesh("t").empty());
  n.beat(11);
  CHECK(n.core.mesh("t").size() == 6);
}

TEST_CASE("a peer that unsubscribes or goes leaves the mesh") {
  node n;
  const auto all = n.add_many(1, 4);
  n.beat();
  CHECK(n.core.mesh("t").size() == 4);
  rpc r;
  r.subscriptions = {{false, "t"}};
  n.receive(all[0], r);
  CHECK_FALSE(n.in_mesh(all[0]));
  n.core.disconnect(all[1], n.now);
  CHECK(n.core.mesh("t").size() == 2);
  n.receive(all[1], r); // on its way while the connection closed
  n.core.disconnect(all[1], n.now);
  n.core.malformed(all[1]);
  CHECK(n.core.score(all[1]) == 0);
}

TEST_CASE("the validation queue is bounded for a peer and in all") {
  router_options o;
  o.bounds.peer_validations = 4;
  o.bounds.validations = 10;
  node n{o};
  const auto all = n.add_many(1, 5);
  std::uint64_t number = 0;
  for (int i = 0; i < 6; ++i)
    n.publish(all[0], message_by(70, ++number));
  CHECK(n.out.checks.size() == 4);
  n.publish(all[1], message_by(70, ++number));
  CHECK(n.out.checks.size() == 5);
  // Half full: only peers in good standing.
  n.core.set_application_score(all[2], -1);
  n.publish(all[2], message_by(70, ++number));
  CHECK(n.out.checks.size() == 5);
  for (const auto p : {all[3], all[4]})
    for (int i = 0; i < 4; ++i)
      n.publish(p, message_by(70, ++number));
  CHECK(n.out.checks.size() == 10);
  CHECK(n.core.counts().queue_full == 6);
  for (const auto p : all)
    CHECK(n.core.score(p) >= -1); // nobody is penalised for a full queue
  n.judge(verdict::accept);
  n.publish(all[0], message_by(70, ++number));
  CHECK(n.out.checks.size() == 1); // places are free again
}

TEST_CASE("connections are bounded, and some places are kept for dialled peers") {
  router_options o;
  o.bounds.peers = 4;
  o.bounds.inbound_peers = 3;
  node n{o};
  effects out;
  for (std::uint32_t i = 1; i <= 3; ++i)
    CHECK(n.core.connect(peer_numbered(i), {.outbound = false}, out));
  CHECK(n.core.connect(peer_numbered(4), {.outbound = false}, out)
            .error()
            .is(discovery::errc::too_large));
  CHECK(
      n.core.connect(peer_numbered(1), {.outbound = true}, out).error().is(discovery::errc::stale));
  CHECK(n.core.connect(peer_numbered(5), {.outbound = true}, out));
  CHECK_FALSE(n.core.connect(peer_numbered(6), {.outbound = true}, out));
  n.core.disconnect(0, n.now);
  CHECK(n.core.connect(peer_numbered(4), {.outbound = false}, out));
}

TEST_CASE("subscriptions: a filter, a bound for a peer, and a bound on changes") {
  router_options o;
  o.topic_prefixes = {"ainur/", "t"};
  o.bounds.peer_topics = 3;
  o.bounds.peer_changes = 20;
  node n{o};
  const auto p = n.add(1);
  rpc r;
  for (int i = 0; i < 100; ++i)
    r.subscriptions.push_back({true, "spam/" + std::to_string(i)});
  n.receive(p, r);
  CHECK(n.core.counts().refused == 0); // filtered, as by the specification's filter
  r.subscriptions.clear();
  for (int i = 0; i < 4; ++i)
    r.subscriptions.push_back({true, "ainur/" + std::to_string(i)});
  n.receive(p, r);
  CHECK(n.core.counts().refused == 1);
  r.subscriptions.clear();
  for (int i = 0; i < 10; ++i) {
    r.subscriptions.push_back({false, "ainur/0"});
    r.subscriptions.push_back({true, "ainur/0"});
  }
  n.beat();
  n.receive(p, r);
  CHECK(n.core.counts().refused == 1);
  n.receive(p, r);
  CHECK(n.core.counts().refused == 2);
}

TEST_CASE("options are checked, and the error names the one that is wrong") {
  CHECK(check(router_options{}));
  const auto names = [](const router_options& o, const std::string& what) {
    const auto r = router::make(peer_numbered(1), o, rng{1});
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().is(discovery::errc::bad_option));
    CHECK(r.error().detail().find(what) == 0);
  };
  router_options o;
  o.mesh.outbound = 4;
  names(o, "mesh.outbound");
  o = {};
  o.mesh.size_low = 7;
  names(o, "mesh.size_low");
  o = {};
  o.gossip.history_gossip = 6;
  names(o, "gossip.history_gossip");
  o = {};
  o.thresholds.graylist = 0;
  names(o, "graylist");
  o = {};
  o.heartbeat = seconds(-1);
  names(o, "heartbeat");
}

TEST_CASE("whatever peers send, no table grows beyond its bound, and the same seed does the same") {
  const auto play = [](std::uint64_t seed) {
    router_options o;
    o.bounds = {.peers = 8,
                .inbound_peers = 6,
                .peer_topics = 4,
                .peer_changes = 10,
                .own_topics = 3,
                .peer_validations = 6,
                .validations = 20,
                .peer_validation_bytes = 2'000,
                .validation_bytes = 6'000,
                .cache_messages = 20,
                .cache_bytes = 6'000,
                .peer_iwant_bytes = 3'000,
                .peer_idontwant = 12,
                .backoffs = 10};
    o.score.records_max = 60;
    o.score.retained_max = 5;
    o.thresholds.graylist = -1e6; // hear them all
    node n{o};
    rng draw{seed};
    std::vector<validation> open;
    std::uint64_t digest = 0;
    const auto topic = [&] {
      return draw.below(2) == 0 ? std::string{"t"} : "x" + std::to_string(draw.below(40));
    };
    const auto id = [&] {
      return message_id{peer_numbered(static_cast<std::uint32_t>(draw.below(30))), draw.below(40)};
    };
    for (int step = 0; step < 3'000; ++step) {
      const auto p = static_cast<peer_slot>(draw.below(14));
      rpc r;
      switch (draw.below(12)) {
      case 0: {
        const auto name = static_cast<std::uint32_t>(draw.below(30));
        static_cast<void>(
            n.core.connect(peer_numbered(name), {draw.below(2) == 0, false, {}, {1}}, n.out));
        break;
      }
      case 1:
        n.core.disconnect(p, n.now);
        break;
      case 2:
        for (int i = 0; i < 6; ++i)
          r.subscriptions.push_back({draw.below(3) != 0, topic()});
        break;
      case 3:
      case 4:
        for (int i = 0; i < 5; ++i) {
          auto m = *message_by(1, 1, draw.below(400));
          const auto x = id();
          m.from = x.from;
          m.seqno = x.seqno;
          m.data.push_back(static_cast<std::uint8_t>(draw.below(2)));
          r.publish.push_back(std::make_shared<message>(m));
        }
        break;
      case 5:
        r.ihaves = {{topic(), {}}};
        for (int i = 0; i < 20; ++i)
          r.ihaves[0].ids.push_back(id());
        break;
      case 6:
        for (int i = 0; i < 20; ++i)
          r.iwants.push_back(id());
        break;
      case 7:
        r.grafts = {topic(), topic()};
        break;
      case 8:
        r.prunes = {{topic(), {{peer_numbered(3), {}}}, draw.below(100)}};
        break;
      case 9:
        for (int i = 0; i < 20; ++i)
          r.idontwants.push_back(id());
        break;
      case 10:
        n.beat();
        break;
      default:
        while (!open.empty() && draw.below(4) != 0) {
          n.core.validated(open.back(), static_cast<verdict>(draw.below(5)), n.now, n.out);
          open.pop_back();
        }
      }
      n.receive(p, r);
      for (const auto& c : n.out.checks)
        open.push_back(c.which);
      for (const auto& s : n.out.sends)
        digest = digest * 31 + s.to + encode(*s.what).size();
      n.out.clear();
      for (const auto& t : n.core.usage()) {
        INFO("seed " << seed << ", step " << step << ", " << t.name);
        REQUIRE(t.bytes <= t.bytes_max);
      }
    }
    return digest;
  };
  for (std::uint64_t seed = 1; seed <= 5u * static_cast<unsigned>(test::count_factor()); ++seed)
    play(seed);
  CHECK(play(1) == play(1));
  CHECK(play(1) != play(2));
}
