#include "generate.hpp"

#include <algorithm>

#include "ainur/base/rng.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/channel.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/proposal.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr byte_array<32> salt{1};

/// Reads one command. x[5] says how wild it is.
struct reader {
  const command& c;
  const model& m;
  memory& past;
  const cast& all = cast::get();

  [[nodiscard]] std::size_t n(std::size_t i, std::size_t count) const { return c.x[i] % count; }

  [[nodiscard]] bool wild(unsigned one_in = 5) const { return c.x[5] % one_in == one_in - 1; }

  [[nodiscard]] const person& anyone(std::size_t i) const { return all.at(c.x[i]); }

  /// The one meant, or now and then anyone.
  [[nodiscard]] person meant(const account_id& id) const {
    if (wild())
      return anyone(0);
    const auto* p = all.find(id);
    return p == nullptr ? anyone(0) : *p;
  }

  [[nodiscard]] person meant(std::size_t who) const { return wild() ? anyone(0) : all.at(who); }

  [[nodiscard]] amount sum(std::size_t i) const {
    static constexpr std::uint64_t sums[] = {1'000'000,
                                             0,
                                             1,
                                             999,
                                             1'000,
                                             20'000,
                                             5'000'000,
                                             20'000'000,
                                             60'000'000,
                                             100'000'000,
                                             400'000'000,
                                             1'000'000'000,
                                             333'333'333,
                                             2'000'000'000,
                                             6'000'000'000,
                                             ~std::uint64_t{0}};
    return amount{sums[c.x[i] % std::size(sums)]};
  }

