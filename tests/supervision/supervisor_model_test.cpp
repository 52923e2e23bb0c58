// The core against a slow model, and against disorder.
#include <doctest/doctest.h>

#include "supervision/group.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// What OTP's supervisor does where every child obeys at once and there is no back-off: each
/// failure is a function of the list of children.
struct model {
  struct child {
    std::uint64_t id;
    restart_kind kind;
    bool up;
  };

  strategy_kind strategy;
  restart_intensity intensity;
  std::vector<child> list{};
  std::vector<instant> restarts{};
  std::vector<std::string> log{};
  bool over = false;

  void say(const char* what, std::uint64_t id) { log.push_back(what + std::to_string(id)); }

  void stop_from(std::size_t first) {
    for (std::size_t i = list.size(); i-- > first;) {
      if (!list[i].up)
        continue;
      list[i].up = false;
      say("stop ", list[i].id);
      if (list[i].kind == restart_kind::temporary)
        forget(i);
    }
  }

  void forget(std::size_t i) {
    say("forget ", list[i].id);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void add(std::uint64_t id, restart_kind kind) {
    if (over || std::any_of(list.begin(), list.end(), [id](auto& c) { return c.id == id; }))
      return;
    list.push_back({id, kind, true});
    say("start ", id);
  }

  void exit(std::uint64_t id, exit_kind how, instant now) {
    const auto at =
        std::find_if(list.begin(), list.end(), [id](auto& c) { return c.id == id && c.up; });
    if (over || at == list.end())
      return;
    const auto i = static_cast<std::size_t>(at - list.begin());
    at->up = false;
    if (at->kind == restart_kind::temporary)
      return forget(i);
    if (at->kind == restart_kind::transient &&
        (how == exit_kind::normal || how == exit_kind::shutdown))
      return;
    restarts.push_back(now);
    const auto recent = std::count_if(restarts.begin(), restarts.end(),
                                      [&](auto t) { return t + intensity.period >= now; });
    if (recent > intensity.restarts_max)
      return end();
    if (strategy == strategy_kind::one_for_one) {
      at->up = true;
      return say("start ", id);
    }
    const auto first = strategy == strategy_kind::one_for_all ? 0 : i;
    stop_from(first);
    for (auto k = first; k < list.size(); ++k) {
      list[k].up = true;
      say("start ", list[k].id);
    }
  }

  void end() {
    stop_from(0);
    log.emplace_back("ended");
    over = true;
  }
};

} // namespace

TEST_CASE("property: as the slow model") {
  check_property("as the slow model", 500, [] {
    const auto strategy = static_cast<strategy_kind>(*rc::gen::inRange(0, 3));
    const restart_intensity intensity{static_cast<std::uint32_t>(*rc::gen::inRange(0, 6)),
                                      duration{*rc::gen::inRange(1, 20)}};
    group g{{.strategy = strategy, .intensity = intensity}};
    model m{strategy, intensity};
    g.carry_out(g.core.start(g.now));
    const auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps && !m.over; ++i) {
      g.now += duration{*rc::gen::inRange(0, 4)};
      const auto id = static_cast<std::uint64_t>(*rc::gen::inRange(1, 8));
      if (*rc::gen::inRange(0, 3) == 0) {
        const auto kind = static_cast<restart_kind>(*rc::gen::inRange(0, 3));
        g.add(id, kind);
        m.add(id, kind);
      } else {
        const auto how = static_cast<exit_kind>(*rc::gen::inRange(0, 4));
        if (g.running.contains(child_id{id}))
          g.exit(id, how);
        m.exit(id, how, g.now);
      }
      RC_ASSERT(g.log == m.log);
    }
    RC_ASSERT(g.core.children().size() == m.list.size());
  });
}

namespace {

/// Children that answer late and in any order.
struct disorder {
  supervisor_core core;
  rng random;
  instant now{};
  std::map<child_id, bool> alive{}; // present: told to start; true: up
  std::set<child_id> asked{}, killed{};
  std::optional<instant> wake{};
  bool over = false;

  void carry_out(const actions& list) {
    for (const auto& a : list) {
      RC_ASSERT_FALSE(over);
      if (const auto* s = std::get_if<start_child>(&a)) {
        RC_ASSERT_FALSE(alive.contains(s->id)); // never two of one child
        alive[s->id] = false;
      } else if (const auto* p = std::get_if<stop_child>(&a)) {
        RC_ASSERT(alive.contains(p->id));
        RC_ASSERT((p->kill ? killed : asked).insert(p->id).second);
      } else if (const auto* f = std::get_if<forget_child>(&a)) {
        RC_ASSERT_FALSE(alive.contains(f->id));
      } else if (const auto* w = std::get_if<wake_at>(&a)) {
        RC_ASSERT(w->at > now);
        wake = w->at;
      } else {
        RC_ASSERT(alive.empty());
        over = true;
      }
    }
  }

  void gone(child_id id, exit_kind how) {
    alive.erase(id);
    asked.erase(id);
    killed.erase(id);
    carry_out(core.child_exited(id, how, now));
  }

  child_id any_alive() {
    auto at = alive.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random.below(alive.size())));
    return at->first;
  }

  void pass() {
    if (wake && random.below(2) == 0)
      now = std::max(now, *std::exchange(wake, std::nullopt));
    else
      now += duration{static_cast<std::int64_t>(random.below(2000))};
    carry_out(core.timer(now));
  }

  void settle_one() {
    const auto id = any_alive();
    if (alive[id])
      return gone(id, static_cast<exit_kind>(random.below(4)));
    if (random.below(5) == 0) {
      alive.erase(id);
      return carry_out(core.child_start_failed(id, now));
    }
    alive[id] = true;
    carry_out(core.child_started(id, now));
  }

  void command() {
    const child_id id{random.below(8)};
    result<actions> out = actions{};
    switch (random.below(4)) {
    case 0:
      out = core.add(id,
                     {static_cast<restart_kind>(random.below(3)),
                      duration{static_cast<std::int64_t>(random.below(3) * 1000)}},
                     now);
      break;
    case 1:
      out = core.terminate(id, now);
      break;
    case 2:
      out = core.restart(id, now);
      break;
    default:
      out = core.remove(id);
    }
    if (out)
      carry_out(*out);
  }
};

} // namespace

TEST_CASE("property: in any disorder no child runs twice, and a shutdown ends") {
  check_property("disorder", 500, [] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto strategy = static_cast<strategy_kind>(*rc::gen::inRange(0, 3));
    const supervisor_options options{
        .strategy = strategy,
        .intensity = {static_cast<std::uint32_t>(*rc::gen::inRange(0, 30)), duration{5000}},
        .delay = {.initial = duration{*rc::gen::inRange(0, 500)}, .max = duration{2000}}};
    disorder d{supervisor_core{options, rng{seed}}, rng{seed}};
    d.carry_out(d.core.start(d.now));
    for (int i = 0; i < 200 && !d.over; ++i) {
      const auto what = d.random.below(4);
      if (what == 0)
        d.command();
      else if (what == 1)
        d.pass();
      else if (!d.alive.empty())
        d.settle_one();
    }
    if (!d.over)
      d.carry_out(d.core.shutdown(d.now));
    for (int i = 0; i < 1000 && !d.over; ++i) {
      if (d.alive.empty() || d.random.below(3) == 0)
        d.pass();
      else
        d.settle_one();
    }
    RC_ASSERT(d.over);
  });
}
