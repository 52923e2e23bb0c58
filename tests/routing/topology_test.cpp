// Networks and how they are read.
#include <fstream>
#include <numeric>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/routing/topology.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::routing;

namespace {

constexpr auto small = R"({"nodes": [{"id": 10}, {"id": 7, "x": 1.5}, {"id": 3}],
  "edges": [[3, 10], [7, 10]], "note": "other keys are left alone",
  "changes": [{"step": 9, "load": 1.25}, {"step": 5, "cut": [10, 7]},
              {"step": 7, "restore": [7, 10]},
              {"step": 8, "traffic": {"sources": [3], "destinations": []}}]})";

std::string with_edges(const std::string& edges) {
  return R"({"nodes": [{"id": 0}, {"id": 1}, {"id": 2}], "edges": )" + edges + "}";
}

} // namespace

TEST_CASE("a network is read by its ids") {
  const auto net = topology_from_json(small);
  REQUIRE(net);
  CHECK(net->ids == std::vector<std::uint64_t>{10, 7, 3});
  CHECK(net->links == std::vector<link_ends>{{0, 1}, {0, 2}});
  CHECK(net->neighbours[0] == std::vector<node_index>{1, 2});
  CHECK(net->neighbours[1] == std::vector<node_index>{0});
  REQUIRE(net->changes.size() == 4);
  CHECK(net->changes[0].step == 5); // by step, whatever the file's order
  CHECK(std::get<cut_link>(net->changes[0].what).link == link_ends{0, 1});
  CHECK(std::get<restore_link>(net->changes[1].what).link == link_ends{0, 1});
  CHECK(std::get<move_traffic>(net->changes[2].what).sources == std::vector<node_index>{2});
  CHECK(std::get<set_load>(net->changes[3].what).load_ppm == 1'250'000);
}

TEST_CASE("what is wrong in a network is named") {
  const auto refused = [](const std::string& text, errc code, std::string_view place) {
    CAPTURE(text);
    const auto net = topology_from_json(text);
    REQUIRE_FALSE(net);
    CHECK(net.error().is(code));
    CHECK(net.error().detail().find(place) != std::string::npos);
  };
  refused("", errc::malformed, "not JSON");
  refused("[]", errc::malformed, "an object is needed");
  refused("{\"nodes\": 1e999}", errc::malformed, "a number in it is too large");
  refused("{}", errc::malformed, "nodes: this key is needed");
  refused(R"({"nodes": [], "egdes": []})", errc::malformed, "is \"edges\" meant?");
  refused(R"({"nodes": [{"id": 0}, {"id": 0}], "edges": []})", errc::malformed, "nodes[1].id");
  refused(R"({"nodes": [{"id": -1}], "edges": []})", errc::malformed, "nodes[0].id");
  refused(R"({"nodes": [{"x": 1}], "edges": []})", errc::malformed, "nodes[0].id");
  refused(R"({"nodes": [{"id": 0}], "edges": []})", errc::malformed, "2 to 4096 nodes");
  refused(with_edges("[[0]]"), errc::malformed, "edges[0]: a list of the form");
  refused(with_edges("[[0, 9]]"), errc::malformed, "edges[0][1]: there is no node 9");
  refused(with_edges("[[1, 1]]"), errc::malformed, "1-1");
  refused(with_edges("[[0, 1], [1, 0]]"), errc::malformed, "the link 0-1 stands twice");
  const auto change = [](const std::string& text) {
    return with_edges("[[0, 1]], \"changes\": [" + text + "]");
  };
  refused(change(R"({"step": 1})"), errc::malformed, "changes[0]: a change has");
  refused(change(R"({"step": 1, "cut": [0, 1], "load": 1})"), errc::malformed, "changes[0]");
  refused(change(R"({"step": 1, "cut": [1, 2]})"), errc::malformed, "there is no link 1-2");
  refused(change(R"({"step": 1, "laod": 2})"), errc::malformed, "is \"load\" meant?");
  refused(change(R"({"step": 1, "load": -2})"), errc::malformed, "changes[0].load");
  refused(change(R"({"step": 1, "load": 1e300})"), errc::malformed, "changes[0].load");
  refused(change(R"({"step": 1, "traffic": {"source": [0]}})"), errc::malformed, "\"sources\"");
  std::string many = "{\"nodes\": [{\"id\": 0}";
  for (std::size_t i = 1; i <= topology_nodes_max; ++i)
    many += ",{\"id\": " + std::to_string(i) + "}";
  refused(many + "], \"edges\": []}", errc::too_large, "nodes: at most 4096");
}

TEST_CASE("changes as typed") {
  const auto net = topology_from_json(small);
  REQUIRE(net);
  const auto cut = change_from_text(*net, "8000:cut:7-10");
  REQUIRE(cut);
  CHECK(cut->step == 8'000);
  CHECK(std::get<cut_link>(cut->what).link == link_ends{0, 1});
  CHECK(std::get<restore_link>(change_from_text(*net, "1:restore:3-10")->what).link ==
        link_ends{0, 2});
  CHECK(std::get<set_load>(change_from_text(*net, "1:load:3.5")->what).load_ppm == 3'500'000);
  const auto moved = change_from_text(*net, "1:traffic:3,7>");
  REQUIRE(moved);
  CHECK(std::get<move_traffic>(moved->what).sources == std::vector<node_index>{2, 1});
  CHECK(std::get<move_traffic>(moved->what).destinations.empty());
  for (const auto* text : {"", "5", "5:cut", "x:cut:7-10", "5:cut:7", "5:cut:3-7", "5:cut:7-99",
                           "5:load:", "5:load:-1", "5:load:2x", "5:load:nan", "5:load:1e9",
                           "5:traffic:3", "5:traffic:3,,7>", "5:traffic:99>3", "5:ctu:7-10"}) {
    CAPTURE(text);
    const auto change = change_from_text(*net, text);
    REQUIRE_FALSE(change);
    CHECK(change.error().is(errc::malformed));
  }
  CHECK(change_from_text(*net, "5:ctu:7-10").error().detail().find("\"cut\" meant?") !=
        std::string::npos);
}

TEST_CASE("the published grid has the published distances") {
  const auto path = test::shared_data("routing/grid6x6_boyan_littman.json");
  if (!path)
    return;
  std::ifstream in{*path};
  std::stringstream text;
  text << in.rdbuf();
  const auto net = topology_from_json(text.str());
  REQUIRE(net);
  const auto file = nlohmann::json::parse(text.str());
  CHECK(net->links.size() == file["derived"]["edge_count"]);
  std::uint64_t sum = 0;
  std::uint32_t diameter = 0;
  for (node_index n = 0; n < net->size(); ++n) {
    const auto distances = distances_from(*net, n);
    CHECK(distances == file["all_pairs_shortest_distance"][n].get<std::vector<std::uint32_t>>());
    sum = std::accumulate(distances.begin(), distances.end(), sum);
    diameter = std::max(diameter, *std::max_element(distances.begin(), distances.end()));
  }
  CHECK(sum == file["derived"]["sum_of_distances_ordered_pairs"]);
  CHECK(diameter == file["derived"]["diameter"]);
}

TEST_CASE("nodes without a way are unreachable") {
  const auto net = make_topology(3, {{1, 0}});
  REQUIRE(net);
  CHECK(distances_from(*net, 0) == std::vector<std::uint32_t>{0, 1, unreachable});
  CHECK_FALSE(make_topology(3, {{0, 3}}));
  CHECK_FALSE(make_topology(1, {}));
}
