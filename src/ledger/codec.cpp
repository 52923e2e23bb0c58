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

constexpr std::string_view batch_tag = "ainur/batch/v1";
constexpr codec::limits block_limits{.bytes_max = 64u << 20};

void append(bytes& out, bytes_view data) {
  out.insert(out.end(), data.begin(), data.end());
}

void append(bytes& out, std::uint16_t number) {
  out.push_back(static_cast<std::uint8_t>(number >> 8));
  out.push_back(static_cast<std::uint8_t>(number & 0xff));
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
  return verify_detached(b.batch.signer, batch_tag, batch_message(chain, b.batch), b.signature);
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
  return 1;
}

bytes encode_block(const block& b) {
  return codec::encode(b);
}

result<block> decode_block(bytes_view data) {
  return codec::decode<block>(data, block_limits);
}

bytes delivery_message(const task_id& task, std::uint16_t subtask, const byte_array<32>& salt,
                       const hash256& digest, std::optional<std::uint16_t> part) {
  bytes message;
  append(message, task.view());
  append(message, subtask);
  append(message, salt);
  append(message, digest.view());
  if (part)
    append(message, *part);
  return message;
}

hash256 result_commitment(const task_id& task, std::uint16_t subtask, const byte_array<32>& salt,
                          const hash256& digest, std::optional<std::uint16_t> part) {
  return crypto::hash("ainur/result/v1", delivery_message(task, subtask, salt, digest, part));
}

bytes acceptance_message(const acceptance& a) {
  return codec::encode(a);
}

} // namespace ainur::ledger
