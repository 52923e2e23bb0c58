// Standard Workload Format 2.2 (Feitelson et al., Parallel Workloads Archive): 18 numbers a line,
// −1 for what is not known, comments after ';'. Streamed.
#include <array>
#include <bit>

#include <fmt/format.h>

#include "ainur/scenario/errc.hpp"
#include "rows.hpp"

namespace ainur::scenario {

namespace {

constexpr std::size_t line_size_max = 65'536;
constexpr std::size_t field_count = 18;

/// Positions of the fields used, from 0.
enum field : std::size_t {
  submit = 1,
  run_time = 3,
  processors_used = 4,
  processors_asked = 7,
  status = 10,
  user = 11,
  group = 12,
  application = 13,
  queue = 14,
  partition = 15
};

struct swf_row {
  std::array<trace_number, field_count> at;

  /// The whole number of a field, or nothing if it is missing.
  [[nodiscard]] std::optional<std::uint64_t> number(std::size_t i) const {
    if (at[i].what != trace_number::kind::value)
      return std::nullopt;
    return at[i].micro / 1'000'000;
  }

  [[nodiscard]] std::optional<std::uint64_t> processors() const {
    const auto asked = number(processors_asked);
    const auto count = asked && *asked > 0 ? asked : number(processors_used);
    return count && *count > 0 ? count : std::nullopt;
  }
};

/// The text of a mapped field, empty if it is missing.
std::string part_of(const swf_row& row, std::string_view name) {
  const auto with = [](std::string_view prefix, std::optional<std::uint64_t> value) {
    return value ? fmt::format("{}{}", prefix, *value) : std::string{};
  };
  if (name == "user")
    return with("user", row.number(user));
  if (name == "group")
    return with("group", row.number(group));
  if (name == "application")
    return with("app", row.number(application));
  if (name == "queue")
    return with("queue", row.number(queue));
  if (name == "partition")
    return with("partition", row.number(partition));
  auto count = row.processors();
  if (count && name == "processors_class")
    count = std::bit_ceil(std::min<std::uint64_t>(*count, 1u << 30));
  return with("p", count);
}

std::string join(const swf_row& row, const std::vector<std::string>& names, bool& whole) {
  std::string out;
  for (const auto& name : names) {
    const auto part = part_of(row, name);
    whole = whole && !part.empty();
    if (!part.empty())
      out.append(out.empty() ? "" : "/").append(part);
  }
  return out;
}

result<swf_row> split(std::string_view line) {
  swf_row out;
  std::size_t count = 0;
  while (!(line = trim_spaces(line)).empty()) {
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    if (count == field_count)
      return fail(errc::invalid_workload, "more than 18 fields");
    const bool may_be_negative = count == submit;
    out.at[count] = parse_trace_number(line.substr(0, end), !may_be_negative);
    if (out.at[count].what == trace_number::kind::malformed)
      return fail(errc::invalid_workload,
                  fmt::format("field {} is not a number: \"{}\"", count + 1,
                              line.substr(0, std::min<std::size_t>(end, 64))));
    ++count;
    line.remove_prefix(end);
  }
  if (count != field_count)
    return fail(errc::invalid_workload, fmt::format("{} fields instead of 18", count));
  if (out.at[submit].what != trace_number::kind::value || out.at[submit].negative)
    return fail(errc::invalid_workload, "the time of submission is missing");
  return out;
}

result<void> fill(const swf_mapping& m, std::string_view line, raw_row& row) {
  const auto fields = split(line);
  if (!fields)
    return fail(fields.error());
  constexpr std::uint64_t century_s = 100ull * 366 * 86'400;
  if (fields->at[submit].micro / 1'000'000 > century_s)
    return fail(errc::invalid_workload, "the time of submission is more than a century");
  row.time = static_cast<std::int64_t>(fields->at[submit].micro);
  bool client_whole = true;
  row.client = m.client.empty() ? "client" : join(*fields, m.client, client_whole);
  row.capability_whole = true;
  row.capability = join(*fields, m.capability, row.capability_whole);
  row.work.reset();
  if (const auto& run = fields->at[run_time]; run.what == trace_number::kind::value) {
    __extension__ using uint128 = unsigned __int128;
    const auto processors =
        m.work == swf_work::processor_time ? fields->processors() : std::optional<std::uint64_t>{1};
    const auto work = uint128{run.micro} * processors.value_or(0);
    if (work > uint128{century_s} * 1'000'000)
      return fail(errc::invalid_workload, "its work is more than a century");
    if (processors)
      row.work = static_cast<std::uint64_t>(work);
  }
  const auto s = fields->number(status);
  row.unfinished = s && *s >= 2 && *s <= 4; // parts of a job that has a line of its own
  row.outcome = !s        ? recorded_outcome::unknown
                : *s == 1 ? recorded_outcome::success
                : *s == 0 ? recorded_outcome::failure
                : *s == 5 ? recorded_outcome::cancelled
                          : recorded_outcome::unknown;
  return {};
}

} // namespace

result<workload> read_swf(const workload_config& rules, const std::string& name,
                          const byte_source& next) {
  buffered_source in{next};
  row_taker taker{rules, name, "work"};
  std::string line;
  std::string before;
  raw_row row;
  std::uint64_t number = 0;
  for (bool more = true; more && !taker.full();) {
    line.clear();
    ++number;
    bool too_long = false;
    for (;;) {
      const int c = in.get();
      if (c == -2)
        return fail(errc::no_file, fmt::format("{}:{}: reading failed", name, number));
      more = c >= 0;
      if (c < 0 || c == '\n')
        break;
      too_long = too_long || line.size() >= line_size_max;
      if (!too_long)
        line.push_back(static_cast<char>(c));
    }
    const auto content = trim_spaces(std::string_view{line}.substr(0, line.find(';')));
    result<void> taken;
    if (too_long)
      taken = taker.malformed(number, "a line is longer than 64 KiB");
    else if (content.empty())
      continue;
    else {
      row.line = number;
      row.duplicate = line == before;
      if (auto read = fill(rules.swf, content, row); read)
        taken = taker.take(row);
      else
        taken = taker.malformed(number, read.error().detail());
      std::swap(before, line);
    }
    if (!taken)
      return fail(taken.error());
  }
  return taker.finish();
}

} // namespace ainur::scenario
