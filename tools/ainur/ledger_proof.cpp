// ainur ledger prove, check-proof
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "ainur/consensus/block.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/finality_prover.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/ledger/proof.hpp"
#include "ainur/scenario/read.hpp"
#include "ledger_command.hpp"
#include "tx_signer.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string folder;
  std::string account;
  std::string transaction;
  std::uint64_t begin = 0;
  std::string file;
  std::string chain;
  std::string authority;
  std::string state_hash;
  std::string genesis;
  std::string trusted_block;
  std::string max_age;
  key_choice key;
  bool as_json = false;
};

/// Signed by the authority, if its key is given.
result<ledger::state_proof> prove_by_authority(const store::view& view, const account_id& who,
                                               const ledger::genesis& g, const options& o) {
  if (o.begin != 0)
    return fail(
        base_errc::unsupported,
        "--from-height: a single authority keeps this ledger; there is nothing to begin at");
  const auto s = ledger::open_log(view, ledger::signatures::trusted, consensus::elections);
  if (!s)
    return fail(s.error());
  auto p = s->prove_account(who);
  if (!p || o.key.file.empty())
    return p;
  const auto key = load_key(o.key);
  if (!key)
    return fail(key.error());
  if (crypto::account_of(key->public_part()) != g.authority)
    return fail(base_errc::unsupported, o.key.file +
                                            ": this is not the key of the ledger's authority, " +
                                            to_did(g.authority));
  ledger::sign_proof(*p, seed_of(*key));
  return p;
}

/// `HEIGHT:PLACE`, or the id of a transaction.
result<consensus::transaction_place> place_of(const store::view& view, const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    const auto id = id_from_hex<hash256>(text);
    return id ? consensus::find_transaction(view, *id) : fail(id.error().within("--transaction"));
  }
  consensus::transaction_place at;
  const auto* end = text.data() + text.size();
  const auto height = std::from_chars(text.data(), end, at.height);
  const auto place = std::from_chars(text.data() + colon + 1, end, at.place);
  if (height.ec != std::errc{} || height.ptr != text.data() + colon || place.ec != std::errc{} ||
      place.ptr != end)
    return fail(base_errc::malformed,
                "--transaction: an id of 64 hexadecimal digits, or HEIGHT:PLACE as 12:0");
  return at;
}

result<std::string> prove(const store::view& view, const options& o) {
  const auto g = ledger::read_genesis(view);
  if (!g)
    return fail(g.error());
  if (!o.transaction.empty()) {
    const auto at = place_of(view, o.transaction);
    if (!at)
      return fail(at.error());
    const auto p = consensus::prove_batch(view, at->height, at->place, o.begin);
    return p ? consensus::finality_to_json(*p) : result<std::string>{fail(p.error())};
  }
  const auto who = account_from_text(o.account);
  if (!who)
    return fail(who.error().within(o.account));
  if (!g->founding) {
    const auto p = prove_by_authority(view, *who, *g, o);
    return p ? ledger::proof_to_json(*p) : result<std::string>{fail(p.error())};
  }
  if (!o.key.file.empty())
    return fail(base_errc::unsupported,
                "--key: validators certify this ledger; no key signs for it");
  const auto p = consensus::prove_account(view, *who, o.begin);
  return p ? consensus::finality_to_json(*p) : result<std::string>{fail(p.error())};
}

int prove(const options& o) {
  if (o.account.empty() == o.transaction.empty())
    return bad_input({base_errc::malformed, "name an ACCOUNT, or a --transaction"});
  return with_ledger(o.folder, [&](const store::view& view) -> result<int> {
    const auto text = prove(view, o);
    if (!text)
      return fail(text.error());
    std::puts(text->c_str());
    return exit_ok;
  });
}

template <class Id>
result<std::optional<Id>> id_option(const std::string& text, const char* name) {
  if (text.empty())
    return std::optional<Id>{};
  const auto id = id_from_hex<Id>(text);
  return id ? result<std::optional<Id>>{*id} : fail(id.error().within(name));
}

/// What a reader of any proof demands, from the command line.
struct demands {
  ledger::proof_demands of_authority;
  consensus::finality_demands of_validators;
  std::optional<timestamp> now; ///< none: age does not matter
};

timestamp utc_now() {
  const auto t = std::chrono::system_clock::now().time_since_epoch();
  return timestamp_at(std::chrono::duration_cast<std::chrono::microseconds>(t).count());
}

