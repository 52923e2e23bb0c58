#include "orchestration/market_model.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur::test {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t leader_count = 3;
constexpr std::uint32_t guard_count = 4;
constexpr std::uint32_t group_size = 5;
constexpr std::uint32_t client_count = 4;
constexpr std::uint64_t task_count = 24;
constexpr std::uint32_t arbiter_count = 7;
constexpr std::uint64_t first_client = 100;
constexpr std::uint64_t first_agent = 1'000;
constexpr std::uint32_t ledger_node = 0;
constexpr std::uint32_t first_leader_node = 10;
constexpr std::uint32_t first_guard_node = 100;

byte_array<32> seed_of(std::uint8_t number) {
  byte_array<32> seed{};
  seed.fill(number);
  return seed;
}

std::string capability_name(std::uint64_t number) {
  return "skill-" + std::to_string(number);
}

sim::link_model links(rng& random, bool faulty) {
  sim::link_model model;
  model.delay = sim::delay_model::uniform(duration{200}, duration{random.between(1'000, 60'000)});
  if (faulty) {
    model.loss_ppm = static_cast<std::uint32_t>(random.below(60'000));
    model.duplication_ppm = static_cast<std::uint32_t>(random.below(60'000));
    model.reordering_ppm = static_cast<std::uint32_t>(random.below(100'000));
  }
  return model;
}

} // namespace

market_model::market_model(std::uint64_t seed, market_faults faults)
    : random_(seed), faults_(faults), net_(rng{seed}.split("net")), guards_(guard_count),
      leaders_(leader_count),
      intake_({.orchestrators = leader_count, .window = 12, .queue_max = 1'000}) {
  net_.set_usual(links(random_, faults.network));
  paid_at_result_ = random_.chance_ppm(200'000);
  how_ = random_.chance_ppm(200'000) ? market::mechanism::first_price
                                     : market::mechanism::second_price;
  make_accounts();
  open_ledger();
  for (std::uint32_t g = 0; g < guard_count; ++g)
    start_guard(g);
  for (std::uint32_t o = 0; o < leader_count; ++o)
    start_leader(o);
  instant at{};
  for (std::uint64_t i = 0; i < task_count; ++i) {
    at += duration{random_.between(1'000, 3'000'000)};
    queue_.push(at, [this, i] { submit_one(i); });
  }
  plan_faults();
}

void market_model::make_accounts() {
  authority_options_.host_seed = seed_of(1);
  authority_options_.checkpoint_interval = 0;
  authority_options_.calls_max = 50;
  const auto host = ledger::account_of_seed(authority_options_.host_seed);
  genesis_.time = timestamp_at(1'600'000'000'000'000);
  genesis_.authority = host;
  genesis_.council = host;
  genesis_.parameters.review_window = 2min;
  genesis_.parameters.dispute_window = 5min;
  genesis_.parameters.arbitration_window = 5min;
  genesis_.parameters.retention = std::chrono::hours{24 * 30};
  auto& to = genesis_.allocations;
  to.push_back({host, amount::ainu(1'000'000), {}});
  for (std::uint32_t o = 0; o < leader_count; ++o)
    to.push_back({crypto::hosted_account(host, o), amount::ainu(10), amount::ainu(1'000)});
  for (std::uint64_t c = 0; c < client_count; ++c) // the first is poor
    to.push_back(
        {crypto::hosted_account(host, first_client + c), amount::ainu(c == 0 ? 6 : 500), {}});
  for (std::uint64_t a = 0; a < guard_count * group_size; ++a)
    to.push_back(
        {crypto::hosted_account(host, first_agent + a), amount::ainu(5), amount::ainu(200)});
  for (std::uint8_t i = 0; i < arbiter_count; ++i) {
    const auto seed = seed_of(static_cast<std::uint8_t>(100 + i));
    const auto id = ledger::account_of_seed(seed);
    arbiter_seeds_.emplace(id, seed);
    to.push_back({id, amount::ainu(10), amount::ainu(150)});
  }
  std::sort(to.begin(), to.end(),
            [](const auto& a, const auto& b) { return a.account < b.account; });
}

void market_model::open_ledger() {
  auto opened = ledger::state::open(genesis_);
  AINUR_ASSERT(opened.has_value());
  for (const auto& record : log_) {
    const auto block = ledger::decode_block(record);
    AINUR_ASSERT(block.has_value() &&
                 opened->apply(*block, ledger::signatures::trusted).has_value());
  }
  ledger_ = std::make_unique<ledger::authority>(std::move(*opened), authority_options_);
  ledger_tick_.reset();
  arm_ledger();
}

hash256 market_model::replayed_state_hash() const {
  auto opened = ledger::state::open(genesis_);
  for (const auto& record : log_)
    AINUR_ASSERT(opened->apply(*ledger::decode_block(record)).has_value());
  return opened->state_hash();
}

void market_model::start_guard(std::uint32_t number) {
  auto& g = guards_[number];
  g.up = true;
  ++g.life;
  g.works.clear();
  g.seen.clear();
  g.workers.clear();
  const auto host = ledger_->host();
  for (std::uint32_t slot = 0; slot < group_size; ++slot) {
    const auto index = first_agent + number * group_size + slot;
    auto draw = rng{index}.split("terms", index);
    orchestration::worker_terms terms;
    terms.cost_per_second = amount{static_cast<std::uint64_t>(draw.between(1'000, 60'000))};
    terms.reliability_ppm = 900'000;
    terms.capacity = 2;
    terms.speed_ppm = static_cast<std::uint32_t>(draw.between(500'000, 2'000'000));
    terms.bids = static_cast<orchestration::strategy>(draw.below(3));
    g.workers.emplace_back(std::make_shared<const orchestration::worker_terms>(terms), index);
    auto& faults = g.workers.back().faults();
    if (random_.chance_ppm(40'000))
      faults.silent_until = instant_at(60'000'000);
    if (random_.chance_ppm(40'000))
      faults.false_result_until = instant_at(60'000'000);
    if (random_.chance_ppm(40'000)) {
      faults.late_until = instant_at(60'000'000);
      faults.late_by = duration{random_.between(1'000'000, 60'000'000)};
    }
    const auto agent = crypto::hosted_account(host, index);
    directory_.add(agent, host, {number, slot},
                   {capability_name(index % 3), capability_name((index + 1) % 3)});
    directory_.update(agent, 500, true);
  }
  for (const auto& name : directory_.take_changed())
    for (const auto& [wanted, who] : wanted_)
      if (wanted == name)
        send_snapshot(who, name);
}

void market_model::start_leader(std::uint32_t number) {
  auto& l = leaders_[number];
  ++l.starts;
  const auto host = ledger_->host();
  orchestration::orchestrator_options options;
  options.number = number;
  options.starts = l.starts;
  options.account = crypto::hosted_account(host, number);
  options.hosted_index = number;
  options.host = host;
  options.how = how_;
  options.asked = 6;
  options.ledger_patience = 2s;
  options.finish_grace = 20s;
  options.paid_at_result = paid_at_result_;
  l.core = std::make_unique<orchestration::orchestrator_core>(
      options, routing::make_learned_router(), rng{number}.split("leader", l.starts));
  l.tick.reset();
  with_intake([&](auto& out) { intake_.on_orchestrator_ready(number, out); });
}

void market_model::submit_one(std::uint64_t sequence) {
  const auto host = ledger_->host();
  const auto client_index = first_client + random_.below(client_count);
  auto t = std::make_shared<market::task>();
  t->client = crypto::hosted_account(host, client_index);
  t->id = crypto::task_id_of(t->client, sequence);
  t->value_per_second = amount{random_.below(1'000)};
  t->award_by = now().utc + duration{random_.between(500'000, 60'000'000)};
  t->deadline = t->award_by + duration{random_.between(1'000'000, 120'000'000)};
  t->judged_by =
      random_.chance_ppm(500'000) ? market::verification::digest : market::verification::accept;
  t->reputation_min = random_.chance_ppm(100'000) ? std::uint16_t{550} : std::uint16_t{0};
  const auto parts = 1 + random_.below(4);
  amount budget{random_.below(200'000)};
  for (std::uint64_t i = 0; i < parts; ++i) {
    market::subtask part;
    // Nobody offers the last one.
    part.capability = capability_name(random_.chance_ppm(50'000) ? 9 : random_.below(3));
    part.work = duration{random_.between(0, 20'000'000)};
    part.reserve = amount{static_cast<std::uint64_t>(random_.between(20'000, 1'500'000))};
    for (std::uint16_t before = 0; before < i; ++before)
      if (random_.chance_ppm(400'000))
        part.needs.push_back(before);
    budget = *budget.plus(part.reserve);
    t->subtasks.push_back(std::move(part));
  }
  t->budget = budget;
  submitted.insert(t->id);
  orchestration::submission s{
      .task = t, .client_index = client_index, .disputes_falsely = random_.chance_ppm(60'000)};
  s.submitted = now_;
  with_intake([&](auto& out) { intake_.submit(s, sequence, out); });
  if (random_.chance_ppm(100'000)) // told twice
    with_intake([&](auto& out) { intake_.submit(s, sequence, out); });
  if (faults_.cancels && random_.chance_ppm(250'000))
    after(duration{random_.between(0, 10'000'000)},
          [this, id = t->id] { with_intake([&](auto& out) { intake_.cancel(id, out); }); });
}

void market_model::plan_faults() {
  const auto some = [&](bool on, std::uint64_t most, const std::function<void(std::uint32_t)>& f) {
    for (auto n = on ? random_.below(most + 1) : 0; n > 0; --n) {
      const auto who = static_cast<std::uint32_t>(random_.next());
      after(duration{random_.between(0, 60'000'000)}, [f, who] { f(who); });
    }
  };
  some(faults_.orchestrators, 6, [this](auto who) { kill_leader(who % leader_count); });
  some(faults_.guards, 5, [this](auto who) { kill_guard(who % guard_count); });
  some(faults_.ledger, 3, [this](auto) { kill_ledger(); });
}

void market_model::kill_leader(std::uint32_t number) {
  if (!leaders_[number].core)
    return;
  leaders_[number].core.reset();
  std::erase_if(wanted_, [number](const auto& w) { return w.second == number; });
  with_intake([&](auto& out) {
    if (number % 2 == 0)
      intake_.on_orchestrator_lost(number, out);
    else
      intake_.on_orchestrator_lost(number); // its tasks wait for the next that is ready
  });
  after(duration{random_.between(10'000, 5'000'000)}, [this, number] { start_leader(number); });
}

void market_model::kill_guard(std::uint32_t number) {
  auto& g = guards_[number];
  if (!g.up)
    return;
  g.up = false;
  directory_.remove_guard(number);
  for (std::uint32_t o = 0; o < leader_count; ++o)
    after(1ms, [this, o, number] {
      with_leader(o, [&](auto& core, auto& out) { core.on_guard_lost(number, now(), out); });
    });
  for (const auto& name : directory_.take_changed())
    for (const auto& [wanted, who] : wanted_)
      if (wanted == name)
        send_snapshot(who, name);
  after(duration{random_.between(10'000, 4'000'000)}, [this, number] { start_guard(number); });
}

void market_model::kill_ledger() {
  ++ledger_life_; // what waits, and a block that is not durable yet, is gone
  open_ledger();
}

void market_model::post(std::uint32_t from, std::uint32_t to, action what) {
  for (const auto delay : net_.send(from, to, now_))
    after(delay, what);
}

void market_model::complain(std::string what) {
  complaints.push_back(to_string(now().utc) + " " + std::move(what));
}

void market_model::with_leader(
    std::uint32_t number,
    const std::function<void(orchestration::orchestrator_core&, orchestration::outputs&)>& f) {
  auto& l = leaders_[number];
  if (!l.core)
    return;
  orchestration::outputs out;
  f(*l.core, out);
  carry_out(number, out);
  const auto next = l.core->next_timer();
  if (!next || (l.tick && *l.tick <= *next))
    return;
  l.tick = next;
  queue_.push(std::max(*next, now_), [this, number, at = *next, life = l.starts] {
    auto& me = leaders_[number];
    if (me.starts != life || me.tick != at)
      return;
    me.tick.reset();
    with_leader(number, [&](auto& core, auto& o) { core.on_timer(now(), o); });
  });
}

void market_model::carry_out(std::uint32_t number, orchestration::outputs& out) {
  const auto me = first_leader_node + number;
  if (!out.ledger.empty())
    post(me, ledger_node, [this, number, calls = out.ledger] { to_ledger(number, calls); });
  for (const auto& id : out.views)
    post(me, ledger_node, [this, number, me, id] {
      // As of the last durable block: what is out is not shown.
      if (ledger_->block_is_out())
        return;
      post(ledger_node, me, [this, number, id, view = orchestration::view_of(state().task(id))] {
        with_leader(number, [&](auto& core, auto& o) { core.on_ledger_view(id, view, now(), o); });
      });
    });
  for (const auto& name : out.capabilities) {
    wanted_.insert({name, number});
    if (!faults_.network || !random_.chance_ppm(100'000)) // else the shard is just restarting
      send_snapshot(number, name);
  }
  for (const auto& group : out.calls)
    post(me, first_guard_node + group.guard, [this, group] { guard_called(group.guard, group); });
  for (const auto& closing : out.closings)
    post(me, first_guard_node + closing.guard,
         [this, closing] { guard_closed(closing.guard, closing); });
  for (const auto& a : out.awards)
    post(me, first_guard_node + a.to.guard,
         [this, a] { guard_awarded(a.to.guard, a.to.slot, a.award); });
  for (const auto& s : out.settlements)
    post(me, first_guard_node + s.guard, [this, s] {
      auto& g = guards_[s.guard];
      for (const auto& line : s.lines) {
        if (!g.up)
          return;
        if (g.works.erase(line.call) > 0)
          g.workers[line.slot].end();
        g.workers[line.slot].settled(line.call, line.success, line.price, line.slashed, line.work);
      }
    });
  for (auto& end : out.ended)
    after(1ms, [this, end] { with_intake([&](auto& o) { intake_.on_ended(end, o); }); });
}

void market_model::send_snapshot(std::uint32_t who, const std::string& capability) {
  post(1, first_leader_node + who, [this, who, agents = directory_.find(capability)] {
    with_leader(who, [&](auto& core, auto& out) { core.on_snapshot(agents, now(), out); });
  });
}

void market_model::with_intake(const std::function<void(orchestration::intake_outputs&)>& f) {
  orchestration::intake_outputs out;
  f(out);
  if (const auto count = out.journal.size(); count > 0)
    after(2ms, [this, count] { // in order: the delay is always the same
      with_intake([&](auto& o) { intake_.on_durable(count, now(), o); });
    });
  for (const auto& h : out.handings)
    after(1ms, [this, h] {
      with_leader(h.orchestrator, [&](auto& core, auto& o) {
        h.adopt ? core.adopt(h.what, now(), o) : core.submit(h.what, now(), o);
      });
    });
  for (const auto& c : out.cancellations)
    after(1ms, [this, c] {
      with_leader(c.orchestrator, [&](auto& core, auto& o) { core.cancel(c.task, now(), o); });
    });
  const auto note = [this](orchestration::task_end end) {
    auto& seen = ends[end.task->id];
    ++seen.times;
    ++causes[std::string{market::to_string(end.state)} + "/" +
             std::string{market::to_string(end.why)}];
    seen.end = std::move(end);
  };
  for (auto& end : out.finished)
    note(std::move(end));
  for (auto& r : out.refusals)
    note({.task = r.what.task, .state = market::final_state::rejected, .why = r.why});
}

void market_model::to_ledger(std::uint32_t who,
                             std::vector<orchestration::outputs::request> calls) {
  for (auto& c : calls)
    if (!ledger_->add({who, c.correlation}, std::move(c.entry), now_))
      complain("the ledger took no more calls");
  arm_ledger();
}

void market_model::arm_ledger() {
  const auto next = ledger_->wake_at(now_, now().utc);
  if (!next || (ledger_tick_ && *ledger_tick_ <= *next))
    return;
  ledger_tick_ = next;
  queue_.push(std::max(*next, now_), [this, at = *next, life = ledger_life_] {
    if (life != ledger_life_ || ledger_tick_ != at)
      return;
    ledger_tick_.reset();
    turn_ledger();
  });
}

void market_model::turn_ledger() {
  auto record = ledger_->cut(now_, now().utc, false);
  if (!record)
    return arm_ledger();
  after(duration{random_.between(100, 5'000)},
        [this, life = ledger_life_, log = std::move(*record)] {
          if (life != ledger_life_)
            return; // killed before the block was durable
          log_.push_back(log);
          publish(*ledger_->durable());
          arm_ledger();
        });
}

void market_model::publish(const ledger::published& block) {
  ++blocks_;
  if (!state().conserved())
    complain("money is not conserved at height " + std::to_string(block.height));
  const auto& r = state().rules();
  if (blocks_ % 16 == 0 &&
      state().escrows_overdue(r.review_window + r.dispute_window + r.arbitration_window) != 0)
    complain("an escrow is overdue");
  const auto shared = std::make_shared<const ledger::published>(block);
  for (std::uint32_t o = 0; o < leader_count; ++o)
    post(ledger_node, first_leader_node + o, [this, o, shared] {
      for (const auto& a : shared->answers)
        if (a.to.who == o && a.to.correlation != 0)
          with_leader(o, [&](auto& core, auto& out) {
            core.on_ledger_answer(a.to.correlation, orchestration::meaning_of(a.how), now(),
                                  shared->time, out);
          });
      for (const auto& e : shared->events)
        if (const auto known = orchestration::event_of(e))
          with_leader(o, [&](auto& core, auto& out) { core.on_ledger_event(*known, now(), out); });
    });
  for (const auto& e : block.events)
    if (const auto* drawn = std::get_if<ledger::event::arbiters_drawn>(&e))
      vote(*drawn);
}

void market_model::vote(const ledger::event::arbiters_drawn& drawn) {
  for (const auto& arbiter : drawn.arbiters) {
    const auto seed = arbiter_seeds_.find(arbiter);
    if (seed == arbiter_seeds_.end() || random_.chance_ppm(250'000))
      continue; // an absentee
    const bool for_agent = random_.chance_ppm(500'000);
    post(2, ledger_node, [this, arbiter, seed, drawn, for_agent] {
      ledger::batch b{.signer = arbiter,
                      .nonce = state().nonce(arbiter),
                      .valid_until = now().utc + 1h,
                      .entries = {{arbiter, std::nullopt,
                                   ledger::vote_dispute{drawn.task, drawn.subtask, for_agent}}}};
      auto batch = ledger::sign_batch(state().chain(), std::move(b), seed->second);
      if (random_.chance_ppm(50'000))
        batch.signature[0] ^= 1;
      if (!ledger_->add({999, 0}, ledger::check(state().chain(), std::move(batch)), now_))
        complain("the ledger took no more batches");
      arm_ledger();
    });
  }
}

void market_model::guard_called(std::uint32_t number,
                                const orchestration::outputs::asked_group& group) {
  auto& g = guards_[number];
  if (!g.up || !g.seen.insert(group.call->number).second)
    return;
  std::vector<orchestration::guarded_bid> bids;
  const auto host = ledger_->host();
  for (const auto slot : group.slots) {
    auto offer = g.workers[slot].consider(*group.call, {}, now_);
    if (!offer)
      continue;
    if (offer->floor > group.call->reserve)
      continue; // refused by the barriers
    const auto index = first_agent + number * group_size + slot;
    bids.push_back({.slot = slot,
                    .agent = crypto::hosted_account(host, index),
                    .hosted_index = index,
                    .price = std::min(offer->price, group.call->reserve),
                    .work = std::min(offer->work, group.call->deadline - now().utc)});
  }
  const auto answered = static_cast<std::uint32_t>(group.slots.size());
  post(first_guard_node + number, first_leader_node + group.call->orchestrator,
       [this, number, answered, bids, call = group.call] {
         with_leader(call->orchestrator, [&](auto& core, auto& out) {
           auto copy = bids;
           core.on_bids(call->number, number, answered, copy, now(), out);
         });
       });
}

void market_model::guard_awarded(std::uint32_t number, std::uint32_t slot,
                                 const market::award& award) {
  auto& g = guards_[number];
  if (!g.up || g.works.contains(award.call))
    return;
  const auto host = ledger_->host();
  const auto index = first_agent + number * group_size + slot;
  if (crypto::hosted_account(host, index) != award.agent)
    complain("an award for another agent");
  g.works.emplace(award.call, slot);
  const auto plan = g.workers[slot].begin(award, now_);
  if (plan.silent)
    return;
  after(plan.takes, [this, number, slot, index, award, plan, life = g.life] {
    auto& me = guards_[number];
    if (!me.up || me.life != life || me.works.erase(award.call) == 0)
      return;
    me.workers[slot].end();
    ledger::call told = ledger::post_result{award.task, award.subtask, plan.digest};
    if (plan.gives_up)
      told = ledger::give_up{award.task, award.subtask};
    const auto node = first_guard_node + number;
    post(node, ledger_node, [this, index, told, agent = award.agent] {
      to_ledger(999, {{0, {agent, index, told}}});
    });
    post(node, first_leader_node + award.orchestrator, [this, award, plan] {
      with_leader(award.orchestrator, [&](auto& core, auto& out) {
        market::delivery d{.call = award.call,
                           .task = award.task,
                           .subtask = award.subtask,
                           .agent = award.agent,
                           .gave_up = plan.gives_up,
                           .digest = plan.digest,
                           .content = {1, 2, 3}};
        core.on_delivery(d, now(), out);
      });
    });
  });
}

void market_model::guard_closed(std::uint32_t number,
                                const orchestration::outputs::closing& closing) {
  auto& g = guards_[number];
  if (!g.up)
    return;
  for (const auto slot : closing.losers) {
    const auto work = g.works.find(closing.call);
    if (work != g.works.end() && work->second == slot) {
      g.works.erase(work);
      g.workers[slot].end();
    } else {
      g.workers[slot].lost(closing.call);
    }
  }
}

std::size_t market_model::waiting_in_cores() const {
  std::size_t busy = intake_.under_way();
  for (const auto& l : leaders_)
    busy += l.core && !l.core->is_idle() ? 1 : 0;
  return busy;
}

void market_model::run() {
  constexpr auto limit = instant_at(std::int64_t{4} * 3'600 * 1'000'000);
  while (!queue_.empty() && *queue_.next_time() < limit) {
    auto next = queue_.pop();
    now_ = next->at;
    next->what();
    if (submitted.size() == task_count && all_ended() && waiting_in_cores() == 0)
      break;
  }
}

hash256 market_model::trace_hash() {
  crypto::hasher h{"market-model"};
  for (const auto& [id, seen] : ends)
    h.add(id)
        .add(static_cast<std::uint64_t>(seen.end.state))
        .add(static_cast<std::uint64_t>(seen.end.why))
        .add(seen.end.paid.micro())
        .add(static_cast<std::uint64_t>(micros(seen.end.total)));
  return h.add(state().block_hash()).add(state().state_hash()).finish();
}

} // namespace ainur::test
