// The stages of an operation: a lookup; if the key's surroundings are crowded, lookups beside it;
// then requests to the peers of the region that these found.
#include <algorithm>
#include <iterator>

#include "dht_impl.hpp"

namespace ainur::discovery::kademlia {

namespace {

/// Lookups beside a crowded key: of the half and of the quarter of its region that it is not in.
constexpr int flanks = 2;

} // namespace

std::vector<contact> dht::impl::seeds(const key& target) const {
  auto out = table.closest(target, options.lookups.k);
  if (out.size() < options.lookups.k)
    out.insert(out.end(), entries.begin(), entries.end());
  return out;
}

exchange_id dht::impl::send(operation_id id, const contact& to, message what, instant now,
                            step& out) {
  const auto number = next_exchange++;
  const bool expects_answer = what.type != message_type::add_provider;
  if (expects_answer)
    exchanges.emplace(number, pending{id, to, now + options.query_timeout});
  out.requests.push_back({number, to, std::move(what), expects_answer});
  ++counts.requests;
  return number;
}

operation_id dht::impl::begin(operation_kind kind, purpose why, bytes name,
                              std::optional<peer_id> sought, instant now, step& out) {
  const auto id = next_operation++;
  const auto target = point_of(name);
  operation o{.kind = kind,
              .why = why,
              .name = std::move(name),
              .target = target,
              .sought = sought,
              .began = now,
              .main = lookup{target, self.peer(), options.lookups, seeds(target)}};
  if (kind == operation_kind::find_providers)
    for (auto& who : records.find(target, options.answer_providers_max, now, random))
      o.providers.push_back({std::move(who), 1});
  operations.emplace(id, std::move(o));
  advance(id, now, out);
  return id;
}

/// Sends what a lookup wants asked. True if it has come to its end.
bool dht::impl::carry_on(operation_id id, operation& o, lookup& l, const bytes& name,
                         message_type type, instant now, step& out) {
  for (const auto& to : l.next()) {
    ++o.requests;
    send(id, to, {.type = type, .key = name}, now, out);
  }
  return l.finished();
}

void dht::impl::advance(operation_id id, instant now, step& out) {
  auto& o = operations.at(id);
  const auto type = o.kind == operation_kind::find_providers ? message_type::get_providers
                                                             : message_type::find_node;
  if (o.at == stage::lookup) {
    if (o.sought && o.main.has_answered(*o.sought))
      return finish(id, o, now, out);
    if (!carry_on(id, o, o.main, o.name, type, now, out))
      return;
    leave_lookup(o);
    if (ask_again(id, o, now, out))
      return;
    if (o.at == stage::lookup)
      return finish(id, o, now, out);
  }
  while (o.at == stage::flanks) {
    if (!carry_on(id, o, *o.flank, o.flank_name, message_type::find_node, now, out))
      return;
    leave_flank(o);
    if (o.at == stage::direct)
      ask_directly(id, o, now, out);
  }
  if (o.waiting == 0)
    finish(id, o, now, out);
}

/// The peer that was sought is known and did not answer: one lost message shall not decide.
bool dht::impl::ask_again(operation_id id, operation& o, instant now, step& out) {
  const auto* who = o.sought ? o.main.find(*o.sought) : nullptr;
  if (who == nullptr)
    return false;
  o.at = stage::direct;
  ++o.waiting;
  ++o.requests;
  send(id, *who, {.type = message_type::find_node, .key = o.name}, now, out);
  return true;
}

void dht::impl::leave_lookup(operation& o) {
  const auto network = size.estimate();
  const bool keeps = o.kind == operation_kind::provide || o.kind == operation_kind::find_providers;
  if (!options.region_checks || !keeps || !network)
    return;
  o.around = region_around(o.target, o.main.all_answered(), options.lookups.k, *network);
  if (!o.around.crowded)
    return;
  o.at = stage::flanks;
  begin_flank(o);
}

void dht::impl::begin_flank(operation& o) {
  o.flank_name = name_of(name_near(o.target, o.around.prefix + o.flanks_done, random));
  const auto target = point_of(o.flank_name);
  // Not from those who crowd around the key: they would be nearer than anybody the table knows.
  o.flank.emplace(target, self.peer(), options.lookups, seeds(target));
}

void dht::impl::leave_flank(operation& o) {
  for (auto& who : o.flank->all_answered())
    if (common_prefix(who.at(), o.target) >= o.around.prefix &&
        std::ranges::find(o.beside, who) == o.beside.end())
      o.beside.push_back(std::move(who));
  if (++o.flanks_done < flanks)
    return begin_flank(o);
  o.at = stage::direct;
  const auto nearer = [&o](const contact& c) { return distance(o.target, c.at()); };
  std::ranges::sort(o.beside, {}, nearer);
  if (o.beside.size() > options.region_max)
    o.beside.erase(o.beside.begin() + static_cast<std::ptrdiff_t>(options.region_max),
                   o.beside.end());
}

void dht::impl::ask_directly(operation_id id, operation& o, instant now, step& out) {
  if (o.kind != operation_kind::find_providers)
    return;
  for (const auto& to : o.beside)
    if (!o.main.has_answered(to.peer())) {
      ++o.waiting;
      ++o.requests;
      send(id, to, {.type = message_type::get_providers, .key = o.name}, now, out);
    }
}

void dht::impl::take_providers(operation& o, const message& m) {
  const auto told =
      std::span{m.providers}.first(std::min(m.providers.size(), options.answer_providers_max));
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto same = [&who = told[i]](const contact& c) { return c.peer() == who.peer(); };
    if (std::ranges::any_of(told.first(i), same))
      continue; // named twice by one peer
    const auto known = std::ranges::find_if(o.providers, same, &found_provider::who);
    if (known != o.providers.end())
      ++known->named_by;
    else if (o.providers.size() < options.found_providers_max)
      o.providers.push_back({told[i], 1});
  }
}

