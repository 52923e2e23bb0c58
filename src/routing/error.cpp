#include "ainur/routing/error.hpp"

namespace ainur::routing {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::malformed:
    return {"routing", "malformed", "not the form that was asked for"};
  case errc::too_large:
    return {"routing", "too_large", "more nodes, links, steps or runs than allowed"};
  case errc::bad_option:
    return {"routing", "bad_option", "an option or a combination of options makes no sense"};
  }
  return {"routing", "unknown", "unknown"};
}

} // namespace ainur::routing
