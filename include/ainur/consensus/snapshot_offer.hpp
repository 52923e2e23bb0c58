// Proof that a chain stood at a position: for a replica so far behind that nobody keeps the blocks
// it lacks. It believes the header of the block after the snapshot as a light client does, with the
// help of every handover from one set of validators to the next since the height where it stands;
// and that header names everything of the position before it: block, state, validators, rotation
// and certificate. The state itself comes apart, and is checked by the state hash that stands
// there.
#pragma once

#include "ainur/consensus/light_client.hpp"
#include "ainur/consensus/position.hpp"

namespace ainur::consensus {

struct snapshot_offer {
  consensus::header block; ///< at the snapshot's height: a checkpoint
  consensus::header after; ///< of the block after it
  certificate commit;      ///< of that block
  certificate last_commit; ///< of the snapshot's block, as the block after it carries it
  std::vector<validator> last_validators; ///< of the snapshot's height
  std::vector<validator> validators;      ///< of the next
  std::vector<validator> next_validators; ///< of the one after
  std::vector<std::int64_t> priorities;   ///< at the start of the next height
  validator_index proposer = 0;
  std::vector<handover> handovers; ///< since the height of who asked for it, rising
  AINUR_FIELDS(snapshot_offer, block, after, commit, last_commit, last_validators, validators,
               next_validators, priorities, proposer, handovers)
};

/// Of one offer. One is due at most every era: a replica that slept through more of them slept
/// longer than trust lasts.
inline constexpr std::size_t handovers_max = 1'000;

/// The offer, without handovers, of a replica that stands at `p`, has the header of that block, and
/// of the one after it with its certificate.
[[nodiscard]] snapshot_offer make_offer(const position& p, const header& block,
                                        const consensus::block& after, const certificate& commit);

/// The position that the offer proves to one who trusts `from`. Its state hash is there: whoever
/// has a state with that hash can go on from here. Errors: those of `light_client::believe`;
/// `bad_block` if a part is not what the header says, or there is no state hash; `bad_validators`.
[[nodiscard]] result<position> believe_offer(const snapshot_offer& o, const anchor& from,
                                             const light_options& options,
                                             std::shared_ptr<signature_checker> checker,
                                             timestamp now);

} // namespace ainur::consensus
