// Which stored vectors lie nearest to a query: the index of a shard's capabilities.
//
// A caller's number (the key) has a vector, which says what somebody offers, and four attributes,
// which say on what terms. A search gives the keys whose vectors have the largest cosine with the
// query, of those that pass a filter. It is approximate, by a hierarchical navigable small-world
// graph (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
// Hierarchical Navigable Small World graphs", 2018), where the graph is quicker, and exact where
// it is not: for few vectors, and for filters that few vectors pass. Here the graph is undirected:
// a link stands in both of its ends, so a vector is taken out at once, with the hole closed and
// its slot free for the next.
//
// Determinism. With `scalar::int8` everything is integers and single multiplications, so the same
// calls in the same order give the same results on every machine. The same is true of
// `scalar::float32`, but vectors that a user computed in floats often are not the same, so the
// virtual clock uses 8 bits. Calls from several threads have no order.
//
// Threads. Every member may be called by several threads at once. Searches run side by side and
// beside insertions of new keys, which run side by side but for the short step that sets links.
// Whatever takes something out (`erase`, a `put` that replaces, `set_attributes`, `tidy`, growth of
// the arrays) waits for the others and runs alone. No thread is started here.
//
// Memory: `bytes_per_vector` of the options says the bound. Errors: `wrong_shape` for a vector of
// another dimension, of length zero or with a component that is no number; `bad_option`;
// `too_large`. A call that fails changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ainur/base/fields.hpp"
#include "ainur/discovery/error.hpp"

namespace ainur::discovery {

/// How components are stored. 8-bit integers are scaled so that a vector's largest is ±127.
enum class scalar : std::uint8_t { int8, float32, max_value = float32 };

struct index_options {
  scalar kind = scalar::int8;
  std::uint32_t dimension = 64; ///< of a vector; 1 .. 1,024
  /// The links of a new vector (M); on the lowest level it may come to have twice as many. 4 .. 64.
  std::uint32_t links = 16;
  std::uint32_t build_width = 80;       ///< candidates for links (efConstruction); links .. 4,096
  std::uint32_t search_width = 40;      ///< candidates kept by a search (ef); 1 .. 4,096
  std::uint32_t vectors_max = 1u << 24; ///< 1 .. 2^30
  /// Below so many vectors, or so many that pass a filter, a search is exact.
  std::uint32_t exact_below = 2'000;
  std::uint64_t seed = 1; ///< of the levels
  bool portable = false;  ///< leave vector instructions unused; results are the same
};

/// Errors: `bad_option`, naming the option and its range.
[[nodiscard]] result<void> check(const index_options& options);
/// The most memory that a vector takes, averaged over many, once the arrays are full; they grow by
/// half. A searching thread takes a bit a vector more.
[[nodiscard]] std::size_t bytes_per_vector(const index_options& options) noexcept;

inline constexpr std::uint32_t regions_max = 64;
inline constexpr std::uint32_t matches_max = 4'096; ///< that one search may ask for

/// On what terms something is offered.
struct attributes {
  std::uint64_t price = 0;      ///< µAINU
  std::uint32_t load_ppm = 0;   ///< millionths of the capacity in use
  std::uint16_t reputation = 0; ///< as the ledger counts it
  std::uint16_t region = 0;     ///< 0 .. regions_max − 1
  AINUR_FIELDS(attributes, price, load_ppm, reputation, region)
};

/// What is kept of a key. The vector's components are those that are stored: whole numbers, the
/// largest ±127, or floats of length 1; `put` of it stores the same.
struct index_entry {
  std::vector<float> vector;
  attributes terms;
  friend bool operator==(const index_entry&, const index_entry&) = default;
};

/// True if an index with these options may hold exactly this.
[[nodiscard]] bool is_stored_form(const index_options& options, const index_entry& entry);

/// What a match must satisfy.
struct index_filter {
  std::uint16_t reputation_min = 0;
  std::uint64_t price_max = std::numeric_limits<std::uint64_t>::max();
  std::uint32_t load_ppm_max = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t regions = ~std::uint64_t{0}; ///< bit r allows region r
  /// Asked after the rest, for some vectors or for all; empty: allows all. Must not call the index.
  std::function<bool(std::uint64_t key, const attributes&)> accepts;

