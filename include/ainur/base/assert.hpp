// Assertions that stay on in every build. They fire only for bugs of our own, never for what came
// from a file, a peer, a client or the disk: those are errors.
#pragma once

namespace ainur::detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
} // namespace ainur::detail

#define AINUR_ASSERT(condition)                                                                    \
  (static_cast<bool>(condition)                                                                    \
       ? static_cast<void>(0)                                                                      \
       : ::ainur::detail::assertion_failed(#condition, __FILE__, __LINE__))
