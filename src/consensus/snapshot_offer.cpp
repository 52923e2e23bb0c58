#include "ainur/consensus/snapshot_offer.hpp"

#include <utility>

namespace ainur::consensus {

namespace {

std::vector<validator> members_of(const validator_set& set) {
  return {set.begin(), set.end()};
}

auto bad(std::string_view what) {
  return fail(errc::bad_block, "a snapshot: " + std::string{what});
}

/// The parts of the position, with nothing compared yet.
result<position> assemble(const snapshot_offer& o) {
  auto last = validator_set::make(o.last_validators);
  auto now = validator_set::make(o.validators);
  auto next = validator_set::make(o.next_validators);
  for (const auto* set : {&last, &now, &next})
    if (!*set)
      return fail(set->error());
  auto turn = rotation::make(*now, o.priorities, o.proposer);
  if (!turn)
    return fail(turn.error());
  return position{o.block.height,  o.block.time,     o.after.previous,
                  o.last_commit,   o.after.before,   std::move(*last),
                  std::move(*now), std::move(*next), std::move(*turn)};
}

result<void> follow_handovers(light_client& client, const std::vector<handover>& handovers,
                              timestamp now) {
  if (handovers.size() > handovers_max)
    return bad("more than " + std::to_string(handovers_max) + " handovers");
  for (const auto& x : handovers) {
    auto next = validator_set::make(x.next_validators);
    if (!next)
      return fail(next.error());
    if (auto believed = client.believe(
            {x.last.header, x.last.commit, client.trusted().next_validators, std::move(*next)},
            now);
        !believed)
      return believed;
  }
  return {};
}

} // namespace

snapshot_offer make_offer(const position& p, const header& block, const consensus::block& after,
                          const certificate& commit) {
  return {block,
          after.header,
          commit,
          after.last_commit,
          members_of(p.last_validators),
          members_of(p.validators),
          members_of(p.next_validators),
          p.turn.priorities(),
          p.turn.proposer(),
          {}};
}

result<position> believe_offer(const snapshot_offer& o, const anchor& from,
                               const light_options& options,
                               std::shared_ptr<signature_checker> checker, timestamp now) {
  auto p = assemble(o);
  if (!p)
    return p;
  light_client client{from, options, checker};
  if (auto led = follow_handovers(client, o.handovers, now); !led)
    return fail(led.error());
  if (auto believed = client.believe({o.after, o.commit, p->validators, p->next_validators}, now);
      !believed)
    return fail(believed.error());
  if (o.after.height != o.block.height + 1 || o.after.previous != id_of(o.block))
    return bad("its block is not the one before the header that proves it");
  if (o.block.validators != p->last_validators.hash())
    return bad("other validators than its block names");
  if (o.after.turn != p->turn.hash())
    return bad("another rotation than the header names");
  if (o.after.last_commit != hash_of(o.last_commit) || o.last_commit.block != o.after.previous)
    return bad("another certificate than the header names");
  if (!o.after.before.state_hash)
    return bad("there is no state hash at this height");
  return p;
}

} // namespace ainur::consensus
