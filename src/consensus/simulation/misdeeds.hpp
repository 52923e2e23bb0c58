// What byzantine validators make of the messages that an honest one would send.
#pragma once

#include <map>

#include "node.hpp"

namespace ainur::consensus::simulation {

class misdeeds {
public:
  misdeeds(const hash256& chain, rng random) : chain_(chain), random_(random) {}

  /// What `by` sends instead of `what` to `receivers`. Counts each act.
  [[nodiscard]] std::vector<parcel> distort(const node& by, const message& what,
                                            const std::vector<node_index>& receivers,
                                            std::array<std::uint64_t, behaviours_count>& acts);

private:
  using receivers = std::vector<node_index>;
  using parcels = std::vector<parcel>;

  [[nodiscard]] parcels two_faces(const message& one, const message& other, const receivers& to);
  [[nodiscard]] std::optional<message> other_proposal(const node& by, const message& what);
  [[nodiscard]] std::optional<message> other_vote(const node& by, const message& what);
  [[nodiscard]] std::optional<message> badly_signed(const message& what, const node& by);
  void flood(const node& by, const message& what, const receivers& to, parcels& out);

  hash256 chain_;
  rng random_;
  std::map<account_id, std::vector<shared_message>> said_; // to be repeated
  hash256 last_value_;                                     // that anybody proposed
};

} // namespace ainur::consensus::simulation
