// A config as canonical TOML, as the commented starter file, and the reference of all keys.
#include <algorithm>

#include <fmt/format.h>

#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/metrics.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/schema.hpp"

namespace ainur::scenario {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append("\\").push_back(c);
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    else
      out.push_back(c);
  }
  return out + "\"";
}

std::string ratio_text(ratio r) {
  std::string out = std::to_string(r.ppm / ratio::one);
  if (const auto rest = r.ppm % ratio::one; rest != 0) {
    auto digits = fmt::format("{:06}", rest);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += "." + digits;
  }
  return out;
}

template <class List, class F>
std::string list_text(const List& list, F&& each) {
  std::string out = "[";
  for (const auto& x : list)
    out.append(out.size() > 1 ? ", " : "").append(each(x));
  return out + "]";
}

std::string value_text(const key_spec& k, const void* member);

/// { key = value, ... }, or the bare value where only the shorthand differs from the defaults.
std::string inline_table(const section& s, const void* object) {
  std::string out = "{ ";
  bool only_shorthand = !s.shorthand.empty();
  const bool uniform = s.is_model() && *static_cast<const std::uint8_t*>(s.keys[0].read(object)) ==
                                           static_cast<std::uint8_t>(distribution::uniform);
  for (const auto& k : s.keys) {
    const auto text = value_text(k, k.read(object));
    const bool usual = text == value_text(k, k.read(s.defaults));
    if (k.name != s.shorthand && !usual)
      only_shorthand = false;
    if (s.is_model() && usual && k.name != "distribution" && k.name != "value")
      continue;
    if (s.is_model() && usual && k.name == "value" && uniform)
      continue;
    out.append(out.size() > 2 ? ", " : "").append(k.name).append(" = ").append(text);
  }
  if (only_shorthand)
    return value_text(*s.find(s.shorthand), s.find(s.shorthand)->read(object));
  return out + " }";
}

std::string value_text(const key_spec& k, const void* member) {
  switch (k.kind) {
  case value_kind::integer:
    return std::to_string(*static_cast<const std::uint64_t*>(member));
  case value_kind::share:
    return ratio_text(*static_cast<const ratio*>(member));
  case value_kind::money:
    return quoted(ainur::to_string(*static_cast<const amount*>(member)));
  case value_kind::time:
    return quoted(ainur::to_string(*static_cast<const duration*>(member)));
  case value_kind::boolean:
    return *static_cast<const bool*>(member) ? "true" : "false";
  case value_kind::text:
    return quoted(*static_cast<const std::string*>(member));
  case value_kind::choice:
    return quoted(k.choices[*static_cast<const std::uint8_t*>(member)]);
  case value_kind::texts:
    return list_text(*static_cast<const std::vector<std::string>*>(member), quoted);
  case value_kind::integers:
    return list_text(*static_cast<const std::vector<std::uint64_t>*>(member),
                     [](std::uint64_t x) { return std::to_string(x); });
  case value_kind::table:
    return inline_table(*k.table, member);
  case value_kind::tables: {
    std::string out = "[";
    for (std::size_t i = 0; i < k.size(member); ++i)
      out.append(i == 0 ? "" : ", ")
          .append(inline_table(*k.table, k.element(const_cast<void*>(member), i))); // NOLINT
    return out + "]";
  }
  case value_kind::expectations:
    break;
  }
  return {};
}

/// True for keys that have a [header] of their own.
bool has_header(const key_spec& k) {
  const bool nested = k.kind == value_kind::table || k.kind == value_kind::tables;
  return k.kind == value_kind::expectations || (nested && k.table->shorthand.empty());
}

std::string expectation_text(const expectation& e) {
  if (!e.from && !e.to && !e.warm_up)
    return quoted(e.rule);
  std::string out = "{ rule = " + quoted(e.rule);
  const auto part = [&out](std::string_view name, const std::optional<duration>& d) {
    if (d)
      out += fmt::format(", {} = {}", name, quoted(ainur::to_string(*d)));
  };
  part("from", e.from);
  part("to", e.to);
  part("warm_up", e.warm_up);
  return out + " }";
}

/// Rules on one metric stand together, as the file form needs it.
void write_expectations(std::string& out, const std::vector<expectation>& all) {
  std::vector<std::string> done;
  for (const auto& e : all) {
    const auto metric = metric_text(e);
    if (std::find(done.begin(), done.end(), metric) != done.end())
      continue;
    done.push_back(metric);
    std::vector<std::string> rules;
    for (const auto& other : all)
      if (metric_text(other) == metric)
        rules.push_back(expectation_text(other));
    out += quoted(metric) + " = ";
    out += rules.size() == 1 ? rules.front()
                             : list_text(rules, [](const std::string& r) { return r; });
    out += '\n';
  }
}

