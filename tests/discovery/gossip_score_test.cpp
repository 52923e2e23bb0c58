// Peer scores: the published cases, each part of the score, what is kept and what is forgotten.
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "ainur/discovery/gossip/score_cases.hpp"
#include "gossip_support.hpp"
#include "support/property.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::gossip;
using test::number_of;
using test::peer_numbered;
using test::seconds;
using test::seconds_at;

namespace {

/// One topic in which only what a test sets counts.
struct world {
  explicit world(topic_parameters t = {}, score_parameters p = {}) : score(p) {
    t.topic_weight = 1;
    topic = score.set_topic("t", t);
  }

  peer_slot add(std::uint32_t n) { return score.add_peer(peer_numbered(n)); }

  peer_score score;
  scored_topic topic = 0;
};

std::string one_case(const std::string& events, const std::string& topics = "{}") {
  return R"({"cases": [{"name": "c", "global": {}, "topics": )" + topics + R"(, "events": [)" +
         events + "]}]}";
}

void expect_refused(const std::string& text, const std::string& why) {
  const auto played = play_score_cases(text);
  REQUIRE_FALSE(played.has_value());
  INFO(played.error().to_string());
  CHECK(played.error().detail().find(why) != std::string::npos);
}

} // namespace

TEST_CASE("published cases of peer scores") {
  const auto path = test::shared_data("gossipsub/score_cases.json");
  if (!path)
    return;
  std::ifstream in(*path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto played = play_score_cases(text);
  REQUIRE_MESSAGE(played.has_value(), (played ? "" : played.error().to_string()));
  CHECK(played->size() == 9);
  std::size_t checks = 0;
  for (const auto& c : *played)
    for (const auto& x : c.checks) {
      INFO(c.name << ": " << x.what);
      CHECK(x.holds());
      if (!x.at_least)
        CHECK(x.computed == x.expected); // to the last bit
      ++checks;
    }
  CHECK(checks == 30);
}

TEST_CASE("bad case files name the place and the nearest spelling") {
  expect_refused("{", "not JSON");
  expect_refused("[]", "'cases'");
  expect_refused(R"({"cases": [{"nam": "x"}]})", "did you mean \"name\"");
  expect_refused(one_case(R"({"op": "grafft", "peer": "A", "topic": "t"})"),
                 "case 0: events[0]: key 'op': \"grafft\" is unknown; did you mean \"graft\"?");
  expect_refused(one_case(R"({"op": "refresh"}, {"op": "advance_ms", "ms": -1})"),
                 "events[1]: key 'ms'");
  expect_refused(one_case("", R"({"t": {"TopicWieght": 1}})"), "did you mean \"TopicWeight\"");
  expect_refused(one_case("", R"({"t": {"TimeInMeshQuantum_ms": 0}})"), "TimeInMeshQuantum_ms");
  expect_refused(one_case(R"({"op": "reject", "peer": "A", "topic": "t", "msg_from": 0,
                              "count": 1, "reason": "validation_fail"})"),
                 "did you mean \"validation_failed\"");
  expect_refused(one_case(R"({"op": "validate", "peer": "A", "topic": "t", "msg_from": 0,
                              "count": 2000000})"),
                 "at most 1000000");
  expect_refused(one_case(R"({"op": "expect_score", "peer": "A", "score": 0, "cmp": "<"})"), "cmp");
  expect_refused(one_case(R"({"op": "expect_counter", "peer": "A", "topic": "t",
                              "counter": "firstMessage", "value": 0})"),
                 "key 'counter'");
}

TEST_CASE("P3b: leaving the mesh with too few deliveries is kept, being absent is not") {
  topic_parameters t;
  t.mesh_message_deliveries_weight = -1;
  t.mesh_message_deliveries_decay = 0.5;
  t.mesh_message_deliveries_cap = 100;
  t.mesh_message_deliveries_threshold = 20;
  t.mesh_message_deliveries_activation = seconds(1);
  t.mesh_failure_penalty_weight = -2;
  t.mesh_failure_penalty_decay = 0.5;
  world w{t};
  const auto a = w.add(1);
  w.score.graft(a, w.topic, seconds_at(0));
  w.score.refresh(seconds_at(1));
  CHECK(w.score.score(a) == 0); // activation must be exceeded
  w.score.refresh(seconds_at(2));
  CHECK(w.score.score(a) == -400);
  w.score.prune(a, w.topic);
  CHECK(w.score.score(a) == -800); // twice the squared deficit, and P3 no more
  w.score.refresh(seconds_at(3));
  CHECK(w.score.score(a) == -400);
  w.score.graft(a, w.topic, seconds_at(3));
  CHECK(w.score.score(a) == -400); // P3 begins afresh
}

