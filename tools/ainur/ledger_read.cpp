// ainur ledger history, export, prove, check-proof
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/ledger/proof.hpp"
#include "ainur/ledger/text.hpp"
#include "ainur/ledger/touches.hpp"
#include "ainur/scenario/read.hpp"
#include "ledger_command.hpp"
#include "tx_signer.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string folder;
  std::string account;
  std::string file;
  std::string chain;
  std::string authority;
  std::string state_hash;
  key_choice key;
  std::uint64_t limit = 20;
  std::uint64_t from = 0;
  bool as_json = false;
};

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string name_of(ledger::errc code) {
  return std::string{describe(code).name};
}

/// Calls `use(view)` with the ledger of the folder; its exit code, or that of the error.
template <class Use>
int with_ledger(const std::string& folder, Use&& use) {
  const auto store = open_store(folder);
  if (!store)
    return ledger_failed(store.error(), false);
  const auto view = (*store)->open_view();
  if (!view)
    return ledger_failed(view.error().within(folder), false);
  const result<int> done = use(**view);
  return done ? *done : ledger_failed(done.error().within(folder), false);
}

/// A call or an event: an object with one key, its name.
template <class T>
json form_of(const T& x) {
  return json::parse(ledger::to_json_text(x));
}

/// One line: when, what, by whom and how it ended.
std::string line_of(const ledger::touch& t) {
  const auto form = t.event ? form_of(*t.event) : form_of(t.entry->call);
  const auto& type = form.begin().key();
  return fmt::format("{:>8}  {}  {:<5}  {:<18}  {:<18}  {}", t.height, to_string(t.time),
                     t.event ? "event" : "call", type, t.event ? "" : name_of(t.how),
                     dump(form.begin().value()));
}

json json_of(const ledger::touch& t) {
  json out{{"height", t.height}, {"time", to_string(t.time)}};
  if (t.event) {
    out["event"] = form_of(*t.event);
  } else {
    out["signer"] = to_string(t.signer);
    out["origin"] = to_string(t.entry->origin);
    out["call"] = form_of(t.entry->call);
    out["result"] = name_of(t.how);
  }
  return out;
}

int history(const options& o) {
  const auto who = account_from_text(o.account);
  if (!who)
    return bad_input(who.error().within(o.account));
  return with_ledger(o.folder, [&](const store::view& view) -> result<int> {
    const auto found = ledger::touches_of(view, *who, o.from, o.limit, consensus::elections);
    if (!found)
      return fail(found.error());
    auto list = json::array();
    for (const auto& t : *found) {
      if (o.as_json)
        list.push_back(json_of(t));
      else
        std::puts(line_of(t).c_str());
    }
    if (o.as_json)
      std::puts(list.dump(2, ' ', false, json::error_handler_t::replace).c_str());
    else if (found->empty())
      std::printf("nothing touched %s\n", o.account.c_str());
    return exit_ok;
  });
}

void export_block(std::FILE* out, const ledger::block& b, const ledger::applied& done) {
  const auto line = [out](const json& x) { std::fprintf(out, "%s\n", dump(x).c_str()); };
  line({{"kind", "block"},
        {"height", b.height},
        {"time", to_string(b.time)},
        {"hash", to_string(b.hash)},
        {"previous", to_string(b.previous)},
        {"proposer", to_string(b.proposer)},
        {"batches", b.batches.size()}});
  for (std::size_t i = 0; i < b.batches.size(); ++i) {
    const auto& batch = b.batches[i].batch;
    for (std::size_t k = 0; k < batch.entries.size(); ++k)
      line({{"kind", "call"},
            {"height", b.height},
            {"batch", i},
            {"entry", k},
            {"signer", to_string(batch.signer)},
            {"nonce", batch.nonce},
            {"origin", to_string(batch.entries[k].origin)},
            {"call", form_of(batch.entries[k].call)}});
    auto receipts = json::array();
    for (const auto code : done.batches[i].entries)
      receipts.push_back(name_of(code));
    line({{"kind", "receipt"},
          {"height", b.height},
          {"batch", i},
          {"status", name_of(done.batches[i].status)},
          {"entries", receipts}});
  }
  for (const auto& e : done.events)
    line({{"kind", "event"}, {"height", b.height}, {"event", form_of(e)}});
}

int export_log(const options& o) {
  return with_ledger(o.folder, [&](const store::view& view) -> result<int> {
    auto* out = o.file.empty() ? stdout : std::fopen(o.file.c_str(), "wx");
    if (out == nullptr)
      return fail(base_errc::io, o.file + ": it exists, or cannot be written");
    const auto done = ledger::replay_log(
        view,
        [&](const ledger::block& b, const ledger::applied& a) {
          if (b.height >= o.from)
            export_block(out, b, a);
        },
        ~std::uint64_t{0}, consensus::elections);
    const bool written =
        std::ferror(out) == 0 && (out == stdout ? std::fflush(out) : std::fclose(out)) == 0;
    if ((!done || !written) && out != stdout)
      std::remove(o.file.c_str()); // half an export is none
    if (!done)
      return fail(done.error());
    return written ? result<int>{exit_ok} : fail(base_errc::io, "writing: the disk may be full");
  });
}

