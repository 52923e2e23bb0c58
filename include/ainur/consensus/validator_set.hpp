// Who validates at a height, with how much weight, and whose turn it is to propose.
//
// Weights count in voting: a *quorum* is more than two thirds of the total, and more than one third
// holds at least one honest validator while the faulty have less than a third. The turn to propose
// rotates by weight as in CometBFT (spec/consensus/proposer-selection.md): each selection adds
// every validator's weight to its priority, takes the highest, and charges it the total.
//
// Values; not thread-safe. Integers only: the same on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/consensus/error.hpp"

namespace ainur::consensus {

/// The place of a validator in its set.
using validator_index = std::uint32_t;

struct validator {
  account_id id;            ///< its stash
  byte_array<32> key{};     ///< with which it signs statements while this set is in office
  std::uint64_t weight = 0; ///< more than nothing
  AINUR_FIELDS(validator, id, key, weight)
};

inline constexpr std::size_t validators_max = 10'000;
inline constexpr std::uint64_t total_weight_max = std::uint64_t{1} << 60;

/// The validators of a height, in rising order of their ids. Copies share their content.
class validator_set {
public:
  validator_set();
  /// In any order. Errors: `bad_validators` for none or too many of them, an id twice, no weight,
  /// too much weight in all.
  [[nodiscard]] static result<validator_set> make(std::vector<validator> members);

  [[nodiscard]] std::size_t size() const noexcept { return content_->members.size(); }

  [[nodiscard]] const validator& operator[](validator_index i) const noexcept {
    return content_->members[i];
  }

  [[nodiscard]] auto begin() const noexcept { return content_->members.begin(); }

  [[nodiscard]] auto end() const noexcept { return content_->members.end(); }

  [[nodiscard]] std::optional<validator_index> find(const account_id& id) const noexcept;

  [[nodiscard]] std::uint64_t total_weight() const noexcept { return content_->total; }

  /// More than two thirds of the total.
  [[nodiscard]] bool is_quorum(std::uint64_t weight) const noexcept {
    return 3 * weight > 2 * content_->total;
  }

  /// More than one third: at least one honest validator is among them.
  [[nodiscard]] bool has_honest(std::uint64_t weight) const noexcept {
    return 3 * weight > content_->total;
  }

  /// Names the set: covers ids, keys and weights.
  [[nodiscard]] hash256 hash() const noexcept { return content_->hash; }

  friend bool operator==(const validator_set& a, const validator_set& b) noexcept {
    return a.content_ == b.content_ || a.content_->members == b.content_->members;
  }

private:
  struct content {
    std::vector<validator> members;
    std::vector<std::uint64_t> leading; ///< the first bytes of each id, which order alike
    std::uint64_t total = 0;
    hash256 hash;
  };

  std::shared_ptr<const content> content_;
};

/// Priorities less their mean, which is rounded down.
void centre(std::vector<std::int64_t>& priorities) noexcept;

/// Whose turn it is. The rotation of a height is that of the height before, advanced by one; the
/// proposer of round r is that of a copy advanced by r.
class rotation {
public:
  rotation() = default;
  /// A new set: all priorities start equal, and one selection is made.
  explicit rotation(const validator_set& set);
  /// Goes on with given priorities, one each. Errors: `bad_validators` for another number of them,
  /// or one that no rotation reaches.
  [[nodiscard]] static result<rotation>
  make(const validator_set& set, std::vector<std::int64_t> priorities, validator_index proposer);

  /// Makes so many selections.
  void advance(std::uint32_t times);
  /// Goes over to another set: who stays keeps its priority, who comes begins 1.125 totals below
  /// zero. Makes no selection.
  void change(const validator_set& from, const validator_set& to);

  /// Of the last selection.
  [[nodiscard]] validator_index proposer() const noexcept { return proposer_; }

  /// After so many more selections.
  [[nodiscard]] validator_index proposer_after(std::uint32_t times) const;

  [[nodiscard]] const std::vector<std::int64_t>& priorities() const noexcept { return priority_; }

  /// Covers priorities and proposer.
  [[nodiscard]] hash256 hash() const;

  friend bool operator==(const rotation&, const rotation&) = default;

private:
  void rescale();
  void select();

  std::vector<std::int64_t> weight_;
  std::vector<std::int64_t> priority_;
  std::int64_t total_ = 0;
  validator_index proposer_ = 0;
};

} // namespace ainur::consensus
