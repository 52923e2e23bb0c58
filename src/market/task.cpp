#include "ainur/market/task.hpp"

#include <array>

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/market/bid.hpp"

namespace ainur::market {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::bad_task:
    return {"market", "bad_task", "the task cannot be run as described"};
  case errc::busy:
    return {"market", "busy", "the intake is full; submit again later"};
  case errc::unknown_task:
    return {"market", "unknown_task", "no task of this id is known"};
  case errc::too_late:
    return {"market", "too_late", "the task has gone too far for this"};
  case errc::no_verifier:
    return {"market", "no_verifier", "the task names a verifier that is not registered"};
  case errc::result_too_large:
    return {"market", "result_too_large", "the skill returned more than is kept"};
  }
  return {"market", "unknown", "unknown"};
}

namespace {

result<void> validate(const subtask& part, std::size_t position) {
  const auto bad = [position](std::string_view what) {
    return fail(errc::bad_task, "subtask " + std::to_string(position) + ": " + std::string{what});
  };
  if (part.capability.empty() || part.capability.size() > capability_length_max)
    return bad("a capability has 1 to 256 bytes");
  if (part.work < duration::zero())
    return bad("work is negative");
  if (part.input.size() > input_size_max)
    return bad("input is larger than 1 MiB");
  if (part.needs.size() > position)
    return bad("needs names a subtask twice");
  for (std::size_t i = 0; i < part.needs.size(); ++i)
    if (part.needs[i] >= position || (i > 0 && part.needs[i] <= part.needs[i - 1]))
      return bad("needs must name earlier subtasks in ascending order");
  return {};
}

} // namespace

result<void> validate(const task& t) {
  if (t.id.is_none() || t.client.is_none())
    return fail(errc::bad_task, "id and client must be given");
  if (t.subtasks.empty() || t.subtasks.size() > subtasks_max)
    return fail(errc::bad_task, "a task has 1 to 64 subtasks");
  if (t.deadline < t.award_by)
    return fail(errc::bad_task, "the deadline lies before award_by");
  if (t.reputation_min > 1000)
    return fail(errc::bad_task, "reputation_min is at most 1000");
  amount reserves;
  for (std::size_t i = 0; i < t.subtasks.size(); ++i) {
    if (auto ok = validate(t.subtasks[i], i); !ok)
      return ok;
    const auto sum = reserves.plus(t.subtasks[i].reserve);
    if (!sum || *sum > t.budget)
      return fail(errc::bad_task, "the reserves add up to more than the budget");
    reserves = *sum;
  }
  return {};
}

hash256 description_of(const task& t) {
  return crypto::hash("ainur/task-description/v1", codec::encode(t));
}

hash256 digest_of(const task_id& task, std::uint16_t subtask, bytes_view result) noexcept {
  return crypto::hasher{"ainur/result/v1"}
      .add(task)
      .add(std::uint64_t{subtask})
      .add(result)
      .finish();
}

hash256 expected_digest(const task_id& task, std::uint16_t subtask) noexcept {
  return digest_of(task, subtask, {});
}

hash256 hash_of(const bid& b) {
  return crypto::hash("ainur/bid/v1", codec::encode(b));
}

hash256 root_of(std::span<const hash256> bid_hashes) {
  std::vector<hash256> sorted(bid_hashes.begin(), bid_hashes.end());
  std::sort(sorted.begin(), sorted.end());
  crypto::hasher h{"ainur/bids-root/v1"};
  for (const auto& one : sorted)
    h.add(one);
  return h.finish();
}

std::string_view to_string(final_state state) noexcept {
  constexpr std::array<std::string_view, 4> names{"completed", "refunded", "resolved", "rejected"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(cause why) noexcept {
  constexpr std::array<std::string_view, 14> names{"none",
                                                   "no_candidates",
                                                   "no_bids",
                                                   "insufficient_funds",
                                                   "refused_by_ledger",
                                                   "missed_deadline",
                                                   "gave_up",
                                                   "bad_result",
                                                   "disputed",
                                                   "cancelled",
                                                   "lost_orchestrator",
                                                   "lost_supervisor",
                                                   "failed_upstream",
                                                   "intake_full"};
  return names[static_cast<std::size_t>(why)];
}

} // namespace ainur::market
