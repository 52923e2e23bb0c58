// The small texts a user types: hexadecimal, base58 and expectations.
#include "ainur/scenario/expectation.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  const auto text = fuzz::as_text(data, size);
  if (const auto decoded = from_base58(text))
    fuzz::require(to_base58(*decoded) == text);
  if (const auto decoded = from_hex(text))
    fuzz::require(to_hex(*decoded).size() == text.size());
  const auto middle = text.find('\n');
  if (middle != text.npos) {
    const auto rule = scenario::parse_expectation(text.substr(0, middle), text.substr(middle + 1));
    fuzz::require(rule.has_value() || !rule.error().to_string().empty());
  }
  return 0;
}
