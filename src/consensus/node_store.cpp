// What a node stores beside the ledger's log, and how it opens.
#include <algorithm>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/store/journal.hpp"
#include "ainur/store/key.hpp"
#include "node_parts.hpp"

namespace ainur::consensus {

namespace {

result<position> genesis_position(const ledger::state& s) {
  const auto first = s.committee_of(1);
  if (!first)
    return fail(ledger::errc::bad_genesis, "nobody validates this ledger: it has no founding");
  auto set = validators_of(*first);
  return set ? result<position>{at_genesis(s.chain(), s.time(), std::move(*set))}
             : fail(set.error());
}

/// Who was elected by the block of a height, for two heights later. The ledger forgets committees;
/// of all but the newest block the next header's handover tells.
result<std::optional<validator_set>> elected_by(const store::view& from, const ledger::state& s,
                                                std::uint64_t height) {
  std::optional<validator_set> out;
  if (height < s.height()) {
    const auto found = from.get(handover_table, store::encode_key(handover_key{height + 1}));
    if (!found)
      return fail(found.error());
    if (!*found)
      return out;
    auto next = codec::decode<handover>(**found);
    auto set = next ? validator_set::make(std::move(next->next_validators)) : fail(next.error());
    if (!set)
      return fail(set.error());
    out = std::move(*set);
  } else if (const auto in_two = s.committee_of(height + 2);
             in_two && in_two->first_height == height + 2) {
    auto set = validators_of(*in_two);
    if (!set)
      return fail(set.error());
    out = std::move(*set);
  }
  return out;
}

/// The header of the newest block, if it is kept.
result<std::optional<header>> read_last_header(const store::view& from, std::uint64_t height) {
  const auto extent = store::extent_of(from, chain_journal);
  if (!extent)
    return fail(extent.error());
  std::optional<header> out;
  if (height < extent->first || height >= extent->next)
    return out;
  const auto page = store::read_journal(from, chain_journal, height, 1);
  if (!page)
    return fail(page.error());
  auto r = decode_record(page->front());
  if (!r)
    return fail(r.error());
  out = std::move(r->header);
  return out;
}

/// The position after the last block, from the stored one on.
result<position> roll_forward(const store::view& from, const ledger::state& s) {
  const auto form = from.get(ledger::node_table, position_key);
  if (!form)
    return fail(form.error());
  if (!*form)
    return fail(base_errc::not_found, "the store holds no validator's ledger");
  auto at = decode_position(**form);
  if (!at)
    return fail(at.error().within("the position"));
  while (at->height < s.height()) {
    const auto page = store::read_journal(from, chain_journal, at->height + 1, 64);
    if (!page)
      return fail(page.error());
    for (const auto& raw : *page) {
      auto r = decode_record(raw);
      if (!r)
        return fail(r.error());
      auto elected = elected_by(from, s, raw.sequence);
      if (!elected)
        return fail(elected.error());
      at = after(*at, {r->header, {}, r->last_commit}, r->commit, r->execution, *elected);
    }
    if (page->empty())
      return fail(errc::bad_record, "the chain journal ends before the blocks");
  }
  return at->height == s.height() && at->execution.block_hash == s.block_hash()
             ? at
             : fail(errc::bad_record, "the chain journal is not that of the blocks");
}

} // namespace

result<chain_record> decode_record(const store::journal_record& r) {
  auto record = codec::decode<chain_record>(r.content);
  if (!record)
    return fail(
        record.error().within("record " + std::to_string(r.sequence) + " of the chain journal"));
  if (record->header.height != r.sequence)
    return fail(errc::bad_record, "record " + std::to_string(r.sequence) +
                                      " of the chain journal is of height " +
                                      std::to_string(record->header.height));
  return record;
}

void keep_handover(certified_header last, const validator_set& next, store::write_set& set) {
  const handover_key key{last.header.height};
  set.put(handover_table, store::encode_key(key),
          codec::encode(handover{std::move(last), {next.begin(), next.end()}}));
}

result<std::vector<handover>> read_handovers(const store::view& from, std::uint64_t after,
                                             std::uint64_t before, std::size_t count_max,
                                             std::size_t bytes_max) {
  std::vector<handover> out;
  std::size_t size = 0;
  const auto read = from.visit(handover_table,
                               {.from = store::encode_key(handover_key{after + 1}),
                                .until = store::encode_key(handover_key{before})},
                               [&](bytes_view, bytes_view content) -> result<void> {
                                 size += content.size();
                                 if (out.size() == count_max || size > bytes_max)
                                   return fail(codec::errc::too_large,
                                               "handovers after height " + std::to_string(after));
                                 auto one = codec::decode<handover>(content);
                                 if (!one)
                                   return fail(one.error().within("a handover of validators"));
                                 out.push_back(std::move(*one));
                                 return {};
                               });
  return read ? result<std::vector<handover>>{std::move(out)} : fail(read.error());
}

result<validator_set> read_validators(const store::view& from, std::uint64_t height) {
  const auto found = from.scan(
      handover_table,
      {.until = store::encode_key(handover_key{height}), .count_max = 1, .reverse = true});
  if (!found)
    return fail(found.error());
  if (found->entries.empty())
    return fail(base_errc::not_found,
                "the validators of height " + std::to_string(height) + " are not in the store");
  auto before = codec::decode<handover>(found->entries.front().value);
  auto set =
      before ? validator_set::make(std::move(before->next_validators)) : fail(before.error());
  return set ? std::move(set)
             : fail(set.error().within("the validators of height " + std::to_string(height)));
}

result<void> prepare_node(store::backend& store, const ledger::genesis& g) {
  if (!g.founding)
    return fail(ledger::errc::bad_genesis, "nobody validates this ledger: it has no founding");
  if (auto ready = ledger::prepare_log(store, g, elections); !ready)
    return ready;
  auto view = store.open_view();
  if (!view)
    return fail(view.error());
  const auto known = (*view)->get(ledger::node_table, position_key);
  if (!known)
    return fail(known.error());
  if (*known)
    return {};
  auto s = ledger::state::open(g, elections);
  if (!s)
    return fail(s.error());
  const auto at = genesis_position(*s);
  if (!at)
    return fail(at.error());
  store::write_set set;
  set.put(ledger::node_table, position_key, encode_position(*at));
  keep_handover({}, at->validators, set);
  return store.commit(set);
}

result<full_node> full_node::open(std::shared_ptr<store::backend> reads, node_identity who,
                                  const node_options& options,
                                  std::shared_ptr<signature_checker> checker) {
  auto view = reads->open_view();
  if (!view)
    return fail(view.error());
  auto s = ledger::open_log(**view, ledger::signatures::trusted, elections);
  if (!s)
    return fail(s.error());
  if (!s->has_validators())
    return fail(base_errc::unsupported, "a single authority keeps this ledger");
  auto keeper =
      ledger::log_keeper::open(**view, keeper_of(options.keeper, s->founded()->agreement), *s);
  if (!keeper)
    return fail(keeper.error());
  s->keep_past(options.past);
  const auto standing = store::extent_of(**view, ledger::standing_journal);
  const auto chain = store::extent_of(**view, chain_journal);
  if (!standing || !chain)
    return fail(!standing ? standing.error() : chain.error());
  auto at = roll_forward(**view, *s);
  auto last = read_last_header(**view, s->height());
  if (!at || !last)
    return fail(!at ? at.error() : last.error());
  auto p = std::make_unique<parts>(reads, std::move(who), options, std::move(checker),
                                   std::move(*s), std::move(*keeper));
  p->start_at = std::move(*at);
  p->last_header = std::move(*last);
  p->standing_sequence = standing->last();
  p->chain_first = chain->first;
  const auto read =
      (*view)->visit(wal_table, {}, [&p](bytes_view raw, bytes_view content) -> result<void> {
        const auto key = store::decode_key<wal_key>(raw);
        if (!key)
          return fail(key.error());
        p->wal.push_back(*key);
        if (key->height == p->start_at.height + 1 && !p->options.forgets)
          p->start_records.emplace_back(content.begin(), content.end());
        return {};
      });
  if (!read)
    return fail(read.error());
  const auto offers =
      (*view)->visit(offer_table, {}, [&p](bytes_view, bytes_view content) -> result<void> {
        auto offer = codec::decode<snapshot_offer>(content);
        if (!offer)
          return fail(offer.error().within("an offer of a snapshot"));
        p->offers.emplace(offer->block.height, std::move(*offer));
        return {};
      });
  return offers ? result<full_node>{full_node{std::move(p)}} : fail(offers.error());
}

void full_node::parts::do_one(persist& e, const moment&, node_step& out, const follow&) {
  const bool goes_on = !wal.empty() && wal.back().height == e.height;
  const wal_key key{e.height, goes_on ? wal.back().number + 1 : 0};
  wal.push_back(key);
  out.write.put(wal_table, store::encode_key(key), e.record);
}

void full_node::parts::forget_wal(std::uint64_t height, store::write_set& set) {
  for (; !wal.empty() && wal.front().height <= height; wal.pop_front())
    set.erase(wal_table, store::encode_key(wal.front()));
}

void full_node::parts::store_block(const certified_block& decided, const ledger::executed& done,
                                   const position& next, store::write_set& set) {
  const auto height = next.height;
  set.append(ledger::block_journal, height, done.record);
  set.append(chain_journal, height,
             codec::encode(chain_record{decided.block->header, decided.block->last_commit,
                                        decided.commit, next.execution, done.applied.batches}));
  if (next.validators != next.last_validators)
    keep_handover({decided.block->header, decided.commit}, next.validators, set);
  if (const auto events = ledger::standing_events(done.applied.events); !events.empty())
    set.append(ledger::standing_journal, ++standing_sequence,
               codec::encode(ledger::standing_record{height, events}));
  keeper.add(set, state, done.record.size());
  forget_offers(set);
  if (height % position_interval == 0)
    set.put(ledger::node_table, position_key, encode_position(next));
  forget_wal(height, set);
  if (const auto first = keeper.first_block(); first > chain_first) {
    // The stored position never needs a record that is gone.
    set.put(ledger::node_table, position_key, encode_position(next));
    set.prune(chain_journal, first - 1);
    chain_first = first;
    core.keeps_from(first);
  }
}

result<std::vector<certified_block>> full_node::parts::read_blocks(std::uint64_t first,
                                                                   std::uint32_t count) const {
  auto view = store->open_view();
  if (!view)
    return fail(view.error());
  const auto bodies = store::read_journal(**view, ledger::block_journal, first, count);
  const auto records = store::read_journal(**view, chain_journal, first, count);
  if (!bodies || !records)
    return fail(!bodies ? bodies.error() : records.error());
  std::vector<certified_block> out;
  for (std::size_t i = 0; i < std::min(bodies->size(), records->size()); ++i) {
    auto body = ledger::decode_block((*bodies)[i].content);
    auto r = decode_record((*records)[i]);
    if (!body || !r)
      return fail(!body ? body.error() : r.error());
    auto whole =
        reseal({std::move(r->header), std::move(body->batches), std::move(r->last_commit)});
    if (!whole)
      return fail(whole.error());
    out.push_back({std::move(*whole), std::move(r->commit)});
  }
  return out;
}

/// What cannot be read is not sent: others keep blocks too.
void full_node::parts::do_one(load_blocks& e, const moment&, node_step& out, const follow&) {
  auto blocks = read_blocks(e.first, e.count);
  if (blocks && !blocks->empty())
    out.messages.push_back(
        {e.to, std::make_shared<const node_message>(message{blocks_message{std::move(*blocks)}})});
}

} // namespace ainur::consensus