void dht::impl::tell_keepers(const operation& o, const std::vector<contact>& keepers, instant now,
                             step& out) {
  const auto at = provides.find(o.name);
  if (at == provides.end())
    return; // withdrawn meanwhile
  (void)records.add(o.target, self, now);
  for (const auto& to : keepers)
    send(0, to, {.type = message_type::add_provider, .key = o.name, .providers = {self}}, now, out);
  auto& p = at->second;
  p.under_way = false;
  const auto kept = static_cast<std::size_t>(std::ranges::count_if(keepers, [&p](const contact& c) {
    return std::ranges::find(p.keepers, c.peer()) != p.keepers.end();
  }));
  if (!p.keepers.empty() && 4 * kept >= 3 * p.keepers.size())
    p.interval = std::min(2 * p.interval, options.republish_max);
  else if (2 * kept < p.keepers.size())
    p.interval = std::max(p.interval / 2, std::min(options.republish_min, options.republish_max));
  p.keepers.clear();
  for (const auto& c : keepers)
    p.keepers.push_back(c.peer());
  p.due = now + (keepers.empty() ? options.bootstrap_interval : jittered(p.interval));
  republish_next = std::min(republish_next, p.due);
}

/// Those who answered a walk tell the size of the network.
void dht::impl::ended_own(const operation& o, instant now, step& out) {
  if (o.why == purpose::walk) {
    const auto nearest = o.main.all_answered();
    size.add(o.target, std::span{nearest}.first(std::min(nearest.size(), options.lookups.k)));
  }
  if (first_walks > 0 && o.why != purpose::republish && table.buckets().size() > 1) {
    --first_walks;
    walk(now, out);
  }
}

void dht::impl::finish(operation_id id, operation& done, instant now, step& out) {
  const auto o = std::move(done);
  operations.erase(id);
  auto closest = o.main.closest(options.lookups.k);
  if (o.kind == operation_kind::provide) {
    std::ranges::copy_if(o.beside, std::back_inserter(closest), [&](const contact& c) {
      return std::ranges::find(closest, c) == closest.end();
    });
    tell_keepers(o, closest, now, out);
  }
  if (o.why != purpose::asked_for)
    return ended_own(o, now, out);
  --asked_for;
  outcome r{.operation = id,
            .kind = o.kind,
            .name = o.name,
            .closest = std::move(closest),
            .providers = o.providers,
            .crowded = o.around.crowded,
            .requests = o.requests,
            .hops = o.main.hops(),
            .took = now - o.began};
  if (o.sought && (o.reached || o.main.has_answered(*o.sought)))
    r.peer = *o.main.find(*o.sought);
  std::ranges::stable_sort(r.providers, std::ranges::greater{}, &found_provider::named_by);
  out.outcomes.push_back(std::move(r));
}

} // namespace ainur::discovery::kademlia
