// The pure core of a persistent actor: state that survives because every change is journalled
// first.
//
// A *command* is decided on the working state, which includes events that are not durable yet, so
// that commands need not wait for each other's commits. Its events are applied and appended to the
// journal; only after their commit are they published and the command answered, in order. If a
// write fails, the working state is ahead of the journal: the core answers nothing more and must be
// recovered anew. Commands carry their sender's sequence number; one delivered twice acts once and
// gets the same answer.
//
// A State is any type with
//   using command = ...; using event = ...; using reply = ...;     // event and reply: codec types
//   store::decision<event, reply> decide(const command&, timestamp now) const;
//   void apply(const event&);                                      // deterministic, never fails
// and either a field list or
//   bytes to_snapshot() const;  static result<State> from_snapshot(bytes_view);
//
// What each call returns is to be carried out in this order: hand `write` to the store_writer, then
// send `releases`, then `refusals`. Not thread-safe; belongs to one actor.
#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ainur/base/assert.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/store/command_window.hpp"
#include "ainur/store/journal.hpp"

namespace ainur::store {

/// What a command leads to. No events: it was refused or changes nothing.
template <class Event, class Reply>
struct decision {
  std::vector<Event> events;
  Reply reply{};
};

template <class State>
concept persistent_state =
    std::movable<State> &&
    requires(State& state, const State& readable, const typename State::command& command,
             const typename State::event& event, timestamp now) {
      {
        readable.decide(command, now)
      } -> std::same_as<decision<typename State::event, typename State::reply>>;
      state.apply(event);
    } &&
    (has_fields<State> || requires(const State& state, bytes_view raw) {
      { state.to_snapshot() } -> std::same_as<bytes>;
      { State::from_snapshot(raw) } -> std::same_as<result<State>>;
    });

struct persistent_options {
  journal_id journal;
  std::uint64_t snapshot_every = 10'000; ///< records; 0: never
  std::size_t in_flight_max = 100'000;   ///< commands decided but not durable
  window_options window{};
};

/// Which command: its sender and the sender's number of it. A none sender is the actor itself
/// (timers); its commands are not numbered, and nobody is answered.
struct command_id {
  sender_id sender;
  std::uint64_t sequence = 0;
  AINUR_FIELDS(command_id, sender, sequence)
};

template <persistent_state State>
class persistent_core {
public:
  using command = typename State::command;
  using event = typename State::event;
  using reply = typename State::reply;

  /// A write set for the store_writer; `ticket` comes back with its outcome.
  struct pending_write {
    std::uint64_t ticket = 0;
    write_set set;
  };

  struct answer {
    command_id to;
    reply content{};
    bool repeated = false; ///< the command was carried out before
  };

  /// Durable now: publish the events, then send the answers.
  struct release {
    std::uint64_t record = 0; ///< the journal's number; 0 for the answer to an old duplicate
    std::vector<event> events;
    std::vector<answer> answers;
  };

  struct refusal {
    command_id to;
    error reason;
  };

  struct outputs {
    std::optional<pending_write> write;
    std::vector<release> releases;
    std::vector<refusal> refusals;
  };

  /// The state as the journal has it: the newest sound snapshot and the records after it; `initial`
  /// if there is neither. Errors: `damaged`, `not_found` (records between are pruned), `bad_value`,
  /// `io`.
  [[nodiscard]] static result<persistent_core>
  recover(const view& from, const persistent_options& options, State initial = {});

  /// Decides, applies, and gives the write that must become durable. A command that is under way is
  /// answered when its first delivery is. Refusals: `full`, `too_old`, `bad_value` (the answer is
  /// too large), `must_recover`; a refused command changed nothing.
  [[nodiscard]] outputs handle(const command_id& id, const command& what, timestamp now);
  /// The write is durable. Tickets come back in the order in which they were given.
  [[nodiscard]] outputs committed(std::uint64_t ticket);
  /// A write failed: all commands under way are refused, and from now on every one.
  [[nodiscard]] outputs failed(const error& reason);

  /// The working state: may include what is not durable.
  [[nodiscard]] const State& state() const noexcept { return state_; }

  [[nodiscard]] bool must_recover() const noexcept { return broken_; }

  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }

  /// The number of the last record decided; the next will be one more.
  [[nodiscard]] std::uint64_t last_record() const noexcept { return last_record_; }

  /// What the newest snapshot covers, 0 if there is none.
  [[nodiscard]] std::uint64_t last_snapshot() const noexcept { return newest_snapshot_; }

private:
  struct record_form {
    command_id id;
    timestamp at{};
    bytes answer;
    std::vector<event> events;
    AINUR_FIELDS(record_form, id, at, answer, events)
  };

  struct snapshot_form {
    bytes state;
    command_window::form window;
    AINUR_FIELDS(snapshot_form, state, window)
  };

  persistent_core(const persistent_options& options, State state)
      : options_(options), state_(std::move(state)), window_(options.window) {}

  [[nodiscard]] static outputs refuse(const command_id& id, errc why, std::string detail = {}) {
    outputs out;
    out.refusals.push_back({id, error{why, std::move(detail)}});
    return out;
  }

  [[nodiscard]] outputs answer_again(const command_id& id, const bytes& remembered);
  void add_snapshot(write_set& writes);
  [[nodiscard]] result<void> load_snapshot(const view& from);
  [[nodiscard]] result<void> replay(const journal_record& record);

  [[nodiscard]] static codec::limits disk_limits() noexcept {
    return {value_bytes_max, value_bytes_max, value_bytes_max, 32};
  }

  persistent_options options_;
  State state_;
  command_window window_;
  std::deque<release> in_flight_; // decided, in order, not durable
  std::uint64_t last_record_ = 0;
  std::uint64_t newest_snapshot_ = 0;
  std::uint64_t older_snapshot_ = 0;
  bool broken_ = false;
};

} // namespace ainur::store

#include "ainur/store/persistent_impl.hpp" // IWYU pragma: export
