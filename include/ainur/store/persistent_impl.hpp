// The member functions of persistent_core; included by persistent.hpp only.
#pragma once

namespace ainur::store {

template <persistent_state State>
auto persistent_core<State>::handle(const command_id& id, const command& what, timestamp now)
    -> outputs {
  if (broken_)
    return refuse(id, errc::must_recover);
  const bool numbered = !id.sender.is_none();
  if (numbered) {
    auto judged = window_.judge(id.sender, id.sequence, now);
    switch (judged.is) {
    case command_window::verdict::fresh:
      break;
    case command_window::verdict::duplicate:
      return answer_again(id, judged.answer);
    case command_window::verdict::too_old:
      return refuse(id, errc::too_old, "command " + std::to_string(id.sequence));
    case command_window::verdict::no_room:
      return refuse(id, errc::full, "too many senders");
    }
  }
  if (in_flight_.size() >= options_.in_flight_max)
    return refuse(id, errc::full, std::to_string(in_flight_.size()) + " commands are under way");

  auto decided = state_.decide(what, now);
  record_form record{id, now, {}, std::move(decided.events)};
  if (numbered) {
    record.answer = codec::encode(decided.reply);
    // Before anything is applied: it is the last that can refuse.
    if (auto kept = window_.remember(id.sender, id.sequence, record.answer, now); !kept) {
      outputs out;
      out.refusals.push_back({id, kept.error()});
      return out;
    }
  } else if (record.events.empty()) {
    return {};
  }
  for (const auto& e : record.events)
    state_.apply(e);

  outputs out;
  out.write.emplace();
  out.write->ticket = ++last_record_;
  out.write->set.append(options_.journal, last_record_, codec::encode(record));
  if (options_.snapshot_every != 0 && last_record_ - newest_snapshot_ >= options_.snapshot_every)
    add_snapshot(out.write->set);
  release waiting{last_record_, std::move(record.events), {}};
  if (numbered)
    waiting.answers.push_back({id, std::move(decided.reply), false});
  in_flight_.push_back(std::move(waiting));
  return out;
}

template <persistent_state State>
auto persistent_core<State>::answer_again(const command_id& id, const bytes& remembered)
    -> outputs {
  auto content = codec::decode<reply>(remembered, disk_limits());
  if (!content)
    return refuse(id, errc::bad_value, "the remembered answer: " + content.error().to_string());
  for (auto& waiting : in_flight_)
    if (!waiting.answers.empty() && waiting.answers.front().to == id) {
      // Not durable yet, so nobody may know; one repetition is enough however often it came.
      if (waiting.answers.size() == 1)
        waiting.answers.push_back({id, std::move(*content), true});
      return {};
    }
  outputs out;
  out.releases.emplace_back().answers.push_back({id, std::move(*content), true});
  return out;
}

template <persistent_state State>
auto persistent_core<State>::committed(std::uint64_t ticket) -> outputs {
  outputs out;
  if (broken_)
    return out;
  AINUR_ASSERT(!in_flight_.empty() && in_flight_.front().record == ticket);
  out.releases.push_back(std::move(in_flight_.front()));
  in_flight_.pop_front();
  return out;
}

template <persistent_state State>
auto persistent_core<State>::failed(const error& reason) -> outputs {
  outputs out;
  broken_ = true;
  for (const auto& waiting : in_flight_)
    for (const auto& a : waiting.answers)
      if (!a.repeated)
        out.refusals.push_back({a.to, reason});
  in_flight_.clear();
  return out;
}

template <persistent_state State>
void persistent_core<State>::add_snapshot(write_set& writes) {
  snapshot_form form;
  if constexpr (has_fields<State>)
    form.state = codec::encode(state_);
  else
    form.state = state_.to_snapshot();
  form.window = window_.to_form();
  writes.snapshot(options_.journal, last_record_, codec::encode(form));
  older_snapshot_ = std::exchange(newest_snapshot_, last_record_);
  // The older snapshot and what follows it stay, in case the newer one is damaged.
  if (older_snapshot_ != 0)
    writes.prune(options_.journal, older_snapshot_);
}

template <persistent_state State>
result<void> persistent_core<State>::load_snapshot(const view& from) {
  auto covered = snapshots_of(from, options_.journal);
  if (!covered)
    return fail(covered.error());
  std::optional<error> first_trouble;
  for (auto at = covered->rbegin(); at != covered->rend(); ++at) {
    const auto load = [&]() -> result<void> {
      auto found = snapshot_of(from, options_.journal, *at);
      if (!found)
        return fail(found.error());
      if (!*found || (*found)->covers != *at)
        return fail(errc::damaged, "snapshot " + std::to_string(*at) + " is missing");
      auto form = codec::decode<snapshot_form>((*found)->state, disk_limits());
      if (!form)
        return fail(form.error());
      auto window = command_window::from_form(form->window, options_.window);
      if (!window)
        return fail(window.error());
      auto state = [&]() -> result<State> {
        if constexpr (has_fields<State>)
          return codec::decode<State>(form->state, disk_limits());
        else
          return State::from_snapshot(form->state);
      }();
      if (!state)
        return fail(state.error());
      state_ = std::move(*state);
      window_ = std::move(*window);
      last_record_ = newest_snapshot_ = *at;
      older_snapshot_ = at + 1 == covered->rend() ? 0 : *(at + 1);
      return {};
    };
    auto loaded = load();
    if (loaded)
      return {};
    if (!first_trouble)
      first_trouble = loaded.error();
  }
  if (!first_trouble)
    return {};
  // No snapshot is sound; without pruning the records tell everything.
  auto extent = extent_of(from, options_.journal);
  if (!extent)
    return fail(extent.error());
  return extent->first == 1 ? result<void>{} : fail(*first_trouble);
}

template <persistent_state State>
result<void> persistent_core<State>::replay(const journal_record& record) {
  auto form = codec::decode<record_form>(record.content, disk_limits());
  if (!form)
    return fail(errc::bad_value, "journal " + std::to_string(options_.journal.value) + " record " +
                                     std::to_string(record.sequence) + ": " +
                                     form.error().to_string());
  if (!form->id.sender.is_none()) {
    if (auto known = codec::decode<reply>(form->answer, disk_limits()); !known)
      return fail(errc::bad_value, "journal " + std::to_string(options_.journal.value) +
                                       " record " + std::to_string(record.sequence) +
                                       ": its answer: " + known.error().to_string());
    auto kept =
        window_.restore(form->id.sender, form->id.sequence, std::move(form->answer), form->at);
    if (!kept)
      return kept;
  }
  for (const auto& e : form->events)
    state_.apply(e);
  last_record_ = record.sequence;
  return {};
}

template <persistent_state State>
auto persistent_core<State>::recover(const view& from, const persistent_options& options,
                                     State initial) -> result<persistent_core> {
  persistent_core core{options, std::move(initial)};
  if (auto loaded = core.load_snapshot(from); !loaded)
    return fail(loaded.error());
  for (;;) {
    auto records = read_journal(from, options.journal, core.last_record_ + 1);
    if (!records)
      return fail(records.error());
    if (records->empty())
      return core;
    for (const auto& record : *records)
      if (auto done = core.replay(record); !done)
        return fail(done.error());
  }
}

} // namespace ainur::store
