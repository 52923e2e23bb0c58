#include <protozero/pbf_writer.hpp>

#include "ainur/discovery/gossip/rpc.hpp"
#include "fields.hpp"
#include "wire.hpp"

namespace ainur::discovery::gossip {

namespace {

using protozero::pbf_writer;

void add_bytes(pbf_writer& to, protozero::pbf_tag_type tag, bytes_view data) {
  to.add_bytes(tag, reinterpret_cast<const char*>(data.data()), data.size());
}

void add_ids(pbf_writer& to, protozero::pbf_tag_type tag, const std::vector<message_id>& ids) {
  for (const auto& id : ids)
    add_bytes(to, tag, to_bytes(id));
}

void add_message(pbf_writer& to, const message& m) {
  std::string raw;
  write_unsigned(raw, m);
  if (m.proof) {
    pbf_writer rest{raw};
    add_bytes(rest, message_field::signature, m.proof->view());
  }
  to.add_message(rpc_field::publish, raw);
}

void add_prune(pbf_writer& control, const prune& p) {
  pbf_writer to{control, control_field::prune};
  to.add_string(control_field::topic, p.topic);
  for (const auto& x : p.peers) {
    pbf_writer peer{to, control_field::prune_peers};
    add_bytes(peer, control_field::peer_id, to_multihash(x.peer));
    if (!x.record.empty())
      add_bytes(peer, control_field::peer_record, x.record);
  }
  if (p.backoff_seconds != 0)
    to.add_uint64(control_field::prune_backoff, p.backoff_seconds);
}

void add_control(pbf_writer& control, const rpc& what) {
  for (const auto& have : what.ihaves) {
    pbf_writer to{control, control_field::ihave};
    to.add_string(control_field::topic, have.topic);
    add_ids(to, control_field::ihave_ids, have.ids);
  }
  if (!what.iwants.empty()) {
    pbf_writer to{control, control_field::iwant};
    add_ids(to, control_field::ids, what.iwants);
  }
  for (const auto& topic : what.grafts) {
    pbf_writer to{control, control_field::graft};
    to.add_string(control_field::topic, topic);
  }
  for (const auto& p : what.prunes)
    add_prune(control, p);
  if (!what.idontwants.empty()) {
    pbf_writer to{control, control_field::idontwant};
    add_ids(to, control_field::ids, what.idontwants);
  }
}

} // namespace

void write_unsigned(std::string& out, const message& m) {
  pbf_writer to{out};
  const auto id = to_bytes(m.id());
  const bytes_view all{id};
  add_bytes(to, message_field::from, all.first(peer_multihash_size));
  add_bytes(to, message_field::data, m.data);
  add_bytes(to, message_field::seqno, all.subspan(peer_multihash_size));
  to.add_string(message_field::topic, m.topic);
}

bytes encode(const rpc& what) {
  std::string out;
  pbf_writer to{out};
  for (const auto& s : what.subscriptions) {
    pbf_writer one{to, rpc_field::subscriptions};
    one.add_bool(subscription_field::subscribe, s.subscribe);
    one.add_string(subscription_field::topic, s.topic);
  }
  for (const auto& m : what.publish)
    add_message(to, *m);
  std::string control;
  pbf_writer parts{control};
  add_control(parts, what);
  if (!control.empty())
    to.add_message(rpc_field::control, control);
  return {out.begin(), out.end()};
}

} // namespace ainur::discovery::gossip
