// Property tests: rapidcheck inside doctest. A failure prints the counterexample, the seed and the
// command that replays it. AINUR_TEST_COUNT scales the number of cases (the nightly tier sets it).
#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace ainur::test {

/// How many times more than usual random tests shall run; 1 unless AINUR_TEST_COUNT says more.
inline int count_factor() {
  const char* text = std::getenv("AINUR_TEST_COUNT");
  const int factor = text == nullptr ? 1 : std::atoi(text);
  return factor < 1 ? 1 : factor;
}

template <class Property>
void check_property(const std::string& name, int cases, Property&& property) {
  auto params = rc::detail::configuration().testParams;
  params.maxSuccess = cases * count_factor();
  rc::detail::TestMetadata metadata;
  metadata.id = name;
  metadata.description = name;
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  INFO("replay with RC_PARAMS=\"seed=" << params.seed << "\": " << text.str());
  CHECK(result.template is<rc::detail::SuccessResult>());
}

} // namespace ainur::test
