// The canonical forms that are signed, hashed and logged.
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
    return 1 + award->lines.size();
  if (std::holds_alternative<open_dispute>(c))
    return 4;
  if (const auto* report = std::get_if<report_offence>(&c))
    return 4 + report->evidence.size() / 1024;
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
                       const hash256& digest) {
  bytes message;
  append(message, task.view());
  message.push_back(static_cast<std::uint8_t>(subtask >> 8));
  message.push_back(static_cast<std::uint8_t>(subtask & 0xff));
  append(message, salt);
  append(message, digest.view());
  return message;
}

hash256 result_commitment(const task_id& task, std::uint16_t subtask, const byte_array<32>& salt,
                          const hash256& digest) {
  return crypto::hash("ainur/result/v1", delivery_message(task, subtask, salt, digest));
}

} // namespace ainur::ledger
