#include "ainur/store/error.hpp"

namespace ainur::store {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::damaged:
    return {"store", "damaged", "stored bytes were altered; restore a backup"};
  case errc::disk_full:
    return {"store", "disk_full", "no room is left; nothing was written, all stays readable"};
  case errc::in_use:
    return {"store", "in_use", "the store is open elsewhere"};
  case errc::already_exists:
    return {"store", "already_exists", "the target exists; name another"};
  case errc::not_found:
    return {"store", "not_found", "there is no such store or record"};
  case errc::unsupported_format:
    return {"store", "unsupported_format", "a later version of ainur wrote this"};
  case errc::bad_key:
    return {"store", "bad_key", "a key has 1 to 509 bytes, its table is not reserved"};
  case errc::bad_value:
    return {"store", "bad_value", "a value is too large or not of its table's type"};
  case errc::sequence_gap:
    return {"store", "sequence_gap", "the number does not continue what the journal holds"};
  case errc::full:
    return {"store", "full", "too much work waits; try again later"};
  case errc::writer_failed:
    return {"store", "writer_failed", "an earlier write of this writer failed; it must recover"};
  case errc::must_recover:
    return {"store", "must_recover", "a write failed; recover from the journal"};
  case errc::too_old:
    return {"store", "too_old", "the command lies before its sender's window"};
  case errc::crashed:
    return {"store", "crashed", "the simulated machine is down"};
  case errc::io:
    return {"store", "io", "the operating system refused"};
  }
  return {"store", "unknown", "unknown"};
}

} // namespace ainur::store
