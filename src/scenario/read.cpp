// TOML to config, by the schema. The parser throws; that ends here.
#include "ainur/scenario/read.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

#include "ainur/base/nearest.hpp"
#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/schema.hpp"
#include "toml_guard.hpp"
#include "toml_parser.hpp"

namespace ainur::scenario {

namespace {

constexpr std::size_t problems_max = 20;

struct position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

position position_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

/// A range in the unit in which people write it.
std::string bound_text(const key_spec& k, std::uint64_t value) {
  switch (k.kind) {
  case value_kind::money:
    return ainur::to_string(amount{value});
  case value_kind::time:
    return ainur::to_string(duration{static_cast<std::int64_t>(value)});
  case value_kind::share:
    return fmt::format("{}", static_cast<double>(value) / 1e6);
  default:
    return std::to_string(value);
  }
}

std::string kind_help(value_kind kind) {
  switch (kind) {
  case value_kind::integer:
    return "a whole number";
  case value_kind::share:
    return "a number like 0.25, or a text like \"25%\"";
  case value_kind::money:
    return "an amount like \"12.5 AINU\" or \"300 uAINU\"";
  case value_kind::time:
    return "a time like \"250ms\", \"1.5s\", \"2h\"";
  case value_kind::boolean:
    return "true or false";
  case value_kind::text:
    return "a text in quotes";
  case value_kind::choice:
    return "one of the choices in quotes";
  case value_kind::texts:
    return "a list of texts like [\"a\", \"b\"]";
  case value_kind::integers:
    return "a list of whole numbers like [1, 2]";
  case value_kind::table:
    return "a table";
  case value_kind::tables:
    return "a list of tables";
  case value_kind::expectations:
    return "a table of metrics and rules";
  }
  return {};
}

/// Assigns nodes to members and notes every mistake with its place.
class assigner {
public:
  explicit assigner(std::string file) : file_(std::move(file)) {}

  void table(const section& s, void* object, const toml::table& in, const std::string& path);
  void value(const key_spec& k, void* member, const toml::node& in, const std::string& path);
  void add(position at, std::string key, std::string text, std::string suggestion = {});
  /// Adds a problem at the place of its key, or of the nearest table that holds it.
  void add_found(problem p);

  [[nodiscard]] std::vector<problem>& problems() { return problems_; }

  void name_source(std::string name) { file_ = std::move(name); }

private:
  void wrong_kind(const key_spec& k, const toml::node& in, const std::string& path);
  bool in_range(const key_spec& k, std::uint64_t v, const toml::node& in, const std::string& path);
  void integer(const key_spec& k, std::uint64_t& out, const toml::node& in,
               const std::string& path);
  void share(const key_spec& k, ratio& out, const toml::node& in, const std::string& path);
  void money(const key_spec& k, amount& out, const toml::node& in, const std::string& path);
  void time(const key_spec& k, duration& out, const toml::node& in, const std::string& path);
  void text(const key_spec& k, std::string& out, const toml::node& in, const std::string& path);
  void choice(const key_spec& k, void* out, const toml::node& in, const std::string& path);
  void texts(const key_spec& k, std::vector<std::string>& out, const toml::node& in,
             const std::string& path);
  void integers(const key_spec& k, std::vector<std::uint64_t>& out, const toml::node& in,
                const std::string& path);
  void sub_table(const key_spec& k, void* out, const toml::node& in, const std::string& path);
  void tables(const key_spec& k, void* out, const toml::node& in, const std::string& path);
  void expectations(std::vector<expectation>& out, const toml::node& in, const std::string& metric,
                    const std::string& path);
  void expectation_table(std::vector<expectation>& out, const toml::table& in,
                         const std::string& metric, const std::string& path);
  void add_expectation(std::vector<expectation>& out, const toml::node& in,
                       const std::string& metric, const std::string& rule, const std::string& path);

