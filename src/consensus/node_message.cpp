#include "ainur/consensus/node_message.hpp"

#include <utility>

#include "ainur/codec/msgpack.hpp"

namespace ainur::consensus {

namespace {

// The forms on the wire: replicas' messages as they encode themselves, batches by value.
struct batches_form {
  std::vector<ledger::signed_batch> batches;
  AINUR_FIELDS(batches_form, batches)
};

using form = std::variant<bytes, batches_form, chunk_request, chunk_message>;

struct envelope {
  form what;
  AINUR_FIELDS(envelope, what)
};

constexpr codec::limits limits{.bytes_max = message_bytes_max, .blob_max = message_bytes_max};

form form_of(const message& m) {
  return encode_message(m);
}

form form_of(const batches_message& m) {
  batches_form out;
  for (const auto& b : m.batches)
    out.batches.push_back(b->content);
  return out;
}

template <class T>
form form_of(const T& x) {
  return x;
}

result<node_message> message_from(const hash256&, bytes&& data) {
  auto m = decode_message(data);
  return m ? result<node_message>{std::move(*m)} : fail(m.error());
}

result<node_message> message_from(const hash256& chain, batches_form&& x) {
  if (x.batches.size() > batches_in_message_max)
    return fail(codec::errc::too_large, "more batches than a message may hold");
  batches_message out;
  for (auto& b : x.batches)
    out.batches.push_back(prepare(chain, std::move(b)));
  return node_message{std::move(out)};
}

template <class T>
result<node_message> message_from(const hash256&, T&& x) {
  return node_message{std::forward<T>(x)};
}

} // namespace

bytes encode_node_message(const node_message& m) {
  return codec::encode(envelope{std::visit([](const auto& x) { return form_of(x); }, m)});
}

result<node_message> decode_node_message(const hash256& chain, bytes_view data) {
  auto e = codec::decode<envelope>(data, limits);
  if (!e)
    return fail(e.error());
  return std::visit([&](auto&& x) { return message_from(chain, std::move(x)); },
                    std::move(e->what));
}

} // namespace ainur::consensus
