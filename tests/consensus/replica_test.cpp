// One replica among three that the test plays: what it believes, signs, keeps and asks for.
#include <algorithm>

#include <doctest/doctest.h>

#include "ainur/consensus/replica.hpp"
#include "consensus/people.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::keyed_set;
using ainur::test::secret_of;

namespace {

const hash256 chain{{9, 9, 9}};
constexpr auto proposal = statement_kind::proposal;
constexpr auto prevote = statement_kind::prevote;
constexpr auto precommit = statement_kind::precommit;

/// Four validators of equal weight; the replica is the last. The first proposes in round 0 of
/// height 1.
struct table {
  validator_set set = keyed_set({1, 1, 1, 1});
  std::shared_ptr<signature_checker> checker = std::make_shared<signature_checker>(chain);
  position at = at_genesis(chain, timestamp_at(1'000'000'000), set);
  std::vector<persist> disk;
  replica core = fresh();
  effects last;

  replica fresh() const { return {set[3].id, secret_of(3), {}, checker}; }

  moment now(std::int64_t ms = 0) const {
    return {instant_at(ms * 1'000), timestamp_at(1'000'000'000 + 1'000'000 + ms * 1'000)};
  }

  /// Carries out what can be carried out here: persists.
  void keep(effects out) {
    last = std::move(out);
    for (const auto& e : last)
      if (const auto* p = std::get_if<persist>(&e))
        disk.push_back(*p);
  }

  void start() {
    std::vector<bytes> records;
    for (const auto& p : disk)
      records.push_back(p.record);
    keep(core.start(at, records, now()).value());
  }

  signed_statement sign(validator_index by, const statement& s) const {
    return ledger::sign_statement(chain, s, set[by].id, secret_of(by));
  }

  signed_statement vote(validator_index by, statement_kind kind, const hash256& value,
                        round_number r = 0, std::uint64_t height = 1) const {
    return sign(by, {kind, height, r, no_round, value});
  }

  block_ptr make(validator_index by, std::int64_t ms = 0) const {
    auto h = next_header(at);
    h.time = now(ms).utc;
    h.proposer = set[by].id;
    return seal(h, {}, at.commit);
  }

  proposal_message propose(validator_index by, const block_ptr& b, round_number r = 0) const {
    return {sign(by, {proposal, b->header.height, r, no_round, id_of(b->header)}), b, {}};
  }

  void hear(validator_index from, const message& what, std::int64_t ms = 0) {
    keep(core.receive(set[from].id, what, now(ms)));
  }

  template <class T>
  const T* effect_of() const {
    for (const auto& e : last)
      if (const auto* x = std::get_if<T>(&e))
        return x;
    return nullptr;
  }

  /// The statements that were broadcast last.
  std::vector<statement> said() const {
    std::vector<statement> out;
    for (const auto& e : last)
      if (const auto* b = std::get_if<broadcast>(&e)) {
        if (const auto* v = std::get_if<vote_message>(&b->what))
          out.push_back(v->vote.statement);
        if (const auto* p = std::get_if<proposal_message>(&b->what))
          out.push_back(p->proposal.statement);
      }
    return out;
  }

  /// The first proposes `b` and the replica finds it good: it prevotes.
  void accept(const block_ptr& b) {
    hear(0, propose(0, b));
    keep(core.checked(id_of(b->header), true, now()));
  }

  void decide(const block_ptr& b) {
    const auto id = id_of(b->header);
    accept(b);
    for (const validator_index by : {0u, 1u})
      hear(by, vote_message{vote(by, prevote, id)});
    for (const validator_index by : {0u, 1u})
      hear(by, vote_message{vote(by, precommit, id)});
  }

  execution executed() const { return {hash256{{5}}, {{1, hash256{{6}}}}, {}}; }
};

} // namespace

TEST_CASE("a replica follows a height from proposal to commit") {
  table t;
  t.start();
  const auto b = t.make(0);
  const auto id = id_of(b->header);
  t.hear(0, t.propose(0, b));
  REQUIRE(t.effect_of<check_block>() != nullptr);
  CHECK(t.said().empty()); // not before the block is checked
  t.keep(t.core.checked(id, true, t.now()));
  CHECK(t.said() == std::vector<statement>{{prevote, 1, 0, no_round, id}});
  t.hear(0, vote_message{t.vote(0, prevote, id)});
  t.hear(1, vote_message{t.vote(1, prevote, id)});
  CHECK(t.said() == std::vector<statement>{{precommit, 1, 0, no_round, id}});
  t.hear(0, vote_message{t.vote(0, precommit, id)});
  t.hear(1, vote_message{t.vote(1, precommit, id)});
  const auto* done = t.effect_of<commit>();
  REQUIRE(done != nullptr);
  CHECK(done->decided.block == b);
  CHECK(t.checker->check(t.set, done->decided.commit).has_value());
  t.keep(t.core.executed(after(t.at, *b, done->decided.commit, t.executed()), t.now()));
  CHECK(t.core.at().height == 1);
}

TEST_CASE("every persist stands before what it is for") {
  table t;
  t.start();
  const auto b = t.make(0);
  t.accept(b);
  for (const auto& all : {t.last}) {
    bool persisted = false;
    for (const auto& e : all) {
      persisted = persisted || std::holds_alternative<persist>(e);
      CHECK((!std::holds_alternative<broadcast>(e) || persisted));
    }
  }
}

TEST_CASE("a block that is not good, or not timely, is prevoted nil") {
  const auto nil_of = [](std::int64_t block_ms, bool good) {
    table t;
    t.start();
    const auto b = t.make(0, block_ms);
    t.hear(0, t.propose(0, b));
    t.keep(t.core.checked(id_of(b->header), good, t.now()));
    const auto said = t.said();
    REQUIRE(said.size() == 1);
    return said[0].is_nil();
  };
  CHECK_FALSE(nil_of(0, true));
  CHECK(nil_of(0, false));
  CHECK_FALSE(nil_of(499, true)); // within the precision
  CHECK(nil_of(501, true));       // from the future
  // So old that it cannot have been on its way so long (it is also not after genesis' time then).
  replica_options o;
  table t;
  t.start();
  const auto b = t.make(0, 0);
  const auto late = micros(o.message_delay + o.precision) / 1'000 + 1;
  t.hear(0, t.propose(0, b), late);
  t.keep(t.core.checked(id_of(b->header), true, t.now(late)));
  REQUIRE(t.said().size() == 1);
  CHECK(t.said()[0].is_nil());
}

TEST_CASE("headers that do not follow are prevoted nil without asking") {
  table t;
  t.start();
  auto h = t.make(0)->header;
  const auto wrong = [&](auto change) {
    auto x = h;
    change(x);
    table fresh;
    fresh.start();
    const auto b = seal(x, {}, {});
    fresh.hear(0, fresh.propose(0, b));
    return fresh.effect_of<check_block>() == nullptr && fresh.said().size() == 1 &&
           fresh.said()[0].is_nil();
  };
  CHECK_FALSE(wrong([](header&) {}));
  CHECK(wrong([](header& x) { x.previous = hash256{{1}}; }));
  CHECK(wrong([](header& x) { x.before.block_hash = {}; }));
  CHECK(wrong([](header& x) { x.validators = {}; }));
  CHECK(wrong([](header& x) { x.next_validators = {}; }));
  CHECK(wrong([](header& x) { x.turn = {}; }));
  CHECK(wrong([](header& x) { x.proposer = {}; }));
  CHECK(wrong([](header& x) { x.time = timestamp_at(1'000'000'000); }));
}

TEST_CASE("bad messages are dropped and counted, and change nothing") {
  table t;
  t.start();
  const auto b = t.make(0);
  const auto id = id_of(b->header);
  const auto refused = [&](const message& m) {
    const auto before = t.core.counts().refused;
    t.hear(0, m);
    return t.core.counts().refused == before + 1 && t.said().empty();
  };
  auto bad = t.vote(1, prevote, id);
  bad.signature[3] ^= 1;
  CHECK(refused(vote_message{bad}));
  auto stranger = t.vote(1, prevote, id);
  stranger.signer = account_id{{77}};
  CHECK(refused(vote_message{stranger}));
  CHECK(refused(vote_message{t.sign(1, {prevote, 1, -2, no_round, id})}));
  CHECK(refused(vote_message{t.sign(1, {prevote, 1, 3, 2, id})}));
  CHECK(refused(vote_message{t.sign(1, {proposal, 1, 0, no_round, id})}));
  CHECK(refused(t.propose(1, b)));    // not its turn
  CHECK(refused(t.propose(0, b, 1))); // nor then
  auto other = t.propose(0, b);
  other.block = t.make(1);
  CHECK(refused(other)); // another block than it says
  CHECK(refused(proposal_message{t.propose(0, b).proposal, nullptr, {}}));
  CHECK(refused(blocks_request{0, 1}));
  CHECK(refused(blocks_request{1, 1}));                                // there is none yet
  CHECK(refused(vote_message{t.vote(1, prevote, id, 0, 5)}) == false); // a later height: kept off
}

TEST_CASE("a second proposal by the proposer of a round is evidence") {
  table t;
  t.start();
  t.hear(0, t.propose(0, t.make(0)));
  t.hear(0, t.propose(0, t.make(0, 1)));
  const auto* found = t.effect_of<accuse>();
  REQUIRE(found != nullptr);
  CHECK(found->evidence.first.signer == t.set[0].id);
  CHECK(contradict(found->evidence.first.statement, found->evidence.second.statement));
  t.hear(0, t.propose(0, t.make(0, 2)));
  CHECK(t.effect_of<accuse>() == nullptr); // once a height
}

TEST_CASE("after a restart it says what it said, and stays locked") {
  table t;
  t.start();
  const auto b = t.make(0);
  const auto id = id_of(b->header);
  t.accept(b);
  t.hear(0, vote_message{t.vote(0, prevote, id)});
  t.hear(1, vote_message{t.vote(1, prevote, id)});
  REQUIRE(t.said() == std::vector<statement>{{precommit, 1, 0, no_round, id}});

  t.core = t.fresh();
  t.start();
  CHECK(t.core.round() == 0);
  // It hears another proposal first now, and would prevote it.
  const auto other = t.make(0, 1);
  t.hear(0, t.propose(0, other));
  t.keep(t.core.checked(id_of(other->header), true, t.now()));
  for (const auto& s : t.said())
    CHECK(s.value == id);
  // All go on to round 1, where it is its turn only in round 3: it still prevotes its lock alone.
  for (const validator_index by : {0u, 1u, 2u})
    t.hear(by, vote_message{t.vote(by, precommit, {})});
  t.keep(t.core.timer(t.now(10'000)));
  CHECK(t.core.round() >= 1);
  const auto third = t.make(1, 10'000);
  t.hear(1, t.propose(1, third, 1), 10'000);
  t.keep(t.core.checked(id_of(third->header), true, t.now(10'000)));
  for (const auto& s : t.said())
    if (s.kind == prevote && s.round == 1)
      CHECK(s.is_nil());
}

TEST_CASE("records of others, or two of one step, are refused at the start") {
  table t;
  t.start();
  t.accept(t.make(0));
  REQUIRE(!t.disk.empty());
  auto twice = t.disk;
  twice.push_back(t.disk.front());
  std::vector<bytes> records;
  for (const auto& p : twice)
    records.push_back(p.record);
  auto core = t.fresh();
  const auto started = core.start(t.at, records, t.now());
  CHECK((!started && started.error().is(consensus::errc::bad_record)));
  replica stranger{t.set[2].id, secret_of(2), {}, t.checker};
  records.pop_back();
  const auto other = stranger.start(t.at, records, t.now());
  CHECK((!other && other.error().is(consensus::errc::bad_record)));
  auto broken = t.fresh();
  records[0].pop_back();
  CHECK_FALSE(broken.start(t.at, records, t.now()));
}

TEST_CASE("who differs from a quorum stops, and says where") {
  table t;
  t.start();
  const auto b = t.make(0);
  t.decide(b);
  const auto done = *t.effect_of<commit>();
  // This replica's execution gives other writes to table 4 than everybody else's.
  auto mine = t.executed();
  mine.tables = {{1, hash256{{6}}}, {4, hash256{{7}}}};
  auto theirs = mine;
  theirs.tables[1].hash = hash256{{8}};
  const auto wrong = after(t.at, *b, done.decided.commit, mine);
  const auto right = after(t.at, *b, done.decided.commit, theirs);
  t.keep(t.core.executed(wrong, t.now()));
  t.at = right;
  const auto proposer = t.at.turn.proposer();
  REQUIRE(proposer != 3);
  const auto next = t.make(proposer, 1);
  const auto id = id_of(next->header);
  t.hear(proposer, t.propose(proposer, next), 1);
  CHECK_FALSE(t.core.halted());
  for (const validator_index by : {0u, 1u, 2u})
    t.hear(by, vote_message{t.vote(by, precommit, id, 0, 2)}, 1);
  const auto* stopped = t.effect_of<halt>();
  REQUIRE(stopped != nullptr);
  CHECK(stopped->height == 1);
  CHECK(stopped->why.find("table 4") != std::string::npos);
  CHECK(t.core.halted());
  t.hear(0, vote_message{t.vote(0, prevote, id, 0, 2)}, 1);
  CHECK(t.last.empty());
}

TEST_CASE("who lags asks, and takes certified blocks only") {
  table t;
  t.start();
  // Others decided block 1 without it.
  const auto b = t.make(0);
  const auto id = id_of(b->header);
  vote_list votes{0, id, {}};
  for (const validator_index by : {0u, 1u, 2u})
    votes.votes.push_back(t.vote(by, precommit, id));
  const auto commit_of_1 = make_certificate(t.set, 1, votes);

  t.hear(1, status_message{2, 0, no_round, 1, false});
  const auto* asked = t.effect_of<send_to>();
  REQUIRE(asked != nullptr);
  CHECK(asked->to == t.set[1].id);
  CHECK(std::get<blocks_request>(asked->what).first == 1);

  auto weak = commit_of_1;
  weak.signatures.pop_back();
  t.hear(1, blocks_message{{{b, weak}}});
  CHECK(t.effect_of<commit>() == nullptr);
  t.hear(1, blocks_message{{{b, commit_of_1}}});
  REQUIRE(t.effect_of<commit>() != nullptr);
  CHECK(t.core.counts().fetched == 1);
  t.keep(t.core.executed(after(t.at, *b, commit_of_1, t.executed()), t.now()));
  CHECK(t.core.at().height == 1);
  // And gives them to others.
  t.hear(2, blocks_request{1, 4});
  const auto* sent = t.effect_of<send_to>();
  REQUIRE(sent != nullptr);
  CHECK(std::get<blocks_message>(sent->what).blocks.size() == 1);
}

TEST_CASE("who asks is told what it may have missed, but not for answers, nor for every asking") {
  table t;
  t.start();
  t.accept(t.make(0));
  const auto told = [&](validator_index who, bool reply, std::int64_t ms) {
    t.hear(who, status_message{1, 0, no_round, 1, reply}, ms);
    return t.effect_of<send_to>() != nullptr;
  };
  CHECK(!told(1, true, 0));
  CHECK(told(1, false, 0));
  CHECK(!told(1, false, 1));
  CHECK(!told(1, false, 124)); // a quarter of what honest ones leave between
  CHECK(told(2, false, 124));
  CHECK(told(1, false, 125));
  CHECK(!told(1, false, 249));
}

TEST_CASE("who is too far behind for blocks goes on from a snapshot that is proven") {
  table t;
  t.start();
  t.hear(1, status_message{100, 0, no_round, 50, false});
  const auto* asked = t.effect_of<send_to>();
  REQUIRE(asked != nullptr);
  CHECK(asked->to == t.set[1].id);
  CHECK(std::get<snapshot_request>(asked->what).height == 0);

  // The others are at height 2, with a checkpoint at height 1.
  const auto certify = [&t](const block& b) {
    vote_list votes{0, id_of(b.header), {}};
    for (const validator_index by : {0u, 1u, 2u})
      votes.votes.push_back(t.vote(by, precommit, id_of(b.header), 0, b.header.height));
    return make_certificate(t.set, b.header.height, votes);
  };
  const auto one = t.make(0);
  auto done = t.executed();
  done.state_hash = hash256{{42}};
  const auto stood = after(t.at, *one, certify(*one), done);
  auto h = next_header(stood);
  h.time = t.now(1).utc;
  h.proposer = t.set[0].id;
  const auto two = seal(h, {}, stood.commit);
  const auto offer = make_offer(stood, one->header, *two, certify(*two));

  const auto refuses = [&](snapshot_offer false_one) {
    const auto before = t.core.counts().refused;
    t.hear(1, false_one, 2);
    return t.core.counts().refused == before + 1 && t.effect_of<restore>() == nullptr;
  };
  auto o = offer;
  o.commit.signatures.pop_back();
  CHECK(refuses(o));
  o = offer;
  o.block.time += duration{1};
  CHECK(refuses(o));
  o = offer;
  o.priorities[0] += 1;
  CHECK(refuses(o));
  o = offer;
  o.last_validators.pop_back();
  CHECK(refuses(o));
  o = offer;
  o.validators[0].weight += 1;
  CHECK(refuses(o));
  o = offer;
  o.last_commit.signatures.pop_back();
  CHECK(refuses(o));
  o = offer;
  o.after.before.state_hash.reset();
  CHECK(refuses(o));

  t.hear(1, offer, 2);
  REQUIRE(t.effect_of<restore>() != nullptr);
  const auto there = t.effect_of<restore>()->at;
  CHECK(there == stood);
  t.keep(t.core.not_restored(t.now(2))); // then others are asked
  REQUIRE(t.effect_of<wake>() != nullptr);
  auto again = t.now(600);
  t.keep(t.core.timer(again));
  CHECK(t.effect_of<broadcast>() != nullptr);
  t.keep(t.core.restored(there, t.now(3)));
  CHECK(t.core.at().height == 1);
  t.keep(t.core.restored(stood, t.now(3))); // not again
  CHECK(t.last.empty());
  t.hear(2, snapshot_request{0}, 3);
  CHECK(t.effect_of<offer_snapshot>() != nullptr);
}

TEST_CASE("precommits that come after the decision are in the next certificate") {
  table t;
  t.start();
  const auto b = t.make(0);
  const auto id = id_of(b->header);
  t.decide(b);
  const auto done = *t.effect_of<commit>();
  REQUIRE(done.decided.commit.signatures.size() == 3); // 0, 1 and its own
  t.hear(2, vote_message{t.vote(2, precommit, id)});
  auto next = after(t.at, *b, done.decided.commit, t.executed());
  while (next.turn.proposer() != 3)
    next.turn.advance(1); // its turn
  t.at = next;
  t.keep(t.core.executed(next, t.now(1)));
  t.keep(t.core.want_block(t.now(1)));
  REQUIRE(t.effect_of<make_block>() != nullptr);
  t.keep(t.core.batches(2, 0, {}, t.now(1)));
  const auto* sent = t.effect_of<broadcast>();
  REQUIRE(sent != nullptr);
  const auto& made = std::get<proposal_message>(sent->what).block;
  CHECK(made->last_commit.signatures.size() == 4);
  CHECK(expect_follows(t.at, *made, *t.checker).has_value());
}

TEST_CASE(
    "who told this replica another precommit than stands in the next certificate is accused") {
  table t;
  t.start();
  const auto b = t.make(0);
  const auto id = id_of(b->header);
  t.accept(b);
  for (const validator_index by : {0u, 1u})
    t.hear(by, vote_message{t.vote(by, prevote, id)});
  t.hear(2, vote_message{t.vote(2, precommit, {})}); // nil to this one
  for (const validator_index by : {0u, 1u})
    t.hear(by, vote_message{t.vote(by, precommit, id)});
  const auto done = *t.effect_of<commit>();
  t.at = after(t.at, *b, done.decided.commit, t.executed());
  t.keep(t.core.executed(t.at, t.now(1)));
  // The next proposer heard a precommit for the block from the same validator.
  auto theirs = t.at.commit;
  theirs.signatures.insert(theirs.signatures.begin() + 2, {2, t.vote(2, precommit, id).signature});
  const auto proposer = t.at.turn.proposer();
  auto h = next_header(t.at);
  h.time = t.now(1).utc;
  h.proposer = t.set[proposer].id;
  t.hear(proposer, t.propose(proposer, seal(h, {}, theirs)), 1);
  const auto* found = t.effect_of<accuse>();
  REQUIRE(found != nullptr);
  CHECK(found->evidence.first.signer == t.set[2].id);
  CHECK(t.checker->check(t.set[2], found->evidence.first));
  CHECK(t.checker->check(t.set[2], found->evidence.second));
}

TEST_CASE("messages survive the wire, and a block whose hashes do not fit does not") {
  table t;
  const auto b = t.make(0);
  const std::vector<message> all{t.propose(0, b),
                                 vote_message{t.vote(1, prevote, id_of(b->header))},
                                 status_message{3, 1, 0, 1, true},
                                 blocks_request{1, 16},
                                 snapshot_request{5},
                                 blocks_message{{{b, {}}}}};
  for (const auto& m : all) {
    const auto wire = encode_message(m);
    const auto back = decode_message(wire);
    REQUIRE(back.has_value());
    CHECK(encode_message(*back) == wire);
    auto longer = wire;
    longer.push_back(0);
    CHECK_FALSE(decode_message(longer));
    CHECK_FALSE(decode_message(bytes_view{wire}.first(wire.size() - 1)));
  }
  auto broken = *b;
  broken.header.batches = hash256{{1}};
  const auto wire = encode_message(
      proposal_message{t.vote(0, prevote, {}), std::make_shared<const block>(broken), {}});
  CHECK(decode_message(wire).error().is(consensus::errc::bad_block));
}

TEST_CASE("a position survives its stored form") {
  table t;
  CHECK(decode_position(encode_position(t.at)).value() == t.at);
  const auto b = t.make(0);
  const auto p = after(t.at, *b, {1, 0, id_of(b->header), {}}, t.executed(), keyed_set({1, 2, 3}));
  CHECK(decode_position(encode_position(p)).value() == p);
  auto broken = encode_position(p);
  broken.pop_back();
  CHECK_FALSE(decode_position(broken));
}

TEST_CASE("signatures are computed once") {
  table t;
  const auto v = t.vote(1, prevote, hash256{{1}});
  CHECK(t.checker->check(t.set[1], v));
  CHECK(t.checker->check(t.set[1], v));
  CHECK(t.checker->computed() == 1);
  auto bad = v;
  bad.signature[0] ^= 1;
  CHECK_FALSE(t.checker->check(t.set[1], bad));
  CHECK_FALSE(t.checker->check(t.set[2], v)); // another's key
  signature_checker small{chain, 2};
  for (round_number r = 0; r < 10; ++r)
    CHECK(small.check(t.set[0], t.vote(0, prevote, {}, r)));
  CHECK(small.computed() == 10);
}
