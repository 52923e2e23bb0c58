#include "ainur/consensus/block.hpp"

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::consensus {

namespace {

constexpr codec::limits block_limits{.bytes_max = block_bytes_max};

struct encoded_list {
  bytes form; ///< the list in canonical msgpack
  hash256 root;
};

/// Each item is encoded once.
template <class Item>
encoded_list encode_list(const crypto::merkle_tags& tags, const std::vector<Item>& items) {
  encoded_list out;
  std::vector<hash256> leaves;
  leaves.reserve(items.size());
  codec::writer w{out.form};
  w.array(items.size());
  for (const auto& item : items) {
    const auto start = out.form.size();
    codec::write(w, item);
    leaves.push_back(crypto::merkle_leaf(tags, bytes_view{out.form}.subspan(start)));
  }
  out.root = crypto::merkle_root(tags, leaves);
  return out;
}

} // namespace

hash256 id_of(const header& h) {
  return crypto::hash("ainur/header/v1", codec::encode(h));
}

hash256 hash_of(const certificate& c) {
  return crypto::hash("ainur/certificate/v1", codec::encode(c));
}

hash256 id_of(const ledger::signed_batch& b) {
  return crypto::merkle_leaf(batch_tags, codec::encode(b));
}

hash256 hash_of(const std::vector<ledger::signed_batch>& batches) {
  return encode_list(batch_tags, batches).root;
}

hash256 hash_of(const std::vector<ledger::batch_receipt>& receipts) {
  return encode_list(receipt_tags, receipts).root;
}

block_ptr seal(header h, std::vector<ledger::signed_batch> batches, certificate last_commit) {
  auto encoded = encode_list(batch_tags, batches);
  h.batches = encoded.root;
  h.last_commit = hash_of(last_commit);
  return std::make_shared<const block>(
      block{std::move(h), std::move(batches), std::move(last_commit), std::move(encoded.form)});
}

bytes encode_block(const block& b) {
  return codec::encode(b);
}

result<block_ptr> decode_block(bytes_view data) {
  auto b = codec::decode<block>(data, block_limits);
  if (!b)
    return fail(b.error());
  return reseal(std::move(*b));
}

result<block_ptr> reseal(block b) {
  auto sealed = seal(b.header, std::move(b.batches), std::move(b.last_commit));
  if (sealed->header != b.header)
    return fail(errc::bad_block, "its header names other batches, or another certificate");
  return sealed;
}

certificate make_certificate(const validator_set& set, std::uint64_t height,
                             const vote_list& precommits) {
  certificate out{height, precommits.round, precommits.value, {}};
  for (const auto& vote : precommits.votes)
    if (const auto at = set.find(vote.signer))
      out.signatures.push_back({*at, vote.signature});
  return out;
}

} // namespace ainur::consensus
