// The validators of a scenario: what they begin with, and what is told of them at the end.
#include <algorithm>
#include <thread>

#include "scenario_actors.hpp"

namespace ainur {

namespace {

/// How long the run goes on at its end for those who lag behind; on the real clock somebody waits.
constexpr duration catch_up_time{60'000'000};
constexpr duration catch_up_time_real{10'000'000};

ledger::election_method method_of(scenario::election_method m) {
  switch (m) {
  case scenario::election_method::phragmen:
    return ledger::election_method::phragmen;
  case scenario::election_method::phragmms:
    return ledger::election_method::phragmms;
  case scenario::election_method::top_stake:
    return ledger::election_method::top_stake;
  }
  return ledger::election_method::phragmen;
}

std::string status_of(const msg::node_view& v, std::uint64_t newest) {
  if (!v.misbehaved.empty())
    return v.misbehaved;
  if (!v.stopped.empty())
    return "stopped: " + v.stopped;
  if (!v.is_up)
    return "down";
  return v.height < newest ? "behind" : "ok";
}

} // namespace

std::optional<validator_options> validators_from(const scenario::config& c) {
  const auto& v = c.validators;
  if (v.count == 0)
    return std::nullopt;
  auto random = rng{c.seed}.split("validators");
  validator_options out;
  for (std::uint64_t i = 0; i < v.count; ++i)
    out.stakes.push_back(scenario::draw(v.stake, random));
  std::vector<std::uint32_t> all(v.count);
  for (std::uint32_t i = 0; i < v.count; ++i)
    all[i] = i;
  for (std::uint64_t i = 0; i < v.nominators; ++i) {
    validator_options::nominator n{scenario::draw(v.nomination, random), {}};
    random.shuffle(std::span{all});
    n.targets.assign(all.begin(),
                     all.begin() + static_cast<std::ptrdiff_t>(std::min(v.nominations, v.count)));
    out.nominators.push_back(std::move(n));
  }
  out.commission_ppm = static_cast<std::uint32_t>(v.commission.ppm);
  out.election = method_of(v.election);
  out.agreement = {.propose_first = v.propose_timeout,
                   .propose_more = v.propose_timeout / 2,
                   .vote_first = v.vote_timeout,
                   .vote_more = v.vote_timeout / 2,
                   .precision = v.precision,
                   .message_delay = v.message_delay,
                   .empty_interval = v.empty_interval,
                   .checkpoint_interval = c.ledger.checkpoint_interval};
  out.keep_blocks = v.keep_blocks;
  return out;
}

result<scenario::consensus_summary> observe_validators(market_host& market) {
  result<std::vector<msg::node_view>> views;
  std::uint64_t newest = 0;
  // Those that were cut off or down a moment ago may still be catching up.
  auto* driver = market.driver();
  const auto patience = driver != nullptr ? catch_up_time : catch_up_time_real;
  for (const auto until = market.world().now() + patience;;) {
    views = market.ask_validators();
    if (!views)
      return fail(views.error());
    newest = views->back().height;
    const bool all = std::ranges::all_of(*views, [newest](const auto& v) {
      return !v.misbehaved.empty() || !v.stopped.empty() || v.height >= newest;
    });
    if (all || market.world().now() >= until)
      break;
    if (driver == nullptr)
      std::this_thread::sleep_for(duration{50'000});
    else if (auto ok = driver->run_until(market.world().now() + duration{1'000'000}); !ok)
      return fail(ok.error());
  }
  scenario::consensus_summary out;
  const auto own = views->back();
  views->pop_back();
  out.validators = views->size();
  out.blocks = own.height - std::min(own.height, market.resumed_height()); // as the rounds
  out.agreed = own.height > 0;
  for (const auto& v : *views) {
    const auto status = status_of(v, newest);
    if (v.misbehaved.empty()) {
      ++out.honest;
      out.rounds = std::max(out.rounds, v.rounds);
      if (v.is_up && v.height == own.height)
        out.agreed = out.agreed && v.state_hash == own.state_hash && v.conserved;
      out.agreed = out.agreed && v.stopped.empty();
    }
    out.messages += v.messages;
    out.views.push_back({v.place, v.height, v.state_hash, v.blocks_made, v.rounds, status});
  }
  if (own.figures) {
    const auto& f = *own.figures;
    out.finality = {.count = f.finality_us.count(),
                    .p50 = f.finality_us.percentile(500'000),
                    .p95 = f.finality_us.percentile(950'000),
                    .p99 = f.finality_us.percentile(990'000),
                    .mean = f.finality_us.mean(),
                    .max = f.finality_us.max()};
    out.equivocations_found = f.equivocations;
    out.elections = f.elections;
    out.slashed_total = f.slashed;
  }
  return out;
}

} // namespace ainur
