// Ledger scripts: lists of calls with their block times, the form in which cases are exchanged.
//
// A script is JSON lines. The first may set the ledger up, each other one is a step:
//
//   {"genesis": {"allocations": [{"account": "@ann", "free": "100 AINU"}]}}
//   {"time": "2024-01-01T00:00:01Z", "origin": "@ann", "call": {"burn_money": {"value": 1}}}
//   {"time": "2024-01-01T00:00:02Z", "batch": {"signer": "@ann", "mode": "all", "entries": [...]}}
//   {"time": "2024-01-02T00:00:00Z"}
//
// Steps of one time make one block, in their order; a step with a time alone is an empty block.
// A step may say what it must answer: "expect": "insufficient_funds". "@name" stands for the
// account whose key is made from that name, "#name" for a task's id; nonces are filled in, and
// nothing is signed. Pure and not thread-safe.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "ainur/ledger/state.hpp"

namespace ainur::ledger {

/// What one step did.
struct script_answer {
  std::uint64_t line = 0;   ///< of the script, from 1
  std::uint64_t height = 0; ///< of its block
  batch_receipt receipt;    ///< empty of a step without calls
  bool as_expected = true;
  std::string expected;           ///< what the step said, if anything
  std::vector<event::any> events; ///< of the whole block, at its last step
};

/// The account that "@name" stands for; its seed is BLAKE2b-256 of the name.
[[nodiscard]] account_id named_account(std::string_view name);
[[nodiscard]] byte_array<32> named_seed(std::string_view name);

class script {
public:
  script();
  ~script();
  script(script&&) noexcept;
  script& operator=(script&&) noexcept;

  /// Takes the next line (without its end; an empty one or one that begins with "//" is skipped)
  /// and returns the answers of the block that it completes, if any. Errors: `base_errc::malformed`
  /// with the line and key, `bad_genesis`, `bad_block` for a time that does not rise. After an
  /// error the script is over.
  [[nodiscard]] result<std::vector<script_answer>> add(std::string_view line);
  /// The answers of the last block. Errors: those of `add`.
  [[nodiscard]] result<std::vector<script_answer>> end();

  /// The ledger so far, without the block that is being gathered; null before the first step.
  [[nodiscard]] const state* ledger() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace ainur::ledger
