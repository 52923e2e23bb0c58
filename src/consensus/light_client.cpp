#include "ainur/consensus/light_client.hpp"

#include <utility>
#include <vector>

namespace ainur::consensus {

namespace {

/// The parts of a light block belong together, and a quorum of its validators signed it.
result<void> expect_sound(const light_block& b, signature_checker& checker) {
  const auto bad = [&b](std::string_view what) {
    return fail(errc::bad_block, "height " + std::to_string(b.height()) + ": " + std::string{what});
  };
  if (b.header.validators != b.validators.hash())
    return bad("its header names other validators");
  if (b.header.next_validators != b.next_validators.hash())
    return bad("its header names other validators for the next height");
  if (b.commit.height != b.height() || b.commit.block != id_of(b.header))
    return bad("its certificate is for another block");
  return checker.check(b.validators, b.commit);
}

} // namespace

/// Enough of those whom the trusted block names for its next height signed the later one. Their
/// signatures have been checked with it; they must have kept their keys.
bool light_client::is_bridged_to(const light_block& later) const {
  if (later.height() == trusted_.height + 1)
    return later.header.validators == trusted_.next_validators.hash();
  std::uint64_t weight = 0;
  for (const auto& s : later.commit.signatures) {
    const auto& signer = later.validators[s.signer];
    if (const auto at = trusted_.next_validators.find(signer.id);
        at && trusted_.next_validators[*at].key == signer.key)
      weight += trusted_.next_validators[*at].weight;
  }
  return trusted_.next_validators.has_honest(weight);
}

bool light_client::is_too_old(std::optional<timestamp> now) const {
  if (!now)
    return false;
  if (trusted_.time < timestamp{}) // any number may stand in a header
    return true;
  return *now > trusted_.time && *now - trusted_.time >= options_.trusting_period;
}

result<void> light_client::believe(const light_block& later, std::optional<timestamp> now) {
  const auto where = "height " + std::to_string(later.height()) + ": ";
  if (later.height() <= trusted_.height)
    return fail(errc::bad_block, where + "it is not after the trusted one");
  if (is_too_old(now))
    return fail(errc::not_trusted, "the block of height " + std::to_string(trusted_.height) +
                                       " is too old to be trusted; begin with a newer one");
  if (later.header.time <= trusted_.time ||
      (now && later.header.time > *now + options_.clock_drift))
    return fail(errc::bad_block, where + "its time is before that of the trusted one, or to come");
  if (auto sound = expect_sound(later, *checker_); !sound)
    return sound;
  if (!is_bridged_to(later))
    return fail(errc::not_trusted, where + "too few of the validators that are trusted signed it");
  trusted_ = {later.height(), later.header.time, later.next_validators};
  return {};
}

std::optional<std::uint64_t> half_way(std::uint64_t low, std::uint64_t high) noexcept {
  return high - low > 1 ? std::optional{low + (high - low) / 2} : std::nullopt;
}

result<void> light_client::follow(std::uint64_t height, const light_source& source,
                                  std::optional<timestamp> now, const light_middle& middle) {
  std::vector<light_block> ahead; // to be believed, the next one last
  auto fetch = [&, left = options_.fetches_max](std::uint64_t wanted) mutable -> result<void> {
    if (left-- == 0)
      return fail(errc::not_trusted, "too many headers between; begin with a newer one");
    auto found = source(wanted);
    if (!found)
      return fail(found.error());
    if (found->height() != wanted)
      return fail(errc::bad_block, "the source gave another height than it was asked for");
    ahead.push_back(std::move(*found));
    return {};
  };
  if (height > trusted_.height)
    if (auto target = fetch(height); !target)
      return target;
  while (!ahead.empty()) {
    auto done = believe(ahead.back(), now);
    if (done) {
      ahead.pop_back();
      continue;
    }
    if (!done.error().is(errc::not_trusted) || is_too_old(now))
      return done;
    const auto between = middle(trusted_.height, ahead.back().height());
    if (!between)
      return done;
    if (auto found = fetch(*between); !found)
      return found;
  }
  return {};
}

} // namespace ainur::consensus
