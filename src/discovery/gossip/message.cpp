#include "ainur/discovery/gossip/message.hpp"

#include <algorithm>

#include "wire.hpp"

namespace ainur::discovery::gossip {

namespace {

std::string to_be_signed(const message& m) {
  std::string out{"libp2p-pubsub:"};
  write_unsigned(out, m);
  return out;
}

} // namespace

byte_array<message_id_size> to_bytes(const message_id& id) noexcept {
  byte_array<message_id_size> out;
  const auto from = to_multihash(id.from);
  auto at = std::copy(from.begin(), from.end(), out.begin());
  for (int shift = 56; shift >= 0; shift -= 8)
    *at++ = static_cast<std::uint8_t>(id.seqno >> shift);
  return out;
}

result<message_id> message_id_from_bytes(bytes_view data) {
  if (data.size() != message_id_size)
    return fail(errc::malformed, "a message id is its author's name and eight bytes");
  auto from = peer_from_multihash(data.first(peer_multihash_size));
  if (!from)
    return fail(from.error());
  message_id id{*from, 0};
  for (const auto b : data.subspan(peer_multihash_size))
    id.seqno = id.seqno << 8 | b;
  return id;
}

message sign_message(const crypto::secret_key& author, std::string_view topic, bytes data,
                     std::uint64_t seqno) {
  message m{peer_of(author.public_part()), seqno, std::string{topic}, std::move(data), {}};
  m.proof = author.sign_plain(as_bytes(to_be_signed(m)));
  return m;
}

bool verify(const message& m) {
  return m.proof && crypto::verify_plain(key_of(m.from), as_bytes(to_be_signed(m)), *m.proof);
}

} // namespace ainur::discovery::gossip
