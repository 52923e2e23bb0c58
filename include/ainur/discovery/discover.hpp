// Who would be found for a question, and why: a search of a directory with its reasons.
//
// For people who write descriptions or wonder why somebody is not asked. It scores every agent of
// the directory as `capability_index` would score its vector, up to rounding, and says for each
// that is found which features it shares with the question, and of those that would have been found
// but for a filter, which filter. Linear in the directory. A pure function, the same everywhere.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ainur/discovery/capability_index.hpp"
#include "ainur/discovery/embedding.hpp"

namespace ainur::discovery {

struct agent_profile {
  std::string name;
  description offers;
  attributes terms;
  AINUR_FIELDS(agent_profile, name, offers, terms)
};

struct question {
  description wanted;
  std::vector<float> vector; ///< if not empty, asked for instead of the description
  index_filter filter;       ///< `accepts` is asked with the agent's place in the directory as key
  std::uint32_t count = 10;  ///< of agents; 1 .. matches_max
  bool by_rarity = true;     ///< weigh features by how few agents of the directory have them
};

/// A feature that question and agent share. `share` is its part of the sum of all such products of
/// weights, in millionths.
struct shared_feature {
  std::string text;
  std::uint32_t share_ppm = 0;
  friend bool operator==(const shared_feature&, const shared_feature&) = default;
};

struct found_agent {
  std::size_t agent = 0;           ///< its place in the directory
  double score = 0;                ///< cosine, −1 .. 1
  std::vector<shared_feature> why; ///< by falling share; at most 8; none for a vector
};

/// One that a filter kept out though its score would have been enough.
struct rejected_agent {
  std::size_t agent = 0;
  double score = 0;
  std::string filter; ///< e.g. "price 700 is above 500"
};

struct discovery_report {
  std::vector<found_agent> found;       ///< by falling score, equal ones in the directory's order
  std::vector<rejected_agent> rejected; ///< likewise, the first `count`
  std::size_t considered = 0;           ///< agents that have a vector and a score above 0
};

inline constexpr std::size_t directory_max = 1'000'000;

/// Agents without any feature, and those that share nothing with the question, are not found.
/// Errors: `bad_option` for the count or the embedding's options; `too_large` for the directory or
/// a description, naming the agent; `wrong_shape` for a question without features, or a vector of
/// another dimension or length zero.
[[nodiscard]] result<discovery_report> discover(std::span<const agent_profile> directory,
                                                const question& asked,
                                                const embedding_options& options = {});

/// Why a filter keeps somebody out; empty if it does not.
[[nodiscard]] std::string rejection(const index_filter& filter, std::uint64_t key,
                                    const attributes& terms);

} // namespace ainur::discovery
