#include <doctest/doctest.h>

#include "ainur/codec/msgpack.hpp"
#include "support/property.hpp"

using namespace ainur;

namespace {

struct inner {
  std::uint32_t number = 0;
  std::string text;
  AINUR_FIELDS(inner, number, text)
};

struct outer {
  account_id who;
  amount price;
  std::optional<inner> maybe;
  std::vector<inner> many;
  std::variant<std::uint8_t, inner> either;
  timestamp at{};
  std::int32_t signed_number = 0;
  bool flag = false;
  bytes blob;
  AINUR_FIELDS(outer, who, price, maybe, many, either, at, signed_number, flag, blob)
};

} // namespace

TEST_CASE("a value survives its canonical form") {
  test::check_property("msgpack", 300,
                       [](std::uint64_t price, std::int32_t number, bool flag,
                          const std::vector<std::uint8_t>& blob, std::string text) {
                         outer x;
                         x.price = amount{price};
                         x.signed_number = number;
                         x.flag = flag;
                         x.blob = blob;
                         x.many = {{1, text}, {2, ""}};
                         if (flag)
                           x.maybe = inner{7, text};
                         else
                           x.either = inner{8, text};
                         RC_ASSERT(codec::decode<outer>(codec::encode(x)) == x);
                       });
}

TEST_CASE("only the canonical form is accepted") {
  using codec::errc;
  const auto five = codec::encode(inner{5, "a"});
  CHECK(five == bytes{0x92, 0x05, 0xa1, 'a'});
  // the same number in a wider form
  CHECK(codec::decode<inner>(bytes{0x92, 0xcc, 0x05, 0xa1, 'a'}).error().is(errc::not_canonical));
  CHECK(codec::decode<inner>(bytes{0x92, 0x05, 0xa1, 'a', 0}).error().is(errc::trailing));
  CHECK(codec::decode<inner>(bytes{0x92, 0x05, 0xa1}).error().is(errc::truncated));
  CHECK(codec::decode<inner>(bytes{0x91, 0x05}).error().is(errc::wrong_type));
  CHECK(codec::decode<inner>(bytes{0x92, 0xa1, 'a', 0x05}).error().is(errc::wrong_type));
  CHECK(codec::decode<inner>(bytes{0x92, 0xcf, 1, 0, 0, 0, 0, 0, 0, 0, 0xa0})
            .error()
            .is(errc::out_of_range));
}

TEST_CASE("hostile counts are refused before they are allocated") {
  using codec::errc;
  CHECK(codec::decode<std::vector<std::uint32_t>>(bytes{0xdd, 0xff, 0xff, 0xff, 0xff})
            .error()
            .is(errc::too_large));
  bytes deep(100, 0x91);
  deep.push_back(0xc0);
  CHECK(codec::decode<std::vector<std::uint32_t>>(deep).error().is(errc::too_large));
  CHECK(codec::decode<bytes>(bytes{0xc6, 0x7f, 0xff, 0xff, 0xff}).error().is(errc::truncated));
  test::check_property("random bytes never do harm", 2000, [](const std::vector<std::uint8_t>& in) {
    const auto out = codec::decode<outer>(in);
    RC_ASSERT((!out || codec::encode(*out) == in));
  });
}
