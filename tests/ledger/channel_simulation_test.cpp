// Two parties over a link that loses, repeats and reorders, one of them a cheat, the other with a
// watcher, both over a real ledger whose calls may get lost. Whatever happens, the honest one is
// paid by a state that it agreed to, none older than the newest that it holds.
#include <algorithm>
#include <functional>
#include <map>

#include "ainur/base/rng.hpp"
#include "ainur/sim/event_queue.hpp"
#include "ainur/sim/network.hpp"
#include "channel_world.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

constexpr std::uint32_t ledger_node = 2;

/// How the other party behaves from some time on.
enum class cheat { none, registers_old, falls_silent, registers_old_and_stays };

struct seat {
  channel_party party;
  channel_memory disk;
  channel_watcher watcher{seconds{3}};
  std::vector<signed_channel_state> held;        ///< all that both signed, for the cheat
  std::map<std::uint64_t, channel_state> agreed; ///< what it signed, by version
  bool silent = false;
};

class link_simulation {
public:
  explicit link_simulation(std::uint64_t seed)
      : random_(seed), net_(random_.split("net"), lossy()), queue_(random_.split("ties")),
        honest_(random_.below(2)), how_(static_cast<cheat>(random_.below(4))) {
    w_.open();
    base_ = w_.now;
    for (const auto side : {channel_side::first, channel_side::second}) {
      seats_.push_back({channel_party{w_.setup(side)}, {}, channel_watcher{seconds{3}}, {}, {}});
      auto& s = seats_.back();
      s.disk.newest = s.party.newest();
      s.agreed[0] = s.party.newest().content;
      s.held.push_back(s.party.newest());
      offer(seats_.size() - 1, s.watcher.hold(s.party.newest(), now_, utc()));
    }
  }

  void run() {
    for (std::size_t who = 0; who < 2; ++who) {
      every(milliseconds(300), [this, who] { tick(who); });
      every(milliseconds(700), [this, who] { pay(who); });
    }
    every(milliseconds(500), [this] { sweep(); });
    every(seconds{11}, [this] { crash(); });
    after(seconds{20 + static_cast<std::int64_t>(random_.below(20))}, [this] { turn(); });
    after(seconds{60}, [this] { finish(); });
    while (!concluded_ && now_ < instant_at(600'000'000)) {
      auto e = queue_.pop();
      REQUIRE(e.has_value());
      now_ = e->at;
      e->what();
    }
    check();
  }

  std::uint64_t payments = 0;
  std::uint64_t crashes = 0;
  std::uint64_t refuted = 0;

private:
  static std::chrono::milliseconds milliseconds(std::int64_t n) {
    return std::chrono::milliseconds{n};
  }

  static sim::link_model lossy() {
    sim::link_model m;
    m.delay = sim::delay_model::uniform(milliseconds(5), milliseconds(400));
    m.loss_ppm = 200'000;
    m.duplication_ppm = 200'000;
    m.reordering_ppm = 200'000;
    return m;
  }

  [[nodiscard]] timestamp utc() const { return base_ + (now_ - instant{}); }

  seat& honest() { return seats_[honest_]; }

  seat& other() { return seats_[1 - honest_]; }

  const who& account(std::size_t side) const { return side == 0 ? w_.client : w_.rival; }

  void after(duration d, std::function<void()> what) { queue_.push(now_ + d, std::move(what)); }

  void every(duration d, std::function<void()> what) {
    after(d, [this, d, what] {
      what();
      every(d, what);
    });
  }

  void send(std::uint32_t from, std::uint32_t to, const std::function<void()>& what) {
    for (const auto delay : net_.send(from, to, now_))
      after(delay, what);
  }

  void carry_out(std::size_t side, const channel_outputs& out) {
    auto& s = seats_[side];
    if (s.silent)
      return;
    if (out.save)
      s.disk = *out.save;
    if (out.save && out.save->proposed)
      s.agreed[out.save->proposed->next.version] = out.save->proposed->next;
    if (out.agreed) {
      const auto& x = out.agreed->content;
      s.agreed[x.version] = x;
      s.held.push_back(*out.agreed);
      offer(side, s.watcher.hold(*out.agreed, now_, utc()));
    }
    const auto from = static_cast<std::uint32_t>(side);
    for (const auto& m : out.send)
      send(from, 1 - from, [this, side, m] { receive(1 - side, m); });
  }

  void receive(std::size_t side, const channel_message& m) {
    if (auto out = seats_[side].party.receive(m, now_); out && !seats_[side].silent)
      carry_out(side, *out);
  }

  void pay(std::size_t side) {
    const auto& x = seats_[side].party.newest().content;
    const auto most = (side == 0 ? x.first : x.second).micro() / 4;
    if (most == 0 || random_.below(3) == 0 || seats_[side].silent)
      return;
    if (auto out = seats_[side].party.pay(amount{1 + random_.below(most)}, now_)) {
      ++payments;
      carry_out(side, *out);
    }
  }

