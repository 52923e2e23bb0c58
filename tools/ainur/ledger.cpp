// ainur ledger show, ainur ledger verify; the others stand in ledger_*.cpp
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/finality_prover.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/ledger/text.hpp"
#include "ainur/orchestration/acks.hpp"
#include "ainur/store/environment.hpp"
#include "ledger_command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string folder;
  std::string account;
  std::string task;
  std::string channel;
  std::optional<std::uint64_t> proposal;
  bool as_json = false;
};

/// `block_id`: where validators keep the ledger.
json summary_of(const ledger::state& s, const std::optional<hash256>& block_id, bool as_json) {
  const auto t = s.totals();
  json out{{"height", s.height()},
           {"time", to_string(s.time())},
           {"chain", to_string(s.chain())},
           {"block_hash", to_string(s.block_hash())}};
  if (block_id)
    out["block_id"] = to_string(*block_id);
  out["state_hash"] = to_string(s.state_hash());
  out["accounts"] = t.accounts;
  out["open_tasks"] = t.open_tasks;
  put(out, "issuance", t.issuance, as_json);
  put(out, "free", t.free, as_json);
  put(out, "reserved", t.reserved, as_json);
  put(out, "bonded", t.bonded, as_json);
  put(out, "staked", t.staked, as_json);
  put(out, "escrow", t.escrow, as_json);
  put(out, "channels", t.channels, as_json);
  put(out, "treasury", t.treasury, as_json);
  out["conserved"] = s.conserved();
  return out;
}

/// Who signs for an account, and what it says about itself.
void put_identity(json& out, const ledger::state& s, const account_id& id) {
  const auto keys = s.keys(id);
  out["key"] = to_hex(keys.key);
  out["key_version"] = keys.version;
  for (const auto& old : keys.grace)
    out["keys_in_grace"].push_back(
        {{"version", old.version}, {"key", to_hex(old.key)}, {"until", to_string(old.until)}});
  if (!keys.stash.is_none())
    out["stash"] = to_string(keys.stash);
  if (!keys.delegate.is_none())
    out["delegate"] = to_string(keys.delegate);
  const auto d = s.document(id);
  if (!d)
    return;
  auto& document = out["document"];
  document["revision"] = d->revision;
  document["capabilities"] = d->document.capabilities;
  for (const auto& key : d->document.keys)
    document["keys"][key.name] = to_hex(key.key);
  for (const auto& service : d->document.services)
    document["services"][service.name] = {{"type", service.type}, {"endpoint", service.endpoint}};
  if (d->document.personal_data)
    document["personal_data"] = to_string(*d->document.personal_data);
}

/// An object that the ledger gives as text; its error if there is none.
template <class View, class... Rules>
result<json> form_of(const std::optional<View>& found, const std::string& what,
                     const Rules&... rules) {
  if (!found)
    return fail(base_errc::not_found, "the ledger has no " + what + ", or not any more");
  return json::parse(ledger::to_json_text(*found, rules...));
}

result<json> account_of(const ledger::state& s, const account_id& id, const options& o) {
  const auto account = s.account(id);
  if (!account)
    return fail(base_errc::not_found, "the ledger has no account " + o.account);
  auto shown = account_json(*account, o.as_json);
  put(shown, "locked", account->locked, o.as_json);
  put_identity(shown, s, id);
  if (const auto stake = s.stake_of(id))
    shown["stake"] = json::parse(ledger::to_json_text(*stake));
  if (const auto stash = s.stash_of(id))
    shown["controls_stake_of"] = to_string(*stash);
  if (const auto dao = s.dao(id))
    shown["dao"] = json::parse(ledger::to_json_text(*dao));
  return shown;
}

/// What of the ledger was asked for.
result<json> part_of(const ledger::state& s, const store::view& from, const options& o) {
  if (!o.task.empty()) {
    const auto id = id_from_hex<task_id>(o.task);
    return id ? form_of(s.task(*id), "task " + o.task) : fail(id.error().within("--task"));
  }
  if (!o.channel.empty()) {
    const auto id = id_from_hex<ledger::channel_id>(o.channel);
    return id ? form_of(s.channel(*id), "channel " + o.channel)
              : fail(id.error().within("--channel"));
  }
  if (o.account.empty()) {
    std::optional<hash256> block_id;
    if (s.has_validators() && s.height() > 0) {
      const auto id = consensus::block_id(from, s.height());
      if (!id)
        return fail(id.error());
      block_id = *id;
    }
    return summary_of(s, block_id, o.as_json);
  }
  const auto id = account_from_text(o.account);
  if (!id)
    return fail(id.error().within(o.account));
  if (o.proposal)
    return form_of(s.proposal(*id, *o.proposal), "such proposal of " + o.account,
                   s.rules().governance);
  return account_of(s, *id, o);
}

