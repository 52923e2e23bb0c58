// The requests of a run, in order of their time: read from a trace (csv.hpp, swf.hpp) or made from
// a seed (synthetic.hpp). Names are interned, so that a million requests take some 40 MB. Values;
// safe to share between threads once built.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/base/time.hpp"
#include "ainur/scenario/config.hpp"

namespace ainur::scenario {

/// What the trace says became of a request.
enum class recorded_outcome : std::uint8_t {
  unknown,
  success,
  failure,
  cancelled,
  max_value = cancelled
};

/// One request: what a client asks for, and when.
struct request {
  duration at{};                ///< since the start of the run
  duration work{};              ///< at speed 1; of every subtask
  std::uint32_t client = 0;     ///< index into workload::clients, and of clients modulo their count
  std::uint32_t capability = 0; ///< index into workload::capabilities
  std::uint32_t size = 0;       ///< payload bytes
  std::uint16_t subtasks = 1;
  bool work_known = true; ///< false: the trace does not say; `work` is 0
  recorded_outcome outcome = recorded_outcome::unknown;
  friend bool operator==(const request&, const request&) = default;
};

/// How the rows of a trace were taken.
struct row_counts {
  std::uint64_t rows = 0;  ///< records read, headers and comments apart
  std::uint64_t taken = 0; ///< requests made of them
  std::uint64_t malformed = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t work_missing = 0;
  std::uint64_t client_missing = 0;
  std::uint64_t capability_missing = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t outcome_unknown = 0;
  std::uint64_t skipped = 0;     ///< by any rule
  std::string first_malformed{}; ///< where and why
  friend bool operator==(const row_counts&, const row_counts&) = default;
};

struct workload {
  std::vector<std::string> capabilities{}; ///< distinct, in order of appearance
  std::vector<std::string> clients{};      ///< distinct, in order of appearance
  std::vector<request> requests{};         ///< sorted by time; equal times in file order
  row_counts counts{};
  friend bool operator==(const workload&, const workload&) = default;
};

/// The most requests a workload may have.
inline constexpr std::uint64_t requests_max = 5'000'000;

/// The workload of a scenario. `file` overrides the scenario's own (`--workload`); `base_folder` is
/// what a relative path in the scenario starts from. Errors: `scenario::errc` with file:line.
[[nodiscard]] result<workload> load_workload(const config& scenario, const std::string& base_folder,
                                             const std::optional<std::string>& file);

/// Made from the seed alone.
[[nodiscard]] result<workload> make_synthetic(const config& scenario);

/// Reads a trace piece by piece: `next` fills a buffer and returns its length, 0 at the end and −1
/// on a read error. `name` is for messages.
using byte_source = std::function<std::ptrdiff_t(char* buffer, std::size_t size)>;
[[nodiscard]] result<workload> read_csv(const workload_config& rules, const std::string& name,
                                        const byte_source& next);
[[nodiscard]] result<workload> read_swf(const workload_config& rules, const std::string& name,
                                        const byte_source& next);

/// In words: which columns mean what, and how many rows fell under which rule; one line each.
[[nodiscard]] std::vector<std::string> explain(const workload_config& rules, const workload& w);

} // namespace ainur::scenario
