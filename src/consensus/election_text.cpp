// Reading elections. Everything is counted before it is kept.
#include "ainur/consensus/election_text.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>

#include "ainur/consensus/error.hpp"
#include "codec/json.hpp"
#include "codec/json_places.hpp"

namespace ainur::consensus {

namespace {

using json = nlohmann::json;

constexpr int depth_max = 8;
constexpr std::array<std::string_view, 2> algorithm_names{"seq_phragmen", "phragmms"};
constexpr std::uint64_t uint64_max = ~std::uint64_t{0};

/// Stakes and weights have up to 128 bits; from 2^64 on they stand as texts.
class reader : public codec::json_places<errc, errc::malformed_election, errc::election_too_large> {
public:
  uint128 number(const json& in, uint128 most, uint128 least = 0) {
    std::optional<uint256> value;
    if (in.is_number_unsigned())
      value = uint256{0, in.get<std::uint64_t>()};
    else if (in.is_string())
      value = uint256_from_text(in.get_ref<const std::string&>());
    if (value && value->high == 0 && value->low >= least && value->low <= most)
      return value->low;
    refuse("a whole number from " + to_string(least) + " to " + to_string(most) +
           " is needed, from 2^64 on as a text");
    return least;
  }

  std::uint64_t number64(const json& in) {
    return static_cast<std::uint64_t>(number(in, uint64_max));
  }
};

election_voter read_voter(reader& r, const json& in) {
  election_voter v;
  const auto targets = [&](const json& x) {
    r.list(x, targets_max, [&](const json& id) { v.targets.push_back(r.number64(id)); });
  };
  if (in.is_array()) {
    if (r.tuple(in, 3, "[id, stake, [target, ...]]")) {
      r.within("[0]", [&] { v.id = r.number64(in[0]); });
      r.within("[1]", [&] { v.stake = r.number64(in[1]); });
      r.within("[2]", [&] { targets(in[2]); });
    }
    return v;
  }
  static constexpr std::string_view keys[] = {"id", "stake", "targets"};
  if (r.object(in, keys)) {
    r.key(in, "id", [&](const json& x) { v.id = r.number64(x); });
    r.key(in, "stake", [&](const json& x) { v.stake = r.number64(x); });
    r.key(in, "targets", targets);
  }
  return v;
}

void read_balancing(reader& r, const json& in, balancing& b) {
  static constexpr std::string_view keys[] = {"iterations", "tolerance"};
  if (in.is_null() || !r.object(in, keys))
    return;
  r.key(in, "iterations", [&](const json& x) {
    b.iterations = static_cast<std::uint32_t>(r.number(x, balancing::iterations_max));
  });
  r.key(
      in, "tolerance", [&](const json& x) { b.tolerance = r.number(x, uint128_max); }, false);
}

std::uint64_t id_from_key(reader& r, const std::string& key) {
  const auto id = uint256_from_text(key);
  if (id && *id <= uint256{0, uint64_max} && to_string(*id) == key) // "07" would be a second 7
    return static_cast<std::uint64_t>(id->low);
  r.refuse("the key must be the id of a candidate");
  return 0;
}

stated_support read_support(reader& r, const std::string& key, const json& in) {
  stated_support s;
  s.candidate = id_from_key(r, key);
  static constexpr std::string_view keys[] = {"total", "voters"};
  if (!r.object(in, keys))
    return s;
  r.key(in, "total", [&](const json& x) { s.total = r.number(x, uint128_max); });
  r.key(in, "voters", [&](const json& x) {
    r.list(x, voters_max, [&](const json& pair) {
      if (!r.tuple(pair, 2, "[voter, value]"))
        return;
      auto& part = s.parts.emplace_back();
      r.within("[0]", [&] { part.voter = r.number64(pair[0]); });
      r.within("[1]", [&] { part.value = r.number64(pair[1]); });
    });
  });
  return s;
}

void read_supports(reader& r, const json& in, election_document& d) {
  if (!in.is_object())
    return r.refuse("an object is needed, with the id of a winner as each key");
  d.supports.emplace();
  for (const auto& [key, value] : in.items())
    if (!r.failure())
      r.within(key.empty() ? "\"\"" : key.substr(0, 64),
               [&] { d.supports->push_back(read_support(r, key, value)); });
}

void read_document(reader& r, const json& in, election_document& d) {
  static constexpr std::string_view keys[] = {"name",     "algorithm", "candidates", "voters",
                                              "to_elect", "balancing", "supports",   "expected"};
  if (!r.object(in, keys))
    return;
  auto& e = d.election;
  r.key(
      in, "algorithm",
      [&](const json& x) {
        const auto named =
            x.is_string() ? algorithm_from_text(x.get_ref<const std::string&>())
                          : fail(errc::malformed_election, "the name of an algorithm is needed");
        named ? void(e.algorithm = *named) : r.refuse(named.error().detail());
      },
      false);
  r.key(in, "candidates", [&](const json& x) {
    r.list(x, candidates_max, [&](const json& id) { e.candidates.push_back(r.number64(id)); });
  });
  r.key(in, "voters", [&](const json& x) {
    r.list(x, voters_max, [&](const json& v) { e.voters.push_back(read_voter(r, v)); });
  });
  r.key(in, "to_elect", [&](const json& x) {
    e.seats = static_cast<std::uint32_t>(r.number(x, candidates_max, 1));
  });
  r.key(
      in, "balancing", [&](const json& x) { read_balancing(r, x, e.balancing); }, false);
  r.key(
      in, "supports", [&](const json& x) { read_supports(r, x, d); }, false);
}

} // namespace

std::string_view to_string(election_algorithm algorithm) noexcept {
  return algorithm_names[static_cast<std::size_t>(algorithm)];
}

result<election_algorithm> algorithm_from_text(std::string_view name) {
  const auto found = std::find(algorithm_names.begin(), algorithm_names.end(), name);
  if (found == algorithm_names.end())
    return fail(errc::malformed_election,
                "the algorithm " + codec::unknown_word(name, algorithm_names));
  return static_cast<election_algorithm>(found - algorithm_names.begin());
}

result<election_document> election_from_json(std::string_view text) {
  if (text.size() > election_text_bytes_max)
    return fail(errc::election_too_large, "the text is longer than 16 MiB");
  const auto read_text = codec::parse_json(text, depth_max);
  if (!read_text)
    return fail(errc::malformed_election, read_text.error().detail());
  const auto& parsed = *read_text;
  reader r;
  election_document d;
  read_document(r, parsed, d);
  if (r.failure())
    return fail(*r.failure());
  return d;
}

} // namespace ainur::consensus
