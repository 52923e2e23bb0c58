// Blocks: what goes into them, whether they may act, and their execution.
#include <algorithm>
#include <map>

#include "ainur/base/assert.hpp"
#include "ainur/ledger/signature.hpp"
#include "node_parts.hpp"

namespace ainur::consensus {

namespace {
constexpr duration report_validity = std::chrono::hours{1};
constexpr std::size_t block_margin_bytes = 64u << 10; // for a report, and what frames the batches
} // namespace

/// A batch of all evidence that this node has; nothing if it has none.
std::optional<ledger::signed_batch> full_node::parts::report(timestamp time) const {
  if (evidence.empty() || !who.reporter_seed)
    return std::nullopt;
  const auto reporter = ledger::account_of_seed(*who.reporter_seed);
  ledger::batch b{.signer = reporter,
                  .key = std::nullopt,
                  .nonce = state.nonce(reporter),
                  .valid_until = time + report_validity,
                  .entries = {}};
  for (const auto& e : evidence)
    b.entries.push_back({reporter, std::nullopt, ledger::report_equivocation{e.first, e.second}});
  auto signed_one = ledger::sign_batch(state.chain(), std::move(b), *who.reporter_seed);
  if (state.admission(signed_one, time, ledger::signatures::trusted) != ledger::errc::ok)
    return std::nullopt; // the account is gone, cannot pay, or has another key
  return signed_one;
}

void full_node::parts::do_one(make_block& e, const moment& m, node_step&, const follow& more) {
  const auto time = std::max(m.utc, state.time() + duration{1});
  std::size_t room = state.rules().block_entries_max;
  std::vector<ledger::signed_batch> chosen;
  if (auto own_report = report(time)) {
    room -= own_report->batch.entries.size();
    chosen.push_back(std::move(*own_report));
  }
  const auto reporter = chosen.empty() ? account_id{} : chosen.front().batch.signer;
  std::map<account_id, bool> admitted;
  for (const auto& b : pool.choose(room, rules.block_bytes_max - block_margin_bytes, time)) {
    const auto& signer = b->content.batch.signer;
    if (signer == reporter) // its numbers are taken
      continue;
    const auto [at, first] = admitted.try_emplace(signer, true);
    if (first) // what would not act now only takes room; its signer may send it again
      at->second =
          state.admission(b->content, time, ledger::signatures::trusted) == ledger::errc::ok;
    if (at->second)
      chosen.push_back(b->content);
    else
      pool.remove(signer, b->content.batch.nonce);
  }
  more(core.batches(e.height, e.round, std::move(chosen), m));
}

/// Bounds, numbers, times and signatures: what every replica finds alike without executing.
bool full_node::parts::is_good(const block& b) const {
  if (b.encoded_batches.size() > rules.block_bytes_max)
    return false;
  std::size_t entries = 0;
  std::map<account_id, std::uint64_t> next;
  for (const auto& x : b.batches) {
    entries += x.batch.entries.size();
    const auto [at, first] = next.try_emplace(x.batch.signer, 0);
    if (first)
      at->second = state.nonce(x.batch.signer);
    if (x.batch.entries.empty() || x.batch.nonce != at->second++ ||
        x.batch.valid_until < b.header.time)
      return false;
  }
  return entries <= state.rules().block_entries_max && checker->check(b);
}

void full_node::parts::do_one(check_block& e, const moment& m, node_step&, const follow& more) {
  more(core.checked(e.id, is_good(*e.block), m));
}

position full_node::parts::execute(const certified_block& decided, ledger::executed& done) const {
  const auto& b = *decided.block;
  execution x{done.applied.block_hash, done.applied.tables, std::nullopt};
  if (rules.checkpoint_interval != 0 && b.header.height % rules.checkpoint_interval == 0)
    x.state_hash = state.state_hash();
  std::optional<validator_set> elected;
  const auto in_two = state.committee_of(b.header.height + 2);
  if (in_two && in_two->first_height == b.header.height + 2) {
    auto set = validators_of(*in_two);
    AINUR_ASSERT(set); // the ledger keeps the same bounds
    elected = std::move(*set);
  }
  return after(core.at(), b, decided.commit, std::move(x), std::move(elected));
}

void full_node::parts::do_one(consensus::commit& e, const moment& m, node_step& out,
                              const follow& more) {
  const auto& b = *e.decided.block;
  std::vector<std::uint32_t> signers;
  for (const auto& s : b.last_commit.signatures)
    signers.push_back(s.signer);
  auto done = state.execute({.height = b.header.height,
                             .time = b.header.time,
                             .proposer = b.header.proposer,
                             .batches = b.batches,
                             .encoded_batches = b.encoded_batches,
                             .signers = signers});
  if (!done) { // a quorum wants what the ledger refuses: nothing here can go on
    halt stop{b.header.height, done.error().to_string()};
    return do_one(stop, m, out, more);
  }
  const auto& before = core.at();
  if (before.execution.state_hash && last_header && last_header->height == before.height)
    offer = make_offer(before, *last_header, b, e.decided.commit);
  auto next = execute(e.decided, *done);
  if (next.execution.state_hash)
    (void)state.mark_checkpoint();
  last_header = b.header;
  if (b.header.proposer == who.account)
    ++blocks_made;
  store_block(e.decided, *done, next, out.write);
  forget_settled(e.decided);
  out.blocks.push_back({std::move(e.decided), std::move(done->applied), next.execution.state_hash,
                        standing_sequence});
  more(core.executed(std::move(next), m));
}

/// Batches and evidence that are on the ledger now.
void full_node::parts::forget_settled(const certified_block& decided) {
  std::vector<std::pair<account_id, std::uint64_t>> nonces;
  for (const auto& x : decided.block->batches) {
    pool.remove(x.batch.signer, x.batch.nonce); // though it may not have acted
    nonces.emplace_back(x.batch.signer, state.nonce(x.batch.signer));
  }
  pool.committed(nonces, state.time());
  std::erase_if(evidence, [this](const equivocation& x) {
    const auto height = x.first.statement.height;
    return state.has_equivocated(x.first.signer, height) || !state.committee_of(height);
  });
  std::erase_if(own, [this](const own_batch& x) {
    const auto& b = x.batch->content.batch;
    return b.nonce < state.nonce(b.signer) || b.valid_until < state.time();
  });
}

} // namespace ainur::consensus
