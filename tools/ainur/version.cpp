// ainur version
#include <cstdio>

#include "command.hpp"

namespace ainur::cli {

void add_version(frame& f) {
  f.add("version", "Print the version", "ainur version", [] {
    std::puts("ainur " AINUR_VERSION);
    return static_cast<int>(exit_ok);
  });
}

} // namespace ainur::cli
