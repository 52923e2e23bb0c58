// The file of published cases of elections, and its numbers.
#pragma once

#include <fstream>
#include <optional>
#include <regex>
#include <string>

#include <nlohmann/json.hpp>

#include "ainur/consensus/wide.hpp"
#include "support/shared_data.hpp"

namespace ainur::test {

/// Numbers of 20 digits and more become texts, since the parser would round them.
inline std::optional<nlohmann::json> published() {
  const auto path = shared_data("npos/phragmen_cases.json");
  if (!path)
    return std::nullopt;
  std::ifstream in(*path);
  const std::regex wide(R"(^(\s*(?:"\w+": )?)([0-9]{20,})(,?)$)");
  std::string text;
  for (std::string line; std::getline(in, line);)
    text += std::regex_replace(line, wide, "$1\"$2\"$3") + "\n";
  return nlohmann::json::parse(text);
}

inline consensus::uint256 wide(const nlohmann::json& x) {
  return x.is_string() ? *consensus::uint256_from_text(x.get_ref<const std::string&>())
                       : consensus::uint256{0, x.get<std::uint64_t>()};
}

inline std::uint64_t number(const nlohmann::json& x) {
  return static_cast<std::uint64_t>(wide(x).low);
}

} // namespace ainur::test
