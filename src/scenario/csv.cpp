// CSV traces (RFC 4180, with LF or CRLF), streamed.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "ainur/base/nearest.hpp"
#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/schema.hpp"
#include "rows.hpp"

namespace ainur::scenario {

namespace {

constexpr std::size_t record_size_max = 1u << 20;
constexpr std::size_t columns_max = 1'024;

/// Splits a byte stream into records of fields.
class csv_records {
public:
  csv_records(const byte_source& next, char separator) : in_(next), separator_(separator) {}

  enum class outcome : std::uint8_t { record, end, malformed, broken };

  outcome next(std::vector<std::string>& fields);

  /// Of the record just read, from 1.
  [[nodiscard]] std::uint64_t line() const noexcept { return record_line_; }

  [[nodiscard]] const char* why() const noexcept { return why_; }

private:
  outcome refuse(const char* why) {
    why_ = why;
    return outcome::malformed;
  }

  void skip_line() {
    for (int c = in_.get(); c >= 0 && c != '\n'; c = in_.get()) {
    }
    ++line_;
  }

  buffered_source in_;
  char separator_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 1;
  const char* why_ = "";
};

csv_records::outcome csv_records::next(std::vector<std::string>& fields) {
  fields.clear();
  record_line_ = line_;
  if (in_.peek() < 0)
    return in_.peek() == -2 ? outcome::broken : outcome::end;
  std::string field;
  std::size_t size = 0;
  bool quoted = false; // inside quotes
  bool closed = false; // after a closing quote
  for (;;) {
    const int c = in_.get();
    if (++size > record_size_max || fields.size() >= columns_max) {
      skip_line();
      return refuse("a row has more than 1,024 columns or 1 MiB");
    }
    if (c == -2)
      return outcome::broken;
    if (quoted) {
      if (c < 0)
        return refuse("a quote is never closed");
      if (c != '"')
        field.push_back(static_cast<char>(c));
      else if (in_.peek() == '"')
        field.push_back(static_cast<char>(in_.get()));
      else {
        quoted = false;
        closed = true;
      }
      line_ += c == '\n' ? 1 : 0;
      continue;
    }
    const bool line_end =
        c < 0 || c == '\n' || (c == '\r' && (in_.peek() == '\n' || in_.peek() == -1));
    if (line_end || c == separator_) {
      fields.push_back(std::move(field));
      field.clear();
      closed = false;
      if (!line_end)
        continue;
      if (c == '\r')
        (void)in_.get();
      ++line_;
      return outcome::record;
    }
    if (c == '"' && field.empty() && !closed) {
      quoted = true;
      continue;
    }
    if (closed || c == '"' || c == 0) {
      skip_line();
      return refuse(c == 0 ? "a NUL byte: this is not text" : "a quote stands inside a field");
    }
    field.push_back(static_cast<char>(c));
  }
}

/// The columns of the mapping as indices; `none` where not mapped.
struct columns {
  static constexpr std::size_t none = ~std::size_t{0};
  std::size_t time = none;
  std::size_t outcome = none;
  std::size_t size = none;
  std::vector<std::size_t> client;
  std::vector<std::size_t> capability;
  std::vector<std::size_t> work;
};

class header {
public:
  header(const std::vector<std::string>& fields, std::string name) : name_(std::move(name)) {
    for (const auto& f : fields)
      names_.push_back(trim_spaces(f));
  }

