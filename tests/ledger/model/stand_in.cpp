#include "stand_in.hpp"

#include <algorithm>

namespace ainur::test {

namespace {

struct stand_in {
  const model& m;

  template <class Fits>
  [[nodiscard]] bool award(Fits&& fits) const {
    for (const auto& [id, t] : m.tasks)
      for (const auto& [subtask, a] : t.awards)
        if (fits(a))
          return true;
    return false;
  }

  [[nodiscard]] bool status(award_status wanted) const {
    return award([wanted](const auto& a) { return a.status == wanted; });
  }

  template <class Fits>
  [[nodiscard]] bool stake_with(Fits&& fits) const {
    return std::any_of(m.stakes.begin(), m.stakes.end(),
                       [&fits](const auto& s) { return fits(s.second); });
  }

  [[nodiscard]] bool proposal(proposal_status wanted) const {
    return std::any_of(m.proposals.begin(), m.proposals.end(),
                       [wanted](const auto& x) { return x.second.status == wanted; });
  }

  [[nodiscard]] bool channel(channel_phase wanted) const {
    return std::any_of(m.channels.begin(), m.channels.end(),
                       [wanted](const auto& x) { return x.second.phase == wanted; });
  }

  template <class Call>
  static bool is(std::size_t kind) {
    return kind == place_of<Call>();
  }

  /// One step; the same if it can act.
  [[nodiscard]] std::size_t instead(std::size_t kind) const {
    const auto need = [kind](bool there, std::size_t other) { return there ? kind : other; };
    if (is<award_task>(kind))
      return need(
          std::any_of(m.tasks.begin(), m.tasks.end(), [](const auto& t) { return t.second.open; }),
          place_of<open_task>());
    if (is<post_result>(kind) || is<give_up>(kind) || is<void_award>(kind))
      return need(status(award_status::working), place_of<award_task>());
    if (is<draw_stream>(kind) || is<top_up_stream>(kind) || is<stop_stream>(kind))
      return need(award([](const auto& a) { return a.is_stream() && a.is_open(); }),
                  place_of<award_task>());
    if (is<release>(kind) || is<open_dispute>(kind))
      return need(status(award_status::review), place_of<post_result>());
    if (is<vote_dispute>(kind))
      return need(status(award_status::disputed), place_of<open_dispute>());
    if (is<cancel_slash>(kind))
      return need(!m.slashes.empty(), place_of<report_offence>());
    if (is<rebond>(kind) || is<withdraw_unbonded>(kind))
      return need(std::any_of(m.accounts.begin(), m.accounts.end(),
                              [](const auto& r) { return !r.second.unbonding.empty(); }),
                  place_of<unbond>());
    return instead_of_others(kind, need);
  }

  template <class Need>
  [[nodiscard]] std::size_t instead_of_others(std::size_t kind, Need&& need) const {
    const auto stands = [](const model_stake& s) { return s.validator.has_value(); };
    if (is<stake_more>(kind) || is<unstake>(kind) || is<run_validator>(kind) ||
        is<set_controller>(kind) || is<set_payee>(kind) || is<reap_stake>(kind) ||
        is<set_validator_key>(kind))
      return need(!m.stakes.empty(), place_of<stake>());
    if (is<restake>(kind) || is<withdraw_unstaked>(kind))
      return need(stake_with([](const auto& s) { return !s.unlocking.empty(); }),
                  place_of<unstake>());
    if (is<nominate>(kind) || is<chill>(kind))
      return need(stake_with(stands), place_of<run_validator>());
    if (is<kick>(kind))
      return need(stake_with([](const auto& s) { return !s.targets.empty(); }),
                  place_of<nominate>());
    if (is<claim_payout>(kind) || is<note_era_points>(kind) || is<report_validators>(kind))
      return need(!m.eras.empty(), place_of<run_validator>());
    if (is<cancel_deferred_slash>(kind))
      return need(!m.deferred.empty(), place_of<report_validators>());
    if (is<update_document>(kind) || is<deregister_agent>(kind))
      return need(!m.documents.empty(), place_of<register_agent>());
    if (is<close_channel>(kind) || is<register_state>(kind))
      return need(channel(channel_phase::open) || channel(channel_phase::registered),
                  place_of<open_channel>());
    if (is<conclude_channel>(kind))
      return need(channel(channel_phase::registered), place_of<register_state>());
    if (is<propose>(kind))
      return need(std::any_of(m.daos.begin(), m.daos.end(),
                              [](const auto& d) { return !d.second.dissolved; }),
                  place_of<create_dao>());
    if (is<vote_proposal>(kind) || is<cancel_proposal>(kind))
      return need(proposal(proposal_status::voting), place_of<propose>());
    if (is<execute_proposal>(kind))
      return need(proposal(proposal_status::approved), place_of<vote_proposal>());
    return kind;
  }
};

} // namespace

std::size_t stand_in_for(std::size_t kind, const model& m) {
  return stand_in{m}.instead(kind);
}

} // namespace ainur::test
