// How one node lives: effects are carried out in order, and a crash may come between any two.
#include <algorithm>

#include "ainur/base/assert.hpp"
#include "ainur/crypto/hash.hpp"
#include "world.hpp"

namespace ainur::consensus::simulation {

namespace {

constexpr duration block_time{500};       // to make, check or execute one
constexpr duration snapshot_time{20'000}; // to fetch and store one
constexpr std::uint64_t checkpoint_heights = 10;

hash256 batches_mark(std::uint64_t number, node_index by) {
  return crypto::hasher{"ainur/simulated-batch"}.add(number).add(std::uint64_t{by}).finish();
}

std::string text_of(const message& m) {
  const auto statement = [](const signed_statement& s) {
    const auto& x = s.statement;
    return std::string{to_string(x.kind)} + " " + std::to_string(x.height) + "/" +
           std::to_string(x.round) + " " + (x.is_nil() ? "nil" : to_string(x.value).substr(0, 4));
  };
  if (const auto* p = std::get_if<proposal_message>(&m))
    return statement(p->proposal);
  if (const auto* v = std::get_if<vote_message>(&m))
    return statement(v->vote);
  if (const auto* s = std::get_if<status_message>(&m))
    return "status " + std::to_string(s->height) + "/" + std::to_string(s->round);
  if (const auto* r = std::get_if<blocks_request>(&m))
    return "request " + std::to_string(r->first);
  if (const auto* o = std::get_if<snapshot_offer>(&m))
    return "snapshot " + std::to_string(o->block.height);
  return std::holds_alternative<snapshot_request>(m) ? "snapshot request" : "blocks";
}

} // namespace

replica_counts sum_of(const node& n) {
  auto out = n.before;
  if (n.core) {
    const auto& now = n.core->counts();
    out.blocks += now.blocks;
    out.rounds += now.rounds;
    out.refused += now.refused;
    out.equivocations += now.equivocations;
    out.fetched += now.fetched;
  }
  return out;
}

bool world::alive(const of_node& x) const {
  const auto& n = nodes_[x.which];
  return n.core != nullptr && n.generation == x.generation;
}

node* world::running(const of_node& x) {
  return alive(x) ? &nodes_[x.which] : nullptr;
}

moment world::moment_of(const node& n) const {
  return {now_, start_.time + (now_ - instant{}) + std::chrono::seconds{1} + n.skew};
}

void world::boot(node_index i) {
  auto& n = nodes_[i];
  ++n.generation;
  n.pending.clear();
  n.writing = false;
  n.wake_at = instant::max();
  if (n.does(behaviour::amnesia)) {
    n.disk.records.clear();
    ++report_.misdeeds[static_cast<std::size_t>(behaviour::amnesia)];
  }
  end_life(n);
  n.core = std::make_unique<replica>(n.id, n.key(), simulated_replica(options_), checker_);
  std::vector<bytes> records;
  for (const auto& r : n.disk.records)
    records.push_back(r.record);
  auto first = n.core->start(n.disk.at, records, moment_of(n));
  if (!first) {
    if (n.honest())
      rules_.break_rule("recovery", first.error().to_string(), now_);
    n.core.reset();
    return;
  }
  note(1, i);
  n.core->keeps_from(n.disk.blocks.empty() ? n.disk.at.height + 1
                                           : n.disk.blocks.front().commit.height);
  carry_out(i, std::move(*first));
  if (n.does(behaviour::amnesia) && !healed_)
    queue_.push(now_ + duration{random_.between(50'000, 800'000)}, restart{i});
}

void world::end_life(node& n) {
  if (!n.core)
    return;
  n.before = sum_of(n);
  n.core.reset();
}

void world::crash(node_index i) {
  auto& n = nodes_[i];
  end_life(n);
  n.pending.clear();
  ++n.generation;
}

void world::happen(const restart& r) {
  if (nodes_[r.which].core && !nodes_[r.which].does(behaviour::amnesia))
    return; // healed meanwhile
  boot(r.which);
}

void world::carry_out(node_index i, effects what) {
  auto& n = nodes_[i];
  for (auto& e : what)
    n.pending.push_back(std::move(e));
  pump(i);
}

void world::pump(node_index i) {
  auto& n = nodes_[i];
  const bool may_crash =
      !healed_ && std::find(options_.disturbances.begin(), options_.disturbances.end(),
                            disturbance::crash) != options_.disturbances.end();
  while (n.core && !n.writing && !n.pending.empty()) {
    if (may_crash && random_.below(2'000) == 0) { // just before this effect
      ++report_.disturbances[static_cast<std::size_t>(disturbance::crash)];
      trace(now_, i, i, "crash");
      crash(i);
      queue_.push(now_ + duration{random_.between(1'000, 1'000'000)}, restart{i});
      return;
    }
    if (options_.crash_before && i + 1 == nodes_.size() &&
        n.effects_done++ == *options_.crash_before) {
      ++report_.disturbances[static_cast<std::size_t>(disturbance::crash)];
      crash(i);
      queue_.push(now_ + duration{100'000}, restart{i});
      return;
    }
    auto e = std::move(n.pending.front());
    n.pending.pop_front();
    carry_out_one(i, e);
  }
}

void world::store(node& n, persist&& p) {
  std::erase_if(n.disk.records, [&p](const auto& r) { return r.height < p.height; });
  n.disk.records.push_back(std::move(p));
}

void world::carry_out_one(node_index i, effect& e) {
  auto& n = nodes_[i];
  const of_node me{i, n.generation};
  if (auto* p = std::get_if<persist>(&e)) {
    if (n.disk_delay == duration{})
      return store(n, std::move(*p));
    n.writing = true;
    n.pending.push_front(std::move(*p)); // it is durable when `written` comes
    queue_.push(now_ + n.disk_delay, written{me});
  } else if (auto* b = std::get_if<broadcast>(&e)) {
    send(i, b->what, others(i));
  } else if (auto* s = std::get_if<send_to>(&e)) {
    send(i, s->what, all_with(s->to));
  } else if (const auto* m = std::get_if<make_block>(&e)) {
    queue_.push(now_ + block_time, asked{me, m->height, m->round});
  } else if (const auto* c = std::get_if<check_block>(&e)) {
    queue_.push(now_ + block_time, judged{me, c->id});
  } else if (auto* done = std::get_if<commit>(&e)) {
    queue_.push(now_ + block_time, applied{me, std::move(done->decided)});
  } else if (const auto* l = std::get_if<load_blocks>(&e)) {
    load(i, *l);
  } else if (const auto* o = std::get_if<offer_snapshot>(&e)) {
    if (n.disk.offer) {
      auto offer = *n.disk.offer;
      for (const auto& x : n.disk.handovers)
        if (x.last.header.height > o->height && x.last.header.height < offer.after.height)
          offer.handovers.push_back(x);
      send(i, std::move(offer), all_with(o->to));
    }
  } else if (auto* r = std::get_if<restore>(&e)) {
    take_snapshot(i, std::move(*r));
  } else if (const auto* a = std::get_if<accuse>(&e)) {
    const auto& who = a->evidence.first.signer;
    const bool of_honest = std::any_of(nodes_.begin(), nodes_.end(),
                                       [&who](const node& x) { return x.id == who && x.honest(); });
    if (n.honest())
      rules_.accused(n, a->evidence, of_honest, *checker_,
                     a->evidence.first.statement.height == n.core->at().height
                         ? n.core->at().last_validators
                         : n.core->at().validators,
                     now_);
  } else if (const auto* h = std::get_if<halt>(&e)) {
    if (n.honest() && !rules_.disagreed())
      rules_.break_rule("halt", "an honest validator stopped: " + h->why, now_);
  } else if (const auto* w = std::get_if<wake>(&e)) {
    n.wake_at = w->at;
    queue_.push(std::max(now_, w->at), woken{me});
  }
}

void world::happen(const written& w) {
  auto* n = running(w);
  if (n == nullptr)
    return;
  store(*n, std::move(std::get<persist>(n->pending.front())));
  n->pending.pop_front();
  n->writing = false;
  pump(w.which);
}

void world::happen(const arrival& a) {
  auto& n = nodes_[a.to];
  if (!n.core)
    return;
  note(2, a.to);
  carry_out(a.to, n.core->receive(a.from, *a.what, moment_of(n)));
}

void world::happen(const woken& w) {
  auto* n = running(w);
  if (n == nullptr || n->wake_at > now_)
    return; // asked for another time since
  n->wake_at = instant::max();
  carry_out(w.which, n->core->timer(moment_of(*n)));
}

void world::happen(const asked& a) {
  auto* n = running(a);
  if (n == nullptr)
    return;
  ledger::signed_batch mark;
  mark.batch.signer.value = batches_mark(++n->blocks_made, a.which).value;
  carry_out(a.which, n->core->batches(a.height, a.round, {mark}, moment_of(*n)));
}

void world::happen(const judged& j) {
  if (auto* n = running(j))
    carry_out(j.which, n->core->checked(j.id, true, moment_of(*n)));
}

/// The toy ledger: every block writes its own id.
position world::execute(const node& n, const certified_block& b) const {
  execution done;
  done.block_hash = crypto::hasher{"ainur/simulated-state"}
                        .add(n.disk.at.execution.block_hash)
                        .add(b.commit.block)
                        .finish();
  done.tables = {{1, b.commit.block}};
  const auto height = b.commit.height;
  if (height % checkpoint_heights == 0)
    done.state_hash = done.block_hash;
  std::optional<validator_set> elected;
  if (options_.era_heights != 0 && height % options_.era_heights == 0)
    elected = electorate_->of_era(height / options_.era_heights);
  return after(n.disk.at, *b.block, b.commit, std::move(done), std::move(elected));
}

void world::happen(const applied& a) {
  auto* n = running(a);
  if (n == nullptr || a.decided.commit.height != n->disk.at.height + 1)
    return;
  if (n->honest()) {
    rules_.committed(*n, a.decided, n->core->at().validators, now_);
    if (a.decided.commit.height % 8 == 0 && lowest_ > 4)
      rules_.forget_before(lowest_ - 4);
  }
  trace(now_, a.which, a.which,
        "commit " + std::to_string(a.decided.commit.height) + " " +
            to_string(a.decided.commit.block).substr(0, 4));
  note(3, a.decided.commit.height);
  if (n->disk.at.execution.state_hash && n->disk.last.height == n->disk.at.height)
    n->disk.offer = make_offer(n->disk.at, n->disk.last, *a.decided.block, a.decided.commit);
  n->disk.at = execute(*n, a.decided); // one commit: block, state and position
  if (n->disk.at.validators != n->disk.at.last_validators)
    n->disk.handovers.push_back({{a.decided.block->header, a.decided.commit},
                                 {n->disk.at.validators.begin(), n->disk.at.validators.end()}});
  n->disk.last = a.decided.block->header;
  n->disk.blocks.push_back(a.decided);
  prune(*n);
  measure();
  carry_out(a.which, n->core->executed(n->disk.at, moment_of(*n)));
}

void world::load(node_index i, const load_blocks& wanted) {
  const auto& blocks = nodes_[i].disk.blocks;
  blocks_message answer;
  for (const auto& b : blocks)
    if (b.commit.height >= wanted.first && b.commit.height < wanted.first + wanted.count)
      answer.blocks.push_back(b);
  if (!answer.blocks.empty() && answer.blocks.front().commit.height == wanted.first)
    send(i, std::move(answer), all_with(wanted.to));
}

/// The state travels apart from consensus; here it is a hash, which the position holds.
void world::take_snapshot(node_index i, restore&& wanted) {
  const auto& n = nodes_[i];
  const auto* decided = rules_.decided(wanted.at.height);
  if (n.honest() && decided != nullptr && *decided != wanted.at.block)
    rules_.break_rule("agreement",
                      "a snapshot of another block at height " + std::to_string(wanted.at.height),
                      now_);
  queue_.push(
      now_ + snapshot_time,
      recovered{{i, n.generation}, std::move(wanted.at), std::move(wanted.proof.handovers)});
}

void world::happen(const recovered& r) {
  auto* n = running(r);
  if (n == nullptr || r.at.height <= n->disk.at.height)
    return;
  n->disk.at = r.at;
  n->disk.handovers.insert(n->disk.handovers.end(), r.handovers.begin(), r.handovers.end());
  n->disk.blocks.clear();
  n->disk.offer.reset();
  ++report_.restored;
  measure();
  trace(now_, r.which, r.which, "restored " + std::to_string(r.at.height));
  n->core->keeps_from(r.at.height + 1);
  carry_out(r.which, n->core->restored(r.at, moment_of(*n)));
}

/// Old blocks go, but never one after the snapshot that is offered: who goes on from there needs
/// it.
void world::prune(node& n) {
  const auto snapshot = n.disk.offer ? n.disk.offer->block.height : 0;
  if (options_.keep_blocks != 0)
    while (n.disk.blocks.size() > options_.keep_blocks &&
           n.disk.blocks.front().commit.height <= snapshot)
      n.disk.blocks.pop_front();
  n.core->keeps_from(n.disk.blocks.front().commit.height);
}

std::vector<node_index> world::others(node_index i) const {
  std::vector<node_index> out;
  for (node_index k = 0; k < nodes_.size(); ++k)
    if (nodes_[k].id != nodes_[i].id)
      out.push_back(k);
  return out;
}

std::vector<node_index> world::all_with(const account_id& id) const {
  std::vector<node_index> out;
  for (node_index k = 0; k < nodes_.size(); ++k)
    if (nodes_[k].id == id)
      out.push_back(k);
  return out;
}

void world::send(node_index from, const message& what, std::vector<node_index> to) {
  auto& n = nodes_[from];
  if (to.empty() || (healed_ && !n.honest()))
    return; // in the second phase the byzantine are silent
  if (n.honest()) {
    const auto shared = std::make_shared<const message>(what);
    log(n, what);
    for (const auto k : to)
      post(from, {k, shared, {}});
  } else {
    for (const auto& p : misdeeds_.distort(n, what, to, report_.misdeeds)) {
      log(n, *p.what);
      post(from, p);
    }
  }
}

void world::log(const node& by, const message& what) {
  if (const auto* m = std::get_if<proposal_message>(&what))
    rules_.said(by, m->proposal, now_);
  else if (const auto* v = std::get_if<vote_message>(&what))
    rules_.said(by, v->vote, now_);
}

void world::post(node_index from, const parcel& p) {
  ++report_.messages;
  const auto delays = network_.send(from, p.to, now_);
  if (options_.trace_max != 0 && delays.lost())
    trace(now_, from, p.to, text_of(*p.what) + " lost");
  for (const auto d : delays) {
    if (options_.trace_max != 0)
      trace(now_ + d + p.hold, from, p.to, text_of(*p.what));
    queue_.push(now_ + d + p.hold, arrival{nodes_[from].id, p.to, p.what});
  }
}

} // namespace ainur::consensus::simulation
