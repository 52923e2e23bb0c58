// Committees: the validators in office, the keys with which they sign, who of them signed, and what
// it costs to sign two different statements.
#include <algorithm>

#include "ainur/ledger/statement.hpp"
#include "audit.hpp"
#include "handlers.hpp"
#include "staking.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

constexpr number_key the_office{0};

/// Between the block that elects and the first one that the elected decide on: whoever decides on
/// a block must know from the block before who decides on the next.
constexpr std::uint64_t office_delay = 2;

std::uint64_t weight_of_stake(amount total) noexcept {
  return std::max<std::uint64_t>(1, total.micro() / amount::ainu(1).micro());
}

byte_array<32> statement_key(const book& b, const account_id& stash) {
  if (const auto* own = b.validator_keys.find({stash}); own != nullptr)
    return own->key;
  return b.current_key(b.signer_of(b.stakes.find({stash})->controller));
}

/// A role and a stake from the start.
stake_record& found_stake(session& s, const account_id& stash, amount value) {
  auto* account = s.b.accounts.edit_if({stash});
  ++(account != nullptr ? *account : s.b.accounts.insert({stash})).anchors;
  add(s.b.meta.issuance, value);
  s.b.controllers.insert({stash}, {stash});
  return s.b.stakes.insert({stash}, {.controller = stash,
                                     .payee = reward_destination::restaked,
                                     .active = value,
                                     .unlocking = {},
                                     .validator = {},
                                     .targets = {}});
}

/// Who of the committee in office signed fewer than half of the blocks that it could sign.
std::vector<account_id> absent(const office_record& o, const committee_record& c) {
  std::vector<account_id> found;
  for (std::size_t i = 0; i < c.members.size(); ++i)
    if (2 * std::uint64_t{o.signed_blocks[i]} < o.due)
      found.push_back(c.members[i].stash);
  return found;
}

/// The committee of `era` is in office no longer.
void end_term(session& s, std::uint64_t era) {
  const auto& c = *s.b.committees.find({era});
  if (s.b.eras.find({era}) == nullptr) // its records were dropped while it stayed on
    return s.b.committees.erase({era});
  if (const auto offenders = absent(*s.b.office.find(the_office), c); !offenders.empty())
    punish(s, validator_offence::unresponsive, era, offenders, std::nullopt);
}

} // namespace

bytes validator_key_message(const hash256& chain, const account_id& stash) {
  bytes message{chain.value.begin(), chain.value.end()};
  message.insert(message.end(), stash.value.begin(), stash.value.end());
  return message;
}

byte_array<64> prove_validator_key(const hash256& chain, const account_id& stash,
                                   const crypto::secret_key& key) {
  return key.sign(validator_key_tag, validator_key_message(chain, stash)).value;
}

void found(session& s, const founding& f) {
  for (const auto& v : f.validators) {
    found_stake(s, v.stash, v.value).validator = validator_prefs{v.commission_ppm, false};
    s.b.validator_keys.insert({v.stash}, {v.key});
    ++s.b.meta.validators;
  }
  for (const auto& n : f.nominators) {
    found_stake(s, n.stash, n.value).targets = n.targets;
    ++s.b.meta.nominators;
  }
  s.b.office.insert(the_office, {});
  start_first_era(s);
  begin_height(s, {});
}

void seat(session& s, std::uint64_t era, const std::vector<account_id>& winners) {
  auto* office = s.b.office.edit_if(the_office);
  if (office == nullptr)
    return; // a single authority makes the blocks
  committee_record c;
  c.first_height = s.height == 0 ? 1 : s.height + office_delay;
  if (s.height != 0)
    c.before = office->next.empty() ? office->era : office->next.back();
  for (const auto& stash : winners)
    c.members.push_back({stash, statement_key(s.b, stash),
                         weight_of_stake(s.b.exposures.find({era, stash})->total)});
  std::sort(c.members.begin(), c.members.end(),
            [](const auto& x, const auto& y) { return x.stash < y.stash; });
  s.b.committees.insert({era}, std::move(c));
  office->next.push_back(era);
}

