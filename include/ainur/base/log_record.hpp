// One line of the log: what happened, where, how grave it is, and what it is about.
//
// A log is for whoever operates a market: restarts, refusals, what the disk and the ledger said.
// What becomes of each task is in the events of the runtime and in the trace of a run instead. Each
// record is one JSON object on a line of its own, and has fixed names to search for:
//
//   {"time":"2024-11-15T16:57:50.000000Z","at_us":1500000,"level":"warn","component":"supervisor",
//    "event":"child_crashed","supervisor":"persistents","child":"ledger","error":"..."}
//
// Values; thread-safe as such.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/time.hpp"

namespace ainur {

enum class log_level : std::uint8_t {
  trace, ///< each message of interest
  debug, ///< what a developer of agents wants to know
  info,  ///< the course of things: started, resumed, faults injected, stopped
  warn,  ///< something died, was refused or is late, and the market goes on
  error, ///< a part cannot go on, or data is in danger
  off,   ///< nothing has this level
  max_value = off
};

[[nodiscard]] std::string_view to_string(log_level level) noexcept;
/// "trace", "debug", "info", "warn", "error" or "off". Errors: `malformed`.
[[nodiscard]] result<log_level> log_level_from_text(std::string_view text);

struct log_field {
  std::string name;
  std::variant<std::int64_t, std::uint64_t, bool, std::string> value;
  AINUR_FIELDS(log_field, name, value)
};

struct log_record {
  timestamp time{}; ///< UTC by the machine's clock, on the virtual clock too
  instant at{};     ///< since the start of the run, on its clock
  log_level level = log_level::info;
  std::string component;        ///< who says it: "supervisor", "ledger", "node", ...
  std::string event;            ///< what happened: one of few fixed names, in snake_case
  std::vector<log_field> about; ///< what it is about: the event's own fields
  AINUR_FIELDS(log_record, time, at, level, component, event, about)
};

/// The record as one line of JSON, without the line's end. Text that is not UTF-8 is shown with
/// replacement characters, so the line is always valid.
[[nodiscard]] std::string to_json(const log_record& r);

/// Where a log goes. With neither a file nor a function there is none, and it costs nothing.
struct log_options {
  /// Lines are appended to this file, which is made if it is not there; each reaches the operating
  /// system at once.
  std::string file{};
  /// Called for each record, by one thread of the log's own, in order. It may take its time: what
  /// comes faster than it takes is dropped, the oldest first, and counted. It must not call the
  /// runtime, nor wait for it. An exception is dropped.
  std::function<void(const log_record&)> on_record{};
  log_level level = log_level::warn; ///< the least grave that is written
};

} // namespace ainur