TEST_CASE("a message counts for a mesh member once, and only within the window") {
  topic_parameters t;
  t.first_message_deliveries_weight = 1;
  t.first_message_deliveries_cap = 100;
  t.mesh_message_deliveries_cap = 100;
  t.mesh_message_deliveries_window = duration{10'000};
  world w{t};
  const auto first = w.add(1);
  const auto second = w.add(2);
  const auto outside = w.add(3);
  w.score.graft(first, w.topic, {});
  w.score.graft(second, w.topic, {});
  const auto mesh = [&](peer_slot p) {
    const auto* c = w.score.counters(p, w.topic);
    return c == nullptr ? 0.0 : c->mesh_message_deliveries;
  };
  const auto id = number_of(1);
  w.score.validate(w.topic, id, instant_at(0));
  w.score.duplicate(second, w.topic, id, instant_at(5'000)); // still being validated
  w.score.deliver(first, w.topic, id, instant_at(90'000));
  CHECK(mesh(first) == 1);
  CHECK(mesh(second) == 1);
  for (const auto p : {first, second, outside})
    w.score.duplicate(p, w.topic, id, instant_at(91'000));
  CHECK(mesh(first) == 1);
  CHECK(mesh(second) == 1);
  CHECK(mesh(outside) == 0);
  const auto other = number_of(2);
  w.score.deliver(first, w.topic, other, instant_at(0));
  w.score.duplicate(second, w.topic, other, instant_at(10'001));
  CHECK(mesh(second) == 1);
  w.score.duplicate(second, w.topic, other, instant_at(10'000));
  CHECK(mesh(second) == 2);
  CHECK(w.score.score(first) == 2);
}

TEST_CASE("a negative score outlives a disconnection, undecayed; a positive one does not") {
  topic_parameters t;
  t.first_message_deliveries_weight = 1;
  t.first_message_deliveries_cap = 10;
  t.invalid_message_deliveries_weight = -1;
  t.invalid_message_deliveries_decay = 0.5;
  score_parameters p;
  p.retain_score = seconds(100);
  world w{t, p};
  const auto good = w.add(1);
  w.score.deliver(good, w.topic, number_of(1), {});
  CHECK(w.score.score(good) == 1);
  w.score.remove_peer(good, {});
  CHECK(w.score.retained() == 0);
  CHECK(w.score.score(w.add(1)) == 0);

  const auto bad = w.add(2);
  w.score.deliver(bad, w.topic, number_of(2), {});
  w.score.reject(bad, w.topic, number_of(3), rejection::validation_failed, {});
  w.score.reject(bad, w.topic, number_of(4), rejection::validation_failed, {});
  CHECK(w.score.score(bad) == -3);
  w.score.remove_peer(bad, {});
  CHECK(w.score.retained() == 1);
  w.score.refresh(seconds_at(50));
  const auto again = w.add(2);
  CHECK(w.score.score(again) == -4); // first deliveries are gone
  CHECK(w.score.retained() == 0);
  w.score.remove_peer(again, seconds_at(60));
  w.score.refresh(seconds_at(160));
  CHECK(w.score.retained() == 1); // until the time has passed
  w.score.refresh(seconds_at(161));
  CHECK(w.score.retained() == 0);
  CHECK(w.score.score(w.add(2)) == 0);
}

TEST_CASE("who gets the slot of a peer that left does not answer for it") {
  topic_parameters t;
  t.invalid_message_deliveries_weight = -1;
  world w{t};
  const auto sender = w.add(1);
  const auto accomplice = w.add(2);
  w.score.validate(w.topic, number_of(1), {});
  w.score.duplicate(accomplice, w.topic, number_of(1), {});
  w.score.remove_peer(accomplice, {});
  const auto innocent = w.add(3);
  REQUIRE(innocent == accomplice);
  w.score.reject(sender, w.topic, number_of(1), rejection::validation_failed, {});
  CHECK(w.score.score(sender) == -1);
  CHECK(w.score.score(innocent) == 0);
}

TEST_CASE("tables are bounded: the oldest messages and peers are forgotten") {
  score_parameters p;
  p.records_max = 100;
  p.retained_max = 10;
  p.behaviour_penalty_weight = -1;
  world w{{}, p};
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    w.score.deliver(std::nullopt, unscored, number_of(i), {});
    const auto peer = w.add(i);
    w.score.add_penalty(peer);
    w.score.remove_peer(peer, instant_at(i));
    CHECK(w.score.records() <= 100);
    CHECK(w.score.retained() <= 10);
  }
  CHECK_FALSE(w.score.knows(number_of(899)));
  CHECK(w.score.knows(number_of(900)));
  CHECK(w.score.score(w.add(990)) == -1);
  CHECK(w.score.score(w.add(989)) == 0);
  w.score.refresh(instant_at(0) + p.record_time);
  CHECK(w.score.knows(number_of(999)));
  w.score.refresh(instant_at(1) + p.record_time);
  CHECK(w.score.records() == 0);
}

TEST_CASE("P5, P6 with a whitelist, P7 above its threshold, and the cap over topics") {
  score_parameters p;
  p.app_specific_weight = 2;
  p.ip_colocation_factor_weight = -1;
  p.ip_colocation_factor_threshold = 2;
  p.ip_colocation_factor_whitelist = {"10.0.0.1"};
  p.behaviour_penalty_weight = -1;
  p.behaviour_penalty_threshold = 3;
  p.topic_score_cap = 5;
  topic_parameters t;
  t.first_message_deliveries_weight = 1;
  t.first_message_deliveries_cap = 100;
  world w{t, p};
  const auto a = w.add(1);
  w.score.set_application_score(a, -1.5);
  CHECK(w.score.score(a) == -3);
  w.score.add_penalty(a, 3);
  CHECK(w.score.score(a) == -3);
  w.score.add_penalty(a, 2);
  CHECK(w.score.score(a) == -7);
  for (std::uint32_t i = 0; i < 9; ++i)
    w.score.deliver(a, w.topic, number_of(i), {});
  CHECK(w.score.score(a) == -2);
  const std::vector<std::string> shared{"10.0.0.1", "10.0.0.2", "10.0.0.2"};
  std::vector<peer_slot> all{a};
  for (std::uint32_t i = 2; i <= 5; ++i)
    all.push_back(w.add(i));
  for (const auto x : all)
    w.score.set_addresses(x, shared);
  CHECK(w.score.score(all.back()) == -9);
  w.score.remove_peer(all[1], {}); // a negative score is kept, and its address with it
  CHECK(w.score.score(all.back()) == -9);
  w.score.set_addresses(all[2], {});
  CHECK(w.score.score(all.back()) == -4);
}

TEST_CASE("parameters are checked, and the error names the one that is wrong") {
  CHECK(check(default_score()));
  CHECK(check(score_thresholds{}));
  for (const auto rate : {0u, 999'999u, 1'000'000u, 2'500'000u, 400'000'000u})
    CHECK(check(cfp_topic(rate)));
  const auto names = [](const result<void>& r, const std::string& what) {
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().is(discovery::errc::bad_option));
    CHECK(r.error().detail().find(what) == 0);
  };
  auto t = cfp_topic(4'000'000);
  t.invalid_message_deliveries_weight = 1;
  names(check(t), "invalid_message_deliveries_weight");
  t = cfp_topic(4'000'000);
  t.mesh_message_deliveries_decay = 1;
  names(check(t), "mesh_message_deliveries_decay");
  t = cfp_topic(4'000'000);
  t.mesh_message_deliveries_cap = t.mesh_message_deliveries_threshold / 2;
  names(check(t), "mesh_message_deliveries_cap");
  t = cfp_topic(4'000'000);
  t.topic_weight = std::numeric_limits<double>::quiet_NaN();
  names(check(t), "topic_weight");
  auto p = default_score();
  p.ip_colocation_factor_threshold = 0;
  names(check(p), "ip_colocation_factor_threshold");
  p = default_score();
  p.decay_interval = duration{1};
  names(check(p), "decay_interval");
  score_thresholds h;
  h.publish = -50;
  names(check(h), "publish");
}

TEST_CASE("decay factors: after so many ticks a counter is at the threshold") {
  for (const auto ticks : {1, 2, 5, 10, 300, 3'600}) {
    const auto f = decay_factor(seconds(ticks), seconds(1), 0.01);
    double x = 1;
    for (int i = 0; i < ticks; ++i)
      x *= f;
    CHECK(x == doctest::Approx(0.01).epsilon(1e-5));
  }
  CHECK(decay_factor(seconds(3'600), seconds(12), 0.01) == doctest::Approx(0.984767).epsilon(1e-6));
}

TEST_CASE("calls for proposals: the published weights, and P3 off for quiet topics") {
  const auto quiet = cfp_topic(999'999);
  CHECK(quiet.topic_weight == 1);
  CHECK(quiet.time_in_mesh_weight == 0.01);
  CHECK(quiet.time_in_mesh_cap == 300);
  CHECK(quiet.first_message_deliveries_weight == 1);
  CHECK(quiet.first_message_deliveries_decay == 0.912);
  CHECK(quiet.first_message_deliveries_cap == 100);
  CHECK(quiet.invalid_message_deliveries_weight == -10);
  CHECK(quiet.invalid_message_deliveries_decay == 0.985);
  CHECK(quiet.mesh_message_deliveries_weight == 0);
  const auto busy = cfp_topic(4'000'000);
  CHECK(busy.mesh_message_deliveries_weight == -1);
  CHECK(busy.mesh_message_deliveries_window == duration{10'000});
  CHECK(busy.mesh_message_deliveries_activation == seconds(60));
  // Who brings nothing for a stay ends below the graylist threshold, whatever the rate.
  for (const auto rate : {1'000'000u, 4'000'000u, 100'000'000u}) {
    const auto t = cfp_topic(rate);
    const auto lack = t.mesh_message_deliveries_threshold;
    CHECK(lack * lack * t.mesh_failure_penalty_weight < score_thresholds{}.graylist);
  }
}

TEST_CASE("no sequence of events leaves counters out of their bounds") {
  test::check_property("counters stay in bounds", 200, [] {
    const auto t = cfp_topic(4'000'000);
    peer_score score{default_score()};
    const auto topic = score.set_topic("t", t);
    std::vector<peer_slot> peers;
    for (std::uint32_t i = 0; i < 3; ++i)
      peers.push_back(score.add_peer(peer_numbered(i)));
    instant now{};
    for (const auto& [what, message] :
         *rc::gen::container<std::vector<std::pair<unsigned, unsigned>>>(
             rc::gen::pair(rc::gen::inRange(0u, 24u), rc::gen::inRange(0u, 12u)))) {
      const auto p = peers[what % 3];
      const auto id = number_of(message);
      now += duration{1'000'000};
      switch (what / 3) {
      case 0:
        score.graft(p, topic, now);
        break;
      case 1:
        score.prune(p, topic);
        break;
      case 2:
        score.deliver(p, topic, id, now);
        break;
      case 3:
        score.duplicate(p, topic, id, now);
        break;
      case 4:
        score.reject(p, topic, id, rejection::validation_failed, now);
        break;
      case 5:
        score.refresh(now);
        break;
      case 6:
        score.validate(topic, id, now);
        break;
      default:
        score.add_penalty(p);
        break;
      }
      for (const auto x : peers) {
        if (const auto* c = score.counters(x, topic)) {
          RC_ASSERT(c->first_message_deliveries >= 0);
          RC_ASSERT(c->first_message_deliveries <= t.first_message_deliveries_cap);
          RC_ASSERT(c->mesh_message_deliveries >= 0);
          RC_ASSERT(c->mesh_message_deliveries <= t.mesh_message_deliveries_cap);
          RC_ASSERT(c->mesh_failure_penalty >= 0);
          RC_ASSERT(c->invalid_message_deliveries >= 0);
        }
        // Positive parts are bounded, so good behaviour cannot pay for unbounded misbehaviour.
        RC_ASSERT(score.score(x) <= 103);
      }
    }
  });
}
