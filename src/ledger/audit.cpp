// The slow check of everything that must agree between the tables. Snapshots pass it before they
// are used, so that the handlers may rely on it.
#include "audit.hpp"

#include <algorithm>

#include "escrow.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

/// The tables of the first calls; those of other subjects have an `audit` of their own.
class table_auditor {
public:
  explicit table_auditor(const book& b) : b_(b), found_(b) {}

  std::optional<std::string> run() {
    b_.tasks.for_each([this](const task_key& k, const task_record& t) { check_task(k.id, t); });
    b_.disputes.for_each([this](const award_key& k, const dispute_record& d) { check(k, d); });
    b_.slashes.for_each([this](const number_key& k, const slash_record& r) {
      gather(claims(r.offender).held, r.value);
      require(k.number > 0 && k.number < b_.meta.slash_next, "the number of a slash");
      require(r.score_before <= reputation_max, "the score before a slash");
      require(r.severe_before < k.number, "the slash before a slash");
    });
    b_.unbonding.for_each([this](const account_key& k, const unbonding_record& r) {
      require(!r.chunks.empty() && r.chunks.size() <= b_.rules().unbonding_chunks_max,
              "the number of unbonding parts of " + to_string(k.id));
      for (const auto& c : r.chunks) {
        require(!c.value.is_zero(), "an empty unbonding part");
        gather(claims(k.id).unbonding, c.value);
      }
    });
    b_.locks.for_each([this](const account_key& k, const lock_record& r) { check(k.id, r); });
    audit_staking(found_);
    audit_keys(found_);
    audit_identity(found_);
    audit_channels(found_);
    audit_governance(found_);
    b_.accounts.for_each([this](const account_key& k, const account_record& r) { check(k.id, r); });
    for (const auto& [id, e] : found_.all_claims())
      require(b_.accounts.find({id}) != nullptr,
              "an account that is referred to: " + to_string(id));
    check_arbiters();
    check_money();
    return found_.problem();
  }

private:
  void require(bool holds, std::string what) { found_.require(holds, std::move(what)); }

  void gather(amount& to, amount value) { found_.gather(to, value); }

  account_claims& claims(const account_id& id) { return found_.claims(id); }

  void check_task(const task_id& id, const task_record& t) {
    const auto name = " of task " + to_string(id);
    const auto fee = [this](amount price) { return share(price, b_.rules().release_fee_ppm); };
    auto spent = t.paid;
    gather(spent, t.unawarded);
    int next = 0;
    bool any_open = false;
    for (const auto& a : t.awards) {
      require(a.subtask >= next && a.subtask < t.subtasks, "the order of awards" + name);
      next = a.subtask + 1;
      require(a.fee == fee(a.price), "the fee of an award" + name);
      require(a.paid <= a.price, "the pay of an award" + name);
      require(a.open() != a.cause.has_value(), "the cause of an end" + name);
      require(a.status != award_status::working || a.due == a.finish_by,
              "the deadline of an award" + name);
      check_parts(a, name);
      check_stream(a, name);
      const auto* d = b_.disputes.find({id, a.subtask});
      require((d != nullptr) == (a.status == award_status::disputed), "the dispute" + name);
      if (!a.open())
        continue;
      any_open = true;
      gather(spent, a.price.saturating_minus(a.paid));
      require(a.finish_by >= b_.origin.time && a.finish_by <= b_.time + horizon_max,
              "the finish time" + name);
      auto& agent = claims(a.agent);
      ++agent.open_awards;
      if (exposes(t, a))
        gather(agent.exposure, a.price);
      if (d != nullptr)
        gather(claims(t.payer).reserved, d->bond);
    }
    auto budget = t.budget;
    gather(budget, t.topped_up);
    require(spent <= budget, "the budget" + name);
    require(t.fee_reserved == fee(t.unawarded), "the reserved fee" + name);
    require(t.open || t.unawarded.is_zero(), "the closed budget" + name);
    require(t.ended.has_value() == (!t.open && !any_open), "the end" + name);
    require(t.subtasks > 0 && t.subtasks <= subtasks_max, "the number of subtasks" + name);
    require(t.reputation_min <= reputation_max, "the minimum" + name);
    require(t.award_by <= t.deadline && t.deadline <= b_.time + horizon_max, "the times" + name);
    if (!t.ended) {
      auto& payer = claims(t.payer);
      ++payer.open_tasks;
      gather(payer.reserved, t.unawarded);
      gather(payer.reserved, t.fee_reserved);
    }
  }

