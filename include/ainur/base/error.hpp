// Errors as values.
//
// Every room declares one enum of error codes and describes it with `describe`; everything that can
// fail for a reason outside our own code returns `result<T>`. An `error` carries the room, the code
// and one sentence saying what was wrong, where, and what to do. Nothing here throws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

namespace ainur {

/// The name and meaning of one error code. Both live for the whole program.
struct error_info {
  std::string_view room; ///< the room that reports it, e.g. "ledger"
  std::string_view name; ///< the stable spelling for programs, e.g. "insufficient_funds"
  std::string_view text; ///< one sentence for people
};

/// What went wrong. Cheap to move; copying copies the detail. Thread-safe as a value.
class [[nodiscard]] error {
public:
  /// `code` is an enumerator of a room's error enum, for which `error_info describe(Enum)` is found
  /// by argument-dependent lookup. `detail` says what, where and what to do.
  template <class Enum>
    requires std::is_enum_v<Enum>
  error(Enum code, std::string detail = {}) // NOLINT(google-explicit-constructor)
      : info_(describe(code)), code_(static_cast<std::uint16_t>(code)), detail_(std::move(detail)) {
  }

  [[nodiscard]] std::string_view room() const noexcept { return info_.room; }

  [[nodiscard]] std::string_view name() const noexcept { return info_.name; }

  [[nodiscard]] std::uint16_t code() const noexcept { return code_; }

  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

  /// "ledger.insufficient_funds: the account holds less than asked: ..." as shown to a person.
  [[nodiscard]] std::string to_string() const;

  /// True if this error is exactly `code`.
  template <class Enum>
    requires std::is_enum_v<Enum>
  [[nodiscard]] bool is(Enum code) const noexcept {
    const auto other = describe(code);
    return info_.room == other.room && code_ == static_cast<std::uint16_t>(code);
  }

  /// The same error with `context` put before its detail ("market.toml:12: ...").
  [[nodiscard]] error within(std::string_view context) const;

private:
  error_info info_;
  std::uint16_t code_;
  std::string detail_;
};

/// A value, or the reason why there is none.
template <class T>
using result = tl::expected<T, error>;

/// Returns the error of a `result`; `return fail(code, "...")`.
template <class Enum>
  requires std::is_enum_v<Enum>
[[nodiscard]] tl::unexpected<error> fail(Enum code, std::string detail = {}) {
  return tl::unexpected<error>(error{code, std::move(detail)});
}

[[nodiscard]] inline tl::unexpected<error> fail(error e) {
  return tl::unexpected<error>(std::move(e));
}

/// Errors of room `base`, and of what has no room of its own.
enum class base_errc : std::uint16_t {
  overflow = 1, ///< the result does not fit the type
  malformed,    ///< the text or bytes are not of the expected form
  out_of_range, ///< a value is outside its stated range
  not_found,    ///< the named thing does not exist
  io,           ///< the operating system refused
  unsupported,  ///< not offered in this form
};
[[nodiscard]] error_info describe(base_errc code) noexcept;

} // namespace ainur
