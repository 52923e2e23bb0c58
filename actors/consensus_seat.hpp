// What the validator and the ledger that follows validators share: a full node in an actor. Its
// steps go to the store first, then over the links; on the virtual clock it can be made to break
// the rules.
#pragma once

#include <algorithm>
#include <deque>

#include "ainur/consensus/misdeeds.hpp"
#include "market_actors.hpp"
#include "patience.hpp"

namespace ainur {

class consensus_seat {
public:
  explicit consensus_seat(seat_setup setup)
      : setup_(std::move(setup)), random_(setup_.world.stream("seat", setup_.place)) {}

  [[nodiscard]] const seat_setup& setup() const noexcept { return setup_; }

  [[nodiscard]] bool is_up() const noexcept { return node_.has_value(); }

  [[nodiscard]] consensus::full_node& node() noexcept { return *node_; }

  [[nodiscard]] consensus::moment moment() const {
    const auto now = setup_.world.now();
    return {now, setup_.world.to_utc(now) + (now < skewed_until_ ? skew_ : duration{})};
  }

  /// True if nothing of what the node shows waits for the store.
  [[nodiscard]] bool is_durable() const noexcept { return pending_.empty(); }

  /// Opens the node once what an earlier life wrote is settled, and goes on with `ready`.
  template <class Self, class Ready>
  void open(Self* self, Ready ready) {
    fall();
    opening_ = true;
    const auto writer = setup_.roles->get<store_writer_actor>(setup_.writer_role);
    if (!writer)
      return self->quit(caf::make_error(caf::sec::runtime_error, "the store has no writer"));
    self->request(writer, patience_of(setup_.world), open_writer{writer_number})
        .then(
            [this, self, ready](const writer_opened&) {
              opening_ = false;
              pending_.clear();
              auto opened = consensus::full_node::open(
                  setup_.store,
                  {setup_.nodes->at(setup_.place).id,
                   crypto::secret_key::from_seed(crypto::seed{setup_.statement_seed}),
                   setup_.reporter_seed},
                  options(), setup_.checker);
              if (!opened)
                return give_up(self, opened.error());
              node_.emplace(std::move(*opened));
              auto first = node_->start(moment());
              if (!first)
                return give_up(self, first.error());
              ready();
              carry_out(self, std::move(*first));
            },
            [self](caf::error& e) { self->quit(std::move(e)); });
  }

  /// First the store, then the links; `final_` hears of blocks that are durable.
  template <class Self>
  void carry_out(Self* self, consensus::node_step step) {
    if (step.stopped) {
      stopped_ = step.stopped->why;
      setup_.world.log(log_level::error, "consensus", "stopped")
          .with("validator", setup_.place)
          .with("height", step.stopped->height)
          .with("why", step.stopped->why);
    }
    if (step.wake_at)
      wake_at_ = step.wake_at;
    pending_step next{last_ticket_, std::move(step.messages), std::move(step.blocks), step.skipped};
    if (!step.write.empty()) {
      next.ticket = ++last_ticket_;
      write(self, next.ticket, std::move(step.write));
    }
    pending_.push_back(std::move(next));
    release(self);
    arm(self);
  }

  /// The store_writer's word. False: the actor has quit.
  template <class Self>
  bool written(Self* self, const write_outcomes& m) {
    for (const auto& o : m.outcomes) {
      if (o.failure) {
        self->quit(to_caf(*o.failure)); // starts again from the store
        return false;
      }
      durable_ticket_ = std::max(durable_ticket_, o.ticket);
    }
    release(self);
    return true;
  }

  template <class Self>
  void receive(Self* self, const msg::node_mail& m) {
    if (node_ && m.from < setup_.nodes->size())
      carry_out(self, node_->receive(setup_.nodes->at(m.from).id, *m.what, moment()));
  }

  /// True if the tick is the newest; then the node's timer has run, if it is up.
  template <class Self>
  bool tick(Self* self, const msg::tick& m) {
    if (m.number != tick_number_)
      return false;
    tick_at_.reset();
    write_slow(self);
    wake_at_.reset(); // the node says anew when, if ever
    if (node_)
      carry_out(self, node_->timer(moment()));
    return true;
  }