int prove(const options& o) {
  const auto who = account_from_text(o.account);
  if (!who)
    return bad_input(who.error().within(o.account));
  return with_ledger(o.folder, [&](const store::view& view) -> result<int> {
    const auto s = ledger::open_log(view, ledger::signatures::trusted, consensus::elections);
    if (!s)
      return fail(s.error());
    auto p = s->prove_account(*who);
    if (!p)
      return fail(p.error());
    if (!o.key.file.empty()) {
      const auto key = load_key(o.key);
      if (!key)
        return fail(key.error());
      const auto g = ledger::read_genesis(view);
      if (!g)
        return fail(g.error());
      if (crypto::account_of(key->public_part()) != g->authority)
        return fail(base_errc::unsupported,
                    o.key.file + ": this is not the key of the ledger's authority, " +
                        to_did(g->authority));
      ledger::sign_proof(*p, seed_of(*key));
    }
    std::puts(ledger::proof_to_json(*p).c_str());
    return exit_ok;
  });
}

result<ledger::proof_demands> demands_of(const options& o) {
  ledger::proof_demands demands;
  if (!o.chain.empty()) {
    const auto chain = id_from_hex<hash256>(o.chain);
    if (!chain)
      return fail(chain.error().within("--chain"));
    demands.chain = *chain;
  }
  if (!o.state_hash.empty()) {
    const auto known = id_from_hex<hash256>(o.state_hash);
    if (!known)
      return fail(known.error().within("--state-hash"));
    demands.state_hash = *known;
  }
  if (!o.authority.empty()) {
    const auto authority = account_from_text(o.authority);
    if (!authority)
      return fail(authority.error().within("--authority"));
    demands.authority = *authority;
  }
  return demands;
}

int check_proof(const options& o) {
  const auto demands = demands_of(o);
  if (!demands)
    return bad_input(demands.error());
  const auto text = scenario::read_text_file(o.file, 4 * ledger::proof_bytes_max);
  if (!text)
    return bad_input(text.error());
  const auto p = ledger::proof_from_json(*text);
  if (!p)
    return bad_input(p.error().within(o.file));
  if (const auto right = ledger::check_proof(*p, *demands); !right) {
    std::fprintf(stderr, "ainur: %s\n", right.error().within(o.file).to_string().c_str());
    return exit_failed;
  }
  const bool proven = demands->ties_to_chain();
  json out{{"proven", proven},
           {"chain", to_string(p->at.chain)},
           {"height", p->at.height},
           {"time", to_string(p->at.time)},
           {"block_hash", to_string(p->at.block_hash)},
           {"state_hash", to_string(p->at.state_hash)},
           {"signed", p->signature.has_value()},
           {"present", p->record.has_value()}};
  if (const auto account = ledger::account_of(*p); account && *account)
    out.update(account_json(**account, o.as_json));
  else
    out["key"] = to_hex(p->key);
  print(out, o.as_json);
  if (proven)
    return exit_ok;
  std::fprintf(stderr,
               "ainur: %s: it is right in itself, but nothing ties it to the chain: name the "
               "--state-hash that you know, or the --authority that signed it\n",
               o.file.c_str());
  return exit_failed;
}

} // namespace

void add_ledger_read(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  const auto of_folder = [o](CLI::App* command) {
    command->add_option("DIR,--data", o->folder, "What --data of `ainur run` names")->required();
  };
  auto* past = f.add(
      "history", "List the calls and events that touched an account, newest last",
      "ainur ledger history data did:ainur:... --limit 50", [o] { return history(*o); }, group);
  of_folder(past);
  past->add_option("ACCOUNT", o->account, "A did or 64 hexadecimal digits")->required();
  past->add_option("--limit", o->limit, "At most so many, the newest")
      ->check(CLI::Range(1, 1'000'000));
  past->add_option("--from", o->from, "Only from this height on");
  past->add_flag("--json", o->as_json, "Print JSON, amounts in uAINU");
  auto* all = f.add(
      "export", "Write blocks, calls, receipts and events as JSON lines",
      "ainur ledger export data --out ledger.jsonl", [o] { return export_log(*o); }, group);
  of_folder(all);
  all->add_option("--out", o->file, "A new file; default: standard output");
  all->add_option("--from", o->from, "Only from this height on");
  auto* make = f.add(
      "prove", "Print a proof that an account stands in the newest state, or that there is none",
      "ainur ledger prove data did:ainur:... > proof.json", [o] { return prove(*o); }, group);
  of_folder(make);
  make->add_option("ACCOUNT", o->account, "A did or 64 hexadecimal digits")->required();
  make->add_option("--key", o->key.file, "Sign the proof with the key of the ledger's authority");
  add_passphrase_options(make, o->key.passphrase);
  auto* check = f.add(
      "check-proof", "Check a proof, without any ledger, and print what it shows",
      "ainur ledger check-proof proof.json --state-hash 3f2a...", [o] { return check_proof(*o); },
      group);
  check->add_option("FILE", o->file, "A proof in JSON")->required();
  check->add_option("--state-hash", o->state_hash, "The state's hash, known from elsewhere");
  check->add_option("--authority", o->authority, "Who must have signed its checkpoint");
  check->add_option("--chain", o->chain, "The genesis hash it must be of");
  check->add_flag("--json", o->as_json, "Print JSON, amounts in uAINU");
}

} // namespace ainur::cli
