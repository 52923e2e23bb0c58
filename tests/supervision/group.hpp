// A group of children that obey at once, around the core: carries out what it says and writes down
// what happened ("start 2", "stop 3", "kill 1", "forget 2", "ended").
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ainur/supervision/supervisor_core.hpp"

namespace ainur::test {

using namespace supervision;

inline std::string text_of(child_id id) {
  return std::to_string(id.value);
}

struct group {
  supervisor_core core;
  instant now{};
  std::vector<std::string> log{};
  std::set<child_id> running{};
  std::set<child_id> refuses_start{};
  std::set<child_id> ignores_stop{};
  std::optional<instant> wake{};
  std::optional<ended> end{};

  explicit group(const supervisor_options& options, rng random = rng{0}) : core(options, random) {}

  void carry_out(actions first) {
    std::deque<action> queue(first.begin(), first.end());
    const auto more = [&queue](actions next) {
      queue.insert(queue.end(), next.begin(), next.end());
    };
    while (!queue.empty()) {
      const auto next = queue.front();
      queue.pop_front();
      if (const auto* s = std::get_if<start_child>(&next))
        more(start(s->id));
      else if (const auto* p = std::get_if<stop_child>(&next))
        more(stop(*p));
      else if (const auto* f = std::get_if<forget_child>(&next))
        log.push_back("forget " + text_of(f->id));
      else if (const auto* w = std::get_if<wake_at>(&next))
        wake = w->at;
      else
        finish(std::get<ended>(next));
    }
  }

  void add(std::uint64_t id, restart_kind restart = restart_kind::permanent,
           duration timeout = std::chrono::seconds{5}) {
    auto out = core.add(child_id{id}, {restart, timeout}, now);
    if (out)
      carry_out(*out);
  }

  void exit(std::uint64_t id, exit_kind how) {
    running.erase(child_id{id});
    carry_out(core.child_exited(child_id{id}, how, now));
  }

  /// Lets time pass up to `t`, with the timers on the way.
  void pass_to(instant t) {
    while (wake && *wake <= t) {
      now = std::max(now, *wake);
      wake.reset();
      carry_out(core.timer(now));
    }
    now = t;
  }

  std::vector<std::string> take_log() { return std::exchange(log, {}); }

private:
  actions start(child_id id) {
    if (refuses_start.contains(id)) {
      log.push_back("refuse " + text_of(id));
      return core.child_start_failed(id, now);
    }
    log.push_back("start " + text_of(id));
    running.insert(id);
    return core.child_started(id, now);
  }

  actions stop(const stop_child& what) {
    log.push_back((what.kill ? "kill " : "stop ") + text_of(what.id));
    if (!what.kill && ignores_stop.contains(what.id))
      return {};
    running.erase(what.id);
    return core.child_exited(what.id, what.kill ? exit_kind::killed : exit_kind::shutdown, now);
  }

  void finish(const ended& e) {
    log.push_back("ended");
    end = e;
  }
};

} // namespace ainur::test
