#include "rows.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <fmt/format.h>

#include "ainur/scenario/errc.hpp"
#include "toml_guard.hpp"

namespace ainur::scenario {

namespace {

__extension__ using int128 = __int128;
constexpr std::size_t name_size_max = 256;
constexpr std::size_t names_max = 1'000'000;
constexpr std::int64_t time_max = 4'000ll * 366 * 86'400 * 1'000'000; // µs, 4,000 years

bool same_word(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

std::uint64_t scale(std::uint64_t value, std::uint64_t times, std::uint64_t per) {
  const auto product =
      static_cast<int128>(value) * static_cast<int128>(times) / static_cast<int128>(per);
  return static_cast<std::uint64_t>(std::min(product, static_cast<int128>(time_max)));
}

/// Takes digits from the front; nothing if there are not `count` of them.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count)
    return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take_one_of(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text.front()) == std::string_view::npos)
    return false;
  text.remove_prefix(1);
  return true;
}

/// ".1234567": micros, further digits cut off.
std::int64_t take_fraction(std::string_view& text) {
  std::int64_t micros = 0;
  std::int64_t place = 100'000;
  if (text.size() < 2 || text[0] != '.' || text[1] < '0' || text[1] > '9')
    return 0;
  text.remove_prefix(1);
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    micros += place * (text.front() - '0');
    place /= 10;
    text.remove_prefix(1);
  }
  return micros;
}

/// "Z", "+01:00", "-0800", " UTC": seconds east of UTC.
std::optional<std::int64_t> take_zone(std::string_view text) {
  text = trim_spaces(text);
  if (text.empty() || text == "Z" || text == "z" || text == "UTC")
    return 0;
  const bool west = text.front() == '-';
  if (!take_one_of(text, "+-"))
    return std::nullopt;
  const auto hours = take_digits(text, 2);
  (void)take_one_of(text, ":");
  const auto minutes = text.empty() ? std::optional{0} : take_digits(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 15 || *minutes > 59)
    return std::nullopt;
  const std::int64_t east = *hours * 3'600 + *minutes * 60;
  return west ? -east : east;
}

std::optional<std::int64_t> parse_calendar(std::string_view text) {
  const auto year = take_digits(text, 4);
  const bool d1 = take_one_of(text, "-/");
  const auto month = take_digits(text, 2);
  const bool d2 = take_one_of(text, "-/");
  const auto day = take_digits(text, 2);
  if (!year || !d1 || !month || !d2 || !day)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  std::int64_t in_day = 0;
  std::int64_t fraction = 0;
  std::int64_t zone = 0;
  if (!text.empty()) {
    const bool gap = take_one_of(text, " Tt");
    const auto hour = take_digits(text, 2);
    const bool c1 = take_one_of(text, ":");
    const auto minute = take_digits(text, 2);
    if (!gap || !hour || !c1 || !minute)
      return std::nullopt;
    const auto second = take_one_of(text, ":") ? take_digits(text, 2) : std::optional{0};
    if (!second || *hour > 23 || *minute > 59 || *second > 60)
      return std::nullopt;
    in_day = *hour * 3'600 + *minute * 60 + *second;
    fraction = take_fraction(text);
    const auto east = take_zone(text);
    if (!east)
      return std::nullopt;
    zone = *east;
  }
  return (days * 86'400 + in_day - zone) * 1'000'000 + fraction;
}

} // namespace

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool buffered_source::fill() {
  if (ended_)
    return false;
  const auto count = next_(buffer_.data(), buffer_.size());
  failed_ = count < 0;
  ended_ = count <= 0;
  at_ = 0;
  end_ = ended_ ? 0 : static_cast<std::size_t>(count);
  return !ended_;
}

trace_number parse_trace_number(std::string_view text, bool negative_is_missing) {
  using kind = trace_number::kind;
  text = trim_spaces(text);
  if (text.empty() || same_word(text, "nan") || same_word(text, "null") || same_word(text, "na") ||
      text == "-")
    return {};
  trace_number out{kind::value, text.front() == '-', 0};
  if (text.front() == '-' || text.front() == '+')
    text.remove_prefix(1);
  std::uint64_t whole = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
       text.remove_prefix(1), ++digits)
    if (__builtin_mul_overflow(whole, 10u, &whole) ||
        __builtin_add_overflow(whole, static_cast<unsigned>(text.front() - '0'), &whole))
      return {kind::malformed, false, 0};
  const bool point = text.starts_with('.');
  const auto before = text.size();
  const auto fraction = static_cast<std::uint64_t>(take_fraction(text));
  if (point && text.size() == before)
    text.remove_prefix(1); // "12."
  digits += before - text.size();
  if (digits == 0 || !text.empty() || __builtin_mul_overflow(whole, 1'000'000u, &whole) ||
      __builtin_add_overflow(whole, fraction, &whole))
    return {kind::malformed, false, 0};
  out.micro = whole;
  if (out.negative && negative_is_missing)
    return {};
  return out;
}

