#include "buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace ainur::discovery::detail {

namespace {
constexpr std::size_t line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
} // namespace

void free_block::operator()(std::byte* block) const noexcept {
  std::free(block);
}

std::unique_ptr<std::byte, free_block> make_block(std::size_t size_bytes) {
  const bool large = size_bytes >= huge_page;
  const auto unit = large ? huge_page : line;
  const auto whole = std::max<std::size_t>(1, (size_bytes + unit - 1) / unit) * unit;
  auto* block = static_cast<std::byte*>(std::aligned_alloc(unit, whole));
  if (block == nullptr)
    throw std::bad_alloc{};
#ifdef __linux__
  if (large)
    (void)madvise(block, whole, MADV_HUGEPAGE); // only a hint
#endif
  std::memset(block, 0, whole);
  return std::unique_ptr<std::byte, free_block>{block};
}

} // namespace ainur::discovery::detail
