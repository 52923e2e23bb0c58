// The node actor: carries tasks to and from orchestration::intake_core and its journal.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "ainur/orchestration/acks.hpp"
#include "ainur/store/journal.hpp"
#include "market_actors.hpp"
#include "patience.hpp"

namespace ainur {

/// Whoever asks about a task, and is answered later.
struct question {
  task_id task;
  caf::typed_response_promise<orchestration::task_status> answer;
};

struct node_state {
  node_setup setup;
  std::optional<orchestration::intake_core> core;
  orchestration::intake_outputs out; // reused by every handler
  std::vector<task_follower> followers;
  std::uint64_t followers_version = ~std::uint64_t{0};
  std::deque<msg::submit_task> waiting;                      // while it recovers
  std::deque<question> questions;                            // while it recovers
  std::uint64_t sequence = 0;                                // last record of the intake journal
  std::deque<std::pair<std::uint64_t, std::size_t>> writing; // tickets and their numbers of records
  std::map<std::uint32_t, orchestrator_actor> orchestrators;
  std::set<std::uint32_t> served; // orchestrators that were given tasks
  static inline const char* name = "ainur.node";
};

namespace {

using self_type = node_actor::stateful_pointer<node_state>;
constexpr store::writer_id node_writer{intake_journal.value};
constexpr std::size_t questions_max = 10'000; // that wait for its recovery

orchestration::moment now_of(const node_state& s) {
  const auto now = s.setup.world.now();
  return {now, s.setup.world.to_utc(now)};
}

void tell_followers(self_type self, std::vector<orchestration::task_end> ends) {
  auto& s = self->state;
  if (ends.empty())
    return;
  if (const auto version = s.setup.roles->version(); version != s.followers_version) {
    s.followers_version = version;
    s.followers.clear();
    for (const auto& [name, follower] : s.setup.roles->list<task_follower>(role::task_follower))
      s.followers.push_back(follower);
  }
  for (const auto& f : s.followers)
    post_reliably(s.setup.world, self, {node_endpoint, client_endpoint}, f, msg::task_news{ends});
}

void flush(self_type self) {
  auto& s = self->state;
  auto& out = s.out;
  if (!out.journal.empty()) {
    store::write_set set;
    for (const auto& record : out.journal)
      set.append(intake_journal, ++s.sequence, codec::encode(record));
    s.writing.emplace_back(s.sequence, out.journal.size());
    self->send(s.setup.roles->get<store_writer_actor>(role::writer),
               store_write{node_writer, s.sequence, std::move(set)});
  }
  msg::tasks_moved moved{{}, s.setup.world.now()};
  for (auto& h : out.handings)
    if (const auto to = s.orchestrators.find(h.orchestrator); to != s.orchestrators.end()) {
      if (h.from && s.served.contains(*h.from))
        moved.moves.push_back({h.what.task->id, *h.from, h.orchestrator});
      s.served.insert(h.orchestrator);
      self->send(to->second, msg::hand_task{std::move(h.what), h.adopt});
    }
  if (s.setup.keep_notes && !moved.moves.empty())
    if (const auto recorder = s.setup.roles->get<recorder_actor>(role::recorder))
      self->send(recorder, std::move(moved));
  for (const auto& c : out.cancellations)
    if (const auto to = s.orchestrators.find(c.orchestrator); to != s.orchestrators.end())
      self->send(to->second, msg::cancel_task{c.task});
  std::vector<orchestration::task_end> ends = std::move(out.finished);
  for (auto& r : out.refusals) {
    s.setup.world.log(log_level::warn, "node", "task_refused")
        .with("task", r.what.task->id)
        .with("cause", market::to_string(r.why));
    ends.push_back(
        {.task = std::move(r.what.task), .state = market::final_state::rejected, .why = r.why});
  }
  out.clear();
  tell_followers(self, std::move(ends));
}

result<orchestration::task_status> status(node_state& s, const task_id& task) {
  s.core->sweep(now_of(s));
  return s.core->status(task);
}

result<void> recover(self_type self) {
  auto& s = self->state;
  auto view = s.setup.store->open_view();
  if (!view)
    return fail(std::move(view).error());
  s.core.emplace(s.setup.options);
  for (;;) {
    auto records = store::read_journal(**view, intake_journal, s.sequence + 1);
    if (!records)
      return fail(std::move(records).error());
    if (records->empty())
      break;
    for (const auto& record : *records) {
      auto content = codec::decode<orchestration::intake_record>(record.content);
      if (!content)
        return fail(std::move(content).error());
      s.core->replay(std::move(*content));
      s.sequence = record.sequence;
    }
  }
  for (const auto& [name, one] : s.setup.roles->list<orchestrator_actor>("orchestrator/"))
    s.orchestrators.emplace(static_cast<std::uint32_t>(std::stoul(name.substr(13))), one);
  s.core->resume(s.out);
  s.setup.world.log(log_level::info, "node", s.sequence == 0 ? "opened" : "resumed")
      .with("records", s.sequence)
      .with("tasks_handed_on", s.out.handings.size());
  flush(self);
  for (auto& m : std::exchange(s.waiting, {}))
    s.core->submit(std::move(m.what), m.request, s.out);
  flush(self);
  for (auto& q : std::exchange(s.questions, {})) {
    auto found = status(s, q.task);
    if (found)
      q.answer.deliver(std::move(*found));
    else
      q.answer.deliver(to_caf(found.error()));
  }
  return {};
}

void give_up(self_type self, caf::error why) {
  self->state.setup.world.log(log_level::error, "node", "recovery_failed").with("error", why);
  for (auto& q : std::exchange(self->state.questions, {}))
    q.answer.deliver(to_caf({market::errc::busy, "the node has not recovered"}));
  self->quit(std::move(why));
}

} // namespace

result<std::shared_ptr<ack_file>> ack_file::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return fail(base_errc::io, path + ": " + std::strerror(errno));
  return std::shared_ptr<ack_file>{new ack_file{descriptor}};
}

