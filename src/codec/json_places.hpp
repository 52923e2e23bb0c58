// Reads JSON of forms that no field list describes. The first failure sticks and names its place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "ainur/base/error.hpp"
#include "ainur/base/nearest.hpp"

namespace ainur::codec {

/// `"word" is unknown; is "world" meant?`
[[nodiscard]] inline std::string unknown_word(std::string_view word,
                                              std::span<const std::string_view> valid) {
  const auto close = nearest(word, valid);
  return "\"" + std::string{word.substr(0, 64)} + "\" is unknown" +
         (close.empty() ? "" : "; is \"" + std::string{close} + "\" meant?");
}

/// `Errc` is the enumeration of a room; `Malformed` and `Too_large` are two of it.
template <class Errc, Errc Malformed, Errc Too_large>
class json_places {
public:
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

  void refuse(const std::string& why, Errc code = Malformed) {
    if (!failure_)
      failure_ = error{code, (place_.empty() ? std::string{} : place_ + ": ") + why};
  }

  /// Carries `step` out at a part of the place.
  template <class Step>
  void within(const std::string& part, Step&& step) {
    const auto size = place_.size();
    place_ += (part.front() == '[' || place_.empty() ? "" : ".") + part;
    step();
    place_.resize(size);
  }

  template <class Json>
  bool is_object(const Json& in) {
    if (!in.is_object())
      refuse("an object is needed");
    return in.is_object();
  }

  /// An object that has no other keys than these.
  template <class Json>
  bool object(const Json& in, std::span<const std::string_view> keys) {
    if (!is_object(in))
      return false;
    for (const auto& [key, value] : in.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        refuse("the key " + unknown_word(key, keys));
        return false;
      }
    return true;
  }

  template <class Json, class Read>
  void key(const Json& in, const char* name, Read&& read, bool needed = true) {
    const auto found = in.find(name);
    if (found == in.end())
      return needed ? within(name, [this] { refuse("this key is needed"); }) : void();
    within(name, [&] { read(*found); });
  }

  /// `each` reads one element.
  template <class Json, class Each>
  void list(const Json& in, std::size_t count_max, Each&& each) {
    if (!in.is_array())
      return refuse("a list is needed");
    if (in.size() > count_max)
      return refuse("at most " + std::to_string(count_max) + " are allowed", Too_large);
    for (std::size_t i = 0; i < in.size() && !failure_; ++i)
      within("[" + std::to_string(i) + "]", [&] { each(in[i]); });
  }

  /// A list of exactly this many elements.
  template <class Json>
  bool tuple(const Json& in, std::size_t count, const char* form) {
    if (in.is_array() && in.size() == count)
      return true;
    refuse(std::string{"a list of the form "} + form + " is needed");
    return false;
  }

  /// A whole number of at most 64 bits.
  template <class Json>
  std::uint64_t whole(const Json& in, std::uint64_t most) {
    if (in.is_number_unsigned() && in.template get<std::uint64_t>() <= most)
      return in.template get<std::uint64_t>();
    refuse("a whole number from 0 to " + std::to_string(most) + " is needed");
    return 0;
  }

private:
  std::string place_;
  std::optional<error> failure_;
};

} // namespace ainur::codec
