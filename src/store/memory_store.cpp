#include "ainur/store/memory_store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "ainur/base/assert.hpp"
#include "raw.hpp"

namespace ainur::store {

namespace {

struct less {
  using is_transparent = void;

  bool operator()(bytes_view a, bytes_view b) const noexcept {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  }
};

using ordered_map = std::map<bytes, bytes, less>;

class memory_cursor final : public raw::cursor {
public:
  explicit memory_cursor(const ordered_map& map) : map_(map), at_(map.end()) {}

  result<bool> seek(bytes_view key) override {
    at_ = map_.lower_bound(key);
    return at_ != map_.end();
  }

  result<bool> seek_before(bytes_view key) override {
    at_ = map_.lower_bound(key);
    return previous();
  }

  result<bool> next() override { return ++at_ != map_.end(); }

  result<bool> previous() override {
    if (at_ == map_.begin())
      return false;
    --at_;
    return true;
  }

  [[nodiscard]] bytes_view key() const override { return at_->first; }

  [[nodiscard]] bytes_view value() const override { return at_->second; }

private:
  const ordered_map& map_;
  ordered_map::const_iterator at_;
};

class memory_reader final : public raw::reader {
public:
  explicit memory_reader(const ordered_map& map) : map_(map) {}

  result<std::optional<bytes_view>> find(bytes_view key) const override {
    const auto at = map_.find(key);
    return at == map_.end() ? std::nullopt : std::optional<bytes_view>{at->second};
  }

  result<std::unique_ptr<raw::cursor>> walk() const override {
    return std::make_unique<memory_cursor>(map_);
  }

private:
  const ordered_map& map_;
};

/// Changes in place and remembers how to undo.
class memory_writer final : public raw::writer {
public:
  memory_writer(ordered_map& map, std::uint64_t& used, std::uint64_t used_max)
      : map_(map), used_(used), used_before_(used), used_max_(used_max) {}

  result<std::optional<bytes_view>> find(bytes_view key) const override {
    return memory_reader{map_}.find(key);
  }

  result<std::unique_ptr<raw::cursor>> walk() const override { return memory_reader{map_}.walk(); }

  result<std::span<std::uint8_t>> put(bytes_view key, std::size_t size) override {
    auto at = map_.find(key);
    const auto old_size = at == map_.end() ? 0 : key.size() + at->second.size();
    const auto used = used_ - old_size + key.size() + size;
    if (used > used_max_)
      return fail(errc::disk_full, std::to_string(used_max_) + " bytes are allowed");
    used_ = used;
    if (at == map_.end()) {
      at = map_.emplace(bytes{key.begin(), key.end()}, bytes{}).first;
      undo_.push_back({at->first, std::nullopt});
    } else {
      undo_.push_back({at->first, std::move(at->second)});
    }
    at->second.assign(size, 0);
    return std::span<std::uint8_t>{at->second};
  }

  result<void> erase(bytes_view key) override {
    const auto at = map_.find(key);
    if (at == map_.end())
      return {};
    used_ -= key.size() + at->second.size();
    undo_.push_back({at->first, std::move(at->second)});
    map_.erase(at);
    return {};
  }

  void undo() {
    for (auto change = undo_.rbegin(); change != undo_.rend(); ++change)
      if (change->second)
        map_[change->first] = std::move(*change->second);
      else
        map_.erase(change->first);
    used_ = used_before_;
  }

private:
  ordered_map& map_;
  std::uint64_t& used_;
  std::uint64_t used_before_;
  std::uint64_t used_max_;
  std::vector<std::pair<bytes, std::optional<bytes>>> undo_;
};

class memory_view final : public raw::map_view {
public:
  memory_view(std::shared_ptr<std::mutex> mutex, std::shared_ptr<const ordered_map> map)
      : mutex_(std::move(mutex)), map_(std::move(map)), reader_(*map_) {}

  ~memory_view() override {
    // Commits look at the number of holders, so it changes under their lock.
    const std::lock_guard lock{*mutex_};
    map_.reset();
  }

  memory_view(const memory_view&) = delete;
  memory_view& operator=(const memory_view&) = delete;

private:
  [[nodiscard]] const raw::reader& source() const override { return reader_; }

  std::shared_ptr<std::mutex> mutex_;
  std::shared_ptr<const ordered_map> map_;
  memory_reader reader_;
};

std::uint64_t size_of(const ordered_map& map) {
  std::uint64_t used = 0;
  for (const auto& [key, value] : map)
    used += key.size() + value.size();
  return used;
}

/// A commit that a power failure may still lose.
struct unsynced_commit {
  std::vector<write_set> sets;
  std::uint64_t effects = 0;
};

} // namespace

struct memory_store::contents {
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
  memory_options options;
  std::shared_ptr<ordered_map> live = std::make_shared<ordered_map>();
  std::uint64_t used = 0;
  // What a restart starts from, if crash state is kept.
  ordered_map durable;
  std::vector<unsynced_commit> unsynced;
  std::uint64_t unsynced_effects = 0; // also of a commit that the crash interrupted
  memory_faults faults;
  std::uint64_t effects = 0;
  bool crashed = false;

