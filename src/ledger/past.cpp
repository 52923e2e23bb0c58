// Checkpoints of the past: each table keeps reverse deltas (history.hpp); here is what makes one
// state of them again.
#include <algorithm>
#include <utility>

#include "state_impl.hpp"

namespace ainur::ledger {

void state::impl::bound_past() {
  const auto too_much = [this] {
    if (past.size() > bounds.checkpoints_max)
      return true;
    std::size_t bytes = 0;
    b.for_each_table([&](table_id, const auto& t) { bytes += t.history_bytes(); });
    return bytes > bounds.bytes_max;
  };
  while (!past.empty() && too_much()) {
    past.pop_front();
    b.for_each_table([](table_id, auto& t) { t.drop_checkpoint(); });
  }
}

void state::keep_past(const past_bounds& bounds) {
  AINUR_ASSERT(!impl_->looking_at);
  impl_->bounds = bounds;
  impl_->bound_past();
}

checkpoint state::mark_checkpoint() {
  auto& i = *impl_;
  AINUR_ASSERT(!i.looking_at);
  const checkpoint point{chain(), height(), block_hash(), time(), state_hash()};
  if (i.bounds.checkpoints_max == 0 || (!i.past.empty() && i.past.back().point == point))
    return point;
  i.past.push_back({point, i.b.meta});
  i.b.for_each_table([](table_id, auto& t) { t.checkpoint(); });
  i.bound_past();
  return point;
}

std::vector<checkpoint> state::past() const {
  std::vector<checkpoint> all;
  for (const auto& saved : impl_->past)
    all.push_back(saved.point);
  return all;
}

result<void> state::at(std::uint64_t height, const std::function<void(const state&)>& query) const {
  auto& i = *impl_;
  AINUR_ASSERT(!i.looking_at);
  const auto found = std::find_if(i.past.begin(), i.past.end(), [height](const auto& saved) {
    return saved.point.height == height;
  });
  if (found == i.past.end())
    return fail(base_errc::not_found,
                "the checkpoint at height " + std::to_string(height) + " is not kept");
  const auto number = static_cast<std::size_t>(found - i.past.begin());
  const auto look = [&i](std::optional<std::size_t> at) {
    i.looking_at = at;
    i.b.for_each_table([at](table_id, auto& t) { t.look_back(at); });
  };
  auto& b = i.b;
  const auto saved_height = std::exchange(b.height, found->point.height);
  const auto saved_time = std::exchange(b.time, found->point.time);
  const auto saved_hash = std::exchange(b.last_hash, found->point.block_hash);
  const auto saved_meta = std::exchange(b.meta, found->meta);
  look(number);
  query(*this);
  look(std::nullopt);
  b.height = saved_height;
  b.time = saved_time;
  b.last_hash = saved_hash;
  b.meta = saved_meta;
  return {};
}

} // namespace ainur::ledger
