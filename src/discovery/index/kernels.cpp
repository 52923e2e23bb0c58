#include "kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ainur::discovery::detail {

namespace {

constexpr std::size_t lanes = 8;
constexpr double row_max = 127;
constexpr double query_max = 2047;
constexpr double unit_error = 1e-6; // of a length that counts as 1

/// The sum of eight lanes, in the order in which the vector instructions fold them.
float fold(const float* lane) noexcept {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

struct portable_int8 {
  static float sum(const query& q, const std::byte* row, std::size_t row_bytes) noexcept {
    const auto* x = reinterpret_cast<const std::int8_t*>(row);
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < row_bytes; ++i)
      sum += std::int32_t{q.integers[i]} * x[i];
    return static_cast<float>(sum);
  }
};

struct portable_float32 {
  static float sum(const query& q, const std::byte* row, std::size_t row_bytes) noexcept {
    const auto* x = reinterpret_cast<const float*>(row);
    float lane[lanes] = {};
    for (std::size_t i = 0; i < row_bytes / sizeof(float); i += lanes)
      for (std::size_t k = 0; k < lanes; ++k)
        lane[k] += q.floats[i + k] * x[i + k];
    return fold(lane);
  }
};

template <class Kernel>
void gather_portably(const query& q, const row_array& from, const slot* slots, std::size_t count,
                     float* scores) {
  for (std::size_t i = 0; i < count; ++i)
    scores[i] = Kernel::sum(q, from.rows + slots[i] * from.row_bytes, from.row_bytes) *
                from.inverse_norms[slots[i]] * q.inverse_norm;
}

template <class Kernel>
void scan_portably(const query& q, const row_array& from, slot first, std::size_t count,
                   float* scores) {
  for (std::size_t i = 0; i < count; ++i)
    scores[i] = Kernel::sum(q, from.rows + (first + i) * from.row_bytes, from.row_bytes) *
                from.inverse_norms[first + i] * q.inverse_norm;
}

template <class Kernel>
constexpr kernels portable_kernels{gather_portably<Kernel>, scan_portably<Kernel>};

#if defined(__x86_64__)

#define AINUR_AVX2 __attribute__((target("avx2"), always_inline)) inline

struct avx2_int8 {
  AINUR_AVX2 static __m256i step(__m256i sum, const std::int16_t* q, const std::byte* x) noexcept {
    const auto wide = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(x)));
    const auto part = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(q));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(wide, part));
  }

  AINUR_AVX2 static __m256i lanes_of(const query& q, const std::byte* row,
                                     std::size_t row_bytes) noexcept {
    auto even = _mm256_setzero_si256();
    auto odd = _mm256_setzero_si256();
#pragma GCC unroll 2
    for (std::size_t i = 0; i < row_bytes; i += 32) {
      even = step(even, q.integers.data() + i, row + i);
      odd = step(odd, q.integers.data() + i + 16, row + i + 16);
    }
    return _mm256_add_epi32(even, odd);
  }

  AINUR_AVX2 static float sum(const query& q, const std::byte* row,
                              std::size_t row_bytes) noexcept {
    const auto all = lanes_of(q, row, row_bytes);
    auto half = _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return static_cast<float>(_mm_cvtsi128_si32(half));
  }

  /// Four rows at a time share the folding of their lanes.
  AINUR_AVX2 static __m128 sum_four(const query& q, const std::byte* const* row,
                                    std::size_t row_bytes) noexcept {
    const auto ab =
        _mm256_hadd_epi32(lanes_of(q, row[0], row_bytes), lanes_of(q, row[1], row_bytes));
    const auto cd =
        _mm256_hadd_epi32(lanes_of(q, row[2], row_bytes), lanes_of(q, row[3], row_bytes));
    const auto all = _mm256_hadd_epi32(ab, cd);
    return _mm_cvtepi32_ps(
        _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1)));
  }
};

