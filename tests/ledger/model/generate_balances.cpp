// What is done with balances and bonds, and which offences are reported.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"
#include "reader.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;

} // namespace

// --- balances ---

intent reader::make(const transfer*) const {
  const auto from = anyone(0);
  const auto value = n(2, 3) == 0 ? of_all(3, m.spendable(from.id)) : sum(3);
  return {from, transfer{wild(17) ? account_id{} : anyone(1).id, value}};
}

intent reader::make(const transfer_all*) const {
  return {anyone(0), transfer_all{wild(13) ? account_id{} : anyone(1).id, n(2, 2) == 0}};
}

intent reader::make(const lock_balance*) const {
  const auto a = anyone(0);
  return {a, lock_balance{static_cast<std::uint8_t>(n(1, wild() ? 18 : 3)),
                          n(2, 2) == 0 ? of_all(3, m.spendable(a.id)) : sum(3),
                          m.now + time(4) + (wild(9) ? hours{24 * 4'000} : hours{0})}};
}

intent reader::make(const mint_money*) const {
  return {meant(m.g.council), mint_money{wild(13) ? account_id{} : anyone(1).id, sum(2)}};
}

intent reader::make(const burn_money*) const {
  const auto a = anyone(0);
  return {a, burn_money{n(1, 3) == 0 ? of_all(2, m.spendable(a.id)) : amount{1u + c.x[2]}}};
}

intent reader::make(const open_account*) const {
  static constexpr std::size_t hosted[] = {cast::agent_a, cast::agent_b,   cast::agent_c,
                                           cast::agent_d, cast::fresh + 1, cast::orchestrator};
  return {meant(hosted[n(1, 6)]), open_account{wild(7)        ? account_id{}
                                               : n(2, 2) == 0 ? all.at(hosted[n(1, 6)]).id
                                                              : anyone(3).id}};
}

// --- reputation ---

intent reader::make(const bond*) const {
  const auto a = anyone(0);
  return {a, bond{n(1, 3) == 0 ? sum(2) : of_all(2, m.spendable(a.id))}};
}

intent reader::make(const unbond*) const {
  const auto a =
      n(4, 2) == 0 ? one_of([this](const person& x) { return m.unbonding(x.id) > 0; }) : anyone(0);
  const auto* r = m.find(a.id);
  return {a, unbond{n(1, 3) == 0 ? sum(2) : of_all(2, r == nullptr ? 0 : r->bonded)}};
}

intent reader::make(const rebond*) const {
  const auto a = one_of([this](const person& x) { return m.unbonding(x.id) > 0; });
  return {a, rebond{of_all(2, m.unbonding(a.id))}};
}

intent reader::make(const withdraw_unbonded*) const {
  return {one_of([this](const person& x) { return m.unbonding(x.id) > 0; }), withdraw_unbonded{}};
}

intent reader::make(const report_offence*) const {
  report_offence r;
  r.kind = static_cast<offence>(n(2, 4));
  const auto at = award_where([](const auto&, const auto& a) { return !a.results.empty(); });
  const auto* a = award(at);
  r.offender = a == nullptr || wild(6) ? anyone(3).id : a->line.agent;
  if (r.kind == offence::repeated_failures)
    r.offender =
        one_of([this](const person& x) {
          const auto* y = m.find(x.id);
          return y != nullptr && std::count(y->outcomes.begin(), y->outcomes.end(), true) > 4;
        }).id;
  if (n(3, 4) != 0 && r.kind != offence::repeated_failures) {
    r.task = at.first;
    r.subtask = at.second;
  }
  auto by = n(4, 2) == 0 ? meant(m.g.council) : anyone(0);
  if (a != nullptr && r.task) {
    r.evidence = r.kind == offence::fraudulent_result ? delivery(at, *a) : acceptances(at, *a);
    if (r.kind != offence::protocol_violation && !wild(6))
      by = all.at(cast::rival);
  }
  if (wild(23))
    r.evidence.resize(65'537);
  return {by, r};
}

bytes reader::delivery(const std::pair<task_id, std::uint16_t>& at, const model_award& a) const {
  result_evidence e;
  e.salt = salt;
  e.digest = digest_of(n(0, 4) == 0 ? "result" : "another result");
  e.part = a.line.parts.empty() || a.part == 0 ? std::uint16_t{0}
                                               : static_cast<std::uint16_t>(n(0, a.part));
  e.key_version = version(a.line.agent);
  const auto part = a.line.parts.empty() ? std::nullopt : std::optional{e.part};
  e.signature =
      all.sign(key(a.line.agent, e.key_version), delivery_tag,
               delivery_message(at.first, at.second, e.salt, e.digest, part, e.key_version));
  return codec::encode(e);
}

bytes reader::acceptances(const std::pair<task_id, std::uint16_t>& at, const model_award& a) const {
  acceptance_evidence e;
  for (std::uint16_t i = 0; i < 2; ++i) {
    acceptance x;
    x.agent = a.line.agent;
    x.task = at.first;
    x.subtask = static_cast<std::uint16_t>(at.second + i);
    x.from = m.g.time + (i == 0 ? hours{0} : duration{m.now - m.g.time} - time(1));
    x.until = x.from + hours{10'000};
    x.capacity = static_cast<std::uint16_t>(n(0, 7) == 6 ? 2 : 1);
    x.key_version = version(a.line.agent);
    e.acceptances.push_back(
        {x, all.sign(key(a.line.agent, x.key_version), acceptance_tag, acceptance_message(x))});
  }
  return codec::encode(e);
}

intent reader::make(const cancel_slash*) const {
  cancel_slash x{anyone(1).id, 1 + n(2, 4)};
  if (!m.slashes.empty() && !wild(4)) {
    const auto at = std::next(m.slashes.begin(), static_cast<long>(n(2, m.slashes.size())));
    x = {at->second.offender, at->first};
  }
  return {meant(m.g.council), x};
}

} // namespace ainur::test
