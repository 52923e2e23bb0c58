// The guard actor: carries calls to the agents of its group and gathers their bids, each past the
// barriers of safety::guard_core.
#include <algorithm>
#include <deque>
#include <unordered_map>

#include "market_actors.hpp"

namespace ainur {

namespace {

/// Calls under way at a guard that nobody closed are forgotten this long after their bids were due.
constexpr duration bid_validity{60'000'000};
/// Counts are told to the recorder after so many calls.
constexpr std::uint64_t report_calls = 256;

struct call_record {
  std::shared_ptr<const market::call_for_proposals> text;
  orchestrator_actor orchestrator;
  std::uint32_t asked = 0;
  std::uint32_t answered = 0;
  bool sent = false;
  std::vector<orchestration::guarded_bid> bids;
  instant send_by{};
};

struct work_record {
  std::uint32_t slot = 0;
  amount price;
  instant heard{};
};

} // namespace

struct guard_state {
  guard_setup setup;
  safety::guard_core core;
  std::vector<agent_actor> agents; // by slot; empty while one is not running
  std::unordered_map<market::call_number, call_record> calls;
  std::deque<std::pair<instant, market::call_number>> due;    // bids to send on, oldest first
  std::deque<std::pair<instant, market::call_number>> lapses; // records to forget, oldest first
  std::unordered_map<market::call_number, work_record> works;
  std::vector<std::uint32_t> open_works; // by slot
  std::vector<instant> heard;            // by slot: the last word of a working agent
  std::vector<instant> silence_told;     // by slot: the last word when the log was told
  msg::guard_report report;
  std::uint64_t tick_number = 0;
  std::optional<instant> tick_at;
  static inline const char* name = "ainur.guard";
};

namespace {

using self_type = guard_actor::stateful_pointer<guard_state>;

template <class Message>
void to_orchestrator(self_type self, const orchestrator_actor& to, std::uint32_t number,
                     Message&& message) {
  const auto& s = self->state;
  post(s.setup.world, self, {guard_endpoint(s.setup.agents->number), orchestrator_endpoint(number)},
       to, std::forward<Message>(message));
  ++self->state.report.hops;
}

void tell_recorder(self_type self) {
  auto& s = self->state;
  if (!s.setup.report)
    return;
  s.report.at = s.setup.world.now();
  if (const auto recorder = s.setup.roles->get<recorder_actor>(role::recorder))
    self->send(recorder, std::move(s.report));
  s.report = {};
}

void arm(self_type self) {
  auto& s = self->state;
  while (!s.due.empty()) { // skip what was sent meanwhile
    const auto at = s.calls.find(s.due.front().second);
    if (at != s.calls.end() && !at->second.sent)
      break;
    s.due.pop_front();
  }
  std::optional<instant> next;
  if (!s.due.empty())
    next = s.due.front().first;
  if (!s.lapses.empty())
    next = next ? std::min(*next, s.lapses.front().first) : s.lapses.front().first;
  if (!next || (s.tick_at && *s.tick_at <= *next))
    return;
  s.tick_at = next;
  self->delayed_send(self, std::max(*next - s.setup.world.now(), duration{1}),
                     msg::tick{++s.tick_number});
}

void send_bids(self_type self, market::call_number number, call_record& c) {
  if (c.sent)
    return;
  c.sent = true;
  const auto orchestrator = c.text->orchestrator;
  to_orchestrator(self, c.orchestrator, orchestrator,
                  msg::gathered_bids{self->state.setup.agents->number, number, c.asked, c.bids});
}

/// A working agent that has not been heard of for three heartbeats is not asked.
bool is_unresponsive(const guard_state& s, std::uint32_t slot, instant now) {
  return s.open_works[slot] > 0 && now - s.heard[slot] > 3 * s.setup.agents->heartbeat &&
         s.setup.agents->heartbeat > duration::zero();
}

/// Once for each time that it falls silent.
void log_silence(guard_state& s, std::uint32_t slot, instant now) {
  if (slot >= s.agents.size() || !s.agents[slot] || s.silence_told[slot] == s.heard[slot])
    return;
  s.silence_told[slot] = s.heard[slot];
  s.setup.world.log(log_level::warn, "guard", "agent_unresponsive")
      .with("agent", s.setup.agents->members[slot].account)
      .with("silent_us", now - s.heard[slot]);
}

void call(self_type self, msg::call_agents& m) {
  auto& s = self->state;
  const auto now = s.setup.world.now();
  ++s.report.hops;
  if (s.calls.contains(m.call->number))
    return; // delivered twice
  call_record c{.text = m.call, .orchestrator = m.orchestrator};
  c.asked = static_cast<std::uint32_t>(m.slots.size());
  for (const auto slot : m.slots) {
    if (slot >= s.agents.size() || !s.agents[slot] || is_unresponsive(s, slot, now)) {
      log_silence(s, slot, now);
      ++c.answered;
      continue;
    }
    ++s.report.calls;
    self->send(s.agents[slot], msg::price_request{m.call});
  }
  // The gathered bids must arrive before the call's deadline: three quarters of the time are the
  // agents'.
  const auto window = std::max(m.call->bids_by - s.setup.world.to_utc(now), duration::zero());
  c.send_by = now + window * 3 / 4;
  const auto number = m.call->number;
  auto& record = s.calls.emplace(number, std::move(c)).first->second;
  if (record.answered == record.asked)
    send_bids(self, number, record);
  else
    s.due.emplace_back(record.send_by, number);
  s.lapses.emplace_back(now + window + bid_validity, number);
  if (s.report.calls >= report_calls)
    tell_recorder(self);
  arm(self);
}

void count(guard_state& s, const safety::verdict& v, const call_record& c, std::uint32_t slot,
           const orchestration::offer& o, timestamp now) {
  if (v.kind == safety::verdict_kind::passed) {
    ++s.report.passed;
    return;
  }
  if (!s.setup.report)
    return;
  s.report.verdicts.push_back(
      {.agent = s.setup.agents->members[slot].account,
       .corrected = v.kind == safety::verdict_kind::corrected,
       .constraint = std::string{s.core.constraint_name(v.constraint_index)},
       .task = c.text->task,
       .subtask = c.text->subtask,
       .call = c.text->number,
       .asked_price = o.price,
       .asked_work = o.work,
       .price = v.safe.price,
       .work = v.safe.finish - now,
       .at = s.setup.world.now()});
}

void take_offer(self_type self, const msg::offered& m) {
  auto& s = self->state;
  const auto at = s.calls.find(m.call);
  if (at == s.calls.end() || at->second.sent || m.slot >= s.agents.size())
    return; // too late
  auto& c = at->second;
  ++c.answered;
  if (m.offer) {
    ++s.report.bids;
    const auto now = s.setup.world.utc_now();
    const auto& o = *m.offer;
    const auto verdict = s.core.check({.agent = m.slot,
                                       .kind = safety::action_kind::bid,
                                       .price = o.price,
                                       .finish = now + o.work,
                                       .price_floor = o.floor,
                                       .finish_earliest = now + o.earliest},
                                      {.budget = c.text->reserve,
                                       .deadline = c.text->deadline,
                                       .reputation_min = c.text->reputation_min,
                                       .now = now,
                                       .paid_unverified = s.setup.agents->paid_at_result});
    count(s, verdict, c, m.slot, o, now);
    if (s.setup.report_at_once && !s.report.verdicts.empty())
      tell_recorder(self);
    if (verdict.kind != safety::verdict_kind::refused) {
      const auto& who = s.setup.agents->members[m.slot];
      s.core.bid_sent(m.slot, verdict.safe.price, s.setup.agents->paid_at_result);
      c.bids.push_back({.slot = m.slot,
                        .agent = who.account,
                        .hosted_index = who.hosted_index,
                        .price = verdict.safe.price,
                        .work = verdict.safe.finish - now});
    }
  }
  if (c.answered >= c.asked)
    send_bids(self, m.call, c);
}

/// Takes a bid out of a call's record; its price, if there was one.
std::optional<amount> take_bid(call_record& c, std::uint32_t slot) {
  const auto at =
      std::find_if(c.bids.begin(), c.bids.end(), [slot](const auto& b) { return b.slot == slot; });
  if (at == c.bids.end())
    return std::nullopt;
  const auto price = at->price;
  c.bids.erase(at);
  return price;
}

void forget(guard_state& s, market::call_number number) {
  auto record = s.calls.extract(number);
  if (record.empty())
    return;
  for (const auto& b : record.mapped().bids)
    s.core.bid_closed(b.slot, b.price, s.setup.agents->paid_at_result);
}

/// The agent's award ended or is void: its capacity is free again.
void end_work(guard_state& s, market::call_number number) {
  auto record = s.works.extract(number);
  if (record.empty())
    return;
  const auto& w = record.mapped();
  s.core.finished(w.slot, w.price, s.setup.agents->paid_at_result);
  --s.open_works[w.slot];
}

void close(self_type self, const msg::close_call& m) {
  auto& s = self->state;
  ++s.report.hops;
  const auto at = s.calls.find(m.what.call);
  for (const auto slot : m.what.losers) {
    if (slot >= s.agents.size())
      continue;
    if (const auto w = s.works.find(m.what.call); w != s.works.end() && w->second.slot == slot) {
      end_work(s, m.what.call); // the award is void
      if (s.agents[slot])
        self->send(s.agents[slot], msg::stop_work{m.what.call});
      continue;
    }
    if (at == s.calls.end())
      continue;
    if (const auto price = take_bid(at->second, slot))
      s.core.bid_closed(slot, *price, s.setup.agents->paid_at_result);
    if (s.setup.agents->members[slot].terms.bids == orchestration::strategy::learner &&
        s.agents[slot])
      self->send(s.agents[slot], msg::lost_call{m.what.call});
  }
  if (at != s.calls.end() && at->second.bids.empty())
    s.calls.erase(at);
}

void award(self_type self, msg::give_award& m) {
  auto& s = self->state;
  ++s.report.hops;
  if (m.slot >= s.agents.size() || !s.agents[m.slot] || s.works.contains(m.award.call))
    return; // the agent is down (its silence is answered by the ledger), or delivered twice
  const auto paid_at_result = s.setup.agents->paid_at_result;
  const auto at = s.calls.find(m.award.call);
  const auto bid = at == s.calls.end() ? std::nullopt : take_bid(at->second, m.slot);
  if (bid)
    s.core.awarded(m.slot, *bid, m.award.price, paid_at_result);
  else
    s.core.accepted(m.slot, m.award.price, paid_at_result); // its call was forgotten in a restart
  forget(s, m.award.call);
  const auto now = s.setup.world.now();
  s.works.emplace(m.award.call, work_record{m.slot, m.award.price, now});
  ++s.open_works[m.slot];
  s.heard[m.slot] = now;
  self->send(s.agents[m.slot], msg::take_award{std::move(m.award), std::move(m.orchestrator)});
}

/// The digest goes to the ledger before the content goes to the payer.
void finish(self_type self, msg::work_done& m) {
  auto& s = self->state;
  if (m.slot >= s.agents.size())
    return;
  const auto& who = s.setup.agents->members[m.slot];
  end_work(s, m.what.call);
  ledger::call told = ledger::post_result{m.what.task, m.what.subtask, m.what.digest};
  if (m.what.gave_up)
    told = ledger::give_up{m.what.task, m.what.subtask};
  if (const auto ledger = s.setup.roles->get<ledger_actor>(role::ledger))
    post_reliably(
        s.setup.world, self, {guard_endpoint(s.setup.agents->number), ledger_endpoint}, ledger,
        msg::ledger_calls{guards_number, {{0, {who.account, who.hosted_index, std::move(told)}}}});
  const auto number = static_cast<std::uint32_t>(m.what.call >> 52);
  ++s.report.hops;
  post_reliably(s.setup.world, self,
                {guard_endpoint(s.setup.agents->number), orchestrator_endpoint(number)},
                m.orchestrator, msg::delivered{s.setup.agents->number, std::move(m.what)});
}

void settle(self_type self, const msg::settle_awards& m) {
  auto& s = self->state;
  ++s.report.hops;
  for (const auto& line : m.what.lines) {
    const bool silent = s.works.contains(line.call);
    end_work(s, line.call);
    // A skill that has not answered in time is told that nobody waits any more.
    if (silent && line.slot < s.agents.size() && s.agents[line.slot] &&
        s.setup.agents->skill_of(line.slot) != nullptr)
      self->send(s.agents[line.slot], msg::stop_work{line.call});
    if (line.slot < s.agents.size() && s.agents[line.slot] &&
        s.setup.agents->members[line.slot].terms.bids == orchestration::strategy::learner)
      self->send(s.agents[line.slot], msg::settled{line});
  }
}

void attach(self_type self, const msg::attach_agents& m) {
  auto& s = self->state;
  const auto& g = *s.setup.agents;
  for (const auto& [slot, agent] : m.agents)
    if (slot < s.agents.size())
      s.agents[slot] = agent;
  msg::list_agents listing{g.number, self, g.capability_sets, {}};
  const auto add = [&](std::uint32_t slot) {
    const auto& one = g.members[slot];
    const auto* known = s.core.find(slot);
    listing.agents.push_back({one.account, one.controller, slot, one.capabilities,
                              known != nullptr ? known->reputation : one.reputation, one.bonded});
  };
  if (m.agents.empty()) // the shard was restarted and knows nobody
    for (std::uint32_t slot = 0; slot < s.agents.size(); ++slot)
      add(slot);
  else
    for (const auto& [slot, agent] : m.agents)
      if (slot < s.agents.size())
        add(slot);
  if (const auto shard = s.setup.roles->get<shard_actor>(role::shard))
    self->send(shard, std::move(listing));
}

void tick(self_type self) {
  auto& s = self->state;
  s.tick_at.reset();
  const auto now = s.setup.world.now();
  for (; !s.due.empty() && s.due.front().first <= now; s.due.pop_front())
    if (const auto at = s.calls.find(s.due.front().second); at != s.calls.end())
      send_bids(self, at->first, at->second);
  for (; !s.lapses.empty() && s.lapses.front().first <= now; s.lapses.pop_front())
    forget(s, s.lapses.front().second);
  arm(self);
}

} // namespace

static guard_actor::behavior_type behavior(self_type self, guard_setup setup) {
  auto& s = self->state;
  s.setup = std::move(setup);
  const auto& g = *s.setup.agents;
  s.core = safety::guard_core{{.exposure_share_ppm = g.exposure_share_ppm}};
  for (const auto& b : g.barriers)
    if (auto ok = s.core.add_barrier(b); !ok)
      self->quit(to_caf(ok.error()));
  s.agents.resize(g.members.size());
  s.open_works.resize(g.members.size());
  s.heard.resize(g.members.size());
  s.silence_told.resize(g.members.size());
  for (std::uint32_t slot = 0; slot < g.members.size(); ++slot) {
    const auto& one = g.members[slot];
    s.core.set_agent(slot, one.stake, one.reputation, one.terms.capacity);
  }
  return {
      [self](const msg::attach_agents& m) { attach(self, m); },
      [self](msg::call_agents& m) { call(self, m); },
      [self](const msg::close_call& m) { close(self, m); },
      [self](msg::give_award& m) { award(self, m); },
      [self](const msg::settle_awards& m) { settle(self, m); },
      [self](const msg::offered& m) { take_offer(self, m); },
      [self](msg::work_done& m) { finish(self, m); },
      [self](const msg::heartbeat& m) {
        auto& st = self->state;
        if (m.slot < st.heard.size())
          st.heard[m.slot] = st.setup.world.now();
      },
      [self](const msg::standings& m) {
        auto& st = self->state;
        for (const auto& change : m.changes)
          st.core.set_standing(change.slot, change.stake, change.reputation);
      },
      [self](const msg::tick& m) {
        if (m.number == self->state.tick_number)
          tick(self);
      },
      [self](const msg::flush_report&) { tell_recorder(self); },
  };
}

caf::actor spawn_guard(caf::local_actor& parent, guard_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
