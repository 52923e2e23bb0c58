#include "key_table.hpp"

#include <utility>

#include "ainur/base/assert.hpp"

namespace ainur::discovery::detail {

/// Any number of buckets, so that memory follows the capacity and not the next power of two.
std::size_t key_table::home(std::uint64_t key) const noexcept {
  auto mixed = (key ^ (key >> 32)) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 29;
  __extension__ using wide = unsigned __int128;
  return static_cast<std::size_t>(wide{mixed * 0xbf58476d1ce4e5b9u} * buckets_.size() >> 64);
}

std::size_t key_table::place_of(std::uint64_t key) const noexcept {
  auto at = home(key);
  while (buckets_[at] != 0 && keys_[buckets_[at] - 1] != key)
    at = at + 1 == buckets_.size() ? 0 : at + 1;
  return at;
}

slot key_table::find(std::uint64_t key) const noexcept {
  return buckets_.size() == 0 ? ~slot{0} : buckets_[place_of(key)] - 1;
}

void key_table::insert(std::uint64_t key, slot s) noexcept {
  const auto at = place_of(key);
  AINUR_ASSERT(buckets_[at] == 0 && s < keys_.size());
  keys_[s] = key;
  buckets_[at] = s + 1;
}

/// Whoever stands behind the gap and may stand in it moves there, so no marks are left.
void key_table::erase(std::uint64_t key) noexcept {
  auto gap = place_of(key);
  AINUR_ASSERT(buckets_[gap] != 0);
  const auto size = buckets_.size();
  for (auto at = gap;;) {
    at = at + 1 == size ? 0 : at + 1;
    if (buckets_[at] == 0)
      break;
    const auto wanted = home(keys_[buckets_[at] - 1]);
    if ((at + size - wanted) % size >= (at + size - gap) % size)
      buckets_[std::exchange(gap, at)] = buckets_[at];
  }
  buckets_[gap] = 0;
}

void key_table::grow(std::size_t capacity) {
  keys_.resize(capacity);
  const auto old = std::move(buckets_);
  buckets_ = {};
  buckets_.resize(capacity + capacity / 2 + 1);
  for (std::size_t i = 0; i < old.size(); ++i)
    if (old[i] != 0)
      buckets_[place_of(keys_[old[i] - 1])] = old[i];
}

} // namespace ainur::discovery::detail
