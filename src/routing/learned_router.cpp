// The router that learns. Each capability keeps the peers it has learned about in a heap by
// expected cost at a reference value of time; a choice reads some multiple of what it needs from
// the top and ranks that exactly. Peers never heard of all stand at the capability's mean, so they
// are one place in that order.
#include <algorithm>
#include <optional>

#include "ainur/base/assert.hpp"
#include "ainur/routing/learned_estimate.hpp"
#include "ainur/routing/router.hpp"
#include "candidate_list.hpp"
#include "decline_backoff.hpp"
#include "ranking.hpp"

namespace ainur::routing {

namespace {

constexpr double one_ppm = 1'000'000;
constexpr double success_rate = 0.125;  // how fast the success estimate follows outcomes
constexpr double success_floor = 0.01;  // a peer that always failed costs a hundred times its price
constexpr double value_rate = 0.015625; // 1/64: how fast the reference value of time follows
constexpr std::size_t ranked_factor = 4; // candidates ranked exactly for each one asked
constexpr std::size_t looks_min = 256;

/// What was learned about one peer. Estimates age by the capability's settled outcomes.
struct record {
  learned_estimate price;
  learned_estimate delivery;
  float success = 1;
};

/// The mean over peers of their own estimates, kept up as each changes.
struct peer_mean {
  double sum = 0;
  std::uint64_t peers = 0;

  [[nodiscard]] double value() const noexcept {
    return peers == 0 ? 0 : sum / static_cast<double>(peers);
  }

  void change(bool fresh, double from, double to) noexcept {
    sum += fresh ? to : to - from;
    peers += fresh ? 1 : 0;
  }
};

struct partition {
  candidate_list list;
  std::vector<record> records; // by slot
  ranking ranked;              // those present and seen
  slot_set unseen;             // those present and not seen
  decline_backoff backoff;     // by slot
  peer_mean price;
  peer_mean delivery;
  std::uint64_t settled = 0;
  double reference = 0;   // value of a second for which `ranked` is ordered
  double asked_value = 0; // moving average of the value of a second
  std::uint64_t asked = 0;
  std::uint64_t rebuilt_at = 0;
  std::vector<std::uint64_t> taken; // by slot: the choice that last took it
};

class learned_router final : public router {
public:
  explicit learned_router(const learned_options& options)
      : explore_ppm_(options.explore_ppm),
        outcome_confidence_(std::min(options.outcome_confidence_ppm, 1'000'000u) / one_ppm) {
    learning_.rule = options.rule;
    learning_.eta = std::min(options.eta_ppm, 1'000'000u) / one_ppm;
    learning_.lambda = std::min(options.lambda_ppm, 1'000'000u) / one_ppm;
  }

  capability_index capability(std::string_view name) override {
    const auto [number, fresh] = names_.intern(name);
    if (fresh)
      partitions_.emplace_back();
    return number;
  }

  void set_candidates(capability_index capability, std::span<const peer_index> peers) override {
    auto& p = at(capability);
    assign_candidates(p.list, peers,
                      [&](slot_index slot, bool present) { moved(p, slot, present); });
  }

  bool add(capability_index capability, peer_index peer) override {
    auto& p = at(capability);
    const auto slot = p.list.intern(peer);
    if (p.list.is_present(slot))
      return false;
    p.list.set_present(slot, true);
    moved(p, slot, true);
    return true;
  }

  bool remove(capability_index capability, peer_index peer) override {
    auto& p = at(capability);
    const auto slot = p.list.find(peer);
    if (slot == candidate_list::none || !p.list.is_present(slot))
      return false;
    p.list.set_present(slot, false);
    moved(p, slot, false);
    return true;
  }

  std::size_t candidates(capability_index capability) const override {
    return at(capability).list.present().size();
  }

  void choose(capability_index capability, const route_request& request, peer_filter eligible,
              rng& random, std::vector<peer_index>& out) override;
  void learn(capability_index capability, peer_index peer, const outcome& what) override;

  expectation expected(capability_index capability, peer_index peer) const override {
    const auto& p = at(capability);
    const auto slot = p.list.find(peer);
    expectation e{.price = p.price.value(), .delivery = p.delivery.value()};
    if (slot == candidate_list::none || !p.records[slot].price.seen)
      return e;
    const auto& r = p.records[slot];
    e.seen = true;
    e.price = r.price.expected(learning_, p.settled);
    if (r.delivery.seen)
      e.delivery = r.delivery.expected(learning_, p.settled);
    e.success = static_cast<double>(r.success);
    e.confidence = r.price.trust(learning_, p.settled);
    return e;
  }

private:
  struct scored {
    double cost;
    slot_index slot;

    bool operator<(const scored& other) const noexcept {
      return cost < other.cost || (cost == other.cost && slot < other.slot);
    }
  };

  partition& at(capability_index capability) {
    AINUR_ASSERT(capability < partitions_.size());
    return partitions_[capability];
  }

  const partition& at(capability_index capability) const {
    AINUR_ASSERT(capability < partitions_.size());
    return partitions_[capability];
  }

