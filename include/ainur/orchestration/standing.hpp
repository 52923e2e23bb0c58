// The standing of agents, projected from the ledger's events: score, stake, and how often each
// capability was delivered well. The ledger is the truth; this is what others read quickly. A
// value; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/ledger/event.hpp"
#include "ainur/ledger/genesis.hpp"

namespace ainur::orchestration {

/// What became of an agent's awards of one capability.
struct capability_standing {
  std::string
      capability; ///< empty where it is not known: awarded in an earlier life of the process
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  AINUR_FIELDS(capability_standing, capability, successes, failures)
};

struct agent_standing {
  account_id account;
  std::uint16_t score = 0; ///< in the era of the last event
  amount stake;
  bool bonded = false; ///< with enough for tasks that ask a minimum
  std::vector<capability_standing> capabilities;
  std::uint16_t scored = 0;     ///< the score as of `scored_era`, from which it decays
  std::uint64_t scored_era = 0; ///< of the last outcome
  AINUR_FIELDS(agent_standing, account, score, stake, bonded, capabilities, scored, scored_era)
};

struct standing_change {
  account_id account;
  std::uint16_t score = 0;
  amount stake;
  bool bonded = false;
};

/// The projection as of record `cursor` of the journal it reads.
struct standing_snapshot {
  std::uint64_t cursor = 0;
  std::vector<agent_standing> agents; ///< by account
  std::uint64_t era = 0;              ///< of the last event, where scores decay
  AINUR_FIELDS(standing_snapshot, cursor, agents, era)
};

class standing_projection {
public:
  /// `bond_min`: the least stake with which an agent is bonded.
  explicit standing_projection(amount bond_min = amount::ainu(100)) noexcept
      : bond_min_(bond_min) {}

  /// Where nothing was saved yet: those who are bonded from the start.
  void begin(const ledger::genesis& from);
  /// Which capability an award that is about to end is for.
  void note_capability(const task_id& task, std::uint16_t subtask, std::string capability);
  /// The agents whose score or stake changed, each once, in the order of their first change.
  std::vector<standing_change> apply(const std::vector<ledger::event::any>& events);

  [[nodiscard]] const agent_standing* find(const account_id& agent) const;
  /// Mean score of bonded agents; 0 if there are none.
  [[nodiscard]] std::uint64_t mean_score() const;

  [[nodiscard]] std::size_t size() const noexcept { return agents_.size(); }

  [[nodiscard]] standing_snapshot save(std::uint64_t cursor) const;
  void load(standing_snapshot from);

private:
  agent_standing& at(const account_id& agent);
  void set_score(agent_standing& a, std::uint16_t score, std::uint64_t era);
  /// The score in the era of the last event.
  [[nodiscard]] std::uint16_t now(const agent_standing& a) const;
  /// Those whose score is less in this era than it was, by id.
  [[nodiscard]] std::vector<account_id> fading() const;
  amount bond_min_;
  ledger::settlement_parameters rules_;
  std::uint64_t era_ = 0;
  std::unordered_map<account_id, agent_standing> agents_;
  /// Awards under way; bounded, the oldest are forgotten.
  std::unordered_map<task_id, std::vector<std::pair<std::uint16_t, std::string>>> capability_of_;
  std::vector<task_id> order_;
  std::size_t oldest_ = 0;
};

} // namespace ainur::orchestration
