// ainur tx: each call of the ledger, signed by a key file, in a block of an embedded ledger.
//
// The commands come from the ledger's own catalogue: a call a command, a field an option.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <nlohmann/json.hpp>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/local_ledger.hpp"
#include "ainur/ledger/proposal.hpp"
#include "ainur/ledger/text.hpp"
#include "ledger_command.hpp"
#include "tx_help.hpp"
#include "tx_signer.hpp"

namespace ainur::cli {

namespace {

/// What all of these commands take.
struct options {
  std::string folder;
  key_choice key;
  std::string origin;
  std::optional<std::uint64_t> hosted_index;
  std::string host;
  std::string valid_for = "10min";
  std::string time;
  std::string out;
  bool all = false;
  bool as_json = false;
};

/// One field of a call as it was typed.
struct typed_field {
  const ledger::call_field* field = nullptr;
  std::string option; ///< "--value"; "--call-host" where all commands have one of that name
  std::vector<std::string> values;
  bool flag = false;
};

struct typed_call {
  options common;
  const ledger::call_info* info = nullptr;
  std::vector<typed_field> fields;
  std::string file; ///< of `batch` and `submit`
};

bool is_plain(const std::string& kind) {
  return kind == "account" || kind == "amount" || kind == "time" || kind == "duration" ||
         kind == "text" || kind.find(" bytes in hexadecimal") != std::string::npos ||
         kind == "bytes in hexadecimal" || kind.find('|') != std::string::npos;
}

/// True if it is typed as several values, not as one in JSON.
bool is_plain_list(const std::string& kind) {
  constexpr std::string_view list = "list of ";
  return kind.starts_with(list) && is_plain(kind.substr(list.size()));
}

/// The calls of a proposal: hexadecimal, or a JSON list that is encoded here.
result<json> proposed_calls(const std::string& text) {
  if (text.empty() || text.front() != '[')
    return json(text);
  const auto list = json::parse(text, nullptr, false);
  if (list.is_discarded())
    return fail(base_errc::malformed, "a JSON list of calls is needed");
  std::vector<ledger::call> calls;
  for (const auto& each : list) {
    auto c = ledger::call_from_json(each.dump());
    if (!c)
      return fail(c.error().within("call " + std::to_string(calls.size() + 1)));
    calls.push_back(std::move(*c));
  }
  return json(to_hex(ledger::encode_calls(calls)));
}

/// One typed value as JSON. Errors: `base_errc::malformed`.
result<json> value_of(const std::string& kind, const std::string& text) {
  if (is_plain(kind))
    return json(text);
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return fail(base_errc::malformed,
                kind + " is needed" + (kind == "whole number" ? "" : ", as JSON"));
  return parsed;
}

result<json> value_of(const typed_field& f) {
  const auto& kind = f.field->kind;
  if (kind == "true or false")
    return json(f.flag);
  if (!is_plain_list(kind))
    return value_of(kind, f.values.front());
  json all = json::array();
  for (const auto& v : f.values)
    all.push_back(v);
  return all;
}

/// Members stand in rising order on the ledger; typed they may stand in any.
void sort_members(ledger::call& c) {
  if (auto* made = std::get_if<ledger::create_dao>(&c))
    std::sort(made->members.begin(), made->members.end());
  if (auto* set = std::get_if<ledger::dao_set_members>(&c))
    std::sort(set->members.begin(), set->members.end());
}

result<ledger::call> call_of(const typed_call& t) {
  json fields = json::object();
  for (const auto& f : t.fields) {
    if (f.values.empty() && !f.flag)
      continue;
    const bool proposed = t.info->name == "propose" && f.field->name == "calls";
    auto value = proposed ? proposed_calls(f.values.front()) : value_of(f);
    if (!value)
      return fail(value.error().within(f.option));
    fields[std::string{f.field->name}] = std::move(*value);
  }
  auto c = ledger::call_from_json(json{{std::string{t.info->name}, fields}}.dump());
  if (c)
    sort_members(*c);
  return c;
}

/// One call a line, as JSON. Errors name the line.
result<std::vector<ledger::call>> calls_of_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return fail(base_errc::not_found, path + ": cannot be read");
  std::vector<ledger::call> calls;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    auto c = ledger::call_from_json(line);
    if (!c)
      return fail(c.error().within(path + ":" + std::to_string(number)));
    calls.push_back(std::move(*c));
  }
  if (calls.empty())
    return fail(base_errc::malformed, path + ": holds no call");
  return calls;
}

