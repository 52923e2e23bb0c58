// ainur sim: protocols in virtual time, with faults from a seed.
#include "sim_command.hpp"

#include <optional>

#include "ainur/base/nearest.hpp"

namespace ainur::cli {

result<seed_range> range_of(const std::string& text) {
  const auto number = [](const std::string& s) -> std::optional<std::uint64_t> {
    if (s.empty() || s.size() > 18 || s.find_first_not_of("0123456789") != std::string::npos)
      return std::nullopt;
    return std::stoull(s);
  };
  const auto dots = text.find("..");
  const auto first = number(text.substr(0, dots));
  const auto last = dots == std::string::npos ? first : number(text.substr(dots + 2));
  if (!first || !last || *first > *last)
    return fail(base_errc::malformed,
                "--seeds: \"" + text + "\" is neither a number nor a range like 1..1000");
  return seed_range{*first, *last};
}

result<seed_range> seeds_of(std::uint64_t one, const std::string& range) {
  return range.empty() ? seed_range{one, one} : range_of(range);
}

std::string known_text(const std::string& name, const std::vector<std::string_view>& known) {
  if (const auto near = nearest(name, known); !near.empty())
    return "; did you mean \"" + std::string{near} + "\"?";
  std::string all;
  for (const auto& k : known)
    all += (all.empty() ? "; there are " : ", ") + std::string{k};
  return all;
}

void add_sim(frame& f) {
  auto* group = f.add("sim", "Simulate a protocol in virtual time, with faults from a seed",
                      "ainur sim consensus --validators 7 --byzantine 2 --faults all", {});
  group->require_subcommand(1);
  add_sim_consensus(f, group);
  add_sim_routing(f, group);
  add_sim_dht(f, group);
  add_sim_gossip(f, group);
  add_sim_gossip_score(f, group);
}

} // namespace ainur::cli
