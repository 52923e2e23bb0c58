// Changes of the index, and what is checked at its door.
#include <algorithm>
#include <bit>

#include "ainur/base/assert.hpp"
#include "ainur/base/rng.hpp"
#include "parts.hpp"

namespace ainur::discovery {

namespace {

constexpr std::uint32_t dimension_max = 1'024;
constexpr std::uint32_t links_min = 4;
constexpr std::uint32_t links_max = 64;
constexpr std::uint32_t vectors_max_max = 1u << 30;
constexpr std::size_t capacity_first = 256;
constexpr int level_bits = 3; // an eighth of a level's slots is on the next too

result<void> in_range(const char* name, std::uint64_t value, std::uint64_t least,
                      std::uint64_t most) {
  if (value >= least && value <= most)
    return {};
  return fail(errc::bad_option, std::string{name} + " is " + std::to_string(value) +
                                    "; it must be " + std::to_string(least) + " to " +
                                    std::to_string(most));
}

result<void> check_terms(const attributes& a) {
  return in_range("region", a.region, 0, regions_max - 1);
}

} // namespace

result<void> check(const index_options& o) {
  if (o.kind > scalar::max_value)
    return fail(errc::bad_option, "kind is neither int8 nor float32");

  struct limit {
    const char* name;
    std::uint64_t value, least, most;
  };

  const limit limits[] = {
      {"dimension", o.dimension, 1, dimension_max},
      {"links", o.links, links_min, links_max},
      {"build_width", o.build_width, std::min(o.links, links_max), detail::width_max},
      {"search_width", o.search_width, 1, detail::width_max},
      {"vectors_max", o.vectors_max, 1, vectors_max_max},
  };
  for (const auto& l : limits)
    if (const auto fits = in_range(l.name, l.value, l.least, l.most); !fits)
      return fits;
  return {};
}

namespace detail {
result<void> check_vector(const index_options& o, std::span<const float> vector) {
  if (vector.size() != o.dimension)
    return fail(errc::wrong_shape, "the vector has " + std::to_string(vector.size()) +
                                       " components; the index holds vectors of " +
                                       std::to_string(o.dimension));
  bool any = false;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(vector[i]) & 0x7fffffffu;
    if (bits >= 0x7f800000u)
      return fail(errc::wrong_shape, "component " + std::to_string(i) + " is not a finite number");
    any = any || bits != 0;
  }
  return any ? result<void>{}
             : fail(errc::wrong_shape, "the vector is zero, so it has no direction");
}
} // namespace detail

std::size_t bytes_per_vector(const index_options& o) noexcept {
  const auto upper = (o.links * sizeof(detail::slot) + 5) / 6;
  return detail::row_bytes_of(o.kind, o.dimension) + sizeof(float) // row, norm
         + 2 * o.links * sizeof(detail::slot) + upper              // links
         + 1 + sizeof(std::uint32_t)                               // level, place of its links
         + sizeof(attributes) + 4                                  // terms
         + sizeof(std::uint64_t) + 6                               // key, buckets
         + sizeof(detail::slot);                                   // list of free slots
}

bool index_filter::passes(std::uint64_t key, const attributes& a) const {
  return a.reputation >= reputation_min && a.price <= price_max && a.load_ppm <= load_ppm_max &&
         (regions >> a.region & 1) != 0 && (!accepts || accepts(key, a));
}

bool index_filter::empty() const noexcept {
  const index_filter open;
  return reputation_min == open.reputation_min && price_max == open.price_max &&
         load_ppm_max == open.load_ppm_max && regions == open.regions && !accepts;
}

std::unique_ptr<detail::scratch> detail::scratch_pool::take() {
  const std::lock_guard guard{mutex_};
  if (rooms_.empty())
    return std::make_unique<scratch>();
  auto room = std::move(rooms_.back());
  rooms_.pop_back();
  return room;
}

void detail::scratch_pool::give(std::unique_ptr<scratch> room) {
  const std::lock_guard guard{mutex_};
  rooms_.push_back(std::move(room));
}

std::uint8_t capability_index::parts::level_for(std::uint64_t key) const noexcept {
  const auto luck = rng{key}.split("level", options.seed).next();
  return static_cast<std::uint8_t>(
      std::min<int>(std::countr_zero(luck) / level_bits, detail::level_max));
}

void capability_index::parts::grow(std::size_t capacity) {
  links.grow(capacity);
  keys.grow(capacity);
  terms.grow(capacity);
  free.reserve(capacity);
}

/// Takes a free slot and fills it, unless there is none. Where the lists above level 0 are used up,
/// because the keys were chosen for it, the slot gets a lower level.
bool capability_index::parts::claim(std::uint64_t key, std::span<const float> vector,
                                    const attributes& a, slot& s) {
  if (free.empty() && end == links.capacity())
    return false;
  if (free.empty()) {
    s = static_cast<slot>(end++);
  } else {
    s = free.back();
    free.pop_back();
  }
  auto level = level_for(key);
  while (!links.has_room(level))
    --level;
  links.place(s, vector, level);
  keys.insert(key, s);
  terms.set(s, a);
  ++used;
  return true;
}

