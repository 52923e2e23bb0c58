// Faults on a time line: what shall go wrong, to whom, when, for how long and how often. The plan
// only says what is due; carrying it out belongs to whoever owns the targets. Repetitions are laid
// out and targets are drawn from a seed, so that a run's faults are found again by its seed.
//
// Values; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "ainur/sim/network.hpp"

namespace ainur::sim {

/// Errors of room `sim`.
enum class errc : std::uint16_t {
  bad_fault = 1, ///< a fault's numbers contradict each other
};
[[nodiscard]] error_info describe(errc code) noexcept;

enum class fault_kind : std::uint8_t {
  kill,         ///< the actor dies; its supervisor restarts it
  pause,        ///< takes no message
  silent,       ///< agents: awarded tasks are never answered
  late,         ///< agents: deliver `delay` after their time
  false_result, ///< agents: deliver a wrong result
  false_bid,    ///< agents: bid beyond what they are allowed
  bypass,       ///< agents: send bids past their guard
  partition,    ///< the targets are cut off from everybody else
  link_change,  ///< the targets' links behave as `link`
  max_value = link_change,
};
[[nodiscard]] std::string_view to_string(fault_kind kind) noexcept;

enum class target_kind : std::uint8_t {
  agents,
  guard,
  supervisor,
  orchestrator,
  shard,
  ledger,
  reputation,
  store,
  node,
  max_value = node,
};
[[nodiscard]] std::string_view to_string(target_kind kind) noexcept;

/// Who is struck: the listed indices if there are any, else a share, else a count drawn by the
/// seed.
struct target_selector {
  target_kind kind = target_kind::agents;
  std::string group;                  ///< agents: of this population only; empty: of all
  std::vector<std::uint32_t> indices; ///< exactly these
  std::uint32_t share_ppm = 0;        ///< so large a share of them, at least one
  std::uint32_t count = 1;            ///< so many of them, if neither of the above
  friend bool operator==(const target_selector&, const target_selector&) = default;
};

/// The positions struck among `population` targets, ascending and without repetition. Listed
/// indices beyond the population are left out.
[[nodiscard]] std::vector<std::uint32_t> select(const target_selector& who,
                                                std::uint32_t population, rng& random);

struct fault {
  fault_kind kind = fault_kind::kill;
  target_selector target;
  instant at{};
  std::optional<duration> lasts; ///< nothing: a kill is instantaneous, another fault never ends
  duration every{};              ///< repeated at this distance; 0: once
  std::uint32_t repeats = 1;     ///< how many times in all, with `every`
  std::uint32_t effect_ppm = 1'000'000; ///< share of the targets' acts that are affected
  duration delay{};                     ///< of `late`
  link_model link;                      ///< of `link_change`
  friend bool operator==(const fault&, const fault&) = default;
};

/// One begin or end of a fault.
struct fault_event {
  enum class edge : std::uint8_t { begin, end };
  instant at{};
  edge what = edge::begin;
  std::uint32_t fault = 0;      ///< index into `fault_plan::faults()`
  std::uint32_t occurrence = 0; ///< which repetition, from 0; the same at begin and end
  friend bool operator==(const fault_event&, const fault_event&) = default;
};

class fault_plan {
public:
  fault_plan() = default;

  /// Errors: `bad_fault` naming the fault (negative or overflowing times, repetitions that overlap
  /// themselves, rates above one million, more than a million events in all).
  [[nodiscard]] static result<fault_plan> make(std::vector<fault> faults, rng random);

  /// Everything due at `now` that was not returned before, in the order of time; at one instant
  /// ends come before begins, then in the order of the list.
  [[nodiscard]] std::vector<fault_event> due(instant now);
  /// When the next event is due, if there is one.
  [[nodiscard]] std::optional<instant> next_time() const noexcept;

  [[nodiscard]] const std::vector<fault>& faults() const noexcept { return faults_; }

  /// The targets of one occurrence among `population`: the same whenever asked, so that an end
  /// finds the targets of its begin.
  [[nodiscard]] std::vector<std::uint32_t> targets(const fault_event& event,
                                                   std::uint32_t population) const;

private:
  std::vector<fault> faults_;
  std::vector<fault_event> timeline_;
  std::size_t next_ = 0;
  rng random_{0};
};

} // namespace ainur::sim