  void tick(std::size_t side) {
    auto& s = seats_[side];
    carry_out(side, s.party.tick(now_));
    offer(side, s.watcher.tick(now_, utc()));
  }

  /// Calls go to the ledger over the lossy network. The cheat makes none that help the other.
  void offer(std::size_t side, const channel_watcher::calls& calls) {
    if (side != honest_ && how_ != cheat::none)
      return;
    for (const auto& c : calls)
      send(static_cast<std::uint32_t>(side), ledger_node, [this, side, c] { block(side, c); });
  }

  void block(std::size_t side, const ledger::call& c) {
    if (concluded_)
      return;
    w_.now = std::max(w_.now, utc());
    (void)w_.call(account(side), c);
    publish();
  }

  void sweep() {
    if (const auto due = w_.s->next_deadline(); !concluded_ && due && *due < utc()) {
      w_.now = std::max(w_.now, utc());
      w_.pass(duration{1});
      publish();
    }
  }

  /// Events reach everybody, in order, within two seconds.
  void publish() {
    const auto events = w_.last.events;
    for (const auto& e : events) {
      if (const auto* x = std::get_if<event::channel_registered>(&e); x != nullptr)
        refuted += x->by == account(honest_).id && how_ != cheat::none ? 1u : 0u;
      if (const auto* x = std::get_if<event::channel_concluded>(&e); x != nullptr)
        concluded_ = *x;
      for (std::size_t side = 0; side < 2; ++side) {
        heard_[side] =
            std::max(heard_[side] + duration{1},
                     now_ + duration{static_cast<std::int64_t>(random_.below(2'000'000))});
        queue_.push(heard_[side], [this, side, e] {
          carry_out(side, seats_[side].party.see(e));
          offer(side, seats_[side].watcher.see(e, now_, utc()));
        });
      }
    }
  }

  /// The honest party comes back with what it saved; its watcher asks the ledger.
  void crash() {
    ++crashes;
    auto& s = honest();
    auto again = channel_party::resume(
        w_.setup(honest_ == 0 ? channel_side::first : channel_side::second), s.disk);
    REQUIRE(again.has_value());
    s.party = std::move(*again);
    s.watcher = channel_watcher{seconds{3}};
    offer(honest_, s.watcher.hold(s.party.newest(), now_, utc()));
    if (const auto v = w_.s->channel(w_.id))
      offer(honest_, s.watcher.look(*v, now_, utc()));
  }

  void turn() {
    if (how_ == cheat::none)
      return;
    other().silent = how_ != cheat::registers_old_and_stays;
    if (how_ == cheat::falls_silent)
      return;
    // The state that pays the cheat best, whatever has been agreed since.
    const auto share = [this](const signed_channel_state& x) {
      const auto paid = payout_of(x.content);
      return honest_ == 0 ? paid.second : paid.first;
    };
    const auto& held = other().held;
    const auto best =
        *std::max_element(held.begin(), held.end(),
                          [&](const auto& x, const auto& y) { return share(x) < share(y); });
    block(1 - honest_, register_state{best});
  }

  /// The honest party wants its money: together if the other answers, else alone.
  void finish() {
    if (concluded_)
      return;
    if (how_ == cheat::none) {
      for (std::size_t side = 0; side < 2; ++side)
        every(seconds{2}, [this, side] {
          if (auto out = seats_[side].party.close(now_))
            carry_out(side, *out);
        });
      return;
    }
    every(seconds{2}, [this] { offer(honest_, honest().watcher.enforce(w_.id, now_, utc())); });
  }

  void check() {
    REQUIRE(concluded_.has_value());
    const auto& mine = honest();
    CHECK(concluded_->version >= mine.disk.newest.content.version);
    const auto it = mine.agreed.find(concluded_->version);
    REQUIRE(it != mine.agreed.end());
    const auto paid = payout_of(it->second);
    CHECK(concluded_->first_paid == paid.first);
    CHECK(concluded_->second_paid == paid.second);
    if (how_ == cheat::none)
      CHECK(it->second.is_final);
  }

  rng random_;
  channel_world w_;
  sim::network net_;
  sim::event_queue<std::function<void()>> queue_;
  std::size_t honest_;
  cheat how_;
  std::vector<seat> seats_;
  std::array<instant, 2> heard_{};
  timestamp base_{};
  instant now_{};
  std::optional<event::channel_concluded> concluded_;
};

} // namespace

TEST_CASE("channel simulation: an honest party never loses money, 60 seeds") {
  std::uint64_t payments = 0;
  std::uint64_t crashes = 0;
  std::uint64_t refuted = 0;
  for (std::uint64_t seed = 1; seed <= 60u * static_cast<unsigned>(count_factor()); ++seed) {
    INFO("seed " << seed);
    link_simulation run{seed};
    run.run();
    payments += run.payments;
    crashes += run.crashes;
    refuted += run.refuted;
  }
  CHECK(payments > 600);
  CHECK(crashes > 60);
  CHECK(refuted > 10);
}
