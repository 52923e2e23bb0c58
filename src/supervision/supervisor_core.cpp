#include "ainur/supervision/supervisor_core.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "ainur/base/assert.hpp"

namespace ainur::supervision {
namespace {

constexpr instant never = instant::max();

instant add_saturated(instant t, duration d) {
  return d > never - t ? never : t + d;
}

std::string named(child_id id) {
  return "child " + std::to_string(id.value);
}

} // namespace

supervisor_core::supervisor_core(const supervisor_options& options, rng random)
    : options_(options), random_(random) {}

// -- the table of children ----------------------------------------------------------------------

std::size_t supervisor_core::lower_bound(child_id id) const {
  // Ids mostly ascend, so the end is tried first.
  if (by_id_.empty() || rows_[by_id_.back()].id < id)
    return by_id_.size();
  const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                   [this](auto i, child_id x) { return rows_[i].id < x; });
  return static_cast<std::size_t>(at - by_id_.begin());
}

/// The row of a child; rows_.size() if there is none.
std::size_t supervisor_core::position(child_id id) const {
  const auto at = lower_bound(id);
  if (at == by_id_.size() || rows_[by_id_[at]].id != id)
    return rows_.size();
  return by_id_[at];
}

void supervisor_core::erase(std::size_t at, actions& out) {
  set(rows_[at], child_state::idle);
  out.push_back(forget_child{rows_[at].id});
  by_id_.erase(by_id_.begin() + static_cast<std::ptrdiff_t>(lower_bound(rows_[at].id)));
  for (auto& i : by_id_)
    i -= i > at ? 1 : 0;
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at));
}

void supervisor_core::set_timed(row& r, child_state state, instant mark) {
  set(r, state);
  r.mark = mark;
  ++timed_;
}

void supervisor_core::set(row& r, child_state state) {
  if (r.state == child_state::waiting || r.state == child_state::stopping)
    --timed_;
  r.state = state;
}

std::optional<child_info> supervisor_core::find(child_id id) const {
  const auto at = position(id);
  if (at == rows_.size())
    return std::nullopt;
  const auto& r = rows_[at];
  return child_info{r.id, {r.restart, r.shutdown_timeout}, r.state, r.failures};
}

std::vector<child_info> supervisor_core::children() const {
  std::vector<child_info> out;
  out.reserve(rows_.size());
  for (const auto& r : rows_)
    out.push_back({r.id, {r.restart, r.shutdown_timeout}, r.state, r.failures});
  return out;
}

// -- single steps -------------------------------------------------------------------------------

void supervisor_core::begin_start(row& r, actions& out) {
  set(r, child_state::starting);
  r.in_round = false;
  out.push_back(start_child{r.id, !r.fresh});
}

void supervisor_core::begin_stop(row& r, instant now, actions& out) {
  const bool kill = r.shutdown_timeout <= brutal_kill;
  set_timed(r, child_state::stopping, kill ? never : add_saturated(now, r.shutdown_timeout));
  out.push_back(stop_child{r.id, kill});
}

void supervisor_core::begin_ending(std::optional<errc> why) {
  ending_ = true;
  failure_ = why;
  round_ = round_phase::none;
  for (auto& r : rows_)
    if (r.state == child_state::waiting)
      set(r, child_state::idle);
}

/// Whether one more restart stays within the intensity; counts it.
bool supervisor_core::may_restart(instant now) {
  while (!restarts_.empty() && add_saturated(restarts_.front(), options_.intensity.period) < now)
    restarts_.pop_front();
  restarts_.push_back(now);
  return restarts_.size() <= options_.intensity.restarts_max;
}

/// The wait after a row's failures so far (at least one).
duration supervisor_core::delay_of(const row& r) {
  const auto& rule = options_.delay;
  auto delay = std::min(rule.initial, rule.max);
  for (unsigned i = 1; i < r.failures && delay < rule.max && delay > duration{0}; ++i)
    delay = delay > rule.max / 2 ? rule.max : delay * 2;
  if (delay <= duration{0} || rule.jitter_ppm == 0)
    return std::max(delay, duration{0});
  const auto part = std::min<std::int64_t>(rule.jitter_ppm, 1'000'000);
  // Whole and fraction apart, so that long waits do not overflow.
  const auto most = delay.count() / 1'000'000 * part + delay.count() % 1'000'000 * part / 1'000'000;
  return delay - duration{random_.between(0, most)};
}

