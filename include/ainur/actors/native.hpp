// For host programs that use CAF themselves: a runtime on their actor system, and agents that are
// CAF actors.
//
//   caf::actor_system_config config;
//   ainur::configure(config, {});                        // before the system is built
//   caf::actor_system system{config};
//   auto market = ainur::start_on(system, {}).value();
//   ...
//   market.stop();                                       // before the system is destroyed
#pragma once

#include <functional>

#include "ainur/actors/caf.hpp"
#include "ainur/actors/supervisor.hpp"
#include "ainur/actors/system.hpp"
#include "ainur/runtime.hpp"

namespace ainur {

/// What an actor answers to a `work_order`.
struct finished_work {
  bytes content;
};

/// An actor that does an agent's work. An error as its answer gives the award up; so does its
/// death. The order's cancel token tells when the answer is no longer wanted.
using working_actor = caf::typed_actor<answers<finished_work, work_order>>;

/// On the host's system. Errors: as `runtime::start`; `runtime_errc::wrong_system`.
[[nodiscard]] result<runtime> start_on(caf::actor_system& system, runtime_options options);

/// Makes the actor: spawn it with `parent`. Called again after each failure, by a supervisor.
using working_actor_factory = std::function<working_actor(caf::local_actor& parent)>;

/// Spawns an agent whose skill is an actor made by `factory`, kept alive by a supervisor of its
/// own. `spec.does` is filled in. Errors: as `runtime::spawn`.
[[nodiscard]] result<agent> spawn_actor_agent(runtime& market, agent_spec spec,
                                              working_actor_factory factory);

/// The actor system that a runtime runs on.
[[nodiscard]] caf::actor_system& system_of(runtime& market);

} // namespace ainur

AINUR_LOCAL_MESSAGE(ainur::work_order)
AINUR_LOCAL_MESSAGE(ainur::finished_work)
