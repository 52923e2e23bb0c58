// Reading networks and their changes. Everything is counted before it is kept.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "ainur/base/nearest.hpp"
#include "ainur/routing/topology.hpp"
#include "codec/json.hpp"
#include "codec/json_places.hpp"

namespace ainur::routing {

namespace {

using codec::json;

constexpr std::size_t text_bytes_max = std::size_t{16} << 20;
constexpr int depth_max = 8;
constexpr std::uint64_t id_max = std::uint64_t{1} << 53;
constexpr std::uint64_t step_max = std::uint64_t{1} << 40;

link_ends ordered(node_index a, node_index b) {
  return a < b ? link_ends{a, b} : link_ends{b, a};
}

using node_numbers = std::map<std::uint64_t, node_index>;

class reader : public codec::json_places<errc, errc::malformed, errc::too_large> {
public:
  node_numbers numbers;

  node_index node(const json& in) {
    const auto id = whole(in, id_max);
    const auto found = numbers.find(id);
    if (found != numbers.end())
      return found->second;
    refuse("there is no node " + std::to_string(id));
    return 0;
  }

  link_ends link(const json& in) {
    link_ends ends;
    if (!tuple(in, 2, "[node, node]"))
      return ends;
    within("[0]", [&] { ends.first = node(in[0]); });
    within("[1]", [&] { ends.second = node(in[1]); });
    return ordered(ends.first, ends.second);
  }

