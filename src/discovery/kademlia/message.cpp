#include "ainur/discovery/kademlia/message.hpp"

#include "../protobuf.hpp"

namespace ainur::discovery::kademlia {

namespace {

// Numbers of the fields.
enum field : protozero::pbf_tag_type { type = 1, name = 2, closer_peers = 8, provider_peers = 9 };

enum peer_field : protozero::pbf_tag_type { id = 1, addresses = 2, connection = 3 };

/// A list of addresses is read up to so many, known or not.
constexpr std::size_t addresses_read_max = 32;

struct too_many {};

std::string encode_peer(const contact& who) {
  std::string out;
  protozero::pbf_writer w{out};
  add_bytes(w, peer_field::id, to_multihash(who.peer()));
  for (const auto& a : who.addresses())
    add_bytes(w, peer_field::addresses, a.binary());
  return out;
}

void read_peer(bytes_view in, std::vector<contact>& out) {
  std::optional<peer_id> peer;
  std::vector<multiaddr> known;
  std::size_t read = 0;
  auto r = reader_of(in);
  while (r.next())
    switch (r.tag()) {
    case peer_field::id:
      if (auto p = peer_from_multihash(bytes_of(r)))
        peer = *p;
      break;
    case peer_field::addresses:
      if (++read > addresses_read_max)
        throw too_many{};
      if (auto a = multiaddr::from_binary(bytes_of(r)); a && known.size() < contact::addresses_max)
        known.push_back(std::move(*a));
      break;
    default:
      r.skip();
    }
  if (peer)
    out.emplace_back(*peer, std::move(known));
}

message read_message(bytes_view in, const message_limits& bounds) {
  message m;
  m.type = message_type::put_value; // what a message without a type means
  std::size_t lists[2] = {0, 0};
  const auto take_peer = [&](std::size_t& count, bytes_view data, std::vector<contact>& out) {
    if (++count > bounds.peers_max)
      throw too_many{};
    read_peer(data, out);
  };
  auto r = reader_of(in);
  while (r.next())
    switch (r.tag()) {
    case field::type: {
      const auto n = number_of(r);
      if (n > static_cast<std::uint64_t>(message_type::max_value))
        throw protozero::unknown_pbf_wire_type_exception{};
      m.type = static_cast<message_type>(n);
      break;
    }
    case field::name: {
      const auto k = bytes_of(r);
      if (k.size() > bounds.key_max)
        throw too_many{};
      m.key.assign(k.begin(), k.end());
      break;
    }
    case field::closer_peers:
      take_peer(lists[0], bytes_of(r), m.closer);
      break;
    case field::provider_peers:
      take_peer(lists[1], bytes_of(r), m.providers);
      break;
    default:
      r.skip();
    }
  return m;
}

} // namespace

bytes encode(const message& m) {
  std::string out;
  protozero::pbf_writer w{out};
  w.add_enum(field::type, static_cast<std::int32_t>(m.type));
  add_bytes(w, field::name, m.key);
  for (const auto& c : m.closer)
    w.add_message(field::closer_peers, encode_peer(c));
  for (const auto& c : m.providers)
    w.add_message(field::provider_peers, encode_peer(c));
  return {out.begin(), out.end()};
}

result<message> decode_message(bytes_view in, const message_limits& bounds) {
  if (in.size() > bounds.bytes_max)
    return fail(errc::too_large, "a message of " + std::to_string(in.size()) + " bytes");
  try {
    return read_message(in, bounds);
  } catch (const too_many&) {
    return fail(errc::too_large, "a message with a longer key or more peers than allowed");
  } catch (const protozero::exception& e) {
    return fail(errc::malformed, std::string{"a message of the hash table: "} + e.what());
  }
}

} // namespace ainur::discovery::kademlia
