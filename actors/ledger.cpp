// The ledger actor: carries calls to ledger::authority and its blocks to the store and the
// followers.
#include <algorithm>
#include <string_view>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/store/journal.hpp"
#include "ledger_doors.hpp"
#include "patience.hpp"

namespace ainur {

struct ledger_shell {
  ledger_setup setup;
  std::optional<ledger::authority> core;
  std::optional<ledger::log_keeper> keeper; // what is stored beside the blocks
  std::vector<std::pair<std::uint32_t, ledger_follower>> followers;
  std::uint64_t followers_version = ~std::uint64_t{0};
  std::vector<msg::ask_views> waiting_views; // until the block that is out is durable
  std::vector<caf::typed_response_promise<msg::totals>> waiting_totals;
  std::vector<std::pair<msg::ask_accounts, caf::typed_response_promise<msg::account_views>>>
      waiting_accounts;
  submission_desk desk;
  std::vector<signature_checker_actor> checkers;
  std::size_t next_checker = 0;
  std::size_t calls_in_check = 0; // of batches that are with the checkers
  check_line in_check;
  recent_blocks recent;
  std::vector<std::pair<std::uint64_t, caf::typed_response_promise<msg::blocks_after>>>
      waiting_followers;               // with the height after which they wait
  std::uint64_t standing_sequence = 0; // last record of the standing journal
  std::uint64_t tick_number = 0;
  std::optional<instant> tick_at;
  bool turn_asked = false;  // a flush of our own is in the mailbox
  bool saving_ring = false; // on its way to the store
  static inline const char* name = "ainur.ledger";
};

namespace {

using self_type = ledger_actor::stateful_pointer<ledger_shell>;
constexpr store::writer_id ledger_writer{block_journal.value};
/// Tick numbers below are those of timers; this one is a turn at the end of the mailbox.
constexpr std::uint64_t turn_number = ~std::uint64_t{0};
/// The ticket of a write of the key ring; those of blocks are their heights.
constexpr std::uint64_t ring_ticket = ~std::uint64_t{0};
constexpr std::string_view ring_name = "host-ring";

/// What was asked while a block was on its way to the store.
void answer_waiting(ledger_shell& s) {
  for (auto& promise : std::exchange(s.waiting_totals, {}))
    promise.deliver(totals_of(s.core->working()));
  for (auto& [m, promise] : std::exchange(s.waiting_accounts, {}))
    answer_accounts(s.core->working(), m, promise);
}

/// Those who wait for blocks and can have them now.
void answer_followers(self_type self) {
  auto& s = self->state;
  std::erase_if(s.waiting_followers, [&](auto& waiting) {
    auto blocks = s.recent.after(waiting.first);
    if (!blocks || blocks->blocks.empty())
      return false;
    waiting.second.deliver(std::move(*blocks));
    return true;
  });
}

void arm(self_type self) {
  auto& s = self->state;
  const auto now = s.setup.world.now();
  const auto next = s.core->wake_at(now, s.setup.world.to_utc(now));
  if (!next || (s.tick_at && *s.tick_at <= *next && *s.tick_at > now))
    return;
  s.tick_at = next;
  // CAF keeps the timer's message alive: far deadlines are asked for again every hour.
  const auto wait = std::clamp(*next - now, duration{1}, duration{3'600'000'000});
  self->delayed_send(self, wait, msg::tick{++s.tick_number});
}

/// Makes the host's next key when it is due, and has the ring saved whenever it has changed.
void tend_keys(self_type self) {
  auto& s = self->state;
  if (!s.setup.keys || s.saving_ring)
    return;
  using need = ledger::rotation::need_kind;
  auto& keys = s.core->keys();
  const auto utc = s.setup.world.utc_now();
  const auto failed = [&](const error& why) {
    s.setup.world.log(log_level::error, "ledger", "key_rotation_failed").with("error", why);
    keys.postpone(utc);
  };
  const auto wanted = keys.need(utc);
  if (wanted != need::next_key && wanted != need::save)
    return;
  // Asked first: once there is a next key, it must be saved.
  const auto nonce = s.setup.keys->make_nonce();
  if (!nonce)
    return failed(nonce.error());
  if (wanted == need::next_key) {
    auto next = s.setup.keys->make_key();
    if (!next)
      return failed(next.error());
    keys.prepare(std::move(*next));
  }
  s.saving_ring = true;
  store::write_set set;
  set.put(ledger::node_table, as_bytes(ring_name),
          crypto::seal_ring(keys.ring(), s.setup.keys->lock, *nonce));
  self->send(s.setup.roles->get<store_writer_actor>(role::writer),
             store_write{ledger_writer, ring_ticket, std::move(set)});
}

void cut(self_type self, bool idle) {
  auto& s = self->state;
  tend_keys(self);
  const auto now = s.setup.world.now();
  auto record = s.core->cut(now, s.setup.world.to_utc(now), idle);
  if (!record)
    return arm(self);
  const auto height = s.core->working().height();
  store::write_set set;
  set.append(block_journal, height, *record);
  if (const auto events = ledger::standing_events(s.core->pending_events()); !events.empty()) {
    ledger::standing_record standing{height, events};
    set.append(standing_journal, ++s.standing_sequence, codec::encode(standing));
  }
  s.keeper->add(set, s.core->to_store(), record->size());
  self->send(s.setup.roles->get<store_writer_actor>(role::writer),
             store_write{ledger_writer, height, std::move(set)});
}

void publish(self_type self) {
  auto& s = self->state;
  if (const auto version = s.setup.roles->version(); version != s.followers_version) {
    s.followers_version = version;
    s.followers.clear();
    for (auto& [name, handle] : s.setup.roles->list<ledger_follower>(role::follower))
      s.followers.emplace_back(std::stoul(name.substr(role::follower.size())), handle);
  }
  const auto content = s.core->durable(s.standing_sequence);
  s.recent.add(content, s.setup.recent_blocks);
  for (const auto& a : content->batch_answers)
    s.desk.set(a.to, a.receipt, content->height);
  answer_followers(self);
  for (const auto& [who, follower] : s.followers)
    self->send(follower, msg::block{content});
  for (const auto& m : std::exchange(s.waiting_views, {}))
    self->send(m.to, views_of(s.core->working(), m));
  answer_waiting(s);
}

/// Calls that come in one burst share a block: on the real clock one is cut when the mailbox has
/// been read to where it now ends, on the virtual clock when the interval is over.
void ask_turn(self_type self) {
  auto& s = self->state;
  if (s.setup.world.is_virtual() || s.turn_asked || s.core->block_is_out())
    return arm(self);
  s.turn_asked = true;
  self->send(self, msg::tick{turn_number});
}

/// Batches of others go through the checkers first, in parts of about equal size.
void check_batches(self_type self, std::vector<ledger::signed_batch> batches,
                   const submission_desk::promise& to) {
  auto& s = self->state;
  const auto number = s.desk.open(to, batches.size());
  const auto part = (batches.size() + s.checkers.size() - 1) / s.checkers.size();
  for (std::size_t first = 0; first < batches.size(); first += part) {
    msg::check_signatures m{number, first, {}};
    const auto end = std::min(batches.size(), first + part);
    for (auto i = first; i < end; ++i) {
      s.calls_in_check += batches[i].batch.entries.size();
      m.batches.push_back(std::move(batches[i]));
    }
    s.in_check.expect(number, first);
    self->send(s.checkers[s.next_checker++ % s.checkers.size()], std::move(m));
  }
}

/// What there is no room for is answered at once, so that the sender slows down.
void submit(self_type self, msg::submit_batches& m, submission_desk::promise to) {
  auto& s = self->state;
  std::size_t calls = 0;
  for (const auto& b : m.batches)
    calls += b.batch.entries.size();
  const auto waiting = s.core ? s.core->waiting() + s.calls_in_check : 0;
  if (s.core && !m.batches.empty() && m.batches.size() <= submission_desk::batches_max &&
      waiting <= s.setup.options.waiting_max && calls <= s.setup.options.waiting_max - waiting)
    return check_batches(self, std::move(m.batches), to);
  msg::batch_receipts refused;
  for (const auto& b : m.batches)
    refused.receipts.push_back({b.batch.signer, b.batch.nonce, ledger::errc::block_full, {}});
  refused.heights.resize(m.batches.size());
  to.deliver(std::move(refused));
}

void add_checked(ledger_shell& s, msg::signatures_checked& m) {
  const auto now = s.setup.world.now();
  for (std::size_t i = 0; i < m.batches.size(); ++i) {
    const auto who = submission_desk::requester_of(m.number, m.first + i);
    const auto& b = m.batches[i].content.batch;
    const ledger::batch_receipt full{b.signer, b.nonce, ledger::errc::block_full, {}};
    s.calls_in_check -= b.entries.size();
    if (!s.core->add(who, std::move(m.batches[i]), now))
      s.desk.set(who, full, 0);
  }
}

void give_up(self_type self, const error& why) {
  self->state.setup.world.log(log_level::error, "ledger", "recovery_failed").with("error", why);
  self->quit(to_caf(why));
}

/// The host's ring as it was last saved, or of its first key, and what the ledger says of it.
result<ledger::rotation> open_keys(const ledger_setup& setup, const store::view& from,
                                   const ledger::state& s) {
  const auto saved = from.get(ledger::node_table, as_bytes(ring_name));
  if (!saved)
    return fail(saved.error());
  auto ring = *saved ? crypto::open_ring(**saved, setup.keys->lock)
                     : result<crypto::key_ring>{
                           crypto::key_ring{ledger::derived_key(setup.options.host_seed, 0)}};
  if (!ring)
    return fail(ring.error().within("the host's key ring"));
  const auto record = s.keys(ring->account());
  return ledger::rotation::open(std::move(*ring), record, setup.keys->interval);
}

void recover(self_type self) {
  auto& s = self->state;
  auto view = s.setup.store->open_view();
  if (!view)
    return give_up(self, view.error());
  // The log was written by this node, and its hashes are checked; signatures are for `verify`.
  auto state = ledger::open_log(**view, ledger::signatures::trusted, consensus::elections);
  if (!state)
    return give_up(self, state.error());
  auto extent = store::extent_of(**view, standing_journal);
  if (!extent)
    return give_up(self, extent.error());
  auto keeper = ledger::log_keeper::open(**view, s.setup.keeper, *state);
  if (!keeper)
    return give_up(self, keeper.error());
  s.keeper.emplace(std::move(*keeper));
  state->keep_past(s.setup.past);
  s.standing_sequence = extent->last();
  if (s.setup.keys) {
    auto keys = open_keys(s.setup, **view, *state);
    if (!keys)
      return give_up(self, keys.error());
    s.core.emplace(std::move(*state), s.setup.options, std::move(*keys));
  } else {
    s.core.emplace(std::move(*state), s.setup.options);
  }
  const ledger_actor here{self};
  for (auto count = s.setup.signature_checkers; count > 0; --count) {
    s.checkers.push_back(spawn_signature_checker(*self, here, s.core->working().chain()));
    self->monitor(s.checkers.back());
  }
  const auto height = s.core->working().height();
  s.recent.begin(height);
  s.setup.world.log(log_level::info, "ledger", height == 0 ? "opened" : "resumed")
      .with("height", height)
      .with("block_hash", s.core->working().block_hash());
  for (const auto& m : std::exchange(s.waiting_views, {}))
    self->send(m.to, views_of(s.core->working(), m));
  answer_waiting(s);
  arm(self);
}

} // namespace

static ledger_actor::behavior_type behavior(self_type self, ledger_setup setup) {
  self->state.setup = std::move(setup);
  // Without a checker, batches would never be answered: start again.
  self->set_down_handler([self](const caf::down_msg& m) { self->quit(m.reason); });
  auto& s = self->state;
  // What an earlier life of this actor wrote must be settled before the log is read.
  self->request(s.setup.roles->get<store_writer_actor>(role::writer), patience_of(s.setup.world),
                open_writer{ledger_writer})
      .then([self](const writer_opened&) { recover(self); },
            [self](caf::error& e) { self->quit(std::move(e)); });
  return {
      [self](msg::ledger_calls& m) {
        auto& st = self->state;
        if (!st.core)
          return; // lost; it is asked again
        const auto now = st.setup.world.now();
        for (auto& call : m.calls)
          if (!st.core->add({m.who, call.correlation}, std::move(call.entry), now)) {
            st.setup.world.log(log_level::warn, "ledger", "calls_refused")
                .with("from", m.who)
                .with("waiting_max", st.setup.options.waiting_max);
            break; // too many wait; what is lost is asked again
          }
        ask_turn(self);
      },
      [self](msg::ask_views& m) {
        auto& st = self->state;
        if (!st.core || st.core->block_is_out())
          st.waiting_views.push_back(std::move(m));
        else
          self->send(m.to, views_of(st.core->working(), m));
      },
      [self](const msg::ask_totals&) -> caf::result<msg::totals> {
        auto& st = self->state;
        auto promise = self->make_response_promise<msg::totals>();
        if (!st.core || st.core->block_is_out())
          st.waiting_totals.push_back(promise);
        else
          promise.deliver(totals_of(st.core->working()));
        return promise;
      },
      [self](msg::ask_accounts& m) -> caf::result<msg::account_views> {
        auto& st = self->state;
        auto promise = self->make_response_promise<msg::account_views>();
        if (!st.core || st.core->block_is_out())
          st.waiting_accounts.emplace_back(std::move(m), promise);
        else
          answer_accounts(st.core->working(), m, promise);
        return promise;
      },
      [self](msg::submit_batches& m) -> caf::result<msg::batch_receipts> {
        auto promise = self->make_response_promise<msg::batch_receipts>();
        submit(self, m, promise);
        return promise;
      },
      [self](const msg::ask_blocks& m) -> caf::result<msg::blocks_after> {
        auto& st = self->state;
        // What is in the log is durable, also while it is still being read here.
        const auto last = st.core ? st.recent.newest() : ~std::uint64_t{0};
        if (!st.core || !st.recent.after(m.after))
          return self->delegate(spawn_block_reader(*self, st.setup.store, last), m);
        auto promise = self->make_response_promise<msg::blocks_after>();
        st.waiting_followers.emplace_back(m.after, promise);
        answer_followers(self);
        return promise;
      },
      [self](msg::signatures_checked& m) {
        for (auto& part : self->state.in_check.take(std::move(m)))
          add_checked(self->state, part);
        ask_turn(self);
      },
      [self](const write_outcomes& m) {
        auto& st = self->state;
        for (const auto& outcome : m.outcomes) {
          if (outcome.failure)
            return self->quit(to_caf(*outcome.failure)); // starts again from the log
          if (outcome.ticket == ring_ticket) {
            st.saving_ring = false;
            if (st.core)
              st.core->keys().saved();
          } else if (st.core && st.core->block_is_out())
            publish(self);
        }
        cut(self, !st.setup.world.is_virtual());
      },
      [self](const msg::tick& m) {
        auto& st = self->state;
        if (m.number == turn_number)
          st.turn_asked = false;
        else if (m.number == st.tick_number)
          st.tick_at.reset();
        else
          return; // replaced by an earlier one
        if (st.core)
          cut(self, m.number == turn_number);
      },
  };
}

caf::actor spawn_ledger(caf::local_actor& parent, ledger_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
