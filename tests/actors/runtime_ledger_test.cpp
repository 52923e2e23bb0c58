// What a host program does with the ledger of its runtime: transactions of its own keys, alone and
// over validators, with proofs.
#include <filesystem>

#include <doctest/doctest.h>
#include <unistd.h>

#include "ainur/ainur.hpp"
#include "ainur/consensus/block.hpp"
#include "ainur/consensus/finality_proof.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Long enough for any machine: no test waits for it to pass.
constexpr duration patience = minutes{5};
constexpr byte_array<32> ann_seed{41};
const account_id ann = ledger::account_of_seed(ann_seed);
const account_id bob = ledger::account_of_seed(byte_array<32>{42});

/// The value, or a failure that says why there is none.
template <class T>
T must(result<T> r) {
  REQUIRE_MESSAGE(r.has_value(), (r ? std::string{} : r.error().to_string()));
  return std::move(*r);
}

void must(const result<void>& r) {
  REQUIRE_MESSAGE(r.has_value(), (r ? std::string{} : r.error().to_string()));
}

runtime_options over(clock_kind clock, std::size_t validators) {
  runtime_options o{.clock = clock, .seed = 5};
  if (validators != 0)
    o.validators = validator_options{.stakes = {validators, amount::ainu(20'000)}};
  return o;
}

ledger::signed_batch pays(runtime& market, amount value, std::uint64_t nonce) {
  ledger::batch b{.signer = ann,
                  .key = std::nullopt,
                  .nonce = nonce,
                  .valid_until = market.utc_now() + hours{1},
                  .entries = {}};
  b.entries.push_back({ann, std::nullopt, ledger::transfer{bob, value}});
  return ledger::sign_batch(market.chain(), std::move(b), ann_seed);
}

amount has(runtime& market, const account_id& who) {
  return must(market.account(who)).free;
}

void check_sound(runtime& market) {
  CHECK(must(market.ledger_totals()).conserved);
  for (const auto& v : must(market.validators()))
    CHECK_MESSAGE(v.stopped.empty(), v.stopped);
}

} // namespace

TEST_SUITE("a runtime's ledger") {
  TEST_CASE("a transaction of one's own key acts once, and is answered") {
    for (const std::size_t validators : {0u, 1u, 4u})
      for (const auto clock : {clock_kind::virtual_time, clock_kind::real_time}) {
        CAPTURE(validators);
        CAPTURE(clock);
        auto market = must(runtime::start(over(clock, validators)));
        must(market.fund(ann, amount::ainu(50)));
        CHECK(has(market, ann) == amount::ainu(50));
        const auto batch = pays(market, amount::ainu(20), 0);
        const auto done = must(market.transact(batch, patience));
        CHECK(done.id == consensus::id_of(batch));
        CHECK(done.height > 0);
        CHECK(done.receipt.status == ledger::errc::ok);
        CHECK(done.receipt.entries == std::vector{ledger::errc::ok});
        CHECK(has(market, bob) == amount::ainu(20));

        // The same again, and one whose signature is another's, change nothing.
        const auto before = has(market, ann);
        CHECK(market.transact(batch, patience).error().is(ledger::errc::bad_nonce));
        auto forged = pays(market, amount::ainu(1), 1);
        forged.signature[0] ^= 1;
        CHECK(market.transact(forged, patience).error().is(ledger::errc::bad_signature));
        CHECK(has(market, ann) == before);
        CHECK(has(market, bob) == amount::ainu(20));

        // A call that the ledger refuses is told by the receipt.
        const auto much = must(market.transact(pays(market, amount::ainu(1'000), 1), patience));
        CHECK(much.receipt.entries == std::vector{ledger::errc::insufficient_funds});
        CHECK(has(market, bob) == amount::ainu(20));
        CHECK(done.proof.has_value() == (validators != 0));
        CHECK(much.proof.has_value() == (validators != 0));
        check_sound(market);
      }
  }

  TEST_CASE("a transaction's proof convinces whoever knows the genesis hash, and nobody else") {
    auto market = must(runtime::start(over(clock_kind::virtual_time, 4)));
    must(market.fund(ann, amount::ainu(50)));
    const auto done = must(market.transact(pays(market, amount::ainu(20), 0), patience));
    const auto proof =
        must(consensus::finality_from_json(consensus::finality_to_json(done.proof.value())));
    const auto shown =
        must(consensus::check_finality(proof, {.chain = market.chain()}, consensus::any_age));
    CHECK(shown.height == done.height);
    CHECK(shown.id == done.id);
    CHECK(shown.content.batch.signer == ann);
    REQUIRE(shown.receipt);
    CHECK(*shown.receipt == done.receipt);
    CHECK(consensus::check_finality(proof, {.chain = hash256{{1}}}, consensus::any_age)
              .error()
              .is(consensus::errc::not_trusted));
    auto better = proof;
    better.outcome->receipt.entries.front() = ledger::errc::insufficient_funds;
    CHECK_FALSE(consensus::check_finality(better, {.chain = market.chain()}, consensus::any_age));
  }

  TEST_CASE("a market over validators works on while one is killed, and goes on from its stores") {
    const auto folder =
        std::filesystem::temp_directory_path() / ("ainur-validators-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    auto options = over(clock_kind::real_time, 4);
    options.data_directory = folder.string();
    options.synced = false;
    hash256 chain;
    std::uint64_t height = 0;
    {
      auto market = must(runtime::start(options));
      chain = market.chain();
      must(market.spawn({.name = "a", .capabilities = {"x"}}));
      const auto payer = must(market.open_client("payer", amount::ainu(100)));
      must(market.crash_validator(3));
      const auto task =
          must(market.submit(payer, {.subtasks = {{.capability = "x", .work = duration{1'000}}},
                                     .budget = amount::ainu(1)}));
      CHECK(must(market.await(task, patience)).state == market::final_state::completed);
      const auto all = must(market.validators());
      REQUIRE(all.size() == 4);
      height = must(market.ledger_totals()).height;
      CHECK(market.crash_validator(4).error().is(base_errc::not_found));
      check_sound(market);
    }
    {
      auto market = must(runtime::start(options));
      CHECK(market.chain() == chain);
      CHECK(must(market.ledger_totals()).height >= height);
      must(market.fund(ann, amount::ainu(2)));
      CHECK(must(market.transact(pays(market, amount::ainu(1), 0), patience)).proof);
      check_sound(market);
    }
    auto alone = options;
    alone.validators.reset();
    CHECK(runtime::start(alone).error().is(base_errc::unsupported));
    std::filesystem::remove_all(folder);
  }

  TEST_CASE("validators that cannot be are refused") {
    const auto refused = [](validator_options v, duration rotation = {}) {
      runtime_options o{.clock = clock_kind::virtual_time, .key_rotation = rotation};
      o.validators = std::move(v);
      const auto made = runtime::start(std::move(o));
      REQUIRE_FALSE(made);
      CHECK_FALSE(made.error().detail().empty());
      return made.error();
    };
    const auto stake = amount::ainu(20'000);
    CHECK(refused({}).is(runtime_errc::bad_option));
    CHECK(refused({.stakes = {1'001, stake}}).is(runtime_errc::bad_option));
    CHECK(refused({.stakes = {stake}}, hours{1}).is(runtime_errc::bad_option));
    CHECK(refused({.stakes = {stake}, .agreement = {.checkpoint_interval = 0}, .keep_blocks = 9})
              .is(runtime_errc::bad_option));
    CHECK(refused({.stakes = {stake}, .nominators = {{amount::ainu(500), {1}}}})
              .is(runtime_errc::bad_option));
    CHECK(refused({.stakes = {stake}, .nominators = {{amount::ainu(500), {0, 0}}}})
              .is(runtime_errc::bad_option));
    CHECK(refused({.stakes = {amount::ainu(9'999)}}).is(ledger::errc::bad_genesis));
    CHECK(refused({.stakes = {stake}, .commission_ppm = 300'000}).is(ledger::errc::bad_genesis));

    auto market = must(runtime::start({.clock = clock_kind::virtual_time}));
    CHECK(must(market.validators()).empty());
    CHECK(market.crash_validator(0).error().is(base_errc::not_found));
  }

  TEST_CASE("too little time is told as such; the same batch then acts at most once") {
    auto options = over(clock_kind::virtual_time, 4);
    options.network =
        modelled_network{.latency_min = duration{1'000}, .latency_max = duration{20'000}};
    auto market = must(runtime::start(std::move(options)));
    must(market.fund(ann, amount::ainu(50)));
    const auto batch = pays(market, amount::ainu(20), 0);
    CHECK(market.transact(batch, duration{1}).error().is(runtime_errc::timed_out));
    CHECK(must(market.transact(batch, patience)).receipt.entries == std::vector{ledger::errc::ok});
    must(market.run_for(seconds{10}));
    CHECK(has(market, bob) == amount::ainu(20));
    CHECK(market.transact(batch, patience).error().is(ledger::errc::bad_nonce));
  }
}

} // namespace ainur::test