  std::string file_;
  std::vector<problem> problems_;
  std::map<std::string, std::pair<std::string, position>> places_;
};

void assigner::add(position at, std::string key, std::string text, std::string suggestion) {
  if (problems_.size() < problems_max)
    problems_.push_back(
        {file_, at.line, at.column, std::move(key), std::move(text), std::move(suggestion)});
}

void assigner::add_found(problem p) {
  std::string prefix = p.key;
  for (;;) {
    if (const auto found = places_.find(prefix); found != places_.end()) {
      p.file = found->second.first;
      p.line = found->second.second.line;
      p.column = found->second.second.column;
      break;
    }
    const auto cut = prefix.find_last_of(".[");
    if (cut == std::string::npos) {
      p.file = file_;
      break;
    }
    prefix.resize(cut);
  }
  if (problems_.size() < problems_max)
    problems_.push_back(std::move(p));
}

void assigner::wrong_kind(const key_spec& k, const toml::node& in, const std::string& path) {
  std::string text = "expects " + kind_help(k.kind);
  if (in.is_floating_point() && k.kind == value_kind::integer)
    text += ", not a fraction";
  add(position_of(in.source()), path, std::move(text));
}

bool assigner::in_range(const key_spec& k, std::uint64_t v, const toml::node& in,
                        const std::string& path) {
  if (v >= k.min && v <= k.max)
    return true;
  add(position_of(in.source()), path,
      fmt::format("must be {} .. {}", bound_text(k, k.min), bound_text(k, k.max)));
  return false;
}

void assigner::integer(const key_spec& k, std::uint64_t& out, const toml::node& in,
                       const std::string& path) {
  const auto* number = in.as_integer();
  if (number == nullptr)
    return wrong_kind(k, in, path);
  if (number->get() < 0)
    return add(position_of(in.source()), path, "must not be negative");
  const auto v = static_cast<std::uint64_t>(number->get());
  if (in_range(k, v, in, path))
    out = v;
}

void assigner::share(const key_spec& k, ratio& out, const toml::node& in, const std::string& path) {
  double v = 0;
  if (const auto* number = in.as_integer())
    v = static_cast<double>(number->get()) * 1e6;
  else if (const auto* fraction = in.as_floating_point())
    v = fraction->get() * 1e6;
  else if (const auto* percent = in.as_string();
           percent != nullptr && percent->get().ends_with('%')) {
    // As an amount of whole percents: exact decimals, and no sign.
    const auto exact =
        amount_from_text(std::string_view{percent->get()}.substr(0, percent->get().size() - 1));
    if (!exact || exact->micro() % 100 != 0)
      return wrong_kind(k, in, path);
    v = static_cast<double>(exact->micro() / 100);
  } else
    return wrong_kind(k, in, path);
  if (!std::isfinite(v) || v < 0)
    return add(position_of(in.source()), path, "must be a number that is not negative");
  if (v > 1e15)
    return add(position_of(in.source()), path, "is too large");
  const auto rounded = static_cast<std::uint64_t>(v + 0.5);
  if (std::abs(v - static_cast<double>(rounded)) > 1e-3)
    return add(position_of(in.source()), path, "has more than six decimals");
  if (in_range(k, rounded, in, path))
    out.ppm = rounded;
}

void assigner::money(const key_spec& k, amount& out, const toml::node& in,
                     const std::string& path) {
  std::string written;
  if (const auto* s = in.as_string())
    written = s->get();
  else if (const auto* number = in.as_integer())
    written = std::to_string(number->get());
  else if (const auto* fraction = in.as_floating_point();
           fraction != nullptr && std::isfinite(fraction->get()))
    written = fmt::format("{}", fraction->get());
  else
    return wrong_kind(k, in, path);
  if (written.starts_with('-'))
    return add(position_of(in.source()), path, "must not be negative");
  const auto parsed = amount_from_text(written);
  if (!parsed)
    return parsed.error().is(base_errc::overflow)
               ? add(position_of(in.source()), path, "is too large")
               : add(position_of(in.source()), path, "expects " + kind_help(k.kind));
  if (in_range(k, parsed->micro(), in, path))
    out = *parsed;
}

void assigner::time(const key_spec& k, duration& out, const toml::node& in,
                    const std::string& path) {
  const auto* s = in.as_string();
  if (s == nullptr && (in.is_integer() || in.is_floating_point()))
    return add(position_of(in.source()), path, "a time needs its unit, like \"30s\"");
  if (s == nullptr)
    return wrong_kind(k, in, path);
  if (s->get().starts_with('-'))
    return add(position_of(in.source()), path, "must not be negative");
  const auto parsed = duration_from_text(s->get());
  if (!parsed)
    return add(position_of(in.source()), path,
               parsed.error().is(base_errc::overflow) ? "is too large"
                                                      : "expects " + kind_help(k.kind));
  if (in_range(k, static_cast<std::uint64_t>(micros(*parsed)), in, path))
    out = *parsed;
}

void assigner::text(const key_spec& k, std::string& out, const toml::node& in,
                    const std::string& path) {
  const auto* s = in.as_string();
  if (s == nullptr)
    return wrong_kind(k, in, path);
  if (s->get().size() < k.min || s->get().size() > k.max)
    return add(position_of(in.source()), path,
               fmt::format("must have {} .. {} characters", k.min, k.max));
  out = s->get();
}

void assigner::choice(const key_spec& k, void* out, const toml::node& in, const std::string& path) {
  const auto* s = in.as_string();
  if (s != nullptr)
    for (std::size_t i = 0; i < k.choices.size(); ++i)
      if (k.choices[i] == s->get()) {
        *static_cast<std::uint8_t*>(out) = static_cast<std::uint8_t>(i);
        return;
      }
  std::string text = "must be one of";
  for (std::size_t i = 0; i < k.choices.size(); ++i)
    text.append(i == 0 ? " \"" : ", \"").append(k.choices[i]).append("\"");
  add(position_of(in.source()), path, std::move(text),
      s == nullptr ? "" : std::string{nearest(s->get(), k.choices)});
}

void assigner::texts(const key_spec& k, std::vector<std::string>& out, const toml::node& in,
                     const std::string& path) {
  std::vector<std::string> list;
  const auto element = [&](const toml::node& node, const std::string& where) {
    const key_spec one{.name = k.name, .kind = value_kind::text, .min = 0, .max = text_size_max};
    text(one, list.emplace_back(), node, where);
  };
  if (in.is_string()) {
    element(in, path); // one text stands for a list of one
  } else if (const auto* array = in.as_array()) {
    if (array->size() > k.max)
      return add(position_of(in.source()), path, fmt::format("has more than {} entries", k.max));
    for (std::size_t i = 0; i < array->size(); ++i)
      element(*array->get(i), fmt::format("{}[{}]", path, i));
  } else
    return wrong_kind(k, in, path);
  out = std::move(list);
}

void assigner::integers(const key_spec& k, std::vector<std::uint64_t>& out, const toml::node& in,
                        const std::string& path) {
  const auto* array = in.as_array();
  if (array == nullptr)
    return wrong_kind(k, in, path);
  if (array->size() > k.max)
    return add(position_of(in.source()), path, fmt::format("has more than {} entries", k.max));
  const key_spec one{.name = k.name, .min = 0, .max = 1'000'000'000};
  std::vector<std::uint64_t> list(array->size());
  for (std::size_t i = 0; i < array->size(); ++i)
    integer(one, list[i], *array->get(i), fmt::format("{}[{}]", path, i));
  out = std::move(list);
}

/// The keys of a model take the range of the key that holds it.
section with_bounds(const section& s, const key_spec& outer) {
  section out = s;
  for (auto& k : out.keys)
    if (k.name == "value" || k.name == "min" || k.name == "max") {
      k.min = k.name == "value" ? outer.min : 0;
      k.max = outer.max;
    }
  return out;
}

void assigner::sub_table(const key_spec& k, void* out, const toml::node& in,
                         const std::string& path) {
  const bool is_model = k.table->is_model();
  const section bounded = is_model ? with_bounds(*k.table, k) : section{};
  const section& s = is_model ? bounded : *k.table;
  // What a file says of a model replaces the default as a whole.
  if (is_model)
    s.reset(out);
  if (const auto* t = in.as_table()) {
    table(s, out, *t, path);
    const auto* kind = is_model ? t->get("distribution") : nullptr;
    const bool uniform = kind != nullptr && kind->value_or(std::string{}) == "uniform";
    if (is_model && !t->contains(uniform ? "max" : "value"))
      add(position_of(in.source()), path, uniform ? "uniform needs min and max" : "needs a value");
    return;
  }
  if (s.shorthand.empty())
    return wrong_kind(k, in, path);
  const auto* key = s.find(s.shorthand);
  value(*key, key->member(out), in, path);
}

void assigner::tables(const key_spec& k, void* out, const toml::node& in, const std::string& path) {
  const auto* array = in.as_array();
  if (array == nullptr) {
    std::string text = "expects a list of tables";
    if (in.is_table())
      text += fmt::format("; write [[{}]] instead of [{}]", path, path);
    return add(position_of(in.source()), path, std::move(text));
  }
  if (array->size() > k.max)
    return add(position_of(in.source()), path, fmt::format("has more than {} entries", k.max));
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto where = fmt::format("{}[{}]", path, i);
    const key_spec one{.name = k.name, .kind = value_kind::table, .table = k.table};
    places_[where] = {file_, position_of(array->get(i)->source())};
    sub_table(one, k.append(out), *array->get(i), where);
  }
}

void assigner::add_expectation(std::vector<expectation>& out, const toml::node& in,
                               const std::string& metric, const std::string& rule,
                               const std::string& path) {
  auto parsed = parse_expectation(metric, rule);
  if (!parsed)
    return add(position_of(in.source()), path, parsed.error().detail());
  if (out.size() >= 256)
    return add(position_of(in.source()), path, "more than 256 expectations");
  places_["expectations." + metric_text(*parsed)] = {file_, position_of(in.source())};
  out.push_back(std::move(*parsed));
}

void assigner::expectation_table(std::vector<expectation>& out, const toml::table& in,
                                 const std::string& metric, const std::string& path) {
  const auto* rule = in.get("rule")->as_string();
  if (rule == nullptr)
    return add(position_of(in.get("rule")->source()), path + ".rule",
               "expects a text like \"< 200\"");
  const auto before = out.size();
  add_expectation(out, in, metric, rule->get(), path);
  static constexpr std::array<std::string_view, 4> keys{"rule", "from", "to", "warm_up"};
  const key_spec a_time{.name = "time", .kind = value_kind::time, .max = 1ull << 62};
  for (const auto& [key, node] : in) {
    if (key.str() == "rule")
      continue;
    duration d{};
    if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
      add(position_of(key.source()), path + "." + std::string{key.str()}, "there is no such key",
          std::string{nearest(key.str(), keys)});
      continue;
    }
    time(a_time, d, node, path + "." + std::string{key.str()});
    if (out.size() == before)
      continue;
    (key.str() == "from" ? out.back().from
     : key.str() == "to" ? out.back().to
                         : out.back().warm_up) = d;
  }
  if (out.size() > before && out.back().from && out.back().to && *out.back().from >= *out.back().to)
    add(position_of(in.source()), path, "the window ends before it begins");
}

void assigner::expectations(std::vector<expectation>& out, const toml::node& in,
                            const std::string& metric, const std::string& path) {
  if (const auto* s = in.as_string())
    return add_expectation(out, in, metric, s->get(), path);
  if (const auto* b = in.as_boolean())
    return add_expectation(out, in, metric, b->get() ? "== true" : "== false", path);
  if (const auto* n = in.as_integer())
    return add_expectation(out, in, metric, "== " + std::to_string(n->get()), path);
  if (const auto* array = in.as_array()) {
    for (const auto& node : *array)
      expectations(out, node, metric, path);
    return;
  }
  const auto* t = in.as_table();
  if (t == nullptr)
    return add(position_of(in.source()), path, "expects a rule like \"< 200\"");
  if (t->contains("rule") && !metric.empty())
    return expectation_table(out, *t, metric, path);
  // In the order of the file: the table itself is ordered by name.
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (const auto& [key, node] : *t)
    entries.emplace_back(&key, &node);
  const auto place = [](const auto& e) {
    return std::pair{e.first->source().begin.line, e.first->source().begin.column};
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&place](const auto& a, const auto& b) { return place(a) < place(b); });
  for (const auto& [key, node] : entries) {
    const std::string name{key->str()};
    expectations(out, *node, metric.empty() ? name : metric + "." + name, path + "." + name);
  }
}

