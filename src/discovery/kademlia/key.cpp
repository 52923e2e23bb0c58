#include "ainur/discovery/kademlia/key.hpp"

#include <algorithm>
#include <bit>

#include "ainur/crypto/sha256.hpp"

namespace ainur::discovery::kademlia {

key key_from(const byte_array<32>& point) noexcept {
  key k;
  for (std::size_t i = 0; i < point.size(); ++i)
    k.words[i / 8] = k.words[i / 8] << 8 | point[i];
  return k;
}

key point_of(bytes_view name) noexcept {
  return key_from(crypto::sha256(name));
}

key point_of(const peer_id& peer) noexcept {
  return point_of(to_multihash(peer));
}

int leading_zeros(bytes_view data) noexcept {
  int zeros = 0;
  for (const auto b : data) {
    zeros += std::countl_zero(b);
    if (b != 0)
      break;
  }
  return zeros;
}

int leading_zeros(const key& k) noexcept {
  int zeros = 0;
  for (const auto w : k.words) {
    zeros += std::countl_zero(w);
    if (w != 0)
      break;
  }
  return zeros;
}

double share_of_space(const key& distance) noexcept {
  constexpr double word = 18446744073709551616.0; // 2^64
  return (static_cast<double>(distance.words[0]) + static_cast<double>(distance.words[1]) / word) /
         word;
}

peer_id name_near(const key& near, int prefix, rng& random) noexcept {
  prefix = std::clamp(prefix, 0, walk_prefix_max);
  peer_id name;
  for (std::size_t i = 0; i < name.value.size(); i += 8)
    for (auto [word, j] = std::pair{random.next(), std::size_t{0}}; j < 8; ++j, word >>= 8)
      name.value[i + j] = static_cast<std::uint8_t>(word);
  while (common_prefix(point_of(name), near) != prefix)
    for (std::size_t i = 0; ++name.value[i] == 0;)
      i = (i + 1) % name.value.size();
  return name;
}

std::string capability_key(std::string_view name) {
  return "/ainur/capability/" + std::string{name};
}

} // namespace ainur::discovery::kademlia
