// Files of cases: JSON with a list `cases`, each an object with a name. Every command that runs
// such a file reads it through this, so that bad input is answered in one way: an error naming
// file, case and key, and exit code 2.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ainur/base/error.hpp"

namespace ainur::cli {

/// One case, with typed access to its keys. Refers to the file's JSON, which must outlive it.
class case_reader {
public:
  case_reader(const nlohmann::json& value, std::string where)
      : value_(&value), where_(std::move(where)) {}

  /// "cases.json: case 3 ('inactive')".
  [[nodiscard]] const std::string& where() const noexcept { return where_; }

  [[nodiscard]] const nlohmann::json& json() const noexcept { return *value_; }

  /// False if the key is missing or null.
  [[nodiscard]] bool has(std::string_view key) const;

  // Errors: `malformed`, naming the key, if it is missing or of another type.
  [[nodiscard]] result<double> number(std::string_view key) const;
  [[nodiscard]] result<bool> boolean(std::string_view key) const;
  [[nodiscard]] result<std::string> text(std::string_view key) const;
  [[nodiscard]] result<std::vector<double>> numbers(std::string_view key,
                                                    std::size_t count_max) const;
  /// The elements of a list, each a reader named after the key and its position.
  [[nodiscard]] result<std::vector<case_reader>> list(std::string_view key,
                                                      std::size_t count_max) const;
  /// This value itself as a list of numbers.
  [[nodiscard]] result<std::vector<double>> as_numbers(std::size_t count_max) const;
  [[nodiscard]] tl::unexpected<error> wrong(std::string_view key, std::string_view expected) const;

private:
  const nlohmann::json* value_;
  std::string where_;
};

/// Reads the cases of a file of at most 16 MiB and 100,000 cases, nested at most 32 deep. Errors:
/// `io`, `malformed`, `out_of_range`.
class case_file {
public:
  [[nodiscard]] static result<case_file> read(const std::string& path);

  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

  [[nodiscard]] const std::string& name(std::size_t i) const { return names_[i]; }

  [[nodiscard]] case_reader at(std::size_t i) const;

private:
  std::string path_;
  nlohmann::json cases_;
  std::vector<std::string> names_;
};

/// What came of one case.
struct case_result {
  nlohmann::json shown;   ///< the answer, as printed by --json
  std::string line;       ///< the answer, for people
  bool compared = false;  ///< the case states what is expected
  std::string difference; ///< how the answer differs from it; empty if it does not
};

/// Runs every case and prints the answers: one line a case and a summary, or one object with
/// --json. Nothing is printed before all cases were read. Returns 0, 1 on a difference, 2 on bad
/// input.
int run_cases(const std::string& path, bool json,
              const std::function<result<case_result>(const case_reader&)>& run);

} // namespace ainur::cli