void assigner::value(const key_spec& k, void* member, const toml::node& in,
                     const std::string& path) {
  switch (k.kind) {
  case value_kind::integer:
    return integer(k, *static_cast<std::uint64_t*>(member), in, path);
  case value_kind::share:
    return share(k, *static_cast<ratio*>(member), in, path);
  case value_kind::money:
    return money(k, *static_cast<amount*>(member), in, path);
  case value_kind::time:
    return time(k, *static_cast<duration*>(member), in, path);
  case value_kind::boolean:
    if (const auto* b = in.as_boolean())
      *static_cast<bool*>(member) = b->get();
    else
      wrong_kind(k, in, path);
    return;
  case value_kind::text:
    return text(k, *static_cast<std::string*>(member), in, path);
  case value_kind::choice:
    return choice(k, member, in, path);
  case value_kind::texts:
    return texts(k, *static_cast<std::vector<std::string>*>(member), in, path);
  case value_kind::integers:
    return integers(k, *static_cast<std::vector<std::uint64_t>*>(member), in, path);
  case value_kind::table:
    return sub_table(k, member, in, path);
  case value_kind::tables:
    return tables(k, member, in, path);
  case value_kind::expectations:
    return expectations(*static_cast<std::vector<expectation>*>(member), in, {}, path);
  }
}

