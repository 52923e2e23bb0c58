#include "book.hpp"

#include <algorithm>

#include "staking.hpp"

namespace ainur::ledger {

void append_key_part(bytes& out, bytes_view id) {
  out.insert(out.end(), id.begin(), id.end());
}

void append_key_part(bytes& out, std::uint64_t number, std::size_t width) {
  for (auto i = width; i-- > 0;)
    out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

timestamp lock_record::next_end() const noexcept {
  auto end = timestamp::max();
  for (const auto& l : locks)
    end = std::min(end, l.until);
  return end;
}

const award_record* task_record::award(std::uint16_t subtask) const noexcept {
  const auto it = std::find_if(awards.begin(), awards.end(),
                               [subtask](const auto& a) { return a.subtask == subtask; });
  return it == awards.end() ? nullptr : &*it;
}

award_record* task_record::award(std::uint16_t subtask) noexcept {
  return const_cast<award_record*>(std::as_const(*this).award(subtask)); // NOLINT: ours
}

result<void> book::choose_election(election_rules elections) {
  const auto method = origin.founding ? origin.founding->election : election_method::top_stake;
  elect = elections(method);
  if (elect == nullptr)
    return fail(base_errc::unsupported,
                "the validators of this ledger are elected by " + std::string{to_string(method)} +
                    ", which this program was not told how to do (consensus::elections)");
  return {};
}

void book::record_undo(bool on) {
  recording_ = on;
  for_each_table([on](table_id, auto& t) { t.record_undo(on); });
}

book::mark book::here() const {
  mark m{{}, meta};
  for_each_table([&](table_id, const auto& t) { m.tables.push_back(t.undo_mark()); });
  return m;
}

void book::roll_back(const mark& m) {
  std::size_t i = 0;
  for_each_table([&](table_id, auto& t) { t.roll_back(m.tables[i++]); });
  meta = m.meta;
}

void book::forget_undo() {
  for_each_table([](table_id, auto& t) { t.forget_undo(); });
}

party book::party_of(const account_id& id) {
  const auto [it, fresh] = party_index_.try_emplace(id, static_cast<party>(parties_.size()));
  if (fresh)
    parties_.push_back(id);
  return it->second;
}

std::optional<account_id> book::id_of(party p) const {
  return p == 0 ? std::nullopt : std::optional{parties_[p]};
}

account_id book::controller_of(const account_id& id) const {
  const auto* r = accounts.find({id});
  if (r == nullptr)
    return id;
  if (r->controller != 0)
    return parties_[r->controller];
  return r->host != 0 ? parties_[r->host] : id;
}

std::uint16_t book::score_of(const account_record& r) const {
  const auto idle = meta.era - std::min(meta.era, r.scored_era);
  return decayed(rules().settlement, r.score, idle);
}

account_id book::signer_of(const account_id& id) const {
  const auto* r = accounts.find({id});
  return r != nullptr && r->host != 0 ? parties_[r->host] : id;
}

bool book::live(const deadline& d) const {
  if (d.kind == deadline_kind::slash) {
    const auto* r = slashes.find({d.number});
    return r != nullptr && r->due == d.due;
  }
  if (d.kind == deadline_kind::lock) {
    const auto* r = locks.find({id_from<account_id>(d.about)});
    return r != nullptr && r->next_end() == d.due;
  }
  if (d.kind == deadline_kind::stake_slash) {
    const auto* r = deferred_slashes.find({d.number, 0});
    return r != nullptr && era_eve(*this, r->apply_era) == d.due;
  }
  if (d.kind == deadline_kind::era)
    return d.number == meta.staking_era && (stakes.size() != 0 || eras.size() != 0);
  if (d.kind == deadline_kind::era_drop)
    return eras.find({d.number}) != nullptr;
  if (d.kind == deadline_kind::key) {
    const auto* r = keys.find({id_from<account_id>(d.about)});
    return r != nullptr && !r->grace.empty() && r->grace.front().until == d.due;
  }
  if (d.kind == deadline_kind::channel) {
    const auto* r = channels.find({id_from<channel_id>(d.about)});
    return r != nullptr && r->phase != channel_phase::open && r->due == d.due;
  }
  if (d.kind == deadline_kind::proposal) {
    const auto* r = proposals.find({id_from<account_id>(d.about), d.number});
    return r != nullptr && r->due() == d.due;
  }
  const auto* t = tasks.find({id_from<task_id>(d.about)});
  if (t == nullptr)
    return false;
  if (d.kind == deadline_kind::award_by)
    return t->open && t->award_by == d.due;
  if (d.kind == deadline_kind::prune)
    return t->ended && t->prune_at == d.due;
  const auto* a = t->award(static_cast<std::uint16_t>(d.number));
  return a != nullptr && a->open() && a->due == d.due;
}

void book::index_deadlines() {
  due = {};
  tasks.for_each([this](const task_key& key, const task_record& t) {
    if (t.open)
      due.push({t.award_by, deadline_kind::award_by, about(key.id), 0});
    if (t.ended)
      due.push({t.prune_at, deadline_kind::prune, about(key.id), 0});
    for (const auto& a : t.awards)
      if (a.open())
        due.push({a.due, deadline_kind::award, about(key.id), a.subtask});
  });
  slashes.for_each([this](const number_key& key, const slash_record& r) {
    due.push({r.due, deadline_kind::slash, {}, key.number});
  });
  locks.for_each([this](const account_key& key, const lock_record& r) {
    due.push({r.next_end(), deadline_kind::lock, about(key.id), 0});
  });
  deferred_slashes.for_each([this](const place_key& key, const deferred_slash_record& r) {
    if (key.place == 0)
      due.push({era_eve(*this, r.apply_era), deadline_kind::stake_slash, {}, key.number});
  });
  eras.for_each([this](const number_key& key, const era_record&) {
    due.push({era_drop_due(*this, key.number), deadline_kind::era_drop, {}, key.number});
  });
  due.push({era_eve(*this, meta.staking_era + 1), deadline_kind::era, {}, meta.staking_era});
  keys.for_each([this](const account_key& key, const key_record& r) {
    if (!r.grace.empty())
      due.push({r.grace.front().until, deadline_kind::key, about(key.id), 0});
  });
  channels.for_each([this](const channel_key& key, const channel_record& r) {
    if (r.phase != channel_phase::open)
      due.push({r.due, deadline_kind::channel, about(key.id), 0});
  });
  proposals.for_each([this](const proposal_key& key, const proposal_record& r) {
    due.push({r.due(), deadline_kind::proposal, about(key.dao), key.number});
  });
}

account_form book::form_of(const account_id& id, const account_record& r) const {
  return {id,
          r.free,
          r.reserved,
          r.bonded,
          r.unbonding,
          r.held,
          r.exposure,
          r.nonce,
          id_of(r.host),
          id_of(r.controller),
          r.open_awards,
          r.open_tasks,
          r.repeated_era,
          r.arbiter,
          r.severe,
          r.score,
          r.history,
          r.outcomes,
          r.rated,
          r.locked,
          r.anchors,
          r.scored_era,
          r.accepted_from};
}

} // namespace ainur::ledger
