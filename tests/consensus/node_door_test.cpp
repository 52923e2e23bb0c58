// What a node lets in: each refusal at its door, and that nothing which cannot act keeps the
// validators making empty blocks.
#include "node_world.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Clients pay for their calls, and have little room to do so.
ledger::genesis dear_genesis() {
  auto g = founded_genesis(4);
  g.parameters.fee_per_weight = amount::ainu(1);
  g.parameters.block_entries_max = 10;
  g.founding->agreement.block_bytes_max = 4'096;
  return g;
}

/// Runs until nothing is left to agree on. The deadlines of eras do not count.
std::uint64_t settled_height(node_world& w) {
  w.run(seconds{60});
  const auto height = w.nodes[0].core->state().height();
  w.run(seconds{60});
  for (const auto& n : w.nodes) {
    CHECK(n.core->state().height() == height);
    CHECK(!n.core->waiting().is_ready());
  }
  return height;
}

void add_calls(ledger::batch& b, std::size_t count) {
  const auto first = b.entries.front();
  b.entries.insert(b.entries.end(), count, first);
}

/// What pays everything but so much to somebody else.
ledger::batch spend_all_but(const node_world& w, std::uint32_t client, std::uint64_t nonce,
                            amount left) {
  auto b = w.payment(client, nonce);
  const auto has = w.nodes[0].core->state().account(client_account(client))->free;
  std::get<ledger::transfer>(b.entries[0].call).value =
      amount{has.micro() - amount::ainu(1).micro() - left.micro()};
  return b;
}

} // namespace