/// Where else in the file a key exists, for a key put into the wrong table.
void find_elsewhere(const section& s, std::string_view name, const std::string& path,
                    std::string& out) {
  for (const auto& k : s.keys) {
    const auto where = path.empty() ? std::string{k.name} : path + "." + std::string{k.name};
    const bool model = k.table != nullptr && k.table->is_model();
    if (k.name == name && (out.empty() || where.size() < out.size()))
      out = where;
    if (k.table != nullptr && !model)
      find_elsewhere(*k.table, name, where, out);
  }
}

void assigner::table(const section& s, void* object, const toml::table& in,
                     const std::string& path) {
  for (const auto& [key, node] : in) {
    const auto where = path.empty() ? std::string{key.str()} : path + "." + std::string{key.str()};
    const auto* k = s.find(key.str());
    if (k == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& each : s.keys)
        names.push_back(each.name);
      std::string suggestion{nearest(key.str(), names)};
      if (suggestion.empty())
        find_elsewhere(schema(), key.str(), {}, suggestion);
      add(position_of(key.source()), where.substr(0, 256), "there is no such key",
          std::move(suggestion));
      continue;
    }
    places_[where] = {file_, position_of(key.source())};
    value(*k, k->member(object), node, where);
  }
}

/// Splits "population[0].count" or "population.workers.count" and finds the member.
struct target {
  const key_spec* key = nullptr;
  void* member = nullptr;
  std::string failure{};
  std::string suggestion{};
};

