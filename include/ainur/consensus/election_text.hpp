// Elections and their solutions as JSON: what `ainur elect` reads and prints. docs/elections.md is
// the reference of the form. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/consensus/election.hpp"
#include "ainur/consensus/pjr.hpp"

namespace ainur::consensus {

/// Longer texts are refused.
inline constexpr std::size_t election_text_bytes_max = 16u << 20;

/// What a file says one winner is given.
struct stated_support {
  struct part {
    std::uint64_t voter = 0; ///< id
    std::uint64_t value = 0;
  };

  std::uint64_t candidate = 0; ///< id
  uint128 total = 0;
  std::vector<part> parts;
};

struct election_document {
  consensus::election election;
  /// A solution to be judged, if the text states one.
  std::optional<std::vector<stated_support>> supports;
};

/// Errors: `malformed_election`, naming the place and, of a wrong word, the nearest right one;
/// `election_too_large`.
[[nodiscard]] result<election_document> election_from_json(std::string_view text);

/// The name of an algorithm, as in a file: "seq_phragmen", "phragmms".
[[nodiscard]] std::string_view to_string(election_algorithm algorithm) noexcept;
/// Errors: `malformed_election`, with the nearest name.
[[nodiscard]] result<election_algorithm> algorithm_from_text(std::string_view name);

/// The stated supports as a solution of these ballots; winners in the order of the candidates.
/// Errors: `infeasible_solution`.
[[nodiscard]] result<solution> stated_solution(const election_document& document, const ballots& b);

/// The solution in the form of the file, with its score, and with the certificate if there is one.
/// Numbers from 2^64 on are texts. `judged`: the solution was stated, not elected.
[[nodiscard]] std::string to_json_text(const election& e, const ballots& b, const solution& s,
                                       const pjr_certificate* certificate, bool judged = false);

} // namespace ainur::consensus
