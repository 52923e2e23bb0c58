// Elections of the size of a large chain's, from a seed.
#include <algorithm>

#include "ainur/base/rng.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/pjr.hpp"
#include "ainur/ledger/state.hpp"
#include "bench.hpp"
#include "naive_election.hpp"

namespace ainur::bench {

namespace {

account_id numbered(std::uint32_t n) {
  account_id id;
  id.value.back() = 1; // all zeroes mean none
  for (std::size_t i = 0; i < 4; ++i)
    id.value[i] = static_cast<std::uint8_t>(n >> (24 - 8 * i));
  return id;
}

/// Stakes spread over several orders of magnitude; some candidates are named far more than others.
ledger::election_input draw(const election_options& o) {
  rng random{o.seed};
  ledger::election_input input;
  input.seats = o.seats;
  for (std::uint32_t c = 0; c < o.candidates; ++c)
    input.candidates.push_back({numbered(c), amount::ainu(10'000 + random.below(50'000))});
  std::vector<std::uint32_t> last(o.candidates, ~std::uint32_t{0});
  for (std::uint32_t v = 0; v < o.voters; ++v) {
    ledger::voter x{numbered(o.candidates + v),
                    amount{sample_lognormal(random, 2'000'000'000, 1'500'000) + 1},
                    {}};
    while (x.targets.size() < std::min(o.targets, o.candidates)) {
      const auto bound = 1 + random.below(o.candidates);
      const auto c = static_cast<std::uint32_t>(random.below(bound));
      if (last[c] == v)
        continue;
      last[c] = v;
      x.targets.push_back(c);
    }
    input.voters.push_back(std::move(x));
  }
  return input;
}

/// The same for the functions below the ledger: each candidate's own stake as a voter.
result<consensus::ballots> ballots_of(const ledger::election_input& input) {
  consensus::election e;
  for (std::uint32_t c = 0; c < input.candidates.size(); ++c) {
    e.candidates.push_back(c);
    e.voters.push_back({c, input.candidates[c].self_stake.micro(), {c}});
  }
  for (const auto& v : input.voters)
    e.voters.push_back({e.voters.size(), v.budget.micro(), {v.targets.begin(), v.targets.end()}});
  return consensus::make_ballots(e);
}

double seconds_between(const lap& begin, const lap& end) {
  return std::chrono::duration<double>(end.wall - begin.wall).count();
}

/// The block of a ledger of these validators that begins an era, executed: election, exposures, the
/// next committee, hashes.
result<double> time_of_era_block(const election_options& o, const ledger::election_input& input) {
  ledger::genesis g;
  g.version = 2;
  g.time = timestamp_at(1'700'000'000'000'000);
  g.council = numbered(0);
  auto& rules = g.parameters.staking;
  rules.seats = o.seats;
  rules.validators_max = o.candidates;
  rules.nominators_max = std::max(o.voters, 1u);
  rules.nominator_stake_min = rules.stake_min = amount{1};
  rules.exposure_page_max = std::max(rules.exposure_page_max, o.voters / 64 + 1);
  auto& f = g.founding.emplace();
  for (const auto& c : input.candidates)
    f.validators.push_back({c.stash, c.stash.value, c.self_stake, rules.commission_min_ppm});
  for (const auto& v : input.voters) {
    auto& n = f.nominators.emplace_back(ledger::founding_nominator{v.stash, v.budget, {}});
    for (const auto target : v.targets)
      n.targets.push_back(input.candidates[target].stash);
  }
  auto s = ledger::state::open(g, consensus::elections);
  if (!s)
    return fail(s.error());
  const auto nothing = codec::encode(std::vector<ledger::signed_batch>{});
  const auto begin = lap::now();
  const auto done = s->execute({.height = 1,
                                .time = g.time + g.parameters.era + duration{1},
                                .proposer = s->committee_of(1)->members.front().stash,
                                .batches = {},
                                .encoded_batches = nothing,
                                .signers = {}});
  if (!done)
    return fail(done.error());
  const auto seconds = seconds_between(begin, lap::now());
  return s->committee_of(3)->era == 1 ? result<double>{seconds}
                                      : fail(base_errc::unsupported, "the block elected nobody");
}

} // namespace

result<election_figures> run_elections(const election_options& options, bool phragmms) {
  const auto input = draw(options);
  const auto b = ballots_of(input);
  if (!b)
    return fail(b.error());
  election_figures f;
  auto begin = lap::now();
  const auto winners = consensus::elect_phragmen(input);
  f.phragmen_seconds = seconds_between(begin, lap::now());
  begin = lap::now();
  const auto naive = elect_naively(*b, options.seats);
  f.naive_seconds = seconds_between(begin, lap::now());
  const auto same = [](const ledger::winner& w, std::uint32_t c) { return w.candidate == c; };
  if (!ledger::is_consistent(input, winners) ||
      !std::equal(winners.begin(), winners.end(), naive.winners.begin(), naive.winners.end(), same))
    return fail(base_errc::unsupported, "the election and its definition differ");
  const auto block = time_of_era_block(options, input);
  if (!block)
    return fail(block.error());
  f.block_seconds = *block;
  const auto solution = consensus::elect_seq_phragmen(*b, options.seats);
  begin = lap::now();
  const auto certificate =
      consensus::certify_pjr(*b, solution, consensus::standard_threshold(*b, solution));
  f.certificate_seconds = seconds_between(begin, lap::now());
  if (!certificate.holds())
    return fail(base_errc::unsupported, "the election is not certified");
  if (phragmms) {
    begin = lap::now();
    const auto others = consensus::elect_phragmms(input);
    f.phragmms_seconds = seconds_between(begin, lap::now());
    if (!ledger::is_consistent(input, others))
      return fail(base_errc::unsupported, "phragmMS gives more than there is");
  }
  return f;
}

} // namespace ainur::bench
