// The attributes of all slots, and a byte a column of each in coarse steps, so that those that may
// pass a filter are found by reading four bytes a slot in a row.
#pragma once

#include <array>
#include <vector>

#include "buffer.hpp"
#include "kernels.hpp"

namespace ainur::discovery::detail {

class terms_table {
public:
  void grow(std::size_t capacity);
  void set(slot s, const attributes& a) noexcept;
  /// No filter lets a free slot through.
  void free(slot s) noexcept;

  [[nodiscard]] const attributes& of(slot s) const noexcept { return attributes_[s]; }

  /// Those of the slots 0 .. count − 1 that may pass, rising; without asking `accepts`.
  void candidates(const index_filter& filter, std::size_t count, std::vector<slot>& out) const;
  /// About which share of them passes, in millionths: counted in a sample of blocks spread over
  /// all.
  [[nodiscard]] std::uint32_t share_ppm(const index_filter& filter, std::size_t count,
                                        const std::uint64_t* keys) const;

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  enum column_name : std::size_t { reputation, price, load, region, columns_max };

  struct range {
    std::uint8_t first = 0;
    std::uint8_t last = 255;
  };

  static std::array<range, columns_max> ranges_of(const index_filter& filter) noexcept;
  /// Bit i: slot first + i may pass; 32 of them.
  [[nodiscard]] std::uint32_t block(const std::array<range, columns_max>& ranges,
                                    std::size_t first) const noexcept;

  buffer<attributes> attributes_;
  std::array<buffer<std::uint8_t>, columns_max> columns_;
};

} // namespace ainur::discovery::detail
