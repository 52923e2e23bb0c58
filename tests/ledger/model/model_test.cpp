// Random calls of every kind, each answered as a slow and obviously right model of the rules
// answers it, and after every block everything that can be asked is as the model has it.
//
// AINUR_MODEL_SEED replays one case: it prints the shrunk story if it fails.
#include <algorithm>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "ainur/ledger/text.hpp"
#include "runner.hpp"
#include "stand_in.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

constexpr std::size_t commands_each = 400;

/// Plays one case; a failure is shrunk and told.
bool holds(std::uint64_t seed, coverage& seen) {
  auto commands = random_commands(seed, commands_each);
  const auto failure = play(seed, commands, seen);
  if (failure.empty())
    return true;
  commands = shrink(seed, std::move(commands));
  std::string story;
  coverage ignored;
  const auto shrunk = play(seed, commands, ignored, &story);
  FAIL_CHECK("seed " << seed << ", " << commands.size() << " commands: " << shrunk << "\n"
                     << story << "replay with AINUR_MODEL_SEED=" << seed
                     << " ledger_model_test (before shrinking: " << failure << ")");
  return false;
}

/// What the catalogue names and random calls do not bring about; example tests do.
struct unreached {
  std::string_view call;
  std::string_view what; // an error or an event
};

constexpr unreached rare[] = {
    // Only where the bounded sweep has not ended yet what is over; here it always has.
    // refusal_test,
    // stream_test, governance_test and keys_test: "... the bounded sweep ...".
    {"award_task", "too_late"},
    {"post_result", "too_late"},
    {"void_award", "too_late"},
    {"open_dispute", "too_late"},
    {"vote_dispute", "too_late"},
    {"cancel_slash", "too_late"},
    {"top_up_stream", "too_late"},
    {"vote_proposal", "too_late"},
    {"execute_proposal", "too_late"},
    {"execute_proposal", "proposal_counted"},
    {"rotate_key", "key_ended"},
    // Sums near 2^64: staking_refusal_test, stream_test.
    {"claim_payout", "overflow"},
    {"note_era_points", "overflow"},
    {"top_up_stream", "overflow"},
    // A stream to an agent on probation, topped up beyond what that allows: stream_test.
    {"top_up_stream", "over_probation"},
    // Proposals that execute each other, four deep: governance_test.
    {"execute_proposal", "nested_too_deep"},
    // A choice that no encoding can hold: governance_test.
    {"vote_proposal", "invalid_value"},
    // A role whose minimum is below the existential deposit: staking_refusal_test.
    {"reap_stake", "chilled"},
    // Only where validators make the blocks: committee_test.
    {"report_equivocation", "too_late"},
    {"report_equivocation", "already_penalised"},
    {"report_equivocation", "validators_reported"},
    {"report_equivocation", "chilled"},
    {"report_equivocation", "stake_slash_deferred"},
    {"report_equivocation", "stake_slashed"},
    {"report_equivocation", "stake_slash_settled"},
    // After 2^32 - 1 rotations of one account's key.
    {"rotate_key", "invalid_value"},
    {"recover_account", "invalid_value"},
};

/// Each pair that the catalogue lists was seen, or is rare.
void check_seen(std::string_view call, std::string_view what, bool seen) {
  const bool is_rare = std::any_of(std::begin(rare), std::end(rare), [&](const unreached& x) {
    return x.call == call && x.what == what;
  });
  CHECK_MESSAGE((seen || is_rare), call << " was never seen with " << what);
  if (seen && is_rare)
    MESSAGE(call << " was seen with " << what << ", though it is called rare");
}

void check_catalogue(const coverage& seen) {
  for (std::size_t i = 0; i < call_catalogue().size(); ++i) {
    const auto& info = call_catalogue()[i];
    for (const auto code : info.errors)
      check_seen(info.name, describe(code).name, seen.refusals.contains({i, code}));
    for (const auto name : info.events)
      if (name != event::account_reaped::type_text) // by dust, whichever call leaves it
        check_seen(info.name, name, seen.emitted.contains({i, name}));
  }
}

} // namespace

TEST_CASE("the ledger answers every call as the model does, and is in the state that it has") {
  coverage seen;
  if (const char* one = std::getenv("AINUR_MODEL_SEED"); one != nullptr) {
    CHECK(holds(std::strtoull(one, nullptr, 10), seen));
    return;
  }
  const auto factor = static_cast<std::size_t>(count_factor());
  const auto wanted = factor < 20 ? 200'000 * factor : 500'000 * factor; // nightly: 10,000,000
  std::uint64_t seed = 1;
  int failed = 0;
  for (; seen.calls < wanted && failed < 3; ++seed)
    failed += holds(seed, seen) ? 0 : 1;
  MESSAGE(seen.calls << " calls in " << seed - 1 << " cases, " << seen.succeeded_in_all
                     << " carried out");
  if (failed > 0) // what was seen says little
    return;
  for (std::size_t i = 0; i < std::variant_size_v<ledger::call>; ++i) {
    INFO(call_catalogue()[i].name);
    // Nobody equivocates where an authority makes the blocks.
    CHECK((seen.succeeded[i] > 0) == (i != place_of<report_equivocation>()));
    CHECK(seen.refused[i] > 0);
  }
  check_catalogue(seen);
  // Of every name that a call can be refused for.
  const std::set<errc> elsewhere{errc::update_in_flight, errc::channel_ending, // of channel_party
                                 errc::nested_too_deep};
  for (auto code = static_cast<int>(errc::insufficient_funds);
       code <= static_cast<int>(errc::nested_too_deep); ++code) {
    const auto name = static_cast<errc>(code);
    INFO(describe(name).name);
    CHECK((seen.names.contains(name) || elsewhere.contains(name)));
  }
}
