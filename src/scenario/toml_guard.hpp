// What is checked of a scenario's text before the TOML parser sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ainur::scenario {

struct text_fault {
  std::uint32_t line;
  std::uint32_t column;
  std::string text;
};

/// The first byte sequence that is not UTF-8, or a byte that no text has.
[[nodiscard]] std::optional<text_fault> find_not_utf8(std::string_view text);
/// The first place where brackets or dotted keys nest deeper than allowed. The parser and its
/// destructors recurse, so this comes first.
[[nodiscard]] std::optional<text_fault> find_too_deep(std::string_view text);
/// The first character beyond ASCII outside quotes and comments, where TOML has none. Whether it is
/// a space is a question on which toml++ 3.3 runs into undefined behaviour.
[[nodiscard]] std::optional<text_fault> find_stray(std::string_view text);

} // namespace ainur::scenario
