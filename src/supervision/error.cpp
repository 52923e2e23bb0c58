#include "ainur/supervision/policy.hpp"

namespace ainur::supervision {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::full:
    return {"supervision", "full", "the supervisor has as many children as it may"};
  case errc::duplicate:
    return {"supervision", "duplicate", "a child of this id exists"};
  case errc::not_found:
    return {"supervision", "not_found", "no child has this id"};
  case errc::still_running:
    return {"supervision", "still_running", "the child must be terminated first"};
  case errc::ending:
    return {"supervision", "ending", "the supervisor is stopping"};
  case errc::start_failed:
    return {"supervision", "start_failed", "the child could not be started"};
  case errc::gave_up:
    return {"supervision", "gave_up", "children failed more often than the intensity allows"};
  }
  return {"supervision", "unknown", "an unknown error"};
}

} // namespace ainur::supervision
