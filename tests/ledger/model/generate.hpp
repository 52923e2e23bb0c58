// What the model-based test does: small integers, and what they mean in a given state.
#pragma once

#include <array>

#include "cast.hpp"

namespace ainur::test {

/// One call, and what comes before it. Smaller numbers are simpler, so that shrinking can lower
/// each by itself.
struct command {
  std::uint8_t kind = 0; // which call: its place in the variant
  std::uint8_t join = 0; // 0: a block of its own; else it joins the block before it
  std::uint8_t jump = 0; // how much time passes before the block
  std::array<std::uint8_t, 6> x{};
};

/// What a command means.
struct intent {
  person actor;
  ledger::call call;
  std::optional<account_id> by; // a delegate of the host signs
  std::uint8_t flaw = 0;        // of the batch; 0: none
  bool alone = false;           // needs a block of its own
};

/// Things that once were: ids to ask for after they are gone.
struct memory {
  std::vector<task_id> tasks;
  std::vector<channel_id> channels;
  std::vector<account_id> daos;
};

/// The sense that a command makes at time `now`, looking at the model. About a third are meant to
/// be refused.
[[nodiscard]] intent interpret(const command& c, const model& m, memory& past);

[[nodiscard]] std::vector<command> random_commands(std::uint64_t seed, std::size_t count);

} // namespace ainur::test