  static double mean_cost(const partition& p, double value_per_second) {
    return p.price.value() + value_per_second * p.delivery.value();
  }

  /// Expected cost of a delivery: price and delay, over the chance that it comes at all.
  [[nodiscard]] double cost_of(const partition& p, slot_index slot, double value_per_second) const {
    const auto& r = p.records[slot];
    const auto delivery =
        r.delivery.seen ? r.delivery.expected(learning_, p.settled) : p.delivery.value();
    return (r.price.expected(learning_, p.settled) + value_per_second * delivery) /
           std::max(static_cast<double>(r.success), success_floor);
  }

  void moved(partition& p, slot_index slot, bool present) {
    if (p.records.size() <= slot) {
      p.records.resize(slot + std::size_t{1});
      p.taken.resize(slot + std::size_t{1});
    }
    if (p.records[slot].price.seen) {
      if (present)
        p.ranked.set(slot, cost_of(p, slot, p.reference));
      else
        p.ranked.erase(slot);
    } else {
      p.unseen.set(slot, present);
    }
  }

  void choose_among(capability_index capability, const route_request& request, peer_filter eligible,
                    rng& random, std::vector<peer_index>& out);
  void learn_outcome(partition& p, slot_index slot, const outcome& what);
  void follow_value(partition& p, double value_per_second);
  void collect_best(partition& p, std::size_t wanted, double value_per_second,
                    const peer_filter& eligible, rng& random);
  slot_index draw_unseen(partition& p, const peer_filter& eligible, rng& random);
  slot_index explore(partition& p, const peer_filter& eligible, rng& random);
  void fill(partition& p, std::size_t wanted, const peer_filter& eligible, rng& random,
            std::vector<peer_index>& out);

  [[nodiscard]] bool may_ask(const partition& p, slot_index slot,
                             const peer_filter& eligible) const {
    return !(resting_at_ && p.backoff.is_resting(slot, *resting_at_)) &&
           eligible(p.list.peer(slot));
  }

  bool take(partition& p, slot_index slot) {
    if (p.taken[slot] == choice_)
      return false;
    p.taken[slot] = choice_;
    return true;
  }

