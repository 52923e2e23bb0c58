// Defends channels on the ledger: holds the newest state of each, and when an older one is
// registered says which call to make, again and again until the ledger shows that it acted.
//
// It follows the events of the ledger and outputs calls; whoever owns it signs and offers them
// (anyone's account will do, but for version 0, which only a party may register). It keeps nothing
// durable: after a restart, `hold` the newest states again and `look` at each channel on the
// ledger. Challenge durations must exceed the lag with which events arrive here, plus `retry`, plus
// the time that a call needs to reach a block. Pure; not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ainur/ledger/call.hpp"
#include "ainur/ledger/channel.hpp"
#include "ainur/ledger/event.hpp"
#include "ainur/ledger/view.hpp"

namespace ainur::ledger {

class channel_watcher {
public:
  using calls = std::vector<ledger::call>;

  /// `retry`: how long a call may take to show before it is made again.
  explicit channel_watcher(duration retry) : retry_(retry) {}

  /// Watches a channel, or takes a newer state of one. A final state closes it.
  [[nodiscard]] calls hold(const signed_channel_state& newest, instant now, timestamp utc);
  /// Ends a channel without the other party: registers the newest state and concludes.
  [[nodiscard]] calls enforce(const channel_id& id, instant now, timestamp utc);

  [[nodiscard]] calls see(const event::any& e, instant now, timestamp utc);
  /// The channel as the ledger has it.
  [[nodiscard]] calls look(const channel_view& v, instant now, timestamp utc);

  [[nodiscard]] calls tick(instant now, timestamp utc);
  /// When to call `tick` again, given the current UTC time.
  [[nodiscard]] std::optional<instant> wake_at(instant now, timestamp utc) const;

  /// The channel has been concluded, or is not watched.
  [[nodiscard]] bool done(const channel_id& id) const { return watched_.count(id) == 0; }

  [[nodiscard]] std::size_t watching() const noexcept { return watched_.size(); }

private:
  struct registration {
    std::uint64_t version = 0;
    timestamp timeout{};
  };

  struct watched {
    signed_channel_state newest;
    std::optional<registration> on_ledger;
    bool enforced = false;
    std::optional<instant> next_try; ///< of the call that was made last
  };

  /// The call that the ledger needs now.
  [[nodiscard]] static std::optional<ledger::call> wanted(const watched& w, timestamp utc);
  void act(watched& w, instant now, timestamp utc, calls& out) const;

  duration retry_;
  std::map<channel_id, watched> watched_;
};

} // namespace ainur::ledger
