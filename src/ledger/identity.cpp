// DID documents: registered, replaced and removed, against a deposit.
#include <algorithm>
#include <string_view>

#include "ainur/codec/msgpack.hpp"
#include "audit.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

constexpr std::size_t name_max = 32;
constexpr std::size_t text_max = 64;
constexpr std::size_t endpoint_max = 256;

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_max && std::all_of(text.begin(), text.end(), is_word);
}

bool is_text(std::string_view text) {
  return !text.empty() && text.size() <= text_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// A scheme (RFC 3986: a letter, then letters, digits, + - .), a colon, and something.
bool is_endpoint(std::string_view text) {
  const auto colon = text.find(':');
  if (text.size() > endpoint_max || colon == text.npos || colon == 0 || colon + 1 == text.size())
    return false;
  const auto scheme = text.substr(0, colon);
  return is_letter(scheme.front()) &&
         std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return c != '_' && (is_word(c) || c == '+'); }) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

template <class T>
bool all_differ(std::vector<T> items) {
  std::sort(items.begin(), items.end());
  return std::adjacent_find(items.begin(), items.end()) == items.end();
}

amount deposit_of(const identity_parameters& rules, const did_document& d) {
  const auto size = codec::encode(d).size();
  return rules.document_deposit.saturating_plus(rules.document_byte_deposit.times(size, 1));
}

} // namespace

bool is_valid(const did_document& d) {
  if (d.keys.size() > document_keys_max || d.services.size() > document_services_max ||
      d.capabilities.size() > document_capabilities_max)
    return false;
  std::vector<std::string_view> names;
  for (const auto& x : d.keys) {
    if (!is_name(x.name) || x.key == byte_array<32>{})
      return false;
    names.push_back(x.name);
  }
  for (const auto& x : d.services) {
    if (!is_name(x.name) || !is_text(x.type) || !is_endpoint(x.endpoint))
      return false;
    names.push_back(x.name);
  }
  const std::vector<std::string_view> capabilities(d.capabilities.begin(), d.capabilities.end());
  return all_differ(std::move(names)) && all_differ(capabilities) &&
         std::all_of(capabilities.begin(), capabilities.end(), is_text) &&
         !(d.personal_data && d.personal_data->is_none());
}

errc handle(session& s, const actor& a, const register_agent& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (s.b.documents.find({a.origin}) != nullptr)
    return errc::already_registered;
  if (!is_valid(c.document))
    return errc::invalid_value;
  const auto deposit = deposit_of(s.rules().identity, c.document);
  if (seen->spendable() < deposit)
    return errc::insufficient_funds;
  auto& r = s.b.accounts.edit({a.origin});
  take(r.free, deposit);
  add(r.reserved, deposit);
  ++r.anchors;
  s.b.documents.insert({a.origin}, {c.document, deposit, s.now, s.now, 1});
  s.emit(event::document_changed{a.origin, 1, deposit, c.document});
  return errc::ok;
}

errc handle(session& s, const actor& a, const update_document& c) {
  const auto* seen = s.b.documents.find({a.origin});
  if (seen == nullptr)
    return errc::not_registered;
  if (!is_valid(c.document))
    return errc::invalid_value;
  const auto deposit = deposit_of(s.rules().identity, c.document);
  const auto more = deposit.saturating_minus(seen->deposit);
  const auto less = seen->deposit.saturating_minus(deposit);
  if (s.b.accounts.find({a.origin})->spendable() < more)
    return errc::insufficient_funds;
  auto& r = s.b.accounts.edit({a.origin});
  take(r.free, more);
  add(r.reserved, more);
  take(r.reserved, less);
  add(r.free, less);
  auto& kept = s.b.documents.edit({a.origin});
  kept.document = c.document;
  kept.deposit = deposit;
  kept.updated = s.now;
  ++kept.revision;
  s.emit(event::document_changed{a.origin, kept.revision, deposit, c.document});
  return errc::ok;
}

errc handle(session& s, const actor& a, const deregister_agent&) {
  const auto* seen = s.b.documents.find({a.origin});
  if (seen == nullptr)
    return errc::not_registered;
  auto& r = s.b.accounts.edit({a.origin});
  take(r.reserved, seen->deposit);
  add(r.free, seen->deposit);
  --r.anchors;
  s.emit(event::document_changed{a.origin, seen->revision + 1, {}, std::nullopt});
  s.b.documents.erase({a.origin});
  tidy(s, a.origin);
  return errc::ok;
}

void audit_identity(auditor& found) {
  const auto& b = found.books();
  b.documents.for_each([&](const account_key& k, const document_record& r) {
    const auto name = " of account " + to_string(k.id);
    auto& account = found.claims(k.id);
    ++account.anchors;
    found.gather(account.reserved, r.deposit);
    found.require(is_valid(r.document), "the document" + name);
    found.require(r.revision > 0 && r.revision < ~std::uint64_t{0}, "its revision" + name);
    found.require(b.origin.time <= r.registered && r.registered <= r.updated && r.updated <= b.time,
                  "the times of the document" + name);
  });
}

} // namespace ainur::ledger
