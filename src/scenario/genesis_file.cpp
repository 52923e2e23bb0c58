// TOML to genesis, by the field lists.
#include "ainur/scenario/genesis_file.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ainur/base/nearest.hpp"
#include "ainur/scenario/schema.hpp"
#include "toml_guard.hpp"
#include "toml_parser.hpp"

namespace ainur::scenario {

namespace {

constexpr std::size_t time_text_max = 64;

constexpr std::size_t problems_max = 20;

struct place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

place place_of(const toml::node& in) {
  return {in.source().begin.line, in.source().begin.column};
}

/// Assigns nodes to fields and notes every mistake with its place.
class genesis_reader {
public:
  explicit genesis_reader(std::string file) : file_(std::move(file)) {}

  void add(place at, std::string key, std::string text, std::string suggestion = {}) {
    if (problems.size() < problems_max)
      problems.push_back(
          {file_, at.line, at.column, std::move(key), std::move(text), std::move(suggestion)});
  }

  /// Every key must be one of `names`; `assign` gets those that are.
  template <class Assign>
  void table(const toml::table& in, const std::string& path,
             std::span<const std::string_view> names, Assign&& assign) {
    for (const auto& [key, node] : in) {
      const std::string name{key.str()};
      const auto whole = path.empty() ? name : path + "." + name;
      if (std::ranges::find(names, name) == names.end())
        add({key.source().begin.line, key.source().begin.column}, whole, "there is no such key",
            std::string{nearest(name, names)});
      else
        assign(name, node, whole);
    }
  }

  /// The fields of a struct by their names.
  template <class Struct>
  void fields(const toml::node& node, Struct& to, const std::string& path) {
    const auto* in = node.as_table();
    if (in == nullptr)
      return add(place_of(node), path, "expects a table");
    const auto& names = field_names<Struct>;
    table(*in, path, names,
          [&](const std::string& name, const toml::node& value, const std::string& whole) {
            std::size_t i = 0;
            const auto one = [&](auto& field) {
              if (names[i++] == name)
                read(value, field, whole);
            };
            std::apply([&one](auto&... field) { (one(field), ...); }, to.fields());
          });
  }

  template <class T>
  void read(const toml::node& in, T& to, const std::string& path) {
    if constexpr (has_fields<T>)
      fields(in, to, path);
    else if constexpr (std::is_same_v<T, bool>)
      read_as<bool>(in, to, path, "true or false");
    else if constexpr (std::is_same_v<T, std::string>)
      read_as<std::string>(in, to, path, "a text in quotes");
    else if constexpr (std::is_integral_v<T>)
      number(in, to, path);
    else if constexpr (std::is_same_v<T, amount>)
      text(in, to, path, "an amount like \"12.5 AINU\" or \"300 uAINU\"", amount_from_text);
    else if constexpr (std::is_same_v<T, duration>)
      text(in, to, path, "a time like \"250ms\", \"2h\", \"28d\"", duration_from_text);
    else if constexpr (std::is_same_v<T, timestamp>)
      time(in, to, path);
    else if constexpr (std::is_same_v<T, account_id>)
      text(in, to, path, "a did or 64 hexadecimal digits in quotes", account_from_text);
    else if constexpr (std::is_same_v<T, byte_array<32>>)
      key(in, to, path);
    else if constexpr (std::is_same_v<T, ledger::election_method>)
      election(in, to, path);
    else if constexpr (std::is_same_v<T, std::vector<account_id>>)
      accounts(in, to, path);
    else
      add(place_of(in), path, "cannot be set in a file");
  }

