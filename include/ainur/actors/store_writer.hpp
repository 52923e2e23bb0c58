// The store_writer: the actor that owns the only write transaction of a store.
//
// Write sets that arrive while a commit runs are committed together by the next (group commit).
// Each writer is told, in its order, what became of its sets, and has a credit: how much it may
// have unanswered. On the real clock it runs on a thread of its own, since commits block; on the
// virtual clock it is an ordinary actor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "ainur/actors/environment.hpp"
#include "ainur/actors/interfaces.hpp"
#include "ainur/store/backend.hpp"
#include "ainur/store/group_commit.hpp"

namespace ainur {

struct store_writer_options {
  store::group_options group{};
  /// The bounds of `group` are shared out among this many writers as their credits.
  std::uint32_t writers_max = 16;
};

/// The store must outlive the actor, which shares it.
[[nodiscard]] store_writer_actor spawn_store_writer(caf::actor_system& system,
                                                    const environment& world,
                                                    std::shared_ptr<store::backend> store,
                                                    const store_writer_options& options = {});

} // namespace ainur