/// A child must be restarted, or the supervisor gives up.
void supervisor_core::failed(std::size_t at, instant now, actions& out) {
  if (!may_restart(now))
    return begin_ending(errc::gave_up);
  auto& r = rows_[at];
  if (r.failures < std::numeric_limits<std::uint8_t>::max())
    ++r.failures;
  const auto delay = delay_of(r);
  if (options_.strategy == strategy_kind::one_for_one) {
    if (delay == duration{0})
      return begin_start(r, out);
    return set_timed(r, child_state::waiting, add_saturated(now, delay));
  }
  const auto first = options_.strategy == strategy_kind::one_for_all ? 0 : at;
  for (auto i = first; i < rows_.size(); ++i) {
    rows_[i].in_round = true;
    if (rows_[i].state == child_state::stopping)
      rows_[i].by_request = false; // a restart of all overrules an earlier request
  }
  round_ = round_phase::stopping;
  round_delay_ = delay;
}

// -- what takes several steps -------------------------------------------------------------------

bool supervisor_core::stop_next(bool round_only, instant now, actions& out) {
  std::size_t last = rows_.size();
  for (std::size_t i = rows_.size(); i-- > 0;) {
    const auto& r = rows_[i];
    if (round_only && !r.in_round)
      continue;
    if (r.state == child_state::stopping || r.state == child_state::starting)
      return false;
    if (r.state == child_state::running && last == rows_.size())
      last = i;
  }
  if (last == rows_.size())
    return true;
  begin_stop(rows_[last], now, out);
  return false;
}

void supervisor_core::start_next(actions& out) {
  for (const auto& r : rows_)
    if (r.state == child_state::starting)
      return;
  for (auto& r : rows_)
    if (r.in_round && r.state == child_state::idle)
      return begin_start(r, out);
  round_ = round_phase::none;
  initial_ = false;
}

void supervisor_core::advance(instant now, actions& out) {
  if (ended_)
    return;
  if (ending_) {
    if (!stop_next(false, now, out))
      return ask_for_timer(out);
    ended_ = true;
    out.push_back(ended{failure_});
    return;
  }
  if (round_ == round_phase::stopping && stop_next(true, now, out)) {
    round_ = round_phase::waiting;
    round_due_ = add_saturated(now, round_delay_);
  }
  if (round_ == round_phase::waiting && round_due_ <= now)
    round_ = round_phase::starting;
  if (round_ == round_phase::starting)
    start_next(out);
  ask_for_timer(out);
}

void supervisor_core::ask_for_timer(actions& out) {
  auto next = round_ == round_phase::waiting ? round_due_ : never;
  if (timed_ != 0)
    for (const auto& r : rows_)
      if (r.state == child_state::waiting || r.state == child_state::stopping)
        next = std::min(next, r.mark);
  if (next == never || wake_ == next)
    return;
  wake_ = next;
  out.push_back(wake_at{next});
}

// -- inputs -------------------------------------------------------------------------------------

result<actions> supervisor_core::add(child_id id, const child_policy& policy, instant) {
  if (ending_)
    return fail(errc::ending, named(id) + " was not added");
  if (rows_.size() >= options_.children_max)
    return fail(errc::full, named(id) + " would be more than " +
                                std::to_string(options_.children_max) + "; add a supervisor below");
  if (position(id) != rows_.size())
    return fail(errc::duplicate, named(id) + " exists");
  by_id_.insert(by_id_.begin() + static_cast<std::ptrdiff_t>(lower_bound(id)),
                static_cast<std::uint32_t>(rows_.size()));
  rows_.push_back({.id = id,
                   .mark = {},
                   .shutdown_timeout = policy.shutdown_timeout,
                   .restart = policy.restart});
  actions out;
  if (!started_)
    return out;
  if (round_ == round_phase::none)
    begin_start(rows_.back(), out);
  else
    rows_.back().in_round = true; // starts in its turn
  return out;
}

actions supervisor_core::start(instant now) {
  AINUR_ASSERT(!started_);
  started_ = true;
  initial_ = true;
  for (auto& r : rows_)
    r.in_round = true;
  round_ = round_phase::starting;
  actions out;
  advance(now, out);
  return out;
}

