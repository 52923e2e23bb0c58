// The seeds of the fuzzer of what validators send and store (tests/fuzz/seeds/consensus_fuzz) are
// what their decoders take. After a change of a form they are written anew by
//   AINUR_SEEDS=tests/fuzz/seeds consensus_test -ns -tc="write the seeds"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <doctest/doctest.h>

#include "ainur/consensus/node_message.hpp"
#include "ainur/consensus/position.hpp"
#include "consensus/people.hpp"

using namespace ainur;
using namespace ainur::consensus;

namespace {

/// A replica's message after 'm', a node's after 'n', a position after 'p'.
std::map<std::string, bytes> make_seeds() {
  const auto set = test::keyed_set({3, 2, 1});
  const auto start = at_genesis(hash256{{1}}, timestamp_at(5), set);
  auto h = next_header(start);
  h.time = timestamp_at(6);
  h.proposer = set[0].id;
  ledger::signed_batch batch;
  batch.batch.entries.push_back({set[0].id, {}, ledger::transfer{set[1].id, amount{7}}});
  const auto b = seal(h, {batch}, start.commit);
  const auto id = id_of(b->header);
  const auto sign = [&](statement_kind kind, round_number r, round_number valid_round) {
    return ledger::sign_statement(hash256{{1}}, {kind, 1, r, valid_round, id}, set[0].id,
                                  test::secret_of(0));
  };
  const auto prevote = sign(statement_kind::prevote, 0, no_round);
  const auto commit =
      make_certificate(set, 1, {0, id, {sign(statement_kind::precommit, 0, no_round)}});
  std::map<std::string, bytes> all;
  const auto put = [&all](const std::string& name, char mark, const bytes& content) {
    auto& out = all[name];
    out.push_back(static_cast<std::uint8_t>(mark));
    out.insert(out.end(), content.begin(), content.end());
  };
  put("proposal", 'm',
      encode_message(proposal_message{sign(statement_kind::proposal, 1, 0), b, {prevote}}));
  put("vote", 'm', encode_message(vote_message{prevote}));
  put("status", 'm', encode_message(status_message{9, 2, 1, 3, true}));
  put("request", 'm', encode_message(blocks_request{4, 16}));
  put("blocks", 'm', encode_message(blocks_message{{{b, commit}}}));
  put("node_vote", 'n', encode_node_message(message{vote_message{prevote}}));
  put("node_batches", 'n',
      encode_node_message(batches_message{{prepare({}, batch), prepare({}, batch)}}));
  put("node_chunk_request", 'n', encode_node_message(chunk_request{10, 3}));
  put("node_chunk", 'n', encode_node_message(chunk_message{10, 3, 7, bytes(40, 0x5a)}));
  put("genesis", 'p', encode_position(start));
  put("position", 'p',
      encode_position(after(start, *b, commit, {id, {{1, id}}, id}, test::keyed_set({1, 1}))));
  return all;
}

bool taken(bytes_view seed) {
  const auto content = seed.subspan(1);
  return seed[0] == 'p'   ? decode_position(content).has_value()
         : seed[0] == 'n' ? decode_node_message({}, content).has_value()
                          : decode_message(content).has_value();
}

} // namespace

TEST_CASE("write the seeds" * doctest::skip()) {
  const auto* folder = std::getenv("AINUR_SEEDS");
  REQUIRE(folder != nullptr);
  const auto to = std::filesystem::path{folder} / "consensus_fuzz";
  std::filesystem::create_directories(to);
  for (const auto& [name, content] : make_seeds())
    std::ofstream{to / name, std::ios::binary}.write(reinterpret_cast<const char*>(content.data()),
                                                     static_cast<std::streamsize>(content.size()));
}

TEST_CASE("the fuzzer's seeds are taken by what they are for") {
  const auto* told = std::getenv("AINUR_SOURCE");
  const auto from =
      std::filesystem::path{told == nullptr ? "." : told} / "tests/fuzz/seeds/consensus_fuzz";
  for (const auto& [name, content] : make_seeds()) {
    CAPTURE(name);
    std::ifstream in{from / name, std::ios::binary};
    const bytes kept{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    REQUIRE(!kept.empty());
    CHECK(taken(kept));
    CHECK(taken(content));
  }
}