  /// As a crash would, until `open`. What a slow disk has not taken yet is lost with the node: a
  /// write that came after `open` would overwrite what the next life has said.
  void fall() {
    count_lives();
    node_.reset();
    pending_.clear();
    slow_writes_.clear();
    write_free_at_ = {};
    durable_ticket_ = last_ticket_; // nobody waits for what was written or lost
    wake_at_.reset();
  }

  [[nodiscard]] bool is_opening() const noexcept { return opening_; }

  void misbehave(consensus::behaviour b, instant until) {
    auto& lie = lies_[b];
    lie = std::max(lie, until);
    ever_lied_ = consensus::to_string(b);
  }

  void skew(duration by, instant until) {
    skew_ = by;
    skewed_until_ = until;
  }

  void slow_disk(duration by, instant until) {
    disk_delay_ = by;
    slow_until_ = until;
  }

  [[nodiscard]] bool does(consensus::behaviour b) const {
    const auto at = lies_.find(b);
    return at != lies_.end() && setup_.world.now() < at->second;
  }

  [[nodiscard]] msg::node_view view() const {
    msg::node_view v;
    v.place = setup_.place;
    v.is_up = node_.has_value();
    v.misbehaved = ever_lied_;
    v.stopped = stopped_;
    v.messages = messages_;
    v.rounds = rounds_before_ + (node_ ? node_->counts().rounds : 0);
    v.blocks_made = made_before_ + (node_ ? node_->blocks_made() : 0);
    if (node_) {
      v.height = node_->state().height();
      v.state_hash = node_->state().state_hash();
      v.block_hash = node_->state().block_hash();
      v.conserved = node_->state().conserved();
    }
    return v;
  }

