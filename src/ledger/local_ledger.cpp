#include "ainur/ledger/local_ledger.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/store/environment.hpp"
#include "ainur/store/journal.hpp"

namespace ainur::ledger {

namespace {

/// What is answered if no batch would act, so that no block is made of them: a stranger must not
/// move the ledger's clock. Each is asked as if it were the first: those before it change nothing.
std::optional<applied> all_refused(const state& s, const std::vector<signed_batch>& batches,
                                   timestamp time) {
  applied none;
  none.height = s.height();
  none.time = s.time();
  none.block_hash = s.block_hash();
  for (const auto& b : batches) {
    const auto why = s.admission(b, time);
    if (why == errc::ok)
      return std::nullopt;
    none.batches.push_back({b.batch.signer, b.batch.nonce, why, {}});
  }
  return none;
}

} // namespace

struct local_ledger::parts {
  mutable std::mutex mutex;
  std::shared_ptr<store::backend> store;
  std::shared_ptr<store::lmdb_environment> on_disk; ///< the same, if it is one
  local_options options;
  std::optional<ledger::state> state; ///< nothing: the store could not be read again
  std::optional<log_keeper> keeper;
  std::uint64_t standings = 0;
  std::deque<followed_block> recent;

  /// What the store holds, from the start or after a failed write.
  result<void> load() {
    state.reset();
    keeper.reset();
    auto view = store->open_view();
    if (!view)
      return fail(view.error());
    auto s = open_log(**view, signatures::trusted, options.elections);
    if (!s)
      return fail(s.error());
    auto k = log_keeper::open(**view, options.keeper, *s);
    if (!k)
      return fail(k.error());
    const auto extent = store::extent_of(**view, standing_journal);
    if (!extent)
      return fail(extent.error());
    standings = extent->last();
    auto past = options.past;
    if (options.keeper.keep_blocks != 0) // a base is written from a checkpoint
      past.checkpoints_max = std::max<std::size_t>(past.checkpoints_max, 2);
    s->keep_past(past);
    state.emplace(std::move(*s));
    keeper.emplace(std::move(*k));
    return {};
  }

  /// Reads the store again if an earlier attempt failed.
  result<void> ready() {
    if (state)
      return {};
    if (auto loaded = load(); !loaded)
      return loaded;
    recent.clear();
    return {};
  }