ack_file::~ack_file() {
  flush();
  ::close(descriptor_);
}

void ack_file::submitted(const task_id& task) {
  lines_ += orchestration::to_line({task, {}}) + "\n";
}

void ack_file::ended(const task_id& task, market::final_state state, amount paid) {
  lines_ += orchestration::to_line({task, orchestration::task_ending{state, paid}}) + "\n";
}

void ack_file::flush() {
  std::size_t at = 0;
  while (at < lines_.size()) {
    const auto wrote = ::write(descriptor_, lines_.data() + at, lines_.size() - at);
    if (wrote < 0 && errno != EINTR)
      break; // an acknowledgement that is not written was not given
    at += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
  }
  lines_.clear();
}

static node_actor::behavior_type behavior(self_type self, node_setup setup) {
  self->state.setup = std::move(setup);
  self->request(self->state.setup.roles->get<store_writer_actor>(role::writer),
                patience_of(self->state.setup.world), open_writer{node_writer})
      .then(
          [self](const writer_opened&) {
            if (auto ok = recover(self); !ok)
              give_up(self, to_caf(ok.error()));
          },
          [self](caf::error& e) { give_up(self, std::move(e)); });
  return {
      [self](msg::submit_task& m) {
        auto& s = self->state;
        const auto& limits = s.setup.options;
        if (!s.core && s.waiting.size() < limits.window + limits.queue_max) {
          s.waiting.push_back(std::move(m));
          return;
        }
        if (!s.core)
          return tell_followers(self, {{.task = std::move(m.what.task),
                                        .state = market::final_state::rejected,
                                        .why = market::cause::intake_full}});
        s.core->submit(std::move(m.what), m.request, s.out);
        flush(self);
      },
      [self](const msg::cancel_task& m) {
        auto& s = self->state;
        if (!s.core)
          return;
        s.core->cancel(m.task, s.out);
        flush(self);
      },
      [self](const msg::ask_status& m) -> caf::result<orchestration::task_status> {
        auto& s = self->state;
        if (s.core) {
          auto found = status(s, m.task);
          if (!found)
            return to_caf(found.error());
          return std::move(*found);
        }
        if (s.questions.size() >= questions_max)
          return to_caf({market::errc::busy, "the node recovers"});
        auto promise = self->make_response_promise<orchestration::task_status>();
        s.questions.push_back({m.task, promise});
        return promise;
      },
      [self](msg::tasks_ended& m) {
        auto& s = self->state;
        if (!s.core)
          return; // asked of the ledger again by whoever adopts the task
        for (auto& e : m.ends)
          s.core->on_ended(std::move(e), s.out);
        flush(self);
      },
      [self](const msg::orchestrator_here& m) {
        auto& s = self->state;
        s.orchestrators.insert_or_assign(m.number, m.handle);
        if (!s.core)
          return;
        s.core->on_orchestrator_lost(m.number); // if the loss itself was not told
        s.core->on_orchestrator_ready(m.number, s.out);
        flush(self);
      },
      [self](const msg::orchestrator_lost& m) {
        auto& s = self->state;
        s.orchestrators.erase(m.number);
        if (!s.core)
          return;
        s.core->on_orchestrator_lost(m.number, s.out); // those that live take over at once
        s.setup.world.log(log_level::warn, "node", "orchestrator_lost")
            .with("orchestrator", m.number)
            .with("tasks_taken_over", s.out.handings.size());
        flush(self);
      },
      [self](const write_outcomes& m) {
        auto& s = self->state;
        for (const auto& outcome : m.outcomes) {
          if (outcome.failure)
            return self->quit(to_caf(*outcome.failure)); // starts again from the journal
          while (!s.writing.empty() && s.writing.front().first <= outcome.ticket) {
            s.core->on_durable(s.writing.front().second, now_of(s), s.out);
            s.writing.pop_front();
          }
        }
        flush(self);
      },
  };
}

caf::actor spawn_node(caf::local_actor& parent, node_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