result<demands> demands_of(const options& o) {
  demands out;
  const auto chain = id_option<hash256>(o.chain, "--chain");
  const auto known = id_option<hash256>(o.state_hash, "--state-hash");
  const auto block = id_option<hash256>(o.trusted_block, "--trusted-block");
  for (const auto* id : {&chain, &known, &block})
    if (!*id)
      return fail(id->error());
  out.of_authority.chain = out.of_validators.chain = *chain;
  out.of_authority.state_hash = *known;
  out.of_validators.trusted = *block;
  if (!o.authority.empty()) {
    const auto authority = account_from_text(o.authority);
    if (!authority)
      return fail(authority.error().within("--authority"));
    out.of_authority.authority = *authority;
  }
  if (!o.max_age.empty()) {
    const auto age = duration_from_text(o.max_age);
    if (!age)
      return fail(age.error().within("--max-age"));
    out.of_validators.light.trusting_period = *age;
    out.now = utc_now();
  }
  return out;
}

/// A checked proof: what it shows, and whether that is so of the chain that the reader knows.
struct verdict {
  json shown;
  bool proven = false;
  std::string missing; ///< what would make it proven
};

json state_json(const ledger::state_proof& p, bool as_json) {
  json out{{"chain", to_string(p.at.chain)},
           {"height", p.at.height},
           {"time", to_string(p.at.time)},
           {"block_hash", to_string(p.at.block_hash)},
           {"state_hash", to_string(p.at.state_hash)},
           {"signed", p.signature.has_value()},
           {"present", p.record.has_value()}};
  if (const auto account = ledger::account_of(p); account && *account)
    out.update(account_json(**account, as_json));
  else
    out["key"] = to_hex(p.key);
  return out;
}

/// An option of another kind of proof would give a false sense of having been checked.
result<void> expect_options_of(const consensus::any_proof& p, const options& o) {
  const bool of_authority = std::holds_alternative<ledger::state_proof>(p);
  const auto refuse = [&](const char* name) {
    return fail(base_errc::unsupported,
                fmt::format("{}: the proof is of {}, and this says nothing about it", name,
                            of_authority ? "a single authority" : "validators"));
  };
  for (const auto& [name, text] : {std::pair{"--trusted-block", &o.trusted_block},
                                   {"--genesis", &o.genesis},
                                   {"--max-age", &o.max_age}})
    if (of_authority && !text->empty())
      return refuse(name);
  for (const auto& [name, text] :
       {std::pair{"--authority", &o.authority}, {"--state-hash", &o.state_hash}})
    if (!of_authority && !text->empty())
      return refuse(name);
  return {};
}

result<verdict> check(const ledger::state_proof& p, const demands& d, const options& o) {
  if (auto right = ledger::check_proof(p, d.of_authority); !right)
    return fail(right.error());
  return verdict{state_json(p, o.as_json), d.of_authority.ties_to_chain(),
                 "name the --state-hash that you know, or the --authority that signed it"};
}

/// Without anything to tie it to the proof is checked against what it says of itself.
template <class Proof>
auto check_tied(const Proof& p, const demands& d, bool& proven) {
  auto tied = d.of_validators;
  const bool has_chain = tied.chain || tied.genesis;
  const bool has_start = tied.trusted || !p.block.from;
  proven = has_chain && has_start;
  if (!has_chain)
    tied.chain = p.block.chain;
  if (!has_start)
    tied.trusted = consensus::id_of(*p.block.from);
  return consensus::check_finality(p, tied, d.now);
}

constexpr auto chain_missing = "name the --chain (the genesis hash) that you know, and the "
                               "--trusted-block if it begins with one";

result<verdict> check(const consensus::certified_state_proof& p, const demands& d,
                      const options& o) {
  verdict out{.shown = {}, .proven = false, .missing = chain_missing};
  if (auto right = check_tied(p, d, out.proven); !right)
    return fail(right.error());
  out.shown = state_json(p.state, o.as_json);
  out.shown["certified"] = true;
  return out;
}

