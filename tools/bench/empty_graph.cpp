// What raw CAF makes of the messages of a task: as many actors as in a market, sending each other
// as many messages in the same order, with handlers that only count and send on. Writer and ledger
// gather what comes in a burst, as the market's do, though nothing is written.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <unordered_map>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "ainur/actors/caf.hpp"
#include "ainur/actors/system.hpp"
#include "ainur/base/rng.hpp"
#include "bench.hpp"

namespace ainur::bench::empty {

using task_number = std::uint32_t;

enum class step : std::uint8_t { taken, open, award, posted, pay, finished, block };

struct entry {
  std::uint32_t who = 0;
  task_number task = 0;
  step what = step::open;
};

struct turn {};

struct begin {};

struct submit {
  task_number task;
};

struct write {
  std::vector<entry> what;
};

struct written {
  std::vector<entry> what;
};

struct hand {
  task_number task;
};

struct calls {
  entry what;
};

struct block {
  std::shared_ptr<const std::vector<entry>> content;
};

struct call_agents {
  task_number task;
  std::vector<std::uint32_t> slots;
  caf::actor orchestrator;
};

struct price_request {
  task_number task;
};

struct offered {
  task_number task;
  std::uint32_t slot;
};

struct gathered {
  task_number task;
  std::uint32_t guard;
};

struct close_call {
  task_number task;
};

struct awarded_for {
  task_number task;
};

struct give_award {
  task_number task;
  std::uint32_t slot;
  caf::actor orchestrator;
};

struct take_award {
  task_number task;
  caf::actor orchestrator;
};

struct work_done {
  task_number task;
  caf::actor orchestrator;
};

struct delivered {
  task_number task;
};

struct settle {
  std::vector<task_number> tasks;
};

struct ended {
  std::vector<task_number> tasks;
};

struct news {
  std::vector<task_number> tasks;
};

} // namespace ainur::bench::empty

AINUR_LOCAL_MESSAGE(ainur::bench::empty::turn)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::begin)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::submit)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::write)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::written)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::hand)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::calls)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::block)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::call_agents)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::price_request)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::offered)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::gathered)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::close_call)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::awarded_for)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::give_award)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::take_award)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::work_done)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::delivered)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::settle)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::ended)
AINUR_LOCAL_MESSAGE(ainur::bench::empty::news)

namespace ainur::bench {

namespace {

using namespace empty;

constexpr std::uint32_t group_size = 999;
constexpr std::uint32_t nobody = ~std::uint32_t{0};

/// All actors, filled in before the first task.
struct graph {
  pipeline_options options;
  caf::actor client, node, writer, ledger, reputation;
  std::vector<caf::actor> orchestrators, guards, agents;
  std::atomic<std::uint64_t> messages{0};
  lap start, end;
  std::promise<void> over;

  [[nodiscard]] std::uint64_t total() const { return options.warm_up + options.tasks; }
};

using graph_ptr = std::shared_ptr<graph>;

/// An actor's view: counts what it sends, and tells the graph when it ends.
template <class More>
struct state : More {
  graph_ptr g;
  std::uint64_t sent = 0;
  static inline const char* name = "bench.empty";

