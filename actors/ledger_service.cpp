#include "ainur/actors/ledger_service.hpp"

#include "ainur/actors/store_writer.hpp"
#include "market_actors.hpp"

namespace ainur {

namespace {
constexpr supervision::child_id writer_id{1};
constexpr supervision::child_id ledger_id{2};
} // namespace

struct ledger_service::roles {
  std::shared_ptr<registry> of = std::make_shared<registry>();
};

ledger_service ledger_service::start(caf::actor_system& system, const environment& world,
                                     ledger_service_options options) {
  auto known = std::make_shared<roles>();
  const ledger_setup setup{.world = world,
                           .store = options.store,
                           .roles = known->of,
                           .options = options.authority,
                           .keeper = options.keeper,
                           .past = options.past,
                           .signature_checkers = options.signature_checkers,
                           .recent_blocks = options.recent_blocks,
                           .keys = std::nullopt};
  // A ledger whose writer is gone cannot know what became of its last block.
  supervisor_spec spec{.name = "ledger service",
                       .strategy = supervision::strategy_kind::rest_for_one};
  spec.children.push_back({.id = writer_id,
                           .name = "writer",
                           .start = [world, store = options.store](child_context& c) {
                             return caf::actor_cast<caf::actor>(
                                 spawn_store_writer(c.parent.system(), world, store));
                           }});
  spec.children.push_back({.id = ledger_id, .name = "ledger", .start = [setup](child_context& c) {
                             return spawn_ledger(c.parent, setup);
                           }});
  spec.listener = [of = known->of](const supervision_event& e) {
    const auto name = e.id == writer_id ? role::writer : role::ledger;
    if (e.id != writer_id && e.id != ledger_id)
      return;
    if (e.kind == supervision_event::kind_type::started)
      of->set(std::string{name}, e.handle);
    else if (e.kind == supervision_event::kind_type::exited)
      of->clear(std::string{name});
  };
  auto root = spawn_supervisor(system, world, std::move(spec));
  return {std::move(known), std::move(root)};
}

ledger_actor ledger_service::ledger() const {
  return roles_->of->get<ledger_actor>(std::string{role::ledger});
}

} // namespace ainur