result<verdict> check(const consensus::finality_proof& p, const demands& d, const options& /*o*/) {
  verdict out{.shown = {}, .proven = false, .missing = chain_missing};
  const auto shown = check_tied(p, d, out.proven);
  if (!shown)
    return fail(shown.error());
  const auto& b = shown->content.batch;
  out.shown = {{"chain", to_string(p.block.chain)},
               {"height", shown->height},
               {"time", to_string(shown->time)},
               {"block", to_string(shown->block)},
               {"transaction", to_string(shown->id)},
               {"place", p.place},
               {"signer", to_did(b.signer)},
               {"nonce", b.nonce},
               {"status", nullptr},
               {"calls", json::array()}};
  if (shown->receipt)
    out.shown["status"] = name_of(shown->receipt->status);
  for (std::size_t i = 0; i < b.entries.size(); ++i) {
    json call{{"origin", to_string(b.entries[i].origin)},
              {"call", form_of(b.entries[i].call)},
              {"result", nullptr}};
    if (shown->receipt && i < shown->receipt->entries.size())
      call["result"] = name_of(shown->receipt->entries[i]);
    out.shown["calls"].push_back(std::move(call));
  }
  return out;
}

int check_proof(const options& o) {
  auto wanted = demands_of(o);
  if (!wanted)
    return bad_input(wanted.error());
  if (!o.genesis.empty()) {
    auto g = genesis_of(o.genesis);
    if (!g)
      return exit_bad_input;
    wanted->of_validators.genesis = std::move(*g);
  }
  const auto text = scenario::read_text_file(o.file, consensus::finality_text_max);
  if (!text)
    return bad_input(text.error());
  const auto p = consensus::proof_from_json(*text);
  if (!p)
    return bad_input(p.error().within(o.file));
  if (auto fits = expect_options_of(*p, o); !fits)
    return bad_input(fits.error().within(o.file));
  const auto checked = std::visit([&](const auto& x) { return check(x, *wanted, o); }, *p);
  if (!checked) {
    std::fprintf(stderr, "ainur: %s\n", checked.error().within(o.file).to_string().c_str());
    return exit_failed;
  }
  json out{{"proven", checked->proven}};
  out.update(checked->shown);
  print(out, o.as_json);
  if (checked->proven)
    return exit_ok;
  std::fprintf(stderr, "ainur: %s: it is right in itself, but nothing ties it to the chain: %s\n",
               o.file.c_str(), checked->missing.c_str());
  return exit_failed;
}

} // namespace

void add_ledger_proof(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* make = f.add(
      "prove",
      "Print a proof that an account stands in the state, or that there is none; or, where "
      "validators keep the ledger, that a transaction is final",
      "ainur ledger prove data did:ainur:... > proof.json\n"
      "  ainur ledger prove data --transaction 12:0 > proof.json",
      [o] { return prove(*o); }, group);
  make->add_option("DIR,--data", o->folder, "What --data of `ainur run` names")->required();
  make->add_option("ACCOUNT", o->account, "A did or 64 hexadecimal digits");
  make->add_option("--transaction", o->transaction,
                   "Its id, or HEIGHT:PLACE: the height of its block, its place there from 0");
  make->add_option("--from-height", o->begin,
                   "Begin with this block, which the reader must trust, not with genesis");
  make->add_option("--key", o->key.file, "Sign the proof with the key of the ledger's authority");
  add_passphrase_options(make, o->key.passphrase);
  auto* check = f.add(
      "check-proof", "Check a proof, without any ledger, and print what it shows",
      "ainur ledger check-proof proof.json --chain 3f2a...\n"
      "  ainur ledger check-proof proof.json --state-hash 90c1...",
      [o] { return check_proof(*o); }, group);
  check->add_option("FILE", o->file, "A proof in JSON")->required();
  check->add_option("--chain", o->chain, "The genesis hash it must be of");
  check->add_option("--genesis", o->genesis,
                    "The genesis file, if it is too large to be in the proof");
  check->add_option("--trusted-block", o->trusted_block,
                    "The id of the block with which the proof begins, if not with genesis");
  check->add_option(
      "--max-age", o->max_age,
      "That block, or genesis, must be younger by this machine's clock, as 14d; default: "
      "any age. Validators of long ago may have nothing to lose any more");
  check->add_option("--state-hash", o->state_hash,
                    "The state's hash, known from elsewhere (of a single authority's ledger)");
  check->add_option("--authority", o->authority, "Who must have signed the checkpoint");
  check->add_flag("--json", o->as_json, "Print JSON, amounts in uAINU");
}

} // namespace ainur::cli
