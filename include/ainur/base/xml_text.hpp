// Text inside XML and HTML: reports and diagrams quote names that come from files.
#pragma once

#include <string>
#include <string_view>

namespace ainur {

/// The text with `&`, `<`, `>` and `"` written as entities: safe between tags and in attributes.
[[nodiscard]] inline std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out.push_back(c);
    }
  return out;
}

} // namespace ainur
