// Who is to blame: from logs of what was signed.
#include <doctest/doctest.h>

#include "ainur/consensus/accountability.hpp"
#include "consensus/people.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::named;
using ainur::test::set_of;

namespace {

const hash256 v{{1}};
const hash256 w{{2}};
constexpr auto prevote = statement_kind::prevote;
constexpr auto precommit = statement_kind::precommit;

struct log_of_four {
  validator_set set = set_of({{named("a"), 1}, {named("b"), 1}, {named("c"), 1}, {named("d"), 1}});
  std::vector<signed_statement> log;

  void add(std::vector<validator_index> all, statement_kind kind, round_number r,
           const hash256& value, std::uint64_t height = 7) {
    for (const auto by : all)
      log.push_back({{kind, height, r, no_round, value}, set[by].id, {}});
  }

  std::vector<offence> found() const { return find_offences(set, 7, log); }
};

} // namespace

TEST_CASE("an honest course shows no offence") {
  log_of_four l;
  l.add({0, 1, 2, 3}, prevote, 0, v);
  l.add({0, 1}, precommit, 0, v);
  l.add({2, 3}, precommit, 0, {});
  l.add({0, 1, 2, 3}, prevote, 1, v); // proposed again
  l.add({0, 1, 2, 3}, precommit, 1, v);
  CHECK(l.found().empty());
}

TEST_CASE("two statements of one step are an equivocation, the same one twice is none") {
  log_of_four l;
  l.add({0}, prevote, 0, v);
  l.add({0}, prevote, 0, v);
  l.add({1}, prevote, 0, v);
  l.add({1}, prevote, 0, {});
  l.add({2}, prevote, 0, v);
  l.add({2}, prevote, 0, w, 8); // another height
  l.add({3}, prevote, 0, v);
  l.add({3}, precommit, 0, w); // another step
  const auto found = l.found();
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == offence_kind::equivocation);
  CHECK(found[0].who == l.set[1].id);
  CHECK(weight_of(l.set, found) == 1);
}

TEST_CASE("a vote for another value after a precommit is amnesia") {
  log_of_four l;
  l.add({0, 1, 2}, prevote, 0, v);
  l.add({0, 1, 2}, precommit, 0, v); // decided by somebody
  l.add({0, 1, 3}, prevote, 1, w);   // 3 was elsewhere, 0 and 1 forgot
  l.add({0, 1, 3}, precommit, 1, w);
  const auto found = l.found();
  REQUIRE(found.size() == 2);
  for (const auto& o : found) {
    CHECK(o.kind == offence_kind::amnesia);
    CHECK(o.first.statement.value == v);
    CHECK(o.second.statement.value == w);
  }
  CHECK(found[0].who == l.set[0].id);
  CHECK(found[1].who == l.set[1].id);
  CHECK(3 * weight_of(l.set, found) > l.set.total_weight());
}

TEST_CASE("a newer quorum of prevotes allows to change the mind") {
  log_of_four l;
  l.add({0, 1, 2}, prevote, 0, v);
  l.add({0}, precommit, 0, v);     // locks alone
  l.add({1, 2, 3}, prevote, 1, w); // a polka for w in round 1
  l.add({0}, prevote, 2, w);       // line 28 with valid round 1
  l.add({1, 2, 3}, prevote, 2, w);
  l.add({0, 1, 2, 3}, precommit, 2, w);
  CHECK(l.found().empty());
}

TEST_CASE("a precommit follows a quorum of prevotes of its own round") {
  log_of_four l;
  l.add({0, 1, 2}, prevote, 0, v);
  l.add({0}, precommit, 0, v);
  l.add({1, 2, 3}, prevote, 1, w);
  l.add({0}, precommit, 1, w); // line 36: a polka unlocks in its own round
  CHECK(l.found().empty());
}
