#include "ainur/consensus/finality_proof.hpp"

#include <map>
#include <memory>
#include <utility>

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/full_node.hpp"
#include "finality_parts.hpp"

namespace ainur::consensus {

namespace {

tl::unexpected<error> bad(std::string what) {
  return fail(errc::bad_proof, std::move(what));
}

tl::unexpected<error> untrusted(std::string what) {
  return fail(errc::not_trusted, std::move(what));
}

using set_map = std::map<hash256, validator_set>;

/// The validators of genesis; who they are follows from it by the rules of the ledger.
result<anchor> anchor_of(const ledger::genesis& g) {
  const auto s = ledger::state::open(g, elections);
  if (!s)
    return fail(s.error().within("the genesis"));
  const auto first = s->committee_of(1);
  if (!first)
    return bad("a single authority keeps this ledger");
  auto set = validators_of(*first);
  if (!set)
    return fail(set.error().within("the genesis"));
  return anchor{0, s->time(), std::move(*set)};
}

/// The chain that is demanded, if there is one.
result<std::optional<hash256>> chain_of(const finality_demands& d) {
  if (!d.genesis)
    return d.chain;
  const auto chain = ledger::genesis_hash(*d.genesis);
  if (d.chain && *d.chain != chain)
    return untrusted("the genesis that was given is that of chain " + to_string(chain) +
                     ", not of " + to_string(*d.chain));
  return std::optional{chain};
}

result<anchor> genesis_anchor(const block_proof& p, const finality_demands& d,
                              const std::optional<hash256>& chain) {
  if (!chain)
    return untrusted(d.trusted ? "it begins at genesis, not with the block that is trusted"
                               : "nothing ties it to a chain that is known: give the genesis hash");
  if (!p.genesis.empty() && ledger::genesis_hash(p.genesis) != p.chain)
    return bad("its genesis is not that of its chain");
  if (d.genesis)
    return anchor_of(*d.genesis);
  if (p.genesis.size() > genesis_in_proof_max)
    return bad("its genesis has " + std::to_string(p.genesis.size()) + " bytes; give it apart");
  if (p.genesis.empty())
    return untrusted("the genesis is not in the proof: give it");
  const auto g = ledger::decode_genesis(p.genesis);
  return g ? anchor_of(*g) : fail(g.error().within("the genesis"));
}

/// With whom the proof begins, if that is trusted. The validators after a trusted block are filled
/// in later: the proof holds them.
result<anchor> trusted_start(const block_proof& p, const finality_demands& d) {
  const auto chain = chain_of(d);
  if (!chain)
    return fail(chain.error());
  if (*chain && **chain != p.chain)
    return untrusted("it is of another chain, " + to_string(p.chain));
  if (!p.from)
    return genesis_anchor(p, d, *chain);
  if (!*chain) // headers do not name their chain, and the same validators may keep another
    return untrusted("nothing ties it to a chain that is known: give the genesis hash");
  const auto id = id_of(*p.from);
  if (d.trusted != id)
    return untrusted("it begins with the block " + to_string(id) + " of height " +
                     std::to_string(p.from->height) + ", and that one is not trusted");
  if (!p.genesis.empty())
    return bad("it carries a genesis with which it does not begin");
  return anchor{p.from->height, p.from->time, {}};
}

/// The sets of the proof: those that are named and no others.
result<set_map> sets_of(const block_proof& p, const anchor& start) {
  const auto of_genesis = p.from ? std::nullopt : std::optional{start.next_validators.hash()};
  const auto named = sets_named(p, of_genesis);
  if (p.sets.size() != named.size())
    return bad("it holds " + std::to_string(p.sets.size()) + " sets of validators where " +
               std::to_string(named.size()) + " are named");
  set_map out;
  if (of_genesis)
    out.emplace(*of_genesis, start.next_validators);
  for (std::size_t i = 0; i < named.size(); ++i) {
    auto set = validator_set::make(p.sets[i]);
    if (!set)
      return fail(set.error());
    if (set->hash() != named[i] || !std::ranges::equal(*set, p.sets[i]))
      return bad("set " + std::to_string(i) + " of its validators is not the one that is named");
    out.emplace(named[i], std::move(*set));
  }
  return out;
}

result<void> check_version(std::uint16_t version) {
  if (version == 1)
    return {};
  return fail(base_errc::unsupported, "a proof of version " + std::to_string(version));
}

template <class Proof>
result<Proof> decode(bytes_view form) {
  return codec::decode<Proof>(
      form, {.bytes_max = finality_bytes_max, .blob_max = finality_bytes_max, .depth_max = 12});
}

} // namespace

result<void> check_finality(const block_proof& p, const finality_demands& demands,
                            std::optional<timestamp> now) {
  if (p.bridge.size() > bridge_max)
    return bad("more than " + std::to_string(bridge_max) + " headers on the way");
  auto start = trusted_start(p, demands);
  if (!start)
    return fail(start.error());
  const auto sets = sets_of(p, *start);
  if (!sets)
    return fail(sets.error());
  if (p.from)
    start->next_validators = sets->at(p.from->next_validators);
  light_client client{std::move(*start), demands.light,
                      std::make_shared<signature_checker>(p.chain)};
  const auto believe = [&](const header& h, const certificate& commit) {
    return client.believe({h, commit, sets->at(h.validators), sets->at(h.next_validators)}, now);
  };
  for (const auto& b : p.bridge)
    if (auto believed = believe(b.header, b.commit); !believed)
      return believed;
  if (auto believed = believe(last_header(p), p.commit); !believed)
    return believed;
  if (p.next && (p.next->height != p.header.height + 1 || p.next->previous != id_of(p.header)))
    return bad("the next header follows another block");
  return {};
}

result<final_transaction> check_finality(const finality_proof& p, const finality_demands& demands,
                                         std::optional<timestamp> now) {
  if (auto known = check_version(p.version); !known)
    return fail(known.error());
  const auto id = crypto::merkle_leaf(batch_tags, p.batch);
  if (crypto::merkle_root_of(batch_tags, id, p.place, p.count, p.path) != p.block.header.batches)
    return bad("the transaction is not at that place of the block");
  if (auto final_block = check_finality(p.block, demands, now); !final_block)
    return fail(final_block.error());
  auto content = codec::decode<ledger::signed_batch>(p.batch);
  if (!content)
    return fail(content.error().within("the transaction"));
  if (!ledger::verify_batch(p.block.chain, *content))
    return bad("the transaction is not signed by the key that it names");
  final_transaction out{p.block.header.height, p.block.header.time, id_of(p.block.header), id,
                        std::move(*content),   std::nullopt};
  if (!p.outcome && p.block.next) // somebody would not have it known
    return bad("the next header is there, but not the receipt that it names");
  if (!p.outcome)
    return out;
  const auto& receipt = p.outcome->receipt;
  const auto leaf = crypto::merkle_leaf(receipt_tags, codec::encode(receipt));
  if (!p.block.next || crypto::merkle_root_of(receipt_tags, leaf, p.place, p.count,
                                              p.outcome->path) != p.block.next->before.receipts)
    return bad("the receipt is not the one that the next block names");
  if (receipt.signer != out.content.batch.signer || receipt.nonce != out.content.batch.nonce)
    return bad("the receipt is that of another transaction");
  out.receipt = receipt;
  return out;
}

result<void> check_finality(const certified_state_proof& p, const finality_demands& demands,
                            std::optional<timestamp> now) {
  if (auto known = check_version(p.version); !known)
    return known;
  if (p.state.signature)
    return bad("a checkpoint that validators certify has no signature of an authority");
  if (!p.block.next || !p.block.next->before.state_hash)
    return bad("its block is no checkpoint with a block after it");
  const auto& before = p.block.next->before;
  if (p.state.at != ledger::checkpoint{p.block.chain, p.block.header.height, before.block_hash,
                                       p.block.header.time, *before.state_hash})
    return bad("it is about another state than its block gave");
  if (auto right = ledger::check_proof(p.state); !right)
    return right;
  return check_finality(p.block, demands, now);
}

bytes encode_finality(const finality_proof& p) {
  return codec::encode(p);
}

bytes encode_finality(const certified_state_proof& p) {
  return codec::encode(p);
}

result<finality_proof> decode_finality(bytes_view form) {
  return decode<finality_proof>(form);
}

result<certified_state_proof> decode_certified_state(bytes_view form) {
  return decode<certified_state_proof>(form);
}

} // namespace ainur::consensus