  /// Of what there is: some of it, all, or a little more.
  [[nodiscard]] amount of_all(std::size_t i, money whole) const {
    const money parts[] = {whole / 2, whole,     1,           whole / 10, whole - 1,
                           whole + 1, whole / 3, whole - 500, money{0},   whole - 1'500};
    return as_amount(std::max(money{0}, parts[c.x[i] % std::size(parts)]));
  }

  [[nodiscard]] duration time(std::size_t i) const {
    static constexpr duration times[] = {minutes{1}, seconds{1},  minutes{10}, hours{1},
                                         hours{6},   hours{24},   duration{1}, seconds{30},
                                         hours{200}, duration{0}, minutes{90}};
    return times[c.x[i] % std::size(times)];
  }

  /// One of those that fit, or now and then any, or none that exists.
  template <class Fits>
  [[nodiscard]] std::pair<task_id, std::uint16_t> award_where(Fits&& fits) const {
    std::vector<std::pair<task_id, std::uint16_t>> good, rest;
    for (const auto& [id, t] : m.tasks)
      for (const auto& [subtask, a] : t.awards)
        (fits(t, a) ? good : rest).emplace_back(id, subtask);
    if (good.empty() || wild(7))
      good.insert(good.end(), rest.begin(), rest.end());
    if (wild(11) || good.empty())
      return {past.tasks.empty() ? task_id{{9, 9}} : past.tasks[n(1, past.tasks.size())],
              static_cast<std::uint16_t>(n(2, 3))};
    return good[n(1, good.size())];
  }

  [[nodiscard]] const model_task* task(const task_id& id) const {
    const auto at = m.tasks.find(id);
    return at == m.tasks.end() ? nullptr : &at->second;
  }

  [[nodiscard]] const model_award* award(const std::pair<task_id, std::uint16_t>& at) const {
    const auto* t = task(at.first);
    if (t == nullptr || !t->awards.contains(at.second))
      return nullptr;
    return &t->awards.at(at.second);
  }

  /// A key of the account's, as it is now, with its version if that is to be named.
  [[nodiscard]] std::optional<std::uint32_t> version(const account_id& id) const {
    const auto at = m.keys.find(m.host_or_self(id));
    const auto now = at == m.keys.end() ? 0u : at->second.version;
    switch (n(4, 5)) {
    case 0:
      return now;
    case 1:
      return now == 0 ? 0 : now - 1;
    default:
      return std::nullopt;
    }
  }

  [[nodiscard]] byte_array<32> key(const account_id& id, std::optional<std::uint32_t> v) const {
    const auto at = m.keys.find(m.host_or_self(id));
    if (v && at != m.keys.end())
      for (const auto& e : at->second.grace)
        if (e.version == *v)
          return e.key;
    return m.key_of(id);
  }

  [[nodiscard]] std::uint16_t part_of(const model_award* a) const {
    const auto part = a == nullptr ? 0u : a->part;
    return static_cast<std::uint16_t>(wild(6) && part > 0 ? part - 1 : wild(13) ? part + 1 : part);
  }

  // --- balances ---

  intent make(const transfer*) const {
    const auto from = anyone(0);
    const auto value = n(2, 3) == 0 ? of_all(3, m.spendable(from.id)) : sum(3);
    return {from, transfer{wild(17) ? account_id{} : anyone(1).id, value}};
  }

  intent make(const transfer_all*) const {
    return {anyone(0), transfer_all{wild(13) ? account_id{} : anyone(1).id, n(2, 2) == 0}};
  }

  intent make(const lock_balance*) const {
    const auto a = anyone(0);
    return {a, lock_balance{static_cast<std::uint8_t>(n(1, wild() ? 18 : 3)),
                            n(2, 2) == 0 ? of_all(3, m.spendable(a.id)) : sum(3),
                            m.now + time(4) + (wild(9) ? hours{24 * 4'000} : hours{0})}};
  }

  intent make(const mint_money*) const {
    return {meant(m.g.council), mint_money{wild(13) ? account_id{} : anyone(1).id, sum(2)}};
  }

  intent make(const burn_money*) const {
    const auto a = anyone(0);
    return {a, burn_money{n(1, 3) == 0 ? of_all(2, m.spendable(a.id)) : amount{1u + c.x[2]}}};
  }

  intent make(const open_account*) const {
    static constexpr std::size_t hosted[] = {cast::agent_a, cast::agent_b,   cast::agent_c,
                                             cast::agent_d, cast::fresh + 1, cast::orchestrator};
    return {meant(hosted[n(1, 6)]), open_account{wild(7)        ? account_id{}
                                                 : n(2, 2) == 0 ? all.at(hosted[n(1, 6)]).id
                                                                : anyone(3).id}};
  }

  // --- reputation ---

  intent make(const bond*) const {
    const auto a = anyone(0);
    return {a, bond{n(1, 3) == 0 ? sum(2) : of_all(2, m.spendable(a.id))}};
  }

  intent make(const unbond*) const {
    const auto a = n(4, 2) == 0 ? one_of([this](const person& x) { return m.unbonding(x.id) > 0; })
                                : anyone(0);
    const auto* r = m.find(a.id);
    return {a, unbond{n(1, 3) == 0 ? sum(2) : of_all(2, r == nullptr ? 0 : r->bonded)}};
  }

  intent make(const rebond*) const {
    const auto a = one_of([this](const person& x) { return m.unbonding(x.id) > 0; });
    return {a, rebond{of_all(2, m.unbonding(a.id))}};
  }

  intent make(const withdraw_unbonded*) const {
    return {one_of([this](const person& x) { return m.unbonding(x.id) > 0; }), withdraw_unbonded{}};
  }

  template <class Fits>
  [[nodiscard]] person one_of(Fits&& fits) const {
    std::vector<person> good;
    for (const auto& x : all.people)
      if (fits(x))
        good.push_back(x);
    return good.empty() || wild() ? anyone(0) : good[n(0, good.size())];
  }

  intent make(const report_offence*) const {
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

  [[nodiscard]] bytes delivery(const std::pair<task_id, std::uint16_t>& at,
                               const model_award& a) const {
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

  [[nodiscard]] bytes acceptances(const std::pair<task_id, std::uint16_t>& at,
                                  const model_award& a) const {
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

  intent make(const cancel_slash*) const {
    cancel_slash x{anyone(1).id, 1 + n(2, 4)};
    if (!m.slashes.empty() && !wild(4)) {
      const auto at = std::next(m.slashes.begin(), static_cast<long>(n(2, m.slashes.size())));
      x = {at->second.offender, at->first};
    }
    return {meant(m.g.council), x};
  }

  // --- escrow ---

  intent make(const open_task*) const {
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
    t.award_by =
        m.now + std::max(duration{minutes{10}}, time(3)) - (wild(9) ? hours{300} : hours{0});
    t.deadline = t.award_by + time(4) - (wild(12) ? seconds{1} : seconds{0});
    static constexpr std::uint16_t least[] = {300, 0, 100, 250, 0, 301, 450, 510, 1'001};
    t.reputation_min = least[n(4, 9)];
    t.subtasks = static_cast<std::uint16_t>(wild(13) ? 0 : 1 + n(2, 3));
    t.paid_at_result = n(3, 4) == 3;
    past.tasks.push_back(t.task);
    return {wild(17) ? all.at(cast::fresh + 1) : payer, t};
  }

  [[nodiscard]] bool fits(const model_task& t, const account_id& id) const {
    const auto* r = m.find(id);
    return t.terms.reputation_min == 0 || (r != nullptr && r->bonded >= of(m.p.bond_min) &&
                                           (m.score(id) >= t.terms.reputation_min ||
                                            t.terms.reputation_min <= m.p.probation_below));
  }

  [[nodiscard]] award_line line(const person& by, const model_task* t, std::uint16_t subtask,
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
    l.price = n(3, 4) == 0 ? of_all(2, whole)
                           : as_amount(std::min(whole / 2, 1 + money{c.x[2]} * 40'000));
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

  intent make(const award_task*) const {
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

  intent make(const post_result*) const {
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

  intent make(const give_up*) const {
    const auto at = award_where([](const auto&, const auto& a) {
      return a.status == award_status::working || a.is_stream() ||
             a.cause == outcome_cause::given_up;
    });
    const auto* a = award(at);
    return {a == nullptr ? anyone(0) : meant(a->line.agent), give_up{at.first, at.second}};
  }

  [[nodiscard]] person payer_side(const task_id& id) const {
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

  intent make(const release*) const {
    const auto at = award_where([](const auto&, const auto& a) {
      return a.status == award_status::review || a.cause == outcome_cause::released;
    });
    return {payer_side(at.first), release{at.first, at.second, part_of(award(at))}};
  }

  intent make(const void_award*) const {
    const auto at = award_where([](const auto&, const auto& a) {
      return a.status == award_status::working || a.status == award_status::streaming;
    });
    return {payer_side(at.first),
            void_award{at.first, at.second, static_cast<void_cause>(n(4, wild() ? 5 : 4))}};
  }

  intent make(const close_task*) const {
    std::vector<task_id> open;
    for (const auto& [id, t] : m.tasks)
      open.push_back(id);
    const auto id = open.empty() || wild(9) ? task_id{{9, 9}} : open[n(1, open.size())];
    return {payer_side(id), close_task{id}};
  }

  intent make(const open_dispute*) const {
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

  intent make(const vote_dispute*) const {
    const auto at =
        award_where([](const auto&, const auto& a) { return a.status == award_status::disputed; });
    const auto* a = award(at);
    const auto by = a == nullptr || a->arbiters.empty()
                        ? anyone(0)
                        : meant(a->arbiters[n(0, a->arbiters.size())]);
    return {by, vote_dispute{at.first, at.second, n(3, 2) == 0, part_of(a)}, {}, 0, true};
  }

  [[nodiscard]] std::pair<task_id, std::uint16_t> stream() const {
    return award_where([](const auto&, const auto& a) { return a.is_stream(); });
  }

  intent make(const draw_stream*) const {
    const auto at = stream();
    return {anyone(0), draw_stream{at.first, at.second}};
  }

  intent make(const top_up_stream*) const {
    const auto at = stream();
    const auto* t = task(at.first);
    const auto* a = award(at);
    const auto price = a == nullptr ? money{1'000'000} : a->price;
    const auto more = n(3, 3) == 0 ? sum(2) : as_amount(price + c.x[2] * money{30'000});
    return {t == nullptr ? anyone(0) : meant(t->payer), top_up_stream{at.first, at.second, more}};
  }

  intent make(const stop_stream*) const {
    const auto at = stream();
    return {payer_side(at.first), stop_stream{at.first, at.second}};
  }

  // --- staking ---

  [[nodiscard]] person stash() const { return meant(cast::validators + n(1, 6)); }

  [[nodiscard]] person controller() const {
    const auto s = all.at(cast::validators + n(1, 6));
    const auto at = m.stakes.find(s.id);
    return at == m.stakes.end() ? meant(s.id) : meant(at->second.controller);
  }

  /// Mostly of one that fits, if there is one.
  template <class Fits>
  [[nodiscard]] person controller_where(Fits&& fits) const {
    std::vector<account_id> good;
    for (const auto& [id, s] : m.stakes)
      if (fits(s))
        good.push_back(s.controller);
    return good.empty() || n(4, 3) == 2 ? controller() : meant(good[n(0, good.size())]);
  }

  [[nodiscard]] money staked(bool active) const {
    const auto at = m.stakes.find(all.at(cast::validators + n(1, 6)).id);
    if (at == m.stakes.end())
      return 0;
    return active ? at->second.active : at->second.total() - at->second.active;
  }

  [[nodiscard]] account_id a_controller(const account_id& own) const {
    const account_id some[] = {own,
                               all.at(cast::controllers).id,
                               all.at(cast::controllers + 1).id,
                               all.at(cast::authority).id,
                               own,
                               wild(7) ? account_id{} : own};
    return some[n(3, 6)];
  }

  intent make(const stake*) const {
    const auto s = stash();
    static constexpr std::uint64_t ainu[] = {2'000, 1'500, 3'000, 500, 150, 1, 7'000, 0};
    return {s, stake{a_controller(s.id), amount::ainu(ainu[n(2, 8)]),
                     static_cast<reward_destination>(n(4, 2))}};
  }

  intent make(const stake_more*) const {
    return {stash(), stake_more{n(3, 3) == 0 ? sum(2) : amount::ainu(c.x[2])}};
  }

  intent make(const unstake*) const {
    return {controller_where([](const auto& s) { return !s.unlocking.empty(); }),
            unstake{n(3, 3) == 0 ? sum(2) : of_all(2, staked(true))}};
  }

  intent make(const restake*) const { return {controller(), restake{of_all(2, staked(false))}}; }

  intent make(const withdraw_unstaked*) const { return {controller(), withdraw_unstaked{}}; }

  intent make(const run_validator*) const {
    static constexpr std::uint32_t rates[] = {100'000, 200'000, 150'000, 99'999, 123'457, 200'001};
    return {controller_where([this](const auto& s) {
              return !s.validator && s.active >= of(m.p.staking.validator_stake_min);
            }),
            run_validator{rates[n(2, 6)], n(3, 6) == 5}};
  }

  [[nodiscard]] std::vector<account_id> some_stashes(bool candidates) const {
    std::vector<account_id> good;
    for (const auto& [id, s] : m.stakes)
      if (candidates ? s.validator.has_value() : !s.targets.empty())
        good.push_back(id);
    if (good.empty() || wild(8))
      good.push_back(anyone(3).id);
    std::rotate(good.begin(), good.begin() + static_cast<long>(n(2, good.size())), good.end());
    good.resize(1 + n(4, good.size()));
    if (wild(14))
      good.push_back(good[0]);
    if (wild(22))
      good.clear();
    return good;
  }

  intent make(const nominate*) const {
    return {controller_where([this](const auto& s) {
              return !s.validator && s.targets.empty() &&
                     s.active >= of(m.p.staking.nominator_stake_min);
            }),
            nominate{some_stashes(true)}};
  }

  intent make(const chill*) const { return {controller(), chill{}}; }

  intent make(const kick*) const {
    return {controller_where([](const auto& s) { return s.validator.has_value(); }),
            kick{some_stashes(false)}};
  }

  intent make(const set_controller*) const {
    const auto s = stash();
    return {s, set_controller{a_controller(s.id)}};
  }

  intent make(const set_payee*) const {
    return {controller(), set_payee{static_cast<reward_destination>(n(2, 2))}};
  }

  intent make(const reap_stake*) const {
    auto id = all.at(cast::validators + n(1, 6)).id;
    for (const auto& [stash, s] : m.stakes)
      if (s.total() < of(m.p.existential_deposit) && !wild())
        id = stash;
    return {anyone(0), reap_stake{id}};
  }

  /// A validator of an era, if there is one.
  [[nodiscard]] std::pair<std::uint64_t, account_id> exposed() const {
    if (m.eras.empty() || wild(9))
      return {n(2, m.staking_era + 2), anyone(1).id};
    const auto& [era, e] = *std::prev(
        m.eras.end(),
        1 + static_cast<long>(n(2, std::min<std::size_t>(m.eras.size(), c.kind % 2 == 0 ? 3 : 8))));
    return {era, e.validators[n(3, e.validators.size())].validator};
  }

  intent make(const claim_payout*) const {
    const auto [era, id] = exposed();
    return {anyone(0), claim_payout{id, era, static_cast<std::uint32_t>(n(4, wild() ? 4 : 2))}};
  }

  intent make(const note_era_points*) const {
    note_era_points x;
    if (const auto at = m.eras.find(m.staking_era); at != m.eras.end())
      for (const auto& v : at->second.validators)
        x.points.push_back({v.validator, 1u + c.x[1]});
    if (wild(9) || x.points.empty())
      x.points.push_back({anyone(1).id, wild(6) ? 1'000'001u : 5u});
    if (wild(13))
      x.points.clear();
    if (n(2, 40) == 39 && !x.points.empty())
      x.points.assign(1'000, {x.points[0].validator, 1'000'000});
    return {meant(cast::authority), x};
  }

  intent make(const report_validators*) const {
    const auto [era, id] = exposed();
    report_validators x{static_cast<validator_offence>(n(0, 2)), era, {id}, {}};
    if (n(4, 2) == 0)
      x.reporter = anyone(4).id;
    if (wild(8))
      x.offenders.push_back(anyone(1).id);
    if (wild(15))
      x.offenders.clear();
    return {meant(m.g.council), x, {}, 0, true};
  }

  intent make(const cancel_deferred_slash*) const {
    auto number = 1 + n(2, 5);
    if (!m.deferred.empty() && !wild(4))
      number = std::next(m.deferred.begin(), static_cast<long>(n(2, m.deferred.size())))->first;
    return {meant(m.g.council), cancel_deferred_slash{number}, {}, 0, true};
  }

  // --- identity ---

  [[nodiscard]] did_document document() const {
    did_document d;
    for (std::size_t i = 0; i < n(2, 3); ++i)
      d.keys.push_back({"k" + std::to_string(i), key_purpose::assertion, all.spare[0]});
    if (n(3, 2) == 0)
      d.capabilities.push_back(std::string(1 + n(3, 60), 'c'));
    if (wild(6))
      d.capabilities.push_back("");
    return d;
  }

  intent make(const register_agent*) const { return {anyone(0), register_agent{document()}}; }

  [[nodiscard]] person documented() const {
    return one_of([this](const person& x) { return m.documents.contains(x.id); });
  }

  intent make(const update_document*) const { return {documented(), update_document{document()}}; }

  intent make(const deregister_agent*) const { return {documented(), deregister_agent{}}; }

  [[nodiscard]] person keyed() const {
    static constexpr std::size_t places[] = {
        cast::client,       cast::rival,       cast::host,       cast::arbiters,
        cast::arbiters + 1, cast::second_host, cast::validators, cast::fresh};
    return meant(places[n(1, 8)]);
  }

  [[nodiscard]] std::pair<byte_array<32>, byte_array<64>> new_key(const account_id& id) const {
    auto key = all.spare[n(2, all.spare.size())];
    if (wild(9))
      key = id.value;
    const auto at = m.keys.find(id);
    const auto version = (at == m.keys.end() ? 0 : at->second.version) + (wild(8) ? 2u : 1u);
    return {key, all.sign(key, key_tag, key_message(m.chain, id, version))};
  }

  intent make(const rotate_key*) const {
    const auto a = keyed();
    const auto [key, proof] = new_key(a.id);
    return {a, rotate_key{key, proof}};
  }

  intent make(const set_recovery*) const {
    const auto a = keyed();
    const auto at = m.keys.find(a.id);
    const bool has = at != m.keys.end() && !at->second.stash.is_none();
    set_recovery x{wild(9) ? anyone(0).id : a.id, anyone(3).id};
    if (n(2, has ? 3 : 9) == 0)
      x.stash.reset();
    if (wild(15))
      x.stash = account_id{};
    return {has ? meant(at->second.stash) : a, x};
  }

  intent make(const recover_account*) const {
    std::vector<account_id> good;
    for (const auto& [id, k] : m.keys)
      if (!k.stash.is_none())
        good.push_back(id);
    const auto id = good.empty() || wild(6) ? anyone(1).id : good[n(1, good.size())];
    const auto [key, proof] = new_key(id);
    const auto at = m.keys.find(id);
    return {at == m.keys.end() ? anyone(0) : meant(at->second.stash),
            recover_account{id, key, proof}};
  }

  intent make(const revoke_key*) const {
    const auto a = one_of([this](const person& x) {
      return !x.index && m.keys.contains(x.id) && !m.keys.at(x.id).grace.empty();
    });
    const auto at = m.keys.find(a.id);
    const auto some = at == m.keys.end() || at->second.grace.empty()
                          ? 0u
                          : at->second.grace[n(2, at->second.grace.size())].version;
    return {a, revoke_key{wild(5) ? static_cast<std::uint32_t>(n(3, 4)) : some}};
  }

  intent make(const delegate_hosting*) const {
    const auto a = meant(n(1, 3) == 0 ? cast::second_host : cast::host);
    return {a, delegate_hosting{wild(9)        ? account_id{}
                                : n(2, 2) == 0 ? all.at(cast::rival).id
                                               : anyone(3).id}};
  }

  intent make(const revoke_delegation*) const {
    return {meant(n(1, 3) == 0 ? cast::second_host : cast::host), revoke_delegation{}};
  }

  // --- channels ---

  intent make(const open_channel*) const {
    static constexpr std::size_t parties[] = {cast::client,    cast::rival,      cast::arbiters,
                                              cast::agent_a,   cast::agent_c,    cast::fresh,
                                              cast::fresh + 1, cast::second_host};
    const auto first = wild(7) ? anyone(1) : all.at(parties[n(1, 8)]);
    const auto second = wild(8) ? anyone(2) : all.at(parties[n(2, 8)]);
    channel_params x;
    x.first = first.id;
    x.second = second.id;
    x.first_deposit = n(3, 4) == 0 ? of_all(4, m.spendable(first.id)) : sum(3);
    x.second_deposit = amount{c.x[4] * 5'000u};
    x.challenge = std::max(duration{minutes{1}}, time(0)) - (wild(10) ? minutes{5} : minutes{0});
    x.open_by = m.now + time(4) - (wild(9) ? hours{1} : hours{0});
    x.nonce = n(0, 3);
    if (wild(12) && !m.channels.empty())
      x = m.channels.begin()->second.params;
    if (wild(16) && !m.daos.empty())
      x.second = m.daos.begin()->first;
    const auto id = channel_id_of(m.chain, x);
    if (std::find(past.channels.begin(), past.channels.end(), id) == past.channels.end())
      past.channels.push_back(id);
    const auto* by = all.find(x.first);
    auto consent = all.sign(m.key_of(x.second), channel_open_tag, id.view());
    if (wild(11))
      consent[0] ^= 1;
    return {by == nullptr || wild(14) ? anyone(0) : *by, open_channel{x, consent}};
  }

  [[nodiscard]] signed_channel_state some_state(bool final_one) const {
    signed_channel_state s;
    auto& x = s.content;
    if (m.channels.empty() || wild(19)) {
      x.channel =
          past.channels.empty() ? channel_id{{1}} : past.channels[n(1, past.channels.size())];
      return s;
    }
    std::vector<channel_id> open;
    for (const auto& [id, ch] : m.channels)
      if (ch.phase != channel_phase::concluded || wild(5))
        open.push_back(id);
    x.channel = open.empty() ? m.channels.begin()->first : open[n(1, open.size())];
    const auto& ch = m.channels.at(x.channel);
    const auto sum = of(ch.params.first_deposit) + of(ch.params.second_deposit);
    const std::uint64_t steps[] = {1, 2, 0, 1, 5, 1};
    x.version = ch.newest.version + steps[n(2, 6)];
    if (n(2, 12) == 11 || (x.version == 0 && !wild()))
      x = {x.channel, 0, ch.params.first_deposit, ch.params.second_deposit, {}, false};
    else {
      const auto first = sum * static_cast<money>(c.x[3]) / 255;
      const auto locked = n(4, 3) == 0 ? (sum - first) / 3 : 0;
      x.first = as_amount(first);
      x.locked = as_amount(locked);
      x.second = as_amount(sum - first - locked + (wild(9) ? 1 : 0));
      x.is_final = final_one || n(4, 7) == 6;
      if (x.is_final && !wild(6)) {
        x.second = as_amount(of(x.second) + of(x.locked));
        x.locked = {};
      }
    }
    const auto message = codec::encode(x);
    s.first_signature = all.sign(ch.first_key, channel_state_tag, message);
    s.second_signature = all.sign(ch.second_key, channel_state_tag, message);
    if (wild(10))
      s.second_signature[3] ^= 4;
    return s;
  }

  intent make(const close_channel*) const {
    return {anyone(0), close_channel{some_state(!wild(8))}};
  }

  intent make(const register_state*) const {
    auto s = some_state(false);
    const auto at = m.channels.find(s.content.channel);
    if (at == m.channels.end() || n(0, 2) == 0)
      return {anyone(0), register_state{s}};
    return {meant(at->second.params.first), register_state{s}};
  }

  intent make(const conclude_channel*) const {
    std::vector<channel_id> good;
    for (const auto& [id, ch] : m.channels)
      if ((ch.phase == channel_phase::registered && ch.due <= m.now) || n(2, 3) == 0)
        good.push_back(id);
    return {anyone(0), conclude_channel{good.empty() ? channel_id{{1}} : good[n(1, good.size())]}};
  }

  // --- governance ---

  [[nodiscard]] dao_rules rules() const {
    dao_rules r;
    r.weighting = static_cast<vote_weighting>(n(2, 4));
    r.quorum_ppm = n(3, 3) == 0 ? 500'000u : n(3, 3) == 1 ? 0u : 200'000u;
    r.approval_ppm = wild(15) ? 0 : n(4, 2) == 0 ? 500'000u : 700'000u;
    r.voting_period =
        std::max(duration{minutes{1}}, time(4)) - (wild(14) ? minutes{2} : minutes{0});
    r.execution_delay = time(3);
    r.proposal_deposit = n(1, 3) == 0 ? amount{} : amount{1'000'000u * n(1, 9)};
    return r;
  }

  [[nodiscard]] std::vector<account_id> members() const {
    static constexpr std::size_t pool[] = {
        cast::client, cast::rival,   cast::arbiters,   cast::agent_a, cast::agent_c,
        cast::host,   cast::agent_d, cast::validators, cast::fresh,   cast::orchestrator};
    std::set<account_id> some{all.at(cast::client).id};
    for (std::size_t i = 0; i < n(3, 5); ++i)
      some.insert(all.at(pool[(c.x[4] + i * i) % std::size(pool)]).id);
    if (n(2, 9) == 8 && !m.daos.empty())
      some.insert(m.daos.begin()->first);
    std::vector<account_id> list{some.begin(), some.end()};
    if (wild(12))
      std::reverse(list.begin(), list.end());
    return list;
  }

  intent make(const create_dao*) const {
    const auto founder = n(1, 3) == 0 ? anyone(0) : all.at(cast::client);
    create_dao x{n(0, 2), rules(), members(), n(2, 4) == 0 ? sum(1) : amount::ainu(50)};
    const auto id = dao_account(founder.id, x.nonce);
    if (std::find(past.daos.begin(), past.daos.end(), id) == past.daos.end())
      past.daos.push_back(id);
    return {founder, x};
  }

  [[nodiscard]] account_id a_dao() const {
    std::vector<account_id> living;
    for (const auto& [id, d] : m.daos)
      if (!d.dissolved)
        living.push_back(id);
    if (living.empty() || wild(13))
      return past.daos.empty() ? anyone(1).id : past.daos[n(1, past.daos.size())];
    return living[n(1, living.size())];
  }

  /// What a DAO may decide.
  [[nodiscard]] ledger::call decision(const account_id& dao, std::size_t which) const {
    const auto next = m.daos.contains(dao) ? m.daos.at(dao).next : 1;
    switch (which % 19) {
    case 0:
    case 1:
      return transfer{anyone(4).id, sum(3)};
    case 2:
      return dao_set_members{members()};
    case 3: {
      auto next_rules = rules();
      if (n(1, 3) == 2)
        next_rules.approval_ppm = 1'000'001;
      return dao_set_rules{next_rules};
    }
    case 4:
      return dissolve_dao{wild(7) ? account_id{} : anyone(4).id};
    case 5:
      return bond{sum(3)};
    case 6:
      return lock_balance{0, sum(3), m.now + hours{200}};
    case 7:
      return mint_money{anyone(4).id, sum(3)};
    case 8:
      return vote_proposal{dao, next - 1, ballot_choice::yes};
    case 9:
      return execute_proposal{dao, next + 1 - n(3, 3)};
    case 10:
      return propose{dao, encode_calls({transfer{anyone(4).id, amount{5}}})};
    case 11:
      return create_dao{7, rules(), {all.at(cast::client).id}, amount::ainu(5)};
    case 12:
      return transfer_all{anyone(4).id, n(3, 2) == 0};
    case 13:
      return register_agent{document()};
    case 14:
      return cancel_proposal{dao, next - 1};
    case 15:
      return rotate_key{all.spare[0], {}};
    case 16:
      return set_recovery{dao, anyone(4).id};
    case 17:
      return delegate_hosting{all.at(cast::rival).id};
    default:
      return stake{dao, amount::ainu(10), reward_destination::restaked};
    }
  }

  intent make(const propose*) const {
    const auto dao = a_dao();
    std::vector<ledger::call> calls{decision(dao, c.x[2])};
    if (n(4, 3) == 0)
      calls.push_back(decision(dao, c.x[3]));
    else if (n(4, 3) == 1 && std::holds_alternative<dissolve_dao>(calls[0])) // in vain
      calls = n(3, 2) == 0 ? std::vector<ledger::call>{bond{amount{1}}, calls[0]}
                           : std::vector<ledger::call>{transfer_all{all.at(cast::client).id, false},
                                                       dissolve_dao{account_id{{9, 9}}}};
    if (wild(15))
      calls.resize(4, calls[0]);
    auto data = encode_calls(calls);
    if (wild(12))
      data.push_back(0);
    return {member(dao), propose{dao, data}};
  }

  [[nodiscard]] person member(const account_id& dao) const {
    const auto at = m.daos.find(dao);
    if (at == m.daos.end() || at->second.members.empty())
      return anyone(0);
    return meant(at->second.members[n(0, at->second.members.size())]);
  }

  [[nodiscard]] std::pair<account_id, std::uint64_t> a_proposal(proposal_status status) const {
    std::vector<std::pair<account_id, std::uint64_t>> good, rest;
    for (const auto& [key, x] : m.proposals)
      (x.status == status ? good : rest).push_back(key);
    if (good.empty() || wild(7))
      good.insert(good.end(), rest.begin(), rest.end());
    if (good.empty() || wild(13))
      return {a_dao(), n(2, 4)};
    return good[n(1, good.size())];
  }

  intent make(const vote_proposal*) const {
    const auto at = a_proposal(proposal_status::voting);
    return {member(at.first),
            vote_proposal{at.first, at.second,
                          n(3, 4) < 2 ? ballot_choice::yes : static_cast<ballot_choice>(n(4, 3))}};
  }

  intent make(const execute_proposal*) const {
    const auto at = a_proposal(proposal_status::approved);
    return {anyone(0), execute_proposal{at.first, at.second}};
  }

  intent make(const cancel_proposal*) const {
    const auto at = a_proposal(proposal_status::voting);
    const auto x = m.proposals.find(at);
    const auto by =
        x == m.proposals.end() || n(3, 3) == 0 ? meant(m.g.council) : meant(x->second.proposer);
    return {by, cancel_proposal{at.first, at.second}};
  }

  intent make(const dao_set_members*) const { return {anyone(0), dao_set_members{members()}}; }

  intent make(const dao_set_rules*) const { return {anyone(0), dao_set_rules{rules()}}; }

  intent make(const dissolve_dao*) const { return {anyone(0), dissolve_dao{anyone(1).id}}; }
};

/// Places in the variant, where one call stands in for another.
template <class Call, std::size_t I = 0>
constexpr std::size_t place_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, ledger::call>, Call>)
    return I;
  else
    return place_of<Call, I + 1>();
}

/// What has nothing to act on becomes what it would need, mostly.
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
        is<set_controller>(kind) || is<set_payee>(kind) || is<reap_stake>(kind))
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

template <std::size_t I = 0>
intent make_one(const reader& r, std::size_t kind) {
  if constexpr (I < std::variant_size_v<ledger::call>) {
    if (kind == I)
      return r.make(static_cast<const std::variant_alternative_t<I, ledger::call>*>(nullptr));
    return make_one<I + 1>(r, kind);
  } else {
    return r.make(static_cast<const transfer*>(nullptr));
  }
}

} // namespace

intent interpret(const command& c, const model& m, memory& past) {
  const reader r{c, m, past};
  std::size_t kind = c.kind % std::variant_size_v<ledger::call>;
  for (int i = 0; i < 4 && !r.wild(9); ++i)
    kind = stand_in{m}.instead(kind);
  auto made = make_one(r, kind);
  // Now and then through the host's delegate, and now and then through somebody who is none.
  if (made.actor.index) {
    const auto k = m.keys.find(made.actor.signer);
    if (k != m.keys.end() && !k->second.delegate.is_none() && c.x[0] % 3 == 0)
      made.by = k->second.delegate;
    else if (c.x[5] == 77)
      made.by = r.all.at(c.x[0]).id;
  }
  if (c.x[5] >= 244)
    made.flaw = static_cast<std::uint8_t>(1 + c.x[5] % 5);
  return made;
}

std::vector<command> random_commands(std::uint64_t seed, std::size_t count) {
  // How often each call, by its place in the variant; those of tasks and of money more often.
  static constexpr std::uint8_t often[] = {
      6, 2, 5,  4, 3, 12, 14, 14, 4, 7, 4, 2, 7, 10, 5, 3, 2, 4, 3, 2, // up to burn_money
      5, 5, 4,  4,                                                     // streams, rebond
      6, 2, 4,  2, 3, 5,  5,  1,  2, 2, 1, 2, 5, 3,  2, 1,             // staking
      3, 3, 2,  4, 3, 3,  2,  2,  1,                                   // identity
      6, 3, 6,  3,                                                     // channels
      4, 7, 10, 5, 2, 1,  1,  1};                                      // governance
  static_assert(std::size(often) == std::variant_size_v<ledger::call>);
  std::vector<std::uint8_t> kinds;
  for (std::size_t i = 0; i < std::size(often); ++i)
    kinds.insert(kinds.end(), often[i], static_cast<std::uint8_t>(i));
  rng random{seed};
  std::vector<command> list(count);
  const auto byte = [&random] { return static_cast<std::uint8_t>(random.below(256)); };
  for (auto& c : list) {
    c.kind = kinds[random.below(kinds.size())];
    c.join = static_cast<std::uint8_t>(random.below(9));
    c.join = c.join < 4 ? 0 : static_cast<std::uint8_t>(c.join - 3);
    c.jump = byte();
    for (auto& x : c.x)
      x = byte();
    if (c.kind == place_of<conclude_channel>() && c.jump < 200) {
      c.join = 0; // at the very timeout
      c.jump = 29;
    }
  }
  return list;
}

} // namespace ainur::test
