// One table of the ledger: records under keys, found by hashing, with what is needed around them:
// which keys were written (by a block, since the last state hash), how to take writes back (the
// undo log), which *pages* changed since they were stored, and what records held at earlier
// checkpoints (history.hpp).
//
// A record keeps its slot as long as it lives; 16 slots in a row are a page, the unit in which the
// table is stored. References to records stay valid until their own record is erased. Iteration is
// in no meaningful order; whatever must be canonical sorts the keys.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ainur/base/assert.hpp"
#include "history.hpp"

namespace ainur::ledger {

/// Who asks for the keys that were written.
enum class watcher : std::uint8_t { block, trie };

/// Slots of a page, the unit in which tables are stored.
inline constexpr std::uint32_t page_slots = 16;

/// Asks the processor for this memory. The empty statement keeps compilers from taking a function
/// that does nothing else for one without effect, and leaving its calls out.
inline void prefetch_memory(const void* p) noexcept {
  __builtin_prefetch(p);
  asm volatile("" : : "r"(p));
}

/// `Key` is ordered, trivially copyable and offers `std::uint64_t spread() const`.
template <class Key, class Record>
class table {
public:
  using key_type = Key;
  using record_type = Record;

  [[nodiscard]] std::size_t size() const noexcept { return past_ ? past_size() : size_; }

  [[nodiscard]] const Record* find(const Key& key) const noexcept {
    if (past_) [[unlikely]]
      if (const auto* before = history_.find(*past_, key); before != nullptr)
        return *before ? &**before : nullptr;
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
    note(s, nullptr);
    if (recording_)
      undo_.push_back({key, std::nullopt});
    return s.record;
  }

