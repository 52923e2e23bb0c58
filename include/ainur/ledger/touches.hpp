// Who had to do with what: the calls and events of a block log that touched one account.
//
// A call touches the account that signs or acts and every account it names; an event those it
// names. Events are not stored: they come from executing the blocks again, so a history costs a
// replay of what is kept. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/ledger/log.hpp"

namespace ainur::ledger {

[[nodiscard]] bool mentions(const call& c, const account_id& who);
[[nodiscard]] bool mentions(const event::any& e, const account_id& who);

/// One call or event.
struct touch {
  std::uint64_t height = 0;
  timestamp time{};
  account_id signer;                  ///< of a call
  std::optional<ledger::entry> entry; ///< a call
  errc how = errc::ok;                ///< what was answered to it
  std::optional<event::any> event;
};

/// The newest `limit` touches from height `from` on, oldest first. Errors: as `replay_log`.
[[nodiscard]] result<std::vector<touch>> touches_of(const store::view& log, const account_id& who,
                                                    std::uint64_t from, std::size_t limit,
                                                    election_rules elections = basic_elections);

} // namespace ainur::ledger
