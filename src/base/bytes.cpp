#include "ainur/base/bytes.hpp"

#include <algorithm>

#include "ainur/base/ids.hpp"

namespace ainur {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base58_digits =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t base58_length_max = 128;
constexpr std::string_view did_prefix = "did:ainur:";

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

std::string to_hex(bytes_view data) {
  std::string out;
  out.reserve(data.size() * 2);
  for (const auto byte : data) {
    out.push_back(hex_digits[byte >> 4]);
    out.push_back(hex_digits[byte & 15]);
  }
  return out;
}

result<bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return fail(base_errc::malformed, "hexadecimal has two digits a byte");
  bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0)
      return fail(base_errc::malformed, "not hexadecimal at position " + std::to_string(i));
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string to_base58(bytes_view data) {
  std::string digits; // little-endian base-58 digits
  const auto zeros = static_cast<std::size_t>(
      std::find_if(data.begin(), data.end(), [](auto b) { return b != 0; }) - data.begin());
  for (std::size_t i = zeros; i < data.size(); ++i) {
    unsigned carry = data[i];
    for (auto& digit : digits) {
      carry += static_cast<unsigned>(static_cast<unsigned char>(digit)) << 8;
      digit = static_cast<char>(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58)
      digits.push_back(static_cast<char>(carry % 58));
  }
  std::string out(zeros, '1');
  for (auto it = digits.rbegin(); it != digits.rend(); ++it)
    out.push_back(base58_digits[static_cast<unsigned char>(*it)]);
  return out;
}

result<bytes> from_base58(std::string_view text) {
  if (text.size() > base58_length_max)
    return fail(base_errc::malformed, "base58 of more than 128 characters");
  const auto zeros = std::min(text.find_first_not_of('1'), text.size());
  bytes little;
  for (const char c : text.substr(zeros)) {
    const auto value = base58_digits.find(c);
    if (value == std::string_view::npos)
      return fail(base_errc::malformed, std::string{"not a base58 character: '"} + c + "'");
    auto carry = static_cast<unsigned>(value);
    for (auto& byte : little) {
      carry += byte * 58u;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8)
      little.push_back(static_cast<std::uint8_t>(carry));
  }
  bytes out(zeros, 0);
  out.insert(out.end(), little.rbegin(), little.rend());
  return out;
}

std::string to_did(const account_id& id) {
  return std::string{did_prefix} + to_base58(id.view());
}

result<account_id> account_from_text(std::string_view text) {
  if (!text.starts_with(did_prefix)) {
    auto id = id_from_hex<account_id>(text);
    if (!id)
      return fail(base_errc::malformed, "an account is a did or 64 hexadecimal digits");
    return id;
  }
  auto raw = from_base58(text.substr(did_prefix.size()));
  if (!raw)
    return fail(raw.error());
  if (raw->size() != account_id::size)
    return fail(base_errc::malformed, "a did names 32 bytes");
  account_id id;
  std::copy(raw->begin(), raw->end(), id.value.begin());
  return id;
}

} // namespace ainur
