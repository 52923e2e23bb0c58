// Snapshots: offered by who has one, fetched piece by piece by who is too far behind for blocks,
// and believed only if the state has the hash that a certified header names.
#include <algorithm>
#include <utility>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/store/key.hpp"
#include "node_parts.hpp"

namespace ainur::consensus {

namespace {
constexpr std::size_t chunk_data_max = 8u << 20; // a chunk ends after the record that fills it
constexpr std::size_t handover_bytes_max = 16u << 20;
constexpr std::size_t snapshot_bytes_max = std::size_t{16} << 30; // a hundred million accounts
} // namespace

/// Offers live as long as the bases that they prove, also over a restart.
void full_node::parts::keep_offer(snapshot_offer offer, store::write_set& set) {
  const auto height = offer.block.height;
  set.put(offer_table, store::encode_key(offer_key{height}), codec::encode(offer));
  offers.insert_or_assign(height, std::move(offer));
}

void full_node::parts::forget_offers(store::write_set& set) {
  std::erase_if(offers, [&](const auto& x) {
    const auto height = x.first;
    if (keeper.growing() == height || std::ranges::any_of(keeper.bases(), [&](const auto& base) {
          return base.point.height == height;
        }))
      return false;
    set.erase(offer_table, store::encode_key(offer_key{height}));
    return true;
  });
}

/// The newest base that is whole: all blocks after it are there. Who would need more handovers than
/// fit, or than this node can read, must ask another.
void full_node::parts::do_one(offer_snapshot& e, const moment&, node_step& out, const follow&) {
  if (keeper.bases().empty())
    return;
  const auto newest = offers.find(keeper.bases().back().point.height);
  if (newest == offers.end())
    return;
  auto offer = newest->second;
  const auto view = store->open_view();
  if (!view)
    return;
  auto handovers =
      read_handovers(**view, e.height, offer.after.height, handovers_max, handover_bytes_max);
  if (!handovers)
    return;
  offer.handovers = std::move(*handovers);
  out.messages.push_back({e.to, std::make_shared<const node_message>(message{std::move(offer)})});
}

void full_node::parts::take(const account_id& from, const chunk_request& x, const moment&,
                            node_step& out) {
  chunk_message answer{x.height, x.number, 0, {}};
  const auto base =
      std::ranges::find(keeper.bases(), x.height, [](const auto& b) { return b.point.height; });
  if (base != keeper.bases().end() && x.number < base->chunks)
    if (const auto view = store->open_view())
      if (auto chunk = ledger::read_chunk(**view, x.height, x.number); chunk && *chunk) {
        answer.count = base->chunks;
        answer.data = std::move(**chunk);
      }
  out.messages.push_back({from, std::make_shared<const node_message>(std::move(answer))});
}

void full_node::parts::do_one(restore& e, const moment& m, node_step& out, const follow&) {
  if (fetching)
    return;
  fetching = fetch{e.from, std::move(e.at), std::move(e.proof), {}, {}};
  ask_chunk(m, out);
}

void full_node::parts::ask_chunk(const moment& m, node_step& out) {
  fetching->due = m.now + options.chunk_timeout;
  out.messages.push_back(
      {fetching->from,
       std::make_shared<const node_message>(chunk_request{
           fetching->at.height, static_cast<std::uint32_t>(fetching->chunks.size())})});
}

void full_node::parts::take(const account_id& from, const chunk_message& x, const moment& m,
                            node_step& out) {
  if (!fetching || from != fetching->from || x.height != fetching->at.height ||
      x.number != fetching->chunks.size())
    return;
  if (x.number == 0)
    fetching->count = x.count;
  fetching->size_bytes += x.data.size();
  if (x.number >= x.count || x.count > chunks_max || x.count != fetching->count ||
      x.data.size() > chunk_data_max || fetching->size_bytes > snapshot_bytes_max)
    return give_up_fetch(m, out);
  fetching->chunks.push_back(x.data);
  if (fetching->chunks.size() < x.count)
    return ask_chunk(m, out);
  if (!take_over(m, out))
    give_up_fetch(m, out);
}

/// Others are asked: nothing else may happen for long that would show this node how far behind it
/// is.
void full_node::parts::give_up_fetch(const moment& m, node_step& out) {
  fetching.reset();
  carry_out(core.not_restored(m), m, out);
}

/// The state of the chunks, if it is that of the position, takes the place of this node's.
result<void> full_node::parts::take_over(const moment& m, node_step& out) {
  const auto& at = fetching->at;
  std::size_t next = 0;
  auto s = ledger::state::restore(ledger::chunk_source{[&]() -> result<std::optional<bytes>> {
                                    return next < fetching->chunks.size()
                                               ? std::optional{fetching->chunks[next++]}
                                               : std::nullopt;
                                  }},
                                  elections);
  if (!s)
    return fail(s.error());
  const ledger::checkpoint point{s->chain(), s->height(), s->block_hash(), s->time(),
                                 s->state_hash()};
  if (point.chain != state.chain() || point.height != at.height ||
      point.block_hash != at.execution.block_hash || point.state_hash != at.execution.state_hash ||
      point.height <= state.height())
    return fail(errc::bad_block, "the snapshot is not the state that the header names");
  auto view = store->open_view();
  if (!view)
    return fail(view.error());
  store::write_set set;
  if (auto replaced = ledger::replace_log(set, **view, *s, point, fetching->chunks); !replaced)
    return replaced;
  out.write.merge(set);
  keeper = ledger::log_keeper::after_replacing(
      keeper_of(options.keeper, rules),
      {point, static_cast<std::uint32_t>(fetching->chunks.size())}, *s);
  s->keep_past(options.past);
  state = std::move(*s);
  out.write.prune(chain_journal, at.height);
  out.write.put(ledger::node_table, position_key, encode_position(at));
  forget_wal(at.height, out.write);
  chain_first = at.height + 1;
  auto& proof = fetching->proof;
  for (auto& x : std::exchange(proof.handovers, {}))
    out.write.put(handover_table, store::encode_key(handover_key{x.last.header.height}),
                  codec::encode(x));
  keep_handover({proof.block, proof.last_commit}, at.validators,
                out.write); // whoever left some out
  last_header = proof.block;
  proof_due.reset();
  out.skipped = true;
  forget_offers(out.write); // those of its own bases, which are gone
  keep_offer(std::move(fetching->proof), out.write);
  std::vector<std::pair<account_id, std::uint64_t>> nonces;
  for (const auto& signer : pool.signers())
    nonces.emplace_back(signer, state.nonce(signer));
  pool.committed(nonces, state.time());
  core.keeps_from(chain_first);
  const auto there = std::exchange(fetching, std::nullopt)->at;
  carry_out(core.restored(there, m), m, out);
  return {};
}

} // namespace ainur::consensus
