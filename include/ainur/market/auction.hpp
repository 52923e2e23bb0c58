// Auctions of one item, in integers: second price (the VCG mechanism for one item), first price and
// posted price, with a reserve and with quality weights.
//
// The procurement form buys: bids are asks, the lowest ask per quality wins. The selling form is
// its mirror image. Bidders are controllers: one controller may place several bids and counts once,
// so its own bids never set the price that it is paid (the Clarke pivot removes all of them). Under
// second price the best bid is the true cost, whatever the others do; under first price it is not.
// (With weights this holds for controllers whose bids are all of one quality: one that offers
// several may gain by holding back its best score, since higher quality is paid more for it.)
//
// A decision is a list of awards, one a unit: auctions of several units or bundles give the same
// type. Pure functions; thread-safe. Nothing here fails: no acceptable bid means no award.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::market {

enum class mechanism : std::uint8_t {
  second_price,
  first_price,
  posted_price,
  max_value = posted_price
};
[[nodiscard]] std::string_view to_string(mechanism how) noexcept;

enum class auction_side : std::uint8_t {
  procurement, ///< the auctioneer buys: lowest wins, the reserve is the most that is paid
  selling,     ///< the auctioneer sells: highest wins, the reserve is the least that is taken
  max_value = selling,
};

/// Index into the list of bids given to the auction; ties go to the smaller one.
using bid_position = std::uint32_t;

struct auction_bid {
  account_id controller; ///< who is behind the bidder; none: a bidder of its own
  amount price;          ///< ask, or offer in the selling form
  /// Weight fixed before the bids (from reputation): procurement minimises price / quality,
  /// selling maximises price · quality. A bid of quality 0 cannot win.
  std::uint64_t quality = 1;
};

struct auction_rules {
  mechanism how = mechanism::second_price;
  auction_side side = auction_side::procurement;
  /// Procurement: asks above lose. Selling: offers below lose. The price of `posted_price`.
  amount reserve = amount::max();
};

/// What became of one bid.
enum class standing : std::uint8_t {
  won,
  outbid,          ///< another was better, or as good and earlier in the list
  beyond_reserve,  ///< asked more than the reserve (selling: offered less)
  without_quality, ///< its quality is 0
  max_value = without_quality,
};
[[nodiscard]] std::string_view to_string(standing s) noexcept;

/// What fixed a winner's payment.
enum class price_source : std::uint8_t {
  reserve,   ///< no other bidder was better than the reserve
  runner_up, ///< the best bid of another controller
  own_bid,   ///< first price
  posted,    ///< posted price
  max_value = posted,
};
[[nodiscard]] std::string_view to_string(price_source s) noexcept;

struct auction_award {
  std::uint32_t item = 0; ///< 0 where there is only one
  bid_position winner = 0;
  amount payment{}; ///< to the winner; by the winner in the selling form
  price_source priced_by = price_source::reserve;
  std::optional<bid_position> runner_up{}; ///< the best bid of another controller
  friend bool operator==(const auction_award&, const auction_award&) = default;
};

struct auction_decision {
  std::vector<auction_award> awards; ///< in the order of items
  std::vector<standing> standings;   ///< of each bid, by position
  friend bool operator==(const auction_decision&, const auction_decision&) = default;
};

/// Decides an auction of one item. In procurement:
///  - second price: the least price / quality wins (compared over 128 bits) and is paid
///    min(reserve, ⌊q_i · a_j / q_j⌋), j the best acceptable bid of another controller;
///  - first price: the same winner is paid its ask;
///  - posted price: whoever asks at most the reserve would take it; the best quality gets it, then
///    the earliest.
/// Selling: the greatest price · quality wins and pays max(reserve, ⌈q_j · a_j / q_i⌉).
[[nodiscard]] auction_decision decide_single(const auction_rules& rules,
                                             std::span<const auction_bid> bids);

} // namespace ainur::market
