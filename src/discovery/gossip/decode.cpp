// Reading what a peer sent. Everything is counted before it is kept.
#include <algorithm>

#include <protozero/pbf_reader.hpp>

#include "ainur/discovery/gossip/rpc.hpp"
#include "fields.hpp"

namespace ainur::discovery::gossip {

bool rpc::empty() const noexcept {
  return subscriptions.empty() && publish.empty() && ihaves.empty() && iwants.empty() &&
         grafts.empty() && prunes.empty() && idontwants.empty();
}

bool operator==(const rpc& a, const rpc& b) {
  const auto same = [](const message_ptr& x, const message_ptr& y) { return *x == *y; };
  return a.subscriptions == b.subscriptions && a.ihaves == b.ihaves && a.iwants == b.iwants &&
         a.grafts == b.grafts && a.prunes == b.prunes && a.idontwants == b.idontwants &&
         std::equal(a.publish.begin(), a.publish.end(), b.publish.begin(), b.publish.end(), same);
}

namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

bytes_view as_view(const protozero::data_view& v) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(v.data()), v.size()};
}

/// Reads parts; the first failure sticks. protozero throws for bytes that are no protocol buffer,
/// which `decode_rpc` catches.
class reader {
public:
  explicit reader(const wire_limits& limits) noexcept : limits_(limits) {}

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

  void read(pbf_reader in, rpc& out) {
    while (!failure_ && in.next()) {
      if (is_bytes(in, rpc_field::subscriptions))
        add(out.subscriptions, limits_.subscriptions_max, "subscriptions", subscription_in(in));
      else if (is_bytes(in, rpc_field::publish))
        add(out.publish, limits_.messages_max, "messages", message_in(in));
      else if (is_bytes(in, rpc_field::control))
        read_control(in.get_message(), out);
      else
        in.skip();
    }
  }

private:
  static bool is_bytes(const pbf_reader& in, std::uint32_t tag) {
    return in.tag() == tag && in.wire_type() == pbf_wire_type::length_delimited;
  }

  static bool is_number(const pbf_reader& in, std::uint32_t tag) {
    return in.tag() == tag && in.wire_type() == pbf_wire_type::varint;
  }

  void refuse(errc code, std::string why) {
    if (!failure_)
      failure_ = error{code, std::move(why)};
  }

  template <class T>
  void add(std::vector<T>& to, std::size_t count_max, const char* what, T&& one) {
    if (to.size() >= count_max)
      refuse(errc::too_large, "more than " + std::to_string(count_max) + " " + what);
    if (!failure_)
      to.push_back(std::move(one));
  }

  std::string topic_in(pbf_reader& in) {
    const auto text = in.get_view();
    if (text.size() > limits_.topic_bytes_max)
      refuse(errc::too_large, "a topic longer than " + std::to_string(limits_.topic_bytes_max));
    return failure_ ? std::string{} : std::string{text.data(), text.size()};
  }

  /// The only field that is read of a control message with a topic alone.
  std::string topic_of(pbf_reader in) {
    std::string topic;
    while (!failure_ && in.next())
      is_bytes(in, control_field::topic) ? void(topic = topic_in(in)) : in.skip();
    return topic;
  }

  subscription subscription_in(pbf_reader& outer) {
    auto in = outer.get_message();
    subscription s{false, {}};
    while (!failure_ && in.next()) {
      if (is_number(in, subscription_field::subscribe))
        s.subscribe = in.get_uint64() != 0; // get_bool reads beyond the end
      else if (is_bytes(in, subscription_field::topic))
        s.topic = topic_in(in);
      else
        in.skip();
    }
    return s;
  }

  template <class Id, class Parse>
  Id id_in(pbf_reader& in, Parse parse) {
    auto id = parse(as_view(in.get_view()));
    if (!id)
      refuse(errc::malformed, id.error().detail());
    return id ? *id : Id{};
  }

  void read_ids(pbf_reader& in, std::vector<message_id>& to) {
    add(to, limits_.ids_max, "message ids", id_in<message_id>(in, message_id_from_bytes));
  }

  message_ptr message_in(pbf_reader& outer) {
    auto in = outer.get_message();
    auto m = std::make_shared<message>();
    unsigned found = 0;
    while (!failure_ && in.next()) {
      const auto tag = in.tag();
      if (in.wire_type() != pbf_wire_type::length_delimited || tag < message_field::from ||
          tag > message_field::key || (found >> tag & 1) != 0) {
        refuse(errc::malformed, "a message has an unknown field, or one twice");
        break;
      }
      found |= 1u << tag;
      read_field(in, tag, *m);
    }
    constexpr unsigned needed = 1u << message_field::from | 1u << message_field::data |
                                1u << message_field::seqno | 1u << message_field::topic;
    if ((found & needed) != needed)
      refuse(errc::malformed, "a message needs author, data, number and topic");
    if ((found >> message_field::key & 1) != 0 && key_ != m->from)
      refuse(errc::wrong_signer, "the key of a message is not its author's");
    return m;
  }

