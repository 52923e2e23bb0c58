// Snapshots: offered by who has one, fetched piece by piece by who is too far behind for blocks,
// and believed only if the state has the hash that a certified header names.
#include <utility>

#include "ainur/consensus/election_rules.hpp"
#include "node_parts.hpp"

namespace ainur::consensus {

namespace {
constexpr std::size_t chunk_data_max = 8u << 20; // a chunk ends after the record that fills it
} // namespace

void full_node::parts::do_one(offer_snapshot& e, const moment&, node_step& out, const follow&) {
  if (offer)
    out.messages.push_back({e.to, std::make_shared<const node_message>(message{*offer})});
}

void full_node::parts::take(const account_id& from, const chunk_request& x, const moment&,
                            node_step& out) {
  const bool offered = offer && offer->block.height == x.height;
  if (offered && (!served || served->height != x.height)) {
    kept_snapshot made{x.height, {}};
    const auto there = state.at(x.height, [&](const ledger::state& then) {
      ledger::snapshot_writer writer{then};
      while (auto chunk = writer.next(chunk_bytes))
        made.chunks.push_back(std::move(*chunk));
    });
    if (there)
      served = std::move(made);
  }
  chunk_message answer{x.height, x.number, 0, {}};
  if (served && served->height == x.height && x.number < served->chunks.size()) {
    answer.count = static_cast<std::uint32_t>(served->chunks.size());
    answer.data = served->chunks[x.number];
  }
  out.messages.push_back({from, std::make_shared<const node_message>(std::move(answer))});
}

void full_node::parts::do_one(restore& e, const moment& m, node_step& out, const follow&) {
  if (fetching)
    return;
  fetching = fetch{e.from, std::move(e.at), {}, {}};
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
  if (x.number >= x.count || x.count > chunks_max || x.data.size() > chunk_data_max)
    return fetching.reset(); // another replica is asked in time
  fetching->chunks.push_back(x.data);
  if (fetching->chunks.size() < x.count)
    return ask_chunk(m, out);
  if (!take_over(m, out))
    fetching.reset();
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
  if (auto replaced = ledger::replace_log(out.write, **view, *s, point, fetching->chunks);
      !replaced)
    return replaced;
  keeper = ledger::log_keeper::after_replacing(
      options.keeper, {point, static_cast<std::uint32_t>(fetching->chunks.size())}, *s);
  s->keep_past(options.past);
  state = std::move(*s);
  out.write.prune(chain_journal, at.height);
  out.write.put(ledger::node_table, position_key, encode_position(at));
  forget_wal(at.height, out.write);
  chain_first = at.height + 1;
  last_header.reset();
  offer.reset();
  served.reset();
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
