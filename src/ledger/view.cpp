// Queries.
#include <bit>

#include "escrow.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

std::uint64_t state::height() const noexcept {
  return impl_->b.height;
}

timestamp state::time() const noexcept {
  return impl_->b.time;
}

hash256 state::block_hash() const noexcept {
  return impl_->b.last_hash;
}

hash256 state::chain() const noexcept {
  return impl_->b.meta.chain;
}

const parameters& state::rules() const noexcept {
  return impl_->b.rules();
}

std::optional<timestamp> state::next_deadline() const {
  if (impl_->looking_at)
    return std::nullopt;
  auto& due = impl_->b.due;
  while (!due.empty() && !impl_->b.live(due.earliest()))
    due.pop();
  // A deadline has passed once the time is later.
  return due.empty() ? std::nullopt : std::optional{due.earliest().due + duration{1}};
}

std::optional<account_view> state::account(const account_id& id) const {
  const auto* r = impl_->b.accounts.find({id});
  if (r == nullptr)
    return std::nullopt;
  return account_view{.account = id,
                      .host = impl_->b.id_of(r->host).value_or(account_id{}),
                      .controller = impl_->b.controller_of(id),
                      .free = r->free,
                      .locked = r->locked,
                      .reserved = r->reserved,
                      .bonded = r->bonded,
                      .unbonding = r->unbonding,
                      .held = r->held,
                      .exposure = r->exposure,
                      .nonce = r->nonce,
                      .rated = r->rated,
                      .score = impl_->b.score_of(*r),
                      .outcomes = r->outcomes,
                      .failures = static_cast<std::uint16_t>(std::popcount(r->history)),
                      .open_awards = r->open_awards,
                      .scored_era = r->scored_era};
}

namespace {

award_view view_of(const book& b, const award_record& a) {
  award_view v{.subtask = a.subtask,
               .agent = a.agent,
               .price = a.price,
               .escrow = a.open() ? unpaid(b.rules(), a) : amount{},
               .finish_by = a.finish_by,
               .due = a.due,
               .bid = a.bid,
               .result = a.result,
               .status = a.status,
               .arbiters = {},
               .paid = a.paid,
               .parts = {},
               .part = a.part,
               .rate = a.rate,
               .flowed = !a.streams() ? amount{}
                         : a.open()   ? flowed(a, b.time)
                                      : a.paid,
               .cause = a.cause};
  for (const auto& part : a.parts)
    v.parts.push_back(part.price);
  return v;
}

} // namespace

std::optional<task_view> state::task(const task_id& id) const {
  const auto* t = impl_->b.tasks.find({id});
  if (t == nullptr)
    return std::nullopt;
  task_view view{.task = id,
                 .payer = t->payer,
                 .host = t->host,
                 .description = t->description,
                 .budget = t->budget,
                 .topped_up = t->topped_up,
                 .unawarded = t->unawarded,
                 .award_by = t->award_by,
                 .deadline = t->deadline,
                 .subtasks = t->subtasks,
                 .reputation_min = t->reputation_min,
                 .paid_at_result = t->paid_at_result,
                 .open = t->open,
                 .final_state = t->ended,
                 .awards = {}};
  for (const auto& a : t->awards) {
    view.awards.push_back(view_of(impl_->b, a));
    if (const auto* d = impl_->b.disputes.find({id, a.subtask}); d != nullptr)
      for (const auto& seat : d->seats)
        view.awards.back().arbiters.push_back(seat.account);
  }
  return view;
}

std::optional<slash_view> state::slash(std::uint64_t number) const {
  const auto* r = impl_->b.slashes.find({number});
  if (r == nullptr)
    return std::nullopt;
  return slash_view{number, r->offender, r->kind, r->value, r->task, r->due};
}

key_view state::keys(const account_id& id) const {
  const auto& b = impl_->b;
  const auto signer = b.signer_of(id);
  key_view view{.account = id,
                .signer = signer,
                .version = 0,
                .key = signer.value,
                .since = b.origin.time,
                .stash = {},
                .delegate = {},
                .grace = {}};
  if (const auto* r = b.keys.find({signer}); r != nullptr) {
    view.version = r->version;
    view.key = r->key;
    view.since = r->since;
    view.stash = r->stash;
    view.delegate = r->delegate;
    view.grace = r->grace;
  }
  return view;
}

