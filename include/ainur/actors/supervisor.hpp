// Supervisors: actors whose only work is to keep other actors alive.
//
//   ainur::supervisor_spec spec{.name = "shop", .strategy = strategy_kind::rest_for_one};
//   spec.children.push_back({.name = "stock", .start = [](ainur::child_context& context) {
//     return context.parent.spawn(stock_actor);
//   }});
//   auto shop = ainur::spawn_supervisor(system, world, std::move(spec));
//
// A child is started by its factory, and again by the same factory after it failed, as its policy
// and the strategy say (supervision/policy.hpp). A child may be a supervisor itself; that is how
// trees are made, and how more than a thousand children are kept. Supervisors use no links: a child
// that is killed harms nobody else. A supervisor that ends takes its children with it: asked to
// end, in reverse order and one after the other; killed, all at once. Its own supervisor hears of
// its end only when the whole tree below it is gone, so an old child never meets its successor.
//
// Address children by id, and look the handle up (`find_child`, or a table kept by the listener):
// handles change with every restart. A child costs its supervisor about 100 bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ainur/actors/caf.hpp"
#include "ainur/actors/environment.hpp"
#include "ainur/actors/interfaces.hpp"
#include "ainur/supervision/policy.hpp"

namespace ainur {

/// What a factory is given. Valid during the call only.
struct child_context {
  /// Spawn the child with this: `context.parent.spawn<caf::lazy_init>(...)`. Never linked, never
  /// monitored.
  caf::local_actor& parent;
  supervision::child_id id;
  bool again = false; ///< it ran before
};

/// Starts a child. An empty handle, or an exception, is a failed start. Called by the supervisor,
/// on its thread; it must not block.
using child_factory = std::function<caf::actor(child_context&)>;

struct supervisor_spec;

struct child_spec {
  /// Unique within its supervisor; 0: the next free number, from 1.
  supervision::child_id id{};
  std::string name; ///< for people and for `find_child_by_name`; may be empty
  supervision::child_policy policy{};
  /// A factory, or the specification of a supervisor below this one.
  std::variant<child_factory, std::shared_ptr<const supervisor_spec>> start;
};

/// How the many children of one kind are made, which `add_children` adds.
struct child_template {
  supervision::child_policy policy{};
  child_factory start;
};

/// Something that a registry or a log wants to know.
struct supervision_event {
  enum class kind_type : std::uint8_t {
    started,   ///< `handle` is the child now
    exited,    ///< `how`
    forgotten, ///< the id is free
    gave_up,   ///< this supervisor is about to fail; no child
    max_value = gave_up
  };
  kind_type kind;
  const std::string& supervisor;
  supervision::child_id id{};
  caf::actor handle{};
  supervision::exit_kind how{};
  bool again = false; ///< started: a restart
};

/// Called by the supervisor, on its thread and in order; it must not block, nor call back.
using supervision_listener = std::function<void(const supervision_event&)>;

struct supervisor_spec {
  std::string name;
  supervision::strategy_kind strategy = supervision::strategy_kind::one_for_one;
  supervision::restart_intensity intensity{};
  supervision::back_off delay{};
  std::vector<child_spec> children{}; ///< started in this order
  std::optional<child_template> many{};
  supervision_listener listener{};
};

/// Starts a supervisor that nobody supervises. It ends normally when asked to, and with
/// `supervision::errc` as its error when it gives up. Send it `caf::exit_reason::user_shutdown` to
/// end it and everything below in order.
[[nodiscard]] supervisor_actor spawn_supervisor(caf::actor_system& system, const environment& world,
                                                supervisor_spec spec);

/// How an actor that ended with this reason ended.
[[nodiscard]] supervision::exit_kind exit_kind_of(const caf::error& reason) noexcept;

} // namespace ainur
