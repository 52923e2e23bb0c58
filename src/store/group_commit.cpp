#include "ainur/store/group_commit.hpp"

#include <utility>

#include "ainur/base/assert.hpp"

namespace ainur::store {

namespace {

/// True if the failure is the fault of one set rather than of the store.
bool blames_a_set(const error& e) {
  return e.is(errc::sequence_gap) || e.is(errc::bad_key) || e.is(errc::bad_value);
}

} // namespace

result<void> group_committer::add(writer_id writer, std::uint64_t ticket, write_set&& set,
                                  instant now) {
  if (failed_.contains(writer))
    return fail(errc::writer_failed, "writer " + std::to_string(writer.value));
  const auto size = set.size_bytes();
  // One set always fits, or a large one could never be written.
  if (!waiting_.empty() && (waiting_.size() >= options_.waiting_count_max ||
                            waiting_bytes_ + size > options_.waiting_bytes_max))
    return fail(errc::full, std::to_string(waiting_.size()) + " write sets of " +
                                std::to_string(waiting_bytes_) + " bytes wait");
  waiting_.push_back({writer, ticket, now, false});
  waiting_sets_.push_back(std::move(set));
  waiting_bytes_ += size;
  return {};
}

std::optional<group_committer::batch> group_committer::flush(instant now, bool idle) {
  if (batch_is_out() || waiting_.empty())
    return std::nullopt;
  if (!idle && !is_large() && !waiting_.front().alone &&
      now < waiting_.front().since + options_.delay)
    return std::nullopt;
  std::size_t used = 0;
  while (!waiting_.empty() && out_.size() < options_.batch_count_max) {
    const auto size = waiting_sets_.front().size_bytes();
    const auto alone = waiting_.front().alone;
    if (!out_.empty() && (alone || used + size > options_.batch_bytes_max))
      break;
    used += size;
    waiting_bytes_ -= size;
    out_.push_back(waiting_.front());
    out_sets_.push_back(std::move(waiting_sets_.front()));
    waiting_.pop_front();
    waiting_sets_.pop_front();
    if (alone)
      break;
  }
  return batch{out_sets_};
}

std::optional<instant> group_committer::wake_at() const noexcept {
  if (batch_is_out() || waiting_.empty())
    return std::nullopt;
  const auto since = waiting_.front().since;
  return is_large() || waiting_.front().alone ? since : since + options_.delay;
}

std::vector<group_committer::completion> group_committer::committed(const result<void>& outcome) {
  AINUR_ASSERT(batch_is_out());
  std::vector<completion> out;
  if (!outcome && out_.size() > 1 && blames_a_set(outcome.error())) {
    while (!out_.empty()) {
      waiting_bytes_ += out_sets_.back().size_bytes();
      out_.back().alone = true;
      waiting_.push_front(out_.back());
      waiting_sets_.push_front(std::move(out_sets_.back()));
      out_.pop_back();
      out_sets_.pop_back();
    }
    return out;
  }
  out.reserve(out_.size());
  for (const auto& done : out_) {
    out.push_back({done.writer, done.ticket, outcome});
    if (!outcome)
      failed_.insert(done.writer);
  }
  out_.clear();
  out_sets_.clear();
  if (!outcome)
    drop_waiting_of_failed(out);
  return out;
}

void group_committer::drop_waiting_of_failed(std::vector<completion>& out) {
  std::deque<order> kept;
  std::deque<write_set> kept_sets;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (failed_.contains(waiting_[i].writer)) {
      waiting_bytes_ -= waiting_sets_[i].size_bytes();
      out.push_back(
          {waiting_[i].writer, waiting_[i].ticket,
           fail(errc::writer_failed, "writer " + std::to_string(waiting_[i].writer.value))});
    } else {
      kept.push_back(waiting_[i]);
      kept_sets.push_back(std::move(waiting_sets_[i]));
    }
  }
  waiting_ = std::move(kept);
  waiting_sets_ = std::move(kept_sets);
}

} // namespace ainur::store
