// A ledger inside a program, without actors: signed batches in, receipts out, followed by its
// blocks.
//   c++ -std=c++20 own_ledger.cpp -o own_ledger $(pkg-config --cflags --libs ainur)
#include <ainur/ledger/local_ledger.hpp>
#include <ainur/ledger/signature.hpp>
#include <ainur/ledger/text.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include <unistd.h>

using namespace ainur;

namespace {

// Seeds of keys. A real program makes and keeps them: crypto/keys.hpp, crypto/key_file.hpp.
constexpr byte_array<32> town_seed{1}, ann_seed{2}, bob_seed{3};
const account_id town = ledger::account_of_seed(town_seed);
const account_id ann = ledger::account_of_seed(ann_seed);
const account_id bob = ledger::account_of_seed(bob_seed);

timestamp now() {
  const auto t = std::chrono::system_clock::now().time_since_epoch();
  return timestamp_at(std::chrono::duration_cast<std::chrono::microseconds>(t).count());
}

ledger::genesis make_genesis() {
  ledger::genesis g;
  g.chain = "town";
  g.time = timestamp_at(1'700'000'000'000'000); // part of the chain's name, so always the same
  g.authority = g.council = town;
  for (const auto& id : {ann, bob})
    g.allocations.push_back({id, amount::ainu(100), {}});
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  return g;
}

// A batch is for one chain, has the signer's next number, and acts until its time is over.
result<ledger::signed_batch> signed_by_ann(const ledger::local_ledger& books,
                                           std::vector<ledger::call> calls) {
  ledger::batch b;
  b.signer = ann;
  b.valid_until = now() + std::chrono::minutes{10};
  b.mode = ledger::batch_mode::all;
  for (auto& c : calls)
    b.entries.push_back({ann, std::nullopt, std::move(c)});
  hash256 chain;
  auto asked = books.query([&](const ledger::state& s) {
    chain = s.chain();
    b.nonce = s.nonce(ann);
  });
  if (!asked)
    return fail(asked.error());
  return ledger::sign_batch(chain, std::move(b), ann_seed);
}

void pay(ledger::local_ledger& books, amount value) {
  auto batch = signed_by_ann(books, {ledger::transfer{bob, value}});
  const auto done = books.submit({std::move(batch).value()}, now());
  if (!done) { // the store: a full disk, say; nothing has happened
    std::printf("%s\n", done.error().to_string().c_str());
    return;
  }
  const auto how = done->batches.at(0).entries.at(0);
  std::printf("block %llu: %s\n", static_cast<unsigned long long>(done->height),
              std::string{describe(how).name}.c_str());
}

// What follows a ledger keeps the height of the last block it has done with beside its own results.
std::uint64_t follow(const ledger::local_ledger& books, std::uint64_t cursor) {
  while (true) {
    const auto blocks = books.follow(cursor, 100).value();
    if (blocks.empty())
      return cursor;
    for (const auto& b : blocks) {
      for (const auto& e : b.applied.events)
        std::printf("event: %s\n", std::string{ledger::name_of(e)}.c_str());
      cursor = b.block.height;
    }
  }
}

} // namespace

int main() {
  const auto folder =
      std::filesystem::temp_directory_path() / ("own_ledger." + std::to_string(::getpid()));
  {
    auto books = ledger::local_ledger::create(folder, make_genesis()).value();
    pay(*books, amount::ainu(30));
    pay(*books, amount::ainu(300)); // more than there is
    auto b = signed_by_ann(*books, {ledger::bond{amount::ainu(50)}});
    (void)books->submit({std::move(b).value()}, now()).value();
    std::printf("followed to block %llu\n", static_cast<unsigned long long>(follow(*books, 0)));
  }
  // Closed and opened again: what was answered is there.
  const auto books = ledger::local_ledger::open(folder).value();
  (void)books->query([](const ledger::state& s) {
    const auto a = s.account(ann).value();
    std::printf("ann: %s free, %s bonded\n", to_string(a.free).c_str(),
                to_string(a.bonded).c_str());
  });
  const auto proof = books->prove_account(bob).value();
  const auto shown = ledger::account_of(proof).value();
  std::printf("a proof shows bob's %s: %s\n", to_string(shown->free).c_str(),
              ledger::check_proof(proof) ? "right" : "wrong");
  std::filesystem::remove_all(folder);
}