  /// Tables [[name]], each of another account, which stands in the field `id`; in any order.
  template <class T>
  void list(const toml::node& node, const std::string& name, std::vector<T>& to,
            account_id T::*account, const std::string& id) {
    const auto* in = node.as_array();
    if (in == nullptr)
      return add(place_of(node), name, "expects tables [[" + name + "]]");
    std::vector<std::pair<T, place>> found;
    for (std::size_t i = 0; i < in->size(); ++i) {
      const auto path = fmt::format("{}[{}]", name, i);
      auto& [one, at] = found.emplace_back();
      at = place_of(*in->get(i));
      fields(*in->get(i), one, path);
      if (const auto* t = in->get_as<toml::table>(i); t != nullptr && !t->contains(id))
        add(at, path + "." + id, "it is missing");
    }
    std::ranges::stable_sort(found, {}, [account](const auto& f) { return f.first.*account; });
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (i > 0 && found[i].first.*account == found[i - 1].first.*account)
        add(std::max(found[i].second, found[i - 1].second,
                     [](place a, place b) { return a.line < b.line; }),
            name + "." + id, "the account stands twice: " + to_did(found[i].first.*account));
      to.push_back(std::move(found[i].first));
    }
  }

  void founding(const toml::node& node, ledger::founding& to) {
    static constexpr std::array<std::string_view, 4> names{"election", "agreement", "validator",
                                                           "nominator"};
    const auto* in = node.as_table();
    if (in == nullptr)
      return add(place_of(node), "founding", "expects a table");
    table(*in, "founding", names,
          [&](const std::string& name, const toml::node& value, const std::string& path) {
            if (name == "election")
              read(value, to.election, path);
            else if (name == "agreement")
              read(value, to.agreement, path);
            else if (name == "validator")
              list(value, path, to.validators, &ledger::founding_validator::stash, "stash");
            else
              list(value, path, to.nominators, &ledger::founding_nominator::stash, "stash");
          });
  }

  void require(const toml::table& root, const char* key) {
    if (!root.contains(key))
      add({1, 1}, key, "it is missing");
  }

  std::vector<problem> problems;

private:
  template <class Node, class T>
  void read_as(const toml::node& in, T& to, const std::string& path, const char* expected) {
    if (const auto* value = in.as<Node>())
      to = value->get();
    else
      add(place_of(in), path, std::string{"expects "} + expected);
  }

  void key(const toml::node& in, byte_array<32>& to, const std::string& path) {
    const auto* value = in.as_string();
    const auto parsed = value == nullptr ? result<hash256>{fail(base_errc::malformed)}
                                         : id_from_hex<hash256>(value->get());
    if (!parsed)
      return add(place_of(in), path, "expects a public key: 64 hexadecimal digits in quotes");
    to = parsed->value;
  }

  void election(const toml::node& in, ledger::election_method& to, const std::string& path) {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(ledger::election_method::max_value); ++i)
      names.push_back(to_string(static_cast<ledger::election_method>(i)));
    const auto* value = in.as_string();
    const auto at = value == nullptr ? names.end() : std::ranges::find(names, value->get());
    if (at == names.end())
      return add(place_of(in), path, fmt::format("must be one of {}", fmt::join(names, ", ")),
                 value == nullptr ? "" : std::string{nearest(value->get(), names)});
    to = static_cast<ledger::election_method>(at - names.begin());
  }

  void accounts(const toml::node& in, std::vector<account_id>& to, const std::string& path) {
    const auto* all = in.as_array();
    if (all == nullptr)
      return add(place_of(in), path, "expects a list of accounts");
    for (std::size_t i = 0; i < all->size(); ++i)
      read(*all->get(i), to.emplace_back(), fmt::format("{}[{}]", path, i));
  }

  template <class T>
  void number(const toml::node& in, T& to, const std::string& path) {
    const auto* value = in.as_integer();
    if (value == nullptr)
      return add(place_of(in), path, "expects a whole number");
    if (value->get() < 0 ||
        static_cast<std::uint64_t>(value->get()) > std::uint64_t{std::numeric_limits<T>::max()})
      return add(place_of(in), path, fmt::format("must be 0 .. {}", std::numeric_limits<T>::max()));
    to = static_cast<T>(value->get());
  }

  template <class T, class Parse>
  void text(const toml::node& in, T& to, const std::string& path, const char* expected,
            Parse&& parse) {
    const auto* value = in.as_string();
    auto parsed = value == nullptr ? result<T>{fail(base_errc::malformed)} : parse(value->get());
    if (!parsed)
      return add(place_of(in), path,
                 parsed.error().is(base_errc::overflow) ? std::string{"is too large"}
                                                        : std::string{"expects "} + expected);
    to = *parsed;
  }