  /// Asks to be ticked in time, also for a time of the actor's own.
  template <class Self>
  void arm(Self* self, std::optional<instant> own = std::nullopt) {
    auto next = wake_at_;
    if (own && (!next || *own < *next))
      next = own;
    if (!slow_writes_.empty() && (!next || slow_writes_.front().first < *next))
      next = slow_writes_.front().first;
    const auto now = setup_.world.now();
    if (!next || (tick_at_ && *tick_at_ <= *next))
      return;
    tick_at_ = next;
    // CAF keeps the timer's message alive: far deadlines are asked for again every hour.
    const auto wait = std::clamp(*next - now, duration{1}, duration{3'600'000'000});
    self->delayed_send(self, wait, msg::tick{++tick_number_});
  }

  std::function<void(consensus::final_block&)> on_final;
  std::function<void()> on_skipped; ///< blocks became final that are not told

private:
  static constexpr store::writer_id writer_number{block_journal.value};

  struct pending_step {
    std::uint64_t ticket = 0;
    std::vector<consensus::outgoing> messages;
    std::vector<consensus::final_block> blocks;
    bool skipped = false;
  };

  template <class Self>
  void give_up(Self* self, const error& why) {
    setup_.world.log(log_level::error, "consensus", "recovery_failed")
        .with("validator", setup_.place)
        .with("error", why);
    self->quit(to_caf(why));
  }

  [[nodiscard]] consensus::node_options options() const {
    auto o = setup_.options;
    o.forgets = does(consensus::behaviour::amnesia);
    return o;
  }

  void count_lives() {
    if (!node_)
      return;
    rounds_before_ += node_->counts().rounds;
    made_before_ += node_->blocks_made();
  }

  template <class Self>
  void write(Self* self, std::uint64_t ticket, store::write_set set) {
    const auto now = setup_.world.now();
    store_write m{writer_number, ticket, std::move(set)};
    // A slow disk is slow for what comes after, too: the order stays.
    write_free_at_ = std::max(write_free_at_, now);
    if (now < slow_until_)
      write_free_at_ += disk_delay_;
    slow_writes_.emplace_back(write_free_at_, std::move(m));
    write_slow(self);
  }

  /// Hands the writer what is due.
  template <class Self>
  void write_slow(Self* self) {
    const auto now = setup_.world.now();
    for (; !slow_writes_.empty() && slow_writes_.front().first <= now; slow_writes_.pop_front())
      self->send(setup_.roles->get<store_writer_actor>(setup_.writer_role),
                 std::move(slow_writes_.front().second));
  }

  template <class Self>
  void release(Self* self) {
    while (!pending_.empty() && pending_.front().ticket <= durable_ticket_) {
      auto step = std::move(pending_.front());
      pending_.pop_front();
      for (const auto& out : step.messages)
        send(self, out);
      if (on_final)
        for (auto& b : step.blocks)
          on_final(b);
      if (step.skipped && on_skipped)
        on_skipped();
    }
  }

  template <class Self>
  void send(Self* self, const consensus::outgoing& out) {
    find_others();
    std::vector<sim::node_index> to;
    for (std::uint32_t i = 0; i < others_.size(); ++i)
      if (i != setup_.place && (!out.to || setup_.nodes->at(i).id == *out.to))
        to.push_back(i);
    const auto* plain = std::get_if<consensus::message>(out.what.get());
    if (plain == nullptr || lies_.empty()) {
      for (const auto i : to)
        deliver(self, i, out.what, {});
      return;
    }
    for (auto& p : distort(*plain, to))
      deliver(self, p.to, std::make_shared<const consensus::node_message>(*p.what), p.hold);
  }

  [[nodiscard]] std::vector<consensus::parcel> distort(const consensus::message& what,
                                                       const std::vector<sim::node_index>& to) {
    if (!misdeeds_)
      misdeeds_.emplace(setup_.checker->chain(), random_.split("misdeeds"));
    consensus::liar me{setup_.nodes->at(setup_.place).id, setup_.statement_seed, {}};
    for (const auto& [b, until] : lies_)
      if (does(b))
        me.misdeeds.push_back(b);
    return misdeeds_->distort(me, what, to, acts_);
  }

  template <class Self>
  void deliver(Self* self, sim::node_index to, std::shared_ptr<const consensus::node_message> what,
               duration hold) {
    const auto& door = others_[to];
    if (!door)
      return;
    ++messages_;
    const link_ends over{setup_.nodes->at(setup_.place).endpoint, setup_.nodes->at(to).endpoint};
    msg::node_mail mail{setup_.place, std::move(what)};
    if (hold > duration{})
      self->delayed_send(door, hold, std::move(mail));
    else
      post(setup_.world, self, over, door, std::move(mail));
  }

  void find_others() {
    if (const auto version = setup_.roles->version(); version != others_version_) {
      others_version_ = version;
      others_.clear();
      for (const auto& n : *setup_.nodes)
        others_.push_back(setup_.roles->get<node_door>(n.role));
    }
  }

  seat_setup setup_;
  rng random_;
  std::optional<consensus::full_node> node_;
  bool opening_ = false;
  std::deque<pending_step> pending_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t durable_ticket_ = 0;
  std::optional<instant> wake_at_;
  std::optional<instant> tick_at_;
  std::uint64_t tick_number_ = 0;
  std::vector<node_door> others_;
  std::uint64_t others_version_ = ~std::uint64_t{0};
  std::uint64_t messages_ = 0;
  std::uint64_t rounds_before_ = 0;
  std::uint64_t made_before_ = 0;
  std::string stopped_;

  // Faults, on the virtual clock.
  std::map<consensus::behaviour, instant> lies_;
  std::string ever_lied_;
  std::optional<consensus::misdeeds> misdeeds_;
  std::array<std::uint64_t, consensus::behaviours_count> acts_{};
  duration skew_{};
  instant skewed_until_{};
  duration disk_delay_{};
  instant slow_until_{};
  instant write_free_at_{};
  std::deque<std::pair<instant, store_write>> slow_writes_; // when each reaches the writer
};

} // namespace ainur
