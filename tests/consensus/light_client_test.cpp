// A light client on a chain whose validators change from block to block.
#include <map>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/light_client.hpp"
#include "ainur/consensus/position.hpp"
#include "consensus/people.hpp"

using namespace ainur;
using namespace ainur::consensus;
using namespace std::chrono_literals;

namespace {

const hash256 chain_id{{4}};

/// Blocks of which each replaces `change` of ten validators, every `every` heights.
struct chain_of_ten {
  chain_of_ten(std::uint64_t heights, std::uint32_t change, std::uint64_t every)
      : checker(std::make_shared<signature_checker>(chain_id)) {
    std::uint32_t first = 0;
    auto at = at_genesis(chain_id, timestamp_at(1'000'000), set_from(first));
    for (std::uint64_t h = 1; h <= heights; ++h) {
      auto header = next_header(at);
      header.time = at.time + duration{1'000'000};
      header.proposer = at.validators[0].id;
      const auto b = seal(header, {}, at.commit);
      light_block light{b->header, sign(at.validators, b->header), at.validators,
                        at.next_validators};
      std::optional<validator_set> elected;
      if (h % every == 0)
        elected = set_from(first += change);
      at = after(at, *b, light.commit, {hash256{{static_cast<std::uint8_t>(h)}}, {}, {}}, elected);
      blocks.push_back(std::move(light));
    }
  }

  static account_id id_of_number(std::uint32_t n) {
    account_id id;
    id.value[0] = 1;
    id.value[1] = static_cast<std::uint8_t>(n >> 8);
    id.value[2] = static_cast<std::uint8_t>(n);
    return id;
  }

  static validator_set set_from(std::uint32_t first) {
    std::vector<validator> all;
    for (std::uint32_t n = first; n < first + 10; ++n)
      all.push_back({id_of_number(n), test::secret_of(n).public_part().value, 1});
    return validator_set::make(std::move(all)).value();
  }

  certificate sign(const validator_set& set, const header& h, std::size_t count = 7) const {
    vote_list votes{0, id_of(h), {}};
    for (validator_index i = 0; i < count; ++i) {
      const auto n = static_cast<std::uint32_t>(set[i].id.value[1] << 8 | set[i].id.value[2]);
      votes.votes.push_back(ledger::sign_statement(
          chain_id, {statement_kind::precommit, h.height, 0, no_round, id_of(h)}, set[i].id,
          test::secret_of(n)));
    }
    return make_certificate(set, h.height, votes);
  }

  light_client client(light_options o = {}) const {
    return {{1, blocks[0].header.time, blocks[0].next_validators}, o, checker};
  }

  light_source source(std::size_t* asked) const {
    return [this, asked](std::uint64_t height) -> result<light_block> {
      ++*asked;
      if (height == 0 || height > blocks.size())
        return fail(base_errc::not_found, "height " + std::to_string(height));
      return blocks[height - 1];
    };
  }

  timestamp now() const { return blocks.back().header.time + 1s; }

  std::shared_ptr<signature_checker> checker;
  std::vector<light_block> blocks;
};

bool refused(const result<void>& r, consensus::errc code) {
  return !r && r.error().is(code);
}

} // namespace

TEST_CASE("where the validators stay, one header is enough") {
  const chain_of_ten c{50, 0, 1};
  auto client = c.client();
  std::size_t asked = 0;
  CHECK(client.follow(50, c.source(&asked), c.now()));
  CHECK(asked == 1);
  CHECK(client.trusted().height == 50);
  CHECK(client.follow(20, c.source(&asked), c.now())); // nothing to do
  CHECK(client.trusted().height == 50);
}

