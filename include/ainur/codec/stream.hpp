// Reading canonical msgpack in one pass: value after value from a longer buffer, without building a
// tree and without encoding again, since every form that is not the shortest is refused as it is
// met. For large amounts of what this process wrote itself; what comes from outside goes through
// `decode` (msgpack.hpp), whose limits also bound depth.
#pragma once

#include <string>
#include <string_view>

#include "ainur/codec/msgpack.hpp"

namespace ainur::codec {

/// The first failure sticks: later reads return zero values.
class stream_reader {
public:
  explicit stream_reader(bytes_view in) noexcept : rest_(in) {}

  std::uint64_t unsigned_integer() {
    const auto head = take(1);
    if (head < 0x80)
      return head;
    if (head < 0xcc || head > 0xcf)
      return fail(errc::wrong_type, "an unsigned integer is expected"), 0;
    const auto size = std::size_t{1} << (head - 0xcc);
    const auto value = take(size);
    // A value that a shorter form could hold.
    const auto least = size == 1 ? 0x80u : std::uint64_t{1} << (size * 4);
    if (value < least)
      fail(errc::not_canonical, "an integer");
    return value;
  }

  std::int64_t signed_integer() {
    if (rest_.empty() || rest_[0] < 0xd0 || (rest_[0] > 0xd3 && rest_[0] < 0xe0)) {
      const auto value = unsigned_integer();
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return fail(errc::out_of_range, "a signed integer"), 0;
      return static_cast<std::int64_t>(value);
    }
    const auto head = take(1);
    if (head >= 0xe0)
      return static_cast<std::int64_t>(head) - 0x100;
    const auto size = std::size_t{1} << (head - 0xd0);
    const auto shift = 64 - 8 * size;
    const auto value = static_cast<std::int64_t>(take(size) << shift) >> shift;
    const auto shorter = size == 1 ? -32 : -(std::int64_t{1} << (size * 4 - 1));
    if (value >= shorter)
      fail(errc::not_canonical, "an integer");
    return value;
  }

  bool boolean() {
    const auto head = take(1);
    if (head != 0xc2 && head != 0xc3)
      fail(errc::wrong_type, "a boolean is expected");
    return head == 0xc3;
  }

  bool take_nil() {
    if (failed() || rest_.empty() || rest_[0] != 0xc0)
      return false;
    rest_ = rest_.subspan(1);
    return true;
  }

  std::string text() {
    const auto head = take(1);
    const auto size = head >= 0xa0 && head < 0xc0 ? head - 0xa0 : length(head, 0xd9, 32);
    const auto body = part(size);
    return {body.begin(), body.end()};
  }

  /// Valid as long as the input.
  bytes_view blob() { return part(length(take(1), 0xc4, 0)); }

  std::size_t array() {
    const auto head = take(1);
    if (head >= 0x90 && head < 0xa0)
      return head - 0x90;
    if (head != 0xdc && head != 0xdd)
      return fail(errc::wrong_type, "an array is expected"), 0;
    const auto count = take(head == 0xdc ? 2 : 4);
    if (count < (head == 0xdc ? 16u : 0x10000u))
      fail(errc::not_canonical, "a count");
    if (count > rest_.size()) // an element takes a byte at least
      return fail(errc::truncated, "in an array"), 0;
    return failed() ? 0 : static_cast<std::size_t>(count);
  }

  void leave() noexcept {}

  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

  void fail(errc code, std::string_view what) {
    if (!failure_)
      failure_.emplace(code, std::string{what});
    rest_ = {};
  }

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

  [[nodiscard]] bytes_view rest() const noexcept { return rest_; }

private:
  /// A big-endian number.
  std::uint64_t take(std::size_t size) {
    if (rest_.size() < size)
      return fail(errc::truncated, "in a value"), 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value = value << 8 | rest_[i];
    rest_ = rest_.subspan(size);
    return value;
  }

  /// Of a string whose forms of 8, 16 and 32 bits begin at `first`; `below` has a shorter form.
  std::uint64_t length(std::uint64_t head, std::uint64_t first, std::uint64_t below) {
    if (failed() || head < first || head > first + 2)
      return fail(errc::wrong_type, "a string is expected"), 0;
    const auto size = take(std::size_t{1} << (head - first));
    if (size < (head == first ? below : head == first + 1 ? 0x100u : 0x10000u))
      fail(errc::not_canonical, "a length");
    return size;
  }

  bytes_view part(std::uint64_t size) {
    if (failed() || rest_.size() < size)
      return fail(errc::truncated, "in a string"), bytes_view{};
    const auto out = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(out.size());
    return out;
  }

  bytes_view rest_;
  std::optional<error> failure_;
};

} // namespace ainur::codec
