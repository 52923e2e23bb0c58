// The client of a host: when it cuts batches, which numbers they get, and who is told what.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/host_client.hpp"
#include "ainur/ledger/signature.hpp"
#include "consensus/people.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::consensus;
using answer = ledger::errc;
using ledger::requester;
using std::chrono::hours;

namespace {

const hash256 chain{{9}};
const timestamp utc = timestamp_at(1'700'000'000'000'000);

instant at_ms(std::int64_t ms) {
  return instant{std::chrono::milliseconds{ms}};
}

/// A call that can be told from all others.
ledger::entry call(std::uint64_t number) {
  const auto who = ledger::account_of_seed(test::seed_of(1));
  return {who, std::nullopt, ledger::transfer{test::named("x"), amount{number}}};
}

std::uint64_t number_of(const ledger::entry& e) {
  return std::get<ledger::transfer>(e.call).value.micro();
}

host_client_options options() {
  host_client_options o;
  o.host_seed = test::seed_of(1);
  o.block_interval = std::chrono::milliseconds{100};
  o.calls_max = 3;
  o.under_way_max = 2;
  return o;
}

/// A client with the little of a ledger that it needs: the host's next nonce, and a time.
struct desk {
  host_client client{chain, options()};
  std::uint64_t nonce = 0;
  timestamp time = utc;

  void add(std::uint64_t number, instant now = at_ms(0)) {
    REQUIRE(client.add({7, number}, call(number), now));
  }

  batch_ptr cut(instant now = at_ms(0), bool idle = true) {
    return client.cut(now, nonce, time, idle);
  }

  /// A block of these batches with what became of each; the nonce of the host moves with it.
  ledger::published settle(const std::vector<ledger::signed_batch>& batches,
                           const std::vector<answer>& statuses = {}) {
    ledger::applied done;
    time += duration{1'000};
    done.time = time;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      const auto& b = batches[i].batch;
      ledger::batch_receipt r{
          b.signer, b.nonce, i < statuses.size() ? statuses[i] : answer::ok, {}};
      if (r.status == answer::ok) {
        r.entries.assign(b.entries.size(), answer::ok);
        nonce += b.signer == client.host() ? 1 : 0;
      }
      done.batches.push_back(std::move(r));
    }
    ledger::published into;
    std::vector<instant> submitted;
    client.settle(batches, done, into, submitted);
    return into;
  }
};

std::vector<std::uint64_t> numbers(const ledger::published& p, answer how) {
  std::vector<std::uint64_t> out;
  for (const auto& a : p.answers)
    if (a.how == how && a.to.who == 7)
      out.push_back(a.to.correlation);
  return out;
}

using list = std::vector<std::uint64_t>;

ledger::signed_batch signed_by(std::uint32_t who, std::uint64_t nonce, std::uint64_t number,
                               timestamp until = utc + hours{1}) {
  ledger::batch b{.signer = ledger::account_of_seed(test::seed_of(who)),
                  .key = std::nullopt,
                  .nonce = nonce,
                  .valid_until = until,
                  .entries = {}};
  b.entries.push_back({b.signer, std::nullopt, ledger::transfer{test::named("y"), amount{number}}});
  return ledger::sign_batch(chain, std::move(b), test::seed_of(who));
}

} // namespace

TEST_SUITE("host client") {
  TEST_CASE("a batch is cut when a call has waited its time, when it is full, or when it is idle") {
    desk d;
    CHECK_FALSE(d.client.wake_at(at_ms(0)));
    CHECK(d.cut() == nullptr);
    d.add(1, at_ms(10));
    d.add(2, at_ms(60));
    CHECK(d.client.wake_at(at_ms(60)) == at_ms(110));
    CHECK(d.cut(at_ms(109), false) == nullptr);
    CHECK(d.client.waiting() == 2);
    const auto by_time = d.cut(at_ms(110), false);
    REQUIRE(by_time);
    CHECK(by_time->good);
    CHECK(by_time->content.batch.signer == d.client.host());
    CHECK(by_time->content.batch.nonce == 0);
    CHECK(by_time->content.batch.valid_until == utc + hours{1});
    CHECK(by_time->content.batch.entries.size() == 2);
    CHECK(ledger::verify_batch(chain, by_time->content));
    CHECK_FALSE(d.client.wake_at(at_ms(110)));
    for (std::uint64_t i = 3; i < 7; ++i)
      d.add(i, at_ms(120));
    CHECK(d.client.wake_at(at_ms(120)) == at_ms(120)); // three are as many as a batch holds
    const auto by_size = d.cut(at_ms(120), false);
    REQUIRE(by_size);
    CHECK(by_size->content.batch.nonce == 1);
    CHECK(by_size->content.batch.entries.size() == 3);
    CHECK(number_of(by_size->content.batch.entries[0]) == 3);
    CHECK(d.client.waiting() == 1);
    (void)d.settle({by_time->content});
    CHECK(d.cut(at_ms(120), false) == nullptr);
    const auto idle = d.cut(at_ms(120), true);
    REQUIRE(idle);
    CHECK(idle->content.batch.nonce == 2);
  }

  TEST_CASE("so many batches are under way and no more; too many calls are refused") {
    auto o = options();
    o.waiting_max = 5;
    host_client client{chain, o};
    std::uint64_t number = 0;
    const auto fill = [&] {
      while (client.add({7, number}, call(number), at_ms(0)))
        ++number;
    };
    fill();
    CHECK(number == 5);
    CHECK(client.cut(at_ms(0), 0, utc, true));
    CHECK(client.cut(at_ms(0), 0, utc, true));
    CHECK(client.under_way() == 2);
    fill();
    CHECK(number == 10);
    CHECK(client.cut(at_ms(500), 0, utc, true) == nullptr);
    CHECK(client.waiting() == 5); // what is not cut is not lost
    CHECK_FALSE(client.wake_at(at_ms(500)));
  }

  TEST_CASE("each call's answer goes to who asked for it, in the order of the calls") {
    desk d;
    d.add(1);
    REQUIRE(d.client.add({9, 1}, call(2), at_ms(0)));
    d.add(3);
    const auto b = d.cut();
    ledger::applied done;
    done.time = utc + duration{1};
    done.batches.push_back(
        {d.client.host(), 0, answer::ok, {answer::ok, answer::insufficient_funds, answer::ok}});
    ledger::published into;
    std::vector<instant> submitted;
    d.client.settle({b->content}, done, into, submitted);
    const std::vector<ledger::call_answer> expected{
        {{7, 1}, answer::ok}, {{9, 1}, answer::insufficient_funds}, {{7, 3}, answer::ok}};
    CHECK(into.answers == expected);
    CHECK(submitted == std::vector{at_ms(0)});
    CHECK(d.client.take_ended() == list{0});
    CHECK(d.client.take_ended().empty());
    CHECK(d.settle({b->content}).answers.empty()); // once
  }

  TEST_CASE("a batch that a block refused answers every call, and its number is used again") {
    desk d;
    d.add(1);
    d.add(2);
    const auto first = d.cut();
    CHECK(numbers(d.settle({first->content}, {answer::fee_unpaid}), answer::fee_unpaid) ==
          list{1, 2});
    CHECK(d.client.take_ended() == list{0});
    CHECK(d.client.under_way() == 0);
    d.add(3);
    const auto second = d.cut();
    REQUIRE(second);
    CHECK(second->content.batch.nonce == 0);
    CHECK(numbers(d.settle({second->content}), answer::ok) == list{3});
  }

  TEST_CASE("an expired batch is answered as such, and its number is used again") {
    desk d;
    d.add(1);
    d.add(2);
    const auto first = d.cut();
    d.time = first->content.batch.valid_until - duration{1'000};
    CHECK(d.settle({}).answers.empty()); // may act in a block of that very time
    CHECK(numbers(d.settle({}), answer::expired) == list{1, 2});
    CHECK(d.client.take_ended() == list{0});
    d.add(3);
    CHECK(d.cut()->content.batch.nonce == 0);
  }

  TEST_CASE("a batch that its own node refused answers with the next block, its number is free") {
    desk d;
    d.add(1);
    d.client.refuse(d.cut()->content.batch.nonce, answer::unknown_signer);
    CHECK(d.client.under_way() == 0);
    CHECK(d.client.take_ended().empty()); // it was never stored
    d.add(2);
    CHECK(d.cut()->content.batch.nonce == 0);
    CHECK(numbers(d.settle({}), answer::unknown_signer) == list{1});
    CHECK(d.settle({}).answers.empty());
  }

  TEST_CASE("a batch is no larger than a block has room for, if it holds more than one call") {
    auto o = options();
    o.calls_max = 100;
    o.bytes_max = 500;
    host_client client{chain, o};
    for (std::uint64_t i = 0; i < 20; ++i)
      REQUIRE(client.add({7, i}, call(i), at_ms(0)));
    std::uint64_t next = 0;
    std::uint64_t nonce = 0;
    while (const auto b = client.cut(at_ms(0), nonce, utc, true)) {
      CHECK(b->size_bytes <= 500);
      CHECK(b->good);
      for (const auto& e : b->content.batch.entries)
        CHECK(number_of(e) == next++);
      client.refuse(nonce++, answer::block_full); // makes room for the next
    }
    CHECK(next == 20);
    auto large = call(0);
    large.call = ledger::report_offence{.offender = test::named("x"), .evidence = bytes(900, 'x')};
    REQUIRE(client.add({7, 0}, large, at_ms(0)));
    CHECK(client.cut(at_ms(0), nonce, utc, true)->content.batch.entries.size() == 1);
  }

  TEST_CASE("a number that another batch of the host has used is not the answer to this one") {
    desk d;
    d.add(1);
    const auto given_up = d.cut();
    (void)d.settle({given_up->content}, {answer::fee_unpaid});
    d.add(2);
    const auto again = d.cut();
    REQUIRE(again->content.batch.nonce == 0);
    // Refused once more: that says nothing of the batch that goes by the number now.
    CHECK(d.settle({given_up->content}, {answer::fee_unpaid}).answers.empty());
    CHECK(d.client.under_way() == 1);
    // Somebody had kept the earlier one, and now it acts: the later one never will.
    const auto told = d.settle({given_up->content});
    CHECK(numbers(told, answer::ok).empty());
    CHECK(numbers(told, answer::bad_nonce) == list{2});
    CHECK(d.client.under_way() == 0);
    CHECK(d.client.take_ended() == list{0, 0});
  }

  TEST_CASE("batches of an earlier life keep their numbers until they end, and answer nobody") {
    desk before;
    before.nonce = 4;
    before.add(1);
    const auto one = before.cut();
    before.add(2);
    const auto two = before.cut();
    desk d;
    d.nonce = 4;
    d.client.resume({one->content, two->content}, 4, utc);
    CHECK(d.client.under_way() == 2);
    d.add(3);
    CHECK(d.cut() == nullptr); // as many as may be are under way
    CHECK(d.settle({one->content}).answers.empty());
    const auto next = d.cut();
    REQUIRE(next);
    CHECK(next->content.batch.nonce == 6);
    const auto both = d.settle({two->content, next->content});
    CHECK(numbers(both, answer::ok) == list{3});
    CHECK(d.client.take_ended() == list{4, 5, 6});
  }

  TEST_CASE("batches of an earlier life that are over take no place") {
    desk before;
    std::vector<ledger::signed_batch> earlier;
    for (std::uint64_t i = 0; i < 2; ++i) {
      before.add(i);
      earlier.push_back(before.cut()->content);
    }
    earlier.push_back(signed_by(1, 2, 5, utc - duration{1}));
    desk d;
    d.nonce = 2;
    d.client.resume(earlier, 2, utc); // the first two were in blocks, the third is too old
    CHECK(d.client.under_way() == 0);
    CHECK(d.client.take_ended() == list{0, 1, 2});
    d.add(7);
    CHECK(d.cut()->content.batch.nonce == 2);
  }

  TEST_CASE("who signs for themselves hears of their own batch and of no other") {
    desk d;
    const auto mine = signed_by(2, 0, 1);
    const auto other = signed_by(2, 0, 2);
    const auto third = signed_by(3, 0, 3);
    d.client.expect({7, 1}, *prepare(chain, mine));
    d.client.expect({7, 2}, *prepare(chain, third));
    CHECK(d.settle({signed_by(4, 0, 4)}).batch_answers.empty());
    const auto told = d.settle({third});
    REQUIRE(told.batch_answers.size() == 1);
    CHECK(told.batch_answers[0].to == requester{7, 2});
    CHECK(told.batch_answers[0].receipt.entries == std::vector{answer::ok});
    CHECK(d.settle({other}, {answer::fee_unpaid}).batch_answers.empty());
    const auto lost = d.settle({other});
    REQUIRE(lost.batch_answers.size() == 1);
    CHECK(lost.batch_answers[0].to == requester{7, 1});
    CHECK(lost.batch_answers[0].receipt.status == answer::bad_nonce);
    d.client.expect({7, 3}, *prepare(chain, mine));
    d.client.expect({7, 4}, *prepare(chain, signed_by(5, 0, 1)));
    d.client.forget({7, 3});
    d.time = utc + hours{2};
    const auto late = d.settle({});
    REQUIRE(late.batch_answers.size() == 1);
    CHECK(late.batch_answers[0].to == requester{7, 4});
    CHECK(late.batch_answers[0].receipt.status == answer::expired);
  }

  TEST_CASE("random courses: each call is answered once, and a number acts once") {
    for (std::uint64_t seed = 1; seed <= 200u * static_cast<unsigned>(test::count_factor());
         ++seed) {
      CAPTURE(seed);
      rng random{seed};
      desk d;
      std::vector<ledger::signed_batch> out; // in somebody's hands
      std::map<std::uint64_t, int> answered;
      std::map<std::uint64_t, int> acted;
      std::uint64_t next = 0;
      const auto note = [&](const ledger::published& p) {
        for (const auto& a : p.answers)
          ++answered[a.to.correlation];
      };
      for (int step = 0; step < 120; ++step) {
        switch (random.below(4)) {
        case 0:
          for (auto n = random.below(4); n > 0; --n)
            d.add(next++);
          break;
        case 1:
          if (const auto b = d.cut(at_ms(step), random.below(2) == 0))
            out.push_back(b->content);
          break;
        case 2: { // a block with those that fit, in the order of their numbers
          std::vector<ledger::signed_batch> block;
          std::vector<answer> statuses;
          auto expected = d.nonce;
          std::ranges::stable_sort(out, {}, [](const auto& b) { return b.batch.nonce; });
          for (const auto& b : out) {
            if (b.batch.valid_until <= d.time || random.below(4) == 0)
              continue;
            const bool acts = b.batch.nonce == expected && random.below(5) != 0;
            block.push_back(b);
            statuses.push_back(acts                        ? answer::ok
                               : b.batch.nonce == expected ? answer::fee_unpaid
                                                           : answer::bad_nonce);
            expected += acts ? 1 : 0;
            if (acts)
              for (const auto& e : b.batch.entries)
                ++acted[number_of(e)];
          }
          note(d.settle(block, statuses));
          std::erase_if(out, [&](const auto& b) { return b.batch.nonce < d.nonce; });
          break;
        }
        default:
          if (random.below(10) == 0) {
            d.time += hours{2};
            note(d.settle({}));
          }
        }
        CHECK(d.client.under_way() <= 2);
      }
      d.time += hours{2};
      note(d.settle({}));
      while (d.cut()) {
        d.time += hours{2};
        note(d.settle({}));
      }
      CHECK(answered.size() == next);
      for (const auto& [number, times] : answered)
        CHECK_MESSAGE(times == 1, "call " << number);
      for (const auto& [number, times] : acted)
        CHECK_MESSAGE(times == 1, "call " << number);
    }
  }
}
