// What other nodes send about peers, and the file in which a node keeps them. The input's first
// byte is no part of it: it says which form is read.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/discovery/kademlia/message.hpp"
#include "ainur/discovery/peer_record.hpp"
#include "ainur/discovery/peer_store.hpp"
#include "ainur/discovery/presence.hpp"
#include "input.hpp"

namespace {

using namespace ainur;
using namespace ainur::discovery;

void read_message(bytes_view in) {
  const auto m = kademlia::decode_message(in);
  if (!m)
    return;
  fuzz::require(m->key.size() <= 256 && m->closer.size() <= 64 && m->providers.size() <= 64);
  fuzz::require(kademlia::decode_message(kademlia::encode(*m)) == *m);
}

void read_envelope(bytes_view in) {
  if (const auto e = decode_envelope(in))
    fuzz::require(decode_envelope(encode(*e)) == *e);
  // The content of records is read behind a signature, so it is given one.
  static const auto key = crypto::secret_key::from_seed(crypto::run_seed(1, "fuzz", 0));
  const auto sealed = seal(peer_record::domain, {3, 1}, {in.begin(), in.end()}, key);
  record_book book{4};
  if (const auto record = book.accept(encode(sealed)))
    fuzz::require(open_peer_record(seal(*record, key)) == *record);
}

void read_address(bytes_view in) {
  if (const auto a = multiaddr::from_binary(in)) {
    fuzz::require(std::ranges::equal(a->binary(), in));
    fuzz::require(multiaddr::from_text(to_text(*a)) == *a);
  }
}

void read_text(bytes_view in) {
  const std::string_view text{reinterpret_cast<const char*>(in.data()), in.size()};
  if (const auto a = multiaddr::from_text(text))
    fuzz::require(multiaddr::from_binary(a->binary()) == *a);
}

void read_store(bytes_view in) {
  if (const auto s = peer_store::decode(in, {.peers_max = 16}))
    fuzz::require(std::ranges::equal(s->encode(), in));
}

void read_presence(bytes_view in) {
  const auto utc = timestamp_at(1'700'000'000'000'000);
  presence_table table{{}};
  (void)table.receive("sum", in, {}, utc);
  static const auto key = crypto::secret_key::from_seed(crypto::run_seed(1, "fuzz", 0));
  crypto::signed_<presence_announcement> sealed{{in.begin(), in.end()}, key.public_part(), {}};
  sealed.proof = key.sign(presence_announcement::signature_domain, sealed.content);
  if (table.receive("sum", codec::encode(sealed), {}, utc))
    fuzz::require(table.size() == 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const bytes_view in{data + 1, size - 1};
  switch (data[0]) {
  case 'm':
    read_message(in);
    break;
  case 'e':
    read_envelope(in);
    break;
  case 'a':
    read_address(in);
    break;
  case 't':
    read_text(in);
    break;
  case 's':
    read_store(in);
    break;
  case 'p':
    read_presence(in);
    break;
  default:
    break;
  }
  return 0;
}
