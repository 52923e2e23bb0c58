#include "ainur/consensus/error.hpp"

namespace ainur::consensus {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::malformed_election:
    return {"consensus", "malformed_election", "this is not the form of an election"};
  case errc::election_too_large:
    return {"consensus", "election_too_large", "the election is larger than allowed"};
  case errc::infeasible_solution:
    return {"consensus", "infeasible_solution", "the supports are not what the voters can give"};
  }
  return {"consensus", "unknown", "unknown"};
}

} // namespace ainur::consensus
