#include "ainur/base/error.hpp"

#include <cstdio>
#include <cstdlib>

#include "ainur/base/assert.hpp"

namespace ainur {

std::string error::to_string() const {
  std::string out;
  out.append(info_.room).append(".").append(info_.name).append(": ").append(info_.text);
  if (!detail_.empty())
    out.append(": ").append(detail_);
  return out;
}

error error::within(std::string_view context) const {
  error outer = *this;
  outer.detail_ = detail_.empty() ? std::string{context} : std::string{context} + ": " + detail_;
  return outer;
}

error_info describe(base_errc code) noexcept {
  switch (code) {
  case base_errc::overflow:
    return {"base", "overflow", "the number is too large"};
  case base_errc::malformed:
    return {"base", "malformed", "the text is not of the expected form"};
  case base_errc::out_of_range:
    return {"base", "out_of_range", "the value is outside its range"};
  case base_errc::not_found:
    return {"base", "not_found", "there is no such thing"};
  case base_errc::io:
    return {"base", "io", "the operating system refused"};
  case base_errc::unsupported:
    return {"base", "unsupported", "this is not offered"};
  }
  return {"base", "unknown", "unknown"};
}

namespace detail {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "ainur: bug: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

} // namespace detail
} // namespace ainur
