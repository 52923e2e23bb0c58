// Scores of rows against a query: the inner loops of every search.
//
// A row is a vector as it is stored, padded with zeroes to `row_bytes`; a query is a vector
// prepared for scoring. The score is their cosine. Rows of 8-bit integers are summed in integers,
// whose sum does not depend on its order; rows of floats are summed in eight lanes and these in one
// fixed order. So every implementation gives the same bits, and which one runs is decided by what
// the processor has. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ainur/discovery/capability_index.hpp"

namespace ainur::discovery::detail {

/// Slots are places of rows in an array.
using slot = std::uint32_t;

/// A vector in the form that kernels take, with the factor that makes a cosine of a sum.
struct query {
  std::vector<std::int16_t> integers; ///< of `scalar::int8`
  std::vector<float> floats;          ///< of `scalar::float32`
  float inverse_norm = 0;
};

/// Where rows lie.
struct row_array {
  const std::byte* rows = nullptr;
  const float* inverse_norms = nullptr;
  std::size_t row_bytes = 0;
};

struct kernels {
  /// scores[i] is that of row slots[i].
  void (*gather)(const query& q, const row_array& from, const slot* slots, std::size_t count,
                 float* scores);
  /// scores[i] is that of row first + i.
  void (*scan)(const query& q, const row_array& from, slot first, std::size_t count, float* scores);
};

/// The quickest that this processor can run, or the portable ones.
[[nodiscard]] const kernels& kernels_for(scalar kind, bool portable = false) noexcept;

/// The bytes a row takes: a multiple of 32.
[[nodiscard]] std::size_t row_bytes_of(scalar kind, std::size_t dimension) noexcept;

/// Stores a vector as a row: scaled so that the largest component is ±127 and rounded, or to length
/// 1 as floats; floats of about that length stay as they are, so that rows can be stored again.
/// Returns the inverse norm of what was stored. The vector is checked already.
float write_row(scalar kind, std::span<const float> vector, std::byte* row);
/// The components of a row.
[[nodiscard]] std::vector<float> read_row(scalar kind, const std::byte* row, std::size_t dimension);
/// Of a row as it is stored.
[[nodiscard]] float inverse_norm_of(scalar kind, const std::byte* row, std::size_t dimension);

/// A vector prepared for scoring; 8-bit rows are scored against 12 bits of it.
[[nodiscard]] query make_query(scalar kind, std::span<const float> vector);
/// The same of a stored row.
void load_query(scalar kind, const std::byte* row, std::size_t row_bytes, float inverse_norm,
                query& into);

} // namespace ainur::discovery::detail
