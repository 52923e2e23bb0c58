// Elections as JSON. What is read can be elected by both methods, and what is printed of it has the
// form that is read.
#include <algorithm>

#include "ainur/consensus/election_text.hpp"
#include "input.hpp"

using namespace ainur::consensus;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = election_from_json(ainur::fuzz::as_text(data, size));
  if (!read)
    return 0;
  const auto& e = read->election;
  const auto b = make_ballots(e);
  if (!b)
    return 0;
  if (const auto s = stated_solution(*read, *b))
    ainur::fuzz::require(check_feasible(*b, *s).has_value());
  // Time is not what is sought here.
  const auto seats = std::min<std::uint32_t>(e.seats, 8);
  const balancing how{std::min<std::uint32_t>(e.balancing.iterations, 4), e.balancing.tolerance};
  for (const auto algorithm : {election_algorithm::seq_phragmen, election_algorithm::phragmms}) {
    const auto s = elect(*b, algorithm, seats, how);
    ainur::fuzz::require(check_feasible(*b, s).has_value());
    const auto certificate = certify_pjr(*b, s, standard_threshold(*b, s));
    ainur::fuzz::require(!to_json_text(e, *b, s, &certificate).empty());
  }
  return 0;
}
