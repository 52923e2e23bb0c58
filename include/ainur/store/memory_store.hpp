// The store in memory: the same behaviour without a disk, and with faults on order.
//
// Commits are made of write effects: one an operation, one that marks the commit whole, and, if
// synced, one that makes it durable. A fault plan can stop the store dead at any effect; `restart`
// then brings back what a disk would have kept: everything synced, and of the rest a prefix of the
// effects, of which only whole commits count. Thread-safe like every backend.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "ainur/store/backend.hpp"

namespace ainur::store {

struct memory_faults {
  /// Stops before this effect is carried out (1 is the first since construction or restart).
  std::optional<std::uint64_t> crash_at;
  /// At a crash, how many of the unsynced effects survive; more than there are: all.
  std::uint64_t unsynced_survivors = 0;
};

struct memory_options {
  bool synced = true;
  /// The bytes that keys and values may take; a commit beyond it is `disk_full`.
  std::uint64_t bytes_max = ~std::uint64_t{0};
  /// Keep what `restart` needs; costs memory, so off for ordinary runs.
  bool keeps_crash_state = false;
};

class memory_store final : public backend {
public:
  explicit memory_store(const memory_options& options = {});
  ~memory_store() override;
  memory_store(const memory_store&) = delete;
  memory_store& operator=(const memory_store&) = delete;

  using backend::commit;
  [[nodiscard]] result<void> commit(std::span<const write_set> sets) override;
  [[nodiscard]] result<void> sync() override;
  [[nodiscard]] result<std::unique_ptr<view>> open_view() const override;

  /// Needs `keeps_crash_state`.
  void set_faults(const memory_faults& faults);
  void set_bytes_max(std::uint64_t bytes_max);
  /// Write effects since construction or restart.
  [[nodiscard]] std::uint64_t effects() const;
  [[nodiscard]] bool has_crashed() const;
  /// Stops dead now, as the machine would.
  void crash();
  /// Comes back after a crash with what survived, and without faults.
  void restart();
  /// Flips one bit of the `index`-th stored value (in key order, all tables), as a disk might.
  /// False if there is no such value; `bit` counts through the stored form and wraps.
  bool flip_bit(std::uint64_t index, std::uint64_t bit);

private:
  struct contents;
  std::unique_ptr<contents> contents_;
};

} // namespace ainur::store
