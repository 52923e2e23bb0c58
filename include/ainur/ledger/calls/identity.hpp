// Calls on identity: DID documents, keys and their rotation, recovery, delegation of hosting.
//
// An account id never changes; the key that signs for it does. Each key of an account has a
// *version*: 0 is the key that the id itself is, each rotation makes the next. Only the current key
// signs batches. A rotated key has a grace period in which objects that name its version still
// verify (signature.hpp). Hosted accounts have no keys: their host's sign for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// What a key of a DID document serves for (the verification relationships of W3C DID Core).
enum class key_purpose : std::uint8_t {
  authentication,
  assertion,
  key_agreement,
  capability_invocation,
  capability_delegation,
  max_value = capability_delegation,
};

/// A further key of the account's owner; it signs nothing on the ledger.
struct document_key {
  std::string name; ///< 1..32 of A-Z a-z 0-9 . _ -, each once in a document
  key_purpose purpose = key_purpose::authentication;
  byte_array<32> key{}; ///< Ed25519; X25519 for key agreement. Not all zero
  AINUR_FIELDS(document_key, name, purpose, key)
};

/// Where the account's owner is reached.
struct document_service {
  std::string name;     ///< as that of a key
  std::string type;     ///< 1..64 printable ASCII characters
  std::string endpoint; ///< a URI of 3..256 visible ASCII characters, beginning with its scheme
  AINUR_FIELDS(document_service, name, type, endpoint)
};

inline constexpr std::size_t document_keys_max = 8;
inline constexpr std::size_t document_services_max = 8;
inline constexpr std::size_t document_capabilities_max = 32;

/// What an account says about itself. The key that signs for it is not part of it: that follows
/// from the ledger.
struct did_document {
  std::vector<document_key> keys;         ///< at most 8
  std::vector<document_service> services; ///< at most 8
  /// At most 32, each once, of 1..64 printable ASCII characters.
  std::vector<std::string> capabilities;
  /// A salted hash of personal data, which stay off the ledger and can so be forgotten.
  std::optional<hash256> personal_data;
  AINUR_FIELDS(did_document, keys, services, capabilities, personal_data)
};

/// True if every bound above holds.
[[nodiscard]] bool is_valid(const did_document& d);

/// Any account, once. Reserves a deposit by the document's size (`identity_parameters`).
struct register_agent {
  did_document document;
  AINUR_FIELDS(register_agent, document)
};

/// Replaces the document; the deposit follows its size.
struct update_document {
  did_document document;
  AINUR_FIELDS(update_document, document)
};

/// Removes the document and gives the deposit back.
struct deregister_agent {
  AINUR_NO_FIELDS(deregister_agent)
};

/// Origin: an account that signs for itself, in a batch signed by its current key. From the next
/// batch on only the new key signs.
struct rotate_key {
  /// Ed25519; neither the account's current key, nor one within grace, nor the one it began with.
  byte_array<32> key{};
  /// By the new key, so that nobody takes over another's key or locks themselves out:
  /// `prove_key` for the next version.
  byte_array<64> proof{};
  AINUR_FIELDS(rotate_key, key, proof)
};

/// Names who may recover an account: its *stash*, whose key stays offline. Origin: the account
/// itself (it signs for itself) while it has none; from then on its stash alone, so that a stolen
/// key cannot rid itself of it.
struct set_recovery {
  account_id account;
  std::optional<account_id>
      stash; ///< none: there is none any more. Not the account, nor hosted by it
  AINUR_FIELDS(set_recovery, account, stash)
};

/// Origin: the stash of `account`. A rotation without grace: the current key and all earlier ones
/// verify nothing from here on, and a delegation of hosting ends.
struct recover_account {
  account_id account;
  byte_array<32> key{};   ///< as in `rotate_key`
  byte_array<64> proof{}; ///< as in `rotate_key`
  AINUR_FIELDS(recover_account, account, key, proof)
};

/// Origin: an account that signs for itself. Ends the grace of one of its earlier keys at once.
struct revoke_key {
  std::uint32_t version = 0;
  AINUR_FIELDS(revoke_key, version)
};

/// Origin: an account that signs for itself. Its hosted accounts, all of them, may from now on also
/// be signed for by `controller`, in batches and at the fee of that one; entry::host names the
/// host. The host's own account stays the host's. Replaces an earlier delegation.
struct delegate_hosting {
  account_id controller; ///< signs for itself; not the origin
  AINUR_FIELDS(delegate_hosting, controller)
};

/// Origin: the host. Ends its delegation at once.
struct revoke_delegation {
  AINUR_NO_FIELDS(revoke_delegation)
};

} // namespace ainur::ledger
