// The rotation of a host's key: when the next key is due, and in which order it takes over, so that
// a crash at any instant leaves a ring that can still sign.
//
//   need() == next_key  → prepare(key)          the ring holds both keys now
//   need() == save      → make ring() durable (crypto::seal_ring), then saved()
//   need() == announce  → announcement() in a batch signed by the ring
//   every durable block → observe(state.keys(account)): perhaps the new key speaks; then save again
//
// A key is announced only once it is saved, and the old one is forgotten only once the ledger has
// made the new one durable. `open` takes the ring as it was last saved: the ledger's record says
// which of its two keys speaks. No clocks, no randomness; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/crypto/key_ring.hpp"
#include "ainur/ledger/batch.hpp"
#include "ainur/ledger/view.hpp"

namespace ainur::ledger {

class rotation {
public:
  enum class need_kind {
    nothing,
    next_key, ///< the current key is older than the interval: `prepare`
    save,     ///< the ring has changed: make it durable, then `saved`
    announce, ///< the next key is durable: send `announcement`
  };

  /// `record` is what the ledger says of the ring's account; `interval` the age at which a key is
  /// replaced, 0 for never. Errors: `bad_key` if neither key of the ring speaks for the account.
  [[nodiscard]] static result<rotation> open(crypto::key_ring ring, const key_view& record,
                                             duration interval);

  [[nodiscard]] need_kind need(timestamp now) const;
  /// When `need` asks for the next key or for an announcement; nothing while it is to be saved.
  [[nodiscard]] std::optional<timestamp> due_at() const;

  /// The next key, fresh. Whenever there is none, due or not.
  void prepare(crypto::secret_key next);
  /// The ring is durable as it is now.
  void saved();
  /// The call, for a batch signed by the ring's current key. The next key must have been saved.
  [[nodiscard]] rotate_key announcement(const hash256& chain) const;
  /// The next key could not be made, or the ledger has refused it: the next try is in a minute.
  void postpone(timestamp now);
  /// What a durable block says. Errors: `bad_key` if the account was recovered with another key:
  /// this ring does not speak for it any more.
  [[nodiscard]] result<void> observe(const key_view& record);

  [[nodiscard]] const crypto::key_ring& ring() const noexcept { return ring_; }

  /// Of the current key.
  [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

private:
  rotation(crypto::key_ring ring, duration interval) noexcept
      : ring_(std::move(ring)), interval_(interval) {}

  crypto::key_ring ring_;
  duration interval_;
  std::uint32_t version_ = 0;
  timestamp since_{};
  timestamp retry_at_{};
  bool unsaved_ = false;
};

/// `b` signed by the ring's current key, which is named if the account began with another.
[[nodiscard]] signed_batch sign_batch(const hash256& chain, batch b, const crypto::key_ring& ring);

/// The key of a version where all keys follow from one secret, the key of version 0. Who knows the
/// secret knows them all: for virtual runs, which derive everything from their seed.
[[nodiscard]] crypto::secret_key derived_key(const byte_array<32>& secret, std::uint32_t version);

} // namespace ainur::ledger
