// Whole markets in virtual time, with faults from a seed.
#include <cstdlib>

#include <doctest/doctest.h>

#include "orchestration/market_model.hpp"
#include "support/property.hpp"

using namespace ainur;
using test::market_model;

namespace {

/// Runs one seed; false and a message if something that must hold does not.
bool holds(std::uint64_t seed, test::market_faults faults, std::map<std::string, int>& causes) {
  market_model m{seed, faults};
  m.run();
  INFO("replay with AINUR_TEST_SEED=" << seed << " orchestration_test -tc='whole markets*'");
  for (const auto& c : m.complaints)
    FAIL_CHECK(c);
  CHECK(m.complaints.empty());
  bool good = m.complaints.empty();
  const auto require = [&](bool what, const std::string& text) {
    good = good && what;
    CHECK_MESSAGE(what, text);
  };
  require(m.all_ended(), "every task has an end");
  require(m.waiting_in_cores() == 0, "nothing is kept of any task");
  for (const auto& [id, seen] : m.ends) {
    require(seen.times == 1, "a task ends once: " + to_string(id));
    const auto view = m.state().task(id);
    if (!view) {
      require(seen.end.state == market::final_state::rejected, "no word of it on the ledger");
      continue;
    }
    require(view->final_state.has_value(), "ended on the ledger too: " + to_string(id));
    // A submission that came twice can be refused first and accepted later; it then holds nothing.
    const bool late_twin = seen.end.state == market::final_state::rejected && view->awards.empty();
    if (view->final_state && !late_twin)
      require(orchestration::final_state_of(*view->final_state) == seen.end.state,
              "the same end as on the ledger: " + to_string(id));
  }
  require(m.state().conserved(), "money is conserved");
  require(m.replayed_state_hash() == m.state().state_hash(), "the log gives the same state");
  for (const auto& [cause, count] : m.causes)
    causes[cause] += count;
  return good;
}

} // namespace

TEST_CASE("whole markets bring every task to one end, whatever fails") {
  std::map<std::string, int> causes;
  if (const char* one = std::getenv("AINUR_TEST_SEED")) {
    (void)holds(std::strtoull(one, nullptr, 10), {}, causes);
    return;
  }
  const auto seeds = 200u * static_cast<unsigned>(test::count_factor());
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    if (!holds(seed, {}, causes))
      break;
  // The runs reach all the ends that they are to prove something about.
  for (const auto* must :
       {"completed/none", "refunded/no_bids", "refunded/no_candidates", "refunded/gave_up",
        "refunded/missed_deadline", "refunded/cancelled", "refunded/lost_supervisor",
        "refunded/lost_orchestrator", "rejected/insufficient_funds", "resolved/bad_result"})
    CHECK_MESSAGE(causes[must] > 0, must);
  for (const auto& [cause, count] : causes)
    MESSAGE(cause << ": " << count);
}

TEST_CASE("without faults nobody is at fault but the agents") {
  std::map<std::string, int> causes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    if (!holds(seed, {false, false, false, false, false}, causes))
      break;
  CHECK(causes["completed/none"] > 100);
  CHECK(causes["refunded/lost_orchestrator"] == 0);
  CHECK(causes["refunded/lost_supervisor"] == 0);
  CHECK(causes["refunded/cancelled"] == 0);
}

TEST_CASE("a seed fixes a market to the byte, and another seed gives another") {
  const auto trace = [](std::uint64_t seed) {
    market_model m{seed, {}};
    m.run();
    return m.trace_hash();
  };
  CHECK(trace(7) == trace(7));
  CHECK(trace(8) == trace(8));
  CHECK(trace(7) != trace(8));
}
