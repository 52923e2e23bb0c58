// Exactly-once commands: verdicts, bounds, and the snapshot's one form.
#include <map>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "ainur/codec/msgpack.hpp"
#include "ainur/store/command_window.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::text;
using verdict = command_window::verdict;

namespace {

const auto alice = sender_named("alice");
const auto bob = sender_named("bob");
const auto carol = sender_named("carol");

timestamp at_s(std::int64_t seconds) {
  return timestamp_at(seconds * 1'000'000);
}

window_options small() {
  window_options out;
  out.width = 4;
  out.senders_max = 2;
  out.answer_bytes_max = 10;
  out.retention = std::chrono::seconds{100};
  return out;
}

} // namespace

TEST_CASE("a command is fresh once, then a duplicate with its answer") {
  command_window window{small()};
  CHECK(window.judge(alice, 1, at_s(0)).is == verdict::fresh);
  CHECK(window.senders() == 0); // judging changes nothing
  REQUIRE(window.remember(alice, 1, text("yes"), at_s(0)));
  const auto again = window.judge(alice, 1, at_s(1));
  CHECK(again.is == verdict::duplicate);
  CHECK(again.answer == text("yes"));
  CHECK(window.judge(bob, 1, at_s(1)).is == verdict::fresh);
  CHECK(window.judge(alice, 0, at_s(1)).is == verdict::too_old);
  CHECK(window.remember(alice, 1, text("no"), at_s(1)).error().is(errc::too_old));
  CHECK(window.judge(alice, 1, at_s(1)).answer == text("yes"));
}

TEST_CASE("commands may come in any order inside the window, not from before it") {
  command_window window{small()};
  REQUIRE(window.remember(alice, 10, text("a"), at_s(0)));
  CHECK(window.judge(alice, 7, at_s(0)).is == verdict::fresh);
  CHECK(window.judge(alice, 6, at_s(0)).is == verdict::too_old);
  REQUIRE(window.remember(alice, 8, text("b"), at_s(0)));
  REQUIRE(window.remember(alice, 11, text("c"), at_s(0)));
  CHECK(window.judge(alice, 8, at_s(0)).is == verdict::duplicate);
  REQUIRE(window.remember(alice, 12, text("d"), at_s(0)));
  CHECK(window.judge(alice, 8, at_s(0)).is == verdict::too_old);
  CHECK(window.judge(alice, 9, at_s(0)).is == verdict::fresh);
  CHECK(window.judge(alice, 10, at_s(0)).is == verdict::duplicate);
  REQUIRE(window.remember(alice, ~std::uint64_t{0}, text("e"), at_s(0)));
  CHECK(window.judge(alice, 12, at_s(0)).is == verdict::too_old);
}

TEST_CASE("answers and senders are bounded; the long silent make room") {
  command_window window{small()};
  CHECK(window.remember(alice, 1, bytes(11), at_s(0)).error().is(errc::bad_value));
  CHECK(window.senders() == 0);
  REQUIRE(window.remember(alice, 1, text("a"), at_s(0)));
  REQUIRE(window.remember(bob, 1, text("b"), at_s(50)));
  CHECK(window.judge(carol, 1, at_s(99)).is == verdict::no_room);
  CHECK(window.remember(carol, 1, text("c"), at_s(99)).error().is(errc::full));
  REQUIRE(window.remember(alice, 2, text("a"), at_s(99))); // heard again
  CHECK(window.judge(carol, 1, at_s(149)).is == verdict::no_room);
  REQUIRE(window.remember(carol, 1, text("c"), at_s(150)));
  CHECK(window.senders() == 2);
  CHECK(window.judge(alice, 2, at_s(150)).is == verdict::duplicate);
  CHECK(window.judge(carol, 1, at_s(150)).is == verdict::duplicate);
}