  void erase(const Key& key) {
    auto* s = slot_of(key);
    AINUR_ASSERT(s != nullptr);
    note(*s, &s->record);
    if (recording_)
      undo_.push_back({key, std::move(s->record)});
    remove(key);
  }

  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::uint32_t i = 0; i < used_; ++i)
      if (const auto& s = at(i); s.live && !(past_ && history_.find(*past_, s.key) != nullptr))
        visit(s.key, s.record);
    if (past_)
      history_.for_each_changed(*past_, visit);
  }

  /// Asks the processor for what a `find` will read, so that several keys' memory comes at once.
  void prefetch(const Key& key) const noexcept {
    if (!index_.empty())
      prefetch_memory(&index_[home(key.spread())]);
  }

  void prefetch_record(const Key& key) const noexcept {
    if (index_.empty())
      return;
    const auto spread = key.spread();
    for (auto i = home(spread); index_[i] != 0; i = next(i))
      if (tag_of(index_[i]) == tag_of(spread)) {
        prefetch_slot(at(number_of(index_[i])));
        return;
      }
  }

  /// Every key, sorted.
  [[nodiscard]] std::vector<Key> keys() const {
    std::vector<Key> all;
    all.reserve(size());
    for_each([&all](const Key& key, const Record&) { all.push_back(key); });
    std::sort(all.begin(), all.end());
    return all;
  }

  /// From now on keeps the keys written for this watcher too; `block` always is kept.
  void watch(watcher w) noexcept { watched_ |= bit_of(w); }

  /// Calls `visit(key, record, null if it is gone)` for the keys written since the last call, in
  /// their order. The visitor must not write.
  template <class Visitor>
  void take_written(watcher w, Visitor&& visit) {
    auto written = std::exchange(written_[static_cast<std::size_t>(w)], {});
    written.compact();
    const auto unseen = static_cast<std::uint8_t>(~bit_of(w));
    constexpr std::size_t distance = 8; // so many records' memory is on its way
    for (std::size_t i = 0; i < written.all.size(); ++i) {
      if (i + distance < written.all.size())
        prefetch_slot(at(written.all[i + distance].number));
      const auto& [key, number] = written.all[i];
      auto* s = &at(number);
      if (!s->live || !same(s->key, key)) // erased since; it may be back elsewhere
        s = slot_of(key);
      if (s != nullptr)
        s->seen &= unseen;
      visit(key, s == nullptr ? nullptr : &std::as_const(s->record));
    }
  }

  /// Forgets what was written.
  void drop_written(watcher w) {
    take_written(w, [](const Key&, const Record*) {});
  }

  // Pages.

  /// Slots in use or used before: what `begin_load` must be told.
  [[nodiscard]] std::uint32_t slots() const noexcept { return used_; }

  [[nodiscard]] std::size_t changed_pages() const noexcept { return changed_.size(); }

  /// The pages changed since the last call, sorted.
  [[nodiscard]] std::vector<std::uint32_t> take_changed_pages() {
    for (const auto page : changed_)
      page_changed_[page] = false;
    std::sort(changed_.begin(), changed_.end());
    return std::exchange(changed_, {});
  }

  /// Calls `visit(place in the page, key, record)` for the live slots of a page, in order.
  template <class Visitor>
  void for_each_in_page(std::uint32_t page, Visitor&& visit) const {
    const auto first = page * page_slots;
    for (std::uint32_t i = 0; i < page_slots && first + i < used_; ++i)
      if (const auto& s = at(first + i); s.live)
        visit(i, s.key, s.record);
  }

  /// An empty table takes `slot_count` slots, to be filled by `load` and made ready by `end_load`.
  void begin_load(std::uint32_t slot_count) {
    AINUR_ASSERT(used_ == 0);
    used_ = slot_count;
    for (std::uint32_t i = 0; i < slot_count; i += chunk_size)
      chunks_.push_back(std::make_unique<slot[]>(chunk_size));
    page_changed_.resize((slot_count + page_slots - 1) / page_slots);
  }

  /// False if there is no such slot, or it is taken.
  [[nodiscard]] bool load(std::uint32_t number, const Key& key, Record&& record) {
    if (number >= used_ || at(number).live)
      return false;
    auto& s = at(number);
    s.key = key;
    s.record = std::move(record);
    s.number = number;
    s.live = true;
    ++size_;
    return true;
  }

  /// False if a key was loaded twice.
  [[nodiscard]] bool end_load() {
    std::size_t count = 64;
    while (size_ + size_ / 2 >= count)
      count *= 2;
    reset_index(count);
    for (std::uint32_t i = used_; i-- > 0;) {
      if (!at(i).live)
        free_.push_back(i);
      else if (slot_of(at(i).key) != nullptr)
        return false;
      else
        link(at(i).key, i);
    }
    return true;
  }

  // Checkpoints.

  /// Keeps what the table holds now, until `drop_checkpoint`.
  void checkpoint() {
    for (const auto& key : history_.checkpoint(size_))
      if (auto* s = slot_of(key); s != nullptr)
        s->seen &= static_cast<std::uint8_t>(~saved_bit);
    watched_ |= saved_bit;
  }

  /// Forgets the oldest.
  void drop_checkpoint() {
    history_.drop_oldest();
    if (!history_.recording())
      watched_ &= static_cast<std::uint8_t>(~saved_bit);
  }

  [[nodiscard]] std::size_t history_bytes() const noexcept { return history_.bytes(); }

  /// Until it is called with nothing, all reads are of the checkpoint `i` (0 is the oldest), and
  /// nothing may be written.
  void look_back(std::optional<std::size_t> i) noexcept { past_ = i; }

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
  /// Whole lines of the cache if it takes some: fewer to fetch, whatever its place.
  static constexpr std::size_t slot_align = sizeof(Key) + sizeof(Record) > 64 ? 64 : 8;

  struct alignas(slot_align) slot {
    Key key{};
    Record record{};
    std::uint32_t number = 0; ///< its own, once live
    bool live = false;
    std::uint8_t seen = 0; ///< by which watchers since they last took
  };

  /// Keys in the order of their first writing, with the slot they had then; some twice, if a record
  /// was erased in between.
  struct written_keys {
    struct item {
      Key key;
      std::uint32_t number;
    };

    static constexpr std::size_t compact_min = 1u << 16;
    std::vector<item> all;
    std::size_t compact_at = compact_min;

    void add(const Key& key, std::uint32_t number) {
      all.push_back({key, number});
      if (all.size() >= compact_at) {
        compact();
        compact_at = std::max(compact_min, all.size() * 2);
      }
    }

    void compact() {
      std::sort(all.begin(), all.end(), [](const item& x, const item& y) {
        if constexpr (requires { x.key.leading(); }) {
          const auto a = x.key.leading();
          const auto b = y.key.leading();
          if (a != b)
            return a < b;
        }
        return x.key < y.key;
      });
      const auto twice = [](const item& x, const item& y) { return same(x.key, y.key); };
      all.erase(std::unique(all.begin(), all.end(), twice), all.end());
    }
  };

  static constexpr std::uint8_t saved_bit = 0x80; // the history has it

  [[nodiscard]] static constexpr std::uint8_t bit_of(watcher w) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(w));
  }

  [[nodiscard]] std::size_t past_size() const noexcept { return history_.size_at(*past_); }

  static constexpr std::uint32_t chunk_bits = 8;
  static constexpr std::uint32_t chunk_size = 1u << chunk_bits;

  slot& at(std::uint32_t i) noexcept { return chunks_[i >> chunk_bits][i & (chunk_size - 1)]; }

  const slot& at(std::uint32_t i) const noexcept {
    return chunks_[i >> chunk_bits][i & (chunk_size - 1)];
  }

  /// Before a change: `before` is what the key holds.
  void note(slot& s, const Record* before) {
    const auto news = static_cast<std::uint8_t>(watched_ & ~s.seen);
    if (news != 0) [[unlikely]]
      note_for(s, news, before);
  }

  void note_for(slot& s, std::uint8_t news, const Record* before) {
    AINUR_ASSERT(!past_);
    s.seen |= news;
    for (const auto w : {watcher::block, watcher::trie})
      if ((news & bit_of(w)) != 0)
        written_[static_cast<std::size_t>(w)].add(s.key, s.number);
    if ((news & saved_bit) != 0)
      history_.save(s.key, before);
    // Changed pages are taken between blocks, when `block` has seen nothing.
    if ((news & bit_of(watcher::block)) != 0)
      mark_page(s.number);
  }

  static void prefetch_slot(const slot& s) noexcept {
    const auto* first = reinterpret_cast<const char*>(&s);
    for (std::size_t offset = 0; offset < sizeof(slot); offset += 64)
      prefetch_memory(first + offset);
  }

  void mark_page(std::uint32_t number) {
    const auto page = number / page_slots;
    if (page >= page_changed_.size())
      page_changed_.resize(page + 1);
    if (!page_changed_[page]) {
      page_changed_[page] = true;
      changed_.push_back(page);
    }
  }

  Record& touch(slot& s) {
    note(s, &s.record);
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

  [[nodiscard]] static bool same(const Key& x, const Key& y) noexcept {
    if constexpr (requires { x.is(y); })
      return x.is(y);
    else
      return x == y;
  }

  [[nodiscard]] std::size_t position(const Key& key) const noexcept {
    if (index_.empty())
      return npos;
    const auto spread = key.spread();
    for (auto i = home(spread); index_[i] != 0; i = next(i))
      if (tag_of(index_[i]) == tag_of(spread) && same(at(number_of(index_[i])).key, key))
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

  void reset_index(std::size_t count) {
    index_.assign(count, 0);
    shift_ = 64;
    for (auto n = count; n > 1; n >>= 1)
      --shift_;
  }

  void grow() {
    reset_index(index_.empty() ? std::size_t{64} : index_.size() * 2);
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
    s.number = number;
    s.live = true;
    s.seen = 0;
    link(key, number);
    ++size_;
    mark_page(number);
    return s;
  }

  void remove(const Key& key) {
    auto hole = position(key);
    AINUR_ASSERT(hole != npos);
    const auto number = number_of(index_[hole]);
    auto& s = at(number);
    s.live = false;
    s.record = Record{};
    mark_page(number);
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
  std::array<written_keys, 2> written_; // of each watcher
  std::uint8_t watched_ = bit_of(watcher::block);
  std::vector<bool> page_changed_;
  std::vector<std::uint32_t> changed_;
  history<Key, Record> history_;
  std::optional<std::size_t> past_;
  std::vector<std::pair<Key, std::optional<Record>>> undo_;
  bool recording_ = false;
};

} // namespace ainur::ledger
