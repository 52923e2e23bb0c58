// Text forms of amounts and times.
#include <array>
#include <cstdio>
#include <limits>

#include "ainur/base/amount.hpp"
#include "ainur/base/time.hpp"

namespace ainur {

namespace {

struct decimal {
  std::uint64_t micro;   // the number in millionths
  std::string_view rest; // what follows, without leading spaces
};

std::string_view skip_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  return text;
}

/// Reads "12", "12.5" exactly, at most six decimals. `scale` is what 1 counts for.
result<decimal> read_decimal(std::string_view text, std::uint64_t scale) {
  std::uint64_t value = 0;
  std::size_t at = 0;
  const auto push = [&value](std::uint64_t factor, std::uint64_t add) {
    return !__builtin_mul_overflow(value, factor, &value) &&
           !__builtin_add_overflow(value, add, &value);
  };
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    if (!push(10, static_cast<std::uint64_t>(text[at] - '0')))
      return fail(base_errc::overflow, std::string{text});
  if (at == 0)
    return fail(base_errc::malformed, "a number is expected at \"" + std::string{text} + "\"");
  if (!push(scale, 0))
    return fail(base_errc::overflow, std::string{text});
  if (at < text.size() && text[at] == '.') {
    std::uint64_t place = scale;
    const auto first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      const auto digit = static_cast<std::uint64_t>(text[at] - '0');
      if (place % 10 != 0 && digit != 0)
        return fail(base_errc::malformed, "too many decimals in \"" + std::string{text} + "\"");
      place /= 10;
      if (!push(1, digit * place))
        return fail(base_errc::overflow, std::string{text});
    }
    if (at == first)
      return fail(base_errc::malformed, "digits are expected after the point");
  }
  return decimal{value, skip_spaces(text.substr(at))};
}

struct unit {
  std::string_view name;
  std::int64_t micros;
};

constexpr std::array<unit, 7> units{{{"d", 86'400'000'000},
                                     {"h", 3'600'000'000},
                                     {"min", 60'000'000},
                                     {"s", 1'000'000},
                                     {"ms", 1'000},
                                     {"us", 1},
                                     {"m", 60'000'000}}};

} // namespace

std::string to_string(amount value) {
  std::string out = std::to_string(value.micro() / amount::micro_per_ainu);
  if (auto fraction = value.micro() % amount::micro_per_ainu; fraction != 0) {
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "%06u", static_cast<unsigned>(fraction));
    std::string_view shown{digits.data()};
    while (shown.back() == '0')
      shown.remove_suffix(1);
    out.append(".").append(shown);
  }
  return out + " AINU";
}

result<amount> amount_from_text(std::string_view text) {
  const auto trimmed = skip_spaces(text);
  if (trimmed.ends_with("uAINU") || trimmed.ends_with("µAINU")) {
    const auto number = read_decimal(trimmed, 1);
    if (!number)
      return fail(number.error());
    return amount{number->micro};
  }
  const auto number = read_decimal(trimmed, amount::micro_per_ainu);
  if (!number)
    return fail(number.error());
  if (!number->rest.empty() && number->rest != "AINU")
    return fail(base_errc::malformed, "an amount is like 12.5 or \"12.5 AINU\"");
  return amount{number->micro};
}

std::string to_string(timestamp t) {
  // Civil date from days (proleptic Gregorian, era of 400 years).
  constexpr std::int64_t day = 86'400'000'000;
  auto days = micros(t) / day;
  auto rest = micros(t) % day;
  if (rest < 0) {
    rest += day;
    --days;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02lld:%02lld:%02lld.%06lldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<long long>(rest / 3'600'000'000),
                static_cast<long long>(rest / 60'000'000 % 60),
                static_cast<long long>(rest / 1'000'000 % 60),
                static_cast<long long>(rest % 1'000'000));
  return out.data();
}

std::string to_string(duration d) {
  if (d.count() == 0)
    return "0s";
  std::string out = d.count() < 0 ? "-" : "";
  auto rest = static_cast<std::uint64_t>(d.count());
  if (d.count() < 0)
    rest = 0 - rest;
  bool first = true;
  for (const auto& u : units) {
    const auto size = static_cast<std::uint64_t>(u.micros);
    if (rest < size)
      continue;
    out.append(first ? "" : " ").append(std::to_string(rest / size)).append(u.name);
    rest %= size;
    first = false;
    if (rest == 0)
      break;
  }
  return out;
}

result<timestamp> timestamp_from_text(std::string_view text) {
  const auto malformed = [&text] {
    return fail(base_errc::malformed, "a time is like 2024-11-15T16:57:50Z, not \"" +
                                          std::string{text.substr(0, 40)} + "\"");
  };
  // Digits of a fixed shape; everything else must match.
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= shape.size() || text.back() != 'Z')
    return malformed();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i])
      return malformed();
  }
  const auto number = [&text](std::size_t from, std::size_t count) {
    int value = 0;
    for (auto i = from; i < from + count; ++i)
      value = value * 10 + (text[i] - '0');
    return value;
  };
  auto decimals = text.substr(shape.size(), text.size() - shape.size() - 1);
  std::int64_t fraction = 0;
  if (!decimals.empty()) {
    if (decimals[0] != '.' || decimals.size() < 2 || decimals.size() > 7)
      return malformed();
    decimals.remove_prefix(1);
    for (std::size_t i = 0; i < 6; ++i) {
      const char c = i < decimals.size() ? decimals[i] : '0';
      if (c < '0' || c > '9')
        return malformed();
      fraction = fraction * 10 + (c - '0');
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59)
    return malformed();
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  const auto seconds =
      std::int64_t{days} * 86'400 + number(11, 2) * 3'600 + number(14, 2) * 60 + number(17, 2);
  return timestamp_at(seconds * 1'000'000 + fraction);
}

result<duration> duration_from_text(std::string_view text) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t total = 0;
  auto rest = skip_spaces(text);
  do {
    const auto probe = read_decimal(rest, 1'000'000); // for the unit only
    if (!probe)
      return fail(probe.error());
    const unit* found = nullptr;
    for (const auto& u : units)
      if (probe->rest == u.name ||
          (probe->rest.starts_with(u.name) &&
           (probe->rest[u.name.size()] == ' ' ||
            (probe->rest[u.name.size()] >= '0' && probe->rest[u.name.size()] <= '9')))) {
        found = &u;
        break;
      }
    if (found == nullptr)
      return fail(base_errc::malformed, "a time is like \"250ms\", \"1.5s\", \"2h\", \"3d\"");
    const auto number = read_decimal(rest, static_cast<std::uint64_t>(found->micros));
    if (!number)
      return fail(number.error());
    if (__builtin_add_overflow(total, number->micro, &total) || total > most)
      return fail(base_errc::overflow, std::string{text});
    rest = skip_spaces(number->rest.substr(found->name.size()));
  } while (!rest.empty());
  return duration{static_cast<std::int64_t>(total)};
}

} // namespace ainur
