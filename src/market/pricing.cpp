#include "ainur/market/pricing.hpp"

#include <algorithm>

namespace ainur::market {

namespace {

__extension__ using wide = unsigned __int128;

std::uint64_t length_of(duration work) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(work.count(), 1));
}

amount saturated(wide micro) noexcept {
  return micro > wide{amount::max().micro()} ? amount::max()
                                             : amount{static_cast<std::uint64_t>(micro)};
}

} // namespace

amount with_margin(amount price, std::uint32_t margin_ppm) noexcept {
  constexpr std::uint64_t one = 1'000'000;
  return saturated((wide{price.micro()} * (one + margin_ppm) + one - 1) / one);
}

void mean_price::learn(amount paid, duration work) noexcept {
  paid_ += paid.micro();
  work_ += length_of(work);
  // Both are kept below 2^64 for the product in `of`; the ratio is what counts.
  while ((paid_ | work_) >> 64 != 0) {
    paid_ /= 2;
    work_ = std::max<sum>(work_ / 2, 1);
  }
}

std::optional<amount> mean_price::of(duration work) const noexcept {
  if (work_ == 0)
    return std::nullopt;
  return saturated(paid_ * length_of(work) / work_);
}

} // namespace ainur::market
