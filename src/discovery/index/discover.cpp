#include "ainur/discovery/discover.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "parts.hpp"

namespace ainur::discovery {

namespace {

constexpr std::size_t reasons_max = 8;

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += double{a[i]} * double{b[i]};
  return sum;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  const double length = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
  return length == 0 ? 0 : dot(a, b) / length;
}

/// Both lists are by rising text.
std::vector<shared_feature> shared(const std::vector<feature>& a, const std::vector<feature>& b) {
  struct product {
    const std::string* text;
    double weight;
  };

  std::vector<product> all;
  double sum = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (x->text != y->text) {
      x->text < y->text ? ++x : ++y;
      continue;
    }
    all.push_back({&x->text, static_cast<double>(x->weight) * static_cast<double>(y->weight)});
    sum += all.back().weight;
    ++x, ++y;
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const product& p, const product& q) { return p.weight > q.weight; });
  std::vector<shared_feature> out;
  for (const auto& p : all)
    if (out.size() < reasons_max)
      out.push_back({*p.text, static_cast<std::uint32_t>(p.weight / sum * 1'000'000)});
  return out;
}

struct scored_agent {
  std::size_t agent;
  double score;
};

result<void> check_question(const question& asked, const embedding_options& options,
                            std::size_t directory) {
  if (asked.count < 1 || asked.count > matches_max)
    return fail(errc::bad_option, "asked for " + std::to_string(asked.count) + " agents; 1 to " +
                                      std::to_string(matches_max) + " can be had");
  if (directory > directory_max)
    return fail(errc::too_large, "the directory has " + std::to_string(directory) +
                                     " agents; at most " + std::to_string(directory_max) +
                                     " are looked at");
  index_options shape;
  shape.dimension = options.dimension;
  return asked.vector.empty() ? result<void>{} : detail::check_vector(shape, asked.vector);
}

} // namespace

std::string rejection(const index_filter& filter, std::uint64_t key, const attributes& terms) {
  const auto text = [](const char* name, std::uint64_t value, const char* how,
                       std::uint64_t bound) {
    return std::string{name} + " " + std::to_string(value) + " is " + how + " " +
           std::to_string(bound);
  };
  if (terms.reputation < filter.reputation_min)
    return text("reputation", terms.reputation, "below", filter.reputation_min);
  if (terms.price > filter.price_max)
    return text("price", terms.price, "above", filter.price_max);
  if (terms.load_ppm > filter.load_ppm_max)
    return text("load_ppm", terms.load_ppm, "above", filter.load_ppm_max);
  if (terms.region >= regions_max || (filter.regions >> terms.region & 1) == 0)
    return "region " + std::to_string(terms.region) + " is not asked for";
  return filter.passes(key, terms) ? "" : "refused by the caller's own filter";
}

result<discovery_report> discover(std::span<const agent_profile> directory, const question& asked,
                                  const embedding_options& options) {
  const auto embedder = text_embedder::make(options);
  if (!embedder)
    return fail(embedder.error());
  if (const auto fits = check_question(asked, options, directory.size()); !fits)
    return fail(fits.error());
  std::vector<std::vector<feature>> offered;
  feature_counts counts;
  for (const auto& agent : directory) {
    auto features = embedder->features(agent.offers);
    if (!features)
      return fail(features.error().within("agent " + agent.name));
    counts.add(*features);
    offered.push_back(std::move(*features));
  }
  const auto* rarity = asked.by_rarity ? &counts : nullptr;
  std::vector<feature> wanted;
  auto query = asked.vector;
  if (query.empty()) {
    auto features = embedder->features(asked.wanted);
    if (!features)
      return fail(features.error().within("the question"));
    wanted = std::move(*features);
    auto vector = embedder->embed(wanted, rarity);
    if (!vector)
      return fail(vector.error().within("the question"));
    query = std::move(*vector);
  }
  std::vector<scored_agent> all;
  for (std::size_t i = 0; i < directory.size(); ++i) {
    const auto vector = embedder->embed(offered[i], rarity);
    if (!vector || (asked.vector.empty() && shared(wanted, offered[i]).empty()))
      continue;
    if (const auto score = cosine(query, *vector); score > 0)
      all.push_back({i, score});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const scored_agent& a, const scored_agent& b) { return a.score > b.score; });
  discovery_report out;
  out.considered = all.size();
  for (const auto& [i, score] : all) {
    if (out.found.size() == asked.count)
      break;
    const auto why_not = rejection(asked.filter, i, directory[i].terms);
    if (why_not.empty())
      out.found.push_back({i, score, shared(wanted, offered[i])});
    else if (out.rejected.size() < asked.count)
      out.rejected.push_back({i, score, why_not});
  }
  return out;
}

} // namespace ainur::discovery
