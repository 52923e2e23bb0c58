#include "ainur/discovery/embedding.hpp"

#include <algorithm>
#include <map>

#include "ainur/base/rng.hpp"

namespace ainur::discovery {

namespace {

constexpr std::uint32_t dimension_max = 1'024;
constexpr std::uint16_t weight_max = 1'000;
constexpr std::size_t counts_size = std::size_t{1} << 17;
constexpr std::size_t run = 3; // characters of a trigram
constexpr int components = 4;  // of a feature; each takes 16 bits of its hash

/// FNV-1a, then mixed so that all bits depend on all characters.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t h = 0xcbf29ce484222325u ^ (seed * 0x9e3779b97f4a7c15u);
  for (const char c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}

bool is_of_word(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return u >= 128 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z');
}

/// Takes endings off while at least three characters stay before them, then a doubled consonant or
/// the last e, so that "translating", "translated", "translator" and "translate" meet.
std::string stem_of(std::string word) {
  constexpr std::size_t rest_min = 3;
  const auto takes = [&](std::string_view ending) {
    if (word.size() < ending.size() + rest_min || !word.ends_with(ending))
      return false;
    word.resize(word.size() - ending.size());
    return true;
  };
  if (!word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is"))
    takes("s");
  while (takes("ing") || takes("ion") || takes("ed") || takes("er") || takes("or") || takes("ly")) {
  }
  const auto size = word.size();
  if (size > rest_min && word[size - 1] == word[size - 2] && word[size - 1] != 'l' &&
      word[size - 1] != 's')
    word.pop_back();
  if (word.size() > rest_min && word.back() == 'e')
    word.pop_back();
  return word;
}

using weights = std::map<std::string, std::uint64_t, std::less<>>;

void add_word(const std::string& word, text_unit unit, std::uint64_t weight, weights& to) {
  if (unit == text_unit::words) {
    to[word] += weight;
  } else if (unit == text_unit::stems) {
    to[stem_of(word)] += weight;
  } else {
    const auto padded = "^" + word + "$"; // so that beginnings and ends count
    for (std::size_t i = 0; i + run <= padded.size(); ++i)
      to[padded.substr(i, run)] += weight;
  }
}

void add_text(std::string_view text, text_unit unit, std::uint64_t weight, weights& to) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_of_word(text[i])) {
      const auto c = text[i];
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty()) {
      add_word(word, unit, weight, to);
      word.clear();
    }
  }
}

result<void> check_size(const description& d) {
  const auto strings = d.names.size() + d.tags.size();
  std::size_t bytes = d.text.size();
  if (strings <= description_strings_max)
    for (const auto* list : {&d.names, &d.tags})
      for (const auto& s : *list)
        bytes += s.size();
  if (strings <= description_strings_max && bytes <= description_bytes_max)
    return {};
  return fail(errc::too_large, "a description may have " + std::to_string(description_strings_max) +
                                   " names and tags and " + std::to_string(description_bytes_max) +
                                   " bytes in all; shorten it");
}

/// 1 + log2((descriptions + 1) / (count + 1)) in 1/256.
std::uint64_t rarity_of(std::uint64_t descriptions, std::uint64_t count) noexcept {
  const auto log = log2_q32(descriptions + 1) - log2_q32(std::min(count, descriptions) + 1);
  return 256 + (static_cast<std::uint64_t>(log) >> 24);
}

} // namespace

result<void> check(const embedding_options& o) {
  if (o.dimension < 1 || o.dimension > dimension_max)
    return fail(errc::bad_option, "dimension is " + std::to_string(o.dimension) +
                                      "; it must be 1 to " + std::to_string(dimension_max));
  if (o.unit > text_unit::max_value)
    return fail(errc::bad_option, "unit is neither words, stems nor trigrams");
  for (const auto w : {o.name_weight, o.tag_weight, o.text_weight})
    if (w > weight_max)
      return fail(errc::bad_option, "a weight is " + std::to_string(w) + "; it must be at most " +
                                        std::to_string(weight_max));
  return {};
}

feature_counts::feature_counts() : counts_(counts_size) {}

void feature_counts::add(const std::vector<feature>& of_one_description) {
  ++descriptions_;
  for (const auto& f : of_one_description)
    ++counts_[hash_of(f.text, 0) % counts_size];
}

void feature_counts::remove(const std::vector<feature>& of_one_description) {
  descriptions_ -= descriptions_ > 0 ? 1 : 0;
  for (const auto& f : of_one_description) {
    auto& count = counts_[hash_of(f.text, 0) % counts_size];
    count -= count > 0 ? 1 : 0;
  }
}

std::uint32_t feature_counts::count(std::string_view feature) const noexcept {
  return counts_[hash_of(feature, 0) % counts_size];
}

result<text_embedder> text_embedder::make(const embedding_options& options) {
  if (const auto fits = check(options); !fits)
    return fail(fits.error());
  return text_embedder{options};
}

result<std::vector<feature>> text_embedder::features(const description& d) const {
  if (const auto fits = check_size(d); !fits)
    return fail(fits.error());
  weights all;
  for (const auto& name : d.names)
    add_text(name, options_.unit, options_.name_weight, all);
  for (const auto& tag : d.tags)
    add_text(tag, options_.unit, options_.tag_weight, all);
  add_text(d.text, options_.unit, options_.text_weight, all);
  std::vector<feature> out;
  for (const auto& [text, weight] : all)
    if (weight > 0)
      out.push_back({text, weight});
  return out;
}

result<std::vector<float>> text_embedder::embed(const description& d,
                                                const feature_counts* counts) const {
  const auto all = features(d);
  return all ? embed(*all, counts) : fail(all.error());
}

result<std::vector<float>> text_embedder::embed(const std::vector<feature>& features,
                                                const feature_counts* counts) const {
  std::vector<std::int64_t> sums(options_.dimension);
  for (const auto& f : features) {
    const auto h = hash_of(f.text, options_.seed);
    const auto rarity =
        counts == nullptr ? 256 : rarity_of(counts->descriptions(), counts->count(f.text));
    const auto weight = static_cast<std::int64_t>(f.weight * rarity);
    for (int i = 0; i < components; ++i) {
      const auto part = h >> (16 * i);
      sums[(part >> 1 & 0x7fff) % options_.dimension] += (part & 1) != 0 ? weight : -weight;
    }
  }
  if (std::all_of(sums.begin(), sums.end(), [](auto s) { return s == 0; }))
    return fail(errc::wrong_shape, "the description has no features; give a name, a tag or a word");
  std::vector<float> out;
  for (const auto s : sums)
    out.push_back(static_cast<float>(s));
  return out;
}

} // namespace ainur::discovery
