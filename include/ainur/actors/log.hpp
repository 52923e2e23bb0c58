// How actors write to the log: a line with its level, who says it, what happened, and fields.
//
//   world.log(log_level::warn, "supervisor", "child_crashed").with("child", name).with("error", e);
//
// While the level is off this is a branch a call. Fields are put together only if the line is
// written, so hand over values, not text made of them. A line never blocks an actor, sends no
// message and draws no random number: the log does not change a run.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "ainur/actors/caf.hpp"
#include "ainur/base/log_record.hpp"

namespace ainur {

class logger;

/// A line in the making; it is written at the end of the expression. Belongs to one thread.
class log_entry {
public:
  /// Not written.
  log_entry() noexcept = default;
  log_entry(logger& to, log_level level, const char* component, const char* event, instant at);
  ~log_entry();
  log_entry(const log_entry&) = delete;
  log_entry& operator=(const log_entry&) = delete;

  /// A number, a truth value, text, an error, a duration (in microseconds), or what has a
  /// `to_string`.
  template <class T>
  log_entry& with(const char* name, const T& value) {
    if (!record_) [[likely]]
      return *this;
    if constexpr (std::same_as<T, bool>)
      add(name, value);
    else if constexpr (std::unsigned_integral<T>)
      add(name, std::uint64_t{value});
    else if constexpr (std::signed_integral<T>)
      add(name, std::int64_t{value});
    else if constexpr (std::same_as<T, duration>)
      add(name, micros(value));
    else if constexpr (std::convertible_to<const T&, std::string_view>)
      add_text(name, value);
    else if constexpr (std::same_as<T, caf::error>)
      add_text(name, to_text(value));
    else if constexpr (requires { value.to_string(); })
      add_text(name, value.to_string());
    else
      add_text(name, to_string(value));
    return *this;
  }

private:
  void add(const char* name, decltype(log_field::value) value);
  void add_text(const char* name, std::string_view text);

  logger* to_ = nullptr;
  std::unique_ptr<log_record> record_;
};

} // namespace ainur
