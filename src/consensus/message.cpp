#include "ainur/consensus/message.hpp"

#include <utility>

#include "ainur/codec/msgpack.hpp"

namespace ainur::consensus {

namespace {

// The forms on the wire: blocks by value.
struct proposal_form {
  signed_statement proposal;
  consensus::block block;
  std::vector<signed_statement> polka;
  AINUR_FIELDS(proposal_form, proposal, block, polka)
};

struct certified_form {
  consensus::block block;
  certificate commit;
  AINUR_FIELDS(certified_form, block, commit)
};

struct blocks_form {
  std::vector<certified_form> blocks;
  AINUR_FIELDS(blocks_form, blocks)
};

using message_form = std::variant<proposal_form, vote_message, status_message, blocks_request,
                                  blocks_form, snapshot_request, snapshot_offer>;

struct envelope {
  message_form what;
  AINUR_FIELDS(envelope, what)
};

constexpr codec::limits message_limits{.bytes_max = message_bytes_max};

message_form form_of(const proposal_message& p) {
  return proposal_form{p.proposal, *p.block, p.polka};
}

message_form form_of(const blocks_message& b) {
  blocks_form out;
  for (const auto& x : b.blocks)
    out.blocks.push_back({*x.block, x.commit});
  return out;
}

template <class T>
message_form form_of(const T& x) {
  return x;
}

result<message> message_from(proposal_form&& p) {
  auto b = reseal(std::move(p.block));
  if (!b)
    return fail(b.error());
  return message{proposal_message{std::move(p.proposal), std::move(*b), std::move(p.polka)}};
}

result<message> message_from(blocks_form&& x) {
  blocks_message out;
  for (auto& entry : x.blocks) {
    auto b = reseal(std::move(entry.block));
    if (!b)
      return fail(b.error());
    out.blocks.push_back({std::move(*b), std::move(entry.commit)});
  }
  return message{std::move(out)};
}

template <class T>
result<message> message_from(T&& x) {
  return message{std::forward<T>(x)};
}

} // namespace

bytes encode_message(const message& m) {
  return codec::encode(envelope{std::visit([](const auto& x) { return form_of(x); }, m)});
}

result<message> decode_message(bytes_view data) {
  auto e = codec::decode<envelope>(data, message_limits);
  if (!e)
    return fail(e.error());
  return std::visit([](auto&& x) { return message_from(std::move(x)); }, std::move(e->what));
}

} // namespace ainur::consensus
