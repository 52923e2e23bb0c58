// Persistent actors: their state survives because every change is journalled before it is answered.
//
// Write the state as a plain struct (`store::persistent_state`: decide, apply), and let
// `spawn_persistent` make an actor of it:
//
//   auto counter = ainur::spawn_persistent<counter_state>(context.parent, settings);
//   self->send(counter, ainur::persistent_command<counter_state>{{me, sequence}, add{5}});
//   // later: ainur::persistent_answer<counter_state>{{me, sequence}, reply}
//
// A command is answered after the commit of its events; delivered twice (after a time-out, say, or
// because the actor was killed) it acts once and gets the same answer. If a write fails the actor
// ends with an error, and its supervisor starts it again from the journal. While it recovers,
// commands wait. `persistent_shell` is the same for actors with other handlers beside.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/message_handler.hpp>
#include <caf/stateful_actor.hpp>

#include "ainur/actors/environment.hpp"
#include "ainur/actors/interfaces.hpp"
#include "ainur/store/backend.hpp"
#include "ainur/store/persistent.hpp"

namespace ainur {

template <class State>
struct persistent_command {
  store::command_id id;
  typename State::command content;
};

/// Goes to the sender of the command. Refused commands changed nothing.
template <class State>
struct persistent_answer {
  store::command_id id;
  result<typename State::reply> content;
  bool repeated = false; ///< carried out before
};

template <store::persistent_state State>
struct persistent_settings {
  environment world;
  std::shared_ptr<store::backend> store;
  store_writer_actor writer;
  store::persistent_options options{};
  State initial{}; ///< where the journal is empty
  /// Called once the record and its events are durable, in order. After a restart, what was durable
  /// but not yet published is not published again: a projection keeps a cursor of its own.
  std::function<void(std::uint64_t record, const std::vector<typename State::event>&)> publish{};
  /// Called when the state has been recovered, at each start.
  std::function<void(const State&)> recovered{};
};

} // namespace ainur

namespace caf {
template <class State>
struct allowed_unsafe_message_type<ainur::persistent_command<State>> : std::true_type {};

template <class State>
struct allowed_unsafe_message_type<ainur::persistent_answer<State>> : std::true_type {};
} // namespace caf

namespace ainur {

/// The part of an actor that makes it persistent. Lives in the actor's state.
template <store::persistent_state State>
class persistent_shell {
public:
  using core_type = store::persistent_core<State>;
  using command_message = persistent_command<State>;
  using answer_message = persistent_answer<State>;

  persistent_shell(caf::event_based_actor* self, persistent_settings<State> settings)
      : self_(self), settings_(std::move(settings)) {}

  /// Begins to recover, and gives the handlers to put into the actor's behaviour.
  [[nodiscard]] caf::message_handler start() {
    open();
    return {
        [this](command_message& m) { handle(m); },
        [this](write_outcomes& m) { take(m); },
    };
  }

  /// The working state; nothing while it recovers.
  [[nodiscard]] const State* state() const noexcept { return core_ ? &core_->state() : nullptr; }

  /// A command of the actor itself, as from a timer: nobody is answered. Ignored while it recovers.
  void handle_own(typename State::command content) {
    if (core_)
      carry_out(core_->handle({}, content, settings_.world.utc_now()));
  }

private:
  struct waiting_command {
    caf::actor sender;
    command_message message;
  };

  void open() {
    const auto writer = store::writer_id{settings_.options.journal.value};
    self_->request(settings_.writer, caf::infinite, open_writer{writer})
        .then([this](writer_opened& opened) { recover(opened); },
              [this](caf::error& e) { self_->quit(std::move(e)); });
  }

  void recover(const writer_opened& credit) {
    credit_ = credit;
    auto view = settings_.store->open_view();
    if (!view)
      return self_->quit(to_caf(view.error()));
    auto core = core_type::recover(**view, settings_.options, std::move(settings_.initial));
    if (!core)
      return self_->quit(to_caf(core.error()));
    core_.emplace(std::move(*core));
    if (settings_.recovered)
      settings_.recovered(core_->state());
    for (auto& w : std::exchange(stash_, {}))
      decide(std::move(w.sender), w.message);
  }

