#include "ainur/discovery/gossip/score_cases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "ainur/base/nearest.hpp"
#include "codec/json.hpp"

namespace ainur::discovery::gossip {

namespace {

using codec::json;

constexpr std::size_t cases_max = 10'000;
constexpr std::uint64_t deliveries_max = 1'000'000;
constexpr std::int64_t advance_ms_max = 1'000'000'000'000;

template <class Struct>
struct number_key {
  std::string_view name;
  double Struct::*value;
};

template <class Struct>
struct time_key {
  std::string_view name; // ends in "_ms"
  duration Struct::*value;
};

using topic = topic_parameters;
constexpr std::array<number_key<topic>, 14> topic_numbers{{
    {"TopicWeight", &topic::topic_weight},
    {"TimeInMeshWeight", &topic::time_in_mesh_weight},
    {"TimeInMeshCap", &topic::time_in_mesh_cap},
    {"FirstMessageDeliveriesWeight", &topic::first_message_deliveries_weight},
    {"FirstMessageDeliveriesDecay", &topic::first_message_deliveries_decay},
    {"FirstMessageDeliveriesCap", &topic::first_message_deliveries_cap},
    {"MeshMessageDeliveriesWeight", &topic::mesh_message_deliveries_weight},
    {"MeshMessageDeliveriesDecay", &topic::mesh_message_deliveries_decay},
    {"MeshMessageDeliveriesCap", &topic::mesh_message_deliveries_cap},
    {"MeshMessageDeliveriesThreshold", &topic::mesh_message_deliveries_threshold},
    {"MeshFailurePenaltyWeight", &topic::mesh_failure_penalty_weight},
    {"MeshFailurePenaltyDecay", &topic::mesh_failure_penalty_decay},
    {"InvalidMessageDeliveriesWeight", &topic::invalid_message_deliveries_weight},
    {"InvalidMessageDeliveriesDecay", &topic::invalid_message_deliveries_decay},
}};
constexpr std::array<time_key<topic>, 3> topic_times{{
    {"TimeInMeshQuantum_ms", &topic::time_in_mesh_quantum},
    {"MeshMessageDeliveriesWindow_ms", &topic::mesh_message_deliveries_window},
    {"MeshMessageDeliveriesActivation_ms", &topic::mesh_message_deliveries_activation},
}};
constexpr std::array<number_key<score_parameters>, 8> global_numbers{{
    {"TopicScoreCap", &score_parameters::topic_score_cap},
    {"AppSpecificWeight", &score_parameters::app_specific_weight},
    {"IPColocationFactorWeight", &score_parameters::ip_colocation_factor_weight},
    {"IPColocationFactorThreshold", &score_parameters::ip_colocation_factor_threshold},
    {"BehaviourPenaltyWeight", &score_parameters::behaviour_penalty_weight},
    {"BehaviourPenaltyThreshold", &score_parameters::behaviour_penalty_threshold},
    {"BehaviourPenaltyDecay", &score_parameters::behaviour_penalty_decay},
    {"DecayToZero", &score_parameters::decay_to_zero},
}};
constexpr std::array<time_key<score_parameters>, 1> global_times{{
    {"RetainScore_ms", &score_parameters::retain_score},
}};
constexpr std::string_view whitelist_key = "IPColocationFactorWhitelist";

struct counter_name {
  std::string_view name;
  double topic_counters::*value;
};

constexpr std::array<counter_name, 4> counter_names{{
    {"firstMessageDeliveries", &topic_counters::first_message_deliveries},
    {"meshMessageDeliveries", &topic_counters::mesh_message_deliveries},
    {"meshFailurePenalty", &topic_counters::mesh_failure_penalty},
    {"invalidMessageDeliveries", &topic_counters::invalid_message_deliveries},
}};
constexpr std::array<std::string_view, 16> operations{
    "add_peer",     "remove_peer",
    "set_ips",      "set_app_score",
    "graft",        "prune",
    "validate",     "validate_and_deliver",
    "duplicate",    "reject",
    "add_penalty",  "advance_ms",
    "refresh",      "set_topic_params",
    "expect_score", "expect_counter",
};
constexpr std::string_view clear_operation = "clear_delivery_records";

template <class Name, std::size_t N>
std::vector<std::string_view> names_of(const std::array<Name, N>& all) {
  std::vector<std::string_view> out;
  for (const auto& x : all)
    out.push_back(x.name);
  return out;
}

/// Plays one case; the first failure sticks and names its place.
class player {
public:
  player(std::string where, std::uint64_t& deliveries)
      : where_(std::move(where)), deliveries_(&deliveries) {}

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

