// What byzantine validators make of the messages that an honest one would send.
#pragma once

#include <map>

#include "node.hpp"

namespace ainur::consensus::simulation {

class misdeeds {
public:
  misdeeds(const hash256& chain, rng random)
      : chain_(chain), random_(random), halves_(random.split("halves")) {}

  /// What `by` sends instead of `what` to `receivers`. Counts each act.
  [[nodiscard]] std::vector<parcel> distort(const node& by, const message& what,
                                            const std::vector<node_index>& receivers,
                                            std::array<std::uint64_t, behaviours_count>& acts);

private:
  using receivers = std::vector<node_index>;
  using parcels = std::vector<parcel>;

  /// One message to one half of the validators, another to the other half. All the byzantine cut
  /// them in the same halves, for as long as a height.
  [[nodiscard]] parcels two_faces(std::uint64_t height, const message& one, const message& other,
                                  const receivers& to) const;
  [[nodiscard]] std::optional<message> other_proposal(const node& by, const message& what);
  /// What to say to each half instead of a vote, if that is not the same.
  [[nodiscard]] std::optional<std::pair<message, message>> two_votes(const node& by,
                                                                     const message& what);
  [[nodiscard]] std::optional<message> badly_signed(const message& what, const node& by);
  void flood(const node& by, const message& what, const receivers& to, parcels& out);

  hash256 chain_;
  rng random_;
  rng halves_;
  std::map<account_id, std::vector<shared_message>> said_;  // to be repeated
  using round_key = std::pair<std::uint64_t, round_number>; // height and round
  std::map<round_key, std::array<hash256, 2>> proposed_;    // to either half
};

} // namespace ainur::consensus::simulation
