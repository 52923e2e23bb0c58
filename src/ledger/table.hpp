// One table of the ledger: records under keys, found by hashing, with what a block needs around
// them: which keys were written (the write set) and how to take writes back (the undo log).
//
// References to records stay valid until their own record is erased. Iteration is in no meaningful
// order; whatever must be canonical sorts the keys.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ainur/base/assert.hpp"

namespace ainur::ledger {

/// `Key` is ordered, trivially copyable and offers `std::uint64_t spread() const`.
template <class Key, class Record>
class table {
public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] const Record* find(const Key& key) const noexcept {
    const auto* s = slot_of(key);
    return s == nullptr ? nullptr : &s->record;
  }

  /// The record, noted as written. It must exist.
  [[nodiscard]] Record& edit(const Key& key) {
    auto* s = slot_of(key);
    AINUR_ASSERT(s != nullptr);
    return touch(*s);
  }

  /// The record, noted as written; null if there is none.
  [[nodiscard]] Record* edit_if(const Key& key) {
    auto* s = slot_of(key);
    return s == nullptr ? nullptr : &touch(*s);
  }

  /// A new record; the key must be free.
  Record& insert(const Key& key, Record record = {}) {
    auto& s = place(key, std::move(record));
    note(s);
    if (recording_)
      undo_.push_back({key, std::nullopt});
    return s.record;
  }

  void erase(const Key& key) {
    auto* s = slot_of(key);
    AINUR_ASSERT(s != nullptr);
    note(*s);
    if (recording_)
      undo_.push_back({key, std::move(s->record)});
    remove(key);
  }

  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::uint32_t i = 0; i < used_; ++i)
      if (const auto& s = at(i); s.live)
        visit(s.key, s.record);
  }

  /// Asks the processor for what a `find` will read, so that several keys' memory comes at once.
  void prefetch(const Key& key) const noexcept {
    if (!index_.empty())
      __builtin_prefetch(&index_[home(key.spread())]);
  }

  void prefetch_record(const Key& key) const noexcept {
    if (index_.empty())
      return;
    const auto spread = key.spread();
    for (auto i = home(spread); index_[i] != 0; i = next(i))
      if (tag_of(index_[i]) == tag_of(spread)) {
        const auto* first = reinterpret_cast<const char*>(&at(number_of(index_[i])));
        for (std::size_t offset = 0; offset < sizeof(slot); offset += 64)
          __builtin_prefetch(first + offset);
        return;
      }
  }

  /// Every key, sorted.
  [[nodiscard]] std::vector<Key> keys() const {
    std::vector<Key> all;
    all.reserve(size_);
    for_each([&all](const Key& key, const Record&) { all.push_back(key); });
    std::sort(all.begin(), all.end());
    return all;
  }

  /// The keys written since the last call, sorted.
  [[nodiscard]] std::vector<Key> take_written() {
    for (const auto& key : written_)
      if (auto* s = slot_of(key); s != nullptr)
        s->written = false;
    std::sort(written_.begin(), written_.end(), [](const Key& x, const Key& y) {
      if constexpr (requires { x.leading(); }) {
        const auto a = x.leading();
        const auto b = y.leading();
        if (a != b)
          return a < b;
      }
      return x < y;
    });
    written_.erase(std::unique(written_.begin(), written_.end()), written_.end());
    return std::exchange(written_, {});
  }

  void record_undo(bool on) noexcept { recording_ = on; }

  [[nodiscard]] std::size_t undo_mark() const noexcept { return undo_.size(); }

  void forget_undo() noexcept { undo_.clear(); }

  void roll_back(std::size_t mark) {
    while (undo_.size() > mark) {
      auto [key, before] = std::move(undo_.back());
      undo_.pop_back();
      if (auto* s = slot_of(key); s != nullptr) {
        if (before)
          s->record = std::move(*before);
        else
          remove(key);
      } else if (before) {
        // Erased keys are in the written list already.
        place(key, std::move(*before));
      }
    }
  }

