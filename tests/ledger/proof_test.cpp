// Proofs show what is there and what is not, and nothing else.
#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/proof.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

traffic after_blocks(int count) {
  traffic l;
  for (int i = 0; i < count; ++i)
    (void)l.block();
  return l;
}

} // namespace

TEST_CASE("every account is proven, and every absence") {
  auto l = after_blocks(40);
  int present = 0, absent = 0, empty = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto id = crypto::hosted_account(self_keyed(1).id, i);
    const auto p = l.s->prove_account(id);
    REQUIRE(p);
    CHECK(p->at == checkpoint{l.s->chain(), l.s->height(), l.s->block_hash(), l.s->time(),
                              l.s->state_hash()});
    const auto again = check_proof(encode_proof(*p), {.chain = l.s->chain(), .authority = {}});
    REQUIRE_MESSAGE(again, (again ? "" : again.error().to_string()));
    CHECK(*again == *p);
    const auto shown = account_of(*again);
    REQUIRE(shown);
    CHECK(*shown == l.s->account(id));
    CHECK(proof_from_json(proof_to_json(*p)) == *p);
    (p->record ? present : p->other ? absent : empty) += 1;
  }
  CHECK(present > 20);
  CHECK(absent > 20);
  CHECK(empty > 0);
}

TEST_CASE("any table can be proven; a key that cannot be is refused") {
  auto l = after_blocks(10);
  const auto meta = l.s->prove(0, {});
  REQUIRE(meta);
  CHECK(check_proof(*meta));
  const auto task = l.s->prove(3, crypto::task_id_of(self_keyed(1).id, 0).view());
  REQUIRE(task);
  CHECK(check_proof(*task));
  CHECK(account_of(*task).error().is(errc::bad_proof));
  CHECK(l.s->prove(3, self_keyed(1).id.view()).error().is(errc::invalid_value));
  CHECK(l.s->prove(200, self_keyed(1).id.view()).error().is(errc::invalid_value));
  CHECK(l.s->prove(0, self_keyed(1).id.view()).error().is(errc::invalid_value));
}

TEST_CASE("a proof that is changed anywhere shows nothing, or is not signed") {
  auto l = after_blocks(40);
  const proof_demands demands{.chain = l.s->chain(), .authority = self_keyed(5).id};
  for (const auto index : {std::uint64_t{1}, std::uint64_t{100}}) {
    auto p = *l.s->prove_account(crypto::hosted_account(self_keyed(1).id, index));
    CHECK(check_proof(p, demands).error().is(errc::bad_signature));
    sign_proof(p, seed_of(6));
    CHECK(check_proof(p, demands).error().is(errc::bad_signature));
    sign_proof(p, seed_of(5));
    CHECK(check_proof(p, demands));
    CHECK(
        check_proof(p, {.chain = digest("another"), .authority = {}}).error().is(errc::bad_proof));
    const proof_demands known{.chain = {}, .authority = {}, .state_hash = l.s->state_hash()};
    CHECK(check_proof(p, known));
    CHECK(known.ties_to_chain());
    CHECK_FALSE(proof_demands{}.ties_to_chain());
    auto other = known;
    other.state_hash = digest("another");
    CHECK(check_proof(p, other).error().is(errc::bad_proof));
    const auto form = encode_proof(p);
    for (std::size_t i = 0; i < form.size(); ++i)
      for (const auto bit : {0x01, 0x10, 0x80}) {
        auto changed = form;
        changed[i] ^= static_cast<std::uint8_t>(bit);
        CHECK_FALSE(check_proof(changed, demands));
      }
    CHECK(form.size() < 2'048);
  }
}

TEST_CASE("a record cannot be hidden, nor another put in its place") {
  auto l = after_blocks(40);
  const auto there = *l.s->prove_account(self_keyed(1).id);
  auto hidden = there;
  hidden.record.reset();
  CHECK(check_proof(hidden).error().is(errc::bad_proof));
  hidden.other = state_proof::leaf{digest("path"), digest("value")};
  CHECK(check_proof(hidden).error().is(errc::bad_proof));
  auto richer = there;
  richer.record = l.s->prove_account(self_keyed(2).id)->record;
  CHECK(check_proof(richer).error().is(errc::bad_proof));
  auto longer = there;
  longer.depth = 256;
  CHECK(check_proof(longer).error().is(errc::bad_proof));
  auto later = there;
  later.version = 2;
  CHECK(check_proof(later).error().is(base_errc::unsupported));
}

TEST_CASE("text that is no proof is refused with the member's name") {
  auto l = after_blocks(3);
  const auto text = proof_to_json(*l.s->prove_account(self_keyed(1).id));
  CHECK(proof_from_json("").error().is(base_errc::malformed));
  CHECK(proof_from_json("[]").error().is(base_errc::malformed));
  for (const auto* name : {"chain", "height", "table", "record", "siblings", "signature"}) {
    auto spoilt = text;
    spoilt.replace(spoilt.find(std::string{"\""} + name), 2, "\"x");
    const auto e = proof_from_json(spoilt).error();
    CHECK(e.is(base_errc::malformed));
    CHECK(e.detail().find(name) != std::string::npos);
  }
  auto wide = text;
  wide.replace(wide.find("\"table\": 1"), 10, "\"table\": 257");
  CHECK(proof_from_json(wide).error().detail().find("table") != std::string::npos);
}