int show(const options& o) {
  const auto store = open_store(o.folder);
  if (!store)
    return ledger_failed(store.error(), false);
  const auto view = (*store)->open_view();
  if (!view)
    return ledger_failed(view.error().within(o.folder), false);
  const auto s = ledger::open_log(**view, ledger::signatures::trusted, consensus::elections);
  if (!s)
    return ledger_failed(s.error().within(o.folder), false);
  const auto shown = part_of(*s, **view, o);
  if (!shown)
    return bad_input(shown.error().within(o.folder));
  print(*shown, o.as_json);
  return exit_ok;
}

/// Holds every acknowledgement against the ledger; their number. A last line without its end is
/// that of a killed writer, and acknowledged nothing.
result<std::uint64_t> check_acks(const std::string& path, const orchestration::ack_check& check) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return 0; // the run died before its first
  std::uint64_t count = 0;
  std::string line;
  char c = 0;
  while (in.get(c)) {
    if (c != '\n') {
      line.push_back(c);
      if (line.size() > orchestration::ack_line_max)
        return fail(base_errc::malformed,
                    fmt::format("{}:{}: the line is too long", path, count + 1));
      continue;
    }
    ++count;
    const auto a = orchestration::ack_from_line(line);
    if (!a)
      return fail(a.error().within(fmt::format("{}:{}", path, count)));
    if (auto held = check.check(*a); !held)
      return fail(held.error().within(fmt::format("{}:{}", path, count)));
    line.clear();
  }
  return count;
}

int verify(const options& o) {
  const auto store = open_store(o.folder, true);
  if (!store)
    return ledger_failed(store.error(), true);
  const auto view = (*store)->open_view();
  if (!view)
    return ledger_failed(view.error().within(o.folder), true);
  orchestration::ack_check acks;
  const auto done = ledger::verify_log(
      **view,
      [&acks](const ledger::block&, const ledger::applied& applied) {
        for (const auto& event : applied.events)
          acks.see(event);
      },
      consensus::elections);
  if (!done)
    return ledger_failed(done.error().within(o.folder), true);
  std::uint64_t acknowledged = 0;
  if (done->first_height == 0) { // what was pruned cannot be looked up
    const auto checked = check_acks(o.folder + "/acks.jsonl", acks);
    if (!checked) {
      std::fprintf(stderr, "ainur: %s\n", checked.error().to_string().c_str());
      return exit_failed;
    }
    acknowledged = *checked;
  }
  const auto& s = done->final_state;
  print(json{{"verified", true},
             {"height", s.height()},
             {"from_height", done->first_height},
             {"blocks", done->blocks},
             {"batches", done->batches},
             {"events", done->events},
             {"bases", done->bases},
             {"tables_height", done->tables_height},
             {"standing_records", done->standing_records},
             {"stored_values", done->values},
             {"tasks_opened", acks.opened()},
             {"tasks_ended", acks.ended()},
             {"acknowledgements", acknowledged},
             {"conserved", s.conserved()},
             {"block_hash", to_string(s.block_hash())},
             {"state_hash", to_string(s.state_hash())}},
        o.as_json);
  return exit_ok;
}

} // namespace

void add_ledger(frame& f) {
  auto* group = f.add("ledger", "Make a ledger, look at it, check it, copy it",
                      "ainur ledger verify data", nullptr);
  group->require_subcommand(1);
  const auto o = std::make_shared<options>();
  auto* one = f.add(
      "show", "Print the ledger's height, hashes and totals, or one account, task, ...",
      "ainur ledger show data --json\n  ainur ledger show data did:ainur:...",
      [o] { return show(*o); }, group);
  one->add_option("DIR,--data", o->folder, "What --data of `ainur run` names")->required();
  auto* account = one->add_option("ACCOUNT", o->account, "A did or 64 hexadecimal digits");
  one->add_option("--task", o->task, "A task with its awards, amounts in uAINU")->excludes(account);
  one->add_option("--channel", o->channel, "A payment channel, amounts in uAINU")
      ->excludes(account);
  one->add_option("--proposal", o->proposal, "A proposal of the DAO that ACCOUNT is, by its number")
      ->needs(account);
  one->add_flag("--json", o->as_json, "Print JSON, amounts in uAINU");
  auto* all = f.add(
      "verify",
      "Replay and check everything: blocks, signatures, hashes, money, and that every "
      "acknowledgement of the run is in the ledger",
      "ainur ledger verify data", [o] { return verify(*o); }, group);
  all->add_option("DIR,--data", o->folder, "What --data of `ainur run` names")->required();
  all->add_flag("--json", o->as_json, "Print JSON");
  add_ledger_make(f, group);
  add_ledger_read(f, group);
  add_ledger_proof(f, group);
  add_ledger_replay(f, group);
}

} // namespace ainur::cli
