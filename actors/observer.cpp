// The ledger actor where validators keep the ledger: it follows them with a node of its own, hands
// them the calls of the market's host, and tells the followers what became final.
#include "consensus_seat.hpp"
#include "ledger_doors.hpp"

#include "ainur/store/key.hpp"

namespace ainur {

namespace {

/// Batches of the host that may still become final, by their number: an encoded signed batch each.
constexpr store::table_id outstanding_table = 17;
/// Tick numbers below are those of timers; this one is a turn at the end of the mailbox.
constexpr std::uint64_t turn_number = ~std::uint64_t{0};

struct outstanding_key {
  std::uint64_t nonce = 0;
  AINUR_FIELDS(outstanding_key, nonce)
};

struct observer_shell {
  observer_setup setup;
  std::optional<consensus_seat> seat;
  std::optional<consensus::host_client> client;
  std::vector<std::pair<std::uint32_t, ledger_follower>> followers;
  std::uint64_t followers_version = ~std::uint64_t{0};
  std::vector<msg::ask_views> waiting_views; // until all that the node shows is durable
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
      waiting_followers; // with the height after which they wait
  msg::consensus_figures figures;
  bool turn_asked = false;
  static inline const char* name = "ainur.ledger";

  [[nodiscard]] bool can_answer() const {
    return seat && seat->is_up() && client && seat->is_durable();
  }
};

using self_type = observer_actor::stateful_pointer<observer_shell>;

void answer_waiting(self_type self) {
  auto& s = self->state;
  if (!s.can_answer())
    return;
  const auto& state = s.seat->node().state();
  for (const auto& m : std::exchange(s.waiting_views, {}))
    self->send(m.to, views_of(state, m));
  for (auto& promise : std::exchange(s.waiting_totals, {}))
    promise.deliver(totals_of(state));
  for (auto& [m, promise] : std::exchange(s.waiting_accounts, {}))
    answer_accounts(state, m, promise);
}

void answer_followers(observer_shell& s) {
  std::erase_if(s.waiting_followers, [&](auto& waiting) {
    auto blocks = s.recent.after(waiting.first);
    if (!blocks || blocks->blocks.empty())
      return false;
    waiting.second.deliver(std::move(*blocks));
    return true;
  });
}

void note_figures(observer_shell& s, const ledger::applied& done) {
  for (const auto& e : done.events) {
    if (const auto* reported = std::get_if<ledger::event::validators_reported>(&e)) {
      if (reported->kind == ledger::validator_offence::equivocation)
        s.figures.equivocations += reported->offenders.size();
    } else if (const auto* slash = std::get_if<ledger::event::stake_slash_deferred>(&e)) {
      s.figures.slashed = s.figures.slashed.saturating_plus(slash->value);
    } else if (std::holds_alternative<ledger::event::era_started>(e)) {
      ++s.figures.elections;
    }
  }
}

/// A block is durable here: everybody who asked or follows hears of it.
void publish(self_type self, consensus::final_block& b) {
  auto& s = self->state;
  const auto& roles = *s.seat->setup().roles;
  if (const auto version = roles.version(); version != s.followers_version) {
    s.followers_version = version;
    s.followers.clear();
    for (auto& [name, handle] : roles.list<ledger_follower>(role::follower))
      s.followers.emplace_back(std::stoul(name.substr(role::follower.size())), handle);
  }
  auto content = std::make_shared<ledger::published>();
  content->height = b.applied.height;
  content->time = b.applied.time;
  content->block_hash = b.applied.block_hash;
  content->state_hash = b.state_hash;
  content->standing_sequence = b.standing_sequence;
  std::vector<instant> submitted;
  s.client->settle(b.decided.block->batches, b.applied, *content, submitted);
  const auto now = s.seat->setup().world.now();
  for (const auto at : submitted)
    if (at != instant{} && at <= now)
      s.figures.finality_us.add(static_cast<std::uint64_t>((now - at).count()));
  note_figures(s, b.applied);
  content->events = std::move(b.applied.events);
  s.recent.add(content, s.setup.recent_blocks);
  for (const auto& a : content->batch_answers)
    s.desk.set(a.to, a.receipt, content->height);
  answer_followers(s);
  for (const auto& [who, follower] : s.followers)
    self->send(follower, msg::block{content});
}

/// How a refusal of the mempool is answered in the ledger's words. `nonce`: the signer's next.
ledger::errc status_of(const error& why, const consensus::prepared_batch& b, std::uint64_t nonce) {
  if (!b.good)
    return ledger::errc::bad_signature;
  if (why.is(consensus::errc::nonce_over))
    return ledger::errc::bad_nonce;
  if (why.is(consensus::errc::known_batch)) // another one waits, or it is to be offered again
    return b.content.batch.nonce < nonce ? ledger::errc::bad_nonce : ledger::errc::block_full;
  if (why.is(consensus::errc::mempool_full))
    return ledger::errc::block_full;
  for (const auto code : {ledger::errc::unknown_signer, ledger::errc::fee_unpaid,
                          ledger::errc::bad_key, ledger::errc::expired})
    if (why.is(code))
      return code;
  return ledger::errc::bad_batch;
}

/// Cuts what is due; each batch is stored before it goes out.
void cut(self_type self, bool idle) {
  auto& s = self->state;
  if (!s.client || !s.seat->is_up())
    return;
  auto& node = s.seat->node();
  while (auto batch =
             s.client->cut(s.seat->setup().world.now(), node.state().nonce(s.client->host()),
                           std::max(node.state().time(), s.seat->moment().utc), idle)) {
    const auto nonce = batch->content.batch.nonce;
    std::vector<std::pair<std::size_t, error>> refused;
    auto step = node.submit({batch}, refused, s.seat->moment());
    if (refused.empty())
      step.write.put(outstanding_table, store::encode_key(outstanding_key{nonce}),
                     codec::encode(batch->content));
    for (const auto& [place, why] : refused) {
      s.seat->setup().world.log(log_level::warn, "ledger", "batch_refused").with("error", why);
      s.client->refuse(nonce, status_of(why, *batch, node.state().nonce(s.client->host())));
    }
    s.seat->carry_out(self, std::move(step));
  }
  s.seat->arm(self, s.client->wake_at(s.seat->setup().world.now()));
}

/// What is over need not go out again after a restart.
void forget_ended(self_type self) {
  auto& s = self->state;
  const auto ended = s.client->take_ended();
  if (ended.empty())
    return;
  consensus::node_step step;
  for (const auto nonce : ended)
    step.write.erase(outstanding_table, store::encode_key(outstanding_key{nonce}));
  s.seat->carry_out(self, std::move(step));
}

/// After every input: what was asked can perhaps be answered, and calls may be due.
void go_on(self_type self, bool idle = false) {
  auto& s = self->state;
  if (s.client && s.seat->is_up()) {
    forget_ended(self);
    cut(self, idle);
  }
  answer_waiting(self);
}

void ask_turn(self_type self) {
  auto& s = self->state;
  if (!s.client)
    return;
  if (s.seat->setup().world.is_virtual() || s.turn_asked)
    return s.seat->arm(self, s.client->wake_at(s.seat->setup().world.now()));
  s.turn_asked = true;
  self->send(self, msg::tick{turn_number});
}

result<std::vector<ledger::signed_batch>> read_outstanding(const store::backend& from) {
  auto view = from.open_view();
  if (!view)
    return fail(view.error());
  std::vector<ledger::signed_batch> out;
  const auto read =
      (*view)->visit(outstanding_table, {}, [&out](bytes_view, bytes_view content) -> result<void> {
        auto b = codec::decode<ledger::signed_batch>(content);
        if (!b)
          return fail(b.error());
        out.push_back(std::move(*b));
        return {};
      });
  return read ? result<std::vector<ledger::signed_batch>>{std::move(out)} : fail(read.error());
}

void begin(self_type self) {
  auto& s = self->state;
  const auto& seat = s.seat->setup();
  auto earlier = read_outstanding(*seat.store);
  if (!earlier)
    return self->quit(to_caf(earlier.error()));
  const auto& state = s.seat->node().state();
  auto options = s.setup.client;
  options.calls_max = std::min<std::size_t>(options.calls_max, state.rules().block_entries_max);
  options.bytes_max =
      std::min<std::size_t>(options.bytes_max, state.founded()->agreement.block_bytes_max / 2);
  s.client.emplace(state.chain(), options);
  s.client->resume(*earlier, state.nonce(s.client->host()), state.time());
  std::vector<consensus::batch_ptr> again;
  for (auto& b : *earlier)
    again.push_back(consensus::prepare(state.chain(), std::move(b)));
  const observer_actor here{self};
  for (auto count = s.setup.signature_checkers; count > 0; --count) {
    s.checkers.push_back(spawn_signature_checker(*self, here, state.chain()));
    self->monitor(s.checkers.back());
  }
  s.recent.begin(state.height());
  seat.world.log(log_level::info, "ledger", state.height() == 0 ? "opened" : "resumed")
      .with("height", state.height())
      .with("block_hash", state.block_hash());
  if (!again.empty()) {
    std::vector<std::pair<std::size_t, error>> refused; // they are known, or over
    s.seat->carry_out(self, s.seat->node().submit(again, refused, s.seat->moment()));
  }
  go_on(self);
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

void submit(self_type self, msg::submit_batches& m, submission_desk::promise to) {
  auto& s = self->state;
  std::size_t calls = 0;
  for (const auto& b : m.batches)
    calls += b.batch.entries.size();
  const auto most = s.setup.client.waiting_max;
  if (s.client && s.seat->is_up() && !m.batches.empty() &&
      m.batches.size() <= submission_desk::batches_max && s.calls_in_check <= most &&
      calls <= most - s.calls_in_check)
    return check_batches(self, std::move(m.batches), to);
  msg::batch_receipts refused;
  for (const auto& b : m.batches)
    refused.receipts.push_back({b.batch.signer, b.batch.nonce, ledger::errc::block_full, {}});
  refused.heights.resize(m.batches.size());
  to.deliver(std::move(refused));
}

void add_checked(self_type self, msg::signatures_checked& m) {
  auto& s = self->state;
  std::vector<consensus::batch_ptr> batches;
  for (std::size_t i = 0; i < m.batches.size(); ++i) {
    s.calls_in_check -= m.batches[i].content.batch.entries.size();
    batches.push_back(consensus::prepare(std::move(m.batches[i])));
    s.client->expect(submission_desk::requester_of(m.number, m.first + i), *batches.back());
  }
  std::vector<std::pair<std::size_t, error>> refused;
  auto step = s.seat->node().submit(batches, refused, s.seat->moment());
  for (const auto& [place, why] : refused) {
    const auto& b = batches[place]->content.batch;
    const auto& node = s.seat->node();
    if (why.is(consensus::errc::known_batch) && node.waiting().holds(*batches[place]))
      continue; // it was handed in before, and is answered when it is final
    s.client->forget(submission_desk::requester_of(m.number, m.first + place));
    s.desk.set(
        submission_desk::requester_of(m.number, m.first + place),
        {b.signer, b.nonce, status_of(why, *batches[place], node.state().nonce(b.signer)), {}}, 0);
  }
  s.seat->carry_out(self, std::move(step));
}

observer_actor::behavior_type behavior(self_type self, observer_setup setup) {
  auto& s = self->state;
  s.setup = std::move(setup);
  s.seat.emplace(s.setup.seat);
  s.seat->on_final = [self](consensus::final_block& b) { publish(self, b); };
  // What became of calls in the blocks that it skipped is not known here: whoever waits asks again.
  s.seat->on_skipped = [self] {
    self->quit(caf::make_error(caf::sec::runtime_error, "the node went on from a snapshot"));
  };
  // Without a checker, batches would never be answered: start again.
  self->set_down_handler([self](const caf::down_msg& m) { self->quit(m.reason); });
  s.seat->open(self, [self] { begin(self); });
  return {
      [self](msg::ledger_calls& m) {
        auto& st = self->state;
        if (!st.client)
          return; // lost; it is asked again
        const auto now = st.seat->setup().world.now();
        for (auto& call : m.calls)
          if (!st.client->add({m.who, call.correlation}, std::move(call.entry), now)) {
            st.seat->setup()
                .world.log(log_level::warn, "ledger", "calls_refused")
                .with("from", m.who)
                .with("waiting_max", st.setup.client.waiting_max);
            break; // too many wait; what is lost is asked again
          }
        ask_turn(self);
      },
      [self](msg::ask_views& m) {
        self->state.waiting_views.push_back(std::move(m));
        answer_waiting(self);
      },
      [self](const msg::ask_totals&) -> caf::result<msg::totals> {
        auto promise = self->make_response_promise<msg::totals>();
        self->state.waiting_totals.push_back(promise);
        answer_waiting(self);
        return promise;
      },
      [self](msg::ask_accounts& m) -> caf::result<msg::account_views> {
        auto promise = self->make_response_promise<msg::account_views>();
        self->state.waiting_accounts.emplace_back(std::move(m), promise);
        answer_waiting(self);
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
        const auto last = st.client ? st.recent.newest() : ~std::uint64_t{0};
        if (!st.client || !st.recent.after(m.after))
          return self->delegate(spawn_block_reader(*self, st.setup.seat.store, last), m);
        auto promise = self->make_response_promise<msg::blocks_after>();
        st.waiting_followers.emplace_back(m.after, promise);
        answer_followers(st);
        return promise;
      },
      [self](msg::signatures_checked& m) {
        for (auto& part : self->state.in_check.take(std::move(m)))
          add_checked(self, part);
        go_on(self);
      },
      [self](const write_outcomes& m) {
        if (self->state.seat->written(self, m))
          go_on(self, !self->state.seat->setup().world.is_virtual());
      },
      [self](const msg::tick& m) {
        auto& st = self->state;
        if (m.number == turn_number) {
          st.turn_asked = false;
          go_on(self, true);
        } else if (st.seat->tick(self, m)) {
          go_on(self);
        }
      },
      [self](const msg::node_mail& m) {
        self->state.seat->receive(self, m);
        go_on(self);
      },
      [self](const msg::ask_node&) {
        auto v = self->state.seat->view();
        v.figures = std::make_shared<const msg::consensus_figures>(self->state.figures);
        return v;
      },
  };
}

} // namespace

caf::actor spawn_observer(caf::local_actor& parent, observer_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