result<std::int64_t> parse_trace_time(std::string_view text, time_format& format) {
  text = trim_spaces(text);
  const auto bad = [text](std::string_view expected) {
    return fail(errc::invalid_workload,
                fmt::format("\"{}\" is not a time ({})", text.substr(0, 64), expected));
  };
  if (format == time_format::automatic || format == time_format::calendar) {
    if (const auto found = parse_calendar(text)) {
      format = time_format::calendar;
      return *found;
    }
    if (format == time_format::calendar)
      return bad("like 2024-11-15 16:57:50");
  }
  // Epoch times in ms and us do not fit a number in millionths: those are whole numbers.
  if (text.size() >= 13 && text.size() <= 18 &&
      text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t whole = 0;
    for (const char digit : text)
      whole = whole * 10 + (digit - '0');
    if (format == time_format::automatic)
      format = whole > 100'000'000'000'000 ? time_format::epoch_microseconds
                                           : time_format::epoch_milliseconds;
    const std::int64_t per = format == time_format::epoch_microseconds   ? 1
                             : format == time_format::epoch_milliseconds ? 1'000
                                                                         : 1'000'000;
    return whole > time_max / per ? bad("it is too large") : result<std::int64_t>{whole * per};
  }
  const auto number = parse_trace_number(text, false);
  if (number.what != trace_number::kind::value)
    return bad("like 2024-11-15 16:57:50, or seconds since any start");
  if (format == time_format::automatic) {
    // Today is about 1.7e9 seconds, 1.7e12 milliseconds, 1.7e15 microseconds.
    const auto whole = number.micro / 1'000'000;
    format = whole > 100'000'000'000'000 ? time_format::epoch_microseconds
             : whole > 100'000'000'000   ? time_format::epoch_milliseconds
                                         : time_format::epoch_seconds;
  }
  const std::uint64_t per = format == time_format::epoch_microseconds   ? 1'000'000
                            : format == time_format::epoch_milliseconds ? 1'000
                                                                        : 1;
  const auto micros = number.micro / per;
  if (micros > static_cast<std::uint64_t>(time_max))
    return bad("it is too large");
  return number.negative ? -static_cast<std::int64_t>(micros) : static_cast<std::int64_t>(micros);
}

row_taker::row_taker(const workload_config& rules, std::string name, std::string capability_default)
    : rules_(rules), name_(std::move(name)), capability_default_(std::move(capability_default)) {}

error row_taker::refusal(std::uint64_t line, const std::string& why) const {
  return error{errc::invalid_workload, fmt::format("{}:{}: {}", name_, line, why)};
}

row_taker::fate row_taker::judge(row_rule rule, std::uint64_t& counter) {
  ++counter;
  return rule == row_rule::skip ? fate::skip : rule == row_rule::refuse ? fate::refuse : fate::take;
}

bool row_taker::full() const noexcept {
  return rules_.limit != 0 && out_.requests.size() >= rules_.limit;
}

result<void> row_taker::malformed(std::uint64_t line, std::string why) {
  ++out_.counts.rows;
  ++out_.counts.malformed;
  ++out_.counts.skipped;
  auto refused = refusal(line, why);
  if (rules_.malformed_max.ppm == 0)
    return fail(std::move(refused));
  if (out_.counts.first_malformed.empty())
    out_.counts.first_malformed = refused.detail();
  return {};
}

result<std::uint32_t> row_taker::intern(std::unordered_map<std::string, std::uint32_t>& index,
                                        std::vector<std::string>& names, const std::string& name,
                                        std::uint64_t line) {
  const auto [at, fresh] = index.try_emplace(name, static_cast<std::uint32_t>(names.size()));
  if (fresh) {
    if (names.size() >= names_max)
      return fail(refusal(line, "more than 1,000,000 different names"));
    names.push_back(name);
  }
  return at->second;
}

