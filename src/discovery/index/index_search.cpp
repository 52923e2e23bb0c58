// Searches: which way is best for a filter, and the ways that do without the graph.
#include <algorithm>
#include <functional>

#include "parts.hpp"

namespace ainur::discovery {

namespace {

using detail::rank;
using detail::ranked;
using detail::score_of;
using detail::slot;

constexpr std::size_t batch = 256;
constexpr std::size_t turns = 8; // searches of one call that take turns
/// In small arrays whole units of allocation and the lists kept for chance weigh more.
constexpr std::size_t capacity_slack = 10'000;
/// Where fewer pass than one in this many, scoring all of them is quicker than a walk through the
/// graph that must look at many for each that passes, and misses none.
constexpr std::uint32_t exact_share_ppm = 40'000;
/// A walk that scores more than this part of the index is given up for an exact search.
constexpr std::uint32_t walk_part = 16;

/// Keeps the best of what it is shown; `room` has their pool.
class best_of {
public:
  best_of(std::size_t count, std::vector<ranked>& pool) : count_(count), pool_(pool) {
    pool_.clear();
  }

  void offer(float score, slot s) {
    if (pool_.size() == count_ && score < worst_)
      return;
    const auto r = rank(score, s);
    if (pool_.size() == count_) {
      if (r < pool_.front())
        return;
      std::pop_heap(pool_.begin(), pool_.end(), std::greater<>{});
      pool_.pop_back();
    }
    pool_.push_back(r);
    std::push_heap(pool_.begin(), pool_.end(), std::greater<>{});
    worst_ = score_of(pool_.front());
  }

  void sort() { std::sort(pool_.begin(), pool_.end(), std::greater<>{}); }

private:
  std::size_t count_;
  std::vector<ranked>& pool_;
  float worst_ = 0;
};

result<void> check_question(const index_options& options, std::span<const float> query,
                            std::uint32_t count, std::uint32_t width) {
  if (count < 1 || count > matches_max)
    return fail(errc::bad_option, "asked for " + std::to_string(count) + " matches; 1 to " +
                                      std::to_string(matches_max) + " can be had");
  if (width > detail::width_max)
    return fail(errc::bad_option, "width is " + std::to_string(width) + "; it must be at most " +
                                      std::to_string(detail::width_max));
  return detail::check_vector(options, query);
}

} // namespace

void capability_index::parts::score_all(const detail::query& q, std::uint32_t count,
                                        detail::scratch& room) const {
  const auto& how = detail::kernels_for(options.kind, options.portable);
  best_of best{count, room.pool};
  room.scores.resize(batch);
  room.scored = static_cast<std::uint32_t>(used);
  for (std::size_t first = 0; first < end; first += batch) {
    const auto many = std::min(batch, end - first);
    how.scan(q, links.rows(), static_cast<slot>(first), many, room.scores.data());
    for (std::size_t i = 0; i < many; ++i) {
      const auto s = static_cast<slot>(first + i);
      if (room.pool.size() < count || room.scores[i] >= score_of(room.pool.front()))
        if (links.level_of(s) != detail::no_level)
          best.offer(room.scores[i], s);
    }
  }
  best.sort();
}

void capability_index::parts::score_passing(const detail::query& q, std::uint32_t count,
                                            const index_filter& filter,
                                            detail::scratch& room) const {
  const auto& how = detail::kernels_for(options.kind, options.portable);
  std::vector<slot> candidates;
  terms.candidates(filter, end, candidates);
  best_of best{count, room.pool};
  room.scored = 0;
  room.scores.resize(batch);
  std::size_t kept = 0;
  const auto score = [&] {
    how.gather(q, links.rows(), room.slots.data(), kept, room.scores.data());
    for (std::size_t i = 0; i < kept; ++i)
      best.offer(room.scores[i], room.slots[i]);
    room.scored += static_cast<std::uint32_t>(kept);
    kept = 0;
  };
  room.slots.resize(batch);
  constexpr std::size_t ahead = 16;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i + ahead < candidates.size())
      __builtin_prefetch(&terms.of(candidates[i + ahead]));
    const auto s = candidates[i];
    if (!passes(s, filter))
      continue;
    __builtin_prefetch(links.row(s).data());
    room.slots[kept++] = s;
    if (kept == batch)
      score();
  }
  score();
  best.sort();
}

capability_index::parts::search_plan
capability_index::parts::plan(std::uint32_t count, std::uint32_t width,
                              const index_filter& filter) const {
  const auto all = slots.enter();
  search_plan how;
  if (used < options.exact_below)
    return how;
  how.width = std::max(width == 0 ? options.search_width : width, count);
  if (filter.empty()) {
    how.method = search_method::graph;
    return how;
  }
  const auto share_ppm = terms.share_ppm(filter, end, keys.keys());
  if (share_ppm < exact_share_ppm || used * share_ppm / 1'000'000 < options.exact_below)
    return how;
  how.method = search_method::filtered_graph;
  how.scored_max = static_cast<std::uint32_t>(used / walk_part);
  return how;
}

