#include "ainur/consensus/block.hpp"

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::consensus {

namespace {

constexpr codec::limits block_limits{.bytes_max = block_bytes_max};
constexpr std::string_view batches_tag = "ainur/batches/v1";

} // namespace

hash256 id_of(const header& h) {
  return crypto::hash("ainur/header/v1", codec::encode(h));
}

hash256 hash_of(const certificate& c) {
  return crypto::hash("ainur/certificate/v1", codec::encode(c));
}

hash256 hash_of(const std::vector<ledger::signed_batch>& batches) {
  return crypto::hash(batches_tag, codec::encode(batches));
}

block_ptr seal(header h, std::vector<ledger::signed_batch> batches, certificate last_commit) {
  auto encoded = codec::encode(batches);
  h.batches = crypto::hash(batches_tag, encoded);
  h.last_commit = hash_of(last_commit);
  return std::make_shared<const block>(
      block{std::move(h), std::move(batches), std::move(last_commit), std::move(encoded)});
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