struct avx2_float32 {
  AINUR_AVX2 static float sum(const query& q, const std::byte* row,
                              std::size_t row_bytes) noexcept {
    const auto* x = reinterpret_cast<const float*>(row);
    auto all = _mm256_setzero_ps();
    for (std::size_t i = 0; i < row_bytes / sizeof(float); i += lanes)
      all = _mm256_add_ps(
          all, _mm256_mul_ps(_mm256_loadu_ps(q.floats.data() + i), _mm256_load_ps(x + i)));
    auto half = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
  }

  AINUR_AVX2 static __m128 sum_four(const query& q, const std::byte* const* row,
                                    std::size_t row_bytes) noexcept {
    return _mm_setr_ps(sum(q, row[0], row_bytes), sum(q, row[1], row_bytes),
                       sum(q, row[2], row_bytes), sum(q, row[3], row_bytes));
  }
};

/// A size that is known when this is compiled, 0 if not: the most frequent rows take one cache
/// line.
template <class Kernel, std::size_t Fixed>
AINUR_AVX2 void gather_rows(const query& q, const row_array& from, const slot* slots,
                            std::size_t count, float* scores) {
  const auto row_bytes = Fixed == 0 ? from.row_bytes : Fixed;
  const auto factor = _mm_set1_ps(q.inverse_norm);
  for (std::size_t i = 0; i < count; i += 4) {
    // The last ones are filled up to four with the first of them.
    const auto at = [&](std::size_t k) { return slots[i + k < count ? i + k : i]; };
    const slot s[] = {at(0), at(1), at(2), at(3)};
    const auto row = [&](std::size_t k) { return from.rows + s[k] * row_bytes; };
    const std::byte* const four[] = {row(0), row(1), row(2), row(3)};
    const auto norms = _mm_setr_ps(from.inverse_norms[s[0]], from.inverse_norms[s[1]],
                                   from.inverse_norms[s[2]], from.inverse_norms[s[3]]);
    const auto found = _mm_mul_ps(_mm_mul_ps(Kernel::sum_four(q, four, row_bytes), norms), factor);
    if (i + 4 <= count) {
      _mm_storeu_ps(scores + i, found);
    } else {
      float last[4];
      _mm_storeu_ps(last, found);
      std::memcpy(scores + i, last, (count - i) * sizeof(float));
    }
  }
}

template <class Kernel, std::size_t Fixed>
AINUR_AVX2 void scan_rows(const query& q, const row_array& from, slot first, std::size_t count,
                          float* scores) {
  const auto row_bytes = Fixed == 0 ? from.row_bytes : Fixed;
  const auto factor = _mm_set1_ps(q.inverse_norm);
  const auto* row = from.rows + first * row_bytes;
  const auto* norms = from.inverse_norms + first;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4, row += 4 * row_bytes) {
    const std::byte* const four[] = {row, row + row_bytes, row + 2 * row_bytes,
                                     row + 3 * row_bytes};
    const auto sums = Kernel::sum_four(q, four, row_bytes);
    _mm_storeu_ps(scores + i, _mm_mul_ps(_mm_mul_ps(sums, _mm_loadu_ps(norms + i)), factor));
  }
  for (; i < count; ++i, row += row_bytes)
    scores[i] = Kernel::sum(q, row, row_bytes) * norms[i] * q.inverse_norm;
}

constexpr std::size_t line = 64;

template <class Kernel>
__attribute__((target("avx2"))) void gather_avx2(const query& q, const row_array& from,
                                                 const slot* slots, std::size_t count,
                                                 float* scores) {
  if (from.row_bytes == line)
    gather_rows<Kernel, line>(q, from, slots, count, scores);
  else
    gather_rows<Kernel, 0>(q, from, slots, count, scores);
}

template <class Kernel>
__attribute__((target("avx2"))) void scan_avx2(const query& q, const row_array& from, slot first,
                                               std::size_t count, float* scores) {
  if (from.row_bytes == line)
    scan_rows<Kernel, line>(q, from, first, count, scores);
  else
    scan_rows<Kernel, 0>(q, from, first, count, scores);
}

template <class Kernel>
constexpr kernels avx2_kernels{gather_avx2<Kernel>, scan_avx2<Kernel>};

#endif

