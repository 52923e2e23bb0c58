// A game that drives the market from its own loop: one step of virtual time a frame. Carriers bring
// goods to the castle; a barrier of the game's own keeps overpriced bids from going out, and a
// verifier of its own looks into the crates. The same seed gives the same game.
//   c++ -std=c++20 game_loop.cpp -o game_loop $(pkg-config --cflags --libs ainur)
#include <ainur/ainur.hpp>

#include <cstdio>
#include <map>

using namespace ainur;

namespace {

constexpr auto price_max = 4.0; // AINU, by order of the queen

/// h is what a bid leaves below the queen's price: it must stay positive. Not correctable: such a
/// bid is refused.
safety::barrier royal_decree() {
  return {.name = "royal decree",
          .correctable = false,
          .evaluate = [](const safety::agent_state&, const safety::action&,
                         const safety::action_context&) {
            return safety::barrier_value{.h = price_max * 1e6, .gradient = {-1, 0}};
          }};
}

bool is_bread(const market::task&, std::uint16_t, const bytes& crate) {
  return crate == bytes_of("bread");
}

agent_spec carrier(std::string name, const char* crate, std::uint64_t price) {
  return {.name = std::move(name),
          .capabilities = {"carry"},
          .does =
              inline_skill([crate](const work_order&) -> result<bytes> { return bytes_of(crate); }),
          .cost_fixed = amount::ainu(price)};
}

} // namespace

int main() {
  auto market = runtime::start({.clock = clock_kind::virtual_time,
                                .seed = 7,
                                .mechanism = market::mechanism::first_price,
                                .barriers = {royal_decree()},
                                .verifiers = {{"bread", is_bread}}})
                    .value();
  std::map<account_id, std::string> names;
  for (auto spec : {carrier("honest Hilda", "bread", 3), carrier("crooked Karl", "stones", 2),
                    carrier("greedy Gretl", "bread", 9)}) {
    const auto name = spec.name;
    names[market.spawn(std::move(spec)).value().account] = name;
  }
  int refused = 0;
  int rejected = 0;
  (void)market.on_event([&](const runtime_event& event) {
    const auto seconds = static_cast<double>(micros(event.at)) / 1e6;
    if (const auto* stopped = event.as<events::action_stopped>()) {
      ++refused;
      std::printf("%6.1f s  %s is refused by the %s\n", seconds, names[stopped->agent].c_str(),
                  stopped->constraint.c_str());
    } else if (const auto* awarded = event.as<events::task_awarded>()) {
      std::printf("%6.1f s  %s gets the load for %s\n", seconds, names[awarded->agent].c_str(),
                  to_string(awarded->price).c_str());
    } else if (const auto* disputed = event.as<events::result_disputed>()) {
      ++rejected;
      std::printf("%6.1f s  that was no bread, %s!\n", seconds, names[disputed->agent].c_str());
    } else if (const auto* end = event.as<events::task_finished>()) {
      std::printf("%6.1f s  %s for %s\n", seconds,
                  std::string(to_string(end->report.state)).c_str(),
                  to_string(end->report.cost()).c_str());
    }
  });
  const auto castle = market.open_client("castle", amount::ainu(1'000)).value();
  int loads = 0;
  for (int frame = 0; frame < 600; ++frame) { // ten frames a second
    if (frame % 100 == 0) {
      const task_request load{.subtasks = {{"carry"}},
                              .budget = amount::ainu(10),
                              .reputation_min = 500, // where everybody starts
                              .verifier = "bread"};
      loads += market.submit(castle, load).has_value();
    }
    (void)market.run_for(std::chrono::milliseconds{100}); // the market's part of the frame
  }
  const auto sums = market.ledger_totals().value();
  std::printf("%d loads, %d bids refused, %d results rejected, %s\n", loads, refused, rejected,
              sums.conserved ? "all money accounted for" : "money is missing");
  return sums.conserved && refused > 0 && rejected > 0 ? 0 : 1;
}
