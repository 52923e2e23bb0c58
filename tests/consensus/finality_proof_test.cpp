// Proofs of finality from the stores of real nodes: what they show, and that nothing else passes.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/finality_prover.hpp"
#include "node_world.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::seconds;
using json = nlohmann::ordered_json;

template <class T>
T good(result<T> r) {
  REQUIRE_MESSAGE(r, (r ? "" : r.error().to_string()));
  return std::move(*r);
}

std::unique_ptr<store::view> view_of(const node_world& w, std::uint32_t node = 0) {
  return good(w.nodes[node].disk->open_view());
}

/// Runs until this node has the height; clients pay meanwhile, so often that no block is empty but
/// the last.
void grow(node_world& w, std::uint64_t height, std::uint32_t through = 4) {
  for (std::uint32_t i = 0; w.nodes[0].core->state().height() < height; ++i) {
    REQUIRE(i < 100 * height);
    w.pay(i % 10, i % through);
    w.run(duration{150'000});
  }
  w.run(seconds{5});
}

/// A block with a transaction that has no next block yet, for the first node.
void add_newest(node_world& w) {
  const auto height = w.nodes[0].core->state().height();
  w.pay(0, 0);
  REQUIRE(w.run(seconds{5}, [&] { return w.nodes[0].core->state().height() > height; }));
}

/// Four validators that stay, and some blocks.
node_world steady(std::uint64_t height = 6) {
  node_world w{founded_genesis(4), 4, 21};
  for (std::uint32_t i = 0; i < 10; ++i)
    w.pay(i, i % 4);
  grow(w, height);
  add_newest(w);
  return w;
}

finality_demands of_chain(const node_world& w) {
  return {.chain = genesis_hash(w.g)};
}

template <class T>
bool refused(const result<T>& r, consensus::errc code, std::string_view words = {}) {
  const bool as_named =
      !r && r.error().is(code) && r.error().to_string().find(words) != std::string::npos;
  if (!as_named)
    MESSAGE((r ? "it was believed" : r.error().to_string()));
  return as_named;
}

/// Calls `use` with the JSON after a change of each value in it, by its place.
void change_each(json& whole, json& part, const std::string& place,
                 const std::function<void(const std::string&)>& use) {
  if (part.is_structured()) {
    for (auto at = part.begin(); at != part.end(); ++at)
      change_each(whole, *at,
                  place + "." + (part.is_object() ? at.key() : std::to_string(at - part.begin())),
                  use);
    return;
  }
  const auto before = part;
  if (part.is_number())
    part = part.get<std::uint64_t>() + 1;
  else if (part.is_string()) {
    auto text = part.get<std::string>();
    if (text.empty())
      text = "00";
    else if (const auto digit = text.find_last_of("0123456789"); digit != std::string::npos)
      text[digit] = text[digit] == '7' ? '6' : '7';
    else
      text = text == "ok" ? "bad_nonce" : "ok";
    part = text;
  } else if (part.is_null())
    part = json::object();
  use(place);
  part = before;
}

template <class Proof, class Read, class Check>
void refuses_any_change(const Proof& p, const Read& read, const Check& check) {
  auto whole = json::parse(finality_to_json(p));
  std::size_t count = 0;
  change_each(whole, whole, "", [&](const std::string& place) {
    CAPTURE(place);
    const auto changed = read(whole.dump());
    CHECK_FALSE((changed && check(*changed)));
    ++count;
  });
  CHECK(count > 30);
}

} // namespace

TEST_CASE("every transaction of every block is proven, with its receipt") {
  const auto w = steady();
  const auto view = view_of(w);
  const auto& blocks = w.nodes[0].blocks;
  std::size_t proven = 0;
  for (const auto& b : blocks) {
    const auto& batches = b.decided.block->batches;
    const auto height = b.applied.height;
    for (std::size_t place = 0; place < batches.size(); ++place) {
      const auto p = good(prove_batch(*view, height, place));
      const auto shown = good(check_finality(p, of_chain(w), any_age));
      CHECK(shown.content == batches[place]);
      CHECK(shown.id == id_of(batches[place]));
      CHECK(shown.height == height);
      CHECK(shown.time == b.applied.time);
      CHECK(shown.block == id_of(b.decided.block->header));
      const bool last = height == blocks.back().applied.height;
      CHECK(shown.receipt.has_value() != last);
      if (shown.receipt)
        CHECK(*shown.receipt == b.applied.batches[place]);
      CHECK(p.block.bridge.empty());
      CHECK(p.block.sets.empty()); // those of genesis
      CHECK(good(decode_finality(encode_finality(p))) == p);
      CHECK(good(finality_from_json(finality_to_json(p))) == p);
      ++proven;
    }
    const auto block = good(prove_block(*view, height));
    CHECK(check_finality(block, of_chain(w), any_age));
  }
  CHECK(proven >= 10);
  const auto p = good(prove_batch(*view, 2, 0));
  MESSAGE("4 validators: " << encode_finality(p).size() << " bytes, " << p.block.genesis.size()
                           << " of them genesis; as JSON " << finality_to_json(p).size());
}

TEST_CASE("no field of a finality proof can be changed") {
  auto w = steady(3);
  const auto view = view_of(w);
  for (const std::uint64_t height : {std::uint64_t{2}, w.nodes[0].core->state().height()}) {
    const auto p = good(prove_batch(*view, height, 0));
    const auto check = [&](const finality_proof& x) {
      return check_finality(x, of_chain(w), any_age).has_value();
    };
    REQUIRE(check(p));
    refuses_any_change(p, finality_from_json, check);
    const auto form = encode_finality(p);
    for (std::size_t i = 0; i < form.size(); i += 5) {
      auto changed = form;
      changed[i] ^= static_cast<std::uint8_t>(1u << i % 8);
      const auto x = decode_finality(changed);
      CHECK_FALSE((x && check(*x)));
    }
  }
}

TEST_CASE("a proof is believed by who knows the chain, and by nobody else") {
  const auto w = steady(3);
  const auto p = good(prove_batch(*view_of(w), 2, 0));
  const auto check = [](const finality_proof& x, const finality_demands& d) {
    return check_finality(x, d, any_age);
  };
  CHECK(refused(check(p, {}), consensus::errc::not_trusted, "give the genesis hash"));
  CHECK(refused(check(p, {.chain = hash256{{1}}}), consensus::errc::not_trusted, "another chain"));
  CHECK(check(p, {.genesis = w.g}));
  CHECK(check(p, {.chain = genesis_hash(w.g), .genesis = w.g}));
  CHECK(refused(check(p, {.chain = hash256{{1}}, .genesis = w.g}), consensus::errc::not_trusted));
  CHECK(refused(check(p, {.trusted = hash256{{1}}}), consensus::errc::not_trusted,
                "begins at genesis"));
  auto bare = p;
  bare.block.genesis.clear();
  CHECK(refused(check(bare, of_chain(w)), consensus::errc::not_trusted, "not in the proof"));
  CHECK(check(bare, {.genesis = w.g}));
  // A chain of others, and one that calls itself this one.
  auto g = founded_genesis(4);
  g.treasury = amount::ainu(1);
  node_world other{g, 4, 21};
  other.pay(0, 0);
  grow(other, 2);
  auto foreign = good(prove_batch(*view_of(other), 1, 0));
  CHECK(check(foreign, of_chain(other)));
  CHECK(refused(check(foreign, of_chain(w)), consensus::errc::not_trusted, "another chain"));
  foreign.block.chain = p.block.chain;
  foreign.block.genesis = p.block.genesis;
  CHECK(refused(check(foreign, of_chain(w)), consensus::errc::bad_certificate));
  auto later = p;
  later.version = 2;
  CHECK(check(later, of_chain(w)).error().is(base_errc::unsupported));
}

TEST_CASE("what a proof leaves out or puts in is missed") {
  const auto w = steady(4);
  const auto p = good(prove_batch(*view_of(w), 2, 0));
  const auto check = [&](const finality_proof& x) {
    return check_finality(x, of_chain(w), any_age);
  };
  auto x = p;
  x.outcome.reset();
  CHECK(refused(check(x), consensus::errc::bad_proof, "not the receipt"));
  x = p;
  x.block.next.reset();
  CHECK_FALSE(check(x));
  x = p;
  x.block.sets.push_back({{node_account(0), {}, 1}});
  CHECK(refused(check(x), consensus::errc::bad_proof, "sets of validators"));
  x = p;
  x.block.commit.signatures.resize(2);
  CHECK(refused(check(x), consensus::errc::bad_certificate, "no quorum"));
  x = p;
  x.block.bridge.push_back({*p.block.next, p.block.commit}); // itself
  CHECK(refused(check(x), consensus::errc::bad_block, "not after"));
  x = p;
  x.block.bridge.resize(bridge_max + 1);
  CHECK(refused(check(x), consensus::errc::bad_proof, "on the way"));
  // The header of another block before a next one that is right.
  x = p;
  const auto third = good(prove_batch(*view_of(w), 3, 0));
  x.block.next = third.block.next;
  x.block.commit = third.block.commit;
  CHECK(refused(check(x), consensus::errc::bad_proof, "follows another block"));
  // A receipt of another block.
  x = p;
  x.outcome = third.outcome;
  CHECK(refused(check(x), consensus::errc::bad_proof, "receipt"));
}

TEST_CASE("places, heights and beginnings that are not there are named") {
  const auto w = steady(3);
  const auto view = view_of(w);
  const auto last = w.nodes[0].core->state().height();
  const auto missing = [](const auto& r, std::string_view words) {
    return !r && r.error().is(base_errc::not_found) &&
           r.error().detail().find(words) != std::string::npos;
  };
  CHECK(missing(prove_batch(*view, last + 1, 0), "those of 1 to " + std::to_string(last)));
  CHECK(missing(prove_batch(*view, 0, 0), "no block of height 0"));
  CHECK(missing(prove_batch(*view, 1, 1'000), "none at 1000"));
  CHECK(missing(prove_batch(*view, 1, 0, last + 7), "to begin with"));
  CHECK(refused(prove_batch(*view, 1, 0, 2), consensus::errc::not_trusted, "begins before"));
  CHECK(missing(prove_account(*view, client_account(1)), "every 10 blocks"));
  store::memory_store empty;
  CHECK(missing(prove_batch(*good(empty.open_view()), 1, 0), "no ledger"));
  auto g = founded_genesis(4);
  g.version = 1;
  g.founding.reset();
  g.authority = client_account(1);
  store::memory_store authority;
  REQUIRE(ledger::prepare_log(authority, g));
  CHECK(missing(prove_batch(*good(authority.open_view()), 1, 0), "no validators"));
  store::memory_store fresh;
  REQUIRE(prepare_node(fresh, w.g));
  CHECK(missing(prove_batch(*good(fresh.open_view()), 1, 0), "nor any other yet"));
}

namespace {

/// Eight candidates for four seats: those whom genesis chose retire, two at a time, until none of
/// them is left.
node_world moving() {
  auto g = founded_genesis(8);
  g.parameters.era = seconds{10};
  g.parameters.staking.seats = 4;
  node_world w{g, 8, 23};
  const auto first = w.nodes[0].core->state().committee_of(1)->members;
  for (const std::size_t retiring : {0u, 2u}) {
    for (std::uint32_t i = 0; i < 8; ++i)
      if (node_account(i) == first.at(retiring).stash ||
          node_account(i) == first.at(retiring + 1).stash)
        w.act(i, ledger::chill{});
    for (std::uint32_t i = 0; i < 80; ++i) {
      w.pay(i % 10, i % 8);
      w.run(duration{300'000});
    }
  }
  w.run(seconds{5});
  return w;
}

} // namespace

TEST_CASE("where the validators changed, headers between lead from genesis to the block") {
  auto w = moving();
  const auto view = view_of(w);
  const auto last = w.nodes[0].core->state().height();
  const auto first = good(validators_of(*w.nodes[0].core->state().committee_of(1)));
  const auto now = good(validators_of(*w.nodes[0].core->state().committee_of(last)));
  for (const auto& v : now)
    CHECK_FALSE(first.find(v.id));
  std::size_t most = 0;
  for (std::uint64_t height = 1; height <= last; ++height) {
    CAPTURE(height);
    const auto p = good(prove_block(*view, height));
    CHECK(check_finality(p, of_chain(w), any_age));
    most = std::max(most, p.bridge.size());
  }
  CHECK(most >= 1);
  const auto p = good(prove_block(*view, last));
  REQUIRE(!p.bridge.empty());
  CHECK(p.sets.size() >= 2);
  auto without = p;
  without.bridge.clear();
  without.sets.erase(without.sets.begin(), without.sets.end() - 1);
  CHECK(refused(check_finality(without, of_chain(w), any_age), consensus::errc::not_trusted,
                "too few"));
  for (std::size_t i = 0; i < p.sets.size(); ++i) {
    auto heavier = p;
    ++heavier.sets[i].front().weight;
    CHECK(
        refused(check_finality(heavier, of_chain(w), any_age), consensus::errc::bad_proof, "set "));
    auto unsorted = p;
    std::swap(unsorted.sets[i][0], unsorted.sets[i][1]);
    CHECK(refused(check_finality(unsorted, of_chain(w), any_age), consensus::errc::bad_proof));
  }
  auto transaction = prove_batch(*view, last - 1, 0);
  for (auto height = last - 1; !transaction && height > 1; --height)
    transaction = prove_batch(*view, height, 0);
  const auto t = good(std::move(transaction));
  REQUIRE(!t.block.bridge.empty());
  refuses_any_change(t, finality_from_json, [&](const finality_proof& x) {
    return check_finality(x, of_chain(w), any_age).has_value();
  });
}

TEST_CASE("a proof may begin with a later block that is trusted") {
  auto w = moving();
  const auto view = view_of(w);
  const auto last = w.nodes[0].core->state().height();
  for (const std::uint64_t begin : {std::uint64_t{1}, last / 2, last - 1}) {
    CAPTURE(begin);
    const auto p = good(prove_block(*view, last, begin));
    REQUIRE(p.from);
    CHECK(p.from->height == begin);
    CHECK(p.genesis.empty());
    const finality_demands trusting{.chain = genesis_hash(w.g), .trusted = id_of(*p.from)};
    CHECK(check_finality(p, trusting, any_age));
    CHECK(refused(check_finality(p, {.trusted = id_of(*p.from)}, any_age),
                  consensus::errc::not_trusted, "give the genesis hash"));
    CHECK(refused(check_finality(p, of_chain(w), any_age), consensus::errc::not_trusted,
                  "not trusted"));
    auto other = p;
    other.from->time -= duration{1};
    CHECK(refused(check_finality(other, trusting, any_age), consensus::errc::not_trusted));
    other = p;
    other.genesis = encode_genesis(w.g);
    CHECK(refused(check_finality(other, trusting, any_age), consensus::errc::bad_proof));
  }
  // With the block itself, if another one follows it.
  const auto same = good(prove_block(*view, last - 1, last - 1));
  CHECK(check_finality(same, {.chain = genesis_hash(w.g), .trusted = id_of(same.header)}, any_age));
}

TEST_CASE("trust ends where a time is given") {
  auto w = steady(3);
  const auto view = view_of(w);
  const auto p = good(prove_batch(*view, 2, 0));
  const auto now = w.at().utc;
  CHECK(check_finality(p, of_chain(w), now));
  CHECK(check_finality(p, of_chain(w), w.g.time + hours{24 * 14} - duration{1}));
  CHECK(refused(check_finality(p, of_chain(w), w.g.time + hours{24 * 14}),
                consensus::errc::not_trusted, "too old"));
  CHECK(refused(check_finality(p, of_chain(w), w.g.time - seconds{20}), consensus::errc::bad_block,
                "to come"));
  auto strict = of_chain(w);
  strict.light.trusting_period = duration{1};
  CHECK(refused(check_finality(p, strict, now), consensus::errc::not_trusted));
  CHECK(check_finality(p, strict, any_age));
}

TEST_CASE("an account is proven at a checkpoint that validators certified") {
  node_world w{founded_genesis(4), 4, 25};
  grow(w, 23);
  const auto view = view_of(w);
  for (const auto who : {client_account(3), node_account(2), client_account(77)}) {
    const auto p = good(prove_account(*view, who));
    CHECK(p.state.at.height == 20);
    CHECK(check_finality(p, of_chain(w), any_age));
    const auto then = good(ledger::state_at(*view, 20, elections));
    CHECK(good(ledger::account_of(p.state)) == then.account(who));
    CHECK(good(decode_certified_state(encode_finality(p))) == p);
    CHECK(good(certified_state_from_json(finality_to_json(p))) == p);
  }
  const auto p = good(prove_account(*view, client_account(3)));
  const auto check = [&](const certified_state_proof& x) {
    return check_finality(x, of_chain(w), any_age).has_value();
  };
  refuses_any_change(p, certified_state_from_json, check);
  const auto form = encode_finality(p);
  for (std::size_t i = 0; i < form.size(); i += 5) {
    auto changed = form;
    changed[i] ^= static_cast<std::uint8_t>(1u << i % 8);
    const auto x = decode_certified_state(changed);
    CHECK_FALSE((x && check(*x)));
  }
  auto x = p; // of a block that is no checkpoint
  x.block = good(prove_block(*view, 19));
  CHECK(refused(check_finality(x, of_chain(w), any_age), consensus::errc::bad_proof,
                "no checkpoint"));
  x = p;
  x.block = good(prove_block(*view, 10));
  CHECK(refused(check_finality(x, of_chain(w), any_age), consensus::errc::bad_proof,
                "another state"));
  MESSAGE("an account, 4 validators: " << form.size() << " bytes");
}

TEST_CASE("a store that forgot old blocks, or began with a snapshot, proves what it has") {
  auto g = founded_genesis(4);
  node_options options;
  options.keeper.keep_blocks = 20;
  options.keeper.keep_time = {};
  options.keeper.flush_blocks_max = 10;
  node_world w{g, 5, 11, {.delay = sim::delay_model::constant(duration{2'000})}, options};
  w.run(seconds{1});
  w.crash(4);
  grow(w, 120);
  w.boot(4);
  w.pay(0, 0);
  const auto target = w.nodes[0].core->state().height();
  REQUIRE(w.run(seconds{60}, [&] { return w.all_at(target + 1); }));
  for (const std::uint32_t node : {0u, 4u}) {
    CAPTURE(node);
    const auto view = view_of(w, node);
    CHECK(prove_block(*view, 5).error().is(base_errc::not_found));
    const auto p = good(prove_block(*view, w.nodes[node].core->state().height()));
    CHECK(check_finality(p, of_chain(w), any_age));
  }
  const auto account = good(prove_account(*view_of(w), client_account(3)));
  CHECK(check_finality(account, of_chain(w), any_age));
}

TEST_CASE("the root of a block's transactions is that of their leaves, their form is the list's") {
  const auto chain = hash256{{9}};
  std::vector<ledger::signed_batch> batches;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto b = seal({}, batches, {});
    std::vector<hash256> leaves;
    for (const auto& x : batches)
      leaves.push_back(crypto::hash("ainur/batch-leaf/v1", codec::encode(x)));
    CHECK(b->header.batches == crypto::merkle_root(batch_tags, leaves));
    CHECK(b->header.batches == hash_of(batches));
    CHECK(b->encoded_batches == codec::encode(batches));
    CHECK(good(decode_block(encode_block(*b)))->header == b->header);
    batches.push_back(ledger::sign_batch(
        chain, {.signer = client_account(1), .key = std::nullopt, .nonce = i, .entries = {}},
        client_seed(1)));
  }
  CHECK(hash_of(std::vector<ledger::signed_batch>{}) !=
        hash_of(std::vector<ledger::batch_receipt>{}));
}

namespace {

/// What the fuzzer of these forms begins with (tests/fuzz/finality_fuzz.cpp): a mark, then a proof.
/// After a change of a form they are written anew by
///   AINUR_SEEDS=tests/fuzz/seeds consensus_test -ns -tc="write the seeds of proofs"
std::map<std::string, std::string> make_seeds() {
  auto g = founded_genesis(1);
  g.allocations.resize(3);
  g.founding->agreement.checkpoint_interval = 2;
  node_world w{g, 1, 3};
  for (std::uint32_t i = 0; i < 4; ++i) {
    w.act(0, ledger::transfer{client_account(i), amount::ainu(1)});
    w.run(duration{150'000});
  }
  const auto view = view_of(w);
  const auto t = good(prove_batch(*view, 2, 0));
  const auto later = good(prove_batch(*view, 3, 0, 1));
  const auto s = good(prove_account(*view, client_account(1)));
  const auto raw = [](const bytes& form) { return std::string{form.begin(), form.end()}; };
  return {{"transaction", "f" + raw(encode_finality(t))},
          {"from_a_block", "f" + raw(encode_finality(later))},
          {"account", "s" + raw(encode_finality(s))},
          {"transaction_text", "t" + finality_to_json(t)},
          {"account_text", "u" + finality_to_json(s)}};
}

bool taken(const std::string& seed) {
  const auto rest = std::string_view{seed}.substr(1);
  switch (seed.front()) {
  case 'f':
    return decode_finality(as_bytes(rest)).has_value();
  case 's':
    return decode_certified_state(as_bytes(rest)).has_value();
  case 't':
    return finality_from_json(rest).has_value();
  default:
    return certified_state_from_json(rest).has_value();
  }
}

} // namespace

TEST_CASE("write the seeds of proofs" * doctest::skip()) {
  const auto* folder = std::getenv("AINUR_SEEDS");
  REQUIRE(folder != nullptr);
  const auto to = std::filesystem::path{folder} / "finality_fuzz";
  std::filesystem::create_directories(to);
  for (const auto& [name, content] : make_seeds())
    std::ofstream{to / name, std::ios::binary} << content;
}

TEST_CASE("the seeds of the fuzzer of proofs are proofs") {
  const auto* told = std::getenv("AINUR_SOURCE");
  const auto from =
      std::filesystem::path{told == nullptr ? "." : told} / "tests/fuzz/seeds/finality_fuzz";
  for (const auto& [name, content] : make_seeds()) {
    CAPTURE(name);
    std::ifstream in{from / name, std::ios::binary};
    const std::string kept{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    REQUIRE(!kept.empty());
    CHECK(taken(kept));
    CHECK(taken(content));
  }
}

} // namespace ainur::test
