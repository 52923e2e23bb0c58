#include "ainur/safety/guard.hpp"

#include <algorithm>
#include <limits>

#include "ainur/safety/projection.hpp"

namespace ainur::safety {

namespace {

__extension__ using int128 = __int128;
constexpr std::int64_t one_ppm = 1'000'000;
// Beyond this, in µAINU or µs, doubles do not tell neighbours apart.
constexpr double edge = 9e15;

constexpr std::uint32_t index_of(constraint c) noexcept {
  return static_cast<std::uint32_t>(c);
}

/// ⌊value · ppm / 1,000,000⌋, also for negative values.
int128 scaled(int128 value, std::uint32_t ppm) noexcept {
  const auto product = value * static_cast<std::int64_t>(ppm);
  const auto whole = product / one_ppm;
  return product % one_ppm < 0 ? whole - 1 : whole;
}

std::uint16_t less_one(std::uint16_t count) noexcept {
  return count == 0 ? count : static_cast<std::uint16_t>(count - 1);
}

std::uint16_t more_one(std::uint16_t count) noexcept {
  return count == std::numeric_limits<std::uint16_t>::max() ? count
                                                            : static_cast<std::uint16_t>(count + 1);
}

barrier_value evaluate(const barrier& b, const agent_state& agent, const action& u,
                       const action_context& context) noexcept {
  try {
    return b.evaluate(agent, u, context);
  } catch (...) { // of the host program; an unknown barrier admits nothing
    return {.h = std::numeric_limits<double>::quiet_NaN()};
  }
}

} // namespace

/// What the own barriers allow an action of this agent now. 128 bits, so that nothing wraps.
struct guard_core::limits {
  int128 price_max = 0;    ///< budget
  int128 finish_max = 0;   ///< deadline, µs
  int128 exposure_max = 0; ///< the largest price that exposure admits
  bool reputation = false;
  bool capacity = false;

