// The ledger in words: calls, events and receipts as JSON, and a catalogue of all calls from which
// command lines and references are made.
//
// A call is an object with one key, {"transfer": {"to": "did:ainur:...", "value": 1500000}}; how
// the fields are written is told in docs/formats.md. Thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/ledger/state.hpp"

namespace ainur::ledger {

struct call_field {
  std::string_view name;
  std::string kind; ///< "account", "amount", "list of award_line", ...
  bool required = true;
  /// Of a struct, or a list of them: its JSON with the kinds of its fields, those that may be
  /// missing marked by "?". Empty of other fields.
  std::string form;
};

struct call_info {
  std::string_view name;
  std::string_view subject; ///< "Balances", ...
  std::string_view summary; ///< one line
  std::string_view origin;  ///< who may make it, in one line
  std::string_view weight;  ///< "1 + targets / 4": quotients are rounded down
  std::vector<call_field> fields;
  /// What it may be refused for, beside `entry_errors()`.
  std::vector<errc> errors;
  /// Names of what it may emit itself; `execute_proposal` also emits what its calls do.
  std::vector<std::string_view> events;
};

/// Every call, in the order of the wire.
[[nodiscard]] std::span<const call_info> call_catalogue();

/// What an entry may be answered whatever its call is.
[[nodiscard]] std::span<const errc> entry_errors() noexcept;

/// A struct that fields of calls are made of.
struct object_info {
  std::string_view name;
  std::vector<call_field> fields;
};

/// Each before those that it is made of.
[[nodiscard]] std::span<const object_info> object_catalogue();

/// The reference of all calls, docs/ledger-calls.md, as Markdown.
[[nodiscard]] std::string call_reference_markdown();

/// Its name in the catalogue.
[[nodiscard]] std::string_view name_of(const call& c) noexcept;
[[nodiscard]] std::string_view name_of(const event::any& e) noexcept;

[[nodiscard]] std::string to_json_text(const call& c);
[[nodiscard]] std::string to_json_text(const event::any& e);
[[nodiscard]] std::string to_json_text(const block& b);
[[nodiscard]] std::string to_json_text(const batch_receipt& r);
[[nodiscard]] std::string to_json_text(const task_view& v);
[[nodiscard]] std::string to_json_text(const stake_view& v);
[[nodiscard]] std::string to_json_text(const channel_view& v);
[[nodiscard]] std::string to_json_text(const dao_view& v);
/// Its calls stand as calls, not as bytes.
[[nodiscard]] std::string to_json_text(const proposal_view& v, const governance_parameters& rules);

/// Errors: `base_errc::malformed`, naming the key and the nearest valid spelling.
[[nodiscard]] result<call> call_from_json(std::string_view text);
/// A signed batch as `to_json_text` of a block shows it. Errors: `base_errc::malformed`.
[[nodiscard]] result<signed_batch> batch_from_json(std::string_view text);
[[nodiscard]] std::string to_json_text(const signed_batch& b);
/// Errors: `base_errc::malformed`.
[[nodiscard]] result<channel_params> channel_params_from_json(std::string_view text);
[[nodiscard]] result<channel_state> channel_state_from_json(std::string_view text);
/// Missing keys keep their preset. Allocations may stand in any order. Errors:
/// `base_errc::malformed`, `bad_genesis`.
[[nodiscard]] result<genesis> genesis_from_json(std::string_view text);

} // namespace ainur::ledger
