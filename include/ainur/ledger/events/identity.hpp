// Events of identities and keys.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/ledger/calls/identity.hpp"

namespace ainur::ledger {

namespace event {

/// A document was registered, replaced or, with none, removed.
struct document_changed {
  account_id account;
  std::uint64_t revision = 0; ///< 1 for the first
  amount deposit;             ///< reserved for it now
  std::optional<did_document> document;
  AINUR_FIELDS(document_changed, account, revision, deposit, document)
};

/// From the next batch on this key signs.
struct key_rotated {
  account_id account;
  std::uint32_t version = 0;
  byte_array<32> key{};
  timestamp grace_until{}; ///< of the key before; the time of the block if it has none
  bool recovered = false;  ///< by the stash
  AINUR_FIELDS(key_rotated, account, version, key, grace_until, recovered)
};

/// The grace of an earlier key is over, or was ended.
struct key_ended {
  account_id account;
  std::uint32_t version = 0;
  AINUR_FIELDS(key_ended, account, version)
};

struct recovery_set {
  account_id account;
  account_id stash; ///< none: it has no stash any more
  AINUR_FIELDS(recovery_set, account, stash)
};

struct hosting_delegated {
  account_id host;
  account_id controller; ///< none: the delegation has ended
  AINUR_FIELDS(hosting_delegated, host, controller)
};

} // namespace event
} // namespace ainur::ledger
