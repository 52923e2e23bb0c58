#include "ainur/discovery/error.hpp"

namespace ainur::discovery {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::malformed:
    return {"discovery", "malformed", "not the form that was asked for"};
  case errc::too_large:
    return {"discovery", "too_large", "more bytes or entries than allowed"};
  case errc::bad_signature:
    return {"discovery", "bad_signature", "the signature does not fit signer and content"};
  case errc::wrong_signer:
    return {"discovery", "wrong_signer", "another peer has signed than the one it speaks of"};
  case errc::stale:
    return {"discovery", "stale", "older than what is known"};
  case errc::bad_option:
    return {"discovery", "bad_option", "an option or a combination of options makes no sense"};
  case errc::wrong_shape:
    return {"discovery", "wrong_shape", "the index holds vectors of another dimension or kind"};
  }
  return {"discovery", "unknown", "unknown"};
}

} // namespace ainur::discovery
