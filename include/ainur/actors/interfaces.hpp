// The typed interfaces of Ainur's actors: the index of who says what to whom. A sentence a handler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ainur/actors/caf.hpp"
#include "ainur/base/error.hpp"
#include "ainur/base/time.hpp"
#include "ainur/store/group_commit.hpp"
#include "ainur/store/write_set.hpp"
#include "ainur/supervision/policy.hpp"
#include "ainur/supervision/supervisor_core.hpp"

namespace ainur {

// -- supervisor ---------------------------------------------------------------------------------

struct child_spec; // supervisor.hpp

/// A child ended; sent by the hook that watches it.
struct child_exit_notice {
  supervision::child_id id;
  supervision::exit_kind how = supervision::exit_kind::normal;
  caf::error reason;
};

/// The supervisor's own timer.
struct supervisor_tick {};

/// Adds and starts one child of its own specification.
struct add_child {
  std::shared_ptr<const child_spec> spec;
};

/// Adds and starts `count` children of the supervisor's template, numbered from `first`.
struct add_children {
  supervision::child_id first;
  std::uint32_t count = 1;
};

struct children_added {
  std::uint32_t started = 0;
  std::vector<std::pair<supervision::child_id, error>> refused;
};

struct find_child {
  supervision::child_id id;
};

struct find_child_by_name {
  std::string name;
};

/// The handle is of this moment: after a restart it is dead, so look up again. Empty while the
/// child is not running.
struct child_found {
  supervision::child_info info;
  caf::actor handle;
};

struct list_children {};

struct child_list {
  std::vector<supervision::child_info> children; ///< in the order of their start
};

/// Ends a child until `restart_child`.
struct terminate_child {
  supervision::child_id id;
};

struct restart_child {
  supervision::child_id id;
};

/// Forgets a child that is not running.
struct remove_child {
  supervision::child_id id;
};

/// Kills a child as a fault would; its policy then decides. For fault injection.
struct kill_child {
  supervision::child_id id;
};

struct done {};

using supervisor_actor = caf::typed_actor<
    // A child ended: the core decides.
    accepts<child_exit_notice>,
    // A back-off or a shutdown time-out may have passed.
    accepts<supervisor_tick>,
    // Answers when the child is up, or with the reason why not.
    answers<child_found, add_child>,
    // Answers when all were told to start.
    answers<children_added, add_children>,
    // Looks a child up.
    answers<child_found, find_child>, answers<child_found, find_child_by_name>,
    answers<child_list, list_children>,
    // Answers when the child is down.
    answers<done, terminate_child>,
    // Answers when the child was told to start.
    answers<done, restart_child>, answers<done, remove_child>,
    // Injects a fault.
    accepts<kill_child>>;

// -- store_writer -------------------------------------------------------------------------------

/// Make this durable. Its sender gets a `write_outcomes`.
struct store_write {
  store::writer_id writer;
  std::uint64_t ticket = 0; ///< the writer's own number; comes back
  store::write_set set;
};

struct write_outcome {
  std::uint64_t ticket = 0;
  std::optional<error> failure; ///< nothing: it is durable
};

/// What became of a writer's sets, in the order in which it gave them; goes to their sender.
struct write_outcomes {
  std::vector<write_outcome> outcomes;
};

/// A writer starts, or starts afresh after a failure.
struct open_writer {
  store::writer_id writer;
};

/// Nothing of the writer's earlier life is pending any more: what the store shows now is what
/// there is. The writer may have this much unanswered at a time.
struct writer_opened {
  std::uint64_t credit_count = 0;
  std::uint64_t credit_bytes = 0;
};

/// The writer's own turn to commit what has gathered.
struct store_flush {};

struct get_store_figures {};

struct store_figures {
  std::uint64_t commits = 0; ///< since start
  std::uint64_t sets = 0;    ///< committed, since start
  std::uint64_t failures = 0;
  std::uint64_t waiting = 0;
};

using store_writer_actor = caf::typed_actor<
    // Queues a write set; over its credit it is answered with `full`.
    accepts<store_write>,
    // Answers once nothing of the writer is pending.
    answers<writer_opened, open_writer>,
    // Commits what is due.
    accepts<store_flush>, answers<store_figures, get_store_figures>>;

} // namespace ainur

AINUR_LOCAL_MESSAGE(ainur::child_exit_notice)
AINUR_LOCAL_MESSAGE(ainur::supervisor_tick)
AINUR_LOCAL_MESSAGE(ainur::add_child)
AINUR_LOCAL_MESSAGE(ainur::add_children)
AINUR_LOCAL_MESSAGE(ainur::children_added)
AINUR_LOCAL_MESSAGE(ainur::find_child)
AINUR_LOCAL_MESSAGE(ainur::find_child_by_name)
AINUR_LOCAL_MESSAGE(ainur::child_found)
AINUR_LOCAL_MESSAGE(ainur::list_children)
AINUR_LOCAL_MESSAGE(ainur::child_list)
AINUR_LOCAL_MESSAGE(ainur::terminate_child)
AINUR_LOCAL_MESSAGE(ainur::restart_child)
AINUR_LOCAL_MESSAGE(ainur::remove_child)
AINUR_LOCAL_MESSAGE(ainur::kill_child)
AINUR_LOCAL_MESSAGE(ainur::done)
AINUR_LOCAL_MESSAGE(ainur::store_write)
AINUR_LOCAL_MESSAGE(ainur::write_outcomes)
AINUR_LOCAL_MESSAGE(ainur::open_writer)
AINUR_LOCAL_MESSAGE(ainur::writer_opened)
AINUR_LOCAL_MESSAGE(ainur::store_flush)
AINUR_LOCAL_MESSAGE(ainur::get_store_figures)
AINUR_LOCAL_MESSAGE(ainur::store_figures)
