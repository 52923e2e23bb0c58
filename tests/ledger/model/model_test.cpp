// Random calls of every kind, each answered as a slow and obviously right model of the rules
// answers it, and after every block everything that can be asked is as the model has it.
//
// AINUR_MODEL_SEED replays one case: it prints the shrunk story if it fails.
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "ainur/ledger/text.hpp"
#include "runner.hpp"
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

} // namespace

TEST_CASE("the ledger answers every call as the model does, and is in the state that it has") {
  coverage seen;
  if (const char* one = std::getenv("AINUR_MODEL_SEED"); one != nullptr) {
    CHECK(holds(std::strtoull(one, nullptr, 10), seen));
    return;
  }
  const auto wanted = std::size_t{100'000} * static_cast<std::size_t>(count_factor());
  std::uint64_t seed = 1;
  for (int failed = 0; seen.calls < wanted && failed < 3; ++seed)
    failed += holds(seed, seen) ? 0 : 1;
  MESSAGE(seen.calls << " calls in " << seed - 1 << " cases, " << seen.succeeded_in_all
                     << " carried out");
  for (std::size_t i = 0; i < std::variant_size_v<ledger::call>; ++i) {
    INFO(call_catalogue()[i].name);
    CHECK(seen.succeeded[i] > 0);
    CHECK(seen.refused[i] > 0);
  }
  // Of every name that a call can be refused for.
  const std::set<errc> elsewhere{errc::update_in_flight, errc::channel_ending}; // of channel_party
  for (auto code = static_cast<int>(errc::insufficient_funds);
       code <= static_cast<int>(errc::nested_too_deep); ++code) {
    const auto name = static_cast<errc>(code);
    INFO(describe(name).name);
    CHECK((seen.names.contains(name) || elsewhere.contains(name)));
  }
}