target find_target(const section& root, void* object, std::string_view path) {
  const section* s = &root;
  for (;;) {
    const auto cut = path.find_first_of(".[");
    const auto name = path.substr(0, cut);
    const auto* k = s->find(name);
    if (k == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& each : s->keys)
        names.push_back(each.name);
      return {.failure = "there is no such key", .suggestion = std::string{nearest(name, names)}};
    }
    auto* member = k->member(object);
    if (cut == std::string_view::npos)
      return {.key = k, .member = member};
    path.remove_prefix(cut + 1);
    if (k->kind == value_kind::table) {
      s = k->table;
      object = member;
      continue;
    }
    if (k->kind != value_kind::tables)
      return {.failure = fmt::format("{} has no keys of its own", name)};
    const auto end = path.find_first_of(".]");
    const auto which = path.substr(0, end);
    std::size_t index = k->size(member);
    for (std::size_t i = 0; i < k->size(member); ++i) {
      const auto* own_name = k->table->find("name");
      const bool named =
          own_name != nullptr && own_name->kind == value_kind::text &&
          *static_cast<const std::string*>(own_name->read(k->element(member, i))) == which;
      if (which == std::to_string(i) || named)
        index = i;
    }
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    if (path.starts_with(']'))
      path.remove_prefix(1);
    if (index == k->size(member) || path.size() < 2 || path.front() != '.')
      return {.failure = fmt::format("name one entry and its key, like {}[0].{} (there are {})",
                                     name, k->table->keys.front().name, k->size(member))};
    path.remove_prefix(1);
    s = k->table;
    object = k->element(member, index);
  }
}

