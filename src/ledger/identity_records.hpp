// Records of identities: who signs for an account, and what it says about itself.
#pragma once

#include "records.hpp"

namespace ainur::ledger {

/// Who signs for an account. An account without one has version 0, the key of its id, and neither
/// stash nor delegate; a record that says only that is not kept.
struct key_record {
  std::uint32_t version = 0; ///< of the current key
  byte_array<32> key{};
  timestamp since{};                    ///< the time of genesis for version 0
  account_id stash;                     ///< none if nobody may recover it
  account_id delegate;                  ///< none if only itself signs for what it hosts
  std::vector<key_view::earlier> grace; ///< earlier keys within their grace, oldest first
  AINUR_FIELDS(key_record, version, key, since, stash, delegate, grace)

  [[nodiscard]] bool says_nothing() const noexcept {
    return version == 0 && stash.is_none() && delegate.is_none();
  }
};

struct document_record {
  did_document document;
  amount deposit; ///< reserved by the account
  timestamp registered{};
  timestamp updated{};
  std::uint64_t revision = 1;
  AINUR_FIELDS(document_record, document, deposit, registered, updated, revision)
};

} // namespace ainur::ledger
