// The ledger's speed, and raw LMDB's in the same run.
#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include <lmdb.h>

#include "ainur/base/rng.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/log_keeper.hpp"
#include "ainur/ledger/proof.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/store/environment.hpp"
#include "bench.hpp"

namespace ainur::bench {

namespace {

using namespace ledger;
using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

constexpr timestamp genesis_time = timestamp_at(1'700'000'000'000'000);

/// A host with many hosted accounts, and the calls they make.
class economy {
public:
  explicit economy(std::uint64_t accounts) : ids_(accounts), random_(7) {
    seed_[0] = 1;
    host_ = account_of_seed(seed_);
    for (std::uint64_t i = 0; i < accounts; ++i)
      ids_[i] = crypto::hosted_account(host_, i);
  }

  [[nodiscard]] genesis make_genesis() const {
    genesis g;
    g.time = genesis_time;
    g.authority = host_;
    g.allocations.reserve(ids_.size() + 2);
    for (const auto& id : ids_)
      g.allocations.push_back({id, amount::ainu(1'000), {}});
    g.allocations.push_back({host_, amount::ainu(1'000), {}});
    g.allocations.push_back({orchestrator(), amount::ainu(1), amount::ainu(1'000)});
    std::sort(g.allocations.begin(), g.allocations.end(),
              [](const auto& x, const auto& y) { return x.account < y.account; });
    return g;
  }

  [[nodiscard]] result<state> open() const { return state::open(make_genesis()); }

  [[nodiscard]] entry transfer_call() {
    const auto from = random_.below(ids_.size());
    return {ids_[from], from,
            transfer{ids_[random_.below(ids_.size())], amount{1 + random_.below(1'000)}}};
  }

  [[nodiscard]] batch batch_of(std::uint64_t nonce) const {
    return {.signer = host_,
            .key = std::nullopt,
            .nonce = nonce,
            .valid_until = genesis_time + std::chrono::hours{1},
            .entries = {}};
  }

  [[nodiscard]] batch transfers(std::uint64_t nonce, std::size_t count) {
    auto b = batch_of(nonce);
    b.entries.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      b.entries.push_back(transfer_call());
    return b;
  }

  /// The calls of a task of its life's `step`: open, award, result, release.
  [[nodiscard]] entry life_call(std::uint64_t task, int step) const {
    const auto id = crypto::task_id_of(host_, task);
    const auto payer = task * 2 % ids_.size();
    const auto agent = (task * 2 + 1) % ids_.size();
    switch (step) {
    case 0: {
      open_task c;
      c.task = id;
      c.budget = amount{1'000};
      c.host = host_;
      c.award_by = genesis_time + std::chrono::minutes{10};
      c.deadline = genesis_time + std::chrono::minutes{20};
      return {ids_[payer], payer, c};
    }
    case 1: {
      award_task c;
      c.task = id;
      c.lines.push_back({.subtask = 0,
                         .agent = ids_[agent],
                         .price = amount{900},
                         .work = std::chrono::minutes{5},
                         .bid = crypto::hash("bid", id.view()),
                         .agent_signature = std::nullopt,
                         .agent_index = agent});
      return {orchestrator(), ids_.size(), c};
    }
    case 2:
      return {ids_[agent], agent, post_result{id, 0, crypto::hash("result", id.view())}};
    default:
      return {ids_[payer], payer, release{id, 0}};
    }
  }

  [[nodiscard]] account_id orchestrator() const {
    return crypto::hosted_account(host_, ids_.size());
  }

  [[nodiscard]] const byte_array<32>& seed() const { return seed_; }

  [[nodiscard]] const std::vector<account_id>& ids() const { return ids_; }

private:
  byte_array<32> seed_{};
  account_id host_;
  std::vector<account_id> ids_;
  rng random_;
};

/// Commits write sets on a thread of its own, at most two waiting: the store_writer's part.
class committer {
public:
  explicit committer(store::backend& store) : store_(store), thread_([this] { run(); }) {}

  ~committer() {
    if (thread_.joinable())
      (void)finish();
  }

  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  void add(store::write_set set) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return waiting_.size() < 2 || failure_; });
    waiting_.push_back(std::move(set));
    changed_.notify_all();
  }

  result<void> finish() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
      changed_.notify_all();
    }
    thread_.join();
    if (failure_)
      return fail(*failure_);
    return {};
  }

private:
  void run() {
    for (;;) {
      std::optional<store::write_set> next;
      {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !waiting_.empty() || over_; });
        if (waiting_.empty())
          return;
        next.emplace(std::move(waiting_.front()));
        waiting_.pop_front();
        changed_.notify_all();
      }
      if (auto done = store_.commit(*next); !done) {
        const std::lock_guard lock{mutex_};
        failure_ = failure_ ? failure_ : done.error();
      }
    }
  }

  store::backend& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<store::write_set> waiting_;
  bool over_ = false;
  std::optional<error> failure_;
  std::thread thread_;
};

tl::unexpected<error> wrong(const std::string& what) {
  return fail(base_errc::unsupported, "the figure would mean nothing: " + what);
}

/// Every batch of the block was carried out whole.
result<void> all_ok(const applied& done) {
  for (const auto& b : done.batches) {
    if (b.status != errc::ok)
      return wrong(std::string{describe(b.status).text});
    for (const auto code : b.entries)
      if (code != errc::ok)
        return wrong(std::string{describe(code).text});
  }
  return {};
}

/// Blocks of batches through a ledger: in memory, or with its log and tables in a store.
class line {
public:
  static result<line> in_memory(state s) { return line{std::move(s), nullptr}; }

  static result<line> durable(state s, store::lmdb_environment& store, const genesis& g) {
    if (auto made = prepare_log(store, g); !made)
      return fail(made.error());
    auto view = store.open_view();
    if (!view)
      return fail(view.error());
    line out{std::move(s), &store};
    auto keeper = log_keeper::open(**view, {}, out.state_);
    if (!keeper)
      return fail(keeper.error());
    out.keeper_.emplace(std::move(*keeper));
    out.writer_ = std::make_unique<committer>(store);
    return out;
  }

  result<void> block(std::vector<signed_batch> batches, signatures check) {
    auto made = state_.build(state_.time() + duration{1}, std::move(batches), check);
    if (!made)
      return fail(made.error());
    if (auto ok = all_ok(made->applied); !ok)
      return ok;
    if (!writer_)
      return {};
    store::write_set set;
    set.append(block_journal, state_.height(), made->record);
    keeper_->add(set, state_, made->record.size());
    writer_->add(std::move(set));
    return {};
  }

  /// Everything is durable; the money is all there.
  result<void> finish() {
    if (writer_)
      if (auto done = writer_->finish(); !done)
        return done;
    return {};
  }

  [[nodiscard]] state& ledger() { return state_; }

private:
  line(state s, store::lmdb_environment* store) : state_(std::move(s)), store_(store) {}

  state state_;
  store::lmdb_environment* store_;
  std::optional<log_keeper> keeper_;
  std::unique_ptr<committer> writer_;
};

/// Times the blocks, all made before.
result<double> rate_of(line& l, std::vector<std::vector<signed_batch>> blocks, signatures check,
                       std::size_t calls) {
  const auto begin = steady::now();
  for (auto& b : blocks)
    if (auto done = l.block(std::move(b), check); !done)
      return fail(done.error());
  if (auto done = l.finish(); !done)
    return fail(done.error());
  const auto rate = static_cast<double>(calls) / seconds_since(begin);
  if (!l.ledger().conserved())
    return wrong("money is not conserved");
  return rate;
}

result<std::unique_ptr<store::lmdb_environment>> fresh_store(const std::string& folder,
                                                             const std::string& name) {
  return store::lmdb_environment::open(folder + "/" + name);
}

std::vector<std::vector<signed_batch>> transfer_blocks(economy& e, const ledger_options& o,
                                                       std::uint64_t first_nonce = 0) {
  std::vector<std::vector<signed_batch>> blocks(o.blocks);
  for (auto& b : blocks)
    b.push_back({e.transfers(first_nonce++, o.block_calls), {}});
  return blocks;
}

result<double> transfers(const ledger_options& o, economy& e, bool durable) {
  const auto g = e.make_genesis();
  auto s = state::open(g);
  if (!s)
    return fail(s.error());
  std::unique_ptr<store::lmdb_environment> store;
  if (durable) {
    auto opened = fresh_store(o.data, "transfers");
    if (!opened)
      return fail(opened.error());
    store = std::move(*opened);
  }
  auto l = durable ? line::durable(std::move(*s), *store, g) : line::in_memory(std::move(*s));
  if (!l)
    return fail(l.error());
  return rate_of(*l, transfer_blocks(e, o), signatures::trusted, o.blocks * o.block_calls);
}

/// Raw LMDB: for each transfer the two records are read and written, so many in a commit.
class raw_lmdb {
public:
  static constexpr std::size_t value_size = 72; ///< of an account's canonical record

  raw_lmdb(const std::string& path, const economy& e, std::string& failure) : e_(e) {
    std::error_code ignored;
    std::filesystem::create_directories(path, ignored);
    const auto must = [&failure](int rc) {
      if (rc != 0 && failure.empty())
        failure = mdb_strerror(rc);
    };
    must(mdb_env_create(&env_));
    must(mdb_env_set_mapsize(env_, std::size_t{64} << 30));
    must(mdb_env_open(env_, path.c_str(), MDB_NOTLS, 0600));
    MDB_txn* t = nullptr;
    must(mdb_txn_begin(env_, nullptr, 0, &t));
    must(mdb_dbi_open(t, nullptr, 0, &db_));
    auto sorted = e.ids();
    std::sort(sorted.begin(), sorted.end());
    for (const auto& id : sorted)
      must(put(t, id, 1'000'000'000));
    must(mdb_txn_commit(t));
  }

  ~raw_lmdb() { mdb_env_close(env_); }

  raw_lmdb(const raw_lmdb&) = delete;
  raw_lmdb& operator=(const raw_lmdb&) = delete;

  /// One commit.
  int block(const batch& b) {
    MDB_txn* t = nullptr;
    int rc = mdb_txn_begin(env_, nullptr, 0, &t);
    for (const auto& x : b.entries) {
      const auto& c = std::get<transfer>(x.call);
      std::uint64_t from = 0;
      std::uint64_t to = 0;
      rc = rc != 0 ? rc : get(t, x.origin, from);
      rc = rc != 0 ? rc : put(t, x.origin, from - c.value.micro());
      rc = rc != 0 ? rc : get(t, c.to, to);
      rc = rc != 0 ? rc : put(t, c.to, to + c.value.micro());
      if (rc != 0)
        break;
    }
    return rc != 0 ? rc : mdb_txn_commit(t);
  }

private:
  int get(MDB_txn* t, const account_id& id, std::uint64_t& value) const {
    MDB_val k{id.value.size(), const_cast<std::uint8_t*>(id.value.data())}; // NOLINT: their type
    MDB_val v{};
    const int rc = mdb_get(t, db_, &k, &v);
    if (rc == 0)
      std::memcpy(&value, v.mv_data, sizeof value);
    return rc;
  }

  int put(MDB_txn* t, const account_id& id, std::uint64_t value) const {
    std::uint8_t record[value_size] = {};
    std::memcpy(record, &value, sizeof value);
    MDB_val k{id.value.size(), const_cast<std::uint8_t*>(id.value.data())}; // NOLINT: their type
    MDB_val v{sizeof record, record};
    return mdb_put(t, db_, &k, &v, 0);
  }

  const economy& e_;
  MDB_env* env_ = nullptr;
  MDB_dbi db_ = 0;
};

result<double> raw_transfers(const ledger_options& o, economy& e) {
  std::string failure;
  raw_lmdb raw{o.data + "/raw", e, failure};
  if (!failure.empty())
    return fail(base_errc::io, failure);
  std::vector<batch> blocks;
  for (std::size_t i = 0; i < o.blocks; ++i)
    blocks.push_back(e.transfers(0, o.block_calls));
  const auto begin = steady::now();
  for (const auto& b : blocks)
    if (const int rc = raw.block(b); rc != 0)
      return fail(base_errc::io, mdb_strerror(rc));
  return static_cast<double>(o.blocks * o.block_calls) / seconds_since(begin);
}

/// Whole lives of escrows: blocks of opens, awards, results and releases, in turns.
result<double> lives(const ledger_options& o, economy& e) {
  const auto g = e.make_genesis();
  auto s = state::open(g);
  auto store = fresh_store(o.data, "lives");
  if (!s || !store)
    return fail(!s ? s.error() : store.error());
  auto l = line::durable(std::move(*s), **store, g);
  if (!l)
    return fail(l.error());
  const auto per_block = o.block_calls;
  std::vector<std::vector<signed_batch>> blocks;
  std::uint64_t nonce = 0;
  const auto rounds = std::max<std::uint64_t>(1, o.blocks / 4);
  for (std::uint64_t round = 0; round < rounds; ++round)
    for (int step = 0; step < 4; ++step) {
      auto b = e.batch_of(nonce++);
      for (std::size_t i = 0; i < per_block; ++i)
        b.entries.push_back(e.life_call(round * per_block + i, step));
      blocks.push_back({});
      blocks.back().push_back({std::move(b), {}});
    }
  return rate_of(*l, std::move(blocks), signatures::trusted, rounds * per_block);
}

/// Batches of a thousand, each signed: checked and carried out, in memory.
result<double> signed_batches(const ledger_options& o, economy& e, signatures check) {
  auto s = e.open();
  if (!s)
    return fail(s.error());
  const auto chain = s->chain();
  auto l = line::in_memory(std::move(*s));
  std::vector<std::vector<signed_batch>> blocks(o.blocks);
  std::uint64_t nonce = 0;
  for (auto& b : blocks)
    for (std::size_t done = 0; done < o.block_calls; done += 1'000)
      b.push_back(sign_batch(
          chain, e.transfers(nonce++, std::min<std::size_t>(1'000, o.block_calls - done)),
          e.seed()));
  return rate_of(*l, std::move(blocks), check, o.blocks * o.block_calls);
}

/// A ledger with many small blocks behind it, opened again.
result<double> opening(const ledger_options& o, economy& e) {
  const auto g = e.make_genesis();
  {
    auto s = state::open(g);
    auto store = fresh_store(o.data, "opening");
    if (!s || !store)
      return fail(!s ? s.error() : store.error());
    auto l = line::durable(std::move(*s), **store, g);
    if (!l)
      return fail(l.error());
    for (std::uint64_t i = 0; i < o.opening_blocks; ++i)
      if (auto done = l->block({{e.transfers(i, o.opening_block_calls), {}}}, signatures::trusted);
          !done)
        return fail(done.error());
    if (auto done = l->finish(); !done)
      return fail(done.error());
  }
  const auto begin = steady::now();
  auto store = store::lmdb_environment::open(o.data + "/opening", {.create = false});
  if (!store)
    return fail(store.error());
  const auto view = (*store)->open_view();
  if (!view)
    return fail(view.error());
  const auto s = open_log(**view, signatures::trusted);
  if (!s)
    return fail(s.error());
  const auto answer = s->account(e.ids()[5]);
  const auto seconds = seconds_since(begin);
  if (!answer || s->height() != o.opening_blocks)
    return wrong("the ledger did not come back whole");
  return seconds;
}

result<ledger_figures> proofs(economy& e) {
  auto s = e.open();
  if (!s)
    return fail(s.error());
  ledger_figures f;
  auto begin = steady::now();
  (void)s->state_hash(); // the trie is built once
  f.trie_seconds = seconds_since(begin);
  constexpr int count = 1'000;
  std::vector<state_proof> made;
  begin = steady::now();
  for (int i = 0; i < count; ++i) {
    auto p = s->prove_account(e.ids()[static_cast<std::size_t>(i) * 7 % e.ids().size()]);
    if (!p)
      return fail(p.error());
    made.push_back(std::move(*p));
  }
  f.proof_make_ms = seconds_since(begin) * 1e3 / count;
  for (const auto& p : made)
    f.proof_bytes = std::max(f.proof_bytes, static_cast<double>(encode_proof(p).size()));
  begin = steady::now();
  for (const auto& p : made)
    if (auto good = check_proof(p); !good)
      return fail(good.error());
  f.proof_check_ms = seconds_since(begin) * 1e3 / count;
  return f;
}

} // namespace

result<ledger_figures> run_ledger(const ledger_options& o, const std::string& part) {
  economy e{o.accounts};
  ledger_figures f;
  const auto take = [](double& to, result<double> figure) -> std::optional<error> {
    if (!figure)
      return figure.error();
    to = *figure;
    return std::nullopt;
  };
  std::optional<error> failed;
  if (part == "transfers") {
    failed = take(f.raw_lmdb_per_second, raw_transfers(o, e));
    if (!failed)
      failed = take(f.durable_per_second, transfers(o, e, true));
  } else if (part == "memory")
    failed = take(f.memory_per_second, transfers(o, e, false));
  else if (part == "lives")
    failed = take(f.lives_per_second, lives(o, e));
  else if (part == "signed") {
    failed = take(f.unsigned_per_second, signed_batches(o, e, signatures::trusted));
    if (!failed)
      failed = take(f.signed_per_second, signed_batches(o, e, signatures::verify));
  } else if (part == "open")
    failed = take(f.open_seconds, opening(o, e));
  else
    return proofs(e);
  if (failed)
    return fail(*failed);
  return f;
}

} // namespace ainur::bench
