// The seeds of the fuzzers of what the ledger reads (tests/fuzz/seeds) are what their decoders
// take: a fuzzer that begins with refused inputs finds little. After a change of a format they are
// written anew by
//   AINUR_SEEDS=tests/fuzz/seeds ledger_test -ns -tc="write the seeds"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/block.hpp"
#include "ainur/ledger/proof.hpp"
#include "ainur/ledger/proposal.hpp"
#include "ainur/ledger/script.hpp"
#include "ainur/ledger/tables.hpp"
#include "ainur/ledger/text.hpp"
#include "governance_world.hpp"
#include "staking_world.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

using seeds = std::map<std::string, bytes>; // by "fuzzer/name"

bytes as_seed(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

void put_part(bytes& out, bytes_view part) {
  REQUIRE(part.size() < 65'536);
  out.push_back(static_cast<std::uint8_t>(part.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(part.size()));
  out.insert(out.end(), part.begin(), part.end());
}

bytes pages_of(state& s) {
  const auto changes = s.take_changes();
  bytes out;
  for (const auto& p : changes.pages) {
    bytes page{p.table, static_cast<std::uint8_t>(p.number >> 8),
               static_cast<std::uint8_t>(p.number)};
    page.insert(page.end(), p.content.begin(), p.content.end());
    put_part(out, page);
  }
  return out;
}

void add_calls(seeds& all) {
  const account_id some{{1, 2, 3}};
  all["proposal_fuzz/transfer"] = encode_calls({transfer{some, amount{5}}});
  all["proposal_fuzz/nested"] =
      encode_calls({propose{some, encode_calls({propose{some, encode_calls({chill{}})}})}});
  all["proposal_fuzz/channel"] = encode_calls({open_channel{}});
  all["proposal_fuzz/governance"] = encode_calls(
      {dao_set_members{{some}}, dao_set_rules{}, vote_proposal{some, 1, ballot_choice::no}});
  for (const auto& info : call_catalogue()) {
    const auto c = call_from_json("{\"" + std::string{info.name} + "\": {}}");
    if (c)
      all["ledger_text_fuzz/" + std::string{info.name}] = as_seed(to_json_text(*c));
  }
}

/// Calls whose fields have no presets.
void add_consensus_calls(seeds& all, const hash256& chain) {
  const auto v = self_keyed(1);
  const auto key = crypto::secret_key::from_seed(crypto::seed{seed_of(1)});
  const statement vote{statement_kind::prevote, 3, 0, no_round, digest("block")};
  const statement other{statement_kind::prevote, 3, 0, no_round, {}};
  const auto add = [&all](const ledger::call& c) {
    all["ledger_text_fuzz/" + std::string{name_of(c)}] = as_seed(to_json_text(c));
  };
  add(set_validator_key{key.public_part().value, prove_validator_key(chain, v.id, key)});
  add(report_equivocation{sign_statement(chain, vote, v.id, key),
                          sign_statement(chain, other, v.id, key)});
}

void add_text(seeds& all) {
  all["ledger_text_fuzz/script"] = as_seed(
      R"({"genesis": {"allocations": [{"account": "@ann", "free": "100 AINU"}]}}
{"time": "2024-01-01T00:00:01Z", "origin": "@ann", "call": {"transfer": {"to": "@bob", "value": "1 AINU"}}}
{"time": "2024-01-01T00:00:02Z", "batch": {"signer": "@ann", "mode": "all", "entries": [{"origin": "@ann", "call": {"burn_money": {"value": 1}}}]}, "expect": "ok"}
{"time": "2024-01-02T00:00:00Z"}
)");
  all["ledger_text_fuzz/genesis"] = as_seed("chain = \"small\"\ntime = 2024-01-01T00:00:00Z\n"
                                            "[parameters]\nexistential_deposit = \"0.001 AINU\"\n");
}

seeds make_seeds() {
  seeds all;
  traffic small;
  for (int i = 0; i < 6; ++i)
    all["block_fuzz/" + std::to_string(i)] = small.block().record;
  all["genesis_fuzz/small"] = encode_genesis(small.g);
  all["snapshot_fuzz/traffic"] = small.s->snapshot();
  const auto proof = small.s->prove_account(self_keyed(1).id);
  REQUIRE(proof);
  all["proof_fuzz/account"] = encode_proof(*proof);
  all["proof_fuzz/text"] = as_seed(proof_to_json(*proof));
  all["tables_fuzz/traffic"] = pages_of(*small.s);
  staking_world staking;
  all["snapshot_fuzz/staking"] = staking.s->snapshot();
  governance_world dao;
  dao.found();
  (void)dao.proposed({transfer{dao.host.id, amount::ainu(1)}});
  all["snapshot_fuzz/governance"] = dao.s->snapshot();
  batch b;
  b.signer = self_keyed(1).id;
  b.valid_until = epoch;
  b.entries.push_back({b.signer, std::nullopt, transfer{b.signer, amount{1}}});
  all["identity_fuzz/batch"] = codec::encode(sign_batch(small.s->chain(), b, seed_of(1)));
  add_calls(all);
  add_consensus_calls(all, small.s->chain());
  add_text(all);
  return all;
}

bool taken(const std::string& name, const bytes& seed) {
  const std::string text{seed.begin(), seed.end()};
  if (name.starts_with("block_fuzz/"))
    return decode_block(seed).has_value();
  if (name.starts_with("genesis_fuzz/"))
    return decode_genesis(seed).has_value();
  if (name.starts_with("snapshot_fuzz/"))
    return state::restore(seed).has_value();
  if (name.starts_with("proposal_fuzz/"))
    return decode_calls(seed, governance_parameters{}).has_value();
  if (name.starts_with("identity_fuzz/"))
    return codec::decode<signed_batch>(seed).has_value();
  if (name.starts_with("ledger_text_fuzz/") && text.starts_with("{") && !name.ends_with("/script"))
    return call_from_json(text).has_value();
  if (name == "proof_fuzz/text")
    return proof_from_json(text).has_value();
  if (name.starts_with("proof_fuzz/"))
    return decode_proof(seed).has_value();
  return true;
}

std::filesystem::path seeds_folder() {
  const auto* told = std::getenv("AINUR_SOURCE"); // NOLINT(concurrency-mt-unsafe)
  return std::filesystem::path{told == nullptr ? "." : told} / "tests/fuzz/seeds";
}

bytes content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

} // namespace

TEST_CASE("write the seeds" * doctest::skip()) {
  const auto* folder = std::getenv("AINUR_SEEDS"); // NOLINT(concurrency-mt-unsafe)
  REQUIRE(folder != nullptr);
  for (const auto& [name, content] : make_seeds()) {
    const auto file = std::filesystem::path{folder} / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary}.write(reinterpret_cast<const char*>(content.data()),
                                                static_cast<std::streamsize>(content.size()));
  }
}

TEST_CASE("the fuzzers' seeds are taken by what they are for") {
  for (const auto& [name, content] : make_seeds()) {
    INFO(name);
    const auto kept = content_of(seeds_folder() / name);
    CHECK(!kept.empty());
    CHECK(taken(name, kept));
  }
}