result<timestamp> time_of(const options& o) {
  if (!o.time.empty()) {
    auto t = timestamp_from_text(o.time);
    return t ? t : fail(t.error().within("--time"));
  }
  // A run has a clock of its own; a block of today would let all its deadlines pass.
  if (std::error_code ignored; std::filesystem::exists(o.folder + "/run.id", ignored))
    return fail(base_errc::unsupported,
                o.folder + " belongs to a run, whose clock is not today's: say the block's --time, "
                           "or work on a copy (`ainur ledger backup`)");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return timestamp_at(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

/// Who acts: the signer, or an account that it hosts (itself or for another host).
result<ledger::entry> actor_of(const options& o, const account_id& signer) {
  ledger::entry e;
  e.hosted_index = o.hosted_index;
  auto host = signer;
  if (!o.host.empty()) {
    auto named = account_from_text(o.host);
    if (!named)
      return fail(named.error().within("--host"));
    if (!o.hosted_index)
      return fail(base_errc::malformed, "--host needs --hosted-index");
    host = *named;
    e.host = host;
  }
  e.origin = o.hosted_index ? crypto::hosted_account(host, *o.hosted_index) : signer;
  return e;
}

result<ledger::signed_batch> sign(const options& o, const ledger::local_ledger& books,
                                  std::vector<ledger::call> calls, timestamp now) {
  const auto key = load_key(o.key);
  if (!key)
    return fail(key.error());
  // The key speaks for the account it began, or for the one that is named.
  auto signer = crypto::account_of(key->public_part());
  if (!o.origin.empty()) {
    auto named = account_from_text(o.origin);
    if (!named)
      return fail(named.error().within("--signer"));
    signer = *named;
  }
  const auto lasts = duration_from_text(o.valid_for);
  if (!lasts)
    return fail(lasts.error().within("--valid-for"));
  ledger::batch b;
  b.signer = signer;
  if (crypto::account_of(key->public_part()) != signer)
    b.key = key->public_part().value;
  b.mode = o.all ? ledger::batch_mode::all : ledger::batch_mode::each;
  hash256 chain;
  auto asked = books.query([&](const ledger::state& s) {
    chain = s.chain();
    b.nonce = s.nonce(signer);
    b.valid_until = std::max(now, s.time() + duration{1}) + *lasts;
  });
  if (!asked)
    return fail(asked.error());
  for (auto& c : calls) {
    auto e = actor_of(o, signer);
    if (!e)
      return fail(e.error());
    e->call = std::move(c);
    b.entries.push_back(std::move(*e));
  }
  return ledger::sign_batch(chain, std::move(b), seed_of(*key));
}

int print_receipt(const options& o, const ledger::applied& done) {
  const auto& receipt = done.batches.front();
  bool ok = receipt.status == ledger::errc::ok;
  for (const auto code : receipt.entries)
    ok = ok && code == ledger::errc::ok;
  if (o.as_json) {
    json out{{"height", done.height},
             {"time", to_string(done.time)},
             {"block_hash", to_string(done.block_hash)},
             {"receipt", json::parse(ledger::to_json_text(receipt))},
             {"events", json::array()}};
    for (const auto& e : done.events)
      out["events"].push_back(json::parse(ledger::to_json_text(e)));
    std::puts(out.dump(2).c_str());
    return ok ? exit_ok : exit_failed;
  }
  const auto say = [](ledger::errc code) {
    const auto info = describe(code);
    return std::string{info.name} + (code == ledger::errc::ok ? "" : ": " + std::string{info.text});
  };
  if (receipt.status != ledger::errc::ok)
    std::printf("refused: %s\n", say(receipt.status).c_str());
  if (receipt.status == ledger::errc::unknown_signer && o.origin.empty())
    std::puts("(after a rotation --signer names the account that the key speaks for)");
  for (std::size_t i = 0; i < receipt.entries.size(); ++i)
    std::printf("call %zu: %s\n", i + 1, say(receipt.entries[i]).c_str());
  std::printf("block %llu at %s\n", static_cast<unsigned long long>(done.height),
              to_string(done.time).c_str());
  for (const auto& e : done.events)
    std::printf("  %s\n", ledger::to_json_text(e).c_str());
  return ok ? exit_ok : exit_failed;
}

int submit(const options& o, ledger::local_ledger& books, ledger::signed_batch b, timestamp now) {
  if (!o.out.empty()) {
    std::ofstream file{o.out, std::ios::binary | std::ios::trunc};
    file << ledger::to_json_text(b) << '\n';
    file.flush();
    return file ? exit_ok : bad_input({base_errc::io, o.out + ": cannot be written"});
  }
  bool validated = false;
  if (const auto asked = books.query([&](const auto& s) { validated = s.has_validators(); });
      !asked)
    return bad_input(asked.error().within(o.folder));
  if (validated)
    return bad_input({base_errc::unsupported,
                      o.folder + ": validators make the blocks of this ledger, and none of them "
                                 "runs here; hand the batch (--out) to a run of theirs"});
  std::vector<ledger::signed_batch> batches;
  batches.push_back(std::move(b));
  const auto done = books.submit(std::move(batches), now);
  return done ? print_receipt(o, *done) : bad_input(done.error().within(o.folder));
}

int carry_out(const options& o, std::vector<ledger::call> calls) {
  const auto now = time_of(o);
  if (!now)
    return bad_input(now.error());
  const auto books = open_books(o.folder);
  if (!books)
    return bad_input(books.error());
  auto b = sign(o, **books, std::move(calls), *now);
  return b ? submit(o, **books, std::move(*b), *now) : bad_input(b.error());
}

int run_call(const typed_call& t) {
  auto c = call_of(t);
  if (!c)
    return bad_input(c.error());
  std::vector<ledger::call> calls;
  calls.push_back(std::move(*c));
  return carry_out(t.common, std::move(calls));
}

int run_batch(const typed_call& t) {
  auto calls = calls_of_file(t.file);
  return calls ? carry_out(t.common, std::move(*calls)) : bad_input(calls.error());
}

int run_submit(const typed_call& t) {
  std::ifstream in{t.file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in && text.empty())
    return bad_input({base_errc::not_found, t.file + ": cannot be read"});
  auto b = ledger::batch_from_json(text);
  if (!b)
    return bad_input(b.error().within(t.file));
  const auto now = time_of(t.common);
  if (!now)
    return bad_input(now.error());
  const auto books = open_books(t.common.folder);
  if (!books)
    return bad_input(books.error());
  return submit(t.common, **books, std::move(*b), *now);
}

void add_place(CLI::App* c, options& o) {
  c->add_option("DIR,--data", o.folder, "The ledger's data directory")->required();
  c->add_option("--time", o.time, "The block's time, like 2026-01-01T00:00:00Z; default: now");
  c->add_flag("--json", o.as_json, "Print JSON, amounts in uAINU");
}

void add_signer(CLI::App* c, options& o) {
  add_key_options(c, o.key);
  c->add_option("--signer", o.origin,
                "The account the key speaks for, if it is not the one it began");
  c->add_option("--hosted-index", o.hosted_index,
                "Act for the account that the signer hosts under this number");
  c->add_option("--host", o.host, "... that this host hosts, having delegated to the signer");
  c->add_option("--valid-for", o.valid_for, "How long the batch may act")->capture_default_str();
  c->add_option("--out", o.out, "Write the signed batch to this file instead of submitting it");
}

/// How the fields are written that are objects, and what the ledger says of the call.
std::string call_help(const typed_call& t) {
  std::string text;
  for (const auto& f : t.fields)
    if (!f.field->form.empty())
      text += f.option + " is JSON:\n  " + f.field->form + "\n\n";
  return text + rules_help(*t.info);
}

void add_field(CLI::App* c, typed_field& typed) {
  const auto plain = "--" + typed_name(typed.field->name);
  typed.option = c->get_option_no_throw(plain) == nullptr ? plain : "--call" + plain.substr(1);
  const auto& kind = typed.field->kind;
  auto* option = kind == "true or false" ? c->add_flag(typed.option, typed.flag, "(flag)")
                                         : c->add_option(typed.option, typed.values, kind);
  // One value is one word of the command line, even if it is JSON in brackets.
  if (kind != "true or false" && !is_plain_list(kind))
    option->expected(1)->allow_extra_args(false);
  option->required(typed.field->required);
  option->group("The call");
}

void add_call(frame& f, CLI::App* group, const ledger::call_info& info) {
  const auto t = std::make_shared<typed_call>();
  t->info = &info;
  auto example = "ainur tx " + typed_name(info.name) + " data --key me.key";
  auto* c = f.add(
      typed_name(info.name), std::string{info.summary}, "", [t] { return run_call(*t); }, group);
  add_place(c, t->common);
  add_signer(c, t->common);
  t->fields.resize(info.fields.size());
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    t->fields[i].field = &info.fields[i];
    add_field(c, t->fields[i]);
    if (info.fields[i].required)
      example += " " + t->fields[i].option + " ...";
  }
  c->footer([t] { return call_help(*t); }); // stands before the example
  c->footer("Example:\n  " + example);
}

} // namespace

