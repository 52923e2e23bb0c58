#include "ainur/market/auction.hpp"

#include <algorithm>

namespace ainur::market {

namespace {

__extension__ using uint128 = unsigned __int128;

amount clamp_to_amount(uint128 value) noexcept {
  return value > uint128{amount::max().micro()} ? amount::max()
                                                : amount{static_cast<std::uint64_t>(value)};
}

bool within_reserve(const auction_rules& rules, const auction_bid& b) noexcept {
  return rules.side == auction_side::procurement ? b.price <= rules.reserve
                                                 : b.price >= rules.reserve;
}

/// Strictly better by score; equal scores are left to the position.
bool better(const auction_rules& rules, const auction_bid& x, const auction_bid& y) noexcept {
  if (rules.how == mechanism::posted_price)
    return x.quality > y.quality;
  if (rules.side == auction_side::procurement)
    return uint128{x.price.micro()} * y.quality < uint128{y.price.micro()} * x.quality;
  return uint128{x.price.micro()} * x.quality > uint128{y.price.micro()} * y.quality;
}

bool same_bidder(const auction_bid& x, const auction_bid& y) noexcept {
  return x.controller == y.controller && !x.controller.is_none();
}

/// The price at which the winner's score equals the runner-up's, in the winner's favour never, in
/// the auctioneer's never by more than a µAINU: the Clarke payment in integers.
amount critical_price(const auction_rules& rules, const auction_bid& winner,
                      const auction_bid& runner_up) noexcept {
  const uint128 price = runner_up.price.micro();
  if (rules.side == auction_side::procurement)
    return clamp_to_amount(price * winner.quality / runner_up.quality);
  return clamp_to_amount((price * runner_up.quality + winner.quality - 1) / winner.quality);
}

void set_payment(const auction_rules& rules, std::span<const auction_bid> bids,
                 auction_award& award) noexcept {
  const auto& winner = bids[award.winner];
  switch (rules.how) {
  case mechanism::first_price:
    award.payment = winner.price;
    award.priced_by = price_source::own_bid;
    return;
  case mechanism::posted_price:
    award.payment = rules.reserve;
    award.priced_by = price_source::posted;
    return;
  case mechanism::second_price:
    break;
  }
  award.payment = rules.reserve;
  award.priced_by = price_source::reserve;
  if (!award.runner_up)
    return;
  const auto critical = critical_price(rules, winner, bids[*award.runner_up]);
  const bool binds = rules.side == auction_side::procurement ? critical <= rules.reserve
                                                             : critical >= rules.reserve;
  if (binds) {
    award.payment = critical;
    award.priced_by = price_source::runner_up;
  }
}

} // namespace

std::string_view to_string(mechanism how) noexcept {
  switch (how) {
  case mechanism::second_price:
    return "second_price";
  case mechanism::first_price:
    return "first_price";
  case mechanism::posted_price:
    return "posted_price";
  }
  return "unknown";
}

std::string_view to_string(standing s) noexcept {
  switch (s) {
  case standing::won:
    return "won";
  case standing::outbid:
    return "outbid";
  case standing::beyond_reserve:
    return "beyond_reserve";
  case standing::without_quality:
    return "without_quality";
  }
  return "unknown";
}

std::string_view to_string(price_source s) noexcept {
  switch (s) {
  case price_source::reserve:
    return "reserve";
  case price_source::runner_up:
    return "runner_up";
  case price_source::own_bid:
    return "own_bid";
  case price_source::posted:
    return "posted";
  }
  return "unknown";
}

auction_decision decide_single(const auction_rules& rules, std::span<const auction_bid> bids) {
  auction_decision out;
  out.standings.resize(bids.size(), standing::outbid);
  std::optional<bid_position> best;
  for (bid_position i = 0; i < bids.size(); ++i) {
    if (!within_reserve(rules, bids[i]))
      out.standings[i] = standing::beyond_reserve;
    else if (bids[i].quality == 0)
      out.standings[i] = standing::without_quality;
    else if (!best || better(rules, bids[i], bids[*best]))
      best = i;
  }
  if (!best)
    return out;
  auction_award award{.winner = *best};
  for (bid_position i = 0; i < bids.size(); ++i) {
    if (out.standings[i] != standing::outbid || i == *best || same_bidder(bids[i], bids[*best]))
      continue;
    if (!award.runner_up || better(rules, bids[i], bids[*award.runner_up]))
      award.runner_up = i;
  }
  out.standings[*best] = standing::won;
  set_payment(rules, bids, award);
  out.awards.push_back(award);
  return out;
}

} // namespace ainur::market