private:
  struct slot {
    Key key{};
    Record record{};
    bool live = false;
    bool written = false;
  };

  static constexpr std::uint32_t chunk_bits = 8;
  static constexpr std::uint32_t chunk_size = 1u << chunk_bits;

  slot& at(std::uint32_t i) noexcept { return chunks_[i >> chunk_bits][i & (chunk_size - 1)]; }

  const slot& at(std::uint32_t i) const noexcept {
    return chunks_[i >> chunk_bits][i & (chunk_size - 1)];
  }

  void note(slot& s) {
    if (!s.written) {
      s.written = true;
      written_.push_back(s.key);
    }
  }

  Record& touch(slot& s) {
    note(s);
    if (recording_)
      undo_.push_back({s.key, s.record});
    return s.record;
  }

  // Linear probing; an index entry is a slot number plus one under a tag of the key's spread, so
  // that the slots of other keys need not be read. 0 is empty.
  using index_entry = std::uint64_t;

  [[nodiscard]] std::size_t home(std::uint64_t spread) const noexcept {
    return static_cast<std::size_t>(spread >> shift_);
  }

  [[nodiscard]] static index_entry tag_of(std::uint64_t x) noexcept { return x & 0xffffffff; }

  [[nodiscard]] static std::uint32_t number_of(index_entry e) noexcept {
    return static_cast<std::uint32_t>(e >> 32) - 1;
  }

  [[nodiscard]] static index_entry entry_of(std::uint64_t spread, std::uint32_t number) noexcept {
    return (index_entry{number} + 1) << 32 | tag_of(spread);
  }

  [[nodiscard]] std::size_t next(std::size_t i) const noexcept {
    return (i + 1) & (index_.size() - 1);
  }

  [[nodiscard]] std::size_t position(const Key& key) const noexcept {
    if (index_.empty())
      return npos;
    const auto spread = key.spread();
    for (auto i = home(spread); index_[i] != 0; i = next(i))
      if (tag_of(index_[i]) == tag_of(spread) && at(number_of(index_[i])).key == key)
        return i;
    return npos;
  }

  [[nodiscard]] const slot* slot_of(const Key& key) const noexcept {
    const auto i = position(key);
    return i == npos ? nullptr : &at(number_of(index_[i]));
  }

  [[nodiscard]] slot* slot_of(const Key& key) noexcept {
    const auto i = position(key);
    return i == npos ? nullptr : &at(number_of(index_[i]));
  }

  void grow() {
    const auto count = index_.empty() ? std::size_t{64} : index_.size() * 2;
    index_.assign(count, 0);
    shift_ = 64;
    for (auto n = count; n > 1; n >>= 1)
      --shift_;
    for (std::uint32_t i = 0; i < used_; ++i)
      if (at(i).live)
        link(at(i).key, i);
  }

  void link(const Key& key, std::uint32_t number) {
    const auto spread = key.spread();
    auto i = home(spread);
    while (index_[i] != 0)
      i = next(i);
    index_[i] = entry_of(spread, number);
  }

  slot& place(const Key& key, Record record) {
    AINUR_ASSERT(slot_of(key) == nullptr);
    if (size_ + size_ / 2 >= index_.size())
      grow();
    std::uint32_t number = used_;
    if (free_.empty()) {
      if ((used_ & (chunk_size - 1)) == 0)
        chunks_.push_back(std::make_unique<slot[]>(chunk_size));
      ++used_;
    } else {
      number = free_.back();
      free_.pop_back();
    }
    auto& s = at(number);
    s.key = key;
    s.record = std::move(record);
    s.live = true;
    s.written = false;
    link(key, number);
    ++size_;
    return s;
  }

  void remove(const Key& key) {
    auto hole = position(key);
    AINUR_ASSERT(hole != npos);
    const auto number = number_of(index_[hole]);
    auto& s = at(number);
    s.live = false;
    s.record = Record{};
    free_.push_back(number);
    --size_;
    // Backward shift: entries move up so that no probe meets the hole.
    index_[hole] = 0;
    for (auto i = next(hole); index_[i] != 0; i = next(i)) {
      const auto wanted = home(at(number_of(index_[i])).key.spread());
      const auto mask = index_.size() - 1;
      if (((i - wanted) & mask) >= ((i - hole) & mask)) {
        index_[hole] = std::exchange(index_[i], 0);
        hole = i;
      }
    }
  }

  static constexpr std::size_t npos = ~std::size_t{0};
  std::vector<std::unique_ptr<slot[]>> chunks_;
  std::vector<index_entry> index_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
  std::size_t size_ = 0;
  int shift_ = 64;
  std::vector<Key> written_;
  std::vector<std::pair<Key, std::optional<Record>>> undo_;
  bool recording_ = false;
};

} // namespace ainur::ledger