TEST_SUITE("a node's door") {
  TEST_CASE("each refusal has its name, goes nowhere, and makes no block") {
    node_world w{dear_genesis(), 4, 1};
    w.run(seconds{1});
    const auto refuses = [&w](const batch_ptr& b, auto code) {
      const auto why = w.submit(0, b);
      return why && why->is(code);
    };
    const auto good = w.payment(0, 0);
    auto forged = prepared_batch{*w.signed_by(0, good)};
    forged.content.signature[0] ^= 1;
    CHECK(refuses(prepare(genesis_hash(w.g), forged.content), consensus::errc::bad_batch));
    auto unknown = good;
    unknown.signer = client_account(77);
    unknown.entries[0].origin = unknown.signer;
    CHECK(refuses(w.signed_by(77, unknown), ledger::errc::unknown_signer));
    auto other_key = good;
    other_key.key = client_account(5).value;
    CHECK(refuses(w.signed_by(5, other_key), ledger::errc::bad_key));
    CHECK(refuses(w.signed_by(0, w.payment(0, 64)), consensus::errc::nonce_over));
    auto late = good;
    late.valid_until = node_epoch;
    CHECK(refuses(w.signed_by(0, late), ledger::errc::expired));
    auto empty = good;
    empty.entries.clear();
    CHECK(refuses(w.signed_by(0, empty), ledger::errc::bad_batch));
    auto many = good;
    add_calls(many, 10);
    CHECK(refuses(w.signed_by(0, many), ledger::errc::bad_batch));
    many.nonce = 5; // nor when its turn has not come
    CHECK(refuses(w.signed_by(0, many), ledger::errc::bad_batch));
    auto large = good;
    large.entries[0].call =
        ledger::report_offence{.offender = client_account(1), .evidence = bytes(5'000, 'x')};
    CHECK(refuses(w.signed_by(0, large), ledger::errc::bad_batch));
    for (std::uint32_t i = 0; i < 4; ++i)
      CHECK(w.nodes[i].core->waiting().size() == 0);
    CHECK(settled_height(w) == 0);
    // And the good one is let in once.
    CHECK(!w.submit(0, w.signed_by(0, good)));
    CHECK(refuses(w.signed_by(0, good), consensus::errc::known_batch));
    CHECK(settled_height(w) == 2); // its block, and the one that tells what became of it
    CHECK(refuses(w.signed_by(0, good), consensus::errc::known_batch));
    CHECK(refuses(w.signed_by(0, w.payment(1, 0)), consensus::errc::bad_batch)); // another's key
    w.check();
  }

  TEST_CASE("a later number needs the account, its key and its fee too") {
    node_world w{dear_genesis(), 4, 12};
    w.run(seconds{1});
    const auto refuses = [&w](const batch_ptr& b, auto code) {
      const auto why = w.submit(0, b);
      return why && why->is(code);
    };
    auto unknown = w.payment(0, 5);
    unknown.signer = client_account(77);
    unknown.entries[0].origin = unknown.signer;
    CHECK(refuses(w.signed_by(77, unknown), ledger::errc::unknown_signer));
    auto other_key = w.payment(0, 5);
    other_key.key = client_account(5).value;
    CHECK(refuses(w.signed_by(5, other_key), ledger::errc::bad_key));
    CHECK(!w.submit(0, w.signed_by(0, spend_all_but(w, 0, 0, amount{1'000}))));
    CHECK(settled_height(w) == 2);
    CHECK(refuses(w.signed_by(0, w.payment(0, 5)), ledger::errc::fee_unpaid));
    for (const auto& n : w.nodes)
      CHECK(n.core->waiting().size() == 0);
    CHECK(!w.submit(0, w.signed_by(1, w.payment(1, 5)))); // its owner's own
    w.check();
  }

  TEST_CASE("who cannot pay the fee is refused") {
    node_world w{dear_genesis(), 4, 2};
    CHECK(!w.submit(0, w.signed_by(0, spend_all_but(w, 0, 0, amount{1'000}))));
    CHECK(settled_height(w) == 2); // its block, and the one that tells what became of it
    const auto why = w.submit(1, w.signed_by(0, w.payment(0, 1)));
    REQUIRE(why);
    CHECK(why->is(ledger::errc::fee_unpaid));
    CHECK(settled_height(w) == 2); // its block, and the one that tells what became of it
    w.check();
  }

  TEST_CASE("a batch that cannot act when its turn comes is dropped by all") {
    node_world w{dear_genesis(), 5, 3};
    // Let in while their turns had not come; after the first there is no money for the others.
    CHECK(!w.submit(4, w.signed_by(0, w.payment(0, 1))));
    CHECK(!w.submit(0, w.signed_by(0, w.payment(0, 2))));
    w.run(seconds{1});
    CHECK(w.nodes[2].core->waiting().size() == 2);
    CHECK(!w.submit(1, w.signed_by(0, spend_all_but(w, 0, 0, amount{1'000}))));
    CHECK(settled_height(w) <= 5);
    CHECK(w.nodes[0].core->state().nonce(client_account(0)) == 1);
    w.check();
  }

  TEST_CASE("a batch whose number has a gap before it waits without a block") {
    node_world w{dear_genesis(), 4, 4};
    CHECK(!w.submit(0, w.signed_by(0, w.payment(0, 1))));
    CHECK(settled_height(w) == 0);
    CHECK(!w.submit(2, w.signed_by(0, w.payment(0, 0))));
    CHECK(settled_height(w) <= 2);
    CHECK(w.nodes[3].core->state().nonce(client_account(0)) == 2);
    w.check();
  }

  TEST_CASE("a batch that a block refused does not come back by itself") {
    // One proposer lets everything in; the ledger refuses what cannot pay, in the block.
    node_world w{dear_genesis(), 4, 5};
    CHECK(!w.submit(0, w.signed_by(0, spend_all_but(w, 0, 0, amount{1'000}))));
    CHECK(!w.submit(0, w.signed_by(0, w.payment(0, 1))));
    CHECK(settled_height(w) <= 6);
    CHECK(w.nodes[0].core->state().nonce(client_account(0)) == 1);
    // Now it could pay: what was refused long ago must not act.
    CHECK(!w.submit(1, w.signed_by(1, w.payment(1, 0))));
    auto gift = w.payment(2, 0);
    std::get<ledger::transfer>(gift.entries[0].call) = {client_account(0), amount::ainu(50)};
    CHECK(!w.submit(1, w.signed_by(2, gift)));
    settled_height(w);
    CHECK(w.nodes[0].core->state().nonce(client_account(0)) == 1);
    w.check();
  }

  TEST_CASE("blocks may be small: a kilobyte holds one payment after another") {
    auto g = founded_genesis(4);
    g.founding->agreement.block_bytes_max = 1u << 10;
    node_world w{g, 4, 6};
    for (std::uint32_t i = 0; i < 30; ++i)
      w.pay(i % 10, i % 4);
    CHECK(settled_height(w) >= 5);
    for (const auto& b : w.nodes[0].blocks)
      CHECK(b.decided.block->encoded_batches.size() <= 1u << 10);
    for (std::uint32_t i = 0; i < 10; ++i)
      CHECK(w.nodes[1].core->state().nonce(client_account(i)) == 3);
    w.check();
  }

  TEST_CASE("evidence that nobody can pay to report makes no blocks") {
    auto g = founded_genesis(4);
    g.parameters.fee_per_weight = amount::ainu(1'000);
    node_world w{g, 4, 7};
    w.nodes[3].lied = true;
    const auto vote = [&](std::uint8_t value) {
      const statement s{statement_kind::prevote, 1, 0, no_round, hash256{{value}}};
      return message{
          vote_message{ledger::sign_statement(genesis_hash(g), s, node_account(3), node_key(3))}};
    };
    for (std::uint32_t i = 0; i < 3; ++i)
      for (const auto value : {std::uint8_t{1}, std::uint8_t{2}})
        w.tell(i, 3, vote(value));
    CHECK(settled_height(w) <= 2);
    CHECK(!w.nodes[0].core->state().has_equivocated(node_account(3), 1));
    w.check();
  }
}

} // namespace ainur::test
