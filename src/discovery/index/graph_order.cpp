// Renumbering and auditing.
#include <algorithm>
#include <string>

#include "graph.hpp"

namespace ainur::discovery::detail {

namespace {
/// Slots placed around one start before the next begins: their rows and links fit a processor's
/// second-level cache.
constexpr std::size_t block_slots = 1'024;
} // namespace

std::vector<slot> graph::order_of_places(std::size_t count) const {
  std::vector<slot> order;
  order.reserve(count);
  std::vector<std::uint8_t> taken(count, 0);
  std::vector<slot> starts; // met at the edges of blocks
  const auto take = [&](slot s) {
    taken[s] = 1;
    order.push_back(s);
  };
  for (slot next = 0;;) {
    slot start = no_slot;
    while (start == no_slot && !starts.empty()) {
      if (taken[starts.back()] == 0)
        start = starts.back();
      starts.pop_back();
    }
    while (start == no_slot && next < count) {
      if (taken[next] == 0 && levels_[next] != no_level)
        start = next;
      ++next;
    }
    if (start == no_slot)
      return order;
    auto at = order.size();
    const auto end = at + block_slots;
    take(start);
    for (; at < order.size(); ++at) {
      const auto s = order[at];
      const auto* links = list(s, 0);
      for (std::uint32_t i = 0; i < degree(s, 0); ++i) {
        if (taken[links[i]] != 0)
          continue;
        if (order.size() < end)
          take(links[i]);
        else
          starts.push_back(links[i]);
      }
    }
  }
}

void graph::renumber(const std::vector<slot>& order) {
  std::vector<slot> place(capacity_, no_slot);
  for (std::size_t i = 0; i < order.size(); ++i)
    place[order[i]] = static_cast<slot>(i);
  const auto width = width_of(0);
  buffer<std::byte> row_bytes;
  buffer<float> norms;
  buffer<slot> links;
  buffer<std::uint8_t> levels;
  buffer<std::uint32_t> upper_at;
  row_bytes.resize(row_bytes_.size());
  norms.resize(capacity_);
  links.resize(links_0_.size());
  levels.resize(capacity_);
  upper_at.resize(capacity_);
  std::fill_n(levels.data(), capacity_, no_level);
  const auto translate = [&](slot* from, std::size_t count, slot* to) {
    for (std::size_t i = 0; i < count; ++i)
      to[i] = from[i] == no_slot ? no_slot : place[from[i]];
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto s = order[i];
    std::copy_n(row_bytes_.data() + s * rows_.row_bytes, rows_.row_bytes,
                row_bytes.data() + i * rows_.row_bytes);
    norms[i] = inverse_norms_[s];
    levels[i] = levels_[s];
    upper_at[i] = upper_at_[s];
    translate(list(s, 0), width, links.data() + i * width);
    for (std::uint8_t l = 1; l <= levels_[s]; ++l)
      translate(list(s, l), links_, list(s, l));
  }
  const auto entry = entry_.load();
  if (entry != ~std::uint64_t{0})
    entry_.store((entry >> 32) << 32 | place[static_cast<slot>(entry)]);
  row_bytes_ = std::move(row_bytes);
  inverse_norms_ = std::move(norms);
  links_0_ = std::move(links);
  levels_ = std::move(levels);
  upper_at_ = std::move(upper_at);
  rows_.rows = row_bytes_.data();
  rows_.inverse_norms = inverse_norms_.data();
}

std::string graph::audit(std::size_t count) const {
  for (slot s = 0; s < capacity_; ++s) {
    if (levels_[s] == no_level)
      continue;
    const auto name = "slot " + std::to_string(s);
    if (s >= count)
      return name + " is taken beyond the end";
    for (std::uint8_t l = 0; l <= levels_[s]; ++l) {
      const auto* links = list(s, l);
      const auto many = degree(s, l);
      for (std::uint32_t i = 0; i < width_of(l); ++i) {
        const auto n = links[i];
        if ((n == no_slot) != (i >= many))
          return name + " has a gap in its links";
        if (n == no_slot)
          continue;
        if (n == s || n >= count || levels_[n] == no_level || levels_[n] < l)
          return name + " is linked to what is not there";
        if (std::find(links, links + i, n) != links + i)
          return name + " is linked twice to one";
        if (!linked(n, s, l))
          return name + " has a link that goes one way";
      }
    }
  }
  return {};
}

} // namespace ainur::discovery::detail