void begin_height(session& s, const std::vector<std::uint32_t>& signers) {
  if (s.b.office.find(the_office) == nullptr)
    return;
  if (s.height > 1) {
    auto& o = s.b.office.edit(the_office);
    ++o.due;
    for (const auto place : signers)
      ++o.signed_blocks[place];
  }
  const auto& seen = *s.b.office.find(the_office);
  if (seen.next.empty() ||
      s.b.committees.find({seen.next.front()})->first_height > std::max<std::uint64_t>(s.height, 1))
    return;
  if (s.height != 0)
    end_term(s, seen.era);
  auto& o = s.b.office.edit(the_office);
  o.era = o.next.front();
  o.next.erase(o.next.begin());
  o.due = 0;
  o.signed_blocks.assign(s.b.committees.find({o.era})->members.size(), 0);
}

void forget_committee(session& s, std::uint64_t era) {
  const auto* o = s.b.office.find(the_office);
  if (o == nullptr || o->era == era ||
      std::find(o->next.begin(), o->next.end(), era) != o->next.end())
    return; // `end_term` does it
  if (s.b.committees.find({era}) != nullptr)
    s.b.committees.erase({era});
}

const committee_record* committee_at(const book& b, std::uint64_t height, std::uint64_t* era) {
  const auto* o = b.office.find(the_office);
  if (o == nullptr || height == 0 || height > b.height + office_delay)
    return nullptr;
  auto number = o->next.empty() ? o->era : o->next.back();
  const auto* c = b.committees.find({number});
  while (c != nullptr && c->first_height > height) {
    if (!c->before)
      return nullptr;
    number = *c->before;
    c = b.committees.find({number});
  }
  if (c != nullptr && era != nullptr)
    *era = number;
  return c;
}

result<void> check_author(const book& b, std::uint64_t height, const account_id& author,
                          const std::vector<std::uint32_t>& signers) {
  const auto* c = committee_at(b, height);
  if (c == nullptr) {
    if (author != b.origin.authority)
      return fail(errc::bad_block, "its author is not the authority of genesis");
    if (!signers.empty())
      return fail(errc::bad_block, "it names signers, and there are no validators");
    return {};
  }
  const auto in_office = [&author](const committee_member& m) { return m.stash == author; };
  if (std::none_of(c->members.begin(), c->members.end(), in_office))
    return fail(errc::bad_block, "its author is no validator in office: " + to_string(author));
  if (height == 1)
    return signers.empty() ? result<void>{}
                           : fail(errc::bad_block, "nobody signed for what was before it");
  const auto* before = committee_at(b, height - 1);
  if (before == nullptr)
    return fail(errc::bad_block, "who validated the block before is not known");
  std::uint64_t all = 0;
  for (const auto& m : before->members)
    all += m.weight;
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < signers.size(); ++i) {
    if (signers[i] >= before->members.size() || (i > 0 && signers[i] <= signers[i - 1]))
      return fail(errc::bad_block, "its signers are not places of the committee, rising");
    weight += before->members[signers[i]].weight;
  }
  if (3 * weight <= 2 * all)
    return fail(errc::bad_block, "those who signed for the block before are no quorum");
  return {};
}

errc handle(session& s, const actor& a, const set_validator_key& c) {
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  if (!crypto::verify(crypto::public_key{c.key}, validator_key_tag,
                      validator_key_message(s.b.meta.chain, *stash), crypto::signature{c.proof}))
    return errc::bad_key_proof;
  if (auto* known = s.b.validator_keys.edit_if({*stash}); known != nullptr)
    known->key = c.key;
  else
    s.b.validator_keys.insert({*stash}, {c.key});
  s.emit(event::validator_key_set{*stash, c.key});
  return errc::ok;
}

