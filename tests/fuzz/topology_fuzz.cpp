// Networks as JSON and changes as typed. What is read can be run.
#include <algorithm>

#include "ainur/routing/experiment.hpp"
#include "input.hpp"

using namespace ainur::routing;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ainur::fuzz::as_text(data, size);
  static const auto square = make_topology(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}}).value();
  if (const auto change = change_from_text(square, text)) {
    auto net = square;
    net.changes = {*change};
    net.changes.front().step = 5;
    if (const auto* load = std::get_if<set_load>(&change->what);
        !load || load->load_ppm < 4'000'000)
      ainur::fuzz::require(run_experiment(net, {.steps = 20}).has_value());
  }
  auto net = topology_from_json(text);
  if (!net || net->size() > 64)
    return 0;
  for (auto& c : net->changes) {
    c.step = std::min<std::uint64_t>(c.step, 20);
    if (auto* load = std::get_if<set_load>(&c.what))
      load->load_ppm = std::min<std::uint64_t>(load->load_ppm, 4'000'000);
  }
  ainur::fuzz::require(run_experiment(*net, {.steps = 20, .queue_max = 50}).has_value());
  return 0;
}
