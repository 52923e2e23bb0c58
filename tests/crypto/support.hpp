// Shared by the tests of this room.
#pragma once

#include <algorithm>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/base/rng.hpp"
#include "ainur/crypto/keys.hpp"

namespace ainur::test {

inline crypto::secret_key key_of(std::uint64_t index) {
  return crypto::secret_key::from_seed(crypto::run_seed(1, "test", index));
}

inline bytes hex(const std::string& text) {
  auto out = from_hex(text);
  REQUIRE(out);
  return *out;
}

template <std::size_t N>
byte_array<N> array_of(const bytes& data) {
  REQUIRE(data.size() == N);
  byte_array<N> out;
  std::copy(data.begin(), data.end(), out.begin());
  return out;
}

inline nlohmann::json load_json(const std::string& path) {
  std::ifstream in{path};
  return nlohmann::json::parse(in);
}

} // namespace ainur::test
