#include "rules.hpp"

namespace ainur::consensus::simulation {

namespace {

constexpr std::size_t violations_max = 20;

std::string short_id(const hash256& id) {
  return to_string(id).substr(0, 8);
}

} // namespace

void rules::break_rule(std::string rule, std::string what, instant now) {
  if (violations_.size() < violations_max)
    violations_.push_back({std::move(rule), std::move(what), now});
}

void rules::committed(const node& by, const certified_block& b, const validator_set& set,
                      instant now) {
  const auto height = b.commit.height;
  sets_.try_emplace(height, set);
  const auto [first, is_new] = decided_.try_emplace(height, b.commit.block);
  if (is_new || first->second == b.commit.block)
    return;
  if (!disagreement_)
    disagreement_ = height;
  break_rule("agreement",
             "at height " + std::to_string(height) + " " + to_string(by.id).substr(0, 8) +
                 " decided " + short_id(b.commit.block) + " and another one " +
                 short_id(first->second),
             now);
}

void rules::said(const node& by, const signed_statement& s, instant now) {
  const auto& x = s.statement;
  if (s.signer != by.id)
    return; // passed on, or not its own
  const step_key key{s.signer, x.height, x.kind, x.round};
  if (logged_.insert({key, x.value}).second)
    log_[x.height].push_back(s);
  if (!by.honest())
    return;
  const auto& first = honest_.try_emplace(key, x).first->second;
  if (contradict(first, x))
    break_rule("one statement a step",
               "an honest validator signed two " + std::string{to_string(x.kind)} + "s at height " +
                   std::to_string(x.height) + ", round " + std::to_string(x.round),
               now);
}

void rules::accused(const node& by, const equivocation& e, bool of_honest,
                    signature_checker& checker, const validator_set& set, instant now) {
  accused_.insert(e.first.signer);
  const auto at = set.find(e.first.signer);
  const bool proven = at && e.first.signer == e.second.signer &&
                      contradict(e.first.statement, e.second.statement) &&
                      checker.check(set[*at], e.first) && checker.check(set[*at], e.second);
  if (!proven || of_honest)
    break_rule("accused",
               to_string(by.id).substr(0, 8) +
                   (of_honest ? " accused an honest validator" : " accused without proof"),
               now);
}

void rules::forget_before(std::uint64_t height) {
  if (disagreement_)
    return;
  log_.erase(log_.begin(), log_.lower_bound(height));
  std::erase_if(logged_, [height](const auto& x) { return std::get<1>(x.first) < height; });
  std::erase_if(honest_, [height](const auto& x) { return std::get<1>(x.first) < height; });
}

const hash256* rules::decided(std::uint64_t height) const {
  const auto at = decided_.find(height);
  return at == decided_.end() ? nullptr : &at->second;
}

void rules::report(simulation_report& to) const {
  to.violations = violations_;
  to.equivocations = accused_.size();
  if (!disagreement_)
    return;
  const auto set = sets_.find(*disagreement_);
  const auto log = log_.find(*disagreement_);
  if (set == sets_.end() || log == log_.end())
    return;
  to.culprits = find_offences(set->second, *disagreement_, log->second);
  to.culprits_suffice = 3 * weight_of(set->second, to.culprits) > set->second.total_weight();
}

} // namespace ainur::consensus::simulation
