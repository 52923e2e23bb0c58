#include "ainur/consensus/misdeeds.hpp"

#include <algorithm>

namespace ainur::consensus {

namespace {

constexpr std::size_t repeats_kept = 32;
constexpr std::uint64_t half = 500'000;

signed_statement* statement_of(message& m) {
  if (auto* p = std::get_if<proposal_message>(&m))
    return &p->proposal;
  if (auto* v = std::get_if<vote_message>(&m))
    return &v->vote;
  return nullptr;
}

} // namespace

std::string_view to_string(behaviour b) noexcept {
  constexpr std::array<std::string_view, behaviours_count> names{
      "silent",         "equivocating_proposer", "equivocating_voter", "amnesia", "stale_view",
      "bad_signatures", "withheld_proposal",     "flooding",           "twin"};
  return names[static_cast<std::size_t>(b)];
}

std::vector<parcel> misdeeds::two_faces(std::uint64_t height, const message& one,
                                        const message& other, const receivers& to) const {
  const auto first = std::make_shared<const message>(one);
  const auto second = std::make_shared<const message>(other);
  parcels out;
  for (const auto r : to) {
    auto draw = halves_.split("height", height).split("receiver", r);
    out.push_back({r, draw.below(2) == 0 ? first : second, {}});
  }
  return out;
}

/// The same round, another block.
std::optional<message> misdeeds::other_proposal(const liar& by, const message& what) {
  const auto* p = std::get_if<proposal_message>(&what);
  if (p == nullptr || !p->block || p->proposal.signer != by.id)
    return std::nullopt;
  auto h = p->block->header;
  h.time += duration{1};
  h.proposer = by.id;
  proposal_message other{{}, seal(h, p->block->batches, p->block->last_commit), {}};
  auto s = p->proposal.statement;
  s.valid_round = no_round;
  s.value = id_of(other.block->header);
  other.proposal = ledger::sign_statement(chain_, s, by.id, by.key());
  return other;
}

/// Each half hears a vote for what was proposed to it; where all were proposed the same, the other
/// half hears nil.
std::optional<std::pair<message, message>> misdeeds::two_votes(const liar& by,
                                                               const message& what) {
  const auto* v = std::get_if<vote_message>(&what);
  if (v == nullptr || v->vote.signer != by.id)
    return std::nullopt;
  auto s = v->vote.statement;
  const auto known = proposed_.find({s.height, s.round});
  const auto values = known == proposed_.end() ? std::array{s.value, hash256{}} : known->second;
  if (values[0] == values[1])
    return std::nullopt;
  const auto say = [&](const hash256& value) {
    s.value = value;
    return vote_message{ledger::sign_statement(chain_, s, by.id, by.key())};
  };
  return std::pair{message{say(values[0])}, message{say(values[1])}};
}

std::optional<message> misdeeds::badly_signed(const message& what, const liar& by) {
  auto m = what;
  auto* s = statement_of(m);
  if (s == nullptr || s->signer != by.id || !random_.chance_ppm(half))
    return std::nullopt;
  if (random_.chance_ppm(half))
    s->signature[random_.below(s->signature.size())] ^= 1;
  else
    s->signer.value[1] ^= static_cast<std::uint8_t>(1 + random_.below(3));
  return m;
}

/// Votes of far rounds and heights, wrong positions, requests for everything. Once with each vote
/// of its own: two that flood and answer each other's junk would not come to an end.
void misdeeds::flood(const liar& by, const message& what, const receivers& to, parcels& out) {
  const auto* v = std::get_if<vote_message>(&what);
  if (v == nullptr || v->vote.signer != by.id)
    return;
  const auto& own = v->vote.statement;
  const auto step = std::tuple{own.height, own.round, own.kind};
  const auto [last, first] = flooded_.try_emplace(by.id, step);
  if (!first && step <= last->second)
    return;
  last->second = step;
  for (int i = 0; i < 8; ++i) {
    message junk;
    auto s = v->vote.statement;
    switch (random_.below(4)) {
    case 0:
      s.round = static_cast<round_number>(random_.below(1'000));
      junk = vote_message{ledger::sign_statement(chain_, s, by.id, by.key())};
      break;
    case 1:
      s.height += random_.below(1'000);
      junk = vote_message{ledger::sign_statement(chain_, s, by.id, by.key())};
      break;
    case 2:
      junk = status_message{random_.below(2 * s.height), 0, no_round, 1, random_.below(2) == 0};
      break;
    default:
      junk = blocks_request{random_.below(2 * s.height + 1),
                            static_cast<std::uint32_t>(random_.below(20))};
    }
    out.push_back(
        {to[random_.below(to.size())], std::make_shared<const message>(std::move(junk)), {}});
  }
}

std::vector<parcel> misdeeds::distort(const liar& by, const message& what, const receivers& to,
                                      std::array<std::uint64_t, behaviours_count>& acts) {
  const auto act = [&acts](behaviour b) { ++acts[static_cast<std::size_t>(b)]; };
  if (by.does(behaviour::twin))
    act(behaviour::twin); // each of the two speaks for both
  if (by.does(behaviour::silent)) {
    act(behaviour::silent);
    return {};
  }
  const auto shared = std::make_shared<const message>(what);
  parcels out;
  for (const auto r : to)
    out.push_back({r, shared, {}});
  if (by.does(behaviour::equivocating_proposer))
    if (const auto other = other_proposal(by, what)) {
      act(behaviour::equivocating_proposer);
      const auto& one = std::get<proposal_message>(what).proposal.statement;
      out = two_faces(one.height, what, *other, to);
      proposed_[{one.height, one.round}] = {
          one.value, std::get<proposal_message>(*other).proposal.statement.value};
    }
  if (by.does(behaviour::equivocating_voter))
    if (const auto votes = two_votes(by, what)) {
      act(behaviour::equivocating_voter);
      out = two_faces(std::get<vote_message>(what).vote.statement.height, votes->first,
                      votes->second, to);
    }
  if (by.does(behaviour::withheld_proposal) && std::holds_alternative<proposal_message>(what)) {
    act(behaviour::withheld_proposal);
    random_.shuffle(std::span{out});
    out.resize(random_.below(out.size() / 2 + 1));
  }
  if (by.does(behaviour::bad_signatures))
    if (const auto bad = badly_signed(what, by)) {
      act(behaviour::bad_signatures);
      const auto instead = std::make_shared<const message>(*bad);
      for (auto& p : out)
        p.what = instead;
    }
  if (by.does(behaviour::stale_view)) {
    act(behaviour::stale_view);
    for (auto& p : out)
      p.hold = duration{static_cast<std::int64_t>(random_.below(2'000'000))};
    auto& said = said_[by.id];
    if (!said.empty() && !to.empty())
      out.push_back({to[random_.below(to.size())], said[random_.below(said.size())], {}});
    if (said.size() < repeats_kept)
      said.push_back(shared);
    else
      said[random_.below(said.size())] = shared;
  }
  if (by.does(behaviour::flooding) && !to.empty()) {
    act(behaviour::flooding);
    flood(by, what, to, out);
  }
  return out;
}

} // namespace ainur::consensus
