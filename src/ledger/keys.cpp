// Keys of accounts: rotation with a grace period, recovery by the stash, delegation of hosting.
#include <algorithm>

#include "ainur/ledger/signature.hpp"
#include "audit.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

byte_array<32> book::current_key(const account_id& signer) const {
  const auto* r = keys.find({signer});
  return r == nullptr ? signer.value : r->key;
}

std::optional<byte_array<32>>
book::key_of(const account_id& signer, std::optional<std::uint32_t> version, timestamp now) const {
  const auto* r = keys.find({signer});
  if (!version || *version == (r == nullptr ? 0 : r->version))
    return current_key(signer);
  if (r != nullptr)
    for (const auto& old : r->grace)
      if (old.version == *version && now <= old.until)
        return old.key;
  return std::nullopt;
}

namespace {

/// A hosted account and a DAO have no key of their own.
bool has_key(const session& s, const actor& a) {
  return !a.hosted() && s.b.daos.find({a.origin}) == nullptr;
}

/// The record of an account, made if it has none.
key_record& open_record(session& s, const account_id& id) {
  if (s.b.keys.find({id}) != nullptr)
    return s.b.keys.edit({id});
  return s.b.keys.insert({id}, {0, id.value, s.b.origin.time, {}, {}, {}});
}

void close_if_plain(session& s, const account_id& id) {
  if (s.b.keys.find({id})->says_nothing())
    s.b.keys.erase({id});
}

/// Ends the grace of the earlier keys that `over` names.
template <class Predicate>
void end_grace(session& s, const account_id& id, key_record& r, Predicate over) {
  for (const auto& old : r.grace)
    if (over(old))
      s.emit(event::key_ended{id, old.version});
  std::erase_if(r.grace, over);
  if (!r.grace.empty())
    s.b.due.push({r.grace.front().until, deadline_kind::key, about(id), 0});
}

/// May `key` become the next key of the account, as far as the key goes?
errc check_next(const session& s, const account_id& id, const byte_array<32>& key,
                const byte_array<64>& proof) {
  const auto* r = s.b.keys.find({id});
  const auto version = r == nullptr ? 0 : r->version;
  if (version == ~std::uint32_t{0})
    return errc::invalid_value;
  if (key == id.value || key == s.b.current_key(id) ||
      (r != nullptr && std::any_of(r->grace.begin(), r->grace.end(),
                                   [&key](const auto& old) { return old.key == key; })))
    return errc::key_in_use;
  const auto message = key_message(s.b.meta.chain, id, version + 1);
  return verify_detached(account_id{key}, key_tag, message, proof) ? errc::ok : errc::bad_key_proof;
}

void turn(session& s, const account_id& id, key_record& r, const byte_array<32>& key,
          timestamp grace_until, bool recovered) {
  ++r.version;
  r.key = key;
  r.since = s.now;
  s.emit(event::key_rotated{id, r.version, key, grace_until, recovered});
}

} // namespace

void end_keys(session& s, const account_id& id) {
  end_grace(s, id, s.b.keys.edit({id}), [&s](const auto& old) { return old.until < s.now; });
}

errc handle(session& s, const actor& a, const rotate_key& c) {
  if (!has_key(s, a))
    return errc::not_permitted;
  if (const auto code = check_next(s, a.origin, c.key, c.proof); code != errc::ok)
    return code;
  const auto& rules = s.rules().identity;
  const auto* seen = s.b.keys.find({a.origin});
  const auto over = [&s](const key_view::earlier& old) { return old.until < s.now; };
  const auto kept = seen == nullptr
                        ? 0
                        : std::count_if(seen->grace.begin(), seen->grace.end(),
                                        [&over](const auto& old) { return !over(old); });
  const bool grace = rules.rotation_grace > duration{0};
  if (grace && kept >= static_cast<std::ptrdiff_t>(rules.grace_keys_max))
    return errc::too_many_keys;
  auto& r = open_record(s, a.origin);
  const auto until = s.now + rules.rotation_grace;
  if (grace)
    r.grace.push_back({r.version, r.key, until});
  end_grace(s, a.origin, r, over);
  turn(s, a.origin, r, c.key, until, false);
  return errc::ok;
}

