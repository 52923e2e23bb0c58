// A task: what a client wants done, for how much, by when, and how the result is judged.
//
// A task is a small graph of subtasks. Each names a capability and the most the client pays for it;
// a subtask starts when those it needs are completed. The canonical bytes of a task are hashed into
// its ledger record, so that what was asked can be proven.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::market {

/// Errors of room `market`.
enum class errc : std::uint16_t {
  bad_task = 1,     ///< the task cannot be run as described
  busy,             ///< the intake is full; submit again later
  unknown_task,     ///< no task of this id is known (or its result is no longer kept)
  too_late,         ///< the task has gone too far for this
  no_verifier,      ///< the task names a verifier that the runtime does not have
  result_too_large, ///< a skill returned more than the runtime keeps
};
[[nodiscard]] error_info describe(errc code) noexcept;

/// How the payer judges a result.
enum class verification : std::uint8_t {
  accept,   ///< any result is accepted
  digest,   ///< the result's hash must be the expected one
  verifier, ///< a function of the host program, by name
  max_value = verifier,
};

/// One piece of a task, done by one agent.
struct subtask {
  std::string capability;
  /// The work in microseconds of an agent of speed 1; an agent twice as fast takes half.
  duration work{};
  /// The most that is paid for this piece. The reserves of a task add up to at most its budget.
  amount reserve;
  /// Positions of the subtasks that must be completed before; each smaller than this one's.
  std::vector<std::uint16_t> needs;
  bytes input;
  AINUR_FIELDS(subtask, capability, work, reserve, needs, input)
};

struct task {
  task_id id;
  account_id client;
  amount budget;
  /// What a second of delivery is worth to the client, in µAINU: weighs delay against price.
  amount value_per_second;
  timestamp award_by{};
  timestamp deadline{};
  std::uint16_t reputation_min = 0;
  verification judged_by = verification::accept;
  std::string verifier; ///< the name, where judged_by is `verifier`
  std::vector<subtask> subtasks;
  AINUR_FIELDS(task, id, client, budget, value_per_second, award_by, deadline, reputation_min,
               judged_by, verifier, subtasks)
};

inline constexpr std::size_t subtasks_max = 64;
inline constexpr std::size_t capability_length_max = 256;
inline constexpr std::size_t input_size_max = 1u << 20;

/// Checks shape and sums. Errors: `bad_task` naming the subtask and field.
[[nodiscard]] result<void> validate(const task& t);

/// The hash that stands for the task on the ledger.
[[nodiscard]] hash256 description_of(const task& t);

/// The hash of a result that goes to the ledger; salted with the task, so that equal results of
/// different tasks do not look equal.
[[nodiscard]] hash256 digest_of(const task_id& task, std::uint16_t subtask,
                                bytes_view result) noexcept;

/// The digest of a correct result of simulated work (the empty result).
[[nodiscard]] hash256 expected_digest(const task_id& task, std::uint16_t subtask) noexcept;

/// The four ends of a task; every submitted task reaches exactly one.
enum class final_state : std::uint8_t {
  completed, ///< every subtask was paid for
  refunded,  ///< at least one was not, and its price went back
  resolved,  ///< at least one was ruled on in a dispute
  rejected,  ///< never opened: bad, unaffordable or refused by the intake
  max_value = rejected,
};
[[nodiscard]] std::string_view to_string(final_state state) noexcept;

/// Why a task or award did not end in success; stable names for metrics.
enum class cause : std::uint8_t {
  none,
  no_candidates,      ///< nobody with the capability and standing is known
  no_bids,            ///< nobody asked at most the reserve in time
  insufficient_funds, ///< the client could not reserve budget and fee
  refused_by_ledger,  ///< another rule of the ledger
  missed_deadline,    ///< the agent posted no result in time
  gave_up,            ///< the agent said that it failed
  bad_result,         ///< ruled against the agent
  disputed,           ///< ruled for the agent, or by default
  cancelled,
  lost_orchestrator,
  lost_supervisor,
  failed_upstream,
  intake_full,
  max_value = intake_full,
};
[[nodiscard]] std::string_view to_string(cause why) noexcept;

} // namespace ainur::market