  void read_field(pbf_reader& in, std::uint32_t tag, message& m) {
    switch (tag) {
    case message_field::from:
      m.from = id_in<peer_id>(in, peer_from_multihash);
      return;
    case message_field::topic:
      m.topic = topic_in(in);
      return;
    case message_field::key:
      return read_key(as_view(in.get_view()));
    default:
      break;
    }
    const auto data = as_view(in.get_view());
    if (tag == message_field::data) {
      m.data.assign(data.begin(), data.end());
    } else if (tag == message_field::seqno && data.size() == 8) {
      for (const auto b : data)
        m.seqno = m.seqno << 8 | b;
    } else if (tag == message_field::signature && data.size() == crypto::signature::size) {
      std::copy(data.begin(), data.end(), m.proof.emplace().value.begin());
    } else {
      refuse(errc::malformed, "a message's number has 8 bytes, its signature 64");
    }
  }

  /// The key as a protocol buffer: the multihash of an Ed25519 peer without its first two bytes.
  void read_key(bytes_view data) {
    byte_array<peer_multihash_size> whole{0x00, 0x24};
    if (data.size() != whole.size() - 2)
      return refuse(errc::malformed, "a message's key is no Ed25519 key");
    std::copy(data.begin(), data.end(), whole.begin() + 2);
    const auto peer = peer_from_multihash(whole);
    peer ? void(key_ = *peer) : refuse(errc::malformed, peer.error().detail());
  }

  void read_control(pbf_reader in, rpc& out) {
    while (!failure_ && in.next()) {
      if (is_bytes(in, control_field::ihave))
        read_ihave(in.get_message(), out);
      else if (is_bytes(in, control_field::iwant))
        read_id_list(in.get_message(), out.iwants);
      else if (is_bytes(in, control_field::graft))
        add(out.grafts, limits_.controls_max, "GRAFT", topic_of(in.get_message()));
      else if (is_bytes(in, control_field::prune))
        add(out.prunes, limits_.controls_max, "PRUNE", prune_in(in.get_message()));
      else if (is_bytes(in, control_field::idontwant))
        read_id_list(in.get_message(), out.idontwants);
      else
        in.skip();
    }
  }

  void read_id_list(pbf_reader in, std::vector<message_id>& to) {
    while (!failure_ && in.next())
      is_bytes(in, control_field::ids) ? read_ids(in, to) : in.skip();
  }

  void read_ihave(pbf_reader in, rpc& out) {
    ihave have;
    auto room = limits_.ids_max;
    for (const auto& other : out.ihaves)
      room -= other.ids.size();
    while (!failure_ && in.next()) {
      if (is_bytes(in, control_field::topic))
        have.topic = topic_in(in);
      else if (is_bytes(in, control_field::ihave_ids))
        add(have.ids, room, "message ids", id_in<message_id>(in, message_id_from_bytes));
      else
        in.skip();
    }
    add(out.ihaves, limits_.controls_max, "IHAVE", std::move(have));
  }

  prune prune_in(pbf_reader in) {
    prune p;
    while (!failure_ && in.next()) {
      if (is_bytes(in, control_field::topic))
        p.topic = topic_in(in);
      else if (is_bytes(in, control_field::prune_peers))
        add(p.peers, limits_.peers_max, "peers of a PRUNE", peer_in(in.get_message()));
      else if (is_number(in, control_field::prune_backoff))
        p.backoff_seconds = in.get_uint64();
      else
        in.skip();
    }
    return p;
  }

  exchanged_peer peer_in(pbf_reader in) {
    exchanged_peer p;
    bool named = false;
    while (!failure_ && in.next()) {
      if (is_bytes(in, control_field::peer_id)) {
        p.peer = id_in<peer_id>(in, peer_from_multihash);
        named = true;
      } else if (is_bytes(in, control_field::peer_record)) {
        const auto record = as_view(in.get_view());
        if (record.size() > limits_.record_bytes_max)
          refuse(errc::too_large, "a peer record is too long");
        else
          p.record.assign(record.begin(), record.end());
      } else {
        in.skip();
      }
    }
    if (!named)
      refuse(errc::malformed, "an exchanged peer needs a name");
    return p;
  }

  wire_limits limits_;
  std::optional<error> failure_;
  peer_id key_; // of the message that is being read
};

} // namespace

result<rpc> decode_rpc(bytes_view data, const wire_limits& limits) {
  if (data.size() > limits.bytes_max)
    return fail(errc::too_large,
                "an RPC has at most " + std::to_string(limits.bytes_max) + " bytes");
  rpc out;
  reader r{limits};
  try {
    r.read(pbf_reader{reinterpret_cast<const char*>(data.data()), data.size()}, out);
  } catch (const protozero::exception& e) {
    return fail(errc::malformed, std::string{"no protocol buffer: "} + e.what());
  }
  if (r.failure())
    return fail(*r.failure());
  return out;
}

} // namespace ainur::discovery::gossip
