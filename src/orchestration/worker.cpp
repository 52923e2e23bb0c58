#include "ainur/orchestration/worker.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "ainur/codec/msgpack.hpp"
#include "ainur/market/pricing.hpp"

namespace ainur::orchestration {

namespace {

constexpr std::uint64_t ppm = 1'000'000;
/// Open bids of a learner that are remembered; the oldest is forgotten.
constexpr std::size_t open_bids_max = 64;

std::uint64_t number_of(const task_id& id, std::uint16_t subtask) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, id.value.data(), sizeof(word));
  // The same number on every machine, whatever its byte order.
  if constexpr (std::endian::native == std::endian::big)
    word = __builtin_bswap64(word);
  return word ^ std::uint64_t{subtask} << 48;
}

duration scaled(duration d, std::uint64_t numerator, std::uint64_t denominator) noexcept {
  __extension__ using wide = unsigned __int128;
  const auto out = wide{static_cast<std::uint64_t>(std::max(d, duration{}).count())} * numerator /
                   std::max<std::uint64_t>(denominator, 1);
  constexpr auto most = static_cast<std::uint64_t>(duration::max().count() / 4);
  return duration{static_cast<std::int64_t>(std::min<wide>(out, most))};
}

} // namespace

amount worker::cost_of(duration work) const noexcept {
  return terms_->cost_per_second
      .times(static_cast<std::uint64_t>(std::max(work, duration{}).count()), ppm)
      .saturating_plus(terms_->cost_fixed);
}

std::optional<offer> worker::consider(const market::call_for_proposals& call,
                                      const worker_rules& rules, instant now) {
  const bool lies = faults_ && now < faults_->false_bid_until;
  if (active_ >= terms_->capacity && !lies)
    return std::nullopt;
  const auto takes = scaled(call.work, ppm, terms_->speed_ppm);
  const auto cost = cost_of(call.work);
  offer o{.price = cost,
          .work = takes + scaled(takes, rules.caution_ppm, ppm) + rules.slack,
          .floor = cost,
          .earliest = takes};
  if (!terms_->posted_per_second.is_zero()) {
    o.price = terms_->posted_per_second
                  .times(static_cast<std::uint64_t>(std::max(call.work, duration{}).count()), ppm)
                  .saturating_plus(terms_->cost_fixed);
    o.price = std::max(o.price, cost);
  } else if (terms_->bids == strategy::cost_plus) {
    o.price = market::with_margin(cost, terms_->margin_ppm);
  } else if (terms_->bids == strategy::learner) {
    if (!learner_)
      learner_ = std::make_unique<learning_state>(
          learning_state{learning::bidder{terms_->explore_ppm}, {}});
    auto random = rng{seed_}.split("ask", call.number);
    const auto load =
        static_cast<std::uint32_t>(active_ * ppm / std::max<std::uint16_t>(terms_->capacity, 1));
    const auto learned = learner_->bidder.choose({.load_ppm = load}, cost, random);
    o.price = learned.price;
    o.floor = std::min(o.floor, learned.price);
    if (learner_->open.size() >= open_bids_max)
      learner_->open.erase(learner_->open.begin());
    learner_->open.emplace_back(call.number, learned.token);
  }
  if (lies) {
    // Beyond what it may: more than the task has, sooner than it can.
    o.price = call.reserve.saturating_plus(amount{1}).saturating_plus(call.reserve);
    o.floor = o.price;
    o.work = takes;
  } else if (o.price > call.reserve && o.floor > call.reserve) {
    return std::nullopt; // cannot be done for that
  }
  return o;
}

work_plan worker::begin(const market::award& award, instant now) {
  ++active_;
  work_plan plan;
  plan.takes = scaled(award.work, ppm, terms_->speed_ppm);
  plan.digest = market::expected_digest(award.task, award.subtask);
  auto random = rng{seed_}.split("work", number_of(award.task, award.subtask));
  auto recorded = simulated_input::ending::drawn;
  if (!award.input.empty())
    if (const auto input = codec::decode<simulated_input>(award.input))
      recorded = input->recorded;
  const bool fails = !random.chance_ppm(terms_->reliability_ppm);
  plan.gives_up = recorded == simulated_input::ending::failure ||
                  (recorded == simulated_input::ending::drawn && fails);
  if (faults_) {
    plan.silent = now < faults_->silent_until;
    if (now < faults_->late_until)
      plan.takes += faults_->late_by;
    if (now < faults_->false_result_until)
      plan.digest.value.fill(0xee);
  }
  return plan;
}

std::optional<learning::bid_token> worker::take_token(market::call_number call) {
  if (!learner_)
    return std::nullopt;
  const auto at = std::find_if(learner_->open.begin(), learner_->open.end(),
                               [call](const auto& one) { return one.first == call; });
  if (at == learner_->open.end())
    return std::nullopt;
  const auto token = at->second;
  learner_->open.erase(at);
  return token;
}

void worker::lost(market::call_number call) {
  if (const auto token = take_token(call)) {
    auto random = rng{seed_}.split("learn", call);
    learner_->bidder.learn(*token, {.result = learning::bid_result::lost}, {}, {}, random);
  }
}

void worker::settled(market::call_number call, bool success, amount paid, amount slashed,
                     duration work) {
  if (const auto token = take_token(call)) {
    auto random = rng{seed_}.split("learn", call);
    learner_->bidder.learn(
        *token,
        {.result = success ? learning::bid_result::completed : learning::bid_result::failed,
         .price = paid,
         .cost = cost_of(work),
         .slash = slashed},
        {}, {.epsilon_ppm = terms_->explore_ppm}, random);
  }
}

misbehaviour& worker::faults() {
  if (!faults_)
    faults_ = std::make_unique<misbehaviour>();
  return *faults_;
}

} // namespace ainur::orchestration
