// ainur tx sign-opening, sign-state, sign-bid: what parties sign for each other, outside of
// batches.
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/channel.hpp"
#include "ainur/ledger/local_ledger.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/ledger/text.hpp"
#include "ledger_command.hpp"
#include "tx_signer.hpp"

namespace ainur::cli {

void add_key_options(CLI::App* command, key_choice& key) {
  command->add_option("--key", key.file, "The key file that signs")->required();
  add_passphrase_options(command, key.passphrase);
}

result<crypto::secret_key> load_key(const key_choice& key) {
  // Nobody is asked for the passphrase of a file that is not there.
  if (const auto content = crypto::read_key_file(key.file); !content)
    return fail(content.error());
  const auto phrase = read_passphrase(key.passphrase, false);
  if (!phrase)
    return fail(phrase.error());
  return unlock_file(key.file, phrase->text);
}

result<std::unique_ptr<ledger::local_ledger>> open_books(const std::string& folder) {
  if (auto found = find_store(folder); !found)
    return fail(found.error());
  auto books = ledger::local_ledger::open(store_in(folder), {.elections = consensus::elections});
  return books ? std::move(books) : fail(books.error().within(folder));
}

byte_array<32> seed_of(const crypto::secret_key& key) {
  byte_array<32> seed{};
  const auto secret = key.to_seed();
  std::copy(secret.view().begin(), secret.view().end(), seed.begin());
  return seed;
}

namespace {

struct options {
  std::string folder;
  key_choice key;
  std::string content;
  std::optional<std::uint32_t> key_version;
  bool as_json = false;
};

int print_signature(const options& o, const ledger::channel_id& id,
                    const byte_array<64>& signature) {
  print(json{{"channel", to_string(id)}, {"signature", to_hex(signature)}}, o.as_json);
  return exit_ok;
}

int sign_opening(const options& o) {
  const auto params = ledger::channel_params_from_json(o.content);
  if (!params)
    return bad_input(params.error().within("--params"));
  const auto books = open_books(o.folder);
  if (!books)
    return bad_input(books.error());
  hash256 chain;
  if (auto asked = (*books)->query([&chain](const ledger::state& s) { chain = s.chain(); }); !asked)
    return bad_input(asked.error());
  const auto key = load_key(o.key);
  if (!key)
    return bad_input(key.error());
  const auto id = ledger::channel_id_of(chain, *params);
  return print_signature(o, id, ledger::sign_opening(seed_of(*key), id));
}

int sign_state(const options& o) {
  const auto state = ledger::channel_state_from_json(o.content);
  if (!state)
    return bad_input(state.error().within("--state"));
  const auto key = load_key(o.key);
  if (!key)
    return bad_input(key.error());
  return print_signature(o, state->channel,
                         ledger::sign_state(seed_of(*key), ledger::channel_state_tag, *state));
}

int sign_bid(const options& o) {
  const auto bid = id_from_hex<hash256>(o.content);
  if (!bid)
    return bad_input(bid.error().within("--bid"));
  const auto key = load_key(o.key);
  if (!key)
    return bad_input(key.error());
  const auto signature = ledger::sign_detached(seed_of(*key), ledger::bid_tag,
                                               ledger::bid_message(*bid, o.key_version));
  json out{{"bid", to_string(*bid)}};
  if (o.key_version)
    out["key_version"] = *o.key_version;
  out["signature"] = to_hex(signature);
  print(out, o.as_json);
  return exit_ok;
}

} // namespace

void add_tx_channel(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* opening = f.add(
      "sign-opening", "Consent to open a channel: print its id and this key's signature",
      "ainur tx sign-opening data --key me.key --params '{\"first\": ...}'",
      [o] { return sign_opening(*o); }, group);
  opening->add_option("DIR,--data", o->folder, "The ledger's data directory")->required();
  opening->add_option("--params", o->content, "channel_params as JSON")->required();
  const auto s = std::make_shared<options>();
  auto* state = f.add(
      "sign-state", "Sign a state of a channel: print this key's signature",
      "ainur tx sign-state --key me.key --state '{\"channel\": ...}'",
      [s] { return sign_state(*s); }, group);
  state->add_option("--state", s->content, "channel_state as JSON")->required();
  const auto b = std::make_shared<options>();
  auto* bid = f.add(
      "sign-bid", "Consent to an award of a bid: print this key's signature",
      "ainur tx sign-bid --key agent.key --bid 3f2a...", [b] { return sign_bid(*b); }, group);
  bid->add_option("--bid", b->content, "The bid's hash, as in the award's line")->required();
  bid->add_option("--key-version", b->key_version,
                  "Name the version of the key, so that the signature outlives a rotation");
  for (auto [command, at] :
       {std::pair{opening, o.get()}, std::pair{state, s.get()}, std::pair{bid, b.get()}}) {
    add_key_options(command, at->key);
    command->add_flag("--json", at->as_json, "Print JSON");
  }
}

} // namespace ainur::cli
