#include "ainur/consensus/finality_prover.hpp"

#include <map>
#include <utility>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/block.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/store/key.hpp"
#include "finality_parts.hpp"
#include "node_records.hpp"

namespace ainur::consensus {

namespace {

tl::unexpected<error> missing(std::string what) {
  return fail(base_errc::not_found, std::move(what));
}

/// What is stored of the chain. Every set of validators is read once.
class chain_reader {
public:
  [[nodiscard]] static result<chain_reader> open(const store::view& from) {
    const auto extent = store::extent_of(from, chain_journal);
    if (!extent)
      return fail(extent.error());
    auto genesis = ledger::read_genesis_form(from);
    if (!genesis)
      return fail(genesis.error());
    if (extent->next == extent->first && !read_validators(from, 1)) {
      const auto g = ledger::decode_genesis(*genesis);
      return missing(g && g->founding ? "validators are to keep this ledger: no block is final yet"
                                      : "no validators keep this ledger: it has no finality to "
                                        "prove");
    }
    return chain_reader{from, *extent, std::move(*genesis)};
  }

  [[nodiscard]] const bytes& genesis() const noexcept { return genesis_; }

  [[nodiscard]] std::uint64_t last() const noexcept { return extent_.last(); }

  [[nodiscard]] bool has(std::uint64_t height) const noexcept {
    return height >= extent_.first && height < extent_.next;
  }

  [[nodiscard]] result<chain_record> record(std::uint64_t height) const {
    if (!has(height))
      return missing("there is no block of height " + std::to_string(height) +
                     (extent_.next == extent_.first
                          ? ", nor any other yet"
                          : "; those of " + std::to_string(extent_.first) + " to " +
                                std::to_string(extent_.last()) + " are there"));
    const auto found = store::read_journal(from_, chain_journal, height, 1);
    if (!found)
      return fail(found.error());
    return decode_record(found->front());
  }

  /// The set with this hash, which is in office at that height.
  [[nodiscard]] result<validator_set> set(const hash256& hash, std::uint64_t height) {
    const auto known = sets_.find(hash);
    if (known != sets_.end())
      return known->second;
    auto found = read_validators(from_, height);
    if (!found)
      return found;
    if (found->hash() != hash)
      return fail(errc::bad_record, "the validators of height " + std::to_string(height) +
                                        " in the store are not those of its header");
    return sets_.emplace(hash, std::move(*found)).first->second;
  }

  [[nodiscard]] result<validator_set> set_of_genesis() const { return read_validators(from_, 1); }

  /// Of old blocks the handovers alone are there.
  [[nodiscard]] result<certified_header> certified(std::uint64_t height) const {
    if (!has(height)) {
      const auto found = from_.get(handover_table, store::encode_key(handover_key{height}));
      if (!found)
        return fail(found.error());
      if (*found && height != 0) {
        auto one = codec::decode<handover>(**found);
        return one ? std::move(one->last) : result<certified_header>{fail(one.error())};
      }
    }
    auto r = record(height);
    if (!r)
      return fail(r.error());
    return certified_header{std::move(r->header), std::move(r->commit)};
  }

  [[nodiscard]] result<light_block> block(std::uint64_t height) {
    auto h = certified(height);
    if (!h)
      return fail(h.error());
    auto now = set(h->header.validators, height);
    auto next = set(h->header.next_validators, height + 1);
    if (!now || !next)
      return fail(!now ? now.error() : next.error());
    return light_block{std::move(h->header), std::move(h->commit), std::move(*now),
                       std::move(*next)};
  }

  /// A header between two heights: half way if it is there, else the first of those that are, else
  /// the middle one of the handovers.
  [[nodiscard]] std::optional<std::uint64_t> between(std::uint64_t low, std::uint64_t high) const {
    const auto half = half_way(low, high);
    if (!half || has(*half))
      return half;
    if (extent_.first > low && extent_.first < high && has(extent_.first))
      return extent_.first;
    const auto keys =
        from_.scan_keys(handover_table, {.from = store::encode_key(handover_key{low + 1}),
                                         .until = store::encode_key(handover_key{high}),
                                         .count_max = bridge_max});
    if (!keys || keys->empty())
      return std::nullopt;
    const auto key = store::decode_key<handover_key>((*keys)[keys->size() / 2]);
    return key ? std::optional{key->height} : std::nullopt;
  }