  std::size_t find(std::string_view column) {
    const auto at = std::find(names_.begin(), names_.end(), column);
    if (at != names_.end() && !failure_ && std::find(at + 1, names_.end(), column) != names_.end())
      failure_ = error{errc::invalid_workload,
                       fmt::format("{}:1: two columns are named \"{}\"", name_, column)};
    if (at != names_.end())
      return static_cast<std::size_t>(at - names_.begin());
    if (!failure_) {
      const auto close = nearest(column, names_);
      failure_ = error{errc::invalid_workload,
                       fmt::format("{}:1: there is no column \"{}\"{}", name_, column,
                                   close.empty() ? "; name the columns under [workload.csv]"
                                                 : fmt::format("; did you mean \"{}\"?", close))};
    }
    return columns::none;
  }

  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

private:
  std::string name_;
  std::vector<std::string_view> names_;
  std::optional<error> failure_;
};

result<columns> find_columns(const csv_mapping& m, const std::vector<std::string>& fields,
                             const std::string& name) {
  header h{fields, name};
  columns out;
  out.time = h.find(m.time);
  if (!m.outcome.empty())
    out.outcome = h.find(m.outcome);
  if (!m.size.empty())
    out.size = h.find(m.size);
  for (const auto& c : m.client)
    out.client.push_back(h.find(c));
  for (const auto& c : m.capability)
    out.capability.push_back(h.find(c));
  for (const auto& w : m.work)
    out.work.push_back(h.find(w.column));
  if (h.failure())
    return fail(*h.failure());
  return out;
}

bool any_of(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// The values of some columns joined by "/"; `whole` if none is empty.
std::string join(const std::vector<std::string>& fields, const std::vector<std::size_t>& which,
                 bool& whole) {
  std::string out;
  for (const auto i : which) {
    const auto part = trim_spaces(fields[i]);
    if (part.empty())
      whole = false;
    else
      out.append(out.empty() ? "" : "/").append(part);
  }
  return out;
}

/// The work of a row: nothing if any of its numbers is missing. Errors say why.
result<std::optional<std::uint64_t>> work_of(const csv_mapping& m, const columns& at,
                                             const std::vector<std::string>& fields) {
  __extension__ using uint128 = unsigned __int128;
  uint128 sum = 0;
  bool missing = at.work.empty();
  for (std::size_t i = 0; i < at.work.size(); ++i) {
    const auto n = parse_trace_number(fields[at.work[i]], true);
    if (n.what == trace_number::kind::malformed)
      return fail(errc::invalid_workload,
                  fmt::format("{} is not a number: \"{}\"", m.work[i].column,
                              fields[at.work[i]].substr(0, 64)));
    missing = missing || n.what == trace_number::kind::missing;
    sum += uint128{n.micro} * static_cast<std::uint64_t>(micros(m.work[i].per_unit)) / 1'000'000;
  }
  if (missing)
    return std::optional<std::uint64_t>{};
  constexpr std::uint64_t century = 100ull * 366 * 86'400 * 1'000'000;
  if (sum > century)
    return fail(errc::invalid_workload, "its work is more than a century");
  return std::optional{static_cast<std::uint64_t>(sum)};
}

/// Fills a row from its fields. Errors say why it cannot be read.
result<void> read_row(const csv_mapping& m, const columns& at,
                      const std::vector<std::string>& fields, time_format& format, raw_row& row) {
  const auto time = parse_trace_time(fields[at.time], format);
  if (!time)
    return fail(time.error());
  row.time = *time;
  bool client_whole = true;
  row.client = at.client.empty() ? "client" : join(fields, at.client, client_whole);
  row.capability_whole = true;
  row.capability = join(fields, at.capability, row.capability_whole);
  const auto work = work_of(m, at, fields);
  if (!work)
    return fail(work.error());
  row.work = *work;
  row.outcome = recorded_outcome::unknown;
  row.unfinished = false;
  if (at.outcome != columns::none) {
    const auto value = trim_spaces(fields[at.outcome]);
    row.unfinished = any_of(m.unfinished, value);
    row.outcome = any_of(m.success, value)     ? recorded_outcome::success
                  : any_of(m.failure, value)   ? recorded_outcome::failure
                  : any_of(m.cancelled, value) ? recorded_outcome::cancelled
                                               : recorded_outcome::unknown;
  }
  row.size = 0;
  if (at.size != columns::none) {
    const auto n = parse_trace_number(fields[at.size], true);
    if (n.what == trace_number::kind::malformed)
      return fail(errc::invalid_workload, "the size is not a number");
    row.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(n.micro / 1'000'000, 1u << 20));
  }
  return {};
}

} // namespace

result<workload> read_csv(const workload_config& rules, const std::string& name,
                          const byte_source& next) {
  csv_records records{next, rules.csv.separator.front()};
  row_taker taker{rules, name, rules.csv.capability_default};
  std::vector<std::string> fields;
  using outcome = csv_records::outcome;
  const auto first = records.next(fields);
  if (first == outcome::broken)
    return fail(errc::no_file, name + ": reading failed");
  if (first != outcome::record)
    return fail(errc::invalid_workload,
                name + ":1: " + (first == outcome::end ? "the file is empty" : records.why()));
  if (fields.front().starts_with("\xef\xbb\xbf"))
    fields.front().erase(0, 3);
  const auto at = find_columns(rules.csv, fields, name);
  if (!at)
    return fail(at.error());
  const auto width = fields.size();
  auto format = rules.csv.format;
  std::vector<std::string> before;
  raw_row row;
  while (!taker.full()) {
    const auto got = records.next(fields);
    if (got == outcome::end)
      break;
    if (got == outcome::broken)
      return fail(errc::no_file, fmt::format("{}:{}: reading failed", name, records.line()));
    result<void> taken;
    if (got == outcome::record && fields.size() == 1 && trim_spaces(fields[0]).empty() && width > 1)
      continue; // a blank line
    if (got == outcome::malformed)
      taken = taker.malformed(records.line(), records.why());
    else if (fields.size() != width)
      taken = taker.malformed(records.line(),
                              fmt::format("{} columns instead of {}", fields.size(), width));
    else {
      row.line = records.line();
      row.duplicate = fields == before;
      if (auto read = read_row(rules.csv, *at, fields, format, row); read)
        taken = taker.take(row);
      else
        taken = taker.malformed(records.line(), read.error().detail());
      std::swap(before, fields);
    }
    if (!taken)
      return fail(taken.error());
  }
  return taker.finish();
}

} // namespace ainur::scenario
