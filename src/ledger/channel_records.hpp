// Records of payment channels.
#pragma once

#include "records.hpp"

namespace ainur::ledger {

struct channel_key {
  channel_id id;

  [[nodiscard]] std::uint64_t spread() const noexcept { return spread_bytes(id.value.data(), 32); }

  friend auto operator<=>(const channel_key&, const channel_key&) = default;
  AINUR_FIELDS(channel_key, id)
};

/// Until it is concluded it holds both deposits and needs both accounts. After that it stays as
/// long as the consent to open it could be used again, and its states with it.
struct channel_record {
  channel_params params;
  byte_array<32> first_key{};
  byte_array<32> second_key{};
  channel_phase phase = channel_phase::open;
  channel_state newest; ///< of the opening, as registered, or as paid
  timestamp due{};      ///< registered: the timeout; concluded: when it is pruned
  AINUR_FIELDS(channel_record, params, first_key, second_key, phase, newest, due)

  [[nodiscard]] bool holds_money() const noexcept { return phase != channel_phase::concluded; }
};

} // namespace ainur::ledger
