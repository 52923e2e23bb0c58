// Whom to ask: the few peers of a capability from whom a good offer is expected.
//
// Candidates change rarely (`set_candidates`, `add`, `remove`), choices are made tens of thousands
// of times a second; prices and times are learned from settled outcomes only. Strategies:
//
//   learned    expected price + value of time · expected delivery, per expected success, lowest
//              first; learned by any of the rules of learned_estimate.hpp, by default that of CQ. A
//              share of the slots explores, and who declined lately is left alone for a while,
//              longer each time
//   broadcast  asks everybody; to compare with
//   random     asks some at random; to compare with
//
// Peers are numbers of the caller's choice (a directory's index); learning survives a peer's
// absence. The same calls with the same random generator give the same answers everywhere. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "ainur/routing/learned_estimate.hpp"

namespace ainur::routing {

using peer_index = std::uint32_t;
/// The router's own number of a capability, from `router::capability`.
using capability_index = std::uint32_t;

/// Refers to a predicate of the caller for the time of one call: may this peer be asked now?
class peer_filter {
public:
  /// Everybody may.
  peer_filter() noexcept = default;

  template <class Predicate>
    requires(std::is_invocable_r_v<bool, const Predicate&, peer_index> &&
             !std::is_same_v<Predicate, peer_filter>)
  peer_filter(const Predicate& predicate) noexcept // NOLINT(google-explicit-constructor)
      : target_(&predicate), call_([](const void* target, peer_index peer) {
          return static_cast<bool>((*static_cast<const Predicate*>(target))(peer));
        }) {}

  [[nodiscard]] bool operator()(peer_index peer) const {
    return call_ == nullptr || call_(target_, peer);
  }

private:
  const void* target_ = nullptr;
  bool (*call_)(const void*, peer_index) = nullptr;
};

/// What one choice is for.
struct route_request {
  std::size_t count = 8;   ///< peers wanted
  amount value_per_second; ///< what a second of delivery is worth, in µAINU
  instant now{};           ///< for what passes with time
};

enum class verdict : std::uint8_t {
  success, ///< delivered and paid
  failure, ///< awarded and not delivered, or found wrong
  outbid,  ///< offered, and another won: teaches the price only
  // What an answer or a result tells of a peer's being free; price, delivery and work say nothing.
  offered,   ///< was asked and made an offer
  declined,  ///< was asked and made none: most likely busy
  delivered, ///< has made the result it was awarded for: has room for more
  max_value = delivered,
};

/// What is known of one peer once a task is settled.
struct outcome {
  verdict result = verdict::success;
  amount price;        ///< the peer's ask (what was paid, where asks are not known)
  duration delivery{}; ///< from award to result, or to the failure; not used for `outbid`
  /// The size of the task; prices and times are learned per second of work. Left as it is, they
  /// are learned per task.
  duration work = std::chrono::seconds{1};
  instant at{}; ///< used for `declined` only
};

/// What the router expects of a peer.
struct expectation {
  bool seen = false;     ///< false: these are the capability's means
  double price = 0;      ///< µAINU per second of work
  double delivery = 0;   ///< seconds per second of work
  double success = 1;    ///< 0 .. 1
  double confidence = 0; ///< 0 .. 1, after decay
};

class router {
public:
  virtual ~router() = default;

  /// The number of a capability; a new name gets the next. Names are not forgotten.
  [[nodiscard]] virtual capability_index capability(std::string_view name) = 0;

  /// Makes exactly `peers` the candidates (any order; repetitions count once). O(n).
  virtual void set_candidates(capability_index capability, std::span<const peer_index> peers) = 0;
  /// False if it was a candidate already.
  virtual bool add(capability_index capability, peer_index peer) = 0;
  /// False if it was none.
  virtual bool remove(capability_index capability, peer_index peer) = 0;
  [[nodiscard]] virtual std::size_t candidates(capability_index capability) const = 0;

  /// Replaces `out` by the peers to ask, best first, without repetition and only such as pass
  /// `eligible`. Fewer than wanted if there are no more, or if most are ineligible and some
  /// hundreds of looks found no more.
  virtual void choose(capability_index capability, const route_request& request,
                      peer_filter eligible, rng& random, std::vector<peer_index>& out) = 0;

  /// Learns from an answer or a settled outcome. A peer that was never a candidate is ignored.
  virtual void learn(capability_index capability, peer_index peer, const outcome& what) = 0;

  [[nodiscard]] virtual expectation expected(capability_index capability,
                                             peer_index peer) const = 0;
};

struct learned_options {
  learning_rule rule = learning_rule::cq;
  std::uint32_t explore_ppm = 100'000; ///< share of the asked slots that explores
  std::uint32_t lambda_ppm = 950'000;  ///< `cq`: decay of the other confidences per settled outcome
  /// `cq`: how far one outcome tells the next (1 in a deterministic market, where η is then 1).
  std::uint32_t outcome_confidence_ppm = 500'000;
  std::uint32_t eta_ppm = 500'000; ///< learning rate of `q`; α₀ of `count`
};

[[nodiscard]] std::unique_ptr<router> make_learned_router(const learned_options& options = {});
[[nodiscard]] std::unique_ptr<router> make_broadcast_router();
[[nodiscard]] std::unique_ptr<router> make_random_router();

} // namespace ainur::routing