  ~state() {
    if (g)
      g->messages += sent;
  }
};

struct nothing {};

template <class Self, class Message>
void say(Self* self, const caf::actor& to, Message&& m) {
  ++self->state.sent;
  self->send(to, std::forward<Message>(m));
}

struct client_more {
  std::uint64_t submitted = 0, ended = 0;
};

using client_type = caf::stateful_actor<state<client_more>>;

caf::behavior client(client_type* self, const graph_ptr& g) {
  self->state.g = g;
  const auto next = [self] {
    auto& s = self->state;
    if (s.submitted < s.g->total())
      say(self, s.g->node, submit{static_cast<task_number>(s.submitted++)});
  };
  return {[self, next](const begin&) {
            for (std::uint32_t i = 0; i < self->state.g->options.window; ++i)
              next();
          },
          [self, next](const news& m) {
            auto& s = self->state;
            for (std::size_t i = 0; i < m.tasks.size(); ++i) {
              if (s.ended++ == s.g->options.warm_up)
                s.g->start = lap::now();
              next();
            }
            if (s.ended < s.g->total())
              return;
            s.g->end = lap::now();
            s.g->over.set_value();
          }};
}

using node_type = caf::stateful_actor<state<nothing>>;

caf::behavior node(node_type* self, const graph_ptr& g) {
  self->state.g = g;
  return {[self](const submit& m) {
            say(self, self->state.g->writer, write{{{nobody, m.task, step::taken}}});
          },
          [self](const ended& m) {
            write finals; // one for all of them, as in the market
            for (const auto task : m.tasks)
              finals.what.push_back({nobody, task, step::finished});
            say(self, self->state.g->writer, std::move(finals));
          },
          [self](const written& m) {
            auto& all = *self->state.g;
            news done;
            for (const auto& e : m.what)
              if (e.what == step::finished)
                done.tasks.push_back(e.task);
              else
                say(self, all.orchestrators[e.task % all.orchestrators.size()], hand{e.task});
            if (!done.tasks.empty())
              say(self, all.client, std::move(done));
          }};
}

struct writer_more {
  std::vector<entry> of_node, of_ledger;
  bool turn_asked = false;
};

using writer_type = caf::stateful_actor<state<writer_more>>;

caf::behavior writer(writer_type* self, const graph_ptr& g) {
  self->state.g = g;
  return {[self](const write& m) {
            auto& s = self->state;
            for (const auto& e : m.what)
              (e.what == step::block ? s.of_ledger : s.of_node).push_back(e);
            if (!std::exchange(s.turn_asked, true))
              say(self, caf::actor_cast<caf::actor>(self), turn{});
          },
          [self](const turn&) {
            auto& s = self->state;
            s.turn_asked = false;
            if (!s.of_node.empty())
              say(self, s.g->node, written{std::exchange(s.of_node, {})});
            if (!s.of_ledger.empty())
              say(self, s.g->ledger, written{std::exchange(s.of_ledger, {})});
          }};
}

struct ledger_more {
  std::vector<entry> next, out;
  bool turn_asked = false;
};

using ledger_type = caf::stateful_actor<state<ledger_more>>;

caf::behavior ledger(ledger_type* self, const graph_ptr& g) {
  self->state.g = g;
  const auto cut = [self] {
    auto& s = self->state;
    if (s.next.empty() || !s.out.empty())
      return;
    s.out.swap(s.next);
    say(self, s.g->writer, write{{{nobody, 0, step::block}}});
  };
  return {[self](const calls& m) {
            auto& s = self->state;
            s.next.push_back(m.what);
            if (s.out.empty() && !std::exchange(s.turn_asked, true))
              say(self, caf::actor_cast<caf::actor>(self), turn{});
          },
          [self, cut](const turn&) {
            self->state.turn_asked = false;
            cut();
          },
          [self, cut](const written&) {
            auto& s = self->state;
            const auto content =
                std::make_shared<const std::vector<entry>>(std::exchange(s.out, {}));
            for (const auto& o : s.g->orchestrators)
              say(self, o, block{content});
            say(self, s.g->reputation, block{content});
            cut();
          }};
}

caf::behavior reputation(caf::stateful_actor<state<nothing>>* self, const graph_ptr& g) {
  self->state.g = g;
  return {[](const block&) {}, [](const awarded_for&) {}};
}

struct open_task {
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> asked; // by guard
  std::uint32_t answered = 0;
};

struct orchestrator_more {
  std::uint32_t number = 0;
  rng random{1};
  std::vector<open_task> tasks; // by number
};

using orchestrator_type = caf::stateful_actor<state<orchestrator_more>>;

void ask_agents(orchestrator_type* self, task_number task) {
  auto& s = self->state;
  const auto& o = s.g->options;
  auto& t = s.tasks[task];
  for (std::uint32_t i = 0; i < o.asked; ++i) {
    const auto agent = static_cast<std::uint32_t>(s.random.next() % o.agents);
    const auto guard = agent / group_size;
    auto at = std::find_if(t.asked.begin(), t.asked.end(),
                           [guard](const auto& a) { return a.first == guard; });
    if (at == t.asked.end())
      at = t.asked.insert(at, {guard, {}});
    at->second.push_back(agent % group_size);
  }
  const auto me = caf::actor_cast<caf::actor>(self);
  for (const auto& [guard, slots] : t.asked)
    say(self, s.g->guards[guard], call_agents{task, slots, me});
}

void on_block(orchestrator_type* self, const block& m) {
  auto& s = self->state;
  std::map<std::uint32_t, std::vector<task_number>> settled;
  ended over;
  for (const auto& e : *m.content) {
    if (e.who != s.number)
      continue;
    auto& t = s.tasks[e.task];
    if (e.what == step::open) {
      ask_agents(self, e.task);
    } else if (e.what == step::award) {
      say(self, s.g->reputation, awarded_for{e.task});
      for (const auto& [guard, slots] : t.asked)
        say(self, s.g->guards[guard], close_call{e.task});
      say(self, s.g->guards[t.asked[0].first],
          give_award{e.task, t.asked[0].second[0], caf::actor_cast<caf::actor>(self)});
    } else if (e.what == step::pay) {
      settled[t.asked[0].first].push_back(e.task);
      over.tasks.push_back(e.task);
      t = {};
    }
  }
  for (auto& [guard, tasks] : settled)
    say(self, s.g->guards[guard], settle{std::move(tasks)});
  if (!over.tasks.empty())
    say(self, s.g->node, std::move(over));
}

caf::behavior orchestrator(orchestrator_type* self, const graph_ptr& g, std::uint32_t number) {
  auto& s = self->state;
  s.g = g;
  s.number = number;
  s.random = rng{number + 1};
  s.tasks.resize(g->total());
  const auto ask_ledger = [self](task_number task, step what) {
    say(self, self->state.g->ledger, calls{{self->state.number, task, what}});
  };
  return {[ask_ledger](const hand& m) { ask_ledger(m.task, step::open); },
          [self](const block& m) { on_block(self, m); },
          [self, ask_ledger](const gathered& m) {
            auto& t = self->state.tasks[m.task];
            if (++t.answered == t.asked.size())
              ask_ledger(m.task, step::award);
          },
          [ask_ledger](const delivered& m) { ask_ledger(m.task, step::pay); }};
}

struct guard_call {
  std::uint32_t left = 0;
  caf::actor orchestrator;
};

struct guard_more {
  std::uint32_t number = 0;
  std::unordered_map<task_number, guard_call> open;
};

using guard_type = caf::stateful_actor<state<guard_more>>;

caf::behavior guard(guard_type* self, const graph_ptr& g, std::uint32_t number) {
  self->state.g = g;
  self->state.number = number;
  const auto agent = [self](std::uint32_t slot) -> const caf::actor& {
    return self->state.g->agents[self->state.number * group_size + slot];
  };
  return {[self, agent](const call_agents& m) {
            self->state.open[m.task] = {static_cast<std::uint32_t>(m.slots.size()), m.orchestrator};
            for (const auto slot : m.slots)
              say(self, agent(slot), price_request{m.task});
          },
          [self](const offered& m) {
            auto& c = self->state.open[m.task];
            if (--c.left == 0)
              say(self, c.orchestrator, gathered{m.task, self->state.number});
          },
          [self](const close_call& m) { self->state.open.erase(m.task); },
          [self, agent](const give_award& m) {
            say(self, agent(m.slot), take_award{m.task, m.orchestrator});
          },
          [self](const work_done& m) {
            say(self, self->state.g->ledger, calls{{nobody, m.task, step::posted}});
            say(self, m.orchestrator, delivered{m.task});
          },
          [](const settle&) {}};
}

using agent_type = caf::stateful_actor<state<nothing>>;

caf::behavior agent(agent_type* self, const graph_ptr& g, std::uint32_t number) {
  self->state.g = g;
  return {[self, number](const price_request& m) {
            say(self, caf::actor_cast<caf::actor>(self->current_sender()),
                offered{m.task, number % group_size});
          },
          [self](const take_award& m) {
            say(self, caf::actor_cast<caf::actor>(self->current_sender()),
                work_done{m.task, m.orchestrator});
          }};
}

} // namespace

result<pipeline_figures> run_empty_graph(const pipeline_options& options) {
  const auto g = std::make_shared<graph>();
  g->options = options;
  auto over = g->over.get_future();
  {
    caf::actor_system_config config;
    configure(config, {.threads_max = options.threads});
    caf::actor_system system{config};
    g->client = system.spawn(client, g);
    g->node = system.spawn(node, g);
    g->writer = system.spawn<caf::detached>(writer, g);
    g->ledger = system.spawn(ledger, g);
    g->reputation = system.spawn(reputation, g);
    for (std::uint32_t i = 0; i < options.agents; ++i)
      g->agents.push_back(system.spawn<caf::lazy_init>(agent, g, i));
    for (std::uint32_t i = 0; i * group_size < options.agents; ++i)
      g->guards.push_back(system.spawn(guard, g, i));
    for (std::uint32_t i = 0; i < options.orchestrators; ++i)
      g->orchestrators.push_back(system.spawn(orchestrator, g, i));
    caf::anon_send(g->client, begin{});
    const bool ended = over.wait_for(std::chrono::minutes{10}) == std::future_status::ready;
    caf::scoped_actor self{system};
    std::vector<caf::actor> all{g->client, g->node, g->writer, g->ledger, g->reputation};
    for (auto* some : {&g->orchestrators, &g->guards, &g->agents})
      all.insert(all.end(), some->begin(), some->end());
    for (const auto& a : all)
      self->send_exit(a, caf::exit_reason::kill);
    self->wait_for(all);
    if (!ended)
      return fail(base_errc::unsupported, "the empty graph did not end within ten minutes");
    g->client = g->node = g->writer = g->ledger = g->reputation = nullptr;
    g->orchestrators.clear();
    g->guards.clear();
    g->agents.clear();
  }
  auto figures = figures_of(g->start, g->end, options.tasks);
  figures.messages_per_task =
      static_cast<double>(g->messages.load()) / static_cast<double>(g->total());
  return figures;
}

} // namespace ainur::bench
