// A world with channels: how the two parties sign, for the tests of channels.
#pragma once

#include "ainur/ledger/channel_party.hpp"
#include "ainur/ledger/channel_watcher.hpp"
#include "world.hpp"

namespace ainur::test {

/// The client and the rival have a channel of 60 and 40 AINU, opened by the client.
struct channel_world : world {
  channel_params terms;
  channel_id id;

  explicit channel_world(parameters rules = {}, seconds challenge = seconds{100},
                         std::uint64_t first = 60, std::uint64_t second = 40)
      : world(rules) {
    terms.first = client.id;
    terms.second = rival.id;
    terms.first_deposit = amount::ainu(first);
    terms.second_deposit = amount::ainu(second);
    terms.challenge = challenge;
    terms.open_by = now + hours{1};
    id = channel_id_of(s->chain(), terms);
  }

  /// Seeds of `self_keyed(2)` and `self_keyed(3)`.
  static byte_array<32> first_seed() { return seed_of(2); }

  static byte_array<32> second_seed() { return seed_of(3); }

  [[nodiscard]] open_channel opening() const { return opening(terms); }

  [[nodiscard]] open_channel opening(const channel_params& p) const {
    return {p, sign_opening(second_seed(), channel_id_of(s->chain(), p))};
  }

  void open() { REQUIRE(call(client, opening()) == errc::ok); }

  [[nodiscard]] static signed_channel_state both(const channel_state& x) {
    return {x, sign_state(first_seed(), channel_state_tag, x),
            sign_state(second_seed(), channel_state_tag, x)};
  }

  [[nodiscard]] signed_channel_state at(std::uint64_t version, std::uint64_t first,
                                        std::uint64_t second, std::uint64_t locked = 0,
                                        bool is_final = false) const {
    return both(
        {id, version, amount::ainu(first), amount::ainu(second), amount::ainu(locked), is_final});
  }

  [[nodiscard]] channel_view channel() const {
    const auto v = s->channel(id);
    REQUIRE(v.has_value());
    return *v;
  }

  [[nodiscard]] channel_setup setup(channel_side side) const {
    channel_setup x;
    x.chain = s->chain();
    x.params = terms;
    x.first_key = terms.first.value;
    x.second_key = terms.second.value;
    x.side = side;
    x.seed = side == channel_side::first ? first_seed() : second_seed();
    return x;
  }
};

} // namespace ainur::test
