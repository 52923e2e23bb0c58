// The validator actor: one node of those that keep the ledger.
#include "consensus_seat.hpp"

namespace ainur {

namespace {

/// One that forgets what it signed falls every so often, to have something to forget.
constexpr duration amnesia_interval{3'000'000};

struct validator_shell {
  std::optional<consensus_seat> seat;
  std::optional<instant> up_at; ///< while it is down
  std::optional<instant> falls_at;
  static inline const char* name = "ainur.validator";
};

using self_type = validator_actor::stateful_pointer<validator_shell>;

void get_up(self_type self) {
  auto& s = self->state;
  s.up_at.reset();
  s.seat->open(self, [self] {
    auto& seat = *self->state.seat;
    seat.setup()
        .world.log(log_level::info, "consensus", "joined")
        .with("validator", seat.setup().place)
        .with("height", seat.node().state().height());
  });
}

void fall(self_type self, instant until) {
  auto& s = self->state;
  s.seat->fall();
  s.up_at = until;
  s.seat->arm(self, until);
}

/// What this actor does beside its node: falling and getting up.
void live(self_type self) {
  auto& s = self->state;
  const auto now = s.seat->setup().world.now();
  if (s.up_at && *s.up_at <= now && !s.seat->is_opening())
    get_up(self);
  if (!s.seat->does(consensus::behaviour::amnesia))
    s.falls_at.reset();
  if (s.falls_at && *s.falls_at <= now && s.seat->is_up()) {
    s.falls_at = now + amnesia_interval;
    fall(self, now + duration{100'000});
  }
  s.seat->arm(self, s.up_at ? s.up_at : s.falls_at);
}

void suffer(self_type self, const msg::node_fault& f) {
  auto& s = self->state;
  using kind = msg::node_fault::kind_type;
  switch (f.kind) {
  case kind::misbehaves:
    s.seat->misbehave(f.behaviour, f.until);
    if (f.behaviour == consensus::behaviour::amnesia)
      s.falls_at = s.seat->setup().world.now();
    break;
  case kind::clock_skew:
    s.seat->skew(f.by, f.until);
    break;
  case kind::slow_disk:
    s.seat->slow_disk(f.by, f.until);
    break;
  case kind::down:
    fall(self, f.until);
    break;
  }
  live(self);
}

validator_actor::behavior_type behavior(self_type self, seat_setup setup) {
  self->state.seat.emplace(std::move(setup));
  get_up(self);
  return {
      [self](const msg::node_mail& m) { self->state.seat->receive(self, m); },
      [self](const msg::node_fault& m) { suffer(self, m); },
      [self](const msg::ask_node&) { return self->state.seat->view(); },
      [self](const write_outcomes& m) {
        if (self->state.seat->written(self, m))
          live(self);
      },
      [self](const msg::tick& m) {
        if (self->state.seat->tick(self, m))
          live(self);
      },
  };
}

} // namespace

caf::actor spawn_validator(caf::local_actor& parent, seat_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
