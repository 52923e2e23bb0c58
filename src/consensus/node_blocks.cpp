// Blocks: what goes into them, whether they may act, and their execution.
#include <algorithm>
#include <map>

#include "ainur/base/assert.hpp"
#include "node_parts.hpp"

namespace ainur::consensus {

namespace {
constexpr duration report_validity = std::chrono::hours{1};
constexpr std::size_t list_head_bytes = 5;     // before the batches of a block, at most
constexpr std::size_t report_bytes = 1u << 10; // one piece of evidence with its batch takes less
} // namespace

/// Whether a block with nothing else would have room for it.
bool full_node::parts::fits(const prepared_batch& b) const {
  return b.size_bytes + list_head_bytes <= rules.block_bytes_max &&
         b.content.batch.entries.size() <= state.rules().block_entries_max;
}

/// A batch of the evidence that this node has, as much as a block has room for; nothing if it has
/// none, or the ledger would not take it: then no block is worth making for it.
std::optional<ledger::batch> full_node::parts::report(timestamp time) const {
  if (evidence.empty() || !who.reporter_seed)
    return std::nullopt;
  ledger::batch b{.signer = reporter,
                  .key = std::nullopt,
                  .nonce = state.nonce(reporter),
                  .valid_until = time + report_validity,
                  .entries = {}};
  const auto room =
      std::min<std::size_t>(rules.block_bytes_max / report_bytes, state.rules().block_entries_max);
  for (std::size_t i = 0; i < std::min(evidence.size(), room); ++i)
    b.entries.push_back({reporter, std::nullopt,
                         ledger::report_equivocation{evidence[i].first, evidence[i].second}});
  ledger::signed_batch asked{std::move(b), {}};
  if (state.admission(asked, time, ledger::signatures::trusted) != ledger::errc::ok)
    return std::nullopt; // the account is gone, cannot pay, or has another key
  return std::move(asked.batch);
}

void full_node::parts::do_one(make_block& e, const moment& m, node_step&, const follow& more) {
  const auto time = std::max(m.utc, state.time() + duration{1});
  std::size_t entries = state.rules().block_entries_max;
  std::size_t bytes = rules.block_bytes_max - list_head_bytes;
  std::vector<ledger::signed_batch> chosen;
  if (auto own_report = report(time)) {
    chosen.push_back(ledger::sign_batch(state.chain(), std::move(*own_report), *who.reporter_seed));
    entries -= chosen.back().batch.entries.size();
    bytes -= codec::encode(chosen.back()).size();
  }
  const bool reports = !chosen.empty();
  const auto reported = chosen.size();
  // What would not act now only takes room; its signer may send it again. Others may have room
  // then.
  for (bool refused = true; refused && chosen.size() == reported;) {
    refused = false;
    std::map<account_id, bool> admitted;
    for (const auto& b : pool.choose(entries, bytes, time)) {
      const auto& signer = b->content.batch.signer;
      if (reports && signer == reporter) // its numbers are taken
        continue;
      const auto [at, first] = admitted.try_emplace(signer, true);
      if (first)
        at->second =
            state.admission(b->content, time, ledger::signatures::trusted) == ledger::errc::ok;
      if (at->second) {
        chosen.push_back(b->content);
      } else {
        pool.remove(signer, b->content.batch.nonce);
        refused = true;
      }
    }
  }
  if (chosen.empty()) // nor do the others fit; waiting, they would only make empty blocks
    for (const auto& b : pool.ready())
      pool.remove(b->content.batch.signer, b->content.batch.nonce);
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
  execution x{done.applied.block_hash, done.applied.tables, std::nullopt,
              hash_of(done.applied.batches)};
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
  if (before.execution.state_hash && last_header && last_header->height == before.height &&
      keeper.growing() == before.height)
    keep_offer(make_offer(before, *last_header, b, e.decided.commit), out.write);
  auto next = execute(e.decided, *done);
  if (next.execution.state_hash)
    (void)state.mark_checkpoint();
  last_header = b.header;
  proof_due = b.batches.empty() ? std::nullopt : std::optional{m.now + proof_after};
  if (b.header.proposer == who.account)
    ++blocks_made;
  store_block(e.decided, *done, next, out.write);
  forget_settled(e.decided, done->applied);
  out.blocks.push_back({std::move(e.decided), std::move(done->applied), next.execution.state_hash,
                        standing_sequence});
  more(core.executed(std::move(next), m));
}

/// Batches and evidence that are on the ledger now, or that it has refused.
void full_node::parts::forget_settled(const certified_block& decided, const ledger::applied& done) {
  std::vector<std::pair<account_id, std::uint64_t>> nonces;
  const auto& batches = decided.block->batches;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto& x = batches[i].batch;
    if (done.batches[i].status != ledger::errc::ok)
      pool.remove(x.signer, x.nonce);
    nonces.emplace_back(x.signer, state.nonce(x.signer));
    std::erase_if(own, [&](const own_batch& mine) {
      return mine.batch->content.signature == batches[i].signature;
    });
    if (x.signer == reporter)
      forget_refused(x, done.batches[i]);
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

/// Evidence that the ledger does not take now it will never take.
void full_node::parts::forget_refused(const ledger::batch& report,
                                      const ledger::batch_receipt& receipt) {
  for (std::size_t i = 0; i < receipt.entries.size(); ++i)
    if (const auto* x = std::get_if<ledger::report_equivocation>(&report.entries[i].call);
        x != nullptr && receipt.entries[i] != ledger::errc::ok)
      std::erase_if(evidence, [x](const equivocation& e) { return e.first == x->first; });
}

} // namespace ainur::consensus