result<void> row_taker::take(const raw_row& row) {
  auto& counts = out_.counts;
  if (row.client.size() > name_size_max || row.capability.size() > name_size_max)
    return malformed(row.line, "a name is longer than 256 bytes");
  if (find_not_utf8(row.client) || find_not_utf8(row.capability))
    return malformed(row.line, "a name is not UTF-8 text");
  ++counts.rows;
  const auto decide = [&](bool applies, row_rule rule, std::uint64_t& counter) {
    return applies ? judge(rule, counter) : fate::take;
  };
  const bool early = any_ && row.time < latest_;
  const auto order = rules_.out_of_order == order_rule::skip     ? row_rule::skip
                     : rules_.out_of_order == order_rule::refuse ? row_rule::refuse
                                                                 : row_rule::keep;
  const std::pair<fate, const char*> fates[] = {
      {decide(row.unfinished, rules_.unfinished, counts.unfinished), "the row never finished"},
      {decide(!row.unfinished && !row.work, rules_.work_missing, counts.work_missing),
       "its work is missing"},
      {decide(row.client.empty(), rules_.client_missing, counts.client_missing),
       "its client is missing"},
      {decide(!row.capability_whole, rules_.capability_missing, counts.capability_missing),
       "its capability is missing"},
      {decide(row.duplicate, rules_.duplicates, counts.duplicates), "it equals the row before"},
      {decide(early, order, counts.out_of_order), "it is earlier than a row before"},
  };
  for (const auto& [f, why] : fates)
    if (f == fate::refuse)
      return fail(refusal(row.line, why));
  for (const auto& [f, why] : fates)
    if (f == fate::skip) {
      ++counts.skipped;
      return {};
    }
  latest_ = any_ ? std::max(latest_, row.time) : row.time;
  any_ = true;
  if (skipped_at_start_ < rules_.skip) {
    ++skipped_at_start_;
    ++counts.skipped;
    return {};
  }
  if (out_.requests.size() >= requests_max)
    return fail(errc::too_large, fmt::format("{}:{}: more than {} requests; set workload.limit",
                                             name_, row.line, requests_max));
  request r;
  const auto rule = row.unfinished ? rules_.unfinished : rules_.work_missing;
  const auto usual = static_cast<std::uint64_t>(micros(rules_.work_default));
  const bool replaced = rule == row_rule::replace && (row.unfinished || !row.work);
  r.work_known = replaced || row.work.has_value();
  r.work = duration{static_cast<std::int64_t>(
      replaced ? usual : scale(row.work.value_or(0), rules_.work_scale.ppm, ratio::one))};
  const bool by_default = row.capability.empty() ||
                          (!row.capability_whole && rules_.capability_missing == row_rule::replace);
  const auto capability = intern(capabilities_, out_.capabilities,
                                 by_default ? capability_default_ : row.capability, row.line);
  const auto client =
      intern(clients_, out_.clients, row.client.empty() ? "unknown" : row.client, row.line);
  if (!capability || !client)
    return fail(capability ? client.error() : capability.error());
  r.capability = *capability;
  r.client = *client;
  r.size = row.size;
  r.outcome = row.outcome;
  counts.outcome_unknown += row.outcome == recorded_outcome::unknown ? 1 : 0;
  ++counts.taken;
  out_.requests.push_back(r);
  times_.push_back(row.time);
  return {};
}

result<workload> row_taker::finish() {
  const auto& c = out_.counts;
  if (static_cast<int128>(c.malformed) * 1'000'000 >
      static_cast<int128>(rules_.malformed_max.ppm) * c.rows)
    return fail(
        errc::invalid_workload,
        fmt::format("{} of {} rows cannot be read, more than workload.malformed_max; the first: {}",
                    c.malformed, c.rows, c.first_malformed));
  if (out_.requests.empty())
    return fail(errc::invalid_workload,
                fmt::format("{}: no requests ({} rows, {} skipped)", name_, c.rows, c.skipped));
  std::vector<std::uint32_t> order(times_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [this](std::uint32_t a, std::uint32_t b) { return times_[a] < times_[b]; });
  std::vector<request> sorted;
  sorted.reserve(order.size());
  const auto start = times_[order.front()];
  for (const auto i : order) {
    sorted.push_back(out_.requests[i]);
    sorted.back().at = duration{static_cast<std::int64_t>(
        scale(static_cast<std::uint64_t>(times_[i] - start), ratio::one, rules_.speedup.ppm))};
  }
  out_.requests = std::move(sorted);
  return std::move(out_);
}

} // namespace ainur::scenario
