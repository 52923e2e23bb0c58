// A ledger under load, to be killed at any instant.
//
//   ledger_load DIR ACKS SEED        submits batches until it is killed; after each answer it adds
//                                    a line to ACKS: nonce, height, results
//   ledger_load --check DIR ACKS     every line of ACKS is in the ledger as it was answered, once;
//                                    every batch of the ledger acted once; the books agree
//
// The batches carry transfers, bonds, locks, tasks and streams of ten hosted accounts, some of them
// bound to fail. Exit code 1 says what is wrong.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "ainur/base/rng.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/local_ledger.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/store/environment.hpp"

namespace {

using namespace ainur;
using namespace ainur::ledger;

constexpr std::uint64_t accounts = 10;
constexpr byte_array<32> seed{7};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "ledger_load: %s\n", why.c_str());
  std::exit(1);
}

account_id host() {
  return account_of_seed(seed);
}

account_id member(std::uint64_t index) {
  return crypto::hosted_account(host(), index);
}

timestamp now() {
  const auto t = std::chrono::system_clock::now().time_since_epoch();
  return timestamp_at(std::chrono::duration_cast<std::chrono::microseconds>(t).count());
}

genesis make_genesis() {
  genesis g;
  g.time = timestamp_at(1'700'000'000'000'000);
  g.authority = host();
  g.allocations.push_back({host(), amount::ainu(1'000'000), {}});
  for (std::uint64_t i = 0; i < accounts; ++i)
    g.allocations.push_back({member(i), amount::ainu(1'000'000), amount::ainu(2'000)});
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& a, const auto& b) { return a.account < b.account; });
  return g;
}

call some_call(rng& random, timestamp at) {
  switch (random.below(6)) {
  case 0:
    return bond{amount{random.below(1'000)}};
  case 1:
    return unbond{amount{random.below(1'000)}};
  case 2:
    return lock_balance{static_cast<std::uint8_t>(random.below(16)), amount{random.below(1'000)},
                        at + std::chrono::milliseconds{random.below(2'000)}};
  case 3: {
    open_task t;
    t.task = crypto::task_id_of(host(), random.next());
    t.host = host();
    t.budget = amount{1 + random.below(10'000)};
    t.award_by = at + std::chrono::milliseconds{random.below(500)};
    t.deadline = t.award_by + std::chrono::seconds{1};
    return t;
  }
  default:
    return transfer{member(random.below(accounts)), amount{random.below(2'000'000'000)}};
  }
}

std::string results_of(const batch_receipt& r) {
  std::string text{describe(r.status).name};
  for (const auto code : r.entries)
    text += "," + std::string{describe(code).name};
  return text;
}

/// Also on disk before it returns, as an acknowledgement that somebody relies on.
void note(int file, const std::string& line) {
  if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fdatasync(file) != 0)
    stop("the acknowledgement could not be written");
}

int load(const std::string& folder, const std::string& acks, std::uint64_t round) {
  local_options options;
  options.keeper.flush_blocks_max = 7;
  options.keeper.keep_blocks = round % 2 == 0 ? 40 : 0;
  options.keeper.keep_time = duration{0};
  options.keeper.base_chunk_bytes = 2'000;
  options.keeper.prune_step = 5;
  options.checkpoint_interval = 11;
  auto books = local_ledger::create(folder, make_genesis(), options);
  if (!books)
    stop(books.error().to_string());
  const int file = ::open(acks.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0)
    stop("the file of acknowledgements could not be opened");
  rng random{round};
  for (;;) {
    hash256 chain;
    batch b{.signer = host(), .key = std::nullopt, .valid_until = now(), .entries = {}};
    b.valid_until += std::chrono::hours{1};
    if (auto asked = (*books)->query([&](const state& s) {
          chain = s.chain();
          b.nonce = s.nonce(host());
        });
        !asked)
      stop(asked.error().to_string());
    for (auto count = 1 + random.below(20); count > 0; --count) {
      const auto who = random.below(accounts);
      b.entries.push_back({member(who), who, some_call(random, now())});
    }
    b.mode = random.below(4) == 0 ? batch_mode::all : batch_mode::each;
    const auto nonce = b.nonce;
    std::vector<signed_batch> batches;
    batches.push_back(sign_batch(chain, std::move(b), seed));
    const auto done = (*books)->submit(std::move(batches), now());
    if (!done)
      stop(done.error().to_string());
    note(file, std::to_string(nonce) + " " + std::to_string(done->height) + " " +
                   results_of(done->batches.front()) + "\n");
  }
}

int check(const std::string& folder, const std::string& acks) {
  const auto store = store::lmdb_environment::open(folder, {.create = false});
  if (!store)
    stop(store.error().to_string());
  const auto view = (*store)->open_view();
  if (!view)
    stop(view.error().to_string());
  std::map<std::uint64_t, std::string> acted; // by nonce
  const auto done = verify_log(**view, [&](const block& b, const applied& a) {
    for (std::size_t i = 0; i < b.batches.size(); ++i)
      if (!acted
               .emplace(b.batches[i].batch.nonce,
                        std::to_string(b.height) + " " + results_of(a.batches[i]))
               .second)
        stop("the batch of nonce " + std::to_string(b.batches[i].batch.nonce) + " acted twice");
  });
  if (!done && done.error().is(base_errc::not_found) && !std::ifstream{acks}.good())
    return 0; // killed before there was a ledger
  if (!done)
    stop(done.error().to_string());
  if (!done->final_state.conserved())
    stop("money is not conserved");
  std::ifstream in{acks};
  std::string line;
  std::uint64_t count = 0;
  while (std::getline(in, line) && !in.eof()) { // a line without its end acknowledged nothing
    const auto space = line.find(' ');
    const auto nonce = std::stoull(line.substr(0, space));
    const auto height = std::stoull(line.substr(space + 1));
    ++count;
    const auto found = acted.find(nonce);
    if (found == acted.end() && height > done->first_height)
      stop("the acknowledged batch of nonce " + std::to_string(nonce) + " is lost");
    if (found != acted.end() && found->second != line.substr(space + 1))
      stop("nonce " + std::to_string(nonce) + ": acknowledged was " + line.substr(space + 1) +
           ", the ledger says " + found->second);
    if (nonce >= done->final_state.nonce(host()))
      stop("the acknowledged batch of nonce " + std::to_string(nonce) + " is not counted");
  }
  std::printf("%llu acknowledged, %zu batches, height %llu\n",
              static_cast<unsigned long long>(count), acted.size(),
              static_cast<unsigned long long>(done->final_state.height()));
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "--check")
    return check(words[1], words[2]);
  if (words.size() == 3)
    return load(words[0], words[1], std::stoull(words[2]));
  stop("usage: ledger_load DIR ACKS SEED | ledger_load --check DIR ACKS");
}
