// Published cases lie beside the checkout and are never copied into it. Tests that use them say
// that they skip when the folder is not there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace ainur::test {

/// The path of a file of published cases, or nothing (and a message) if it is not there.
inline std::optional<std::string> shared_data(const std::string& relative) {
  const char* root = std::getenv("AINUR_SHARED_DATA");
  const auto path = std::filesystem::path{root == nullptr ? "../shared/data" : root} / relative;
  if (std::filesystem::exists(path))
    return path.string();
  MESSAGE("skipped: " << relative << " is not there (set AINUR_SHARED_DATA)");
  return std::nullopt;
}

} // namespace ainur::test
