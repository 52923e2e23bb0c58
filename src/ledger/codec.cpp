// The canonical forms that are signed, hashed and logged.
#include <numeric>

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/batch.hpp"
#include "ainur/ledger/block.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::ledger {

namespace {

constexpr codec::limits block_limits{.bytes_max = 64u << 20};

void append(bytes& out, bytes_view data) {
  out.insert(out.end(), data.begin(), data.end());
}

void append(bytes& out, std::uint16_t number) {
  out.push_back(static_cast<std::uint8_t>(number >> 8));
  out.push_back(static_cast<std::uint8_t>(number & 0xff));
}

void append(bytes& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(number >> shift));
}

std::uint64_t weight_of_document(const did_document& d) {
  std::size_t size = 40 * d.keys.size();
  for (const auto& x : d.services)
    size += x.type.size() + x.endpoint.size();
  for (const auto& x : d.capabilities)
    size += x.size();
  return 1 + size / 256;
}

} // namespace

bytes batch_message(const hash256& chain, const batch& b) {
  bytes message;
  append(message, chain.view());
  codec::encode_to(message, b);
  return message;
}

signed_batch sign_batch(const hash256& chain, batch b, const byte_array<32>& seed) {
  const auto signature = sign_detached(seed, batch_tag, batch_message(chain, b));
  return {std::move(b), signature};
}

bool verify_batch(const hash256& chain, const signed_batch& b) {
  const account_id key{b.batch.key.value_or(b.batch.signer.value)};
  return verify_detached(key, batch_tag, batch_message(chain, b.batch), b.signature);
}

checked_batch check(const hash256& chain, signed_batch b) {
  const bool good = verify_batch(chain, b);
  return {std::move(b), good};
}

std::uint64_t weight_of(const call& c) noexcept {
  if (const auto* award = std::get_if<award_task>(&c))
    return std::accumulate(award->lines.begin(), award->lines.end(),
                           1 + std::uint64_t{award->lines.size()},
                           [](auto sum, const auto& line) { return sum + line.parts.size() / 16; });
  if (std::holds_alternative<open_dispute>(c))
    return 4;
  if (const auto* report = std::get_if<report_offence>(&c))
    return 4 + report->evidence.size() / 128; // a signature or so each
  if (const auto* choice = std::get_if<nominate>(&c))
    return 1 + choice->targets.size() / 4;
  if (const auto* refusal = std::get_if<kick>(&c))
    return 1 + refusal->nominators.size();
  if (const auto* noted = std::get_if<note_era_points>(&c))
    return 1 + noted->points.size() / 4;
  if (std::holds_alternative<claim_payout>(c))
    return 32;
  if (const auto* reported = std::get_if<report_validators>(&c))
    return 64 * (1 + reported->offenders.size());
  if (std::holds_alternative<report_equivocation>(c)) // two signatures, and one offender
    return 136;
  // Their proof is one more signature to check.
  if (std::holds_alternative<set_validator_key>(c) || std::holds_alternative<rotate_key>(c) ||
      std::holds_alternative<recover_account>(c))
    return 4;
  if (const auto* first = std::get_if<register_agent>(&c))
    return weight_of_document(first->document);
  if (const auto* next = std::get_if<update_document>(&c))
    return weight_of_document(next->document);
  if (const auto* made = std::get_if<propose>(&c)) // its calls are paid for here
    return 4 + made->calls.size() / 64;
  if (std::holds_alternative<open_channel>(c) || std::holds_alternative<close_channel>(c) ||
      std::holds_alternative<register_state>(c) || std::holds_alternative<vote_proposal>(c))
    return 4;
  if (const auto* made = std::get_if<create_dao>(&c))
    return 2 + made->members.size() / 16;
  if (const auto* set = std::get_if<dao_set_members>(&c))
    return 2 + set->members.size() / 16;
  return 1;
}

bytes encode_block(const block& b) {
  return codec::encode(b);
}

result<block> decode_block(bytes_view data) {
  return codec::decode<block>(data, block_limits);
}

bytes delivery_message(const task_id& task, std::uint16_t subtask, const byte_array<32>& salt,
                       const hash256& digest, std::optional<std::uint16_t> part,
                       std::optional<std::uint32_t> key_version) {
  bytes message;
  append(message, task.view());
  append(message, subtask);
  append(message, salt);
  append(message, digest.view());
  if (part)
    append(message, *part);
  if (key_version)
    append(message, *key_version);
  return message;
}

bytes bid_message(const hash256& bid, std::optional<std::uint32_t> key_version) {
  bytes message;
  append(message, bid.view());
  if (key_version)
    append(message, *key_version);
  return message;
}

bytes key_message(const hash256& chain, const account_id& account, std::uint32_t version) {
  bytes message;
  append(message, chain.view());
  append(message, account.view());
  append(message, version);
  return message;
}

byte_array<64> prove_key(const hash256& chain, const account_id& account, std::uint32_t version,
                         const byte_array<32>& seed) {
  return sign_detached(seed, key_tag, key_message(chain, account, version));
}

hash256 result_commitment(const task_id& task, std::uint16_t subtask, const byte_array<32>& salt,
                          const hash256& digest, std::optional<std::uint16_t> part) {
  return crypto::hash("ainur/result/v1", delivery_message(task, subtask, salt, digest, part));
}

bytes acceptance_message(const acceptance& a) {
  return codec::encode(a);
}

} // namespace ainur::ledger
