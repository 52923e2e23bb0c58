// Descriptions as vectors: what meets, what does not, and that it is the same everywhere.
#include <cmath>

#include <doctest/doctest.h>

#include "support/property.hpp"

#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/embedding.hpp"

using namespace ainur;
using namespace ainur::discovery;

namespace {

text_embedder make(embedding_options options = {}) {
  auto made = text_embedder::make(options);
  REQUIRE(made);
  return *made;
}

std::vector<feature> features(const description& d, embedding_options options = {}) {
  return make(options).features(d).value();
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

double likeness(const text_embedder& e, const description& a, const description& b) {
  return cosine(e.embed(a).value(), e.embed(b).value());
}

description text(std::string words) {
  return {{}, {}, std::move(words)};
}

} // namespace

TEST_CASE("words, stems and runs of characters") {
  const description d{{"Image-Captioning"}, {"GPU"}, "Captions images; images of cats."};
  CHECK(features(d, {.unit = text_unit::words}) == std::vector<feature>{{"captioning", 3},
                                                                        {"captions", 1},
                                                                        {"cats", 1},
                                                                        {"gpu", 2},
                                                                        {"image", 3},
                                                                        {"images", 2},
                                                                        {"of", 1}});
  CHECK(features(d) ==
        std::vector<feature>{{"capt", 4}, {"cat", 1}, {"gpu", 2}, {"imag", 5}, {"of", 1}});
  CHECK(features(text("cat a"), {.unit = text_unit::trigrams}) ==
        std::vector<feature>{{"^a$", 1}, {"^ca", 1}, {"at$", 1}, {"cat", 1}});
}

TEST_CASE("forms of a word have one stem, short words and other endings stay") {
  const auto stem = [](const std::string& word) { return features(text(word)).at(0).text; };
  for (const auto* word : {"translate", "translates", "translated", "translating", "translator",
                           "translators", "translation", "Translations"})
    CHECK(stem(word) == "translat");
  CHECK(stem("planning") == stem("planner"));
  CHECK(stem("planning") == stem("plans"));
  CHECK(stem("class") == "class");
  CHECK(stem("bus") == "bus");
  CHECK(stem("ring") == "ring");
  CHECK(stem("red") == "red");
  CHECK(stem("Größe") == stem("größe"));
}

TEST_CASE("what says the same is near, what shares nothing is not") {
  for (const auto unit : {text_unit::words, text_unit::stems, text_unit::trigrams}) {
    const auto e = make({.dimension = 256, .unit = unit});
    const description translator{{"translate"}, {"french", "german"}, "translate legal documents"};
    CHECK(likeness(e, translator, translator) == doctest::Approx(1));
    CHECK(likeness(e, translator, text("translate german documents")) > 0.5);
    CHECK(likeness(e, translator, text("render video frames")) < 0.25);
  }
  const auto stems = make({.dimension = 256});
  CHECK(likeness(stems, text("translating documents"), text("document translator")) ==
        doctest::Approx(1));
  const auto runs = make({.dimension = 256, .unit = text_unit::trigrams});
  CHECK(likeness(runs, text("summarisation"), text("summarization")) > 0.6);
}

TEST_CASE("rare features weigh more") {
  const auto e = make({.dimension = 256});
  feature_counts counts;
  for (int i = 0; i < 1'000; ++i)
    counts.add(features(text(i % 100 == 0 ? "agent radiology" : "agent")));
  CHECK(counts.descriptions() == 1'000);
  CHECK(counts.count("agent") == 1'000);
  CHECK(counts.count("radiology") == 10);
  const auto query = text("agent radiology");
  const auto near = [&](const std::string& words, const feature_counts* c) {
    return cosine(e.embed(query, c).value(), e.embed(text(words), c).value());
  };
  CHECK(near("radiology", nullptr) == doctest::Approx(near("agent", nullptr)));
  CHECK(near("radiology", &counts) > 0.95);
  CHECK(near("agent", &counts) < 0.2);
  // 1 + log2(1001 / 1) in 1/256 of what nobody ever said
  CHECK(std::abs(e.embed(text("unheard"), &counts)->at(0)) <= 256 * 11);
  for (int i = 0; i < 2'000; ++i)
    counts.remove(features(query));
  CHECK(counts.descriptions() == 0);
  CHECK(counts.count("agent") == 0);
  CHECK(e.embed(query, &counts).value() == e.embed(query).value());
}

TEST_CASE("the order of words does not matter, the seed and the dimension do") {
  test::check_property("order", 50, [] {
    auto words = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
            "plan", "route", "price", "paint", "7", "x1", "ölfarbe", "translate")));
    const auto e = make();
    const auto one = e.embed(description{{}, words, ""});
    std::reverse(words.begin(), words.end());
    const auto other = e.embed(description{{}, words, ""});
    RC_ASSERT(one.has_value() == other.has_value());
    if (one)
      RC_ASSERT(*one == *other);
  });
  const auto d = text("some words that are hashed");
  CHECK(make({.seed = 1}).embed(d).value() != make({.seed = 2}).embed(d).value());
  CHECK(make({.dimension = 1'000}).embed(d).value().size() == 1'000);
}

TEST_CASE("chance meetings do not add up: unlike texts have a cosine of about zero") {
  const auto e = make({.unit = text_unit::words});
  double sum = 0;
  for (int i = 0; i < 500; ++i)
    sum += likeness(e, text("left" + std::to_string(i) + " up" + std::to_string(i)),
                    text("right" + std::to_string(i) + " down" + std::to_string(i)));
  CHECK(std::abs(sum / 500) < 0.03);
}

TEST_CASE("bad options and descriptions are refused") {
  CHECK(text_embedder::make({.dimension = 0}).error().is(errc::bad_option));
  CHECK(text_embedder::make({.dimension = 1'025}).error().is(errc::bad_option));
  CHECK(text_embedder::make({.unit = static_cast<text_unit>(3)}).error().is(errc::bad_option));
  CHECK(text_embedder::make({.tag_weight = 1'001}).error().is(errc::bad_option));
  const auto e = make();
  for (const auto* nothing : {"", "  ", "?!"})
    CHECK(e.embed(text(nothing)).error().is(errc::wrong_shape));
  CHECK(e.embed(text(std::string(description_bytes_max, 'x'))).has_value());
  CHECK(e.embed(text(std::string(description_bytes_max + 1, 'x'))).error().is(errc::too_large));
  CHECK(e.embed(description{{std::string(description_bytes_max, 'x')}, {"y"}, {}})
            .error()
            .is(errc::too_large));
  const std::vector<std::string> many(description_strings_max + 1, "x");
  CHECK(e.embed(description{many, {}, {}}).error().is(errc::too_large));
  CHECK(e.embed(description{{}, many, {}}).error().is(errc::too_large));
  CHECK(make({.name_weight = 0}).features({{"x"}, {}, {}}).value().empty());
}

TEST_CASE("a description has the same vector on every machine") {
  crypto::hasher h{"test"};
  for (const auto unit : {text_unit::words, text_unit::stems, text_unit::trigrams})
    for (const std::uint32_t dimension : {7u, 64u, 1'024u}) {
      const auto e = make({.dimension = dimension, .unit = unit});
      feature_counts counts;
      for (const auto* words : {"plan a route", "paint the route", "Übersetzen ins Französische"}) {
        counts.add(e.features(text(words)).value());
        const auto vector = e.embed(text(words), &counts).value();
        for (const auto x : vector)
          h.add(static_cast<std::uint64_t>(static_cast<std::int64_t>(x)));
      }
    }
  CHECK(to_string(h.finish()) ==
        "9b98f1d8cb7fc2dad58ed602314b61c3c380c400147715c6597d1de315649d2e");
}
