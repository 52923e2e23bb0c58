// Who would be found, and why.
#include <doctest/doctest.h>

#include "ainur/discovery/discover.hpp"

using namespace ainur;
using namespace ainur::discovery;

namespace {

std::vector<agent_profile> town() {
  return {
      {"ada",
       {{"translate"}, {"french", "legal"}, "sworn translations of contracts"},
       {500, 0, 900, 1}},
      {"ben", {{"translate"}, {"german"}, "quick translations"}, {200, 0, 300, 2}},
      {"cleo", {{"render"}, {"gpu"}, "video frames"}, {100, 0, 800, 1}},
      {"dan", {{"translate"}, {"french"}, "menus and letters"}, {50, 600'000, 700, 1}},
      {"eve", {}, {50, 0, 999, 1}},
  };
}

question asking(std::string words) {
  question q;
  q.wanted.text = std::move(words);
  return q;
}

std::vector<std::string> names(const discovery_report& r) {
  std::vector<std::string> out;
  for (const auto& f : r.found)
    out.push_back(town()[f.agent].name);
  return out;
}

constexpr embedding_options wide{.dimension = 512};

} // namespace

TEST_CASE("agents are found by what they offer, with the features that they share") {
  const auto r = discover(town(), asking("translate a French contract"), wide).value();
  CHECK(names(r) == std::vector<std::string>{"ada", "dan", "ben"});
  CHECK(r.considered == 3);
  CHECK(r.rejected.empty());
  CHECK(r.found[0].score > r.found[1].score);
  std::vector<std::string> why;
  std::uint64_t shares = 0;
  for (const auto& s : r.found[0].why) {
    why.push_back(s.text);
    shares += s.share_ppm;
  }
  CHECK(why == std::vector<std::string>{"translat", "french", "contract"});
  CHECK(shares <= 1'000'000);
  CHECK(shares >= 999'990);
  CHECK(r.found[0].why[0].share_ppm == 571'428); // 4 of 4 + 2 + 1
}

TEST_CASE("what a filter keeps out is named with its bound") {
  auto q = asking("translate a French contract");
  q.filter = {.reputation_min = 400, .price_max = 400, .load_ppm_max = 500'000, .regions = 0b110};
  const auto r = discover(town(), q, wide).value();
  CHECK(r.found.empty());
  REQUIRE(r.rejected.size() == 3);
  CHECK(r.rejected[0].filter == "price 500 is above 400");
  CHECK(r.rejected[1].filter == "load_ppm 600000 is above 500000");
  CHECK(r.rejected[2].filter == "reputation 300 is below 400");
  q.filter = {.regions = 0b10,
              .accepts = [](std::uint64_t key, const attributes&) { return key != 0; }};
  const auto other = discover(town(), q, wide).value();
  CHECK(names(other) == std::vector<std::string>{"dan"});
  CHECK(other.rejected[0].filter == "refused by the caller's own filter");
  CHECK(other.rejected[1].filter == "region 2 is not asked for");
}

TEST_CASE("only those that would have been found are named as rejected") {
  auto q = asking("translate a French contract");
  q.count = 1;
  q.filter.price_max = 100;
  const auto r = discover(town(), q, wide).value();
  CHECK(names(r) == std::vector<std::string>{"dan"});
  REQUIRE(r.rejected.size() == 1); // ada; ben comes after dan
  CHECK(r.rejected[0].agent == 0);
}

TEST_CASE("a vector can be asked for, and gives the order of the words it was made of") {
  const auto e = text_embedder::make(wide).value();
  auto q = asking("translate a French contract");
  q.by_rarity = false;
  const auto by_words = discover(town(), q, wide).value();
  q.vector = e.embed(q.wanted).value();
  const auto by_vector = discover(town(), q, wide).value();
  REQUIRE(by_vector.found.size() >= by_words.found.size());
  for (std::size_t i = 0; i < by_words.found.size(); ++i) {
    CHECK(by_vector.found[i].agent == by_words.found[i].agent);
    CHECK(by_vector.found[i].score == by_words.found[i].score);
    CHECK(by_vector.found[i].why.empty());
  }
}

TEST_CASE("the index finds who the report finds") {
  index_options o;
  o.dimension = wide.dimension;
  auto index = std::move(*capability_index::make(o));
  const auto e = text_embedder::make(wide).value();
  const auto agents = town();
  for (std::size_t i = 0; i < agents.size(); ++i)
    if (const auto v = e.embed(agents[i].offers))
      REQUIRE(index.put(i, *v, agents[i].terms));
  CHECK(index.size() == 4);
  auto q = asking("translate a French contract");
  q.by_rarity = false;
  const auto report = discover(agents, q, wide).value();
  const auto found = index.search(e.embed(q.wanted).value(), 3).value().matches;
  REQUIRE(found.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(found[i].key == report.found[i].agent);
    CHECK(found[i].score == doctest::Approx(report.found[i].score).epsilon(0.01));
  }
}

TEST_CASE("bad questions are refused") {
  CHECK(discover(town(), asking("?!"), wide).error().is(errc::wrong_shape));
  CHECK(discover(town(), asking("x"), {.dimension = 0}).error().is(errc::bad_option));
  auto q = asking("x");
  q.count = 0;
  CHECK(discover(town(), q, wide).error().is(errc::bad_option));
  q.count = 1;
  q.vector = {1, 2};
  CHECK(discover(town(), q, wide).error().is(errc::wrong_shape));
  auto agents = town();
  agents[2].offers.text.assign(description_bytes_max + 1, 'x');
  const auto r = discover(agents, asking("x"), wide);
  CHECK(r.error().is(errc::too_large));
  CHECK(r.error().detail().starts_with("agent cleo: "));
  CHECK(discover({}, asking("x"), wide).value().found.empty());
}
