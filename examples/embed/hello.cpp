// Three agents, one of each kind of skill, work for one client.
//   c++ -std=c++20 hello.cpp -o hello $(pkg-config --cflags --libs ainur)
#include <ainur/ainur.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>

using namespace ainur;

int main() {
  auto market = runtime::start({}).value();
  const auto count = [](const work_order& order) -> result<bytes> { // words
    const auto& text = order.input;
    return bytes_of(std::to_string(std::count(text.begin(), text.end(), ' ') + 1));
  };
  const auto sort = [](const work_order& order) -> result<bytes> { // letters
    bytes letters = order.input;
    std::sort(letters.begin(), letters.end());
    return letters;
  };
  const auto hash = [](const work_order& order, completion done) { // FNV-1a, on another thread
    std::thread{[input = order.input, done] {
      std::uint32_t h = 2'166'136'261;
      for (const auto c : input)
        h = (h ^ c) * 16'777'619;
      done(bytes_of(std::to_string(h)));
    }}.detach();
  };
  const auto price = amount::ainu(2); // a second of work
  (void)market.spawn({"counter", {"count"}, inline_skill(count), price}).value();
  (void)market.spawn({"sorter", {"sort"}, blocking_skill(sort), price}).value();
  (void)market.spawn({"hasher", {"hash"}, async_skill(hash), price}).value();

  const auto client = market.open_client("me", amount::ainu(1'000)).value();
  for (const auto* wanted : {"count", "sort", "hash"}) {
    const auto task = market.submit(client, {.subtasks = {{wanted, bytes_of("to be or not to be")}},
                                             .budget = amount::ainu(5)});
    const auto report = market.await(task.value(), std::chrono::seconds{30}).value();
    std::printf("%s: \"%s\" for %s\n", wanted, text_of(report.results.at(0)).c_str(),
                to_string(report.cost()).c_str());
  }
}
