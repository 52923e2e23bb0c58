// Follows a chain by its headers alone: from one that is trusted to a later one, without executing
// a block and without most of the headers between.
//
// A header is believed if a quorum of its own validators signed it, and
//
//   - it is the next one, and its validators are those that the trusted one announced, or
//   - more than a third of the weight of the trusted header's next validators signed it too: one
//     honest of them at least, as long as they are still answerable (the *trusting period*, shorter
//     than the time in which stake can be withdrawn).
//
// Where the validators changed too much for that, a header in the middle is fetched and believed
// first (bisection). Whoever asks must know from elsewhere whom to trust first: the validators of
// genesis, or of a later height from a friend. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/consensus/checker.hpp"

namespace ainur::consensus {

/// A header with what makes it final.
struct certified_header {
  consensus::header header;
  certificate commit;
  AINUR_FIELDS(certified_header, header, commit)
};

/// The last header of validators who were replaced, and those who came after them. With all of them
/// in a row anyone can come from genesis to today without any other header.
struct handover {
  certified_header last;
  std::vector<validator> next_validators;
  AINUR_FIELDS(handover, last, next_validators)
};

/// What must be known of a block to believe in it.
struct light_block {
  consensus::header header;
  certificate commit;
  validator_set validators;      ///< of this height
  validator_set next_validators; ///< of the next

  [[nodiscard]] std::uint64_t height() const noexcept { return header.height; }
};

/// What is trusted: who validates the height after this one, and when that was so.
struct anchor {
  std::uint64_t height = 0; ///< 0: genesis
  timestamp time{};
  validator_set next_validators;
};

struct light_options {
  duration trusting_period = std::chrono::hours{24 * 14}; ///< half of the unbonding time
  duration clock_drift = std::chrono::seconds{10};
  std::uint32_t fetches_max = 1'000; ///< headers asked for in one `follow`
};

/// Gives the light block of a height. Errors end the search.
using light_source = std::function<result<light_block>(std::uint64_t height)>;

/// Which height to try where the step from `low` to `high` is too wide: one between them, or
/// nothing if there is none to be had.
using light_middle =
    std::function<std::optional<std::uint64_t>(std::uint64_t low, std::uint64_t high)>;
[[nodiscard]] std::optional<std::uint64_t> half_way(std::uint64_t low, std::uint64_t high) noexcept;

class light_client {
public:
  /// Begins with what is trusted for a reason of one's own.
  light_client(anchor trusted, const light_options& options,
               std::shared_ptr<signature_checker> checker)
      : trusted_(std::move(trusted)), options_(options), checker_(std::move(checker)) {}

  /// Believes a later block, in one step. `now`: without it neither the age of the trust matters
  /// nor whether a header is of the future. Errors: `not_trusted` if a step cannot bridge it (try
  /// one between), or if trust has run out; `bad_block`, `bad_certificate` if it is false. The
  /// trust of before stays.
  [[nodiscard]] result<void> believe(const light_block& later, std::optional<timestamp> now);

  /// Believes the block of a height, fetching as few others as it takes. Errors: those of `believe`
  /// and of the source; what was believed on the way stays so.
  [[nodiscard]] result<void> follow(std::uint64_t height, const light_source& source,
                                    std::optional<timestamp> now,
                                    const light_middle& middle = half_way);

  [[nodiscard]] const anchor& trusted() const noexcept { return trusted_; }

private:
  [[nodiscard]] bool is_bridged_to(const light_block& later) const;
  [[nodiscard]] bool is_too_old(std::optional<timestamp> now) const;

  anchor trusted_;
  light_options options_;
  std::shared_ptr<signature_checker> checker_;
};

} // namespace ainur::consensus