double round_to_integer(double x) noexcept {
  return x < 0 ? -std::floor(0.5 - x) : std::floor(x + 0.5);
}

double largest(std::span<const float> vector) noexcept {
  double most = 0;
  for (const double x : vector)
    most = std::max(most, x < 0 ? -x : x);
  return most;
}

/// The vector's length as a double; a fixed order of additions.
double length_of(std::span<const float> vector, double scale) noexcept {
  double sum = 0;
  for (const double x : vector)
    sum += (x / scale) * (x / scale);
  return std::sqrt(sum) * scale;
}

template <class T>
float inverse_norm_of_integers(std::span<const T> values) noexcept {
  std::int64_t sum = 0;
  for (const std::int64_t x : values)
    sum += x * x;
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(sum)));
}

} // namespace

const kernels& kernels_for(scalar kind, bool portable) noexcept {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2 && !portable)
    return kind == scalar::int8 ? avx2_kernels<avx2_int8> : avx2_kernels<avx2_float32>;
#endif
  (void)portable;
  return kind == scalar::int8 ? portable_kernels<portable_int8>
                              : portable_kernels<portable_float32>;
}

std::size_t row_bytes_of(scalar kind, std::size_t dimension) noexcept {
  const auto bytes = dimension * (kind == scalar::int8 ? 1 : sizeof(float));
  return (bytes + 31) / 32 * 32;
}

float write_row(scalar kind, std::span<const float> vector, std::byte* row) {
  const auto scale = largest(vector);
  if (kind == scalar::int8) {
    auto* out = reinterpret_cast<std::int8_t*>(row);
    for (std::size_t i = 0; i < vector.size(); ++i)
      out[i] = static_cast<std::int8_t>(round_to_integer(double{vector[i]} / scale * row_max));
  } else {
    auto length = length_of(vector, scale);
    if (length > 1 - unit_error && length < 1 + unit_error)
      length = 1;
    auto* out = reinterpret_cast<float*>(row);
    for (std::size_t i = 0; i < vector.size(); ++i)
      out[i] = static_cast<float>(double{vector[i]} / length);
  }
  return inverse_norm_of(kind, row, vector.size());
}

std::vector<float> read_row(scalar kind, const std::byte* row, std::size_t dimension) {
  std::vector<float> out(dimension);
  if (kind == scalar::float32)
    std::memcpy(out.data(), row, dimension * sizeof(float));
  else
    for (std::size_t i = 0; i < dimension; ++i)
      out[i] = static_cast<float>(reinterpret_cast<const std::int8_t*>(row)[i]);
  return out;
}

float inverse_norm_of(scalar kind, const std::byte* row, std::size_t dimension) {
  if (kind == scalar::float32)
    return 1;
  return inverse_norm_of_integers(std::span{reinterpret_cast<const std::int8_t*>(row), dimension});
}

query make_query(scalar kind, std::span<const float> vector) {
  query q;
  if (kind == scalar::float32) {
    q.floats.resize(row_bytes_of(kind, vector.size()) / sizeof(float));
    q.inverse_norm = write_row(kind, vector, reinterpret_cast<std::byte*>(q.floats.data()));
    return q;
  }
  const auto scale = largest(vector);
  q.integers.resize(row_bytes_of(kind, vector.size()));
  for (std::size_t i = 0; i < vector.size(); ++i)
    q.integers[i] =
        static_cast<std::int16_t>(round_to_integer(double{vector[i]} / scale * query_max));
  q.inverse_norm = inverse_norm_of_integers(std::span<const std::int16_t>{q.integers});
  return q;
}

void load_query(scalar kind, const std::byte* row, std::size_t row_bytes, float inverse_norm,
                query& into) {
  into.inverse_norm = inverse_norm;
  if (kind == scalar::float32) {
    into.floats.resize(row_bytes / sizeof(float));
    std::memcpy(into.floats.data(), row, row_bytes);
    return;
  }
  const auto* x = reinterpret_cast<const std::int8_t*>(row);
  into.integers.assign(x, x + row_bytes);
}

} // namespace ainur::discovery::detail