void override_one(assigner& to, config& c, const std::string& text) {
  constexpr std::size_t size_max = 65'536;
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.size() > size_max)
    return to.add({}, text.substr(0, 64), "expects key=value");
  auto path = text.substr(0, equals);
  auto written = text.substr(equals + 1);
  // Metrics contain dots and filters contain '=': the rule begins after the closing brace.
  constexpr std::string_view expectation_prefix = "expectations.";
  if (path.starts_with(expectation_prefix)) {
    const auto brace = text.find('}');
    if (const auto open = text.find('{'); open < equals && brace != std::string::npos &&
                                          brace + 1 < text.size() && text[brace + 1] == '=') {
      path = text.substr(0, brace + 1);
      written = text.substr(brace + 2);
    }
    const auto metric = path.substr(expectation_prefix.size());
    auto parsed = parse_expectation(metric, written);
    if (!parsed)
      return to.add({}, path, parsed.error().detail());
    std::erase_if(c.expectations,
                  [&](const auto& e) { return metric_text(e) == metric_text(*parsed); });
    c.expectations.push_back(std::move(*parsed));
    return;
  }
  const auto found = find_target(schema(), &c, path);
  if (found.key == nullptr)
    return to.add({}, path, found.failure, found.suggestion);
  if (find_not_utf8(written) || find_too_deep(written))
    return to.add({}, path, "the value is not text, or nested too deeply");
  toml::table parsed{{"value", written}}; // unless it is TOML: a text without its quotes
  if (!find_stray(written))
    try {
      parsed = toml::parse("value = " + written);
    } catch (const std::exception&) { // it is not
    }
  // Lists of tables are replaced, not added to.
  if (parsed.size() != 1 || found.key->kind == value_kind::tables)
    return to.add({}, path, "cannot be set as a whole; name one of its keys");
  to.value(*found.key, found.member, *parsed.get("value"), path);
}

std::string shortened(std::string text) {
  if (text.size() > 200)
    text = text.substr(0, 200) + "...";
  return text;
}

} // namespace

std::string to_string(const problem& p) {
  std::string out = p.file;
  if (p.line != 0)
    out += fmt::format(":{}:{}", p.line, p.column);
  if (!p.key.empty())
    out += ": " + p.key;
  out += ": " + p.text;
  if (!p.suggestion.empty())
    out += "; did you mean \"" + p.suggestion + "\"?";
  return out;
}

reading read_scenario(std::string_view text, const std::string& name,
                      std::span<const std::string> overrides) {
  reading out;
  const auto refuse = [&](const text_fault& f) {
    out.problems.push_back({name, f.line, f.column, "", f.text, ""});
  };
  if (text.size() > file_size_max) {
    refuse({0, 0, fmt::format("is larger than {} KiB", file_size_max / 1024)});
    return out;
  }
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  for (const auto& fault : {find_not_utf8(text), find_too_deep(text), find_stray(text)})
    if (fault) {
      refuse(*fault);
      return out;
    }
  assigner assign{name};
  try {
    const toml::table root = toml::parse(text);
    assign.table(schema(), &out.value, root, {});
  } catch (const toml::parse_error& e) {
    refuse({e.source().begin.line, e.source().begin.column,
            "is not TOML: " + shortened(std::string{e.description()})});
    return out;
  } catch (const std::logic_error&) { // TOML_ASSERT
    refuse({0, 0, "is not TOML: a key is malformed"});
    return out;
  }
  assign.name_source("--set");
  for (const auto& each : overrides)
    override_one(assign, out.value, each);
  assign.name_source(name);
  if (assign.problems().empty())
    for (auto& p : check(out.value))
      assign.add_found(std::move(p));
  out.problems = std::move(assign.problems());
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const problem& a, const problem& b) { return a.line < b.line; });
  return out;
}

result<std::string> read_text_file(const std::string& path, std::size_t size_max) {
  std::ifstream in{path, std::ios::binary};
  std::string text;
  std::array<char, 65'536> buffer{};
  if (!in)
    return fail(errc::no_file, path + ": check the path and its permissions");
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > size_max)
      return fail(errc::too_large, fmt::format("{}: is larger than {} KiB", path, size_max / 1024));
  }
  if (in.bad())
    return fail(errc::no_file, path + ": reading failed");
  return text;
}

result<config> load_scenario(const std::string& path, std::span<const std::string> overrides) {
  const auto text = read_text_file(path, file_size_max);
  if (!text)
    return fail(text.error());
  auto read = read_scenario(*text, path, overrides);
  if (read.problems.empty())
    return std::move(read.value);
  auto detail = to_string(read.problems.front());
  if (read.problems.size() > 1)
    detail += fmt::format(" (and {} more; see `ainur check {}`)", read.problems.size() - 1, path);
  return fail(errc::invalid_scenario, std::move(detail));
}

} // namespace ainur::scenario
