// The ledger as actors of a host's own system: receipts, a follower, earlier states, back-pressure.
//   c++ -std=c++20 ledger_actor.cpp -o ledger_actor $(pkg-config --cflags --libs ainur)
#include <ainur/actors/ledger_service.hpp>
#include <ainur/actors/system.hpp>
#include <ainur/ledger/log.hpp>
#include <ainur/ledger/signature.hpp>
#include <ainur/ledger/text.hpp>
#include <ainur/store/memory_store.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <algorithm>
#include <cstdio>
#include <future>
#include <map>
#include <string>
#include <thread>

using namespace ainur;

namespace {

constexpr byte_array<32> town_seed{1}, ann_seed{2};
const account_id town = ledger::account_of_seed(town_seed);
const account_id ann = ledger::account_of_seed(ann_seed);

ledger::genesis make_genesis() {
  ledger::genesis g;
  g.time = timestamp_at(1'700'000'000'000'000);
  g.authority = g.council = town;
  for (const auto& id : {town, ann})
    g.allocations.push_back({id, amount::ainu(1'000), {}});
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  return g;
}

// A batch of so many payments of 1 AINU.
ledger::signed_batch payments(const environment& world, std::uint64_t nonce, std::size_t count) {
  ledger::batch b;
  b.signer = ann;
  b.nonce = nonce;
  b.valid_until = world.utc_now() + std::chrono::minutes{10};
  for (std::size_t i = 0; i < count; ++i)
    b.entries.push_back({ann, std::nullopt, ledger::transfer{town, amount::ainu(1)}});
  return ledger::sign_batch(ledger::genesis_hash(make_genesis()), std::move(b), ann_seed);
}

// Asks the ledger of this moment: while it is started again there is none.
template <class Answer, class Message>
result<Answer> ask(caf::scoped_actor& self, const ledger_service& service, Message message) {
  while (!service.ledger())
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  result<Answer> out = fail(base_errc::not_found, "no answer");
  self->request(service.ledger(), std::chrono::seconds{60}, std::move(message))
      .receive([&](Answer& answer) { out = std::move(answer); },
               [&](caf::error& why) { out = fail(base_errc::not_found, to_text(why)); });
  return out;
}

void print(const char* what, const result<msg::batch_receipts>& answer) {
  std::printf("%s:", what);
  for (const auto& r : answer.value().receipts)
    std::printf(" %s", std::string{describe(r.status).name}.c_str());
  std::puts("");
}

// What a follower has made of the ledger. A real one keeps it on disk, cursor and results in one
// write, and so goes on after a restart where it stood.
struct projection {
  std::uint64_t cursor = 0; // height of the last block it has done with
  std::map<std::string, int> events;
};

caf::behavior follower(caf::stateful_actor<projection>* self, const ledger_service& service,
                       std::uint64_t until, std::promise<projection>* done) {
  self->send(self, msg::tick{});
  return {[=](const msg::tick&) {
    const auto again = [self](const caf::error&) {
      self->delayed_send(self, std::chrono::milliseconds{100}, msg::tick{});
    };
    const auto ledger = service.ledger();
    if (!ledger)
      return again({});
    self->request(ledger, std::chrono::seconds{60}, msg::ask_blocks{self->state.cursor})
        .then(
            [=](const msg::blocks_after& answer) {
              for (const auto& b : answer.blocks) {
                for (const auto& e : b->events)
                  ++self->state.events[std::string{ledger::name_of(e)}];
                self->state.cursor = b->height;
              }
              if (self->state.cursor < until)
                return self->send(self, msg::tick{});
              done->set_value(self->state);
              self->quit();
            },
            again);
  }};
}

void run(caf::actor_system& system, const environment& world, const ledger_service& service) {
  caf::scoped_actor self{system};
  std::promise<projection> done;
  system.spawn(follower, service, std::uint64_t{4}, &done);

  ledger::batch b = payments(world, 0, 1).batch;
  b.entries.front().call = ledger::bond{amount::ainu(100)};
  const auto chain = ledger::genesis_hash(make_genesis());
  // The first question is answered once the ledger has read its log.
  (void)ask<msg::totals>(self, service, msg::ask_totals{}).value();
  print("bond", ask<msg::batch_receipts>(
                    self, service,
                    msg::submit_batches{{ledger::sign_batch(chain, std::move(b), ann_seed)}}));

  // More than there is room for is answered at once; the sender offers less, or later.
  print("200 payments",
        ask<msg::batch_receipts>(self, service, msg::submit_batches{{payments(world, 1, 200)}}));
  print("100 payments",
        ask<msg::batch_receipts>(self, service, msg::submit_batches{{payments(world, 1, 100)}}));
  print("and again",
        ask<msg::batch_receipts>(self, service, msg::submit_batches{{payments(world, 2, 100)}}));
  print("the same nonce",
        ask<msg::batch_receipts>(self, service, msg::submit_batches{{payments(world, 2, 1)}}));

  // Now, and at a checkpoint that is kept: here every second block is one.
  for (const auto height : {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{2}}) {
    const auto seen = ask<msg::account_views>(self, service, msg::ask_accounts{{town}, height});
    std::printf("town %s: %s\n", height ? "at block 2" : "now",
                to_string(seen.value().views.at(0)->free).c_str());
  }
  const auto followed = done.get_future().get();
  for (const auto& [name, count] : followed.events)
    std::printf("followed: %d %s\n", count, name.c_str());
}

} // namespace

int main() {
  caf::actor_system_config config;
  ainur::configure(config, {}); // before the system is built
  caf::actor_system system{config};
  const auto world = environment::on_real_clock({});

  // A program that is to last opens a store::lmdb_environment here.
  auto store = std::make_shared<store::memory_store>();
  if (const auto begun = ledger::prepare_log(*store, make_genesis()); !begun) {
    std::fprintf(stderr, "%s\n", begun.error().to_string().c_str());
    return 1;
  }
  ledger_service_options options;
  options.store = store;
  options.authority.host_seed = town_seed;
  options.authority.waiting_max = 150;       // calls; presets to a million
  options.authority.checkpoint_interval = 2; // blocks
  const auto service = ledger_service::start(system, world, std::move(options));
  run(system, world, service);
  // Ends the ledger, then its writer; the system waits for both when it is destroyed.
  caf::anon_send_exit(service.root(), caf::exit_reason::user_shutdown);
}
