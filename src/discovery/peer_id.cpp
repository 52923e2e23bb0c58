#include "ainur/discovery/peer_id.hpp"

#include <algorithm>

namespace ainur::discovery {

namespace {

// Identity multihash of 36 bytes: field 1 (type) is 1, Ed25519; field 2 (data) has 32 bytes.
constexpr byte_array<6> prefix{0x00, 0x24, 0x08, 0x01, 0x12, 0x20};

} // namespace

byte_array<peer_multihash_size> to_multihash(const peer_id& id) noexcept {
  byte_array<peer_multihash_size> out;
  const auto rest = std::copy(prefix.begin(), prefix.end(), out.begin());
  std::copy(id.value.begin(), id.value.end(), rest);
  return out;
}

result<peer_id> peer_from_multihash(bytes_view data) {
  if (data.size() != peer_multihash_size || !std::equal(prefix.begin(), prefix.end(), data.begin()))
    return fail(errc::malformed, "a peer id is the identity multihash of an Ed25519 key, " +
                                     std::to_string(peer_multihash_size) + " bytes");
  peer_id id;
  std::copy(data.begin() + prefix.size(), data.end(), id.value.begin());
  return id;
}

std::string to_text(const peer_id& id) {
  return to_base58(to_multihash(id));
}

result<peer_id> peer_from_text(std::string_view text) {
  auto raw = from_base58(text);
  if (!raw)
    return fail(errc::malformed, "a peer id is base58, as 12D3KooW...: " + raw.error().detail());
  return peer_from_multihash(*raw);
}

} // namespace ainur::discovery
