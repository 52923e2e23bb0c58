// What the readers of both trace formats share: a row as read, and the rules that make a request of
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ainur/base/error.hpp"
#include "ainur/scenario/workload.hpp"

namespace ainur::scenario {

/// Reads lines or bytes from a source through one buffer.
class buffered_source {
public:
  explicit buffered_source(const byte_source& next) : next_(next), buffer_(65'536, '\0') {}

  /// The next byte, −1 at the end, −2 on a read error.
  int get() {
    if (at_ == end_ && !fill())
      return failed_ ? -2 : -1;
    return static_cast<unsigned char>(buffer_[at_++]);
  }

  /// The byte that `get` would return, without taking it.
  int peek() {
    if (at_ == end_ && !fill())
      return failed_ ? -2 : -1;
    return static_cast<unsigned char>(buffer_[at_]);
  }

private:
  bool fill();

  const byte_source& next_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  bool failed_ = false;
};

/// A row, as far as it could be read.
struct raw_row {
  std::uint64_t line = 0;
  std::int64_t time = 0;  ///< µs since any start
  std::string client;     ///< empty: missing
  std::string capability; ///< the parts that are there
  bool capability_whole = true;
  std::optional<std::uint64_t> work; ///< µs
  recorded_outcome outcome = recorded_outcome::unknown;
  bool unfinished = false;
  bool duplicate = false;
  std::uint32_t size = 0;
};

/// Applies the rules of a workload to row after row and gathers the requests.
class row_taker {
public:
  row_taker(const workload_config& rules, std::string name, std::string capability_default);

  /// Errors: `invalid_workload` where a rule refuses the row; `too_large`.
  [[nodiscard]] result<void> take(const raw_row& row);
  /// A row that cannot be read; an error unless some may be.
  [[nodiscard]] result<void> malformed(std::uint64_t line, std::string why);
  /// True once `limit` requests are taken.
  [[nodiscard]] bool full() const noexcept;
  /// Sorts, rebases and scales times. Errors: `invalid_workload`.
  [[nodiscard]] result<workload> finish();
  [[nodiscard]] error refusal(std::uint64_t line, const std::string& why) const;

private:
  enum class fate { take, skip, refuse };
  fate judge(row_rule rule, std::uint64_t& counter);
  result<std::uint32_t> intern(std::unordered_map<std::string, std::uint32_t>& index,
                               std::vector<std::string>& names, const std::string& name,
                               std::uint64_t line);

  const workload_config& rules_;
  std::string name_;
  std::string capability_default_;
  workload out_;
  std::vector<std::int64_t> times_;
  std::uint64_t skipped_at_start_ = 0;
  std::int64_t latest_ = 0;
  bool any_ = false;
  std::unordered_map<std::string, std::uint32_t> clients_;
  std::unordered_map<std::string, std::uint32_t> capabilities_;
};

/// A number in a trace.
struct trace_number {
  enum class kind : std::uint8_t { value, missing, malformed } what = kind::missing;
  bool negative = false;
  std::uint64_t micro = 0; ///< millionths; further decimals are cut off
};

/// Empty, "-1", any negative, "nan", "null", "na", "-" are missing where `negative_is_missing`.
[[nodiscard]] trace_number parse_trace_number(std::string_view text, bool negative_is_missing);

/// A time in one of the formats, in µs; `automatic` is replaced by what was found.
[[nodiscard]] result<std::int64_t> parse_trace_time(std::string_view text, time_format& format);

[[nodiscard]] std::string_view trim_spaces(std::string_view text);

} // namespace ainur::scenario