  std::vector<node_index> nodes(const json& in) {
    std::vector<node_index> out;
    list(in, topology_nodes_max, [&](const json& id) { out.push_back(node(id)); });
    return out;
  }
};

std::optional<std::uint64_t> load_of(double packets) {
  if (!(packets >= 0) || packets * 1e6 > static_cast<double>(load_max_ppm))
    return std::nullopt;
  return static_cast<std::uint64_t>(packets * 1e6 + 0.5);
}

bool has_link(const topology& net, const link_ends& link) {
  return std::binary_search(net.links.begin(), net.links.end(), link);
}

/// The link must be one of the network's.
void check_link(reader& r, const topology& net, const link_ends& link) {
  if (!r.failure() && !has_link(net, link))
    r.refuse("there is no link " + std::to_string(net.ids[link.first]) + "-" +
             std::to_string(net.ids[link.second]));
}

network_change read_change(reader& r, const topology& net, const json& in) {
  static constexpr std::string_view keys[] = {"step", "cut", "restore", "load", "traffic"};
  network_change c;
  if (!r.object(in, keys))
    return c;
  r.key(in, "step", [&](const json& x) { c.step = r.whole(x, step_max); });
  if (in.size() != 2) {
    r.refuse("a change has a step and one of cut, restore, load and traffic");
    return c;
  }
  const auto link = [&](const json& x) {
    const auto ends = r.link(x);
    check_link(r, net, ends);
    return ends;
  };
  r.key(
      in, "cut", [&](const json& x) { c.what = cut_link{link(x)}; }, false);
  r.key(
      in, "restore", [&](const json& x) { c.what = restore_link{link(x)}; }, false);
  const auto load = [&](const json& x) {
    const auto ppm = x.is_number() ? load_of(x.get<double>()) : std::nullopt;
    if (!ppm)
      r.refuse("a number of packets a step from 0 to 1000 is needed");
    c.what = set_load{ppm.value_or(0)};
  };
  r.key(in, "load", load, false);
  const auto traffic = [&](const json& x) {
    static constexpr std::string_view parts[] = {"sources", "destinations"};
    move_traffic m;
    if (!r.object(x, parts))
      return;
    r.key(
        x, "sources", [&](const json& l) { m.sources = r.nodes(l); }, false);
    r.key(
        x, "destinations", [&](const json& l) { m.destinations = r.nodes(l); }, false);
    c.what = std::move(m);
  };
  r.key(in, "traffic", traffic, false);
  return c;
}

void read_nodes(reader& r, const json& in, topology& net) {
  r.list(in, topology_nodes_max, [&](const json& each) {
    if (!r.is_object(each))
      return;
    r.key(each, "id", [&](const json& x) {
      const auto id = r.whole(x, id_max);
      if (!r.numbers.emplace(id, static_cast<node_index>(net.ids.size())).second)
        r.refuse("the node " + std::to_string(id) + " stands twice");
      net.ids.push_back(id);
    });
  });
}

/// A key that is missing may be there under a wrong spelling.
void check_keys(reader& r, const json& in) {
  for (const auto* needed : {"nodes", "edges"}) {
    if (in.contains(needed))
      continue;
    const std::string_view name[] = {needed};
    for (const auto& [key, value] : in.items())
      if (!nearest(key, name).empty())
        return r.refuse("the key " + codec::unknown_word(key, name));
  }
}

} // namespace

result<topology> topology_from_json(std::string_view text) {
  if (text.size() > text_bytes_max)
    return fail(errc::too_large, "the text is longer than 16 MiB");
  const auto parsed = codec::parse_json(text, depth_max);
  if (!parsed)
    return fail(errc::malformed, parsed.error().detail());
  reader r;
  topology read;
  std::vector<link_ends> links;
  if (r.is_object(*parsed)) {
    check_keys(r, *parsed);
    r.key(*parsed, "nodes", [&](const json& x) { read_nodes(r, x, read); });
    r.key(*parsed, "edges", [&](const json& x) {
      r.list(x, topology_links_max, [&](const json& each) { links.push_back(r.link(each)); });
    });
  }
  if (r.failure())
    return fail(*r.failure());
  auto net = make_topology(read.ids.size(), std::move(links));
  if (!net)
    return fail(net.error().within("edges"));
  net->ids = std::move(read.ids);
  const auto changes = [&](const json& x) {
    r.list(x, topology_changes_max,
           [&](const json& each) { net->changes.push_back(read_change(r, *net, each)); });
  };
  r.key(*parsed, "changes", changes, false);
  if (r.failure())
    return fail(*r.failure());
  std::stable_sort(net->changes.begin(), net->changes.end(),
                   [](const auto& a, const auto& b) { return a.step < b.step; });
  return net;
}

namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<node_index> node_of(const topology& net, std::string_view text) {
  const auto id = number_of(text);
  const auto found = id ? std::find(net.ids.begin(), net.ids.end(), *id) : net.ids.end();
  if (found == net.ids.end())
    return std::nullopt;
  return static_cast<node_index>(found - net.ids.begin());
}

std::optional<link_ends> link_of(const topology& net, std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return std::nullopt;
  const auto a = node_of(net, text.substr(0, dash));
  const auto b = node_of(net, text.substr(dash + 1));
  if (!a || !b || !has_link(net, ordered(*a, *b)))
    return std::nullopt;
  return ordered(*a, *b);
}

std::optional<std::vector<node_index>> nodes_of(const topology& net, std::string_view text) {
  std::vector<node_index> out;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto node = node_of(net, text.substr(0, comma));
    if (!node)
      return std::nullopt;
    out.push_back(*node);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

} // namespace

result<network_change> change_from_text(const topology& net, std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(errc::malformed, "the change \"" + std::string{text.substr(0, 64)} +
                                     "\": " + std::string{why} +
                                     "; it has the form 8000:cut:20-21, 8000:restore:20-21, "
                                     "8000:load:3.0 or 8000:traffic:0,1>33,34");
  };
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos)
    return wrong("a part is missing");
  const auto step = number_of(text.substr(0, first));
  const auto kind = text.substr(first + 1, second - first - 1);
  const auto rest = text.substr(second + 1);
  if (!step || *step > step_max)
    return wrong("the step is not a whole number");
  network_change out{.step = *step, .what = {}};
  if (kind == "cut" || kind == "restore") {
    const auto link = link_of(net, rest);
    if (!link)
      return wrong("there is no such link");
    if (kind == "cut")
      out.what = cut_link{*link};
    else
      out.what = restore_link{*link};
  } else if (kind == "load") {
    double packets = -1;
    const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), packets);
    const auto ppm = load_of(packets);
    if (failed != std::errc{} || end != rest.data() + rest.size() || !ppm)
      return wrong("a load is 0 to 1000 packets a step");
    out.what = set_load{*ppm};
  } else if (kind == "traffic") {
    const auto arrow = rest.find('>');
    auto sources = nodes_of(net, rest.substr(0, arrow));
    auto destinations =
        arrow == std::string_view::npos ? std::nullopt : nodes_of(net, rest.substr(arrow + 1));
    if (!sources || !destinations)
      return wrong("two lists of nodes with > between them are needed");
    out.what = move_traffic{std::move(*sources), std::move(*destinations)};
  } else {
    constexpr std::string_view kinds[] = {"cut", "restore", "load", "traffic"};
    return wrong(codec::unknown_word(kind, kinds));
  }
  return out;
}

} // namespace ainur::routing
