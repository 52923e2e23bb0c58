// Names, tags and free text as vectors, by feature hashing (Weinberger et al., "Feature Hashing for
// Large Scale Multitask Learning", 2009).
//
// A description is taken apart into features: words, their stems, or runs of characters. Each is
// hashed to four components of the vector, each with a sign, and adds its weight there.
// Descriptions that share features so get a large cosine, without a model to train or to fetch.
// Other features meet by chance in some component; signs make such meetings cancel on average.
//
// Text is UTF-8; letters of ASCII are folded to lower case, and a word is a run of ASCII letters,
// digits and other bytes above 127. Everything is integers, so a description has the same vector on
// every machine. Functions are pure; `text_embedder` is a value, and const use is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/fields.hpp"
#include "ainur/discovery/error.hpp"

namespace ainur::discovery {

/// What words are taken apart into. A stem is the word without the common endings of English (-s,
/// -ing, -ion, -ed, -er, -or, -ly); runs of three characters also meet over spelling mistakes.
enum class text_unit : std::uint8_t { words, stems, trigrams, max_value = trigrams };

struct embedding_options {
  std::uint32_t dimension = 64; ///< of the vectors; 1 .. 1,024
  text_unit unit = text_unit::stems;
  std::uint16_t name_weight = 3; ///< of a feature of a name, 0 .. 1,000
  std::uint16_t tag_weight = 2;
  std::uint16_t text_weight = 1;
  std::uint64_t seed = 1; ///< of the hash; vectors of different seeds have nothing in common
};

/// Errors: `bad_option`, naming the option and its range.
[[nodiscard]] result<void> check(const embedding_options& options);

/// What somebody says of what they offer, or asks for.
struct description {
  std::vector<std::string> names; ///< of capabilities
  std::vector<std::string> tags;
  std::string text;
  AINUR_FIELDS(description, names, tags, text)
};

/// Bounds on what is read of a description.
inline constexpr std::size_t description_bytes_max = 64u << 10; ///< of all its strings
inline constexpr std::size_t description_strings_max = 1'024;

/// One feature of a description: `weight` is the sum over its places. Unique, by rising text.
struct feature {
  std::string text;
  std::uint64_t weight = 0;
  friend bool operator==(const feature&, const feature&) = default;
};

/// In how many descriptions features occur, for weights by rarity: what every description says
/// says little. Counts are kept by hash in a fixed table of 512 KiB, so features that meet in it
/// look more frequent than they are. A value; not thread-safe.
class feature_counts {
public:
  feature_counts();
  void add(const std::vector<feature>& of_one_description);
  void remove(const std::vector<feature>& of_one_description);
  [[nodiscard]] std::uint32_t count(std::string_view feature) const noexcept;

  [[nodiscard]] std::uint64_t descriptions() const noexcept { return descriptions_; }

private:
  std::vector<std::uint32_t> counts_;
  std::uint64_t descriptions_ = 0;
};

class text_embedder {
public:
  /// Errors: `bad_option`.
  [[nodiscard]] static result<text_embedder> make(const embedding_options& options);

  [[nodiscard]] const embedding_options& options() const noexcept { return options_; }

  /// Errors: `too_large` beyond the bounds of a description.
  [[nodiscard]] result<std::vector<feature>> features(const description& d) const;
  /// Whole numbers, for `capability_index::put` and `search`. With counts, each feature's weight is
  /// multiplied by 1 + log2 of (descriptions + 1) / (its count + 1), in 1/256. Errors: `too_large`;
  /// `wrong_shape` if nothing is left of the description, or its features cancel out.
  [[nodiscard]] result<std::vector<float>> embed(const description& d,
                                                 const feature_counts* counts = nullptr) const;
  /// The same of features.
  [[nodiscard]] result<std::vector<float>> embed(const std::vector<feature>& features,
                                                 const feature_counts* counts = nullptr) const;

private:
  explicit text_embedder(const embedding_options& options) noexcept : options_(options) {}

  embedding_options options_;
};

} // namespace ainur::discovery