  std::uint64_t explore_ppm_;
  learning_options learning_;
  double outcome_confidence_;
  name_table names_;
  std::vector<partition> partitions_;
  std::uint64_t choice_ = 0;          // stamps what one choice has looked at
  std::optional<instant> resting_at_; // set while those who rest now are left out
  std::vector<std::uint32_t> frontier_;
  std::vector<scored> best_;
};

/// Keeps the order near the values of time that are asked for. A rebuild is O(n), so there is at
/// most one for as many choices as there are peers.
void learned_router::follow_value(partition& p, double value_per_second) {
  ++p.asked;
  p.asked_value +=
      (value_per_second - p.asked_value) * std::max(1.0 / static_cast<double>(p.asked), value_rate);
  const bool near = p.asked_value <= 2 * p.reference && p.reference <= 2 * p.asked_value;
  if (near || (p.rebuilt_at != 0 && p.asked - p.rebuilt_at < p.ranked.size()))
    return;
  p.rebuilt_at = p.asked;
  p.reference = p.asked_value;
  p.ranked.rebuild([&](slot_index slot) { return cost_of(p, slot, p.reference); });
}

/// Fills `best_` with `wanted` slots, or fewer, best first at this value of time.
void learned_router::collect_best(partition& p, std::size_t wanted, double value_per_second,
                                  const peer_filter& eligible, rng& random) {
  best_.clear();
  const auto pool = wanted * ranked_factor;
  auto looks = std::max(looks_min, 4 * pool);
  const auto mean = mean_cost(p, p.reference);
  const auto mean_now = mean_cost(p, value_per_second);
  ranking::cursor from(p.ranked, frontier_);
  bool unseen_left = !p.unseen.items().empty();
  while (best_.size() < pool && looks-- > 0) {
    if (unseen_left && (from.done() || mean < from.key())) {
      const auto slot = draw_unseen(p, eligible, random);
      unseen_left = slot != candidate_list::none;
      if (unseen_left)
        best_.push_back({mean_now, slot});
      continue;
    }
    if (from.done())
      break;
    const auto slot = from.next();
    if (may_ask(p, slot, eligible))
      best_.push_back({cost_of(p, slot, value_per_second), slot});
  }
  const auto kept = std::min(wanted, best_.size());
  std::partial_sort(best_.begin(), best_.begin() + static_cast<std::ptrdiff_t>(kept), best_.end());
  best_.resize(kept);
}

/// Some peer never heard of, not drawn yet in this choice.
slot_index learned_router::draw_unseen(partition& p, const peer_filter& eligible, rng& random) {
  const auto present = p.unseen.items();
  for (std::size_t tries = 0; tries < 16; ++tries) {
    const auto slot = present[random.below(present.size())];
    if (take(p, slot) && may_ask(p, slot, eligible))
      return slot;
  }
  return candidate_list::none;
}

/// Some peer, whatever is known of it.
slot_index learned_router::explore(partition& p, const peer_filter& eligible, rng& random) {
  const auto present = p.list.present();
  for (std::size_t tries = 0; tries < 16; ++tries) {
    const auto slot = present[random.below(present.size())];
    if (p.taken[slot] != choice_ && may_ask(p, slot, eligible))
      return slot;
  }
  return candidate_list::none;
}

/// The last resort: whoever stands next to a random place.
void learned_router::fill(partition& p, std::size_t wanted, const peer_filter& eligible,
                          rng& random, std::vector<peer_index>& out) {
  const auto present = p.list.present();
  const auto start = random.below(present.size());
  const auto looks = std::min(present.size(), looks_min);
  for (std::size_t i = 0; i < looks && out.size() < wanted; ++i) {
    const auto slot = present[(start + i) % present.size()];
    if (p.taken[slot] != choice_ && may_ask(p, slot, eligible) && take(p, slot))
      out.push_back(p.list.peer(slot));
  }
}

void learned_router::choose(capability_index capability, const route_request& request,
                            peer_filter eligible, rng& random, std::vector<peer_index>& out) {
  resting_at_ = request.now;
  choose_among(capability, request, eligible, random, out);
  resting_at_.reset();
  if (out.empty())
    choose_among(capability, request, eligible, random, out);
}

void learned_router::choose_among(capability_index capability, const route_request& request,
                                  peer_filter eligible, rng& random, std::vector<peer_index>& out) {
  out.clear();
  auto& p = at(capability);
  const auto wanted = std::min(request.count, p.list.present().size());
  if (wanted == 0)
    return;
  const auto value = static_cast<double>(request.value_per_second.micro());
  follow_value(p, value);
  std::size_t exploring = 0;
  for (std::size_t i = 0; i < wanted; ++i)
    exploring += random.chance_ppm(explore_ppm_) ? 1 : 0;

  ++choice_;
  collect_best(p, wanted, value, eligible, random);
  // What was drawn and not kept may be explored after all, so the marks are made anew.
  ++choice_;
  const auto exploited = std::min(best_.size(), wanted - exploring);
  for (std::size_t i = 0; i < exploited; ++i) {
    take(p, best_[i].slot);
    out.push_back(p.list.peer(best_[i].slot));
  }
  for (std::size_t i = 0; i < exploring; ++i) {
    const auto slot = explore(p, eligible, random);
    if (slot == candidate_list::none)
      break;
    take(p, slot);
    out.push_back(p.list.peer(slot));
  }
  for (std::size_t i = exploited; i < best_.size() && out.size() < wanted; ++i)
    if (take(p, best_[i].slot)) // slots that found nobody to explore
      out.push_back(p.list.peer(best_[i].slot));
  if (out.size() < wanted)
    fill(p, wanted, eligible, random, out);
}

void learned_router::learn(capability_index capability, peer_index peer, const outcome& what) {
  auto& p = at(capability);
  const auto slot = p.list.find(peer);
  if (slot == candidate_list::none)
    return;
  switch (what.result) {
  case verdict::declined:
    return p.backoff.declined(slot, what.at);
  case verdict::offered:
  case verdict::delivered:
    return p.backoff.available(slot);
  case verdict::failure: // perhaps it has never delivered
    p.backoff.available(slot);
    return learn_outcome(p, slot, what);
  case verdict::success:
  case verdict::outbid:
    return learn_outcome(p, slot, what);
  }
}

void learned_router::learn_outcome(partition& p, slot_index slot, const outcome& what) {
  const auto work = static_cast<double>(std::max<std::int64_t>(what.work.count(), 1)) / one_ppm;
  const auto price = static_cast<double>(what.price.micro()) / work;
  const auto delivery =
      static_cast<double>(std::max<std::int64_t>(what.delivery.count(), 0)) / one_ppm / work;
  auto& r = p.records[slot];
  const bool fresh = !r.price.seen;
  if (what.result != verdict::outbid)
    ++p.settled; // the others' confidence decays, the peer's own does not
  const auto own = what.result != verdict::outbid ? 1u : 0u;
  const auto learn_one = [&](learned_estimate& e, peer_mean& mean, double value) {
    const auto before = e;
    if (!e.seen && learning_.rule != learning_rule::cq)
      e.q = value; // whatever the rule, the first is taken whole: before it stood the mean
    e.update(learning_, value, outcome_confidence_, p.settled - own);
    e.at = p.settled;
    mean.change(!before.seen, before.q, e.q);
  };
  learn_one(r.price, p.price, price);
  if (what.result == verdict::success)
    learn_one(r.delivery, p.delivery, delivery);
  if (what.result != verdict::outbid) {
    const auto good = what.result == verdict::success ? 1.0 : 0.0;
    r.success = static_cast<float>(q_update(static_cast<double>(r.success), good, success_rate));
  }
  if (fresh)
    p.unseen.set(slot, false);
  if (p.list.is_present(slot))
    p.ranked.set(slot, cost_of(p, slot, p.reference));
}

} // namespace

std::unique_ptr<router> make_learned_router(const learned_options& options) {
  return std::make_unique<learned_router>(options);
}

} // namespace ainur::routing