  void handle(command_message& m) {
    auto sender = caf::actor_cast<caf::actor>(self_->current_sender());
    if (core_)
      return decide(std::move(sender), m);
    if (stash_.size() < settings_.options.in_flight_max)
      stash_.push_back({std::move(sender), std::move(m)});
    else
      answer(sender, {m.id, fail(store::errc::full, "the actor recovers"), false});
  }

  void decide(caf::actor sender, const command_message& m) {
    senders_.insert_or_assign(m.id, std::move(sender));
    carry_out(core_->handle(m.id, m.content, settings_.world.utc_now()));
  }

  void take(const write_outcomes& m) {
    for (const auto& outcome : m.outcomes) {
      if (!core_ || core_->must_recover() || unanswered_.empty())
        return;
      unanswered_bytes_ -= unanswered_.front();
      unanswered_.pop_front();
      if (outcome.failure) {
        carry_out(core_->failed(*outcome.failure));
        return self_->quit(to_caf(*outcome.failure));
      }
      carry_out(core_->committed(outcome.ticket));
    }
    send_held();
  }

  void carry_out(typename core_type::outputs out) {
    if (out.write) {
      held_.push_back(std::move(*out.write));
      send_held();
    }
    for (auto& release : out.releases) {
      if (release.record != 0 && settings_.publish)
        settings_.publish(release.record, release.events);
      for (auto& a : release.answers)
        answer(take_sender(a.to), {a.to, std::move(a.content), a.repeated});
    }
    for (auto& refusal : out.refusals)
      answer(take_sender(refusal.to), {refusal.to, fail(std::move(refusal.reason)), false});
  }

  /// Hands over what the credit allows; the rest waits here, bounded by `in_flight_max`.
  void send_held() {
    while (!held_.empty() && unanswered_.size() < credit_.credit_count) {
      auto& next = held_.front();
      const auto size = next.set.size_bytes();
      if (!unanswered_.empty() && unanswered_bytes_ + size > credit_.credit_bytes)
        return;
      unanswered_.push_back(size);
      unanswered_bytes_ += size;
      self_->send(settings_.writer, store_write{store::writer_id{settings_.options.journal.value},
                                                next.ticket, std::move(next.set)});
      held_.pop_front();
    }
  }

  [[nodiscard]] caf::actor take_sender(const store::command_id& id) {
    auto node = senders_.extract(id);
    return node ? std::move(node.mapped()) : caf::actor{};
  }

  struct id_hash {
    std::size_t operator()(const store::command_id& id) const noexcept {
      return std::hash<store::sender_id>{}(id.sender) ^ (id.sequence * 0x9e3779b97f4a7c15u);
    }
  };

  void answer(const caf::actor& to, answer_message&& m) {
    if (to)
      self_->send(to, std::move(m));
  }

  caf::event_based_actor* self_;
  persistent_settings<State> settings_;
  std::optional<core_type> core_;
  std::deque<waiting_command> stash_;                                  // while it recovers
  std::unordered_map<store::command_id, caf::actor, id_hash> senders_; // of commands under way
  std::deque<typename core_type::pending_write> held_;                 // beyond the credit
  std::deque<std::size_t> unanswered_; // sizes of what the writer has
  std::size_t unanswered_bytes_ = 0;
  writer_opened credit_;
};

/// An actor of a state alone. `Spawner` is an actor system, or the parent in a factory.
template <store::persistent_state State, class Spawner>
[[nodiscard]] caf::actor spawn_persistent(Spawner& spawner, persistent_settings<State> settings) {
  struct actor_state {
    std::optional<persistent_shell<State>> shell;
    const char* name = "persistent_actor";
  };

  auto run = [](caf::stateful_actor<actor_state>* self,
                const persistent_settings<State>& given) -> caf::behavior {
    self->state.shell.emplace(self, given);
    return caf::behavior{self->state.shell->start()};
  };
  return spawner.spawn(run, std::move(settings));
}

} // namespace ainur
