// A slow oracle of ledgers that validators keep. It remembers every block, and answers from that
// alone: who is in office at each height, what a report is answered, who is unresponsive, and what
// fraction each validator of an era pays.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/committee.hpp"
#include "ainur/ledger/state.hpp"

namespace ainur::test {

using namespace ainur::ledger;

/// What the runs have reached, together.
struct committee_sights {
  std::uint64_t elections = 0, nobody = 0, one_height = 0, absent = 0, absent_slashed = 0,
                equivocated = 0, raised = 0, dropped_in_office = 0, slashed = 0, strangers = 0,
                no_quorum = 0;
  std::map<errc, std::uint64_t> answers; ///< to reports

  /// The runs have met everything that they are for.
  void check() {
    const std::pair<const char*, std::uint64_t> counts[] = {
        {"elections", elections},
        {"elections of nobody", nobody},
        {"terms of one height", one_height},
        {"terms with absent members", absent},
        {"of them slashed", absent_slashed},
        {"equivocations", equivocated},
        {"not the first of their era", raised},
        {"slashes", slashed},
        {"terms longer than their era was kept", dropped_in_office},
        {"blocks by strangers", strangers},
        {"blocks without a quorum", no_quorum}};
    for (const auto& [what, count] : counts)
      CHECK_MESSAGE(count > 0, what);
    for (const auto code : {errc::ok, errc::bad_evidence, errc::unknown_exposure, errc::too_late,
                            errc::already_penalised})
      CHECK_MESSAGE(answers[code] > 0, describe(code).name);
  }
};

/// Everything that was, as plainly as possible.
class committee_oracle {
public:
  struct term {
    std::uint64_t era = 0;
    std::uint64_t first = 0;               ///< height
    std::vector<committee_member> members; ///< in rising order of their stashes
  };

  struct offences {
    std::uint64_t validators = 0;
    std::set<account_id> equivocated, absent;
    std::map<account_id, std::uint32_t> ppb; ///< the largest fraction
    std::map<account_id, std::uint64_t> points;
    std::map<account_id, std::set<account_id>> backers; ///< of each validator
  };

  struct evidence {
    account_id of;
    std::uint64_t height = 0;
    byte_array<32> key{}; ///< that signed both
    bool contradicts = true;
  };

  explicit committee_oracle(const staking_parameters& rules) : rules_(rules) {}

  /// The committee of a height; every one that ever was.
  [[nodiscard]] const term* at(std::uint64_t height) const {
    const term* found = nullptr;
    for (const auto& t : terms)
      if (t.first <= height)
        found = &t;
    return height == 0 ? nullptr : found;
  }

  [[nodiscard]] bool kept(std::uint64_t era, std::uint64_t now) const {
    return era + std::max(rules_.bonding_eras, rules_.history_eras) >= now;
  }

  /// Of the term before that which begins at `height`: those who signed fewer than half.
  [[nodiscard]] std::vector<account_id> absent_before(std::uint64_t height) const {
    const auto& t = *at(height - 1);
    std::vector<account_id> list;
    for (const auto& m : t.members) {
      std::uint64_t missed = 0, signed_for = 0;
      for (auto h = t.first; h < height; ++h)
        ++(signed_by.at(h).contains(m.stash) ? signed_for : missed);
      if (missed > signed_for)
        list.push_back(m.stash);
    }
    return list;
  }

  /// The answer to a report in block `height`.
  [[nodiscard]] errc answer(const evidence& x, std::uint64_t height, std::uint64_t era_now) const {
    if (!x.contradicts)
      return errc::bad_evidence;
    const auto* t = x.height > height + 1 ? nullptr : at(x.height);
    if (t == nullptr || !kept(t->era, era_now))
      return errc::unknown_exposure;
    const auto m = std::ranges::find(t->members, x.of, &committee_member::stash);
    if (m == t->members.end())
      return errc::unknown_exposure;
    if (m->key != x.key)
      return errc::bad_evidence;
    if (t->era + rules_.bonding_eras < era_now)
      return errc::too_late;
    return eras.at(t->era).equivocated.contains(x.of) ? errc::already_penalised : errc::ok;
  }

