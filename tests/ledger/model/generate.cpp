#include "generate.hpp"

#include "ainur/base/rng.hpp"
#include "reader.hpp"
#include "stand_in.hpp"

namespace ainur::test {

namespace {

template <std::size_t I = 0>
intent make_one(const reader& r, std::size_t kind) {
  if constexpr (I < std::variant_size_v<ledger::call>) {
    if (kind == I)
      return r.make(static_cast<const std::variant_alternative_t<I, ledger::call>*>(nullptr));
    return make_one<I + 1>(r, kind);
  } else {
    return r.make(static_cast<const transfer*>(nullptr));
  }
}

} // namespace

intent interpret(const command& c, const model& m, memory& past) {
  const reader r{c, m, past};
  std::size_t kind = c.kind % std::variant_size_v<ledger::call>;
  for (int i = 0; i < 4 && !r.wild(9); ++i)
    kind = stand_in_for(kind, m);
  auto made = make_one(r, kind);
  // Now and then through the host's delegate, and now and then through somebody who is none.
  if (made.actor.index) {
    const auto k = m.keys.find(made.actor.signer);
    if (k != m.keys.end() && !k->second.delegate.is_none() && c.x[0] % 3 == 0)
      made.by = k->second.delegate;
    else if (c.x[5] == 77)
      made.by = r.all.at(c.x[0]).id;
  }
  if (c.x[5] >= 244)
    made.flaw = static_cast<std::uint8_t>(1 + c.x[5] % 5);
  return made;
}

std::vector<command> random_commands(std::uint64_t seed, std::size_t count) {
  // How often each call, by its place in the variant; those of tasks and of money more often.
  static constexpr std::uint8_t often[] = {
      6, 2, 5,  4, 3, 12, 14, 14, 4, 7, 4, 2, 7, 10, 5, 3, 2, 4, 3, 2, // up to burn_money
      5, 5, 4,  4,                                                     // streams, rebond
      6, 2, 4,  2, 3, 5,  5,  1,  2, 2, 1, 2, 5, 3,  2, 1,             // staking
      3, 3, 2,  4, 3, 3,  2,  2,  1,                                   // identity
      6, 3, 6,  3,                                                     // channels
      5, 9, 12, 7, 2, 2,  1,  2,                                       // governance
      3, 2};                                                           // consensus
  static_assert(std::size(often) == std::variant_size_v<ledger::call>);
  std::vector<std::uint8_t> kinds;
  for (std::size_t i = 0; i < std::size(often); ++i)
    kinds.insert(kinds.end(), often[i], static_cast<std::uint8_t>(i));
  rng random{seed};
  std::vector<command> list(count);
  const auto byte = [&random] { return static_cast<std::uint8_t>(random.below(256)); };
  for (auto& c : list) {
    c.kind = kinds[random.below(kinds.size())];
    c.join = static_cast<std::uint8_t>(random.below(9));
    c.join = c.join < 4 ? 0 : static_cast<std::uint8_t>(c.join - 3);
    c.jump = byte();
    for (auto& x : c.x)
      x = byte();
    if (c.kind == place_of<conclude_channel>() && c.jump < 200) {
      c.join = 0; // at the very timeout
      c.jump = 29;
    }
  }
  return list;
}

} // namespace ainur::test
