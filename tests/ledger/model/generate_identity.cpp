// What is done with documents, keys and delegates.
#include <string>

#include "ainur/ledger/signature.hpp"
#include "reader.hpp"

namespace ainur::test {

did_document reader::document() const {
  did_document d;
  for (std::size_t i = 0; i < n(2, 3); ++i)
    d.keys.push_back({"k" + std::to_string(i), key_purpose::assertion, all.spare[0]});
  if (n(3, 2) == 0)
    d.capabilities.push_back(std::string(1 + n(3, 60), 'c'));
  if (wild(6))
    d.capabilities.push_back("");
  return d;
}

intent reader::make(const register_agent*) const {
  return {anyone(0), register_agent{document()}};
}

person reader::documented() const {
  return one_of([this](const person& x) { return m.documents.contains(x.id); });
}

intent reader::make(const update_document*) const {
  return {documented(), update_document{document()}};
}

intent reader::make(const deregister_agent*) const {
  return {documented(), deregister_agent{}};
}

person reader::keyed() const {
  static constexpr std::size_t places[] = {cast::client,     cast::rival,        cast::host,
                                           cast::arbiters,   cast::arbiters + 1, cast::second_host,
                                           cast::validators, cast::fresh};
  // Now and then one whose earlier key has its grace: there is a most of those.
  for (const auto place : places)
    if (const auto at = m.keys.find(all.at(place).id);
        n(3, 4) == 0 && at != m.keys.end() && !at->second.grace.empty())
      return meant(place);
  return meant(places[n(1, 8)]);
}

std::pair<byte_array<32>, byte_array<64>> reader::new_key(const account_id& id) const {
  auto key = all.spare[n(2, all.spare.size())];
  if (wild(9))
    key = id.value;
  const auto at = m.keys.find(id);
  const auto version = (at == m.keys.end() ? 0 : at->second.version) + (wild(8) ? 2u : 1u);
  return {key, all.sign(key, key_tag, key_message(m.chain, id, version))};
}

intent reader::make(const rotate_key*) const {
  const auto a = keyed();
  const auto [key, proof] = new_key(a.id);
  return {a, rotate_key{key, proof}};
}

intent reader::make(const set_recovery*) const {
  const auto a = keyed();
  const auto at = m.keys.find(a.id);
  const bool has = at != m.keys.end() && !at->second.stash.is_none();
  set_recovery x{wild(9) ? anyone(0).id : a.id, anyone(3).id};
  if (n(2, has ? 3 : 9) == 0)
    x.stash.reset();
  if (wild(15))
    x.stash = account_id{};
  return {has ? meant(at->second.stash) : a, x};
}

intent reader::make(const recover_account*) const {
  std::vector<account_id> good;
  for (const auto& [id, k] : m.keys)
    if (!k.stash.is_none())
      good.push_back(id);
  const auto id = good.empty() || wild(6) ? anyone(1).id : good[n(1, good.size())];
  const auto [key, proof] = new_key(id);
  const auto at = m.keys.find(id);
  return {at == m.keys.end() ? anyone(0) : meant(at->second.stash),
          recover_account{id, key, proof}};
}

intent reader::make(const revoke_key*) const {
  const auto a = one_of([this](const person& x) {
    return !x.index && m.keys.contains(x.id) && !m.keys.at(x.id).grace.empty();
  });
  const auto at = m.keys.find(a.id);
  const auto some = at == m.keys.end() || at->second.grace.empty()
                        ? 0u
                        : at->second.grace[n(2, at->second.grace.size())].version;
  return {a, revoke_key{wild(5) ? static_cast<std::uint32_t>(n(3, 4)) : some}};
}

intent reader::make(const delegate_hosting*) const {
  const auto a = meant(n(1, 3) == 0 ? cast::second_host : cast::host);
  return {a, delegate_hosting{wild(9)        ? account_id{}
                              : n(2, 2) == 0 ? all.at(cast::rival).id
                                             : anyone(3).id}};
}

intent reader::make(const revoke_delegation*) const {
  return {meant(n(1, 3) == 0 ? cast::second_host : cast::host), revoke_delegation{}};
}

} // namespace ainur::test
