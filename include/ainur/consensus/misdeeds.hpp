// What byzantine validators make of the messages that an honest one would send: for simulations and
// for runs with faults. Deterministic: everything is drawn from the seed. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/message.hpp"
#include "ainur/crypto/keys.hpp"
#include "ainur/sim/network.hpp"

namespace ainur::consensus {

/// What a byzantine validator does.
enum class behaviour : std::uint8_t {
  silent,                ///< sends nothing
  equivocating_proposer, ///< proposes two blocks in one round, one to each half
  equivocating_voter,    ///< votes for two values in one step, one to each half
  amnesia,               ///< forgets what it signed and what it is locked on
  stale_view,            ///< answers late, and repeats what it said long ago
  bad_signatures,        ///< signs wrongly, or in the name of others
  withheld_proposal,     ///< sends its proposals to a few only
  flooding,              ///< sends junk: far rounds and heights, repeated requests
  twin,                  ///< runs twice with one key
  max_value = twin,
};
inline constexpr std::size_t behaviours_count = 9;
[[nodiscard]] std::string_view to_string(behaviour b) noexcept;

/// A validator that may break the rules.
struct liar {
  account_id id;
  byte_array<32> seed{};           ///< of its key for statements
  std::vector<behaviour> misdeeds; ///< empty: honest

  [[nodiscard]] crypto::secret_key key() const {
    return crypto::secret_key::from_seed(crypto::seed{seed});
  }

  [[nodiscard]] bool honest() const noexcept { return misdeeds.empty(); }

  [[nodiscard]] bool does(behaviour b) const noexcept {
    return std::find(misdeeds.begin(), misdeeds.end(), b) != misdeeds.end();
  }
};

using shared_message = std::shared_ptr<const message>;

/// One message to one node, later by `hold` than it would be.
struct parcel {
  sim::node_index to = 0;
  shared_message what;
  duration hold{};
};

class misdeeds {
public:
  misdeeds(const hash256& chain, rng random)
      : chain_(chain), random_(random), halves_(random.split("halves")) {}

  /// What `by` sends instead of `what` to `receivers`. Counts each act.
  [[nodiscard]] std::vector<parcel> distort(const liar& by, const message& what,
                                            const std::vector<sim::node_index>& receivers,
                                            std::array<std::uint64_t, behaviours_count>& acts);

private:
  using receivers = std::vector<sim::node_index>;
  using parcels = std::vector<parcel>;

  /// One message to one half of the validators, another to the other half. All the byzantine cut
  /// them in the same halves, for as long as a height.
  [[nodiscard]] parcels two_faces(std::uint64_t height, const message& one, const message& other,
                                  const receivers& to) const;
  [[nodiscard]] std::optional<message> other_proposal(const liar& by, const message& what);
  /// What to say to each half instead of a vote, if that is not the same.
  [[nodiscard]] std::optional<std::pair<message, message>> two_votes(const liar& by,
                                                                     const message& what);
  [[nodiscard]] std::optional<message> badly_signed(const message& what, const liar& by);
  void flood(const liar& by, const message& what, const receivers& to, parcels& out);

  hash256 chain_;
  rng random_;
  rng halves_;
  std::map<account_id, std::vector<shared_message>> said_; // to be repeated
  std::map<account_id, std::tuple<std::uint64_t, round_number, statement_kind>> flooded_; // last
  using round_key = std::pair<std::uint64_t, round_number>; // height and round
  std::map<round_key, std::array<hash256, 2>> proposed_;    // to either half
};

} // namespace ainur::consensus
