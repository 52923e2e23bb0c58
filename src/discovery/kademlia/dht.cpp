// Requests of others, answers and time: what drives a node's operations.
#include "ainur/discovery/kademlia/dht.hpp"

#include <algorithm>
#include <utility>

#include "dht_impl.hpp"

namespace ainur::discovery::kademlia {

namespace {

constexpr std::size_t key_size_max = message_limits{}.key_max;
/// Records told again at a time, so that a restart does not tell all at once.
constexpr std::size_t republish_at_once = 4;

} // namespace

dht::impl::impl(const contact& me, const dht_options& o, std::vector<contact> first, rng r)
    : self(me), options(o), entries(std::move(first)), random(r), table(me.peer(), o.table),
      records(o.providers) {
  options.lookups.k = std::max<std::size_t>(options.lookups.k, 1);
}

duration dht::impl::jittered(duration d) {
  return d - duration{static_cast<std::int64_t>(random.below(
                 static_cast<std::uint64_t>(std::max<std::int64_t>(d.count() / 10, 1))))};
}

step dht::impl::start(instant now) {
  step out;
  bootstrap_due = now + jittered(options.bootstrap_interval);
  begin(operation_kind::find_closest, purpose::own_point, name_of(self.peer()), {}, now, out);
  return out;
}

void dht::impl::heard(const contact& who, bool server, instant now) {
  if (server)
    (void)table.add(who, now);
  else
    table.remove(who);
}

std::optional<message> dht::impl::answer(const contact& from, const message& asked, instant now) {
  const auto refuse = [this]() -> std::optional<message> {
    ++counts.refused;
    return std::nullopt;
  };
  if (!options.server)
    return refuse();
  message out{.type = asked.type, .key = asked.key};
  if (asked.type == message_type::ping) {
    ++counts.answered;
    return out;
  }
  if (asked.key.empty() || asked.key.size() > key_size_max)
    return refuse();
  const auto target = point_of(asked.key);
  switch (asked.type) {
  case message_type::put_value:
    return refuse();
  case message_type::add_provider:
    for (const auto& p : asked.providers)
      if (p.peer() == from.peer() && records.add(target, p, now)) {
        ++counts.answered;
        return std::nullopt;
      }
    return refuse();
  case message_type::get_providers:
    out.providers = records.find(target, options.answer_providers_max, now, random);
    break;
  case message_type::get_value:
  case message_type::find_node:
  case message_type::ping:
    break;
  }
  // By the spec a peer's name is the key of find_node, and its point that of the name either way.
  out.closer = table.closest(target, options.lookups.k, &from.peer());
  ++counts.answered;
  return out;
}

std::optional<dht::impl::pending> dht::impl::take_exchange(exchange_id exchange) {
  const auto at = exchanges.find(exchange);
  if (at == exchanges.end())
    return std::nullopt;
  auto p = at->second;
  exchanges.erase(at);
  return p;
}

step dht::impl::answered(exchange_id exchange, const message& m, instant now) {
  step out;
  const auto p = take_exchange(exchange);
  if (!p)
    return out;
  if (!table.heard(p->to, now))
    (void)table.add(p->to, now);
  const auto found = operations.find(p->operation);
  if (found == operations.end())
    return out;
  auto& o = found->second;
  if (m.type == message_type::get_providers && o.at != stage::flanks)
    take_providers(o, m);
  switch (o.at) {
  case stage::lookup:
    o.main.answered(p->to.peer(), m.closer);
    break;
  case stage::flanks:
    o.flank->answered(p->to.peer(), m.closer);
    break;
  case stage::direct:
    --o.waiting;
    o.reached = o.reached || o.sought == p->to.peer();
  }
  advance(p->operation, now, out);
  return out;
}

step dht::impl::failed(exchange_id exchange, instant now) {
  step out;
  if (const auto p = take_exchange(exchange))
    no_answer(*p, now, out);
  return out;
}

void dht::impl::no_answer(const pending& p, instant now, step& out) {
  ++counts.failures;
  (void)table.failed(p.to);
  const auto found = operations.find(p.operation);
  if (found == operations.end())
    return;
  auto& o = found->second;
  switch (o.at) {
  case stage::lookup:
    o.main.failed(p.to.peer());
    break;
  case stage::flanks:
    o.flank->failed(p.to.peer());
    break;
  case stage::direct:
    --o.waiting;
  }
  advance(p.operation, now, out);
}

step dht::impl::tick(instant now) {
  step out;
  while (!exchanges.empty() && exchanges.begin()->second.deadline <= now) {
    const auto p = exchanges.begin()->second;
    exchanges.erase(exchanges.begin());
    no_answer(p, now, out);
  }
  records.expire(now);
  if (now >= bootstrap_due)
    bootstrap(now, out);
  if (now >= republish_next)
    republish_due(now, out);
  return out;
}

instant dht::impl::next_wake() const noexcept {
  auto at = std::min({bootstrap_due, republish_next, records.next_expiry()});
  if (!exchanges.empty())
    at = std::min(at, exchanges.begin()->second.deadline);
  return at;
}

/// Who was silent for long is pinged; the own surroundings and the bucket that waited longest are
/// refreshed by turns.
void dht::impl::bootstrap(instant now, step& out) {
  bootstrap_due = now + jittered(options.bootstrap_interval);
  for (const auto& who : table.silent(now - options.silence_max, options.pings_max))
    send(0, who, {.type = message_type::ping}, now, out);
  own_point_next = !own_point_next;
  if (!own_point_next && table.buckets().size() > 1)
    return walk(now, out);
  begin(operation_kind::find_closest, purpose::own_point, name_of(self.peer()), {}, now, out);
}

/// A lookup of a random point of the bucket that was refreshed longest ago. The last bucket is
/// refreshed by lookups of the own point.
void dht::impl::walk(instant now, step& out) {
  const auto buckets = std::min<std::size_t>(table.buckets().size() - 1, walk_prefix_max + 1);
  walked.resize(std::max(walked.size(), buckets), instant::min());
  const auto longest = static_cast<std::size_t>(
      std::min_element(walked.begin(), walked.begin() + static_cast<std::ptrdiff_t>(buckets)) -
      walked.begin());
  walked[longest] = now;
  const auto name = name_near(table.at(), static_cast<int>(longest), random);
  begin(operation_kind::find_closest, purpose::walk, name_of(name), {}, now, out);
}

void dht::impl::republish_due(instant now, step& out) {
  std::size_t begun = 0;
  republish_next = instant::max();
  for (auto& [name, p] : provides) {
    if (p.under_way)
      continue;
    if (p.due <= now) {
      if (begun++ == republish_at_once) {
        republish_next = now + std::chrono::seconds{1};
        return;
      }
      p.under_way = true;
      ++counts.republished;
      begin(operation_kind::provide, purpose::republish, name, {}, now, out);
    } else {
      republish_next = std::min(republish_next, p.due);
    }
  }
}

result<started> dht::impl::begin_asked(operation_kind kind, bytes name,
                                       std::optional<peer_id> sought, instant now) {
  if (name.empty() || name.size() > key_size_max)
    return fail(errc::too_large,
                "a key of the hash table has 1 to " + std::to_string(key_size_max) + " bytes");
  if (asked_for >= options.operations_max)
    return fail(errc::too_large, std::to_string(asked_for) +
                                     " operations of the hash table are under way; wait for one");
  ++asked_for;
  started s;
  s.operation = begin(kind, purpose::asked_for, std::move(name), sought, now, s.first);
  return s;
}

result<started> dht::impl::provide(bytes name, instant now) {
  const bool is_new = !provides.contains(name);
  if (is_new && provides.size() >= options.provided_max)
    return fail(errc::too_large, std::to_string(provides.size()) + " keys are provided already");
  auto& p = provides[name];
  if (is_new)
    p.interval = std::min(options.republish_min, options.republish_max);
  const bool under_way = std::exchange(p.under_way, true);
  auto s = begin_asked(operation_kind::provide, name, {}, now);
  if (!s && is_new)
    provides.erase(name);
  else if (!s)
    p.under_way = under_way;
  return s;
}

// -- the interface ------------------------------------------------------------------------------

dht::dht(const contact& self, const dht_options& options, std::vector<contact> entries, rng random)
    : impl_(std::make_unique<impl>(self, options, std::move(entries), random)) {}

dht::~dht() = default;
dht::dht(dht&&) noexcept = default;
dht& dht::operator=(dht&&) noexcept = default;

step dht::start(instant now) {
  return impl_->start(now);
}

void dht::heard(const contact& who, bool server, instant now) {
  impl_->heard(who, server, now);
}

std::optional<message> dht::answer(const contact& from, const message& asked, instant now) {
  return impl_->answer(from, asked, now);
}

step dht::answered(exchange_id exchange, const message& answer, instant now) {
  return impl_->answered(exchange, answer, now);
}

step dht::failed(exchange_id exchange, instant now) {
  return impl_->failed(exchange, now);
}

step dht::tick(instant now) {
  return impl_->tick(now);
}

instant dht::next_wake() const noexcept {
  return impl_->next_wake();
}

result<started> dht::find_peer(const peer_id& peer, instant now) {
  return impl_->begin_asked(operation_kind::find_peer, name_of(peer), peer, now);
}

result<started> dht::find_closest(bytes name, instant now) {
  return impl_->begin_asked(operation_kind::find_closest, std::move(name), {}, now);
}

result<started> dht::provide(bytes name, instant now) {
  return impl_->provide(std::move(name), now);
}

result<started> dht::find_providers(bytes name, instant now) {
  return impl_->begin_asked(operation_kind::find_providers, std::move(name), {}, now);
}

bool dht::withdraw(const bytes& name) {
  return impl_->provides.erase(name) != 0;
}

const routing_table& dht::table() const noexcept {
  return impl_->table;
}

const provider_store& dht::records() const noexcept {
  return impl_->records;
}

std::optional<double> dht::network_estimate() const {
  return impl_->size.estimate();
}

const dht_counts& dht::counts() const noexcept {
  return impl_->counts;
}

const contact& dht::self() const noexcept {
  return impl_->self;
}

} // namespace ainur::discovery::kademlia
