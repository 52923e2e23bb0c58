// What must hold of the records of channels.
#include "ainur/ledger/channel.hpp"
#include "audit.hpp"

namespace ainur::ledger {

void audit_channels(auditor& found) {
  const auto& b = found.books();
  b.channels.for_each([&](const channel_key& k, const channel_record& r) {
    const auto name = " of channel " + to_string(k.id);
    const auto& p = r.params;
    found.require(channel_id_of(b.meta.chain, p) == k.id && r.newest.channel == k.id,
                  "the id" + name);
    found.require(p.first != p.second, "the parties" + name);
    found.require(p.challenge > duration{0} && p.challenge <= horizon_max &&
                      p.open_by <= b.time + horizon_max,
                  "the terms" + name);
    found.require(r.phase == channel_phase::open || r.due <= b.time + 2 * horizon_max,
                  "the time" + name);
    amount total;
    found.gather(total, p.first_deposit);
    found.gather(total, p.second_deposit);
    found.require(check_state(r.newest, p.first_deposit, p.second_deposit) == errc::ok,
                  "the newest state" + name);
    found.require(r.phase != channel_phase::open || r.newest.version == 0, "the version" + name);
    if (!r.holds_money())
      return;
    ++found.claims(p.first).anchors;
    ++found.claims(p.second).anchors;
  });
}

} // namespace ainur::ledger