/// A comment, in lines of at most 100 columns.
std::string comment(std::string_view text) {
  constexpr std::size_t width = 100 - 2;
  std::string out;
  while (text.size() > width) {
    const auto cut = text.rfind(' ', width);
    if (cut == std::string_view::npos)
      break;
    out.append("# ").append(text.substr(0, cut)).append("\n");
    text.remove_prefix(cut + 1);
  }
  return out.append("# ").append(text).append("\n");
}

/// Writes a config in the schema's order.
class writer {
public:
  explicit writer(bool commented) : commented_(commented) {}

  void table(const section& s, const void* object, const std::string& path);

  [[nodiscard]] std::string take() { return std::move(out_); }

private:
  void header(const key_spec& k, const std::string& path, const std::string& brackets);
  void line(const key_spec& k, const void* object, const section& s, bool explain);
  void entry(const key_spec& k, const void* object, const std::string& path);

  bool commented_;
  std::string out_;
};

std::string range_text(const key_spec& k) {
  if (k.kind != value_kind::choice)
    return {};
  std::string out;
  for (const auto c : k.choices)
    out.append(out.empty() ? "" : " | ").append(c);
  return out;
}

void writer::line(const key_spec& k, const void* object, const section& s, bool explain) {
  const auto text = value_text(k, k.read(object));
  if (!commented_) {
    out_ += fmt::format("{} = {}\n", k.name, text);
    return;
  }
  const bool usual = text == value_text(k, k.read(s.defaults));
  if (usual && !explain)
    return;
  const auto assignment = fmt::format("{}{} = {}", usual ? "# " : "", k.name, text);
  const auto choices = range_text(k);
  if (!explain)
    out_ += assignment + "\n";
  else
    out_ += comment(fmt::format("{}{}{}", k.meaning, choices.empty() ? "" : ": ", choices)) +
            assignment + "\n";
}

void writer::header(const key_spec& k, const std::string& path, const std::string& brackets) {
  out_ += '\n';
  if (commented_ && k.table != nullptr)
    out_ += comment(k.table->meaning);
  else if (commented_)
    out_ += "# What must hold at the end; see `ainur metrics`. Rules: \"< 200\", \">= 0.95\", \"== "
            "0\",\n"
            "# \"200..300\", or { rule = \"< 200\", from = \"1min\", to = \"5min\", warm_up = "
            "\"0s\" }.\n";
  out_ +=
      brackets.substr(0, brackets.size() / 2) + path + brackets.substr(brackets.size() / 2) + "\n";
}

void writer::entry(const key_spec& k, const void* object, const std::string& path) {
  const auto* member = k.read(object);
  if (k.kind == value_kind::expectations) {
    const auto& all = *static_cast<const std::vector<expectation>*>(member);
    if (!all.empty()) {
      header(k, path, "[]");
      write_expectations(out_, all);
    }
  } else if (k.kind == value_kind::table) {
    header(k, path, "[]");
    table(*k.table, member, path);
  } else {
    for (std::size_t i = 0; i < k.size(member); ++i) {
      header(k, path, "[[]]");
      const auto* element = k.element(const_cast<void*>(member), i); // NOLINT
      for (const auto& each : k.table->keys)
        line(each, element, *k.table, i == 0);
    }
  }
}

void writer::table(const section& s, const void* object, const std::string& path) {
  for (const auto& k : s.keys)
    if (!has_header(k))
      line(k, object, s, true);
  for (const auto& k : s.keys)
    if (has_header(k))
      entry(k, object, path.empty() ? std::string{k.name} : path + "." + std::string{k.name});
}

