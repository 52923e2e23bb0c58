// What passes between an orchestrator and the guards of agents: a call for proposals, the bids that
// answer it, the receipt that each bid gets, and the award.
//
// These are plain values inside one trust domain. A bid's hash stands in its receipt and in the
// award on the ledger; the root over all receipted bids lets anyone derive the award again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::market {

/// Identifies one call of one orchestrator: its number, and how often the orchestrator has started.
using call_number = std::uint64_t;

/// "Who does this, for at most that, by then?"
struct call_for_proposals {
  call_number number = 0;
  task_id task;
  std::uint16_t subtask = 0;
  std::uint16_t round = 0; ///< 1 offers the posted price: an ask at most `reserve` is taken as it
  std::string capability;
  duration work{};      ///< as in `subtask::work`
  amount reserve;       ///< the most that is paid
  amount budget;        ///< of the whole task
  timestamp bids_by{};  ///< later bids are not considered
  timestamp deadline{}; ///< the work must be finished by then
  std::uint16_t reputation_min = 0;
  std::uint32_t orchestrator = 0; ///< to whom the bids go
  AINUR_FIELDS(call_for_proposals, number, task, subtask, round, capability, work, reserve, budget,
               bids_by, deadline, reputation_min, orchestrator)
};

/// An agent's binding offer: price, and the time from award to result.
struct bid {
  task_id task;
  std::uint16_t subtask = 0;
  std::uint16_t round = 0;
  account_id agent;
  amount price;
  duration work{};
  AINUR_FIELDS(bid, task, subtask, round, agent, price, work)
};

/// The hash of a bid; ties in an auction go to the smaller hash.
[[nodiscard]] hash256 hash_of(const bid& b);

/// The root over bids in the order of their hashes: BLAKE2b of the sorted hashes.
[[nodiscard]] hash256 root_of(std::span<const hash256> bid_hashes);

/// The orchestrator's word that it has the bid, before the auction is decided.
struct bid_receipt {
  call_number call = 0;
  hash256 bid;
  hash256 bids_root; ///< over all bids of the call
  std::uint16_t bids = 0;
  AINUR_FIELDS(bid_receipt, call, bid, bids_root, bids)
};

/// Whom the work is given to, at what price and until when. Sent after the escrow is on the ledger.
struct award {
  call_number call = 0;
  task_id task;
  std::uint16_t subtask = 0;
  std::string capability;
  account_id agent;
  amount price;
  duration work{}; ///< as in the call
  timestamp finish_by{};
  std::uint32_t orchestrator = 0;
  bytes input;
  AINUR_FIELDS(award, call, task, subtask, capability, agent, price, work, finish_by, orchestrator,
               input)
};

/// What an agent delivers: the digest goes to the ledger, the content to the payer.
struct delivery {
  call_number call = 0;
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  bool gave_up = false;
  hash256 digest;
  bytes content; ///< at most the runtime's result_size_max
  AINUR_FIELDS(delivery, call, task, subtask, agent, gave_up, digest, content)
};

} // namespace ainur::market
