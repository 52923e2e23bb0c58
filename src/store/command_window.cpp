#include "ainur/store/command_window.hpp"

#include <algorithm>
#include <string>

#include "ainur/crypto/hash.hpp"

namespace ainur::store {

sender_id sender_named(std::string_view name) noexcept {
  return sender_id{crypto::hash("ainur/sender/v1", as_bytes(name)).value};
}

bool command_window::has_room(timestamp now) const {
  return lanes_.size() < options_.senders_max ||
         (!by_age_.empty() && by_age_.begin()->first + options_.retention <= now);
}

command_window::judgement command_window::judge(const sender_id& sender, std::uint64_t sequence,
                                                timestamp now) const {
  if (sequence == 0)
    return {verdict::too_old, {}};
  const auto found = lanes_.find(sender);
  if (found == lanes_.end())
    return {has_room(now) ? verdict::fresh : verdict::no_room, {}};
  const auto& known = found->second;
  if (const auto answer = known.answers.find(sequence); answer != known.answers.end())
    return {verdict::duplicate, answer->second};
  if (sequence <= known.highest && known.highest - sequence >= options_.width)
    return {verdict::too_old, {}};
  return {verdict::fresh, {}};
}

void command_window::keep(const sender_id& sender, std::uint64_t sequence, bytes answer,
                          timestamp at) {
  auto found = lanes_.find(sender);
  if (found == lanes_.end()) {
    if (lanes_.size() >= options_.senders_max && !by_age_.empty()) {
      lanes_.erase(by_age_.begin()->second);
      by_age_.erase(by_age_.begin());
    }
    found = lanes_.try_emplace(sender).first;
  } else {
    by_age_.erase({found->second.last_heard, sender});
  }
  auto& known = found->second;
  known.last_heard = at;
  by_age_.emplace(at, sender);
  known.highest = std::max(known.highest, sequence);
  known.answers.insert_or_assign(sequence, std::move(answer));
  while (known.highest - known.answers.begin()->first >= options_.width)
    known.answers.erase(known.answers.begin());
}

result<void> command_window::remember(const sender_id& sender, std::uint64_t sequence, bytes answer,
                                      timestamp now) {
  if (answer.size() > options_.answer_bytes_max)
    return fail(errc::bad_value, "an answer of " + std::to_string(answer.size()) + " bytes, " +
                                     std::to_string(options_.answer_bytes_max) + " are allowed");
  switch (judge(sender, sequence, now).is) {
  case verdict::fresh:
    keep(sender, sequence, std::move(answer), now);
    return {};
  case verdict::no_room:
    return fail(errc::full, "too many senders");
  default:
    return fail(errc::too_old, "command " + std::to_string(sequence) + " is not new");
  }
}

result<void> command_window::restore(const sender_id& sender, std::uint64_t sequence, bytes answer,
                                     timestamp at) {
  const auto judged = judge(sender, sequence, at).is;
  if (judged != verdict::fresh && judged != verdict::no_room)
    return fail(errc::bad_value, "command " + std::to_string(sequence) + " of " +
                                     to_string(sender) + " stands twice in the journal");
  keep(sender, sequence, std::move(answer), at);
  return {};
}

command_window::form command_window::to_form() const {
  form out;
  out.lanes.reserve(lanes_.size());
  for (const auto& [sender, known] : lanes_) {
    lane_form l{sender, known.last_heard, known.highest, {}};
    l.answers.reserve(known.answers.size());
    for (const auto& [sequence, answer] : known.answers)
      l.answers.push_back({sequence, answer});
    out.lanes.push_back(std::move(l));
  }
  return out;
}

result<command_window> command_window::from_form(const form& snapshot,
                                                 const window_options& options) {
  command_window out{options};
  for (const auto& l : snapshot.lanes) {
    const auto broken = [&l](const char* what) {
      return fail(errc::bad_value, "window of " + to_string(l.sender) + ": " + what);
    };
    if (!out.lanes_.empty() && !(out.lanes_.rbegin()->first < l.sender))
      return broken("senders are not in order");
    if (l.answers.empty() || l.answers.back().sequence != l.highest)
      return broken("the highest command has no answer");
    lane kept{l.last_heard, l.highest, {}};
    std::uint64_t last = 0;
    for (const auto& a : l.answers) {
      if (a.sequence <= last)
        return broken("commands are not in order");
      last = a.sequence;
      if (l.highest - a.sequence < options.width)
        kept.answers.emplace(a.sequence, a.answer);
    }
    out.by_age_.emplace(l.last_heard, l.sender);
    out.lanes_.emplace(l.sender, std::move(kept));
  }
  return out;
}

} // namespace ainur::store