errc handle(session& s, const actor& a, const set_recovery& c) {
  const auto* seen = s.b.keys.find({c.account});
  const auto stash = seen == nullptr ? account_id{} : seen->stash;
  if (a.origin != (stash.is_none() ? c.account : stash) || (stash.is_none() && !has_key(s, a)))
    return errc::not_permitted;
  if (c.stash ? c.stash->is_none() || *c.stash == c.account || s.b.signer_of(*c.stash) == c.account
              : stash.is_none())
    return errc::invalid_value;
  auto& r = open_record(s, c.account);
  r.stash = c.stash.value_or(account_id{});
  s.emit(event::recovery_set{c.account, r.stash});
  close_if_plain(s, c.account);
  return errc::ok;
}

errc handle(session& s, const actor& a, const recover_account& c) {
  const auto* seen = s.b.keys.find({c.account});
  if (seen == nullptr || seen->stash.is_none() || seen->stash != a.origin)
    return errc::not_permitted;
  if (const auto code = check_next(s, c.account, c.key, c.proof); code != errc::ok)
    return code;
  auto& r = s.b.keys.edit({c.account});
  end_grace(s, c.account, r, [](const auto&) { return true; });
  if (!r.delegate.is_none()) {
    r.delegate = {};
    s.emit(event::hosting_delegated{c.account, {}});
  }
  turn(s, c.account, r, c.key, s.now, true);
  return errc::ok;
}

errc handle(session& s, const actor& a, const revoke_key& c) {
  if (a.hosted())
    return errc::not_permitted;
  if (const auto* r = s.b.keys.find({a.origin});
      r == nullptr || c.version == r->version || !s.b.key_of(a.origin, c.version, s.now))
    return errc::unknown_key;
  end_grace(s, a.origin, s.b.keys.edit({a.origin}),
            [&c](const auto& old) { return old.version == c.version; });
  return errc::ok;
}

errc handle(session& s, const actor& a, const delegate_hosting& c) {
  if (!has_key(s, a))
    return errc::not_permitted;
  if (c.controller.is_none() || c.controller == a.origin ||
      s.b.signer_of(c.controller) != c.controller || s.b.daos.find({c.controller}) != nullptr)
    return errc::invalid_value;
  open_record(s, a.origin).delegate = c.controller;
  s.emit(event::hosting_delegated{a.origin, c.controller});
  return errc::ok;
}

errc handle(session& s, const actor& a, const revoke_delegation&) {
  const auto* seen = s.b.keys.find({a.origin});
  if (seen == nullptr || seen->delegate.is_none())
    return errc::unknown_delegation;
  s.b.keys.edit({a.origin}).delegate = {};
  s.emit(event::hosting_delegated{a.origin, {}});
  close_if_plain(s, a.origin);
  return errc::ok;
}

void audit_keys(auditor& found) {
  const auto& b = found.books();
  b.keys.for_each([&](const account_key& k, const key_record& r) {
    const auto name = " of account " + to_string(k.id);
    const auto* account = b.accounts.find(k);
    // Only a batch of the account itself can have made it, and its nonce keeps the account.
    found.require(account != nullptr && account->host == 0 && account->nonce > 0,
                  "the keys" + name);
    found.require(!r.says_nothing(), "an empty record of keys" + name);
    found.require((r.version == 0) == (r.key == k.id.value) && (r.version > 0 || r.grace.empty()),
                  "the current key" + name);
    found.require(b.origin.time <= r.since && r.since <= b.time, "the time of the key" + name);
    found.require(r.stash != k.id && r.delegate != k.id, "stash or delegate" + name);
    found.require(r.grace.size() <= b.rules().identity.grace_keys_max, "the earlier keys" + name);
    std::uint64_t next = 0;
    auto until = b.origin.time;
    for (const auto& old : r.grace) {
      found.require(old.version >= next && old.version < r.version && old.until >= until &&
                        old.until <= b.time + horizon_max,
                    "an earlier key" + name);
      next = std::uint64_t{old.version} + 1;
      until = old.until;
    }
  });
}

} // namespace ainur::ledger
