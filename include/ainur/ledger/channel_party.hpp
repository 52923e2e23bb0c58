// One party's side of a payment channel: it agrees with the other on one new state after another.
//
// The first party signs every new state first, so the two never cross: what it wants itself it
// proposes; what the second wants, the second asks it to propose.
//
//   first pays   first  ── channel_proposal ──▶ second ── channel_agreement ──▶ first
//   second pays  second ── channel_wish ──▶ first, and on as above
//
// A state counts once both have signed it. A party agrees by itself to whatever leaves it at least
// what it would be paid now, and proposes nothing that would leave the other less; so a payment
// needs nobody's decision. One update is in flight at a time; messages may be lost, repeated and
// reordered, and are sent again until answered. A party that crashes at any point and comes back
// with what it saved last never signs two different states of one version.
//
// The opening must be on the ledger before the first update. Once the ledger has a state of this
// channel registered, the party agrees to nothing more: follow the ledger with a lag well below the
// challenge duration, or a payment may be agreed to that comes too late to be registered.
// Not thread-safe; pure: input and time in, outputs back.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "ainur/ledger/channel.hpp"
#include "ainur/ledger/event.hpp"

namespace ainur::ledger {

enum class channel_side : std::uint8_t { first, second, max_value = second };

/// Second to first: please propose this state. Its signature (under `channel_wish_tag`) only shows
/// who asks.
struct channel_wish {
  channel_state wanted;
  byte_array<64> signature{};
  AINUR_FIELDS(channel_wish, wanted, signature)
};

/// First to second: signed, and binding once the second signs too.
struct channel_proposal {
  channel_state next;
  byte_array<64> signature{}; ///< of the first
  AINUR_FIELDS(channel_proposal, next, signature)
};

/// Second to first: the same state, signed by both.
struct channel_agreement {
  signed_channel_state agreed;
  AINUR_FIELDS(channel_agreement, agreed)
};

/// The order is that of the wire: append only.
using channel_message = std::variant<channel_wish, channel_proposal, channel_agreement>;

/// At most 1 KiB. Errors: any `codec::errc`.
[[nodiscard]] result<channel_message> decode_channel_message(bytes_view data);

/// What must survive a crash, whole.
struct channel_memory {
  signed_channel_state newest;              ///< version 0 has no signatures
  std::optional<channel_proposal> proposed; ///< first only: signed here, not by the other yet
  std::optional<channel_wish> wished;       ///< second only
  bool frozen = false;                      ///< the ledger is ending the channel
  AINUR_FIELDS(channel_memory, newest, proposed, wished, frozen)
};

/// To be carried out in the order of the members. A crash between two of them is harmless.
struct channel_outputs {
  std::optional<channel_memory> save; ///< make it durable before anything that follows
  /// The newest state that both signed has changed: hand it to the watcher.
  std::optional<signed_channel_state> agreed;
  std::vector<channel_message> send;
  /// An own update that lost its version to one of the other party: ask for it again.
  std::optional<channel_state> lost;
};

struct channel_setup {
  hash256 chain; ///< the genesis hash
  channel_params params;
  byte_array<32> first_key{}; ///< both as the ledger recorded them at the opening
  byte_array<32> second_key{};
  channel_side side = channel_side::first; ///< whose side this is
  byte_array<32> seed{};                   ///< of this side's key
  duration retry = std::chrono::seconds{1};
};

class channel_party {
public:
  /// A channel that has just been opened. `params` are those that the ledger accepted.
  explicit channel_party(const channel_setup& setup);
  /// After a restart, with what was saved last. Errors: `wrong_state` if it is not of this channel
  /// and side.
  [[nodiscard]] static result<channel_party> resume(const channel_setup& setup, channel_memory m);

  /// An update of one's own. Errors, all of which change nothing: `update_in_flight`,
  /// `channel_ending`, `sum_mismatch`, `insufficient_funds`, `not_permitted` (it would leave the
  /// other less), `invalid_value`.
  [[nodiscard]] result<channel_outputs> pay(amount value, instant now);
  /// The general form: new balances and what is locked.
  [[nodiscard]] result<channel_outputs> update(amount first, amount second, amount locked,
                                               instant now);
  /// The last state, with the balances as they are; nothing may be locked.
  [[nodiscard]] result<channel_outputs> close(instant now);

  /// A message of the other party. Errors, all of which change nothing and send nothing:
  /// `unknown_channel`, `bad_signature`, `stale_version` (not the version that comes next),
  /// `update_in_flight`, `channel_ending`, `sum_mismatch`, `not_permitted`, `invalid_value`.
  [[nodiscard]] result<channel_outputs> receive(const channel_message& m, instant now);

  /// An event of the ledger, in order.
  [[nodiscard]] channel_outputs see(const event::any& e);

  /// Sends again what was not answered.
  [[nodiscard]] channel_outputs tick(instant now);
  [[nodiscard]] std::optional<instant> wake_at() const noexcept;

  [[nodiscard]] const channel_id& id() const noexcept { return id_; }

  [[nodiscard]] const signed_channel_state& newest() const noexcept { return memory_.newest; }

  [[nodiscard]] bool in_flight() const noexcept { return memory_.proposed || memory_.wished; }

  [[nodiscard]] bool frozen() const noexcept { return memory_.frozen; }

private:
  [[nodiscard]] errc check_next(const channel_state& next) const;
  [[nodiscard]] bool leaves_less(const channel_state& next, channel_side whom) const noexcept;
  [[nodiscard]] result<channel_outputs> start(channel_state next, instant now);
  [[nodiscard]] channel_outputs propose(const channel_state& next, instant now);
  [[nodiscard]] result<channel_outputs> on(const channel_wish& m, instant now);
  [[nodiscard]] result<channel_outputs> on(const channel_proposal& m, instant now);
  [[nodiscard]] result<channel_outputs> on(const channel_agreement& m, instant now);

  channel_setup setup_;
  channel_id id_;
  channel_memory memory_;
  instant retry_at_{};
};

} // namespace ainur::ledger