actions supervisor_core::child_started(child_id id, instant now) {
  actions out;
  const auto at = position(id);
  if (at == rows_.size() || rows_[at].state != child_state::starting)
    return out;
  auto& r = rows_[at];
  set(r, child_state::running);
  r.mark = now;
  r.fresh = false;
  if (r.by_request && !ending_)
    begin_stop(r, now, out);
  advance(now, out);
  return out;
}

actions supervisor_core::child_start_failed(child_id id, instant now) {
  actions out;
  const auto at = position(id);
  if (at == rows_.size() || rows_[at].state != child_state::starting)
    return out;
  auto& r = rows_[at];
  set(r, child_state::idle);
  const bool asked_down = std::exchange(r.by_request, false);
  if (ending_) {
  } else if (initial_) {
    begin_ending(errc::start_failed);
  } else if (r.fresh || (asked_down && r.restart == restart_kind::temporary)) {
    erase(at, out);
  } else if (!asked_down) {
    failed(at, now, out);
  }
  advance(now, out);
  return out;
}

actions supervisor_core::child_exited(child_id id, exit_kind how, instant now) {
  actions out;
  const auto at = position(id);
  if (at == rows_.size())
    return out;
  auto& r = rows_[at];
  const auto was = r.state;
  if (was != child_state::running && was != child_state::starting && was != child_state::stopping)
    return out;
  if (was == child_state::running && now - r.mark >= options_.delay.reset_after)
    r.failures = 0;
  set(r, child_state::idle);
  r.fresh = false;
  const bool asked = std::exchange(r.by_request, false);
  const bool was_told = was == child_state::stopping || ending_ || asked ||
                        (round_ == round_phase::stopping && r.in_round);
  const bool failure = r.restart == restart_kind::permanent ||
                       (r.restart == restart_kind::transient &&
                        (how == exit_kind::abnormal || how == exit_kind::killed));
  if (r.restart == restart_kind::temporary)
    erase(at, out);
  else if (!was_told && failure)
    failed(at, now, out);
  advance(now, out);
  return out;
}

actions supervisor_core::timer(instant now) {
  actions out;
  if (ended_)
    return out;
  wake_.reset();
  for (auto& r : rows_) {
    if (timed_ == 0)
      break;
    if (r.state == child_state::waiting && r.mark <= now) {
      begin_start(r, out);
    } else if (r.state == child_state::stopping && r.mark <= now) {
      r.mark = never; // a kill cannot be refused
      out.push_back(stop_child{r.id, true});
    }
  }
  advance(now, out);
  return out;
}

result<actions> supervisor_core::terminate(child_id id, instant now) {
  const auto at = position(id);
  if (at == rows_.size())
    return fail(errc::not_found, named(id));
  auto& r = rows_[at];
  actions out;
  r.in_round = false;
  switch (r.state) {
  case child_state::running:
    r.by_request = true;
    begin_stop(r, now, out);
    break;
  case child_state::starting: // stopped when it is up
  case child_state::stopping:
    r.by_request = true;
    break;
  case child_state::waiting:
  case child_state::idle:
    set(r, child_state::idle);
    if (r.restart == restart_kind::temporary)
      erase(at, out);
  }
  advance(now, out);
  return out;
}

result<actions> supervisor_core::restart(child_id id, instant now) {
  if (ending_)
    return fail(errc::ending, named(id) + " was not restarted");
  const auto at = position(id);
  if (at == rows_.size())
    return fail(errc::not_found, named(id));
  auto& r = rows_[at];
  actions out;
  if (r.state == child_state::running || r.state == child_state::stopping)
    return fail(errc::still_running, named(id));
  if (r.state == child_state::starting)
    r.by_request = false;
  if (r.state == child_state::idle && !r.in_round) {
    if (round_ == round_phase::none)
      begin_start(r, out);
    else
      r.in_round = true;
  }
  advance(now, out);
  return out;
}

result<actions> supervisor_core::remove(child_id id) {
  const auto at = position(id);
  if (at == rows_.size())
    return fail(errc::not_found, named(id));
  if (rows_[at].state != child_state::idle || rows_[at].in_round)
    return fail(errc::still_running, named(id) + " must be terminated first");
  actions out;
  erase(at, out);
  return out;
}

actions supervisor_core::shutdown(instant now) {
  actions out;
  if (ending_)
    return out;
  begin_ending(std::nullopt);
  advance(now, out);
  return out;
}

} // namespace ainur::supervision
