// toml++, compiled in. Version 3.3 asserts, or assumes, what some malformed texts break (a key that
// begins with a dot inside an inline table); with an assertion that throws, that ends as any other
// mistake. Every file that parses includes this, so that there is one definition.
#pragma once

#include <stdexcept>

namespace ainur::scenario {

[[noreturn]] inline void toml_broke() {
  throw std::logic_error("a key is malformed");
}

} // namespace ainur::scenario

#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(expr)                                                                          \
  (static_cast<bool>(expr) ? static_cast<void>(0) : ::ainur::scenario::toml_broke())
#include <toml++/toml.h>