std::optional<document_view> state::document(const account_id& id) const {
  const auto* r = impl_->b.documents.find({id});
  if (r == nullptr)
    return std::nullopt;
  return document_view{
      id,         impl_->b.controller_of(id), r->document, r->deposit, r->registered, r->updated,
      r->revision};
}

std::optional<channel_view> state::channel(const channel_id& id) const {
  const auto* r = impl_->b.channels.find({id});
  if (r == nullptr)
    return std::nullopt;
  return channel_view{id, r->params, r->first_key, r->second_key, r->phase, r->newest, r->due};
}

std::optional<dao_view> state::dao(const account_id& id) const {
  const auto* r = impl_->b.daos.find({id});
  if (r == nullptr)
    return std::nullopt;
  return dao_view{id, r->rules, r->members, r->open, r->next_proposal, r->dissolved};
}

std::optional<proposal_view> state::proposal(const account_id& dao, std::uint64_t number) const {
  const auto* r = impl_->b.proposals.find({dao, number});
  if (r == nullptr)
    return std::nullopt;
  proposal_view view{.dao = dao,
                     .number = number,
                     .proposer = r->proposer,
                     .calls = r->calls,
                     .deposit = r->deposit,
                     .status = r->status,
                     .sums = r->sums,
                     .voting_until = r->voting_until,
                     .execute_from = r->execute_from,
                     .execute_until = r->execute_until,
                     .seats = {}};
  if (const auto* ballot = impl_->b.ballots.find({dao, number}); ballot != nullptr) {
    view.sums = ballot->sums();
    view.seats = ballot->seats;
  }
  return view;
}

std::uint64_t state::nonce(const account_id& signer) const {
  const auto* r = impl_->b.accounts.find({signer});
  return r == nullptr ? 0 : r->nonce;
}

totals_view sum_up(const book& b) {
  totals_view sum;
  sum.issuance = b.meta.issuance;
  sum.treasury = b.meta.treasury;
  sum.accounts = b.accounts.size();
  const auto gather = [](amount& to, amount value) { to = to.saturating_plus(value); };
  b.accounts.for_each([&](const account_key&, const account_record& r) {
    gather(sum.free, r.free);
    gather(sum.reserved, r.reserved);
    gather(sum.bonded, r.bonded);
    gather(sum.bonded, r.unbonding);
    gather(sum.bonded, r.held);
  });
  b.channels.for_each([&](const channel_key&, const channel_record& r) {
    if (r.holds_money()) {
      gather(sum.channels, r.params.first_deposit);
      gather(sum.channels, r.params.second_deposit);
    }
  });
  b.tasks.for_each([&](const task_key&, const task_record& t) {
    sum.open_tasks += t.ended ? 0u : 1u;
    for (const auto& a : t.awards)
      if (a.open())
        gather(sum.escrow, unpaid(b.rules(), a));
  });
  b.stakes.for_each(
      [&](const account_key&, const stake_record& r) { gather(sum.staked, r.total()); });
  return sum;
}

totals_view state::totals() const {
  return sum_up(impl_->b);
}

bool state::conserved() const {
  const auto t = totals();
  auto sum = std::optional{amount{}};
  for (const auto part : t.parts())
    sum = sum ? sum->plus(part) : std::nullopt;
  return sum == t.issuance;
}

std::uint64_t state::escrows_overdue(duration grace) const {
  std::uint64_t count = 0;
  impl_->b.tasks.for_each([&](const task_key&, const task_record& t) {
    for (const auto& a : t.awards)
      count += a.open() && impl_->b.time - a.finish_by > grace ? 1u : 0u;
  });
  return count;
}

result<void> state::audit() const {
  if (auto problem = find_inconsistency(impl_->b))
    return fail(errc::bad_snapshot, std::move(*problem));
  return {};
}

} // namespace ainur::ledger
