// ainur sim gossip-score FILE: cases of peer scores, each expectation beside what is computed.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <nlohmann/json.hpp>

#include "ainur/discovery/gossip/score_cases.hpp"
#include "sim_command.hpp"

namespace ainur::cli {

namespace {

using namespace discovery::gossip;

constexpr std::size_t bytes_max = 16u << 20;

struct options {
  std::string file;
  bool json = false;
};

result<std::string> read_text(const std::string& path) {
  std::error_code ignored;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, ignored))
    return fail(base_errc::io, path + ": cannot be opened; check the path and its permissions");
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max)
    return fail(base_errc::out_of_range, path + ": is larger than 16 MiB");
  return text;
}

int play(const options& o) {
  const auto text = read_text(o.file);
  if (!text)
    return bad_input(text.error());
  const auto played = play_score_cases(*text);
  if (!played)
    return bad_input(played.error().within(o.file));
  std::size_t checks = 0;
  std::size_t different = 0;
  auto cases = nlohmann::ordered_json::array();
  for (const auto& c : *played) {
    auto shown = nlohmann::ordered_json::array();
    for (const auto& x : c.checks) {
      ++checks;
      different += x.holds() ? 0 : 1;
      if (!o.json)
        std::printf("%s: %s: expected %s%.12g, computed %.12g%s\n", c.name.c_str(), x.what.c_str(),
                    x.at_least ? "at least " : "", x.expected, x.computed,
                    x.holds() ? "" : "  DIFFERS");
      shown.push_back({{"what", x.what},
                       {"expected", x.expected},
                       {"at_least", x.at_least},
                       {"computed", x.computed},
                       {"pass", x.holds()}});
    }
    cases.push_back({{"name", c.name}, {"checks", std::move(shown)}});
  }
  if (o.json)
    std::puts(nlohmann::ordered_json{
        {"cases", std::move(cases)}, {"checks", checks}, {"different", different}}
                  .dump(1)
                  .c_str());
  else
    std::printf("%zu cases, %zu expectations, %zu different\n", played->size(), checks, different);
  return different == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_sim_gossip_score(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* c = f.add(
      "gossip-score", "Play cases of peer scores and compare",
      "ainur sim gossip-score cases.json\n\n"
      "A file is {\"cases\": [{\"name\": \"two invalid\",\n"
      "  \"global\": {\"DecayToZero\": 0.01},\n"
      "  \"topics\": {\"t\": {\"TopicWeight\": 1, \"InvalidMessageDeliveriesWeight\": -1}},\n"
      "  \"events\": [{\"op\": \"add_peer\", \"peer\": \"A\"},\n"
      "    {\"op\": \"reject\", \"peer\": \"A\", \"topic\": \"t\", \"msg_from\": 0, \"count\": 2,\n"
      "     \"reason\": \"validation_failed\"},\n"
      "    {\"op\": \"expect_score\", \"peer\": \"A\", \"score\": -4}]}]}.\n"
      "Exit code 1 if a score differs.",
      [o] { return play(*o); }, group);
  c->add_option("FILE", o->file, "JSON file of cases, at most 16 MiB")->required();
  c->add_flag("--json", o->json, "Print one JSON object");
}

} // namespace ainur::cli
