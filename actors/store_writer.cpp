#include "ainur/actors/store_writer.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace ainur {
namespace {

struct writer_state {
  /// What is known of one writer.
  struct writer {
    std::uint64_t waiting = 0;
    caf::actor reply_to; // the sender of its last set
    std::vector<caf::typed_response_promise<writer_opened>> opening;
  };

  const char* name = "store_writer";
  std::optional<environment> world;
  std::shared_ptr<store::backend> store;
  store_writer_options options;
  store::group_committer core;
  std::map<store::writer_id, writer> writers;
  store_figures figures;
  bool flush_is_due = false; // a store_flush is on its way

  [[nodiscard]] writer_opened credit() const {
    const auto shares = std::max(1u, options.writers_max);
    return {std::max<std::uint64_t>(1, options.group.waiting_count_max / shares),
            std::max<std::uint64_t>(1, options.group.waiting_bytes_max / shares)};
  }
};

using self_ptr = store_writer_actor::stateful_pointer<writer_state>;
using outcomes_by_writer = std::map<store::writer_id, write_outcomes>;

void open_if_idle(writer_state& state, store::writer_id id) {
  const auto found = state.writers.find(id);
  if (found == state.writers.end() || found->second.waiting != 0 || found->second.opening.empty())
    return;
  state.core.reset(id);
  for (auto& promise : std::exchange(found->second.opening, {}))
    promise.deliver(state.credit());
}

void log_failure(const environment& world, const error& why) {
  const bool full = why.is(store::errc::disk_full);
  world.log(log_level::error, "store", full ? "disk_full" : "commit_failed").with("error", why);
}

/// Commits batch after batch while they are due; each writer hears once of all its sets.
void commit_due(self_ptr self, bool idle) {
  auto& state = self->state;
  outcomes_by_writer told;
  while (const auto batch = state.core.flush(state.world->now(), idle)) {
    const auto outcome = state.store->commit(*batch);
    state.figures.commits += outcome ? 1 : 0;
    if (!outcome)
      log_failure(*state.world, outcome.error());
    for (auto& completion : state.core.committed(outcome)) {
      auto& writer = state.writers[completion.writer];
      writer.waiting -= 1;
      state.figures.sets += completion.outcome ? 1 : 0;
      state.figures.failures += completion.outcome ? 0 : 1;
      write_outcome one{completion.ticket, std::nullopt};
      if (!completion.outcome)
        one.failure = std::move(completion.outcome.error());
      told[completion.writer].outcomes.push_back(std::move(one));
    }
  }
  for (auto& [id, message] : told) {
    tell(self, state.writers[id].reply_to, std::move(message));
    open_if_idle(state, id);
  }
}

/// Arranges that what waits is committed once the messages already in the mailbox are taken.
void flush_later(self_ptr self) {
  auto& state = self->state;
  if (state.flush_is_due || state.core.waiting_count() == 0)
    return;
  state.flush_is_due = true;
  const auto due = state.core.wake_at().value_or(state.world->now());
  const auto wait = due - state.world->now();
  if (state.options.group.delay <= duration{0} || wait <= duration{0})
    self->send(self, store_flush{});
  else
    self->delayed_send(self, wait, store_flush{});
}

void handle_write(self_ptr self, store_write& m) {
  auto& state = self->state;
  auto& writer = state.writers[m.writer];
  writer.reply_to = caf::actor_cast<caf::actor>(self->current_sender());
  auto added = state.core.add(m.writer, m.ticket, std::move(m.set), state.world->now());
  if (!added) {
    ++state.figures.failures;
    state.world->log(log_level::warn, "store", "write_refused")
        .with("writer", m.writer.value)
        .with("error", added.error());
    tell(self, writer.reply_to, write_outcomes{{{m.ticket, std::move(added.error())}}});
    return;
  }
  ++writer.waiting;
  const auto& bounds = state.options.group;
  if (state.core.waiting_count() >= bounds.batch_count_max ||
      state.core.waiting_bytes() >= bounds.batch_bytes_max)
    commit_due(self, false);
  flush_later(self);
}

store_writer_actor::behavior_type run_store_writer(self_ptr self, const environment& world,
                                                   std::shared_ptr<store::backend> store,
                                                   const store_writer_options& options) {
  auto& state = self->state;
  state.world.emplace(world);
  state.store = std::move(store);
  state.options = options;
  state.core = store::group_committer{options.group};
  return {
      [self](store_write& m) { handle_write(self, m); },
      [self](const open_writer& m) -> caf::result<writer_opened> {
        auto promise = self->make_response_promise<writer_opened>();
        self->state.writers[m.writer].opening.push_back(promise);
        open_if_idle(self->state, m.writer);
        return promise;
      },
      [self](store_flush) {
        self->state.flush_is_due = false;
        commit_due(self, true);
        flush_later(self);
      },
      [self](const get_store_figures&) {
        auto figures = self->state.figures;
        figures.waiting = self->state.core.waiting_count();
        return figures;
      },
  };
}

} // namespace

store_writer_actor spawn_store_writer(caf::actor_system& system, const environment& world,
                                      std::shared_ptr<store::backend> store,
                                      const store_writer_options& options) {
  if (world.is_virtual())
    return system.spawn(run_store_writer, world, std::move(store), options);
  return system.spawn<caf::detached>(run_store_writer, world, std::move(store), options);
}

} // namespace ainur
