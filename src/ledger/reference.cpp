// The reference of all calls, written from the catalogue.
#include <algorithm>
#include <array>

#include "ainur/ledger/text.hpp"
#include "call_rules/call_rules.hpp"

namespace ainur::ledger {

namespace {

constexpr std::string_view head = R"(# Calls of the ledger

Every call: what it takes, who may make it, what it weighs, what it may be refused for, and which events tell
of it. This page is written from the ledger's own catalogue by `ainur tx --reference`; tests compare them, and
hold what is said of errors and events to what the ledger answers. The rules behind the calls stand in
[ledger.md](ledger.md), how their fields are written as JSON in [formats.md](formats.md), and
`ainur tx CALL --help` says the same of one call.

## What holds for every call

**Batches.** Calls travel in batches of one or more entries that one account, the *signer*, signs. A batch
carries the signer's next number (`nonce`) and a time until which it is valid. Its mode is `each`, in which
every entry succeeds or fails by itself, or `all`: if one is refused, none acts.

**Who.** An entry acts for its *origin*: the signer itself, or an account that the signer hosts
(`hosted_index`), or one that another account hosts (`host`) which has delegated its hosting to the signer
(`delegate_hosting`). In the rules the host counts as the signer, also where its delegate signed. A hosted
account belongs to its host from its first entry that succeeds. A DAO signs nothing: it makes the calls of its
approved proposals (`execute_proposal`). "Any account" below is any of these.

**Weight and fee.** Each call has a weight, in which quotients are rounded down. A batch that is admitted pays
`fee_per_weight` (of genesis) for the weight of all its entries, from what its signer may spend, whether they
succeed or not. `fee_author_ppm` of a fee goes to the author of the block, the rest to the treasury. If that
leaves the signer less than the existential deposit and nothing else, it is reaped (`account_reaped`). A block
holds at most `block_entries_max` entries.

**Answers.** A batch is answered by a status and, if that is `ok`, one answer for each entry. With any other
status nothing of it acts, no fee is taken and the nonce stays. A refused entry changes nothing and emits
nothing. If more than one rule is broken, the first one in the order in which the ledger checks is named; the
lists below are in no promised order. Beside its own errors, every call may be answered
)";

constexpr std::string_view after_entry_errors = R"(
What a proposal's call is refused for stands in its `proposal_ended`. `too_late` also answers what the sweep of
deadlines, which is bounded for each block (`sweep_max`), has not ended yet.

**Events** come in the order in which things happened. Those of `execute_proposal` include those of the calls
that it makes. Deadlines emit events without any call ([ledger.md](ledger.md)).
)";

std::string code(std::string_view text) {
  return "`" + std::string{text} + "`";
}

template <class List, class Name>
std::string listed(const List& list, Name name) {
  std::string text;
  for (const auto& x : list)
    text += (text.empty() ? "" : ", ") + name(x);
  return text.empty() ? "none" : text;
}

std::string listed(const std::vector<call_field>& fields) {
  return listed(fields, [](const call_field& f) {
    return code(f.name) + " " + f.kind + (f.required ? "" : " (optional)");
  });
}

std::string listed(std::span<const errc> errors) {
  return listed(errors, [](errc e) { return code(describe(e).name); });
}

void write(std::string& out, const call_info& c) {
  out += "\n### " + std::string{c.name} + "\n\n" + std::string{c.summary} + ".\n\n";
  out += "- Fields: " + listed(c.fields) + "\n";
  out += "- Who: " + std::string{c.origin} + "\n";
  out += "- Weight: " + std::string{c.weight} + "\n";
  out += "- Errors: " + listed(c.errors) + "\n";
  out += "- Events: " + listed(c.events, code) + "\n";
}

void write_error(std::string& out, errc e) {
  const auto info = describe(e);
  out += "| " + code(info.name) + " | " + std::string{info.text} + " |\n";
}

void write_errors(std::string& out) {
  constexpr std::string_view table = "\n| name | meaning |\n| --- | --- |\n";
  out += "\n## Statuses of batches\n" + std::string{table};
  constexpr std::array statuses{errc::ok,        errc::bad_signature, errc::bad_nonce,
                                errc::expired,   errc::bad_key,       errc::unknown_signer,
                                errc::bad_batch, errc::fee_unpaid,    errc::block_full};
  for (const auto e : statuses)
    write_error(out, e);
  out += "\n## Errors of calls\n" + std::string{table};
  for (const auto e : entry_errors())
    write_error(out, e);
  const auto all = call_catalogue();
  for (auto number = static_cast<int>(errc::bad_signature);
       number < static_cast<int>(errc::bad_genesis); ++number) {
    const auto e = static_cast<errc>(number);
    const auto answers = [e](const auto& list) {
      return std::find(list.begin(), list.end(), e) != list.end();
    };
    if (!answers(entry_errors()) &&
        std::any_of(all.begin(), all.end(), [&](const auto& c) { return answers(c.errors); }))
      write_error(out, e);
  }
}

} // namespace

std::string call_reference_markdown() {
  std::string out{head};
  out += listed(entry_errors()) + ".\n";
  out += after_entry_errors;
  const auto calls = call_catalogue();
  std::string_view subject;
  for (const auto& [under, rules] : all_call_rules()) {
    if (under != subject)
      out += "\n## " + std::string{under} + "\n";
    subject = under;
    const auto info = std::find_if(calls.begin(), calls.end(),
                                   [&](const call_info& c) { return c.name == rules.name; });
    write(out, *info);
  }
  out += "\n## Objects in fields\n\n| object | fields |\n| --- | --- |\n";
  for (const auto& object : object_catalogue()) {
    auto fields = listed(object.fields);
    for (auto at = fields.find('|'); at != fields.npos; at = fields.find('|', at + 2))
      fields.insert(at, 1, '\\');
    out += "| " + code(object.name) + " | " + fields + " |\n";
  }
  write_errors(out);
  return out;
}

} // namespace ainur::ledger
