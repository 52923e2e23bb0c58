// What is done about tasks and their awards, streams among them.
#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"
#include "reader.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

} // namespace

intent reader::make(const open_task*) const {
  auto payer = n(0, 4) == 0 ? anyone(1) : all.at(n(0, 2) == 0 ? cast::client : cast::rival);
  open_task t;
  t.task = crypto::task_id_of(payer.id, past.tasks.size());
  if (wild(7) && !past.tasks.empty()) {
    t.task = past.tasks[n(1, past.tasks.size())];
    if (const auto* old = task(t.task)) { // the same again, or nearly
      t = old->terms;
      if (n(2, 3) == 0)
        t.subtasks = static_cast<std::uint16_t>(1 + n(3, 3));
      return {all.find(old->payer) == nullptr ? payer : *all.find(old->payer), t};
    }
  }
  t.budget = n(1, 3) == 0 ? sum(1) : amount{1'000'000u * (1 + c.x[1])};
  t.host = wild(9) ? account_id{} : all.at(n(2, 4) == 0 ? cast::second_host : cast::host).id;
  t.description = digest_of("task");
  t.award_by = m.now + std::max(duration{minutes{10}}, time(3)) - (wild(9) ? hours{300} : hours{0});
  t.deadline = t.award_by + time(4) - (wild(12) ? seconds{1} : seconds{0});
  static constexpr std::uint16_t least[] = {300, 0, 100, 250, 0, 301, 450, 510, 1'001};
  t.reputation_min = least[n(4, 9)];
  t.subtasks = static_cast<std::uint16_t>(wild(13) ? 0 : 1 + n(2, 3));
  t.paid_at_result = n(3, 4) == 3;
  past.tasks.push_back(t.task);
  return {wild(17) ? all.at(cast::fresh + 1) : payer, t};
}

bool reader::fits(const model_task& t, const account_id& id) const {
  const auto* r = m.find(id);
  return t.terms.reputation_min == 0 ||
         (r != nullptr && r->bonded >= of(m.p.bond_min) &&
          (m.score(id) >= t.terms.reputation_min || t.terms.reputation_min <= m.p.probation_below));
}

award_line reader::line(const person& by, const model_task* t, std::uint16_t subtask,
                        std::size_t i) const {
  static constexpr std::size_t agents[] = {
      cast::agent_a, cast::agent_b,      cast::agent_c,   cast::agent_a,   cast::agent_d,
      cast::agent_b, cast::arbiters,     cast::agent_c,   cast::fresh + 1, cast::arbiters + 1,
      cast::host,    cast::orchestrator, cast::fresh + 2, cast::client};
  std::vector<std::size_t> fit;
  for (const auto x : agents)
    if (t == nullptr || fits(*t, all.at(x).id))
      fit.push_back(x);
  const auto& agent =
      all.at(fit.empty() || wild() ? agents[n(i, std::size(agents))] : fit[n(i, fit.size())]);
  award_line l;
  l.subtask = subtask;
  l.agent = wild(19) ? account_id{} : agent.id;
  const money whole = t == nullptr ? 1'000'000 : t->unawarded;
  l.price =
      n(3, 4) == 0 ? of_all(2, whole) : as_amount(std::min(whole / 2, 1 + money{c.x[2]} * 40'000));
  l.work = std::max(duration{seconds{10}}, time(4)) - (wild(16) ? hours{1'000} : hours{0});
  l.bid = digest_of("bid");
  if (agent.signer == by.signer)
    l.agent_index = agent.index;
  if (agent.signer != by.signer || n(0, 5) == 4) {
    l.agent_key_version = version(agent.id);
    l.agent_signature = all.sign(key(agent.id, l.agent_key_version), bid_tag,
                                 bid_message(l.bid, l.agent_key_version));
    if (wild(8))
      l.agent_signature.reset();
  }
  const auto price = l.price.micro();
  if (n(i, 5) < 2 && price >= 3 && price < (std::uint64_t{1} << 60)) {
    l.parts = {amount{price / 3}, amount{price - price / 3}};
    if (n(3, 2) == 0)
      l.parts = {amount{price / 3}, amount{price / 3}, amount{price - price / 3 * 2}};
    if (wild(10))
      l.parts.pop_back();
  } else if (n(i, 5) == 2) {
    l.rate = n(3, 2) == 0 ? amount{1 + std::uint64_t{c.x[3]} * 777} : amount{price / 100 + 1};
  }
  return l;
}

intent reader::make(const award_task*) const {
  std::vector<task_id> open;
  for (const auto& [id, t] : m.tasks)
    if (t.open)
      open.push_back(id);
  award_task x;
  x.task = open.empty() || wild(9)
               ? (past.tasks.empty() ? task_id{{9, 9}} : past.tasks[n(1, past.tasks.size())])
               : open[n(1, open.size())];
  const auto* t = task(x.task);
  const bool second = t != nullptr && t->terms.host == all.at(cast::second_host).id;
  const auto by = meant(second ? cast::second_host : cast::orchestrator);
  x.bids_root = digest_of(n(0, 3) == 0 ? "bids" : "more bids");
  x.last = n(3, 2) == 0;
  if (wild(6) && t != nullptr && !t->awards.empty()) { // the same again
    for (const auto& [subtask, a] : t->awards)
      if (x.lines.empty() || n(1, 2) == 0) {
        x.lines.push_back(a.line);
        x.bids_root = t->root;
      }
    if (n(2, 5) == 4)
      x.bids_root = digest_of("other bids");
    return {by, x};
  }
  auto first = static_cast<std::uint16_t>(n(2, 3));
  if (t != nullptr && !wild(8))
    for (first = 0; first + 1 < t->terms.subtasks && t->awards.contains(first); ++first)
      ;
  x.lines.push_back(line(by, t, first, 0));
  if (n(4, 3) == 0 && t != nullptr && (t->terms.subtasks > first + 1 || wild(8)))
    x.lines.push_back(line(by, t, static_cast<std::uint16_t>(first + 1), 4));
  if (wild(21))
    x.lines.clear();
  return {by, x};
}

intent reader::make(const post_result*) const {
  const auto at =
      award_where([](const auto&, const auto& a) { return a.status == award_status::working; });
  const auto* a = award(at);
  const auto part = part_of(a);
  const bool parts = a != nullptr && !a->line.parts.empty();
  auto result = result_commitment(at.first, at.second, salt, digest_of("result"),
                                  parts ? std::optional{part} : std::nullopt);
  if (wild(9))
    result = n(3, 2) == 0 ? hash256{} : digest_of("other");
  return {a == nullptr ? anyone(0) : meant(a->line.agent),
          post_result{at.first, at.second, result, part}};
}

intent reader::make(const give_up*) const {
  const auto at = award_where([](const auto&, const auto& a) {
    return a.status == award_status::working || a.is_stream() || a.cause == outcome_cause::given_up;
  });
  const auto* a = award(at);
  return {a == nullptr ? anyone(0) : meant(a->line.agent), give_up{at.first, at.second}};
}

person reader::payer_side(const task_id& id) const {
  const auto* t = task(id);
  if (t == nullptr)
    return anyone(0);
  switch (n(3, 4)) {
  case 0:
    return meant(t->terms.host);
  case 1:
    return meant(cast::orchestrator);
  default:
    return meant(t->payer);
  }
}

intent reader::make(const release*) const {
  const auto at = award_where([](const auto&, const auto& a) {
    return a.status == award_status::review || a.cause == outcome_cause::released;
  });
  return {payer_side(at.first), release{at.first, at.second, part_of(award(at))}};
}

intent reader::make(const void_award*) const {
  const auto at = award_where([](const auto&, const auto& a) {
    return a.status == award_status::working || a.status == award_status::streaming;
  });
  return {payer_side(at.first),
          void_award{at.first, at.second, static_cast<void_cause>(n(4, wild() ? 5 : 4))}};
}

intent reader::make(const close_task*) const {
  std::vector<task_id> open;
  for (const auto& [id, t] : m.tasks)
    open.push_back(id);
  const auto id = open.empty() || wild(9) ? task_id{{9, 9}} : open[n(1, open.size())];
  return {payer_side(id), close_task{id}};
}

intent reader::make(const open_dispute*) const {
  const auto at = award_where([](const auto&, const auto& a) {
    return a.status == award_status::review || a.status == award_status::disputed;
  });
  const auto* t = task(at.first);
  return {t == nullptr ? anyone(0) : meant(t->payer),
          open_dispute{at.first, at.second, part_of(award(at))},
          {},
          0,
          true};
}

intent reader::make(const vote_dispute*) const {
  const auto at =
      award_where([](const auto&, const auto& a) { return a.status == award_status::disputed; });
  const auto* a = award(at);
  const auto by = a == nullptr || a->arbiters.empty()
                      ? anyone(0)
                      : meant(a->arbiters[n(0, a->arbiters.size())]);
  return {by, vote_dispute{at.first, at.second, n(3, 2) == 0, part_of(a)}, {}, 0, true};
}

std::pair<task_id, std::uint16_t> reader::stream() const {
  return award_where([](const auto&, const auto& a) { return a.is_stream(); });
}

intent reader::make(const draw_stream*) const {
  const auto at = stream();
  return {anyone(0), draw_stream{at.first, at.second}};
}

intent reader::make(const top_up_stream*) const {
  const auto at = stream();
  const auto* t = task(at.first);
  const auto* a = award(at);
  const auto price = a == nullptr ? money{1'000'000} : a->price;
  const auto more = n(3, 3) == 0 ? sum(2) : as_amount(price + c.x[2] * money{30'000});
  return {t == nullptr ? anyone(0) : meant(t->payer), top_up_stream{at.first, at.second, more}};
}

intent reader::make(const stop_stream*) const {
  const auto at = stream();
  return {payer_side(at.first), stop_stream{at.first, at.second}};
}

} // namespace ainur::test