  played_score_case play(const json& in) {
    played_score_case out;
    constexpr std::array<std::string_view, 4> keys{"name", "global", "topics", "events"};
    if (!object(in, {keys.begin(), keys.end()}))
      return out;
    out.name = in.contains("name") ? text(in, "name") : where_;
    score_.emplace(read_global(in));
    if (const auto* topics = member(in, "topics"); topics != nullptr && topics->is_object())
      for (const auto& [name, p] : topics->items())
        score_->set_topic(name, read_topic(p, "topics." + name));
    else
      refuse("topics", "an object of topics is needed");
    const auto* events = member(in, "events");
    if (events == nullptr || !events->is_array())
      refuse("events", "a list is needed");
    for (std::size_t i = 0; !failure_ && i < events->size(); ++i) {
      event_ = "events[" + std::to_string(i) + "]";
      step((*events)[i], out.checks);
    }
    return out;
  }

private:
  void refuse(std::string_view key, const std::string& why, errc code = errc::malformed) {
    if (!failure_)
      failure_ = error{code, where_ + ": " + (event_.empty() ? "" : event_ + ": ") + "key '" +
                                 std::string{key.substr(0, 64)} + "': " + why};
  }

  void refuse_word(std::string_view key, std::string_view word,
                   const std::vector<std::string_view>& valid) {
    const auto close = nearest(word, valid);
    refuse(key, "\"" + std::string{word.substr(0, 64)} + "\" is unknown" +
                    (close.empty() ? "" : "; did you mean \"" + std::string{close} + "\"?"));
  }

