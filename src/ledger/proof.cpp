#include "ainur/ledger/proof.hpp"

#include <bit>

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "merkle.hpp"
#include "record_form.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

constexpr std::size_t depth_max = 256;

tl::unexpected<error> bad(const char* what) {
  return fail(errc::bad_proof, what);
}

bool is_present(const state_proof& p, std::size_t level) {
  return (p.present[level / 8] >> (7 - level % 8) & 1) != 0;
}

result<void> check_shape(const state_proof& p) {
  if (p.version != state_proof{}.version)
    return fail(base_errc::unsupported, "a proof of version " + std::to_string(p.version));
  if (p.depth > depth_max || p.present.size() != (p.depth + 7u) / 8)
    return bad("its depth and its marks do not fit");
  std::size_t count = 0;
  for (std::size_t level = 0; level < p.present.size() * 8; ++level) {
    if (is_present(p, level) && level >= p.depth)
      return bad("it marks a level below its end");
    count += is_present(p, level) ? 1u : 0u;
  }
  if (count != p.siblings.size())
    return bad("it has another number of siblings than it marks");
  for (const auto& sibling : p.siblings)
    if (sibling.is_none())
      return bad("an empty sibling is listed");
  return {};
}

/// The hash of the subtree at the end of the path.
result<hash256> end_of(const state_proof& p, const hash256& path) {
  if (p.record) {
    if (p.other)
      return bad("it shows the record and another in its place");
    return leaf_hash(path, record_hash(*p.record));
  }
  if (!p.other)
    return hash256{};
  if (p.other->path == path)
    return bad("the record stands where it shows none");
  for (std::size_t level = 0; level < p.depth; ++level)
    if (bit_at(p.other->path, level) != bit_at(path, level))
      return bad("the other record does not stand in the place");
  return leaf_hash(p.other->path, p.other->value);
}

result<state_proof> prove_record(const state& s, const trie& t, std::uint8_t table, bytes_view key,
                                 std::optional<bytes> record) {
  const auto path = path_of(table, key);
  auto trace = t.trace_of(path);
  state_proof p;
  p.at = {s.chain(), s.height(), s.block_hash(), s.time(), s.state_hash()};
  p.table = table;
  p.key.assign(key.begin(), key.end());
  p.depth = static_cast<std::uint16_t>(trace.siblings.size());
  p.present.resize((p.depth + 7u) / 8);
  for (std::size_t level = 0; level < p.depth; ++level) {
    if (trace.siblings[level].is_none())
      continue;
    p.present[level / 8] |= static_cast<std::uint8_t>(0x80 >> level % 8);
    p.siblings.push_back(trace.siblings[level]);
  }
  const bool stands = trace.end && trace.end->path == path;
  AINUR_ASSERT(stands == record.has_value());
  p.record = std::move(record);
  if (trace.end && !stands)
    p.other = {trace.end->path, trace.end->value};
  return p;
}

} // namespace

result<state_proof> state::prove(std::uint8_t table, bytes_view key) const {
  auto& i = *impl_;
  if (i.looking_at)
    return fail(base_errc::unsupported, "proofs are made of the newest state only");
  bool possible = false;
  std::optional<bytes> record;
  if (table == number_of(table_id::meta)) {
    possible = key.empty();
    record = codec::encode(i.b.meta);
  }
  i.b.for_each_table([&](table_id id, const auto& t) {
    using rows = std::decay_t<decltype(t)>;
    const auto k = key_from<typename rows::key_type>(key);
    if (number_of(id) != table || !k)
      return;
    possible = true;
    if (const auto* r = t.find(*k); r != nullptr)
      append_record(record.emplace(), i.b, *k, *r);
  });
  if (!possible)
    return fail(errc::invalid_value, "no table " + std::to_string(table) + " has a key of " +
                                         std::to_string(key.size()) + " bytes");
  (void)state_hash();
  return prove_record(*this, *i.commitments, table, key, std::move(record));
}

result<state_proof> state::prove_account(const account_id& id) const {
  return prove(number_of(table_id::accounts), id.view());
}

result<void> check_proof(const state_proof& p, const proof_demands& demands) {
  if (auto shaped = check_shape(p); !shaped)
    return shaped;
  const auto path = path_of(p.table, p.key);
  const auto end = end_of(p, path);
  if (!end)
    return fail(end.error());
  auto hash = *end;
  auto sibling = p.siblings.size();
  for (std::size_t level = p.depth; level-- > 0;) {
    const auto beside = is_present(p, level) ? p.siblings[--sibling] : hash256{};
    hash = bit_at(path, level) ? node_hash(beside, hash) : node_hash(hash, beside);
  }
  if (hash != p.at.state_hash)
    return bad("it leads to another state hash than its checkpoint's");
  if (demands.chain && *demands.chain != p.at.chain)
    return bad("it is of another chain");
  if (demands.state_hash && *demands.state_hash != p.at.state_hash)
    return bad("it is about another state than the one that is known");
  if (!demands.authority)
    return {};
  if (!p.signature)
    return fail(errc::bad_signature, "the checkpoint is not signed");
  if (!verify_detached(*demands.authority, checkpoint::signature_domain, codec::encode(p.at),
                       *p.signature))
    return fail(errc::bad_signature, "of the checkpoint, by " + to_string(*demands.authority));
  return {};
}

result<state_proof> check_proof(bytes_view form, const proof_demands& demands) {
  auto p = decode_proof(form);
  if (!p)
    return p;
  if (auto checked = check_proof(*p, demands); !checked)
    return fail(checked.error());
  return p;
}

void sign_proof(state_proof& p, const byte_array<32>& authority_seed) {
  p.signature = sign_detached(authority_seed, checkpoint::signature_domain, codec::encode(p.at));
}

result<std::optional<account_view>> account_of(const state_proof& p) {
  if (p.table != number_of(table_id::accounts) || p.key.size() != account_id::size)
    return bad("it is not about an account");
  if (!p.record)
    return std::optional<account_view>{};
  const auto form = codec::decode<account_form>(*p.record);
  if (!form)
    return fail(form.error());
  account_view v;
  v.account = form->id;
  v.host = form->host.value_or(account_id{});
  v.controller = form->controller.value_or(form->host.value_or(form->id));
  v.free = form->free;
  v.locked = form->locked;
  v.reserved = form->reserved;
  v.bonded = form->bonded;
  v.unbonding = form->unbonding;
  v.held = form->held;
  v.exposure = form->exposure;
  v.nonce = form->nonce;
  v.rated = form->rated;
  v.score = form->score;
  v.outcomes = form->outcomes;
  v.failures = static_cast<std::uint16_t>(std::popcount(form->history));
  v.open_awards = form->open_awards;
  return std::optional{v};
}

bytes encode_proof(const state_proof& p) {
  return codec::encode(p);
}

result<state_proof> decode_proof(bytes_view form) {
  return codec::decode<state_proof>(form, {.bytes_max = proof_bytes_max,
                                           .elements_max = depth_max,
                                           .blob_max = proof_bytes_max,
                                           .depth_max = 4});
}

} // namespace ainur::ledger
