// The reputation actor: a projection of the ledger's events with a durable cursor.
//
// It reads the journal of standing events that the ledger writes in the same commit as its blocks,
// so after a restart it goes on where its own last snapshot stands and misses nothing.
#include <algorithm>
#include <unordered_map>

#include "ainur/orchestration/standing.hpp"
#include "ainur/store/journal.hpp"
#include "market_actors.hpp"
#include "patience.hpp"

namespace ainur {

struct reputation_state {
  reputation_setup setup;
  orchestration::standing_projection core;
  std::uint64_t read = 0;      // records of the standing journal that are in `core`
  std::uint64_t snapshots = 0; // tickets of our own
  std::uint64_t since_snapshot = 0;
  bool ready = false;
  bool snapshot_out = false;
  static inline const char* name = "ainur.reputation";
};

namespace {

using self_type = reputation_actor::stateful_pointer<reputation_state>;
constexpr store::writer_id reputation_writer{100};
const auto snapshot_key = as_bytes("reputation");

void tell_shard(self_type self, std::vector<orchestration::standing_change> changed) {
  if (changed.empty())
    return;
  auto& s = self->state;
  msg::standings m;
  for (const auto& c : changed)
    m.changes.push_back({c.account, c.score, c.bonded, c.stake});
  if (const auto shard = s.setup.roles->get<shard_actor>(role::shard))
    self->send(shard, std::move(m));
}

void save(self_type self) {
  auto& s = self->state;
  if (s.snapshot_out || s.since_snapshot < s.setup.snapshot_interval)
    return;
  s.since_snapshot = 0;
  s.snapshot_out = true;
  store::write_set set;
  set.put(node_table, snapshot_key, codec::encode(s.core.save(s.read)));
  self->send(s.setup.roles->get<store_writer_actor>(role::writer),
             store_write{reputation_writer, ++s.snapshots, std::move(set)});
}

/// Reads what the journal holds beyond `read`.
result<void> catch_up(self_type self) {
  auto& s = self->state;
  auto view = s.setup.store->open_view();
  if (!view)
    return fail(std::move(view).error());
  for (;;) {
    auto records = store::read_journal(**view, standing_journal, s.read + 1);
    if (!records)
      return fail(std::move(records).error());
    if (records->empty())
      return {};
    for (const auto& record : *records) {
      auto content = codec::decode<ledger::standing_record>(
          record.content, {.bytes_max = std::size_t{64} << 20, .elements_max = 1u << 20});
      if (!content)
        return fail(std::move(content).error());
      tell_shard(self, s.core.apply(content->events));
      s.read = record.sequence;
    }
  }
}

result<void> recover(self_type self) {
  auto& s = self->state;
  auto view = s.setup.store->open_view();
  if (!view)
    return fail(std::move(view).error());
  auto saved = (*view)->get(node_table, snapshot_key);
  if (!saved)
    return fail(std::move(saved).error());
  auto start = ledger::read_genesis(**view);
  if (!start)
    return fail(std::move(start).error());
  s.core.begin(*start);
  if (*saved) {
    auto snapshot = codec::decode<orchestration::standing_snapshot>(
        **saved, {.bytes_max = std::size_t{1} << 30, .elements_max = 1u << 24});
    if (!snapshot)
      return fail(std::move(snapshot).error());
    s.read = snapshot->cursor;
    s.core.load(std::move(*snapshot));
  }
  return {};
}

} // namespace

static reputation_actor::behavior_type behavior(self_type self, reputation_setup setup) {
  self->state.setup = std::move(setup);
  self->request(self->state.setup.roles->get<store_writer_actor>(role::writer),
                patience_of(self->state.setup.world), open_writer{reputation_writer})
      .then(
          [self](const writer_opened&) {
            auto ok = recover(self);
            if (ok)
              ok = catch_up(self);
            const auto& world = self->state.setup.world;
            if (!ok) {
              world.log(log_level::error, "reputation", "recovery_failed")
                  .with("error", ok.error());
              return self->quit(to_caf(ok.error()));
            }
            self->state.ready = true;
            world.log(log_level::info, "reputation", "opened").with("records", self->state.read);
          },
          [self](caf::error& e) { self->quit(std::move(e)); });
  return {
      [self](const msg::block& m) {
        auto& s = self->state;
        if (!s.ready)
          return; // it is in the journal
        // A block's standing events are in the journal as the next record, if it has any. The
        // events at hand are used unless a record was missed.
        const auto chosen = ledger::standing_events(m.content->events);
        if (chosen.empty())
          return;
        if (m.content->standing_sequence == s.read + 1) {
          tell_shard(self, s.core.apply(chosen));
          ++s.read;
        } else if (m.content->standing_sequence > s.read) {
          if (auto ok = catch_up(self); !ok)
            return self->quit(to_caf(ok.error()));
        }
        ++s.since_snapshot;
        save(self);
      },
      [self](const msg::awarded_for& m) {
        self->state.core.note_capability(m.task, m.subtask, m.capability);
      },
      [self](const write_outcomes& m) {
        self->state.snapshot_out = false;
        for (const auto& outcome : m.outcomes)
          if (outcome.failure)
            self->quit(to_caf(*outcome.failure));
      },
  };
}

caf::actor spawn_reputation(caf::local_actor& parent, reputation_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
