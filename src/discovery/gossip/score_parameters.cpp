#include "ainur/discovery/gossip/score_parameters.hpp"

#include <algorithm>
#include <string_view>

#include "ainur/base/rng.hpp"

namespace ainur::discovery::gossip {

namespace {

constexpr double largest = 1e15; // beyond it squares lose their meaning; false for NaN, too
constexpr double one_q32 = 4294967296.0;

/// Remembers the first parameter out of its range.
class checker {
public:
  void in(std::string_view name, double x, double low, double high, std::string_view range) {
    expect(x >= low && x <= high, name, range);
  }

  void at_least_zero(std::string_view name, double x) { in(name, x, 0, largest, "at least 0"); }

  void at_most_zero(std::string_view name, double x) { in(name, x, -largest, 0, "at most 0"); }

  void positive(std::string_view name, double x) {
    expect(x > 0 && x <= largest, name, "more than 0");
  }

  void factor(std::string_view name, double x) {
    expect(x > 0 && x < 1, name, "between 0 and 1, both excluded");
  }

  void expect(bool holds, std::string_view name, std::string_view range) {
    if (!holds && why_.empty())
      why_ = std::string{name} + " must be " + std::string{range};
  }

  [[nodiscard]] result<void> answer() const {
    if (why_.empty())
      return {};
    return fail(errc::bad_option, why_);
  }

private:
  std::string why_;
};

} // namespace

result<void> check(const topic_parameters& p) {
  checker c;
  c.at_least_zero("topic_weight", p.topic_weight);
  c.at_least_zero("time_in_mesh_weight", p.time_in_mesh_weight);
  c.expect(p.time_in_mesh_quantum > duration{}, "time_in_mesh_quantum", "more than 0");
  if (p.time_in_mesh_weight != 0)
    c.positive("time_in_mesh_cap", p.time_in_mesh_cap);
  c.at_least_zero("first_message_deliveries_weight", p.first_message_deliveries_weight);
  if (p.first_message_deliveries_weight != 0) {
    c.factor("first_message_deliveries_decay", p.first_message_deliveries_decay);
    c.positive("first_message_deliveries_cap", p.first_message_deliveries_cap);
  }
  c.at_most_zero("mesh_message_deliveries_weight", p.mesh_message_deliveries_weight);
  if (p.mesh_message_deliveries_weight != 0) {
    c.factor("mesh_message_deliveries_decay", p.mesh_message_deliveries_decay);
    c.positive("mesh_message_deliveries_threshold", p.mesh_message_deliveries_threshold);
    c.in("mesh_message_deliveries_cap", p.mesh_message_deliveries_cap,
         p.mesh_message_deliveries_threshold, largest, "at least the threshold");
    c.expect(p.mesh_message_deliveries_window >= duration{}, "mesh_message_deliveries_window",
             "at least 0");
    c.expect(p.mesh_message_deliveries_activation >= duration{1'000'000},
             "mesh_message_deliveries_activation", "at least 1 s");
  }
  c.at_most_zero("mesh_failure_penalty_weight", p.mesh_failure_penalty_weight);
  if (p.mesh_failure_penalty_weight != 0)
    c.factor("mesh_failure_penalty_decay", p.mesh_failure_penalty_decay);
  c.at_most_zero("invalid_message_deliveries_weight", p.invalid_message_deliveries_weight);
  if (p.invalid_message_deliveries_weight != 0)
    c.factor("invalid_message_deliveries_decay", p.invalid_message_deliveries_decay);
  return c.answer();
}

result<void> check(const score_parameters& p) {
  checker c;
  c.at_least_zero("topic_score_cap", p.topic_score_cap);
  c.at_least_zero("app_specific_weight", p.app_specific_weight);
  c.at_most_zero("ip_colocation_factor_weight", p.ip_colocation_factor_weight);
  c.in("ip_colocation_factor_threshold", p.ip_colocation_factor_threshold, 1, largest,
       "at least 1");
  c.at_most_zero("behaviour_penalty_weight", p.behaviour_penalty_weight);
  c.at_least_zero("behaviour_penalty_threshold", p.behaviour_penalty_threshold);
  if (p.behaviour_penalty_weight != 0)
    c.factor("behaviour_penalty_decay", p.behaviour_penalty_decay);
  c.expect(p.decay_interval >= duration{1'000'000}, "decay_interval", "at least 1 s");
  c.factor("decay_to_zero", p.decay_to_zero);
  c.expect(p.retain_score >= duration{}, "retain_score", "at least 0");
  c.expect(p.record_time > duration{}, "record_time", "more than 0");
  c.in("records_max", static_cast<double>(p.records_max), 1, 1 << 24, "1 to 16,777,216");
  c.in("retained_max", static_cast<double>(p.retained_max), 1, 1 << 20, "1 to 1,048,576");
  return c.answer();
}

result<void> check(const score_thresholds& t) {
  checker c;
  c.in("gossip", t.gossip, -largest, 0, "at most 0");
  c.in("publish", t.publish, -largest, t.gossip, "at most the gossip threshold");
  c.in("graylist", t.graylist, -largest, t.publish, "at most the publish threshold");
  c.at_least_zero("accept_peer_exchange", t.accept_peer_exchange);
  c.at_least_zero("opportunistic_graft", t.opportunistic_graft);
  return c.answer();
}

double decay_factor(duration over, duration interval, double decay_to_zero) {
  const auto ticks =
      std::max<std::int64_t>(1, micros(over) / std::max<std::int64_t>(1, micros(interval)));
  const auto scaled = static_cast<std::uint64_t>(std::clamp(decay_to_zero, 0.0, 1.0) * one_q32);
  const auto exponent = log2_q32(std::max<std::uint64_t>(1, scaled)) / ticks;
  return static_cast<double>(exp2_q32(exponent)) / one_q32;
}

score_parameters default_score() {
  score_parameters p;
  p.app_specific_weight = 1;
  p.ip_colocation_factor_weight = -100;
  p.ip_colocation_factor_threshold = 10;
  p.behaviour_penalty_weight = -10;
  p.behaviour_penalty_threshold = 6;
  p.behaviour_penalty_decay =
      decay_factor(std::chrono::hours{1}, p.decay_interval, p.decay_to_zero);
  return p;
}

topic_parameters cfp_topic(std::uint64_t rate_ppm, std::uint32_t mesh_size) {
  const score_parameters shared;
  const auto over = [&](duration d) {
    return decay_factor(d, shared.decay_interval, shared.decay_to_zero);
  };
  topic_parameters p;
  p.topic_weight = 1;
  p.time_in_mesh_weight = 0.01;
  p.time_in_mesh_quantum = std::chrono::seconds{12};
  p.time_in_mesh_cap = 300;
  p.first_message_deliveries_weight = 1;
  p.first_message_deliveries_decay = 0.912;
  p.first_message_deliveries_cap = 100;
  p.invalid_message_deliveries_weight = -10;
  p.invalid_message_deliveries_decay = 0.985;
  if (rate_ppm < 1'000'000)
    return p;
  p.mesh_message_deliveries_weight = -1;
  p.mesh_message_deliveries_window = std::chrono::milliseconds{10};
  p.mesh_message_deliveries_activation = std::chrono::seconds{60};
  p.mesh_message_deliveries_decay = over(std::chrono::minutes{2});
  // What a peer that brings its share of the messages first has counted once P3 counts.
  const auto share = static_cast<double>(rate_ppm) / 1e6 *
                     (static_cast<double>(micros(shared.decay_interval)) / 1e6) /
                     static_cast<double>(std::max(1u, mesh_size));
  double expected = 0;
  for (auto at = shared.decay_interval; at <= p.mesh_message_deliveries_activation;
       at += shared.decay_interval)
    expected = (expected + share) * p.mesh_message_deliveries_decay;
  const auto threshold = expected / 4;
  p.mesh_message_deliveries_threshold = threshold;
  p.mesh_message_deliveries_cap = std::max(1.0, 4 * expected);
  // Who brought nothing ends below the graylist threshold for some minutes; who brought a little is
  // only kept out of the mesh: it may be honest and far from everybody.
  p.mesh_failure_penalty_weight = -1'500 / (threshold * threshold);
  p.mesh_failure_penalty_decay = over(std::chrono::hours{1});
  return p;
}

} // namespace ainur::discovery::gossip
