#include "record_form.hpp"

namespace ainur::ledger {

account_record record_of(book& b, const account_form& f) {
  account_record r;
  r.free = f.free;
  r.reserved = f.reserved;
  r.bonded = f.bonded;
  r.unbonding = f.unbonding;
  r.held = f.held;
  r.exposure = f.exposure;
  r.nonce = f.nonce;
  r.host = f.host ? b.party_of(*f.host) : 0;
  r.controller = f.controller ? b.party_of(*f.controller) : 0;
  r.open_awards = f.open_awards;
  r.open_tasks = f.open_tasks;
  r.repeated_era = f.repeated_era;
  r.arbiter = f.arbiter;
  r.severe = f.severe;
  r.score = f.score;
  r.history = f.history;
  r.outcomes = f.outcomes;
  r.rated = f.rated;
  r.locked = f.locked;
  r.anchors = f.anchors;
  r.scored_era = f.scored_era;
  r.accepted_from = f.accepted_from;
  return r;
}

state_header bare_header(const book& b, std::string_view magic) {
  return {.magic = std::string{magic},
          .origin = b.origin,
          .height = b.height,
          .time = b.time,
          .last_hash = b.last_hash,
          .meta = b.meta,
          .counts = {}};
}

result<void> take_header(book& b, state_header& h, std::string_view magic) {
  if (h.magic != magic)
    return fail(errc::bad_snapshot, "it is not of this kind: " + h.magic);
  if (h.version != state_header{}.version)
    return fail(base_errc::unsupported, "written in version " + std::to_string(h.version) +
                                            " of the format; this program reads version " +
                                            std::to_string(state_header{}.version));
  if (auto valid = check_rules(h.origin); !valid)
    return valid;
  const auto tables = b.here().tables.size();
  const auto counted = h.counts.size();
  if (h.origin != without_lists(h.origin) || counted < first_tables || counted > tables ||
      (counted > first_tables && h.counts.back() == 0) || h.time < h.origin.time ||
      h.time >= time_max)
    return fail(errc::bad_snapshot, "its header is not consistent");
  h.counts.resize(tables);
  b.origin = std::move(h.origin);
  b.height = h.height;
  b.time = h.time;
  b.last_hash = h.last_hash;
  b.meta = h.meta;
  return {};
}

} // namespace ainur::ledger