  result<void> log(const built& made) {
    const auto& done = made.applied;
    store::write_set set;
    set.append(block_journal, done.height, made.record);
    if (auto events = standing_events(done.events); !events.empty())
      set.append(standing_journal, ++standings,
                 codec::encode(standing_record{done.height, std::move(events)}));
    keeper->add(set, *state, made.record.size());
    return store->commit(set);
  }
};

local_ledger::local_ledger(std::unique_ptr<parts> p) noexcept : parts_(std::move(p)) {}

local_ledger::~local_ledger() = default;

result<std::unique_ptr<local_ledger>> local_ledger::open(std::shared_ptr<store::backend> store,
                                                         const local_options& options) {
  auto p = std::make_unique<parts>();
  p->on_disk = std::dynamic_pointer_cast<store::lmdb_environment>(store);
  p->store = std::move(store);
  p->options = options;
  if (auto loaded = p->load(); !loaded)
    return fail(loaded.error());
  return std::unique_ptr<local_ledger>{new local_ledger{std::move(p)}};
}

result<std::unique_ptr<local_ledger>> local_ledger::open(const std::string& directory,
                                                         const local_options& options) {
  auto store = store::lmdb_environment::open(directory, {.create = false});
  if (!store)
    return fail(store.error());
  return open(std::shared_ptr<store::backend>{std::move(*store)}, options);
}

result<std::unique_ptr<local_ledger>>
local_ledger::create(const std::string& directory, const genesis& g, const local_options& options) {
  auto store = store::lmdb_environment::open(directory);
  if (!store)
    return fail(store.error());
  if (auto prepared = prepare_log(**store, g, options.elections); !prepared)
    return fail(prepared.error());
  return open(std::shared_ptr<store::backend>{std::move(*store)}, options);
}

result<applied> local_ledger::submit(std::vector<signed_batch> batches, timestamp now) {
  auto& p = *parts_;
  const std::lock_guard lock{p.mutex};
  if (auto ready = p.ready(); !ready)
    return fail(ready.error());
  auto& s = *p.state;
  const auto time = std::max(now, s.time() + duration{1});
  const auto deadline = s.next_deadline();
  if (!(deadline && *deadline <= time))
    if (auto refused = all_refused(s, batches, time))
      return std::move(*refused);
  auto made = s.build(time, std::move(batches));
  if (!made)
    return fail(made.error());
  if (auto logged = p.log(*made); !logged) {
    // The state is ahead of the log: back to what is durable. If even that fails, it is tried
    // again by the next call.
    (void)p.load();
    return fail(logged.error());
  }
  if (p.options.checkpoint_interval != 0 && s.height() % p.options.checkpoint_interval == 0)
    (void)s.mark_checkpoint();
  p.recent.push_back({std::move(made->block), made->applied});
  if (p.recent.size() > p.options.recent_blocks)
    p.recent.pop_front();
  return std::move(made->applied);
}

std::optional<timestamp> local_ledger::next_deadline() const {
  const std::lock_guard lock{parts_->mutex};
  return parts_->state ? parts_->state->next_deadline() : std::nullopt;
}

result<void> local_ledger::query(const std::function<void(const state&)>& question) const {
  const std::lock_guard lock{parts_->mutex};
  if (auto ready = parts_->ready(); !ready)
    return ready;
  question(*parts_->state);
  return {};
}

result<void> local_ledger::query_at(std::uint64_t height,
                                    const std::function<void(const state&)>& question) const {
  const std::lock_guard lock{parts_->mutex};
  if (auto ready = parts_->ready(); !ready)
    return ready;
  return parts_->state->at(height, question);
}

result<state_proof> local_ledger::prove_account(const account_id& id) const {
  const std::lock_guard lock{parts_->mutex};
  if (auto ready = parts_->ready(); !ready)
    return fail(ready.error());
  return parts_->state->prove_account(id);
}

result<std::vector<followed_block>> local_ledger::follow(std::uint64_t after,
                                                         std::size_t count_max) const {
  std::vector<followed_block> out;
  {
    const std::lock_guard lock{parts_->mutex};
    if (auto ready = parts_->ready(); !ready)
      return fail(ready.error());
    if (parts_->state->height() <= after)
      return out;
    const auto& recent = parts_->recent;
    if (!recent.empty() && recent.front().block.height <= after + 1) {
      for (const auto& b : recent)
        if (b.block.height > after && out.size() < count_max)
          out.push_back(b);
      return out;
    }
  }
  auto view = parts_->store->open_view();
  if (!view)
    return fail(view.error());
  const auto extent = store::extent_of(**view, block_journal);
  if (!extent)
    return fail(extent.error());
  if (after + 1 < extent->first)
    return fail(base_errc::not_found,
                "the blocks before height " + std::to_string(extent->first) + " were pruned");
  const auto done = replay_log(
      **view,
      [&](const block& b, const applied& a) {
        if (b.height > after && out.size() < count_max)
          out.push_back({b, a});
      },
      after + std::min<std::uint64_t>(count_max, ~std::uint64_t{0} - after),
      parts_->options.elections);
  return done ? result<std::vector<followed_block>>{std::move(out)} : fail(done.error());
}

result<std::vector<touch>> local_ledger::history(const account_id& who, std::uint64_t from,
                                                 std::size_t limit) const {
  const auto view = parts_->store->open_view();
  return view ? touches_of(**view, who, from, limit, parts_->options.elections)
              : fail(view.error());
}

result<void> local_ledger::backup(const std::string& target_directory) const {
  if (!parts_->on_disk)
    return fail(base_errc::unsupported, "the store is not on disk");
  return parts_->on_disk->backup(target_directory);
}

} // namespace ainur::ledger
