#include "ainur/consensus/position.hpp"

#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/checker.hpp"

namespace ainur::consensus {

namespace {

/// The stored form.
struct position_record {
  std::uint64_t height = 0;
  timestamp time{};
  hash256 block;
  certificate commit;
  consensus::execution execution;
  std::vector<validator> last_validators;
  std::vector<validator> validators;
  std::vector<validator> next_validators;
  std::vector<std::int64_t> priorities;
  validator_index proposer = 0;
  AINUR_FIELDS(position_record, height, time, block, commit, execution, last_validators, validators,
               next_validators, priorities, proposer)
};

std::vector<validator> members_of(const validator_set& set) {
  return {set.begin(), set.end()};
}

auto bad(std::string_view what) {
  return fail(errc::bad_block, std::string{what});
}

} // namespace

position at_genesis(const hash256& genesis, timestamp time, validator_set validators) {
  position p;
  p.time = time;
  p.execution.block_hash = genesis;
  p.turn = rotation{validators};
  p.next_validators = validators;
  p.validators = std::move(validators);
  return p;
}

position after(const position& before, const block& b, certificate commit, execution done,
               std::optional<validator_set> elected) {
  position p;
  p.height = b.header.height;
  p.time = b.header.time;
  p.block = commit.block;
  p.commit = std::move(commit);
  p.execution = std::move(done);
  p.last_validators = before.validators;
  p.validators = before.next_validators;
  p.next_validators = elected ? std::move(*elected) : before.next_validators;
  p.turn = before.turn;
  if (p.validators != before.validators)
    p.turn.change(before.validators, p.validators);
  p.turn.advance(1);
  return p;
}

header next_header(const position& p) {
  header h;
  h.height = p.height + 1;
  h.previous = p.block;
  h.before = p.execution;
  h.validators = p.validators.hash();
  h.next_validators = p.next_validators.hash();
  h.turn = p.turn.hash();
  return h;
}

result<void> expect_follows(const position& p, const block& b, signature_checker& checker) {
  const auto expected = next_header(p);
  const auto& h = b.header;
  if (h.height != expected.height)
    return bad("its height does not follow");
  if (h.previous != expected.previous)
    return bad("it follows another block");
  if (auto differs = difference(expected.before, h.before))
    return bad(*differs);
  if (h.validators != expected.validators || h.next_validators != expected.next_validators)
    return bad("it names other validators");
  if (h.turn != expected.turn)
    return bad("it names another rotation");
  if (h.time <= p.time)
    return bad("its time is not after that of the block before");
  if (!p.validators.find(h.proposer))
    return bad("its author is no validator");
  if (p.height == 0)
    return b.last_commit == certificate{} ? result<void>{} : bad("a certificate of genesis");
  if (b.last_commit.height != p.height || b.last_commit.block != p.block)
    return bad("its certificate is not that of the block before");
  return checker.check(p.last_validators, b.last_commit);
}

std::optional<std::string> difference(const execution& mine, const execution& theirs) {
  if (mine == theirs)
    return std::nullopt;
  for (std::size_t i = 0; i < std::max(mine.tables.size(), theirs.tables.size()); ++i) {
    const bool both = i < mine.tables.size() && i < theirs.tables.size();
    if (both && mine.tables[i] == theirs.tables[i])
      continue;
    const auto number = both ? std::min(mine.tables[i].table, theirs.tables[i].table)
                        : i < mine.tables.size() ? mine.tables[i].table
                                                 : theirs.tables[i].table;
    return "other writes to table " + std::to_string(number);
  }
  if (mine.block_hash != theirs.block_hash)
    return "another block hash";
  return mine.state_hash != theirs.state_hash ? "another state hash" : "other receipts";
}

bytes encode_position(const position& p) {
  return codec::encode(position_record{p.height, p.time, p.block, p.commit, p.execution,
                                       members_of(p.last_validators), members_of(p.validators),
                                       members_of(p.next_validators), p.turn.priorities(),
                                       p.turn.proposer()});
}

result<position> decode_position(bytes_view data) {
  auto r = codec::decode<position_record>(data);
  if (!r)
    return fail(r.error());
  validator_set last;
  if (!r->last_validators.empty() || r->height != 0) {
    auto made = validator_set::make(std::move(r->last_validators));
    if (!made)
      return fail(made.error());
    last = std::move(*made);
  }
  auto validators = validator_set::make(std::move(r->validators));
  if (!validators)
    return fail(validators.error());
  auto next = validator_set::make(std::move(r->next_validators));
  if (!next)
    return fail(next.error());
  auto turn = rotation::make(*validators, std::move(r->priorities), r->proposer);
  if (!turn)
    return fail(turn.error());
  return position{r->height,
                  r->time,
                  r->block,
                  std::move(r->commit),
                  std::move(r->execution),
                  std::move(last),
                  std::move(*validators),
                  std::move(*next),
                  std::move(*turn)};
}

} // namespace ainur::consensus
