// ainur ledger history, export
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "ainur/consensus/block.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/ledger/touches.hpp"
#include "ledger_command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string folder;
  std::string account;
  std::string file;
  std::uint64_t limit = 20;
  std::uint64_t from = 0;
  bool as_json = false;
};

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
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
          {"id", to_string(consensus::id_of(b.batches[i]))},
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
}

} // namespace ainur::cli