  bool object(const json& in, const std::vector<std::string_view>& keys) {
    if (!in.is_object()) {
      refuse("", "an object is needed");
      return false;
    }
    for (const auto& [key, value] : in.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        refuse_word(key, key, keys);
    return !failure_;
  }

  static const json* member(const json& in, std::string_view key) {
    const auto at = in.is_object() ? in.find(key) : in.end();
    return !in.is_object() || at == in.end() ? nullptr : &*at;
  }

  std::string text(const json& in, std::string_view key) {
    const auto* x = member(in, key);
    if (x != nullptr && x->is_string())
      return x->get<std::string>();
    refuse(key, "a text is needed");
    return {};
  }

  double number(const json& in, std::string_view key) {
    const auto* x = member(in, key);
    if (x != nullptr && x->is_number())
      return x->get<double>();
    refuse(key, "a number is needed");
    return 0;
  }

  std::int64_t whole(const json& in, std::string_view key, std::int64_t most) {
    const auto* x = member(in, key);
    if (x != nullptr && x->is_number_unsigned() &&
        x->get<std::uint64_t>() <= static_cast<std::uint64_t>(most))
      return x->get<std::int64_t>();
    refuse(key, "a whole number of at most " + std::to_string(most) + " is needed");
    return 0;
  }

  std::vector<std::string> texts(const json& in, std::string_view key) {
    std::vector<std::string> out;
    const auto* x = member(in, key);
    if (x == nullptr || !x->is_array() || x->size() > 64)
      refuse(key, "a list of at most 64 texts is needed");
    for (std::size_t i = 0; !failure_ && i < x->size(); ++i)
      (*x)[i].is_string() ? out.push_back((*x)[i].get<std::string>())
                          : refuse(key, "a list of texts is needed");
    return out;
  }

  template <class Struct, std::size_t N, std::size_t M>
  void read_parameters(const json& in, Struct& to, const std::array<number_key<Struct>, N>& numbers,
                       const std::array<time_key<Struct>, M>& times) {
    for (const auto& k : numbers)
      if (member(in, k.name) != nullptr)
        to.*k.value = number(in, k.name);
    for (const auto& k : times)
      if (member(in, k.name) != nullptr)
        to.*k.value = std::chrono::milliseconds{whole(in, k.name, advance_ms_max)};
  }

  topic_parameters read_topic(const json& in, const std::string& name) {
    topic_parameters p;
    auto keys = names_of(topic_numbers);
    for (const auto& k : topic_times)
      keys.push_back(k.name);
    if (!object(in, keys))
      return p;
    read_parameters(in, p, topic_numbers, topic_times);
    if (p.time_in_mesh_quantum <= duration{})
      refuse(name + ".TimeInMeshQuantum_ms", "more than 0 is needed");
    return p;
  }

  score_parameters read_global(const json& in) {
    score_parameters p;
    p.decay_to_zero = 0;
    p.retain_score = {};
    const auto* global = member(in, "global");
    auto keys = names_of(global_numbers);
    for (const auto& k : global_times)
      keys.push_back(k.name);
    keys.push_back(whitelist_key);
    if (global == nullptr)
      refuse("global", "this key is needed");
    else if (object(*global, keys)) {
      read_parameters(*global, p, global_numbers, global_times);
      if (member(*global, whitelist_key) != nullptr)
        p.ip_colocation_factor_whitelist = texts(*global, whitelist_key);
    }
    return p;
  }

  rejection reason(const json& in) {
    const auto word = text(in, "reason");
    constexpr std::array<std::string_view, 11> names{
        "missing_signature",    "invalid_signature",     "unexpected_signature",
        "unexpected_auth_info", "self_origin",           "blacklisted_peer",
        "blacklisted_source",   "validation_queue_full", "validation_throttled",
        "validation_ignored",   "validation_failed"};
    const auto at = std::find(names.begin(), names.end(), word);
    if (at == names.end())
      refuse_word("reason", word, {names.begin(), names.end()});
    return at == names.end() ? rejection{} : static_cast<rejection>(at - names.begin());
  }

  /// The peer of an event; nothing, which most events ignore, for one that was not added.
  std::optional<peer_slot> peer(const json& in) {
    const auto at = peers_.find(text(in, "peer"));
    return at == peers_.end() ? std::nullopt : std::optional{at->second};
  }

  void add_peer(const std::string& name) {
    peer_id id;
    const auto known = ids_.emplace(name, ids_.size() + 1).first->second;
    for (std::size_t i = 0; i < 8; ++i)
      id.value[i] = static_cast<std::uint8_t>(known >> (8 * i));
    if (!peers_.contains(name))
      peers_.emplace(name, score_->add_peer(id));
  }

  void deliver(const json& in, std::string_view what) {
    const auto from = peer(in);
    const auto number = score_->find_topic(text(in, "topic"));
    const auto first = whole(in, "msg_from", advance_ms_max);
    const auto count = whole(in, "count", static_cast<std::int64_t>(deliveries_max));
    const auto why = what == "reject" ? reason(in) : rejection{};
    *deliveries_ += static_cast<std::uint64_t>(count);
    if (*deliveries_ > deliveries_max)
      refuse("count", "more than 1,000,000 deliveries in all", errc::too_large);
    for (auto i = first; !failure_ && from && i < first + count; ++i) {
      const message_id id{{}, static_cast<std::uint64_t>(i)};
      if (what != "duplicate" && what != "reject")
        score_->validate(number, id, now_);
      if (what == "validate_and_deliver")
        score_->deliver(*from, number, id, now_);
      else if (what == "duplicate")
        score_->duplicate(*from, number, id, now_);
      else if (what == "reject")
        score_->reject(*from, number, id, why, now_);
    }
  }

  void expect_score(const json& in, std::vector<score_check>& checks) {
    const auto who = peer(in);
    score_check c{"score of " + text(in, "peer"), number(in, "score"), 0, false};
    if (member(in, "cmp") != nullptr) {
      c.at_least = text(in, "cmp") == ">=";
      if (!c.at_least)
        refuse("cmp", "only \">=\" is known");
    }
    c.computed = who ? score_->score(*who) : 0;
    checks.push_back(std::move(c));
  }

  void expect_counter(const json& in, std::vector<score_check>& checks) {
    const auto who = peer(in);
    const auto topic_name = text(in, "topic");
    const auto name = text(in, "counter");
    const auto at = std::find_if(counter_names.begin(), counter_names.end(),
                                 [&](const auto& c) { return c.name == name; });
    if (at == counter_names.end())
      return refuse_word("counter", name, names_of(counter_names));
    const auto* found = who ? score_->counters(*who, score_->find_topic(topic_name)) : nullptr;
    checks.push_back({name + " of " + text(in, "peer") + " in " + topic_name, number(in, "value"),
                      found == nullptr ? 0 : found->*at->value, false});
  }

  void step(const json& in, std::vector<score_check>& checks) {
    const auto what = text(in, "op");
    if (what == "add_peer") {
      add_peer(text(in, "peer"));
    } else if (what == "remove_peer") {
      if (const auto who = peer(in))
        score_->remove_peer(*who, now_);
      peers_.erase(text(in, "peer"));
    } else if (what == "set_ips") {
      if (const auto who = peer(in))
        score_->set_addresses(*who, texts(in, "ips"));
    } else if (what == "set_app_score") {
      if (const auto who = peer(in))
        score_->set_application_score(*who, number(in, "score"));
    } else if (what == "graft" || what == "prune") {
      const auto number = score_->find_topic(text(in, "topic"));
      if (const auto who = peer(in))
        what == "graft" ? score_->graft(*who, number, now_) : score_->prune(*who, number);
    } else if (what.starts_with("validate") || what == "duplicate" || what == "reject") {
      deliver(in, known(what));
    } else if (what == "add_penalty") {
      const auto count = whole(in, "count", 1'000'000);
      if (const auto who = peer(in))
        score_->add_penalty(*who, static_cast<std::uint32_t>(count));
    } else if (what == "advance_ms") {
      now_ += std::chrono::milliseconds{whole(in, "ms", advance_ms_max)};
    } else if (what == "refresh") {
      score_->refresh(now_);
    } else if (what == clear_operation) {
      score_->clear_records();
    } else if (what == "set_topic_params") {
      const auto* p = member(in, "params");
      p == nullptr ? refuse("params", "this key is needed")
                   : void(score_->set_topic(text(in, "topic"), read_topic(*p, "params")));
    } else if (what == "expect_score") {
      expect_score(in, checks);
    } else if (what == "expect_counter") {
      expect_counter(in, checks);
    } else if (!failure_) {
      known(what);
    }
  }

  /// Refuses a word that is no operation.
  std::string_view known(std::string_view what) {
    std::vector<std::string_view> all{operations.begin(), operations.end()};
    all.push_back(clear_operation);
    if (std::find(all.begin(), all.end(), what) == all.end())
      refuse_word("op", what, all);
    return what;
  }

  std::string where_;
  std::string event_;
  std::optional<error> failure_;
  std::uint64_t* deliveries_;
  std::optional<peer_score> score_;
  std::map<std::string, std::size_t> ids_;
  std::map<std::string, peer_slot> peers_;
  instant now_{};
};

} // namespace

bool score_check::holds() const noexcept {
  if (at_least)
    return computed >= expected;
  return std::abs(computed - expected) <= 1e-9 * std::max(1.0, std::abs(expected));
}

result<std::vector<played_score_case>> play_score_cases(std::string_view json_text) {
  const auto in = codec::parse_json(json_text, 16);
  if (!in)
    return fail(errc::malformed, in.error().detail());
  const auto cases = in->is_object() ? in->find("cases") : in->end();
  if (!in->is_object() || cases == in->end() || !cases->is_array())
    return fail(errc::malformed, "key 'cases': a list of cases is needed");
  if (cases->size() > cases_max)
    return fail(errc::too_large, "key 'cases': more than 10,000 cases");
  std::vector<played_score_case> out;
  std::uint64_t deliveries = 0;
  for (std::size_t i = 0; i < cases->size(); ++i) {
    player p{"case " + std::to_string(i), deliveries};
    out.push_back(p.play((*cases)[i]));
    if (p.failure())
      return fail(*p.failure());
  }
  return out;
}

} // namespace ainur::discovery::gossip
