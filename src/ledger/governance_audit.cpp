// What must hold of the records of DAOs, proposals and ballots.
#include <algorithm>

#include "audit.hpp"

namespace ainur::ledger {

namespace {

void check(auditor& found, const account_id& id, const dao_record& d) {
  const auto name = " of DAO " + to_string(id);
  const auto& b = found.books();
  const auto& bounds = b.rules().governance;
  found.require(valid_rules(bounds, d.rules), "the rules" + name);
  found.require(d.dissolved ? d.members.empty() && d.open.empty()
                            : valid_members(bounds, id, d.members),
                "the members" + name);
  found.require(d.next_proposal > 0 && d.next_proposal < std::uint64_t{1} << 62,
                "the next number" + name);
  found.require(d.open.size() <= bounds.proposals_max, "the number of proposals" + name);
  std::uint64_t before = 0;
  for (const auto number : d.open) {
    const auto* p = b.proposals.find({id, number});
    found.require(number > before && p != nullptr && p->open(), "the open proposals" + name);
    before = number;
  }
  if (!d.dissolved)
    ++found.claims(id).anchors;
}

void check(auditor& found, const proposal_key& key, const proposal_record& p) {
  const auto name = " of proposal " + std::to_string(key.number) + " of " + to_string(key.dao);
  const auto& b = found.books();
  const auto* d = b.daos.find({key.dao});
  found.require(d != nullptr && key.number > 0 && key.number < d->next_proposal,
                "the number" + name);
  found.require(d != nullptr &&
                    p.open() == std::binary_search(d->open.begin(), d->open.end(), key.number),
                "the status" + name);
  found.require((b.ballots.find(key) != nullptr) == (p.status == proposal_status::voting),
                "the ballot" + name);
  found.require(valid_rules(b.rules().governance, p.rules), "the rules" + name);
  found.require(p.calls.size() <= b.rules().governance.calls_bytes_max, "the calls" + name);
  found.require(p.due() <= b.time + 4 * horizon_max, "the times" + name);
  if (p.open() && !p.deposit.is_zero())
    found.gather(found.claims(p.proposer).reserved, p.deposit);
}

void check(auditor& found, const proposal_key& key, const ballot_record& r) {
  const auto name = " of the ballot on proposal " + std::to_string(key.number);
  found.require(found.books().proposals.find(key) != nullptr, "the proposal" + name);
  amount all;
  for (std::size_t i = 0; i < r.seats.size(); ++i) {
    found.require(i == 0 || r.seats[i - 1].controller < r.seats[i].controller,
                  "the order of the seats" + name);
    found.gather(all, amount{r.seats[i].weight});
  }
  for (std::size_t i = 0; i < r.members.size(); ++i)
    found.require(r.members[i].seat < r.seats.size() &&
                      (i == 0 || r.members[i - 1].account < r.members[i].account),
                  "the members" + name);
}

} // namespace

void audit_governance(auditor& found) {
  const auto& b = found.books();
  b.daos.for_each([&](const account_key& k, const dao_record& d) { check(found, k.id, d); });
  b.proposals.for_each(
      [&](const proposal_key& k, const proposal_record& p) { check(found, k, p); });
  b.ballots.for_each([&](const proposal_key& k, const ballot_record& r) { check(found, k, r); });
}

} // namespace ainur::ledger
