#include "ainur/ledger/genesis.hpp"

#include <algorithm>
#include <tuple>

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/error.hpp"
#include "staking.hpp"

namespace ainur::ledger {

namespace {

constexpr codec::limits genesis_limits{
    .bytes_max = std::size_t{1} << 30, .elements_max = std::size_t{1} << 24, .blob_max = 1u << 16};

tl::unexpected<error> bad(std::string what) {
  return fail(errc::bad_genesis, std::move(what));
}

result<void> check_rates(const parameters& p) {
  const std::pair<std::string_view, std::uint32_t> rates[] = {
      {"probation_share_ppm", p.probation_share_ppm},
      {"exposure_share_ppm", p.exposure_share_ppm},
      {"failure_slash_ppm", p.failure_slash_ppm},
      {"fraudulent_result_ppm", p.fraudulent_result_ppm},
      {"double_acceptance_ppm", p.double_acceptance_ppm},
      {"repeated_failures_ppm", p.repeated_failures_ppm},
      {"protocol_violation_ppm", p.protocol_violation_ppm},
      {"release_fee_ppm", p.release_fee_ppm},
      {"dispute_bond_ppm", p.dispute_bond_ppm},
      {"absence_slash_ppm", p.absence_slash_ppm},
      {"fee_author_ppm", p.fee_author_ppm}};
  for (const auto& [name, value] : rates)
    if (value > 1'000'000)
      return bad(std::string{name} + " is more than 1,000,000 parts per million");
  const std::pair<std::string_view, std::uint16_t> scores[] = {
      {"reputation_start", p.reputation_start},
      {"reputation_gain", p.reputation_gain},
      {"reputation_loss", p.reputation_loss},
      {"probation_below", p.probation_below},
      {"settlement.decay_per_era", p.settlement.decay_per_era},
      {"settlement.decay_floor", p.settlement.decay_floor}};
  for (const auto& [name, value] : scores)
    if (value > reputation_max)
      return bad(std::string{name} + " is more than 1000");
  return {};
}

result<void> check_channels(const channel_parameters& p) {
  if (p.challenge_min < duration{1} || p.challenge_max < p.challenge_min ||
      p.challenge_max > horizon_max)
    return bad("channels: challenge_min and challenge_max must rise, within ten years");
  if (p.consent_max < duration{0} || p.consent_max > horizon_max)
    return bad("channels: consent_max is not between 0 and ten years");
  return {};
}

result<void> check_governance(const governance_parameters& p) {
  const std::tuple<std::string_view, std::uint32_t, std::uint32_t> counts[] = {
      {"members_max", p.members_max, 1'024},
      {"proposals_max", p.proposals_max, 256},
      {"calls_max", p.calls_max, 256},
      {"calls_bytes_max", p.calls_bytes_max, 64u << 10}};
  for (const auto& [name, value, most] : counts)
    if (value == 0 || value > most)
      return bad("governance: " + std::string{name} + " is not between 1 and " +
                 std::to_string(most));
  if (p.voting_min < duration{1} || p.voting_max < p.voting_min || p.voting_max > horizon_max)
    return bad("governance: voting_min and voting_max must rise, within ten years");
  if (p.execution_window < duration{1} || p.execution_window > horizon_max)
    return bad("governance: execution_window is not between 1 us and ten years");
  return {};
}

result<void> check_parameters(const parameters& p) {
  if (auto rates = check_rates(p); !rates)
    return rates;
  const std::pair<std::string_view, duration> times[] = {
      {"era", p.era},
      {"unbonding", p.unbonding},
      {"review_window", p.review_window},
      {"dispute_window", p.dispute_window},
      {"arbitration_window", p.arbitration_window},
      {"appeal_window", p.appeal_window},
      {"retention", p.retention},
      {"settlement.top_up_window", p.settlement.top_up_window},
      {"identity.rotation_grace", p.identity.rotation_grace}};
  for (const auto& [name, value] : times)
    if (value < duration{0} || value > horizon_max)
      return bad(std::string{name} + " is not between 0 and ten years");
  if (p.era < std::chrono::seconds{1})
    return bad("era is shorter than a second");
  const std::pair<std::string_view, std::uint64_t> positive[] = {
      {"existential_deposit", p.existential_deposit.micro()},
      {"bond_min", p.bond_min.micro()},
      {"reputation_gain_step", p.reputation_gain_step},
      {"unbonding_chunks_max", p.unbonding_chunks_max},
      {"block_entries_max", p.block_entries_max},
      {"sweep_max", p.sweep_max},
      {"identity.grace_keys_max", p.identity.grace_keys_max}};
  for (const auto& [name, value] : positive)
    if (value == 0)
      return bad(std::string{name} + " is 0");
  if (p.unbonding_chunks_max > 1024)
    return bad("unbonding_chunks_max is more than 1024");
  if (p.identity.grace_keys_max > 64)
    return bad("identity.grace_keys_max is more than 64");
  if (p.block_entries_max > 1'000'000)
    return bad("block_entries_max is more than 1,000,000");
  if (auto channels = check_channels(p.channels); !channels)
    return channels;
  return check_governance(p.governance);
}

result<void> check_staking(const staking_parameters& p) {
  struct range {
    std::string_view name;
    std::uint64_t value, least, most;
  };

  const range ranges[] = {
      {"seats", p.seats, 1, 10'000},
      {"validators_max", p.validators_max, 1, 100'000},
      {"nominators_max", p.nominators_max, 0, 1'000'000},
      {"nominations_max", p.nominations_max, 1, 64},
      {"exposure_page_max", p.exposure_page_max, 1, 20'000},
      {"unlocking_chunks_max", p.unlocking_chunks_max, 1, 1'024},
      {"stake_min", p.stake_min.micro(), 1, ~std::uint64_t{0}},
      {"validator_stake_min", p.validator_stake_min.micro(), p.stake_min.micro(),
       ~std::uint64_t{0}},
      {"nominator_stake_min", p.nominator_stake_min.micro(), p.stake_min.micro(),
       ~std::uint64_t{0}},
      {"commission_max_ppm", p.commission_max_ppm, p.commission_min_ppm, 1'000'000},
      {"author_points", p.author_points, 0, 1'000'000},
      {"reporter_ppm", p.reporter_ppm, 0, 1'000'000},
      {"bonding_eras", p.bonding_eras, 1, 10'000},
      {"slash_defer_eras", p.slash_defer_eras, 0, p.bonding_eras - std::uint64_t{1}},
      {"history_eras", p.history_eras, 1, 10'000}};
  for (const auto& r : ranges)
    if (r.value < r.least || r.value > r.most)
      return bad("staking." + std::string{r.name} + " is not between " + std::to_string(r.least) +
                 " and " + std::to_string(r.most));
  if (p.nominators_max > std::uint64_t{p.exposure_page_max} * exposure_pages_max)
    return bad("staking.nominators_max do not fit 64 pages of exposure_page_max");
  if (!p.reward_curve.is_valid())
    return bad("staking.reward_curve is not a curve: see reward_curve.hpp for its ranges");
  return {};
}

result<void> check_allocations(const genesis& g) {
  auto total = g.treasury;
  const account_id* before = nullptr;
  for (const auto& a : g.allocations) {
    const auto where = "allocation of " + to_string(a.account) + ": ";
    if (a.account.is_none())
      return bad(where + "this id means none");
    if (before != nullptr && a.account <= *before)
      return bad(where + "accounts must stand in increasing order, each once");
    if (a.free < g.parameters.existential_deposit && (a.bonded.is_zero() || !a.free.is_zero()))
      return bad(where + "less than the existential deposit");
    const auto sum = total.plus(a.free);
    const auto with_bond = sum ? sum->plus(a.bonded) : std::nullopt;
    if (!with_bond)
      return bad(where + "all money together does not fit 64 bits");
    total = *with_bond;
    before = &a.account;
  }
  return {};
}

result<void> check_agreement(const agreement_parameters& p) {
  const std::tuple<std::string_view, duration, duration> times[] = {
      {"propose_first", p.propose_first, duration{1}},
      {"propose_more", p.propose_more, duration{0}},
      {"vote_first", p.vote_first, duration{1}},
      {"vote_more", p.vote_more, duration{0}},
      {"precision", p.precision, duration{0}},
      {"message_delay", p.message_delay, duration{1}},
      {"empty_interval", p.empty_interval, duration{0}}};
  for (const auto& [name, value, least] : times)
    if (value < least || value > std::chrono::hours{24})
      return bad("founding.agreement." + std::string{name} + " is not between " +
                 std::to_string(least.count()) + " us and a day");
  if (p.block_bytes_max < 1u << 10 || p.block_bytes_max > 32u << 20)
    return bad("founding.agreement.block_bytes_max is not between 1 KiB and 32 MiB");
  return {};
}

/// Adds to the issuance, which must fit.
bool grow(amount& total, amount value) {
  const auto sum = total.plus(value);
  total = sum.value_or(total);
  return sum.has_value();
}

/// Of the founders: rising, and each with enough at stake.
template <class Founder>
result<void> check_founders(std::string_view role, const std::vector<Founder>& list,
                            std::uint64_t most, amount least, amount& total) {
  if (list.size() > most)
    return bad("founding: more than " + std::to_string(most) + " " + std::string{role} + "s");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto where = std::string{role} + " " + to_string(list[i].stash) + ": ";
    if (list[i].stash.is_none())
      return bad(where + "this id means none");
    if (i > 0 && list[i].stash <= list[i - 1].stash)
      return bad(where + "founders must stand in increasing order, each once");
    if (list[i].value < least)
      return bad(where + "stakes less than " + to_string(least));
    if (!grow(total, list[i].value))
      return bad(where + "all money together does not fit 64 bits");
  }
  return {};
}

template <class Founder>
const Founder* find_founder(const std::vector<Founder>& list, const account_id& stash) {
  const auto at = std::ranges::lower_bound(list, stash, {}, &Founder::stash);
  return at != list.end() && at->stash == stash ? &*at : nullptr;
}

result<void> check_founding(const genesis& g) {
  const auto& f = *g.founding;
  const auto& rules = g.parameters.staking;
  auto total = g.treasury;
  for (const auto& a : g.allocations) // fits: checked before
    (void)(grow(total, a.free) && grow(total, a.bonded));
  if (f.validators.empty())
    return bad("founding: there must be a validator");
  if (auto ok = check_founders("validator", f.validators, rules.validators_max,
                               rules.validator_stake_min, total);
      !ok)
    return ok;
  if (auto ok = check_founders("nominator", f.nominators, rules.nominators_max,
                               rules.nominator_stake_min, total);
      !ok)
    return ok;
  for (const auto& v : f.validators) {
    const auto where = "validator " + to_string(v.stash) + ": ";
    if (v.key == byte_array<32>{})
      return bad(where + "its key, with which it signs statements, is missing");
    if (v.commission_ppm < rules.commission_min_ppm || v.commission_ppm > rules.commission_max_ppm)
      return bad(where + "its commission is not " + std::to_string(rules.commission_min_ppm) +
                 " to " + std::to_string(rules.commission_max_ppm) + " ppm");
  }
  for (const auto& n : f.nominators) {
    const auto where = "nominator " + to_string(n.stash) + ": ";
    if (find_founder(f.validators, n.stash) != nullptr)
      return bad(where + "is a validator too");
    if (n.targets.empty() || n.targets.size() > rules.nominations_max)
      return bad(where + "names no targets, or more than the rules admit");
    auto targets = n.targets;
    std::ranges::sort(targets);
    if (std::ranges::adjacent_find(targets) != targets.end())
      return bad(where + "names a target twice");
    for (const auto& target : targets)
      if (find_founder(f.validators, target) == nullptr)
        return bad(where + "names no validator of the founding: " + to_string(target));
  }
  return {};
}

} // namespace

genesis without_lists(genesis g) {
  g.allocations.clear();
  if (g.founding) {
    g.founding->validators.clear();
    g.founding->nominators.clear();
  }
  return g;
}

result<void> validate(const genesis& g) {
  if (auto rules = check_rules(g); !rules)
    return rules;
  if (auto allocations = check_allocations(g); !allocations)
    return allocations;
  return g.founding ? check_founding(g) : result<void>{};
}

result<void> check_rules(const genesis& g) {
  if (g.version != 1 && g.version != 2)
    return bad("version " + std::to_string(g.version) + " is unknown; this program reads 1 and 2");
  if ((g.version == 2) != g.founding.has_value())
    return bad("version 2 has a founding, version 1 has none");
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (g.chain.empty() || g.chain.size() > 64 ||
      !std::all_of(g.chain.begin(), g.chain.end(), printable))
    return bad("chain must be 1 to 64 printable characters");
  if (g.time < timestamp{} || g.time >= time_max)
    return bad("time is not between 1970 and 9999");
  if (g.founding && !g.authority.is_none())
    return bad("with a founding there is no authority");
  if (!g.founding && g.authority.is_none())
    return bad("authority is missing");
  if (auto parameters = check_parameters(g.parameters); !parameters)
    return parameters;
  if (auto staking = check_staking(g.parameters.staking); !staking)
    return staking;
  return g.founding ? check_agreement(g.founding->agreement) : result<void>{};
}

hash256 genesis_hash(const genesis& g) {
  return genesis_hash(encode_genesis(g));
}

hash256 genesis_hash(bytes_view form) {
  return crypto::hash("ainur/genesis/v1", form);
}

bytes encode_genesis(const genesis& g) {
  return codec::encode(g);
}

result<genesis> decode_genesis(bytes_view data) {
  auto g = codec::decode<genesis>(data, genesis_limits);
  if (!g)
    return g;
  if (auto valid = validate(*g); !valid)
    return fail(valid.error());
  return g;
}

} // namespace ainur::ledger