  void check_parts(const award_record& a, const std::string& name) {
    const auto count = a.parts.size();
    require(count == 0 ? a.part == 0 : a.part < count && count >= 2 && count <= parts_max,
            "the parts" + name);
    require(a.posted <= b_.time && a.posted.time_since_epoch() >= duration{0},
            "the time of a result" + name);
    // What `finish_by` gains when the part is released.
    const bool waits = a.status == award_status::review || a.status == award_status::disputed;
    require(!waits || (a.posted >= b_.origin.time && a.finish_by <= a.posted + horizon_max),
            "the time in review" + name);
    amount sum, done;
    for (std::size_t i = 0; i < count; ++i) {
      require(!a.parts[i].price.is_zero(), "an empty part" + name);
      require(a.parts[i].result.is_none() ? i >= a.part : i <= a.part,
              "the result of a part" + name);
      gather(sum, a.parts[i].price);
      if (i < a.part)
        gather(done, a.parts[i].price);
    }
    require(count == 0 || (sum == a.price && a.rate.is_zero()), "the sum of the parts" + name);
    require(!a.open() || a.streams() || a.paid == done, "the parts that are paid" + name);
  }

  void check_stream(const award_record& a, const std::string& name) {
    const bool flows = a.status > award_status::voided;
    require(!a.open() || flows == a.streams(), "the state of a stream" + name);
    if (!a.open() || !a.streams())
      return;
    require(a.flows_from >= b_.origin.time && a.flows_from <= b_.time && a.flowed_before <= a.price,
            "the flow" + name);
    require(a.paid <= flowed(a, b_.time), "the pay of a stream" + name);
    require(a.status == award_status::overdrawn ? a.paid == a.price && a.due <= a.finish_by
                                                : a.due == dry_at(a),
            "the deadline of a stream" + name);
  }

  void check(const award_key& key, const dispute_record& d) {
    const auto* t = b_.tasks.find({key.task});
    const auto* a = t == nullptr ? nullptr : t->award(key.subtask);
    require(a != nullptr && a->status == award_status::disputed, "the award of a dispute");
    require(d.seats.size() <= 3 && d.earlier.size() <= 3 && (d.round == 1 || d.round == 2),
            "the arbiters of a dispute");
  }

  void check(const account_id& id, const lock_record& r) {
    auto& account = claims(id);
    ++account.anchors;
    require(!r.locks.empty(), "an empty list of locks");
    int next = 0;
    for (const auto& l : r.locks) {
      require(l.number >= next, "the order of the locks of " + to_string(id));
      next = l.number + 1;
      account.locked = std::max(account.locked, l.value);
    }
  }

  void check(const account_id& id, const account_record& r) {
    const auto name = " of account " + to_string(id);
    const auto found = found_.all_claims().find(id);
    const auto e = found == found_.all_claims().end() ? account_claims{} : found->second;
    require(r.reserved == e.reserved, "the reserve" + name);
    require(r.exposure == e.exposure, "the exposure" + name);
    require(r.held == e.held, "the held stake" + name);
    require(r.unbonding == e.unbonding, "the unbonding stake" + name);
    require(r.locked == e.locked, "the locked balance" + name);
    require(r.anchors == e.anchors, "the number of records that need it" + name);
    require(r.open_awards == e.open_awards, "the number of open awards" + name);
    require(r.open_tasks == e.open_tasks, "the number of open tasks" + name);
    require(r.scored_era <= b_.meta.era, "the era of the score" + name);
    require(r.score <= reputation_max && r.history <= 0x3ff && r.outcomes <= 10, "standing" + name);
    require((r.arbiter != 0) == (r.bonded >= b_.rules().bond_min), "eligibility" + name);
    const auto* seat = r.arbiter == 0 ? nullptr : b_.arbiters.find({r.arbiter - 1u});
    require(r.arbiter == 0 || (seat != nullptr && seat->account == id),
            "the arbiter's place" + name);
    seats_ += r.arbiter == 0 ? 0 : 1;
  }

  void check_arbiters() {
    require(b_.arbiters.size() == seats_, "the number of arbiters");
    b_.arbiters.for_each([this](const number_key& k, const arbiter_record&) {
      require(k.number < b_.arbiters.size(), "the place of an arbiter");
    });
  }

  void check_money() {
    const auto t = sum_up(b_);
    amount sum;
    for (const auto part : t.parts())
      gather(sum, part);
    require(sum == t.issuance, "the issuance");
  }

  const book& b_;
  auditor found_;
  std::size_t seats_ = 0;
};

} // namespace

std::optional<std::string> find_inconsistency(const book& b) {
  return table_auditor{b}.run();
}

} // namespace ainur::ledger