  [[nodiscard]] bool passes(std::uint64_t key, const attributes& a) const;
  /// True if it lets everything through.
  [[nodiscard]] bool empty() const noexcept;
};

/// A stored vector that was found. `score` is the cosine of its angle to the query, −1 .. 1.
struct match {
  std::uint64_t key = 0;
  float score = 0;
  friend bool operator==(const match&, const match&) = default;
};

enum class search_method : std::uint8_t { graph, filtered_graph, exact };

/// By falling score, equal ones by rising key.
struct search_result {
  std::vector<match> matches;
  search_method method = search_method::exact;
  std::uint32_t scored = 0; ///< vectors whose score was computed
};

class capability_index {
public:
  /// Errors: `bad_option`.
  [[nodiscard]] static result<capability_index> make(const index_options& options);
  capability_index(capability_index&&) noexcept;
  capability_index& operator=(capability_index&&) noexcept;
  ~capability_index();

  [[nodiscard]] const index_options& options() const noexcept;

  /// Adds a key, or replaces its vector and attributes. Errors: `wrong_shape`; `bad_option` for a
  /// region out of range; `too_large` beyond `vectors_max`.
  [[nodiscard]] result<void> put(std::uint64_t key, std::span<const float> vector,
                                 const attributes& terms);
  /// Replaces the attributes; false if there is no such key. Errors: `bad_option`.
  [[nodiscard]] result<bool> set_attributes(std::uint64_t key, const attributes& terms);
  /// False if there was no such key.
  bool erase(std::uint64_t key);

  /// The `count` nearest (1 .. matches_max) that pass. `width` stands in for the options' search
  /// width if it is not 0. Errors: `wrong_shape`, `bad_option`.
  [[nodiscard]] result<search_result> search(std::span<const float> query, std::uint32_t count,
                                             const index_filter& filter = {},
                                             std::uint32_t width = 0) const;
  /// Several searches at once: the queries' components stand one after another, the results in
  /// their order. They take turns while they wait for memory, so a large index answers more of them
  /// a second; results are those of `search`. Errors: as `search`, and nothing is searched.
  [[nodiscard]] result<std::vector<search_result>> search_many(std::span<const float> queries,
                                                               std::uint32_t count,
                                                               const index_filter& filter = {},
                                                               std::uint32_t width = 0) const;
  /// The same by scoring every vector that passes. Errors: `wrong_shape`, `bad_option`.
  [[nodiscard]] result<search_result> search_exactly(std::span<const float> query,
                                                     std::uint32_t count,
                                                     const index_filter& filter = {}) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool contains(std::uint64_t key) const;
  [[nodiscard]] std::optional<index_entry> find(std::uint64_t key) const;
  /// Room for so many vectors, so that insertions need not wait for arrays to grow. Errors:
  /// `too_large`.
  [[nodiscard]] result<void> reserve(std::uint32_t vectors);
  /// Bytes of all arrays as they are now.
  [[nodiscard]] std::size_t memory_bytes() const;

  /// Renumbers slots so that neighbours lie together, which makes searches of large indexes
  /// quicker. Results stay the same but for vectors that score equally. Linear in the size.
  void tidy();

  /// Checks what must hold of the graph and the tables; the first that does not, in words; empty if
  /// all does. Linear in the size; for tests.
  [[nodiscard]] std::string audit() const;

private:
  struct parts;
  explicit capability_index(std::unique_ptr<parts> p) noexcept;
  std::unique_ptr<parts> parts_;
};

} // namespace ainur::discovery