  /// An offender that pays, or who stood behind one in its era.
  [[nodiscard]] bool pays(const account_id& stash) const {
    for (const auto& [era, e] : eras)
      for (const auto& [id, ppb] : e.ppb)
        if (ppb > 0 && (id == stash || e.backers.at(id).contains(stash)))
          return true;
    return false;
  }

  /// The election of an era by those who have a stake after block `height`; false if of nobody.
  bool elect(std::uint64_t era, std::uint64_t height, std::vector<stake_view> stakes,
             election_method method) {
    std::ranges::sort(stakes, {}, &stake_view::stash);
    election_input input;
    input.seats = rules_.seats;
    std::map<account_id, std::uint32_t> place;
    for (const auto& x : stakes)
      if (x.validator) {
        place[x.stash] = static_cast<std::uint32_t>(input.candidates.size());
        input.candidates.push_back({x.stash, x.active});
      }
    for (const auto& x : stakes) {
      voter by{x.stash, x.active, {}};
      for (const auto& target : x.targets)
        if (place.contains(target))
          by.targets.push_back(place.at(target));
      if (!by.targets.empty())
        input.voters.push_back(std::move(by));
    }
    const auto winners = consensus::elections(method)(input);
    if (winners.empty())
      return false;
    term t{era, height == 0 ? 1 : height + 2, {}};
    auto& e = eras[era];
    for (const auto& x : winners) {
      const auto& stash = input.candidates[x.candidate].stash;
      auto behind = input.candidates[x.candidate].self_stake.micro();
      auto& backers = e.backers[stash];
      for (const auto& part : x.supports) {
        behind += part.value.micro();
        backers.insert(input.voters[part.voter].stash);
      }
      const auto key = keys.find(stash);
      t.members.push_back({stash, key == keys.end() ? stash.value : key->second,
                           std::max<std::uint64_t>(1, behind / 1'000'000)});
    }
    std::ranges::sort(t.members, {}, &committee_member::stash);
    e.validators = t.members.size();
    terms.push_back(std::move(t));
    return true;
  }

  /// A member earns points if it validates in the era of its block, too.
  void note_author(std::uint64_t era, const account_id& author) {
    if (const auto e = eras.find(era); e != eras.end() && e->second.backers.contains(author))
      e->second.points[author] += rules_.author_points;
  }

  /// New offenders, and what that comes to for all of the same kind.
  std::uint32_t report(std::uint64_t era, validator_offence kind,
                       const std::vector<account_id>& fresh) {
    auto& e = eras.at(era);
    auto& all = kind == validator_offence::equivocation ? e.equivocated : e.absent;
    all.insert(fresh.begin(), fresh.end());
    const auto ppb = kind == validator_offence::equivocation
                         ? equivocation(all.size(), e.validators)
                         : absence(all.size(), e.validators);
    for (const auto& id : all)
      e.ppb[id] = std::max(e.ppb[id], ppb);
    return ppb;
  }

  std::vector<term> terms; ///< in the order of their first heights
  std::map<std::uint64_t, std::set<account_id>> signed_by;
  std::map<std::uint64_t, offences> eras;
  std::map<account_id, byte_array<32>> keys; ///< that were chosen

private:
  __extension__ using wide = unsigned __int128;
  static constexpr std::uint64_t one = 1'000'000'000;

  static std::uint64_t at_most_one(wide numerator, std::uint64_t n) {
    return static_cast<std::uint64_t>(std::min<wide>(numerator * one / n, one));
  }

  static std::uint32_t equivocation(std::uint64_t k, std::uint64_t n) {
    const auto x = at_most_one(3 * k, n);
    return static_cast<std::uint32_t>(x * x / one);
  }

  static std::uint32_t absence(std::uint64_t k, std::uint64_t n) {
    const auto threshold = n / 10 + 1;
    if (k < threshold)
      return 0;
    return static_cast<std::uint32_t>(at_most_one(3 * (k - threshold), n) * 7 / 100);
  }

  staking_parameters rules_;
};

} // namespace ainur::test