config starter() {
  config c;
  c.description = "A small market of two kinds of workers";
  population steady{.name = "steady", .count = 60, .capabilities = {"nlp", "vision"}};
  steady.cost = amount_model::lognormal(amount{10'000}, percent(30));
  population quick{.name = "quick", .count = 20, .capabilities = {"nlp"}};
  quick.speed = ratio_model::uniform(percent(150), percent(300));
  quick.cost = amount_model::lognormal(amount{25'000}, percent(30));
  quick.reliability = ratio_model::constant(percent(98));
  quick.strategy = bidding_strategy::cost_plus;
  c.populations = {steady, quick};
  c.clients.count = 20;
  c.workload.synthetic.rate = ratio{2 * ratio::one};
  c.faults.push_back({.at = std::chrono::minutes{2}, .lasts = {}});
  for (const auto& [metric, rule] : {std::pair{"tasks.completed_share", ">= 0.9"},
                                     {"latency_ms.auction.p95", "< 2000"},
                                     {"ledger.conserved", "== true"}})
    if (auto e = parse_expectation(metric, rule))
      c.expectations.push_back(*e);
  return c;
}

std::string type_text(const key_spec& k) {
  switch (k.kind) {
  case value_kind::integer:
    return "number";
  case value_kind::share:
    return "share or factor";
  case value_kind::money:
    return "amount";
  case value_kind::time:
    return "time";
  case value_kind::boolean:
    return "true, false";
  case value_kind::text:
    return "text";
  case value_kind::choice:
    return range_text(k);
  case value_kind::texts:
    return "list of texts";
  case value_kind::integers:
    return "list of numbers";
  case value_kind::tables:
    return "list of tables";
  case value_kind::expectations:
    return "rules";
  case value_kind::table:
    break;
  }
  const auto* value = k.table->find("value");
  return value == nullptr ? "table" : "model: " + type_text(*value);
}

void reference_section(std::string& out, const section& s, const std::string& path, bool list) {
  out += path.empty() ? "\n## Top level\n"
                      : fmt::format("\n## {}{}{}\n", list ? "[[" : "[", path, list ? "]]" : "]");
  out += fmt::format("\n{}\n", s.meaning);
  bool any = false;
  for (const auto& k : s.keys)
    any = any || !has_header(k);
  if (any)
    out += "\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& k : s.keys) {
    if (has_header(k))
      continue;
    auto type = type_text(k);
    for (std::size_t at = 0; (at = type.find(" | ", at)) != std::string::npos; at += 2)
      type.replace(at, 3, ", ");
    out += fmt::format("| `{}` | {} | `{}` | {} |\n", k.name, type,
                       value_text(k, k.read(s.defaults)), k.meaning);
  }
  for (const auto& k : s.keys)
    if (has_header(k) && k.table != nullptr)
      reference_section(out, *k.table,
                        path.empty() ? std::string{k.name} : path + "." + std::string{k.name},
                        k.kind == value_kind::tables);
}

} // namespace

std::string to_toml(const config& c) {
  writer w{false};
  w.table(schema(), &c, {});
  return w.take();
}

std::string starter_toml() {
  writer w{true};
  const auto c = starter();
  w.table(schema(), &c, {});
  return "# A scenario for `ainur run`. Lines that begin with \"# key =\" show a default.\n"
         "# Check it with `ainur check`; docs/scenario-reference.md lists every key.\n\n" +
         w.take();
}

std::string reference_markdown() {
  std::string out =
      "# Scenario reference\n\n"
      "Every key of a scenario file, with its default. This page is written from the schema by\n"
      "`ainur new --reference`; a test compares them.\n\n"
      "Amounts are written \"12.5 AINU\" or \"300 uAINU\"; times \"250ms\", \"1.5s\", \"2h\", "
      "\"3d\"; shares and\n"
      "factors 0.25 or \"25%\". A *model* is a bare value (a constant) or a table:\n"
      "`{ distribution = \"uniform\", min = 1, max = 4 }`, `{ distribution = \"exponential\", "
      "value = \"5s\" }`,\n"
      "`{ distribution = \"lognormal\", value = \"0.02 AINU\", sigma = 0.4, max = \"1 AINU\" }`, "
      "where `value` is\n"
      "the constant, the mean or the median, and `min` and `max` clip what is drawn.\n";
  reference_section(out, schema(), {}, false);
  out +=
      "\n## [expectations]\n\n"
      "Each key is a metric, with filters if wanted, and its value a rule, or a list of rules:\n\n"
      "```toml\n[expectations]\n\"ledger.conserved\" = \"== true\"\n"
      "\"latency_ms.auction.p95{capability=nlp}\" = \"< 200\"\n"
      "\"tasks.completed_share\" = { rule = \">= 0.9\", from = \"10min\", to = \"20min\" }\n```\n\n"
      "Rules: `< 200`, `<= 200`, `> 1`, `>= 0.95`, `== 1`, `!= 0`, `200..300` (both included), `== "
      "true`.\n"
      "A window and a warm-up go by the time of submission of the task; counters that belong to "
      "no\n"
      "task (faults, messages, safety) go by their own time. The ledger's and the validators' "
      "numbers\n"
      "are those at the end. Nothing measured (a percentile of no tasks) never passes.\n\n";
  return out + metrics_markdown();
}

} // namespace ainur::scenario
