#include "validator_branch.hpp"

#include <algorithm>
#include <filesystem>

#include "ainur/actors/store_writer.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/store/environment.hpp"
#include "ainur/store/memory_store.hpp"

namespace ainur {

namespace {

constexpr supervision::restart_intensity often{.restarts_max = 1'000,
                                               .period = std::chrono::seconds{10}};

account_id nominator_account(const byte_array<32>& secret, std::size_t number) {
  return ledger::account_of_seed(crypto::hasher{"ainur/run-nominator/v1"}
                                     .add(secret)
                                     .add(std::uint64_t{number})
                                     .finish()
                                     .value);
}

} // namespace

validator_branch::validator_branch(const validator_options& options, const byte_array<32>& secret)
    : options_(options), secret_(secret) {
  for (std::uint32_t i = 0; i < count(); ++i)
    stashes_.push_back(ledger::account_of_seed(seed_of(i, "stash")));
}

byte_array<32> validator_branch::seed_of(std::uint32_t number, std::string_view what) const {
  return crypto::hasher{"ainur/run-validator/v1"}
      .add(secret_)
      .add(as_bytes(what))
      .add(std::uint64_t{number})
      .finish()
      .value;
}

void validator_branch::found(ledger::genesis& g) const {
  g.version = 2;
  g.authority = {};
  auto& f = g.founding.emplace();
  f.election = options_.election;
  f.agreement = options_.agreement;
  for (std::uint32_t i = 0; i < count(); ++i) {
    const auto key =
        crypto::secret_key::from_seed(crypto::seed{seed_of(i, "statements")}).public_part();
    f.validators.push_back({stashes_[i], key.value, options_.stakes[i], options_.commission_ppm});
    g.allocations.push_back({stashes_[i], options_.free_balance, {}});
  }
  for (std::size_t i = 0; i < options_.nominators.size(); ++i) {
    const auto& n = options_.nominators[i];
    auto& made = f.nominators.emplace_back();
    made.stash = nominator_account(secret_, i);
    made.value = n.stake;
    for (const auto target : n.targets)
      made.targets.push_back(stashes_.at(target));
  }
  std::ranges::sort(f.validators, {}, &ledger::founding_validator::stash);
  std::ranges::sort(f.nominators, {}, &ledger::founding_nominator::stash);
  std::ranges::sort(g.allocations, {}, &ledger::allocation::account);
}

result<void> validator_branch::open_stores(const ledger::genesis& g, store::backend& market_store,
                                           const std::string& directory, bool synced,
                                           std::uint64_t map_bytes) {
  checker_ = std::make_shared<consensus::signature_checker>(ledger::genesis_hash(g));
  if (auto ready = consensus::prepare_node(market_store, g); !ready)
    return ready;
  for (std::uint32_t i = 0; i < count(); ++i) {
    const auto where = "the store of validator " + std::to_string(i);
    if (directory.empty()) {
      stores_.push_back(std::make_shared<store::memory_store>());
    } else {
      const auto folder = directory + "/validators/" + std::to_string(i);
      std::error_code ignored; // what is missing then is told by the store
      std::filesystem::create_directories(folder, ignored);
      auto opened =
          store::lmdb_environment::open(folder, {.map_bytes = map_bytes, .synced = synced});
      if (!opened)
        return fail(opened.error().within(where));
      stores_.push_back(std::move(*opened));
    }
    if (auto ready = consensus::prepare_node(*stores_.back(), g); !ready)
      return fail(ready.error().within(where));
  }
  return {};
}

std::shared_ptr<const std::vector<node_address>>
validator_branch::addresses(const account_id& host) const {
  auto all = std::make_shared<std::vector<node_address>>();
  for (std::uint32_t i = 0; i < count(); ++i)
    all->push_back({stashes_[i], first_validator_endpoint + i, role::validator_of(i)});
  all->push_back({host, ledger_endpoint, role::ledger});
  return all;
}

seat_setup validator_branch::observer(const environment& world,
                                      const std::shared_ptr<registry>& roles,
                                      std::shared_ptr<store::backend> store,
                                      const account_id& host) const {
  return {.world = world,
          .store = std::move(store),
          .roles = roles,
          .writer_role = role::writer,
          .nodes = addresses(host),
          .place = count(),
          .options = {},
          .checker = checker_,
          .statement_seed = seed_of(count(), "statements"),
          .reporter_seed = {}};
}

supervisor_spec validator_branch::spec(const environment& world,
                                       const std::shared_ptr<registry>& roles,
                                       const account_id& host) const {
  supervisor_spec all{.name = "validators", .intensity = often};
  const auto nodes = addresses(host);
  for (std::uint32_t i = 0; i < count(); ++i) {
    seat_setup seat{.world = world,
                    .store = stores_[i],
                    .roles = roles,
                    .writer_role = role::writer_of_validator(i),
                    .nodes = nodes,
                    .place = i,
                    .options = {},
                    .checker = checker_,
                    .statement_seed = seed_of(i, "statements"),
                    .reporter_seed = seed_of(i, "stash")};
    seat.options.keeper.keep_blocks = options_.keep_blocks;
    if (options_.keep_blocks != 0)
      seat.options.keeper.keep_time = {};
    // A node whose writer is gone cannot know what became of its last step.
    auto one = std::make_shared<supervisor_spec>();
    one->name = role::validator_of(i);
    one->strategy = supervision::strategy_kind::rest_for_one;
    one->intensity = often;
    one->children.push_back(
        {.name = "writer", .start = [world, store = stores_[i]](child_context& c) {
           return caf::actor_cast<caf::actor>(spawn_store_writer(c.parent.system(), world, store));
         }});
    one->children.push_back({.name = "validator", .start = [seat](child_context& c) {
                               return spawn_validator(c.parent, seat);
                             }});
    one->listener = [roles, i](const supervision_event& e) {
      if (e.id.value != 1 && e.id.value != 2)
        return;
      const auto name = e.id.value == 1 ? role::writer_of_validator(i) : role::validator_of(i);
      if (e.kind == supervision_event::kind_type::started)
        roles->set(name, e.handle);
      else if (e.kind == supervision_event::kind_type::exited)
        roles->clear(name);
    };
    all.children.push_back({.name = one->name,
                            .policy = {.shutdown_timeout = supervision::infinity},
                            .start = std::shared_ptr<const supervisor_spec>{std::move(one)}});
  }
  return all;
}

} // namespace ainur
