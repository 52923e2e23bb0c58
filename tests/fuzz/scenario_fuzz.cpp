// A scenario that is accepted can be written and read again, and says the same.
#include "ainur/scenario/read.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  const auto read = scenario::read_scenario(fuzz::as_text(data, size), "fuzz.toml");
  if (!read.problems.empty())
    return 0;
  const auto written = scenario::to_toml(read.value);
  const auto again = scenario::read_scenario(written, "again.toml");
  fuzz::require(again.problems.empty());
  fuzz::require(scenario::to_toml(again.value) == written);
  return 0;
}
