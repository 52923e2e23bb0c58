#include "toml_guard.hpp"

#include <cstdint>

#include "ainur/scenario/schema.hpp"

namespace ainur::scenario {

namespace {

/// The length of the UTF-8 sequence at the start of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto at = [text](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto tail = [&at](std::size_t i) { return (at(i) & 0xc0u) == 0x80u; };
  const auto first = at(0);
  if (first < 0x80)
    return first == 0 ? 0 : 1;
  if (first >= 0xc2 && first <= 0xdf)
    return tail(1) ? 2 : 0;
  if ((first & 0xf0u) == 0xe0u) {
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) >= 0xa0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool outside = (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) >= 0x90);
    return tail(1) && tail(2) && tail(3) && !outside ? 4 : 0;
  }
  return 0;
}

/// Walks a text, knowing its line and column.
class cursor {
public:
  explicit cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }

  [[nodiscard]] char now() const { return text_[at_]; }

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  void skip(std::size_t count) {
    for (std::size_t i = 0; i < count && !done(); ++i) {
      column_ = now() == '\n' ? 1 : column_ + 1;
      line_ += now() == '\n' ? 1u : 0u;
      ++at_;
    }
  }

  [[nodiscard]] text_fault fault(std::string text) const {
    return {line_, column_, std::move(text)};
  }

private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

/// Skips a string whose opening quote stands at the cursor.
void skip_string(cursor& c) {
  const char quote = c.now();
  const std::string closing(3, quote);
  const bool multiline = c.rest().starts_with(closing);
  c.skip(multiline ? 3 : 1);
  while (!c.done()) {
    if (quote == '"' && c.now() == '\\')
      c.skip(2);
    else if (multiline ? c.rest().starts_with(closing) : c.now() == quote || c.now() == '\n')
      return c.skip(multiline ? 3 : 1);
    else
      c.skip(1);
  }
}

/// The first fault that `look` finds at a character outside strings and comments.
template <class Look>
std::optional<text_fault> find_bare(std::string_view text, Look look) {
  cursor c{text};
  while (!c.done()) {
    if (c.now() == '"' || c.now() == '\'') {
      skip_string(c);
    } else if (c.now() == '#') {
      while (!c.done() && c.now() != '\n')
        c.skip(1);
    } else {
      if (auto fault = look(c))
        return fault;
      c.skip(1);
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<text_fault> find_not_utf8(std::string_view text) {
  cursor c{text};
  while (!c.done()) {
    const auto length = utf8_length(c.rest());
    if (length == 0)
      return c.fault("the file is not UTF-8 text; save it as UTF-8");
    c.skip(length);
  }
  return std::nullopt;
}

std::optional<text_fault> find_too_deep(std::string_view text) {
  std::size_t brackets = 0;
  std::size_t dots = 0;
  return find_bare(text, [&](const cursor& c) -> std::optional<text_fault> {
    switch (c.now()) {
    case '[':
    case '{':
      ++brackets;
      dots = 0;
      break;
    case ']':
    case '}':
      brackets -= brackets > 0 ? 1 : 0;
      dots = 0;
      break;
    case '.':
      ++dots;
      break;
    case '\n':
    case ',':
    case '=':
      dots = 0;
      break;
    default:
      break;
    }
    if (brackets > nesting_max || dots > nesting_max)
      return c.fault("nested deeper than " + std::to_string(nesting_max) + " levels");
    return std::nullopt;
  });
}

std::optional<text_fault> find_stray(std::string_view text) {
  return find_bare(text, [](const cursor& c) -> std::optional<text_fault> {
    if (static_cast<unsigned char>(c.now()) >= 0x80)
      return c.fault("a character that may stand in quotes and comments only");
    return std::nullopt;
  });
}

} // namespace ainur::scenario