  [[nodiscard]] bool admit(const action& u) const noexcept {
    return reputation && capacity && int128{u.price.micro()} <= price_max &&
           int128{u.price.micro()} <= exposure_max && int128{micros(u.finish)} <= finish_max;
  }
};

guard_core::limits guard_core::limits_of(const agent_state& agent, const action& u,
                                         const action_context& context) const noexcept {
  const auto gamma = [&](constraint c) { return options_.gamma_ppm[index_of(c)]; };
  constexpr auto unbounded = std::numeric_limits<int128>::max();
  limits out;
  if (u.kind == action_kind::spend) {
    out.price_max = scaled(int128{agent.spend_limit.micro()} - int128{agent.spent.micro()},
                           gamma(constraint::budget));
    out.finish_max = unbounded;
    out.exposure_max = unbounded;
    out.reputation = out.capacity = true;
    return out;
  }
  out.price_max = scaled(int128{context.budget.micro()}, gamma(constraint::budget));
  const auto left = int128{micros(context.deadline)} - micros(context.now);
  out.finish_max = micros(context.now) + scaled(left, gamma(constraint::deadline));
  out.exposure_max = unbounded;
  if (context.paid_unverified) {
    const auto allowed = agent.stake.times(options_.exposure_share_ppm, one_ppm);
    out.exposure_max = scaled(int128{allowed.micro()} - int128{agent.exposure.micro()} -
                                  int128{agent.bids_exposure.micro()},
                              gamma(constraint::exposure));
  }
  out.reputation = agent.reputation >= context.reputation_min;
  const auto room = int128{agent.capacity} - agent.active - agent.bids;
  out.capacity = scaled(room, gamma(constraint::capacity)) >= 1;
  return out;
}

result<void> guard_core::add_barrier(barrier b) {
  const auto where = "barrier '" + b.name + "': ";
  if (!b.evaluate)
    return fail(errc::bad_problem, where + "it has no function");
  if (!(b.gamma > 0 && b.gamma <= 1))
    return fail(errc::bad_problem, where + "gamma must be above 0 and at most 1");
  if (barriers_.size() == barriers_max)
    return fail(errc::bad_problem, where + "a guard has at most 32 barriers");
  barriers_.push_back(std::move(b));
  counts_.emplace_back();
  return {};
}

bool guard_core::set_agent(std::uint32_t slot, amount stake, std::uint16_t reputation,
                           std::uint16_t capacity, amount spend_limit) {
  if (slot >= agents_max)
    return false;
  if (slot >= agents_.size())
    agents_.resize(slot + std::size_t{1});
  auto& agent = agents_[slot];
  agent.stake = stake;
  agent.reputation = reputation;
  agent.capacity = capacity;
  agent.spend_limit = spend_limit;
  agent.present = true;
  return true;
}

bool guard_core::set_standing(std::uint32_t slot, amount stake, std::uint16_t reputation) {
  auto* agent = slot_of(slot);
  if (agent == nullptr)
    return false;
  agent->stake = stake;
  agent->reputation = reputation;
  return true;
}

void guard_core::remove_agent(std::uint32_t slot) {
  if (auto* agent = slot_of(slot))
    *agent = {};
}

const agent_state* guard_core::find(std::uint32_t slot) const noexcept {
  return slot < agents_.size() && agents_[slot].present ? &agents_[slot] : nullptr;
}

agent_state* guard_core::slot_of(std::uint32_t slot) noexcept {
  return slot < agents_.size() && agents_[slot].present ? &agents_[slot] : nullptr;
}

std::string_view guard_core::constraint_name(std::uint32_t index) const noexcept {
  if (index < own_constraints)
    return to_string(static_cast<constraint>(index));
  const auto own = index - own_constraints;
  return own < barriers_.size() ? std::string_view{barriers_[own].name} : "unknown";
}

verdict guard_core::check(const action& proposed, const action_context& context) {
  auto* agent = slot_of(proposed.agent);
  if (agent == nullptr) {
    ++refused_;
    ++counts_[index_of(constraint::unknown_agent)].refused;
    return {verdict_kind::refused, proposed, index_of(constraint::unknown_agent)};
  }
  const auto most = limits_of(*agent, proposed, context);
  if (!violated(*agent, proposed, context, most)) {
    ++passed_;
    return {verdict_kind::passed, proposed, 0};
  }
  const auto out = correct(*agent, proposed, context, most);
  auto& counts = counts_[out.constraint_index];
  if (out.kind == verdict_kind::corrected) {
    ++corrected_;
    ++counts.corrected;
    ++agent->corrected;
  } else {
    ++refused_;
    ++counts.refused;
    ++agent->refused;
  }
  return out;
}

/// The first constraint that the action violates: refusals first, then what can be corrected.
std::optional<std::uint32_t> guard_core::violated(const agent_state& agent, const action& u,
                                                  const action_context& context,
                                                  const limits& most) const {
  const bool timed = u.kind != action_kind::spend;
  const bool within = u.price >= u.price_floor && (!timed || u.finish >= u.finish_earliest);
  if (!within || !most.admit(u)) {
    if (!most.reputation)
      return index_of(constraint::reputation);
    if (!most.capacity)
      return index_of(constraint::capacity);
    if (int128{u.price.micro()} > most.price_max)
      return index_of(constraint::budget);
    if (int128{micros(u.finish)} > most.finish_max)
      return index_of(constraint::deadline);
    if (!within)
      return index_of(constraint::own_bounds);
    return index_of(constraint::exposure);
  }
  for (std::size_t i = 0; i < barriers_.size(); ++i) {
    const auto at = evaluate(barriers_[i], agent, u, context);
    if (!admissible(barriers_[i], at, u, context))
      return static_cast<std::uint32_t>(own_constraints + i);
  }
  return std::nullopt;
}

/// The own barriers bound each axis by itself, so the nearest action that they admit is the
/// proposal clamped to [own bound, limit], whatever the weights of the axes.
verdict guard_core::correct(const agent_state& agent, const action& proposed,
                            const action_context& context, const limits& most) const {
  const auto refuse = [&](std::uint32_t why) {
    return verdict{verdict_kind::refused, proposed, why};
  };
  const bool timed = proposed.kind != action_kind::spend;
  if (!most.reputation)
    return refuse(index_of(constraint::reputation));
  if (!most.capacity)
    return refuse(index_of(constraint::capacity));
  if (int128{proposed.price_floor.micro()} > most.price_max)
    return refuse(index_of(constraint::budget));
  if (timed && int128{micros(proposed.finish_earliest)} > most.finish_max)
    return refuse(index_of(constraint::deadline));

  auto safe = proposed;
  auto why = index_of(constraint::own_bounds);
  safe.price = std::max(safe.price, safe.price_floor);
  if (timed)
    safe.finish = std::max(safe.finish, safe.finish_earliest);
  if (timed && int128{micros(safe.finish)} > most.finish_max) {
    safe.finish = timestamp_at(static_cast<std::int64_t>(most.finish_max));
    why = index_of(constraint::deadline);
  }
  if (int128{safe.price.micro()} > most.price_max) {
    safe.price = amount{static_cast<std::uint64_t>(most.price_max)};
    why = index_of(constraint::budget);
  }
  const auto still = violated(agent, safe, context, most);
  if (!still)
    return {verdict_kind::corrected, safe, why};
  if (*still < own_constraints) // exposure: not for correction
    return refuse(*still);
  return correct_by_projection(agent, proposed, context, most);
}

/// With barriers of the embedder, which may couple price and time: a quadratic program over
/// (price, finish − now), axes scaled by budget and time to the deadline.
verdict guard_core::correct_by_projection(const agent_state& agent, const action& proposed,
                                          const action_context& context, const limits& most) const {
  const auto bounded = [](int128 value) {
    return std::clamp(static_cast<double>(value), -edge, edge);
  };
  const auto now = int128{micros(context.now)};
  const auto scale = [&](double range) {
    const auto width = std::max(range, 1.0);
    return 1 / (width * width);
  };
  projection_problem p;
  p.nominal = {bounded(proposed.price.micro())};
  p.box = box_bounds{{bounded(proposed.price_floor.micro())}, {bounded(most.price_max)}};
  p.weights = {scale(p.box->upper[0])};
  const bool timed = proposed.kind != action_kind::spend;
  if (timed) {
    p.nominal.push_back(bounded(micros(proposed.finish) - now));
    p.box->lower.push_back(bounded(micros(proposed.finish_earliest) - now));
    p.box->upper.push_back(bounded(most.finish_max - now));
    p.weights.push_back(scale(p.box->upper[1]));
  }
  std::vector<std::uint32_t> origin; // the constraint index of each row
  for (std::size_t i = 0; i < barriers_.size(); ++i) {
    const auto& b = barriers_[i];
    if (!b.correctable)
      continue;
    const auto at = evaluate(b, agent, proposed, context);
    half_space row{{at.gradient[0]}, -b.gamma * at.h - at.drift, b.name};
    if (timed)
      row.a.push_back(at.gradient[1]);
    p.constraints.push_back(std::move(row));
    origin.push_back(static_cast<std::uint32_t>(own_constraints + i));
  }

  // The constraint to name: the first that stops the action that the own barriers would admit.
  auto safe = proposed;
  safe.price = amount{static_cast<std::uint64_t>(std::clamp(
      int128{proposed.price.micro()}, int128{proposed.price_floor.micro()}, most.price_max))};
  if (timed)
    safe.finish = timestamp_at(static_cast<std::int64_t>(
        std::clamp(int128{micros(proposed.finish)}, int128{micros(proposed.finish_earliest)},
                   most.finish_max)));
  const auto blamed = violated(agent, safe, context, most).value_or(index_of(constraint::budget));

  const auto found = project_integer(p);
  if (!found)
    return {verdict_kind::refused, proposed, blamed};
  safe.price = amount{static_cast<std::uint64_t>(found->u[0])};
  if (timed)
    safe.finish = context.now + duration{static_cast<std::int64_t>(found->u[1])};
  if (const auto still = violated(agent, safe, context, most))
    return {verdict_kind::refused, proposed, *still};
  return {verdict_kind::corrected, safe, blamed};
}

void guard_core::bid_sent(std::uint32_t slot, amount price, bool paid_unverified) {
  auto* agent = slot_of(slot);
  if (agent == nullptr)
    return;
  agent->bids = more_one(agent->bids);
  if (paid_unverified)
    agent->bids_exposure = agent->bids_exposure.saturating_plus(price);
}

void guard_core::bid_closed(std::uint32_t slot, amount price, bool paid_unverified) {
  auto* agent = slot_of(slot);
  if (agent == nullptr)
    return;
  agent->bids = less_one(agent->bids);
  if (paid_unverified)
    agent->bids_exposure = agent->bids_exposure.saturating_minus(price);
}

void guard_core::awarded(std::uint32_t slot, amount bid_price, amount price, bool paid_unverified) {
  bid_closed(slot, bid_price, paid_unverified);
  accepted(slot, price, paid_unverified);
}

void guard_core::accepted(std::uint32_t slot, amount price, bool paid_unverified) {
  auto* agent = slot_of(slot);
  if (agent == nullptr)
    return;
  agent->active = more_one(agent->active);
  if (paid_unverified)
    agent->exposure = agent->exposure.saturating_plus(price);
}

void guard_core::finished(std::uint32_t slot, amount price, bool paid_unverified) {
  auto* agent = slot_of(slot);
  if (agent == nullptr)
    return;
  agent->active = less_one(agent->active);
  if (paid_unverified)
    agent->exposure = agent->exposure.saturating_minus(price);
}

void guard_core::spent(std::uint32_t slot, amount price) {
  if (auto* agent = slot_of(slot))
    agent->spent = agent->spent.saturating_plus(price);
}

void guard_core::refunded(std::uint32_t slot, amount price) {
  if (auto* agent = slot_of(slot))
    agent->spent = agent->spent.saturating_minus(price);
}

} // namespace ainur::safety