errc handle(session& s, const actor& a, const report_equivocation& c) {
  const auto& x = c.first.statement;
  const auto& y = c.second.statement;
  if (c.first.signer != c.second.signer || !is_well_formed(x) || !is_well_formed(y) ||
      !contradict(x, y))
    return errc::bad_evidence;
  std::uint64_t era = 0;
  const auto* in_office = committee_at(s.b, x.height, &era);
  const auto* seen = s.b.exposures.find({era, c.first.signer});
  if (in_office == nullptr || seen == nullptr)
    return errc::unknown_exposure;
  const auto member = std::find_if(in_office->members.begin(), in_office->members.end(),
                                   [&c](const auto& m) { return m.stash == c.first.signer; });
  if (member == in_office->members.end())
    return errc::unknown_exposure;
  if (!verify_statement(s.b.meta.chain, member->key, c.first) ||
      !verify_statement(s.b.meta.chain, member->key, c.second))
    return errc::bad_evidence;
  if (era + s.rules().staking.bonding_eras < s.b.meta.staking_era)
    return errc::too_late;
  if (seen->equivocated)
    return errc::already_penalised;
  punish(s, validator_offence::equivocation, era, {c.first.signer}, a.origin);
  return errc::ok;
}

namespace {

void audit_committee(auditor& found, std::uint64_t era, const committee_record& c) {
  const auto name = " of the committee of era " + std::to_string(era);
  const auto rises = [](const auto& x, const auto& y) { return x.stash >= y.stash; };
  found.require(era <= found.books().meta.staking_era && (!c.before || *c.before < era),
                "the era" + name);
  found.require(!c.members.empty() && std::adjacent_find(c.members.begin(), c.members.end(),
                                                         rises) == c.members.end(),
                "the members" + name);
  for (const auto& m : c.members)
    found.require(m.weight > 0 && m.weight <= amount::max().micro() / amount::ainu(1).micro(),
                  "a weight" + name);
}

void audit_office(auditor& found, const office_record& o) {
  const auto& b = found.books();
  const auto* c = b.committees.find({o.era});
  found.require(c != nullptr && c->first_height <= std::max<std::uint64_t>(b.height, 1) &&
                    o.signed_blocks.size() == c->members.size(),
                "the committee in office");
  for (const auto count : o.signed_blocks)
    found.require(count <= o.due, "the blocks that were signed");
  auto before = o.era;
  for (const auto era : o.next) {
    const auto* next = b.committees.find({era});
    found.require(next != nullptr && next->before == before && next->first_height > b.height &&
                      next->first_height <= b.height + office_delay,
                  "an elected committee");
    before = era;
  }
}

} // namespace

void audit_committees(auditor& found) {
  const auto& b = found.books();
  b.validator_keys.for_each([&](const account_key& k, const validator_key_record&) {
    found.require(b.stakes.find({k.id}) != nullptr, "the stake of a validator's key");
  });
  const auto* o = b.office.find(the_office);
  found.require(b.office.size() == (b.origin.founding ? 1u : 0u) &&
                    (o != nullptr) == b.origin.founding.has_value(),
                "the office of validators");
  found.require(o != nullptr || b.committees.size() == 0, "the number of committees");
  b.committees.for_each(
      [&](const number_key& k, const committee_record& c) { audit_committee(found, k.number, c); });
  if (o != nullptr)
    audit_office(found, *o);
}

std::optional<committee> state::committee_of(std::uint64_t height) const {
  std::uint64_t era = 0;
  const auto* c = committee_at(impl_->b, height, &era);
  if (c == nullptr)
    return std::nullopt;
  return committee{era, c->first_height, c->members};
}

bool state::has_equivocated(const account_id& validator, std::uint64_t height) const {
  std::uint64_t era = 0;
  if (committee_at(impl_->b, height, &era) == nullptr)
    return false;
  const auto* x = impl_->b.exposures.find({era, validator});
  return x != nullptr && x->equivocated;
}

bool state::has_validators() const noexcept {
  return impl_->b.origin.founding.has_value();
}

const std::optional<founding>& state::founded() const noexcept {
  return impl_->b.origin.founding;
}

} // namespace ainur::ledger
