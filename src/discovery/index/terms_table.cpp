#include "terms_table.hpp"

#include <algorithm>
#include <bit>

namespace ainur::discovery::detail {

namespace {

constexpr std::size_t block_slots = 32;
constexpr std::size_t sample_blocks = 128;
constexpr std::uint8_t free_region = 255;

using lanes = std::uint8_t __attribute__((vector_size(16)));

/// Rising with the value, in 2^Bits steps for each doubling.
template <unsigned Bits>
std::uint8_t step_of(std::uint64_t value) noexcept {
  if (value < (1u << Bits))
    return static_cast<std::uint8_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - Bits - 1;
  return static_cast<std::uint8_t>(((shift + 1) << Bits) + ((value >> shift) - (1u << Bits)));
}

std::uint8_t reputation_step(std::uint16_t value) noexcept {
  return step_of<4>(value);
}

std::uint8_t price_step(std::uint64_t value) noexcept {
  return step_of<2>(value);
}

std::uint8_t load_step(std::uint32_t value) noexcept {
  return step_of<3>(value);
}

} // namespace

void terms_table::grow(std::size_t capacity) {
  const auto old = attributes_.size();
  attributes_.resize(capacity);
  for (auto& column : columns_)
    column.resize((capacity + block_slots - 1) / block_slots * block_slots);
  std::fill(columns_[region].data() + old, columns_[region].data() + columns_[region].size(),
            free_region);
}

void terms_table::set(slot s, const attributes& a) noexcept {
  attributes_[s] = a;
  columns_[reputation][s] = reputation_step(a.reputation);
  columns_[price][s] = price_step(a.price);
  columns_[load][s] = load_step(a.load_ppm);
  columns_[region][s] = static_cast<std::uint8_t>(a.region);
}

void terms_table::free(slot s) noexcept {
  columns_[region][s] = free_region;
}

std::size_t terms_table::memory_bytes() const noexcept {
  return attributes_.size() * sizeof(attributes) + columns_max * columns_[0].size();
}

std::array<terms_table::range, terms_table::columns_max>
terms_table::ranges_of(const index_filter& filter) noexcept {
  std::array<range, columns_max> out;
  out[reputation].first = reputation_step(filter.reputation_min);
  out[price].last = price_step(filter.price_max);
  out[load].last = load_step(filter.load_ppm_max);
  out[region] = {1, 0}; // for no region at all: an empty range
  if (filter.regions != 0)
    out[region] = {static_cast<std::uint8_t>(std::countr_zero(filter.regions)),
                   static_cast<std::uint8_t>(63 - std::countl_zero(filter.regions))};
  return out;
}

std::uint32_t terms_table::block(const std::array<range, columns_max>& ranges,
                                 std::size_t first) const noexcept {
  static_assert(2 * sizeof(lanes) == block_slots);
  const lanes zero{};
  lanes fits[2] = {~zero, ~zero};
  for (std::size_t c = 0; c < columns_max; ++c) {
    const auto [low, high] = ranges[c];
    if (low > high)
      return 0;
    if (low == 0 && high == 255)
      continue;
    lanes column[2];
    std::memcpy(column, columns_[c].data() + first, block_slots);
    for (const auto half : {0, 1})
      fits[half] &= column[half] - low <= zero + static_cast<std::uint8_t>(high - low);
  }
  std::array<std::uint64_t, block_slots / 8> words;
  std::memcpy(words.data(), fits, block_slots);
  if ((words[0] | words[1] | words[2] | words[3]) == 0)
    return 0;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if constexpr (std::endian::native == std::endian::big)
      words[i] = __builtin_bswap64(words[i]);
    // gathers a bit of each byte in the top byte
    bits |= static_cast<std::uint32_t>((words[i] & 0x0101010101010101u) * 0x0102040810204080u >> 56)
            << (8 * i);
  }
  return bits;
}

void terms_table::candidates(const index_filter& filter, std::size_t count,
                             std::vector<slot>& out) const {
  const auto ranges = ranges_of(filter);
  out.clear();
  for (std::size_t first = 0; first < count; first += block_slots)
    for (auto bits = block(ranges, first); bits != 0; bits &= bits - 1)
      out.push_back(static_cast<slot>(first) + static_cast<slot>(std::countr_zero(bits)));
}

std::uint32_t terms_table::share_ppm(const index_filter& filter, std::size_t count,
                                     const std::uint64_t* keys) const {
  const auto blocks = (count + block_slots - 1) / block_slots;
  const auto sampled = std::min(blocks, sample_blocks);
  if (sampled == 0)
    return 0;
  const auto ranges = ranges_of(filter);
  std::uint64_t possible = 0;
  std::uint64_t asked = 0;
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < sampled; ++i) {
    const auto first = i * blocks / sampled * block_slots;
    const auto bits = block(ranges, first);
    possible += static_cast<std::uint64_t>(std::popcount(bits));
    if (bits == 0)
      continue;
    const auto s = first + static_cast<std::size_t>(std::countr_zero(bits));
    ++asked;
    passed += filter.passes(keys[s], attributes_[s]) ? 1 : 0;
  }
  const auto of_blocks = possible * 1'000'000 / (sampled * block_slots);
  return asked == 0 ? 0 : static_cast<std::uint32_t>(of_blocks * passed / asked);
}

} // namespace ainur::discovery::detail
