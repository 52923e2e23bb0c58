// Execution of an approved proposal: its calls, made by the DAO, all or none.
#include "ainur/ledger/proposal.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

/// What happened to the calls of a proposal.
struct outcome_of_calls {
  errc how = errc::ok;
  std::uint16_t failed_call = 0;
};

outcome_of_calls make_calls(session& s, const account_id& dao, const std::vector<call>& calls) {
  const actor a{dao, dao};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto code = std::visit([&s, &a](const auto& c) { return handle(s, a, c); }, calls[i]);
    if (code != errc::ok)
      return {code, static_cast<std::uint16_t>(i)};
  }
  return {};
}

/// May it be executed now? A vote that is over but not counted yet is counted here.
errc check_time(const session& s, const proposal_key& key, const proposal_record& p) {
  if (!p.open())
    return errc::wrong_state;
  if (p.status == proposal_status::voting) {
    if (s.now <= p.voting_until)
      return errc::too_early;
    if (verdict_of(p.rules, s.b.ballots.find(key)->sums()) != verdict::approved)
      return errc::wrong_state; // the sweep ends it
  }
  if (s.now < p.execute_from)
    return errc::too_early;
  return s.now > p.execute_until ? errc::too_late : errc::ok;
}

} // namespace

errc handle(session& s, const actor&, const execute_proposal& c) {
  if (find_dao(s.b, c.dao) == nullptr)
    return errc::unknown_dao;
  const proposal_key key{c.dao, c.number};
  const auto* p = s.b.proposals.find(key);
  if (p == nullptr)
    return errc::unknown_proposal;
  if (const auto code = check_time(s, key, *p); code != errc::ok)
    return code;
  if (s.depth >= proposal_depth_max)
    return errc::nested_too_deep;
  if (p->status == proposal_status::voting)
    count_votes(s, key);
  const auto calls = decode_calls(p->calls, s.rules().governance);

  const bool recording = s.b.records_undo();
  s.b.record_undo(true);
  const auto before = s.b.here();
  const auto events = s.events.size();
  // Ended first, so that its own calls cannot execute it again.
  end_proposal(s, key, proposal_status::executed);
  ++s.depth;
  const auto done = calls ? make_calls(s, c.dao, *calls) : outcome_of_calls{errc::bad_proposal, 0};
  --s.depth;
  if (done.how != errc::ok) {
    s.b.roll_back(before);
    s.events.erase(s.events.begin() + static_cast<std::ptrdiff_t>(events), s.events.end());
    end_proposal(s, key, proposal_status::failed, done.failed_call, done.how);
  }
  if (!recording) {
    s.b.record_undo(false);
    s.b.forget_undo();
  }
  return errc::ok;
}

} // namespace ainur::ledger
