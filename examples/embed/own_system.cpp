// A host program with an actor system of its own, and an agent that is one of its actors.
//   c++ -std=c++20 own_system.cpp -o own_system $(pkg-config --cflags --libs ainur)
#include <ainur/actors/native.hpp>
#include <ainur/ainur.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdio>

namespace {

struct translator_state {
  std::map<std::string, std::string> words{{"good", "bonan"}, {"day", "tagon"}};
  int done = 0;
};

// The work is a message to the actor, its answer the result. An error gives the work up, and the
// supervisor starts the actor anew should it die.
ainur::working_actor::behavior_type
translator(ainur::working_actor::stateful_pointer<translator_state> self) {
  return {[self](const ainur::work_order& order) -> caf::result<ainur::finished_work> {
    const auto word = ainur::text_of(order.input);
    const auto known = self->state.words.find(word);
    if (known == self->state.words.end())
      return ainur::to_caf({ainur::base_errc::not_found, "there is no word for " + word});
    ++self->state.done;
    return ainur::finished_work{ainur::bytes_of(known->second)};
  }};
}

} // namespace

int main() {
  caf::actor_system_config config;
  ainur::configure(config, {});     // before the system is built
  caf::actor_system system{config}; // the host's, for its own actors too
  auto market = ainur::start_on(system, {}).value();

  const auto made = ainur::spawn_actor_agent(
      market,
      {.name = "zamenhof", .capabilities = {"translate"}, .cost_fixed = ainur::amount::ainu(1)},
      [](caf::local_actor& parent) { return parent.spawn(translator); });
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().to_string().c_str());
    return 1;
  }
  const auto client = market.open_client("reader", ainur::amount::ainu(100)).value();
  for (const auto* word : {"good", "day", "colourless"}) {
    const auto task = market.submit(client, {.subtasks = {{"translate", ainur::bytes_of(word)}},
                                             .budget = ainur::amount::ainu(5)});
    const auto report = market.await(task.value(), std::chrono::seconds{30}).value();
    const bool good = report.state == ainur::market::final_state::completed;
    std::printf("%s: %s for %s\n", word,
                good ? ainur::text_of(report.results.at(0)).c_str() : "no translation",
                to_string(report.cost()).c_str());
  }
  market.stop(); // before the system is destroyed
}
