#include "ainur/ledger/chain.hpp"

#include <string>

namespace ainur::ledger {

namespace {

tl::unexpected<error> at(std::uint64_t height, const error& e) {
  return fail(e.within("at height " + std::to_string(height)));
}

result<void> check_signatures(const state& s, const block& b) {
  for (std::size_t i = 0; i < b.batches.size(); ++i)
    if (!verify_batch(s.chain(), b.batches[i]))
      return fail(errc::bad_signature,
                  "batch " + std::to_string(i) + " of " + to_string(b.batches[i].batch.signer));
  return {};
}

} // namespace

result<state> replay(state start, const block_source& source, signatures check,
                     const block_observer& observer) {
  for (;;) {
    const auto next = start.height() + 1;
    auto record = source();
    if (!record)
      return at(next, record.error());
    if (!*record)
      return start;
    auto b = decode_block(**record);
    if (!b)
      return at(next, b.error());
    if (b->height < next)
      continue;
    if (b->hash.is_none())
      return at(next, error{errc::bad_block, "a logged block carries its hash"});
    if (check == signatures::verify)
      if (auto valid = check_signatures(start, *b); !valid)
        return at(next, valid.error());
    auto done = start.apply(*b, signatures::trusted);
    if (!done)
      return at(next, done.error());
    if (observer)
      observer(*b, *done);
  }
}

} // namespace ainur::ledger
