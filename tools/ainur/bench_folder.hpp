// Where a benchmark keeps its stores while it runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <unistd.h>

#include "ainur/base/error.hpp"

namespace ainur::cli {

/// A folder of its own for one run, gone afterwards.
class run_folder {
public:
  run_folder(const std::string& above, std::uint32_t run) {
    std::error_code failed;
    const auto base =
        above.empty() ? std::filesystem::temp_directory_path(failed) : std::filesystem::path{above};
    path_ = base / ("ainur-bench-" + std::to_string(getpid()) + "-" + std::to_string(run));
    std::filesystem::create_directories(path_, failed);
    if (failed)
      failure_ = error{base_errc::io, path_.string() + ": " + failed.message()};
  }

  ~run_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  run_folder(const run_folder&) = delete;
  run_folder& operator=(const run_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

private:
  std::filesystem::path path_;
  std::optional<error> failure_;
};

} // namespace ainur::cli
