// What crosses the seam to CAF: field-list messages as canonical bytes, bounded, and readable.
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>
#include <doctest/doctest.h>

#include "ainur/actors/caf.hpp"

using namespace ainur;

namespace {

struct inner {
  account_id who;
  std::optional<duration> wait;
  AINUR_FIELDS(inner, who, wait)
};

struct offer {
  std::uint64_t number = 0;
  std::string text;
  std::vector<inner> parts;
  amount price;
  AINUR_FIELDS(offer, number, text, parts, price)
};

offer sample() {
  offer x{7, "seven", {}, amount{1'500'000}};
  x.parts.push_back({account_id{}, duration{250}});
  x.parts.push_back({account_id{}, std::nullopt});
  return x;
}

} // namespace

TEST_CASE("a message goes through CAF's serialisers and comes back") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  auto x = sample();
  std::vector<char> buffer;
  caf::binary_serializer sink{system, buffer};
  REQUIRE_FALSE(sink(x));
  offer y;
  caf::binary_deserializer source{system, buffer};
  REQUIRE_FALSE(source(y));
  CHECK(x == y);

  SUBCASE("cut short at any place it is refused, and the target unchanged") {
    for (std::size_t size = 0; size < buffer.size(); ++size) {
      offer z;
      caf::binary_deserializer part{system, buffer.data(), size};
      CHECK(part(z));
      CHECK(z == offer{});
    }
  }
  SUBCASE("a length alone allocates nothing") {
    // CAF writes lengths seven bits a byte; this one says 4 GiB.
    std::vector<char> bad{'\xff', '\xff', '\xff', '\xff', '\x0f'};
    offer z;
    caf::binary_deserializer liar{system, bad};
    const auto e = liar(z);
    REQUIRE(e);
    CHECK(to_text(e).find("too_large") != std::string::npos);
  }
}

TEST_CASE("a message can be read by people") {
  auto x = sample();
  const auto text = caf::deep_to_string(x);
  CHECK(text.find("offer{number: 7, text: \"seven\", parts: [inner{who: 00") == 0);
  CHECK(text.find("wait: 250us}") != std::string::npos);
  CHECK(text.find("wait: none}") != std::string::npos);
}

TEST_CASE("our errors keep their text on the way through CAF") {
  const error e{codec::errc::truncated, "in the test"};
  CHECK(to_text(to_caf(e)) == e.to_string());
  CHECK(to_caf(e));
  CHECK_FALSE(to_text(caf::error{caf::exit_reason::kill}).empty());
}