TEST_CASE("the window agrees with a list of all that was ever carried out") {
  for (int run = 0; run < 20 * test::count_factor(); ++run) {
    CAPTURE(run);
    rng random{static_cast<std::uint64_t>(run)};
    window_options options = small();
    options.senders_max = 100;
    command_window window{options};

    struct lane {
      std::map<std::uint64_t, bytes> done;
      std::uint64_t highest = 0;
    };

    std::map<sender_id, lane> oracle;
    for (int step = 0; step < 400; ++step) {
      const auto sender = random.chance_ppm(500'000) ? alice : bob;
      auto& known = oracle[sender];
      const auto sequence = known.highest + 4 - std::min(known.highest + 4, random.below(12));
      const auto judged = window.judge(sender, sequence, at_s(step));
      if (sequence == 0 || sequence + options.width <= known.highest) {
        CHECK(judged.is == verdict::too_old);
      } else if (known.done.contains(sequence)) {
        CHECK(judged.is == verdict::duplicate);
        CHECK(judged.answer == known.done[sequence]);
      } else {
        CHECK(judged.is == verdict::fresh);
        const auto answer = text(std::to_string(step));
        REQUIRE(window.remember(sender, sequence, answer, at_s(step)));
        known.done[sequence] = answer;
        known.highest = std::max(known.highest, sequence);
      }
      if (step % 50 == 0) {
        // A copy through its snapshot goes on as the original would.
        const auto form = window.to_form();
        auto copy = command_window::from_form(
            codec::decode<command_window::form>(codec::encode(form)).value(), options);
        REQUIRE(copy);
        CHECK(copy->to_form() == form);
        window = std::move(*copy);
      }
    }
  }
}

TEST_CASE("forms that no window gives are refused; narrower windows drop what is outside") {
  command_window window{small()};
  for (std::uint64_t i = 1; i <= 4; ++i)
    REQUIRE(window.remember(alice, i, text("a"), at_s(1)));
  REQUIRE(window.remember(bob, 1, text("b"), at_s(2)));
  const auto good = window.to_form();
  REQUIRE(good.lanes.size() == 2);
  const auto refused = [&](auto&& change) {
    auto form = good;
    change(form);
    return !command_window::from_form(form, small()).has_value();
  };
  CHECK(refused([](auto& f) { std::swap(f.lanes[0], f.lanes[1]); }));
  CHECK(refused([](auto& f) { f.lanes[1].sender = f.lanes[0].sender; }));
  CHECK(refused([](auto& f) { f.lanes[0].answers.clear(); }));
  CHECK(refused([](auto& f) { f.lanes[0].highest += 1; }));
  CHECK(refused([](auto& f) {
    for (auto& l : f.lanes)
      l.answers.front().sequence = 0;
  }));
  CHECK(refused([](auto& f) {
    for (auto& l : f.lanes)
      if (l.answers.size() > 1)
        std::swap(l.answers[0], l.answers[1]);
  }));
  CHECK_FALSE(refused([](auto&) {}));
  auto narrow = small();
  narrow.width = 2;
  narrow.senders_max = 1;
  const auto loaded = command_window::from_form(good, narrow);
  REQUIRE(loaded);
  CHECK(loaded->judge(alice, 2, at_s(2)).is == verdict::too_old);
  CHECK(loaded->judge(alice, 3, at_s(2)).is == verdict::duplicate);
  CHECK(loaded->judge(carol, 1, at_s(2)).is == verdict::no_room);
}

TEST_CASE("restoring from a journal takes what today's bounds would refuse, but nothing twice") {
  command_window window{small()};
  REQUIRE(window.restore(alice, 1, bytes(50), at_s(0)));
  REQUIRE(window.restore(bob, 1, {}, at_s(0)));
  REQUIRE(window.restore(carol, 1, {}, at_s(1)));
  CHECK(window.senders() == 2);
  CHECK(window.judge(carol, 1, at_s(1)).is == verdict::duplicate);
  CHECK(window.restore(carol, 1, {}, at_s(1)).error().is(errc::bad_value));
}
