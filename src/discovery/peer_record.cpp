#include "ainur/discovery/peer_record.hpp"

#include <algorithm>

#include "protobuf.hpp"
#include "varint.hpp"

namespace ainur::discovery {

namespace {

enum envelope_field : protozero::pbf_tag_type { key = 1, type = 2, payload = 3, proof = 5 };

enum key_field : protozero::pbf_tag_type { key_type = 1, key_data = 2 };

enum record_field : protozero::pbf_tag_type { id = 1, sequence = 2, address_info = 3 };

enum address_field : protozero::pbf_tag_type { binary = 1 };

constexpr std::uint64_t ed25519 = 1;
constexpr std::size_t addresses_read_max = 64;

struct refused {
  const char* why;
};

bytes signed_bytes(std::string_view domain, bytes_view payload_type, bytes_view payload) {
  bytes out;
  for (const auto part : {as_bytes(domain), payload_type, payload}) {
    put_varint(out, part.size());
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

template <class Id>
Id fixed(bytes_view in, const char* what) {
  Id out;
  if (in.size() != Id::size)
    throw refused{what};
  std::copy(in.begin(), in.end(), out.value.begin());
  return out;
}

crypto::public_key read_key(bytes_view in) {
  auto r = reader_of(in);
  std::uint64_t kind = 0;
  bytes_view data;
  while (r.next())
    switch (r.tag()) {
    case key_field::key_type:
      kind = number_of(r);
      break;
    case key_field::key_data:
      data = bytes_of(r);
      break;
    default:
      r.skip();
    }
  if (kind != ed25519)
    throw refused{"the signer's key is not Ed25519"};
  return fixed<crypto::public_key>(data, "an Ed25519 key has 32 bytes");
}

envelope read_envelope(bytes_view in) {
  envelope e;
  bool has_key = false;
  bool has_proof = false;
  auto r = reader_of(in);
  while (r.next())
    switch (r.tag()) {
    case envelope_field::key:
      e.signer = read_key(bytes_of(r));
      has_key = true;
      break;
    case envelope_field::type: {
      const auto b = bytes_of(r);
      e.payload_type.assign(b.begin(), b.end());
      break;
    }
    case envelope_field::payload: {
      const auto b = bytes_of(r);
      e.payload.assign(b.begin(), b.end());
      break;
    }
    case envelope_field::proof:
      e.proof = fixed<crypto::signature>(bytes_of(r), "a signature has 64 bytes");
      has_proof = true;
      break;
    default:
      r.skip();
    }
  if (!has_key || !has_proof)
    throw refused{"an envelope needs a key and a signature"};
  return e;
}

peer_record read_record(bytes_view in) {
  peer_record out;
  bool has_peer = false;
  std::size_t read = 0;
  auto r = reader_of(in);
  while (r.next())
    switch (r.tag()) {
    case record_field::id: {
      const auto p = peer_from_multihash(bytes_of(r));
      if (!p)
        throw refused{"the peer id is not that of an Ed25519 key"};
      out.peer = *p;
      has_peer = true;
      break;
    }
    case record_field::sequence:
      out.sequence = number_of(r);
      break;
    case record_field::address_info: {
      if (++read > addresses_read_max)
        throw refused{"more than 64 addresses"};
      auto info = reader_of(bytes_of(r));
      while (info.next()) {
        if (info.tag() != address_field::binary) {
          info.skip();
          continue;
        }
        if (auto a = multiaddr::from_binary(bytes_of(info));
            a && out.addresses.size() < peer_record::addresses_max)
          out.addresses.push_back(std::move(*a));
      }
      break;
    }
    default:
      r.skip();
    }
  if (!has_peer)
    throw refused{"a peer record names its peer"};
  return out;
}

/// Calls a reader and turns what it throws into a result.
template <class Read>
auto caught(const Read& read, const std::string& what) -> result<decltype(read())> {
  try {
    return read();
  } catch (const refused& e) {
    return fail(errc::malformed, what + ": " + e.why);
  } catch (const protozero::exception& e) {
    return fail(errc::malformed, what + ": " + e.what());
  }
}

std::string encode_record(const peer_record& record) {
  std::string out;
  protozero::pbf_writer w{out};
  add_bytes(w, record_field::id, to_multihash(record.peer));
  w.add_uint64(record_field::sequence, record.sequence);
  for (std::size_t i = 0; i < std::min(record.addresses.size(), peer_record::addresses_max); ++i) {
    protozero::pbf_writer info{w, record_field::address_info};
    add_bytes(info, address_field::binary, record.addresses[i].binary());
  }
  return out;
}

} // namespace

envelope seal(std::string_view domain, bytes payload_type, bytes payload,
              const crypto::secret_key& key) {
  envelope e{key.public_part(), std::move(payload_type), std::move(payload), {}};
  e.proof = key.sign_plain(signed_bytes(domain, e.payload_type, e.payload));
  return e;
}

result<void> verify(const envelope& e, std::string_view domain) {
  if (!crypto::verify_plain(e.signer, signed_bytes(domain, e.payload_type, e.payload), e.proof))
    return fail(errc::bad_signature, "an envelope by " + to_text(peer_of(e.signer)));
  return {};
}

bytes encode(const envelope& e) {
  std::string out;
  protozero::pbf_writer w{out};
  {
    protozero::pbf_writer k{w, envelope_field::key};
    k.add_uint64(key_field::key_type, ed25519);
    add_bytes(k, key_field::key_data, e.signer.view());
  }
  add_bytes(w, envelope_field::type, e.payload_type);
  add_bytes(w, envelope_field::payload, e.payload);
  add_bytes(w, envelope_field::proof, e.proof.view());
  return {out.begin(), out.end()};
}

result<envelope> decode_envelope(bytes_view in) {
  if (in.size() > envelope_size_max)
    return fail(errc::too_large, "an envelope of " + std::to_string(in.size()) + " bytes");
  return caught([in] { return read_envelope(in); }, "a signed envelope");
}

bytes seal(const peer_record& record, const crypto::secret_key& key) {
  const auto form = encode_record(record);
  return encode(seal(peer_record::domain,
                     {peer_record::payload_type.begin(), peer_record::payload_type.end()},
                     {form.begin(), form.end()}, key));
}

result<peer_record> open_peer_record(bytes_view in) {
  const auto e = decode_envelope(in);
  if (!e)
    return fail(e.error());
  if (!std::ranges::equal(e->payload_type, peer_record::payload_type))
    return fail(errc::malformed, "the envelope holds something other than a peer record");
  if (auto good = verify(*e, peer_record::domain); !good)
    return fail(good.error());
  auto record = caught([&e] { return read_record(e->payload); }, "a peer record");
  if (record && record->peer != peer_of(e->signer))
    return fail(errc::wrong_signer, "a record of " + to_text(record->peer) + " signed by " +
                                        to_text(peer_of(e->signer)));
  return record;
}

result<peer_record> record_book::accept(bytes_view in) {
  auto record = open_peer_record(in);
  if (!record)
    return record;
  auto known = entries_.find(record->peer);
  if (known != entries_.end() && known->second.record.sequence >= record->sequence)
    return fail(errc::stale, "sequence " + std::to_string(record->sequence) + " of " +
                                 to_text(record->peer) + ", known is " +
                                 std::to_string(known->second.record.sequence));
  if (known != entries_.end()) {
    by_renewal_.erase(known->second.renewed);
  } else {
    if (entries_.size() >= std::max<std::size_t>(peers_max_, 1)) {
      entries_.erase(by_renewal_.begin()->second);
      by_renewal_.erase(by_renewal_.begin());
    }
    known = entries_.emplace(record->peer, entry{}).first;
  }
  known->second = {*record, {in.begin(), in.end()}, ++renewals_};
  by_renewal_.emplace(renewals_, record->peer);
  return record;
}

const record_book::entry* record_book::find(const peer_id& peer) const {
  const auto at = entries_.find(peer);
  return at == entries_.end() ? nullptr : &at->second;
}

} // namespace ainur::discovery