  void time(const toml::node& in, timestamp& to, const std::string& path) {
    const auto* whole = in.as_date_time();
    std::optional<toml::date_time> parsed;
    if (whole != nullptr)
      parsed = whole->get();
    else if (const auto* written = in.as_string(); written != nullptr &&
                                                   written->get().size() <= time_text_max &&
                                                   !find_stray(written->get()))
      try {
        const auto node = toml::parse("t = " + written->get());
        if (const auto* value = node["t"].as_date_time(); value != nullptr && node.size() == 1)
          parsed = value->get();
      } catch (const std::exception&) { // answered below
      }
    if (!parsed || !parsed->offset || parsed->offset->minutes != 0)
      return add(place_of(in), path, "expects a time in UTC like \"2026-01-01T00:00:00Z\"");
    const auto days = std::chrono::sys_days{std::chrono::year{parsed->date.year} /
                                            std::chrono::month{parsed->date.month} /
                                            std::chrono::day{parsed->date.day}};
    const auto& t = parsed->time;
    const auto seconds = std::int64_t{days.time_since_epoch().count()} * 86'400 + t.hour * 3'600 +
                         t.minute * 60 + t.second;
    to = timestamp_at(seconds * 1'000'000 + t.nanosecond / 1'000);
  }

  std::string file_;
};

/// The place of what `validate` complains of, as far as it names a key.
void add_invalid(genesis_reader& out, const toml::table& root, const error& e) {
  place at;
  std::string key;
  const auto* rules = root["parameters"].as_table();
  const auto look = [&](const toml::table& in) {
    for (const auto& [name, node] : in)
      if (e.detail().find(name.str()) != std::string::npos && name.str().size() > key.size()) {
        key = name.str();
        at = place_of(node);
      }
  };
  look(root);
  if (rules != nullptr)
    look(*rules);
  out.add(at, key, e.detail());
}

void read_root(genesis_reader& out, const toml::table& root, ledger::genesis& g) {
  static constexpr std::array<std::string_view, 8> names{
      "chain", "time", "authority", "council", "treasury", "parameters", "allocation", "founding"};
  out.table(root, "", names,
            [&](const std::string& name, const toml::node& node, const std::string& path) {
              if (name == "chain")
                out.read(node, g.chain, path);
              else if (name == "time")
                out.read(node, g.time, path);
              else if (name == "authority")
                out.read(node, g.authority, path);
              else if (name == "council")
                out.read(node, g.council, path);
              else if (name == "treasury")
                out.read(node, g.treasury, path);
              else if (name == "parameters")
                out.read(node, g.parameters, path);
              else if (name == "allocation")
                out.list(node, path, g.allocations, &ledger::allocation::account, "account");
              else
                out.founding(node, g.founding.emplace());
            });
  g.version = g.founding ? 2 : 1;
  for (const auto* key : {"time", "council"})
    out.require(root, key);
  if (!g.founding)
    out.require(root, "authority");
  if (!out.problems.empty())
    return;
  if (const auto valid = ledger::validate(g); !valid)
    add_invalid(out, root, valid.error());
}

} // namespace

genesis_reading read_genesis_file(std::string_view text, const std::string& name) {
  genesis_reading out;
  genesis_reader reader{name};
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  auto fault = find_not_utf8(text);
  if (!fault)
    fault = find_too_deep(text);
  if (!fault)
    fault = find_stray(text);
  if (fault) {
    reader.add({fault->line, fault->column}, "", fault->text);
    out.problems = std::move(reader.problems);
    return out;
  }
  try {
    const toml::table root = toml::parse(text);
    read_root(reader, root, out.value);
  } catch (const toml::parse_error& e) {
    reader.add({e.source().begin.line, e.source().begin.column}, "", std::string{e.description()});
  } catch (const std::logic_error&) { // TOML_ASSERT
    reader.add({}, "", "a key is malformed");
  }
  out.problems = std::move(reader.problems);
  std::ranges::stable_sort(out.problems, {}, &problem::line);
  return out;
}

} // namespace ainur::scenario