void add_tx(frame& f) {
  auto* group =
      f.add("tx", "Make calls on an embedded ledger, signed by a key file",
            "ainur tx transfer data --key me.key --to did:ainur:... --value '1.5 AINU'", nullptr);
  group->require_subcommand(0, 1);
  const auto reference = std::make_shared<bool>(false);
  group->add_flag("--reference", *reference, "Print the reference of all calls (Markdown) instead");
  group->callback([&f, group, reference] {
    if (*reference)
      f.chosen = [] { return print_reference(); };
    else if (group->get_subcommands().empty())
      throw CLI::RequiredError::Subcommand(1);
  });
  for (const auto& info : ledger::call_catalogue())
    add_call(f, group, info);
  const auto b = std::make_shared<typed_call>();
  auto* batch = f.add(
      "batch", "Make many calls in one signed batch: one JSON object a line",
      "ainur tx batch data calls.jsonl --key me.key --all", [b] { return run_batch(*b); }, group);
  add_place(batch, b->common);
  batch->add_option("FILE", b->file, "The calls")->required();
  add_signer(batch, b->common);
  batch->add_flag("--all", b->common.all, "All of them or none");
  const auto s = std::make_shared<typed_call>();
  auto* sub = f.add(
      "submit", "Submit a signed batch that --out has written", "ainur tx submit data batch.json",
      [s] { return run_submit(*s); }, group);
  add_place(sub, s->common);
  sub->add_option("FILE", s->file, "The signed batch")->required();
  add_tx_channel(f, group);
}

} // namespace ainur::cli
