#include "ainur/market/pricing.hpp"

namespace ainur::market {

amount with_margin(amount price, std::uint32_t margin_ppm) noexcept {
  __extension__ using uint128 = unsigned __int128;
  constexpr std::uint64_t one = 1'000'000;
  const auto scaled = (uint128{price.micro()} * (one + margin_ppm) + one - 1) / one;
  return scaled > uint128{amount::max().micro()} ? amount::max()
                                                 : amount{static_cast<std::uint64_t>(scaled)};
}

amount ask(const pricing& strategy, amount cost) noexcept {
  return strategy.how == pricing::kind::truthful ? cost : with_margin(cost, strategy.margin_ppm);
}

} // namespace ainur::market
