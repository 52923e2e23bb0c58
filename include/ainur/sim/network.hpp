// A network as a model: for every message it says after which delays copies of it arrive. Delay,
// loss, duplication and order are drawn per directed link from one seed, and partitions cut links
// for a stretch of time. It carries no messages: the caller schedules the arrivals it is told of.
//
// Each directed link has a random stream of its own, so traffic on one link does not change what
// happens on another. A value; not thread-safe; the same calls give the same answers everywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "ainur/base/assert.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"

namespace ainur::sim {

/// How long something takes. Draws are clipped to 0 .. 2^62 µs.
struct delay_model {
  enum class kind : std::uint8_t {
    constant,    ///< always `mean`
    uniform,     ///< from `low` to `high`, both included
    exponential, ///< `low` plus an exponential of mean `mean`
    lognormal,   ///< `low` plus a log-normal of median `mean` and deviation `sigma_ppm` of ln(x)
    max_value = lognormal,
  };

  kind shape = kind::constant;
  duration mean{};
  duration low{};
  duration high{};
  std::uint64_t sigma_ppm = 500'000;

  [[nodiscard]] static delay_model constant(duration value);
  [[nodiscard]] static delay_model uniform(duration low, duration high);
  [[nodiscard]] static delay_model exponential(duration mean, duration low = {});
  [[nodiscard]] static delay_model lognormal(duration median, std::uint64_t sigma_ppm,
                                             duration low = {});
  friend bool operator==(const delay_model&, const delay_model&) = default;
};

[[nodiscard]] duration sample(const delay_model& model, rng& random) noexcept;

/// One direction between two nodes. Rates are parts per million.
struct link_model {
  delay_model delay;
  std::uint32_t loss_ppm = 0;        ///< of messages; all copies are lost
  std::uint32_t duplication_ppm = 0; ///< of messages that arrive; the copy has a delay of its own
  /// Share of messages held back by a second draw of the delay, so that later ones overtake them.
  std::uint32_t reordering_ppm = 0;
  /// True: messages arrive in the order in which they were sent, whatever the delays drawn (as over
  /// TCP); those held back or duplicated are exempt.
  bool in_order = false;
  friend bool operator==(const link_model&, const link_model&) = default;
};

using node_index = std::uint32_t;

/// The delays of a message's copies: none (lost), one, or two (duplicated).
class deliveries {
public:
  void push(duration d) noexcept {
    AINUR_ASSERT(count_ < delays_.size());
    delays_[count_++] = d;
  }

  [[nodiscard]] const duration* begin() const noexcept { return delays_.data(); }

  [[nodiscard]] const duration* end() const noexcept { return delays_.data() + count_; }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  [[nodiscard]] bool lost() const noexcept { return count_ == 0; }

  [[nodiscard]] duration operator[](std::size_t i) const noexcept { return delays_[i]; }

private:
  std::array<duration, 2> delays_{};
  std::size_t count_ = 0;
};

/// Cuts what `from` sends to `to`, in `begin` ≤ now < `end`. An empty set means every node.
struct partition {
  std::vector<node_index> from;
  std::vector<node_index> to;
  instant begin{};
  instant end = instant::max();
  bool both_ways = true; ///< false: only this direction is cut
};

class network {
public:
  struct statistics {
    std::uint64_t sent = 0;
    std::uint64_t lost = 0; ///< by the link's loss
    std::uint64_t cut = 0;  ///< by a partition
    std::uint64_t duplicated = 0;
    std::uint64_t held_back = 0;
    friend bool operator==(const statistics&, const statistics&) = default;
  };

  /// All links behave as `usual` until told otherwise.
  explicit network(rng random, link_model usual = {});

  /// The delays after which copies of a message sent now arrive. A node reaches itself at once.
  [[nodiscard]] deliveries send(node_index from, node_index to, instant now);

  /// Changes all links that have no model of their own.
  void set_usual(const link_model& model) { usual_ = model; }

  /// Gives one direction a model of its own.
  void set_link(node_index from, node_index to, const link_model& model);
  /// Lets a direction behave as usual again.
  void reset_link(node_index from, node_index to);

  void add_partition(partition p);

  /// Ends all partitions.
  void heal() { partitions_.clear(); }

  [[nodiscard]] bool is_cut(node_index from, node_index to, instant now) const noexcept;

  [[nodiscard]] const statistics& counts() const noexcept { return counts_; }

private:
  struct link {
    explicit link(rng r) : random(r) {}

    rng random;
    instant last_arrival{}; // for in_order
  };

  [[nodiscard]] static std::uint64_t key(node_index from, node_index to) noexcept {
    return std::uint64_t{from} << 32 | to;
  }

  rng random_;
  link_model usual_;
  std::unordered_map<std::uint64_t, link_model> models_;
  std::unordered_map<std::uint64_t, link> links_; // never iterated
  std::vector<partition> partitions_;
  statistics counts_;
};

} // namespace ainur::sim
