// What the ledger actor keeps for strangers: batches on their way to a receipt, and the blocks that
// followers ask for.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "market_actors.hpp"

namespace ainur {

/// Batches that were submitted and not all answered yet. A requester of a batch is `desk_number`
/// and a correlation that finds its place here.
class submission_desk {
public:
  using promise = caf::typed_response_promise<msg::batch_receipts>;
  static constexpr std::uint32_t desk_number = ~std::uint32_t{0};
  static constexpr std::size_t batches_max = 10'000; ///< of one submission

  /// Takes a submission; its number. Every batch must come to `set` once.
  std::uint64_t open(promise to, std::size_t batches);

  [[nodiscard]] static ledger::requester requester_of(std::uint64_t number, std::size_t place) {
    return {desk_number, number << place_bits | place};
  }

  /// The receipt of one batch and the height of its block, 0 for none; with the last the submission
  /// is answered.
  void set(const ledger::requester& to, ledger::batch_receipt receipt, std::uint64_t height);

private:
  static constexpr int place_bits = 16;

  struct submission {
    promise to;
    msg::batch_receipts receipts;
    std::size_t missing = 0;
  };

  std::map<std::uint64_t, submission> open_;
  std::uint64_t last_ = 0;
};

/// Puts parts that were checked on several actors back into the order in which they were submitted:
/// batches of one signer would miss their nonces otherwise.
class check_line {
public:
  void expect(std::uint64_t number, std::size_t first) { expected_.emplace_back(number, first); }

  /// The parts that may go on now, in their order.
  [[nodiscard]] std::vector<msg::signatures_checked> take(msg::signatures_checked part);

private:
  using place = std::pair<std::uint64_t, std::size_t>; // submission, first batch of the part
  std::deque<place> expected_;
  std::map<place, msg::signatures_checked> early_;
};

/// The newest blocks, for those who ask for what follows a height.
class recent_blocks {
public:
  /// The ledger stands at this height, and nothing is here yet.
  void begin(std::uint64_t height) { newest_ = height; }

  [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

  void add(std::shared_ptr<const ledger::published> block, std::size_t most);
  /// Nothing if the first of them is not here any more; empty if there is none yet.
  [[nodiscard]] std::optional<msg::blocks_after> after(std::uint64_t height) const;

private:
  std::deque<std::shared_ptr<const ledger::published>> blocks_;
  std::uint64_t newest_ = 0;
};

// Answers to questions about a state.
[[nodiscard]] msg::task_views views_of(const ledger::state& s, const msg::ask_views& m);
[[nodiscard]] msg::totals totals_of(const ledger::state& s);
/// Of now, or of the checkpoint that is asked for.
void answer_accounts(const ledger::state& s, const msg::ask_accounts& m,
                     caf::typed_response_promise<msg::account_views>& to);

/// Checks signatures as long as the ledger lives.
[[nodiscard]] signature_checker_actor
spawn_signature_checker(caf::local_actor& parent, const ledger_actor& ledger, const hash256& chain);

/// Answers one question for blocks from the log, up to the height `last`, and is gone.
using block_reader_actor = caf::typed_actor<answers<msg::blocks_after, msg::ask_blocks>>;
[[nodiscard]] block_reader_actor spawn_block_reader(caf::local_actor& parent,
                                                    std::shared_ptr<store::backend> store,
                                                    std::uint64_t last);

} // namespace ainur
