// The model: documents, keys, recovery and delegation.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/signature.hpp"
#include "model.hpp"

namespace ainur::test {

// --- documents ---

money model::deposit_of(const did_document& d) const {
  return of(p.identity.document_deposit) +
         of(p.identity.document_byte_deposit) * static_cast<money>(codec::encode(d).size());
}

errors model::on(const acting& a, const register_agent& c) {
  checks wrong;
  wrong(!exists(a.origin), errc::unknown_account);
  wrong(!is_valid(c.document), errc::invalid_value);
  wrong(documents.contains(a.origin), errc::already_registered);
  wrong(spendable(a.origin) < deposit_of(c.document), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= deposit_of(c.document);
  documents[a.origin] = {c.document, deposit_of(c.document), now, now, 1};
  return {};
}

errors model::on(const acting& a, const update_document& c) {
  checks wrong;
  wrong(!is_valid(c.document), errc::invalid_value);
  wrong(!documents.contains(a.origin), errc::not_registered);
  if (!wrong.found.empty())
    return wrong.found;
  auto& d = documents[a.origin];
  const auto more = deposit_of(c.document) - d.deposit;
  if (more > 0 && spendable(a.origin) < more)
    return {errc::insufficient_funds};
  accounts[a.origin].free -= more;
  d = {c.document, deposit_of(c.document), d.registered, now, d.revision + 1};
  return {};
}

errors model::on(const acting& a, const deregister_agent&) {
  const auto at = documents.find(a.origin);
  if (at == documents.end())
    return {errc::not_registered};
  accounts[a.origin].free += at->second.deposit;
  documents.erase(at);
  return {};
}

// --- keys ---

const model_keys* model::keys_of(const account_id& id) const {
  const auto at = keys.find(host_or_self(id));
  return at == keys.end() ? nullptr : &at->second;
}

byte_array<32> model::key_of(const account_id& id) const {
  const auto* k = keys_of(id);
  return k == nullptr ? host_or_self(id).value : k->key;
}

std::optional<byte_array<32>> model::key_for(const account_id& id,
                                             std::optional<std::uint32_t> version) const {
  const auto* k = keys_of(id);
  if (!version || *version == (k == nullptr ? 0 : k->version))
    return key_of(id);
  if (k != nullptr)
    for (const auto& e : k->grace)
      if (e.version == *version)
        return e.key;
  return std::nullopt;
}

model_keys& model::edit_keys(const account_id& id) {
  if (!keys.contains(id))
    keys[id] = {0, id.value, g.time, {}, {}, {}};
  return keys[id];
}

errors model::check_new_key(const account_id& id, const byte_array<32>& key,
                            const byte_array<64>& proof) const {
  checks wrong;
  const auto at = keys.find(id);
  bool taken = key == id.value;
  std::uint32_t version = 0;
  if (at != keys.end()) {
    version = at->second.version;
    taken = taken || key == at->second.key;
    for (const auto& e : at->second.grace)
      taken = taken || key == e.key;
  }
  wrong(taken, errc::key_in_use);
  wrong(!verify_detached({key}, key_tag, key_message(chain, id, version + 1), proof),
        errc::bad_key_proof);
  return wrong.found;
}

errors model::on(const acting& a, const rotate_key& c) {
  checks wrong;
  wrong(a.hosted() || was_dao(a.origin), errc::not_permitted);
  wrong(!exists(a.origin), errc::unknown_account);
  if (!wrong.found.empty())
    return wrong.found;
  wrong.found = check_new_key(a.origin, c.key, c.proof);
  const bool grace = p.identity.rotation_grace > duration{0};
  if (const auto at = keys.find(a.origin); at != keys.end() && grace)
    wrong(at->second.grace.size() >= p.identity.grace_keys_max, errc::too_many_keys);
  if (!wrong.found.empty())
    return wrong.found;
  auto& k = edit_keys(a.origin);
  if (grace)
    k.grace.push_back({k.version, k.key, now + p.identity.rotation_grace});
  ++k.version;
  k.key = c.key;
  k.since = now;
  return {};
}

errors model::on(const acting& a, const set_recovery& c) {
  checks wrong;
  const auto at = keys.find(c.account);
  const auto stash = at == keys.end() ? account_id{} : at->second.stash;
  if (stash.is_none())
    wrong(a.hosted() || was_dao(a.origin) || a.origin != c.account, errc::not_permitted);
  else
    wrong(a.origin != stash, errc::not_permitted);
  if (c.stash) {
    const auto* r = find(*c.stash);
    wrong(c.stash->is_none() || *c.stash == c.account || (r != nullptr && r->host == c.account),
          errc::invalid_value);
  } else {
    wrong(stash.is_none(), errc::invalid_value);
  }
  if (!wrong.found.empty())
    return wrong.found;
  edit_keys(c.account).stash = c.stash.value_or(account_id{});
  return {};
}

errors model::on(const acting& a, const recover_account& c) {
  const auto at = keys.find(c.account);
  if (at == keys.end() || at->second.stash.is_none() || at->second.stash != a.origin)
    return {errc::not_permitted, errc::unknown_account};
  auto found = check_new_key(c.account, c.key, c.proof);
  if (!found.empty())
    return found;
  auto& k = at->second;
  ++k.version;
  k.key = c.key;
  k.since = now;
  k.grace.clear();
  k.delegate = {};
  return {};
}

errors model::on(const acting& a, const revoke_key& c) {
  checks wrong;
  wrong(a.hosted() || was_dao(a.origin), errc::not_permitted);
  const auto at = keys.find(a.origin);
  const auto same = [&c](const auto& e) { return e.version == c.version; };
  wrong(at == keys.end() || std::none_of(at->second.grace.begin(), at->second.grace.end(), same),
        errc::unknown_key);
  if (wrong.found.empty())
    std::erase_if(at->second.grace, same);
  return wrong.found;
}

errors model::on(const acting& a, const delegate_hosting& c) {
  checks wrong;
  wrong(a.hosted() || was_dao(a.origin), errc::not_permitted);
  wrong(!exists(a.origin), errc::unknown_account);
  const auto* r = find(c.controller);
  wrong(c.controller.is_none() || c.controller == a.origin, errc::invalid_value);
  wrong(r != nullptr && !r->host.is_none(), errc::invalid_value);
  wrong(was_dao(c.controller), errc::invalid_value);
  if (!wrong.found.empty())
    return wrong.found;
  edit_keys(a.origin).delegate = c.controller;
  return {};
}

errors model::on(const acting& a, const revoke_delegation&) {
  const auto at = keys.find(a.origin);
  if (a.hosted() || at == keys.end() || at->second.delegate.is_none())
    return {errc::unknown_delegation, errc::not_permitted};
  at->second.delegate = {};
  return {};
}

} // namespace ainur::test