  /// False at the crash.
  bool effect() {
    if (faults.crash_at && effects + 1 >= *faults.crash_at) {
      crashed = true;
      return false;
    }
    ++effects;
    return true;
  }

  void make_durable() {
    durable = *live;
    unsynced.clear();
    unsynced_effects = 0;
  }

  result<void> commit(std::span<const write_set> sets) {
    if (crashed)
      return fail(errc::crashed);
    // Views hold the old map; the store goes on with a copy.
    if (live.use_count() > 1)
      live = std::make_shared<ordered_map>(*live);
    memory_writer writer{*live, used, options.bytes_max};
    if (auto applied = raw::apply(writer, sets); !applied) {
      writer.undo();
      return applied;
    }
    return options.keeps_crash_state ? step_through(sets) : result<void>{};
  }

  /// The effects of a commit, one by one.
  result<void> step_through(std::span<const write_set> sets) {
    std::uint64_t own = 1; // the mark that makes it whole
    for (const auto& set : sets)
      own += set.count();
    for (std::uint64_t i = 0; i < own; ++i) {
      if (!effect())
        return fail(errc::crashed, "at write effect " + std::to_string(effects + 1));
      ++unsynced_effects;
    }
    unsynced.push_back({{sets.begin(), sets.end()}, own});
    return options.synced ? sync() : result<void>{};
  }

  result<void> sync() {
    if (crashed)
      return fail(errc::crashed);
    if (!options.keeps_crash_state || unsynced.empty())
      return {};
    if (!effect())
      return fail(errc::crashed, "at write effect " + std::to_string(effects + 1));
    make_durable();
    return {};
  }

  void restart() {
    auto left = std::min(faults.unsynced_survivors, unsynced_effects);
    live = std::make_shared<ordered_map>(durable);
    used = size_of(*live);
    for (const auto& lost_or_kept : unsynced) {
      if (lost_or_kept.effects > left)
        break;
      left -= lost_or_kept.effects;
      memory_writer writer{*live, used, ~std::uint64_t{0}};
      const auto applied = raw::apply(writer, lost_or_kept.sets);
      AINUR_ASSERT(applied.has_value()); // it was applied before, to the same map
    }
    make_durable();
    faults = {};
    effects = 0;
    crashed = false;
  }
};

memory_store::memory_store(const memory_options& options)
    : contents_(std::make_unique<contents>()) {
  contents_->options = options;
  memory_writer writer{*contents_->live, contents_->used, ~std::uint64_t{0}};
  const auto marked = raw::put_format(writer);
  AINUR_ASSERT(marked.has_value());
  if (options.keeps_crash_state)
    contents_->make_durable();
}

memory_store::~memory_store() = default;

result<void> memory_store::commit(std::span<const write_set> sets) {
  const std::lock_guard lock{*contents_->mutex};
  return contents_->commit(sets);
}

result<void> memory_store::sync() {
  const std::lock_guard lock{*contents_->mutex};
  return contents_->sync();
}

result<std::unique_ptr<view>> memory_store::open_view() const {
  const std::lock_guard lock{*contents_->mutex};
  if (contents_->crashed)
    return fail(errc::crashed);
  return std::make_unique<memory_view>(contents_->mutex, contents_->live);
}

void memory_store::set_faults(const memory_faults& faults) {
  const std::lock_guard lock{*contents_->mutex};
  AINUR_ASSERT(contents_->options.keeps_crash_state);
  contents_->faults = faults;
}

void memory_store::set_bytes_max(std::uint64_t bytes_max) {
  const std::lock_guard lock{*contents_->mutex};
  contents_->options.bytes_max = bytes_max;
}

std::uint64_t memory_store::effects() const {
  const std::lock_guard lock{*contents_->mutex};
  return contents_->effects;
}

bool memory_store::has_crashed() const {
  const std::lock_guard lock{*contents_->mutex};
  return contents_->crashed;
}

void memory_store::crash() {
  const std::lock_guard lock{*contents_->mutex};
  AINUR_ASSERT(contents_->options.keeps_crash_state);
  contents_->crashed = true;
}

void memory_store::restart() {
  const std::lock_guard lock{*contents_->mutex};
  contents_->restart();
}

bool memory_store::flip_bit(std::uint64_t index, std::uint64_t bit) {
  const std::lock_guard lock{*contents_->mutex};
  if (index >= contents_->live->size())
    return false;
  if (contents_->live.use_count() > 1)
    contents_->live = std::make_shared<ordered_map>(*contents_->live);
  auto& value = std::next(contents_->live->begin(), static_cast<std::ptrdiff_t>(index))->second;
  const auto wrapped = bit % (value.size() * 8);
  value[wrapped / 8] ^= static_cast<std::uint8_t>(1u << (wrapped % 8));
  return true;
}

} // namespace ainur::store
