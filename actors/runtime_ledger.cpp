// What a host program does with the ledger of its runtime: transactions of its own keys, with
// proofs where validators keep the ledger.
#include "ainur/consensus/block.hpp"
#include "ainur/consensus/finality_prover.hpp"
#include "runtime_impl.hpp"

namespace ainur {

result<std::optional<ledger::account_view>> runtime::impl::account(const account_id& id) {
  auto seen = market->ask_accounts({id});
  if (!seen)
    return fail(std::move(seen).error());
  return std::move(seen->views.front());
}

result<void> runtime::impl::fund(const account_id& to, amount value) {
  return carry_out({{host, std::nullopt, ledger::transfer{to, value}}});
}

result<transaction_report> runtime::impl::transact(const ledger::signed_batch& batch,
                                                   duration timeout) {
  const auto limit = market->world().now() + std::clamp(timeout, duration{}, wait_max);
  const auto left = [&] { return std::max(limit - market->world().now(), duration{}); };
  transaction_report out{.id = consensus::id_of(batch), .height = 0, .receipt = {}, .proof = {}};
  auto answer = market->submit_batch(batch, left());
  if (!answer)
    return fail(runtime_errc::timed_out,
                "the transaction " + to_string(out.id) +
                    " is not final yet, and may become so: hand the same batch in again");
  if (!*answer)
    return fail(answer->error());
  out.receipt = std::move((*answer)->receipts.front());
  out.height = (*answer)->heights.front();
  if (out.receipt.status != ledger::errc::ok)
    return fail(out.receipt.status,
                "the ledger does not take the transaction " + to_string(out.id));
  if (!market->options().validators)
    return out;
  // Without the next block the proof shows that it is final, but not what became of it.
  if (const auto next = market->await_block_after(out.height, left()); next && !*next)
    return fail(next->error());
  const auto view = market->store().open_view();
  if (!view)
    return fail(view.error());
  const auto at = consensus::find_transaction(**view, out.id, out.height, out.height);
  if (!at)
    return fail(at.error());
  auto proof = consensus::prove_batch(**view, at->height, at->place);
  if (!proof)
    return fail(proof.error());
  out.proof = std::move(*proof);
  return out;
}

result<std::vector<validator_report>> runtime::impl::validators() {
  auto nodes = market->ask_validators();
  if (!nodes)
    return fail(nodes.error());
  if (!nodes->empty())
    nodes->pop_back(); // the runtime's own node, which follows
  std::vector<validator_report> out;
  for (auto& v : *nodes)
    out.push_back({.stash = market->stash_of(v.place),
                   .is_up = v.is_up,
                   .height = v.height,
                   .block_hash = v.block_hash,
                   .state_hash = v.state_hash,
                   .blocks_made = v.blocks_made,
                   .stopped = std::move(v.stopped)});
  return out;
}

result<void> runtime::impl::crash_validator(std::uint32_t number) {
  if (!market->kill(role::validator_of(number)))
    return fail(base_errc::not_found,
                "the validator " + std::to_string(number) + " is not running");
  return {};
}

} // namespace ainur