  [[nodiscard]] const std::map<hash256, validator_set>& sets() const noexcept { return sets_; }

private:
  chain_reader(const store::view& from, const store::journal_extent& extent, bytes genesis)
      : from_(from), extent_(extent), genesis_(std::move(genesis)) {}

  const store::view& from_;
  store::journal_extent extent_;
  bytes genesis_;
  std::map<hash256, validator_set> sets_;
};

/// With whom the proof begins.
result<anchor> begin_at(chain_reader& chain, std::uint64_t begin, block_proof& p) {
  if (begin == 0) {
    auto set = chain.set_of_genesis();
    if (!set)
      return fail(set.error());
    if (chain.genesis().size() <= genesis_in_proof_max)
      p.genesis = chain.genesis();
    return anchor{0, timestamp::min(), std::move(*set)};
  }
  auto h = chain.certified(begin);
  if (!h)
    return fail(h.error().within("the block to begin with"));
  auto set = chain.set(h->header.next_validators, begin + 1);
  if (!set)
    return fail(set.error());
  p.from = std::move(h->header);
  return anchor{begin, p.from->time, std::move(*set)};
}

/// Goes from the anchor to the block as a light client would, and keeps the headers that it took.
result<void> bridge(chain_reader& chain, anchor start, block_proof& p) {
  const auto target = last_header(p).height;
  const auto where =
      "from height " + std::to_string(start.height) + " to " + std::to_string(target);
  if (start.height >= target)
    return fail(errc::not_trusted, "a proof begins before the block that it proves: not " + where);
  const auto of_genesis = p.from ? std::nullopt : std::optional{start.next_validators.hash()};
  std::map<std::uint64_t, light_block> taken;
  light_client client{std::move(start),
                      {.fetches_max = bridge_max + 1},
                      std::make_shared<signature_checker>(p.chain)};
  const auto source = [&](std::uint64_t height) -> result<light_block> {
    auto b = chain.block(height);
    if (b)
      taken.insert_or_assign(height, *b);
    return b;
  };
  const auto between = [&](std::uint64_t low, std::uint64_t high) {
    return chain.between(low, high);
  };
  if (auto done = client.follow(target, source, any_age, between); !done)
    return fail(done.error().within(where + " (a later block to begin with may help)"));
  for (auto& [height, b] : taken) {
    if (height == target)
      p.commit = std::move(b.commit);
    else
      p.bridge.push_back({std::move(b.header), std::move(b.commit)});
  }
  for (const auto& hash : sets_named(p, of_genesis)) {
    const auto& set = chain.sets().at(hash);
    p.sets.emplace_back(set.begin(), set.end());
  }
  return {};
}

result<block_proof> prove_block(chain_reader& chain, std::uint64_t height, std::uint64_t begin) {
  auto r = chain.record(height);
  if (!r)
    return fail(r.error());
  block_proof p;
  p.chain = ledger::genesis_hash(chain.genesis());
  p.header = std::move(r->header);
  if (chain.has(height + 1)) {
    auto next = chain.record(height + 1);
    if (!next)
      return fail(next.error());
    p.next = std::move(next->header);
  }
  auto start = begin_at(chain, begin, p);
  if (!start)
    return fail(start.error());
  if (auto done = bridge(chain, std::move(*start), p); !done)
    return fail(done.error());
  return p;
}

/// The leaves of a list whose root the header names, and what stands at a place.
template <class Item>
std::pair<std::vector<hash256>, bytes>
leaves_of(const crypto::merkle_tags& tags, const std::vector<Item>& items, std::size_t place) {
  std::pair<std::vector<hash256>, bytes> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto form = codec::encode(items[i]);
    out.first.push_back(crypto::merkle_leaf(tags, form));
    if (i == place)
      out.second = std::move(form);
  }
  return out;
}

template <class Proof>
result<Proof> bounded(Proof p) {
  const auto size = encode_finality(p).size();
  if (size <= finality_bytes_max)
    return p;
  return fail(codec::errc::too_large, "the proof would take " + std::to_string(size) +
                                          " bytes, more than " +
                                          std::to_string(finality_bytes_max));
}

/// Where the state is certified by the block after.
result<std::uint64_t> newest_checkpoint(const chain_reader& chain) {
  const auto g = ledger::decode_genesis(chain.genesis());
  if (!g)
    return fail(g.error());
  const auto interval = g->founding ? g->founding->agreement.checkpoint_interval : 0;
  const auto newest = interval == 0 || chain.last() == 0 ? 0 : (chain.last() - 1) / interval;
  if (newest == 0 || !chain.has(newest * interval))
    return missing(interval == 0
                       ? "this ledger has no checkpoints, so validators certify no state"
                       : "validators certify the state every " + std::to_string(interval) +
                             " blocks, with the block after; of this there is none yet");
  return newest * interval;
}

} // namespace

