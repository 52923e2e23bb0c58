#include "ainur/discovery/gossip/simulation.hpp"

#include "world.hpp"

namespace ainur::discovery::gossip {

std::string_view to_string(attack a) noexcept {
  constexpr std::array<std::string_view, attacks_count> names{
      "sybil_flood", "eclipse",          "cold_boot", "ihave_spam",  "iwant_spam",
      "graft_flood", "invalid_messages", "censor",    "topic_flood", "score_laundering"};
  return names[static_cast<std::size_t>(a)];
}

result<simulation_report> simulate(const simulation_options& o) {
  const auto refuse = [](std::string what) { return fail(errc::bad_option, std::move(what)); };
  if (o.nodes < 2 || o.nodes > 100'000)
    return refuse("nodes must be 2 to 100,000");
  if (o.attackers > 400'000)
    return refuse("attackers must be at most 400,000");
  if (!o.attacks.empty() && o.attackers == 0)
    return refuse("an attack needs attackers");
  if (o.time < std::chrono::seconds{20} || o.time > std::chrono::hours{24})
    return refuse("time must be 20 s to 24 h");
  if (!o.attacks.empty() && (o.attack_begins < duration{} || o.attack_begins >= o.time))
    return refuse("the attack must begin within the run");
  if (o.rate_ppm == 0 || o.rate_ppm > 1'000'000'000)
    return refuse("the rate must be above 0 and at most 1,000 a second");
  if (o.message_bytes < 16 || o.message_bytes > 65'536)
    return refuse("message bytes must be 16 to 65,536");
  if (o.dials == 0 || o.dials > 1'000 || o.poisoned_dials > 1'000 || o.attacker_dials > 1'000)
    return refuse("dials must be at most 1,000, and honest nodes need at least one");
  if (const auto good = check(o.router); !good)
    return fail(good.error());
  return simulation::world{o}.run();
}

} // namespace ainur::discovery::gossip