search_result capability_index::parts::find(const detail::query& q, const search_plan& how,
                                            std::uint32_t count, const index_filter& filter,
                                            detail::scratch& room) const {
  if (how.method == search_method::graph) {
    links.search(q, how.width, room);
    return result_of(room, count, how.method);
  }
  const auto allowed = [&](slot s) { return passes(s, filter); };
  if (how.method == search_method::filtered_graph &&
      links.search(q, how.width, how.scored_max, allowed, room))
    return result_of(room, count, how.method);
  const auto all = slots.enter();
  filter.empty() ? score_all(q, count, room) : score_passing(q, count, filter, room);
  return result_of(room, count, search_method::exact);
}

search_result capability_index::parts::result_of(const detail::scratch& room, std::uint32_t count,
                                                 search_method method) const {
  search_result out{.matches = {}, .method = method, .scored = room.scored};
  const auto many = std::min<std::size_t>(count, room.pool.size());
  out.matches.reserve(many);
  for (std::size_t i = 0; i < many; ++i)
    out.matches.push_back({keys.key_of(detail::slot_of(room.pool[i])), score_of(room.pool[i])});
  std::sort(out.matches.begin(), out.matches.end(), [](const match& a, const match& b) {
    return a.score != b.score ? a.score > b.score : a.key < b.key;
  });
  return out;
}

result<search_result> capability_index::search(std::span<const float> query, std::uint32_t count,
                                               const index_filter& filter,
                                               std::uint32_t width) const {
  const auto& p = *parts_;
  if (const auto fits = check_question(p.options, query, count, width); !fits)
    return fail(fits.error());
  const auto q = detail::make_query(p.options.kind, query);
  detail::scratch_loan room{p.rooms};
  const auto together = p.structure.enter();
  return p.find(q, p.plan(count, width, filter), count, filter, *room);
}

result<search_result> capability_index::search_exactly(std::span<const float> query,
                                                       std::uint32_t count,
                                                       const index_filter& filter) const {
  const auto& p = *parts_;
  if (const auto fits = check_question(p.options, query, count, 0); !fits)
    return fail(fits.error());
  const auto q = detail::make_query(p.options.kind, query);
  detail::scratch_loan room{p.rooms};
  const auto together = p.structure.enter();
  return p.find(q, {}, count, filter, *room);
}

result<std::vector<search_result>> capability_index::search_many(std::span<const float> queries,
                                                                 std::uint32_t count,
                                                                 const index_filter& filter,
                                                                 std::uint32_t width) const {
  const auto& p = *parts_;
  const auto dimension = p.options.dimension;
  if (queries.size() % dimension != 0)
    return fail(errc::wrong_shape, std::to_string(queries.size()) +
                                       " components are no whole number of vectors of " +
                                       std::to_string(dimension));
  std::vector<detail::query> prepared;
  for (std::size_t i = 0; i < queries.size(); i += dimension) {
    const auto query = queries.subspan(i, dimension);
    if (const auto fits = check_question(p.options, query, count, width); !fits)
      return fail(fits.error().within("query " + std::to_string(i / dimension)));
    prepared.push_back(detail::make_query(p.options.kind, query));
  }
  std::vector<search_result> out(prepared.size());
  std::vector<std::unique_ptr<detail::scratch_loan>> loans;
  std::vector<detail::scratch*> rooms;
  for (std::size_t i = 0; i < std::min(turns, prepared.size()); ++i) {
    loans.push_back(std::make_unique<detail::scratch_loan>(p.rooms));
    rooms.push_back(&**loans.back());
  }
  const auto together = p.structure.enter();
  const auto how = p.plan(count, width, filter);
  if (how.method == search_method::graph)
    p.links.search(prepared, how.width, rooms, [&](std::size_t i, detail::scratch& room) {
      out[i] = p.result_of(room, count, how.method);
    });
  else
    for (std::size_t i = 0; i < prepared.size(); ++i)
      out[i] = p.find(prepared[i], how, count, filter, *rooms[0]);
  return out;
}

void capability_index::tidy() {
  auto& p = *parts_;
  const auto alone = p.structure.enter_alone();
  const auto order = p.links.order_of_places(p.end);
  detail::key_table keys;
  detail::terms_table terms;
  keys.grow(p.links.capacity());
  terms.grow(p.links.capacity());
  for (std::size_t i = 0; i < order.size(); ++i) {
    keys.insert(p.keys.key_of(order[i]), static_cast<slot>(i));
    terms.set(static_cast<slot>(i), p.terms.of(order[i]));
  }
  p.links.renumber(order);
  p.keys = std::move(keys);
  p.terms = std::move(terms);
  p.free.clear();
  p.end = order.size();
}

std::string capability_index::audit() const {
  const auto& p = *parts_;
  const auto alone = p.structure.enter_alone();
  std::size_t taken = 0;
  for (slot s = 0; s < p.links.capacity(); ++s) {
    if (p.links.level_of(s) == detail::no_level)
      continue;
    ++taken;
    if (p.keys.find(p.keys.key_of(s)) != s)
      return "slot " + std::to_string(s) + " is not found by its key";
  }
  if (taken != p.used || p.used + p.free.size() != p.end)
    return "slots in use and free ones are not all";
  for (const auto s : p.free)
    if (s >= p.end || p.links.level_of(s) != detail::no_level)
      return "slot " + std::to_string(s) + " is free and in use";
  if (p.links.capacity() > capacity_slack &&
      p.memory_bytes() > p.links.capacity() * bytes_per_vector(p.options))
    return "the arrays take more than the bound a vector";
  return p.links.audit(p.end);
}

} // namespace ainur::discovery