void capability_index::parts::remove(std::uint64_t key, slot s, detail::scratch& room) {
  links.remove(s, room);
  keys.erase(key);
  terms.free(s);
  free.push_back(s);
  --used;
}

capability_index::capability_index(std::unique_ptr<parts> p) noexcept : parts_(std::move(p)) {}

capability_index::capability_index(capability_index&&) noexcept = default;
capability_index& capability_index::operator=(capability_index&&) noexcept = default;
capability_index::~capability_index() = default;

result<capability_index> capability_index::make(const index_options& options) {
  if (const auto fits = check(options); !fits)
    return fail(fits.error());
  auto p = std::make_unique<parts>(options);
  p->grow(std::min<std::size_t>(capacity_first, options.vectors_max));
  return capability_index{std::move(p)};
}

const index_options& capability_index::options() const noexcept {
  return parts_->options;
}

result<void> capability_index::put(std::uint64_t key, std::span<const float> vector,
                                   const attributes& terms) {
  auto& p = *parts_;
  if (const auto fits = detail::check_vector(p.options, vector); !fits)
    return fits;
  if (const auto fits = check_terms(terms); !fits)
    return fits;
  detail::scratch_loan room{p.rooms};
  detail::slot s = detail::no_slot;
  {
    const auto together = p.structure.enter();
    bool claimed = false;
    {
      const auto alone = p.slots.enter_alone();
      claimed = p.keys.find(key) == detail::no_slot && p.claim(key, vector, terms, s);
    }
    if (claimed) {
      p.links.link(s, *room);
      return {};
    }
  }
  const auto alone = p.structure.enter_alone();
  if (const auto old = p.keys.find(key); old != detail::no_slot) {
    p.remove(key, old, *room);
  } else if (p.free.empty() && p.end == p.links.capacity()) {
    if (p.end == p.options.vectors_max)
      return fail(errc::too_large, "the index holds " + std::to_string(p.end) +
                                       " vectors, as many as its option vectors_max allows");
    p.grow(std::min<std::size_t>(p.end + p.end / 2 + 1, p.options.vectors_max));
  }
  AINUR_ASSERT(p.claim(key, vector, terms, s));
  p.links.link(s, *room);
  return {};
}

result<bool> capability_index::set_attributes(std::uint64_t key, const attributes& terms) {
  auto& p = *parts_;
  if (const auto fits = check_terms(terms); !fits)
    return fail(fits.error());
  const auto alone = p.structure.enter_alone();
  const auto s = p.keys.find(key);
  if (s == detail::no_slot)
    return false;
  p.terms.set(s, terms);
  return true;
}

bool capability_index::erase(std::uint64_t key) {
  auto& p = *parts_;
  detail::scratch_loan room{p.rooms};
  const auto alone = p.structure.enter_alone();
  const auto s = p.keys.find(key);
  if (s == detail::no_slot)
    return false;
  p.remove(key, s, *room);
  return true;
}

std::size_t capability_index::size() const {
  const auto together = parts_->structure.enter();
  const auto all = parts_->slots.enter();
  return parts_->used;
}

bool capability_index::contains(std::uint64_t key) const {
  const auto together = parts_->structure.enter();
  const auto all = parts_->slots.enter();
  return parts_->keys.find(key) != detail::no_slot;
}

std::optional<index_entry> capability_index::find(std::uint64_t key) const {
  const auto& p = *parts_;
  const auto together = p.structure.enter();
  const auto all = p.slots.enter();
  const auto s = p.keys.find(key);
  if (s == detail::no_slot)
    return std::nullopt;
  return index_entry{detail::read_row(p.options.kind, p.links.row(s).data(), p.options.dimension),
                     p.terms.of(s)};
}

bool is_stored_form(const index_options& options, const index_entry& entry) {
  if (!detail::check_vector(options, entry.vector) || !check_terms(entry.terms))
    return false;
  std::vector<float> row(detail::row_bytes_of(options.kind, options.dimension) / sizeof(float));
  auto* bytes = reinterpret_cast<std::byte*>(row.data());
  (void)detail::write_row(options.kind, entry.vector, bytes);
  return detail::read_row(options.kind, bytes, options.dimension) == entry.vector;
}

result<void> capability_index::reserve(std::uint32_t vectors) {
  auto& p = *parts_;
  if (const auto fits = in_range("vectors", vectors, 0, p.options.vectors_max); !fits)
    return fail(errc::too_large, fits.error().detail());
  const auto alone = p.structure.enter_alone();
  if (vectors > p.links.capacity())
    p.grow(vectors);
  return {};
}

std::size_t capability_index::memory_bytes() const {
  const auto together = parts_->structure.enter();
  return parts_->memory_bytes();
}

std::size_t capability_index::parts::memory_bytes() const noexcept {
  return links.memory_bytes() + keys.memory_bytes() + terms.memory_bytes() +
         free.capacity() * sizeof(slot);
}

} // namespace ainur::discovery
