// How a run goes: nodes are made, trouble comes and ends, and time passes.
#include "world.hpp"

#include <algorithm>

#include "ainur/crypto/hash.hpp"

namespace ainur::consensus::simulation {

namespace {

constexpr duration trouble_mean{200'000};
/// The first phase ends after so much time for each height, however far it came.
constexpr duration phase_time_max{4'000'000};

hash256 chain_of(std::uint64_t seed) {
  return crypto::hasher{"ainur/simulated-chain"}.add(seed).finish();
}

} // namespace

replica_options simulated_replica(const simulation_options&) {
  replica_options o;
  o.propose = {duration{300'000}, duration{100'000}};
  o.prevote = {duration{150'000}, duration{50'000}};
  o.precommit = {duration{150'000}, duration{50'000}};
  o.precision = duration{50'000};
  o.message_delay = duration{200'000};
  o.empty_interval = duration{1'000};
  o.status_interval = duration{400'000};
  o.recent_blocks = 8;
  return o;
}

world::world(const simulation_options& options)
    : options_(options), random_(rng{options.seed}.split("consensus")),
      chain_(chain_of(options.seed)), checker_(std::make_shared<signature_checker>(chain_)),
      network_(random_.split("network"), {.delay = options.delay}), queue_(random_.split("order")),
      misdeeds_(chain_, random_.split("misdeeds")) {
  std::vector<account_id> ids;
  std::vector<byte_array<32>> seeds;
  for (std::uint32_t i = 0; i < options.validators; ++i) {
    const auto drawn =
        crypto::hasher{"ainur/simulated-validator"}.add(options.seed).add(std::uint64_t{i});
    ids.push_back({crypto::hasher{drawn}.add(std::uint64_t{1}).finish().value});
    seeds.push_back(crypto::hasher{drawn}.add(std::uint64_t{2}).finish().value);
  }
  electorate_.emplace(options, ids, seeds, random_.split("electorate"));
  start_ = at_genesis(chain_, timestamp_at(1'700'000'000'000'000), electorate_->of_era(0));
  auto draw = random_.split("behaviours");
  for (std::uint32_t i = 0; i < options.validators; ++i) {
    std::vector<behaviour> bad;
    if (i < options.byzantine)
      for (std::uint64_t k = 0; k < 1 + draw.below(2); ++k)
        bad.push_back(options.behaviours[draw.below(options.behaviours.size())]);
    add_node(ids[i], seeds[i], bad);
    if (std::find(bad.begin(), bad.end(), behaviour::twin) != bad.end())
      add_node(ids[i], seeds[i], bad);
  }
}

void world::add_node(const account_id& id, const byte_array<32>& seed,
                     std::vector<behaviour> misdeeds) {
  node n;
  n.id = id;
  n.seed = seed;
  n.misdeeds = std::move(misdeeds);
  n.disk.at = start_;
  const auto skew = micros(simulated_replica(options_).precision) / 2;
  n.skew = duration{random_.split("skew", nodes_.size()).between(-skew, skew)};
  nodes_.push_back(std::move(n));
}

simulation_report world::run() {
  for (node_index i = 0; i < nodes_.size(); ++i)
    boot(i);
  if (!options_.disturbances.empty())
    queue_.push(now_ + trouble_mean / 10, trouble{});
  while (progress()) {
    auto next = queue_.pop();
    if (!next) {
      rules_.break_rule("liveness", "nothing is on its way any more", now_);
      break;
    }
    now_ = std::max(now_, next->at);
    std::visit([this](const auto& h) { happen(h); }, next->what);
  }
  return report();
}

/// Goes over to the second phase when it is time. False at the end of the run.
bool world::progress() {
  if (rules_.disagreed())
    return false;
  if (lowest_ >= options_.heights)
    return false;
  if (!healed_) {
    const bool late =
        now_ >= instant{} + phase_time_max * static_cast<std::int64_t>(options_.heights);
    if (highest_ < (options_.heights + 1) / 2 && !late)
      return true;
    heal();
    deadline_ = now_ + time_for(options_.heights - lowest_);
  }
  if (now_ <= deadline_)
    return true;
  rules_.break_rule("liveness",
                    "healed, the honest are at height " + std::to_string(lowest_) + " of " +
                        std::to_string(options_.heights) + " when they must be done",
                    now_);
  return false;
}

/// How long so many heights may take the honest once everything is well: each needs a round of an
/// honest proposer, before which all the byzantine may have had their turn; the first goes on in
/// the round that the troubles led to.
duration world::time_for(std::uint64_t heights) const {
  const auto o = simulated_replica(options_);
  const auto rounds = [&o](round_number first, round_number count) {
    duration sum{};
    for (round_number r = first; r < first + count; ++r)
      sum += o.propose.of(r) + o.prevote.of(r) + o.precommit.of(r);
    return sum;
  };
  round_number latest = 0;
  for (const auto& n : nodes_)
    if (n.core)
      latest = std::max(latest, n.core->round());
  const auto turns = static_cast<round_number>(options_.validators) + 2;
  const auto catching_up = o.status_interval * static_cast<std::int64_t>(8 + heights);
  return rounds(latest, turns) + rounds(0, turns) * static_cast<std::int64_t>(heights) +
         catching_up + std::chrono::seconds{10};
}

/// After a commit: how far the honest are.
void world::measure() {
  lowest_ = ~std::uint64_t{0};
  for (const auto& n : nodes_)
    if (n.honest()) {
      lowest_ = std::min(lowest_, n.disk.at.height);
      highest_ = std::max(highest_, n.disk.at.height);
    }
}

void world::happen(const trouble&) {
  if (healed_)
    return;
  auto& draw = random_;
  strike(options_.disturbances[draw.below(options_.disturbances.size())]);
  const auto pause = sample_exponential(draw, static_cast<std::uint64_t>(micros(trouble_mean)));
  queue_.push(now_ + duration{static_cast<std::int64_t>(pause)}, trouble{});
}

void world::strike(disturbance what) {
  ++report_.disturbances[static_cast<std::size_t>(what)];
  const auto which = static_cast<node_index>(random_.below(nodes_.size()));
  const duration lasts{random_.between(20'000, 900'000)};
  auto& n = nodes_[which];
  trace(now_, which, which, std::string{to_string(what)});
  note(100 + static_cast<std::uint64_t>(what), which);
  switch (what) {
  case disturbance::crash:
    crash(which);
    queue_.push(now_ + lasts, restart{which});
    return;
  case disturbance::partition: {
    sim::partition cut{{}, {}, now_, now_ + lasts, random_.below(3) != 0};
    for (node_index i = 0; i < nodes_.size(); ++i)
      (random_.below(2) == 0 ? cut.from : cut.to).push_back(i);
    if (!cut.from.empty() && !cut.to.empty())
      network_.add_partition(std::move(cut));
    return;
  }
  case disturbance::loss:
    network_.set_usual({.delay = options_.delay,
                        .loss_ppm = static_cast<std::uint32_t>(random_.below(400'000)),
                        .duplication_ppm = static_cast<std::uint32_t>(random_.below(200'000)),
                        .reordering_ppm = static_cast<std::uint32_t>(random_.below(500'000))});
    break;
  case disturbance::skew:
    n.skew = duration{random_.between(-400'000, 400'000)};
    break;
  case disturbance::slow_disk:
    n.disk_delay = duration{random_.between(1'000, 500'000)};
    break;
  }
  queue_.push(now_ + lasts, relief{what, which});
}

void world::happen(const relief& r) {
  auto& n = nodes_[r.which];
  if (r.what == disturbance::loss)
    network_.set_usual({.delay = options_.delay});
  if (r.what == disturbance::slow_disk)
    n.disk_delay = {};
  const auto off = micros(simulated_replica(options_).precision) / 2;
  if (r.what == disturbance::skew)
    n.skew = duration{random_.between(-off, off)};
}

void world::heal() {
  healed_ = true;
  network_.heal();
  for (node_index i = 0; i < nodes_.size(); ++i) {
    happen(relief{disturbance::loss, i});
    happen(relief{disturbance::slow_disk, i});
    happen(relief{disturbance::skew, i});
    if (!nodes_[i].core)
      boot(i);
  }
  trace(now_, 0, 0, "healed");
}

void world::note(std::uint64_t a, std::uint64_t b) {
  auto& d = report_.digest;
  for (const auto x : {a, b, static_cast<std::uint64_t>(micros(now_))}) {
    d = (d ^ x) * 0x9e3779b97f4a7c15u;
    d ^= d >> 29;
  }
}

void world::trace(instant arrived, node_index from, node_index to, std::string what) {
  if (options_.trace_max == 0)
    return;
  trace_.push_back({now_, arrived, from, to, std::move(what)});
  if (trace_.size() > options_.trace_max)
    trace_.pop_front();
}

simulation_report world::report() {
  report_.blocks = lowest_;
  report_.time = now_ - instant{};
  report_.signatures = checker_->computed();
  for (const auto& n : nodes_)
    if (n.honest()) {
      const auto c = sum_of(n);
      report_.rounds = std::max(report_.rounds, c.rounds);
      report_.fetched += c.fetched;
      report_.refused += c.refused;
    }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto name = std::to_string(i);
    for (const auto b : nodes_[i].misdeeds)
      name += " " + std::string{to_string(b)};
    report_.lanes.push_back(std::move(name));
  }
  rules_.report(report_);
  report_.trace.assign(trace_.begin(), trace_.end());
  return std::move(report_);
}

} // namespace ainur::consensus::simulation