TEST_CASE("where they change, as many as it takes, and never more than all") {
  for (const std::uint32_t change : {1u, 3u, 5u, 10u})
    for (const std::uint64_t every : {1u, 7u}) {
      CAPTURE(change);
      CAPTURE(every);
      const chain_of_ten c{64, change, every};
      auto client = c.client();
      std::size_t asked = 0;
      const auto done = client.follow(64, c.source(&asked), c.now());
      CHECK(done.has_value());
      CHECK(client.trusted().height == 64);
      CHECK(asked > 1);
      CHECK(asked <= 64u * 2);
      MESSAGE(change << " of 10 every " << every << " blocks: " << asked << " of 63 headers asked");
    }
}

TEST_CASE("what is false is refused, and the trust of before stays") {
  const chain_of_ten c{10, 1, 3};
  auto client = c.client();
  const auto refuses = [&](const light_block& b, consensus::errc code) {
    const bool as_named = refused(client.believe(b, c.now()), code);
    return as_named && client.trusted().height == 1;
  };
  const auto good = c.blocks[1];
  auto b = good;
  b.header.time += duration{1}; // another block than was signed
  CHECK(refuses(b, consensus::errc::bad_block));
  b = good;
  b.commit.signatures.pop_back(); // 6 of 10
  CHECK(refuses(b, consensus::errc::bad_certificate));
  b = good;
  b.commit.signatures[2].signature[5] ^= 1;
  CHECK(refuses(b, consensus::errc::bad_certificate));
  b = good;
  b.validators = c.blocks[9].validators;
  CHECK(refuses(b, consensus::errc::bad_block));
  b = good;
  b.next_validators = c.blocks[9].next_validators;
  CHECK(refuses(b, consensus::errc::bad_block));
  CHECK(refuses(c.blocks[0], consensus::errc::bad_block)); // not later
  // A chain of their own, by validators whom nobody announced.
  b = good;
  b.validators = b.next_validators = chain_of_ten::set_from(500);
  b.header.validators = b.header.next_validators = b.validators.hash();
  b.commit = c.sign(b.validators, b.header, 10);
  CHECK(refuses(b, consensus::errc::not_trusted));
  b.header.height = 9;
  b.commit = c.sign(b.validators, b.header, 10);
  CHECK(refuses(b, consensus::errc::not_trusted));
  // From the future.
  CHECK(refused(client.believe(good, good.header.time - 11s), consensus::errc::bad_block));
  CHECK(client.believe(good, c.now()));
}

TEST_CASE("the same id with another key is not the one that was trusted") {
  const chain_of_ten c{5, 0, 1};
  auto client = c.client();
  std::vector<validator> others(c.blocks[0].validators.begin(), c.blocks[0].validators.end());
  for (auto& v : others)
    v.key = test::secret_of(700).public_part().value;
  auto b = c.blocks[4];
  b.validators = b.next_validators = validator_set::make(others).value();
  b.header.validators = b.header.next_validators = b.validators.hash();
  b.commit.block = id_of(b.header);
  for (auto& s : b.commit.signatures)
    s.signature = ledger::sign_statement(
                      chain_id, {statement_kind::precommit, 5, 0, no_round, b.commit.block},
                      b.validators[s.signer].id, test::secret_of(700))
                      .signature;
  CHECK(refused(client.believe(b, c.now()), consensus::errc::not_trusted));
}

TEST_CASE("trust runs out, and the search is bounded") {
  const chain_of_ten c{64, 5, 1};
  auto client = c.client();
  std::size_t asked = 0;
  const auto late = c.blocks[0].header.time + light_options{}.trusting_period;
  CHECK(refused(client.follow(64, c.source(&asked), late), consensus::errc::not_trusted));
  CHECK(asked == 1);
  light_options few;
  few.fetches_max = 3;
  auto hasty = c.client(few);
  asked = 0;
  CHECK(refused(hasty.follow(64, c.source(&asked), c.now()), consensus::errc::not_trusted));
  CHECK(asked == 3);
  auto lost = c.client();
  CHECK_FALSE(lost.follow(65, c.source(&asked), c.now()));
  const auto liar = [&](std::uint64_t) -> result<light_block> { return c.blocks[1]; };
  CHECK(refused(lost.follow(64, liar, c.now()), consensus::errc::bad_block));
}