result<block_proof> prove_block(const store::view& from, std::uint64_t height,
                                std::uint64_t begin) {
  auto chain = chain_reader::open(from);
  return chain ? prove_block(*chain, height, begin) : fail(chain.error());
}

result<hash256> block_id(const store::view& from, std::uint64_t height) {
  const auto chain = chain_reader::open(from);
  if (!chain)
    return fail(chain.error());
  const auto h = chain->certified(height);
  return h ? result<hash256>{id_of(h->header)} : fail(h.error());
}

result<transaction_place> find_transaction(const store::view& from, const hash256& id,
                                           std::uint64_t first, std::uint64_t last) {
  const auto extent = store::extent_of(from, ledger::block_journal);
  if (!extent)
    return fail(extent.error());
  store::journal_reader blocks{from, ledger::block_journal, std::max(first, extent->first)};
  for (;;) {
    auto record = blocks.next();
    if (!record)
      return fail(record.error());
    if (!*record || (*record)->sequence > last)
      return missing("there is no transaction " + to_string(id) + " in the blocks that are stored");
    const auto b = ledger::decode_block((*record)->content);
    if (!b)
      return fail(b.error().within("the block of height " + std::to_string((*record)->sequence)));
    const auto found = std::ranges::find(b->batches, id, [](const auto& x) { return id_of(x); });
    if (found != b->batches.end())
      return transaction_place{b->height, static_cast<std::uint64_t>(found - b->batches.begin())};
  }
}

result<finality_proof> prove_batch(const store::view& from, std::uint64_t height,
                                   std::uint64_t place, std::uint64_t begin) {
  auto chain = chain_reader::open(from);
  if (!chain)
    return fail(chain.error());
  const auto r = chain->record(height);
  if (!r)
    return fail(r.error());
  const auto body = store::read_journal(from, ledger::block_journal, height, 1);
  if (!body)
    return fail(body.error());
  const auto b = ledger::decode_block(body->front().content);
  if (!b)
    return fail(b.error().within("the block of height " + std::to_string(height)));
  if (place >= b->batches.size())
    return missing("the block of height " + std::to_string(height) + " holds " +
                   std::to_string(b->batches.size()) +
                   " transactions, counted from 0; there is none at " + std::to_string(place));
  finality_proof p;
  p.place = place;
  p.count = b->batches.size();
  auto [leaves, form] = leaves_of(batch_tags, b->batches, place);
  p.batch = std::move(form);
  p.path = crypto::merkle_path(batch_tags, leaves, place);
  if (crypto::merkle_root(batch_tags, leaves) != r->header.batches ||
      r->receipts.size() != b->batches.size())
    return fail(errc::bad_record, "the block of height " + std::to_string(height) +
                                      " is not that of the chain journal");
  if (chain->has(height + 1)) {
    const auto receipts = leaves_of(receipt_tags, r->receipts, place).first;
    p.outcome = {r->receipts[place], crypto::merkle_path(receipt_tags, receipts, place)};
  }
  auto proven = prove_block(*chain, height, begin);
  if (!proven)
    return fail(proven.error());
  p.block = std::move(*proven);
  return bounded(std::move(p));
}

result<certified_state_proof> prove_account(const store::view& from, const account_id& who,
                                            std::uint64_t begin) {
  auto chain = chain_reader::open(from);
  if (!chain)
    return fail(chain.error());
  const auto height = newest_checkpoint(*chain);
  if (!height)
    return fail(height.error());
  certified_state_proof p;
  auto proven = prove_block(*chain, *height, begin);
  if (!proven)
    return fail(proven.error());
  p.block = std::move(*proven);
  const auto s = ledger::state_at(from, *height, elections);
  if (!s)
    return fail(s.error());
  auto state = s->prove_account(who);
  if (!state)
    return fail(state.error());
  if (p.block.next->before.state_hash != state->at.state_hash)
    return fail(errc::bad_record, "the state at height " + std::to_string(*height) +
                                      " is not the one that validators certified");
  p.state = std::move(*state);
  return bounded(std::move(p));
}

} // namespace ainur::consensus
