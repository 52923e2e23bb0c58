// Exactly-once commands: remembers, for every sender, which of its last commands were carried out
// and what was answered, so that a command delivered twice acts once and is answered twice.
//
// Senders number their commands from 1 and may have `width` of them under way in any order. What
// lies further back than `width` below the highest is `too_old`. Memory is bounded: answers by
// size, senders by number (one that was silent for `retention` makes room for a new one).
// Deterministic; belongs to one component; its snapshot has one canonical form.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"
#include "ainur/store/error.hpp"

namespace ainur::store {

/// Whoever sends commands: stable over restarts.
using sender_id = byte_id<struct sender_tag, 32>;
/// The sender of this name.
[[nodiscard]] sender_id sender_named(std::string_view name) noexcept;

struct window_options {
  std::uint64_t width = 256; ///< 1 .. 65,536
  std::size_t senders_max = 65'536;
  std::size_t answer_bytes_max = 64u << 10;
  duration retention = std::chrono::hours{24};
};

class command_window {
public:
  enum class verdict : std::uint8_t {
    fresh,     ///< carry it out, then `remember`
    duplicate, ///< carried out before: send `answer` again
    too_old,   ///< before the window: cannot be told
    no_room,   ///< a new sender, and all known ones spoke within the retention
  };

  struct judgement {
    verdict is = verdict::fresh;
    bytes answer; ///< of a duplicate
  };

  /// A snapshot: senders in order, the answers of each in order.
  struct answered {
    std::uint64_t sequence = 0;
    bytes answer;
    AINUR_FIELDS(answered, sequence, answer)
  };

  struct lane_form {
    sender_id sender;
    timestamp last_heard{};
    std::uint64_t highest = 0;
    std::vector<answered> answers;
    AINUR_FIELDS(lane_form, sender, last_heard, highest, answers)
  };

  struct form {
    std::vector<lane_form> lanes;
    AINUR_FIELDS(form, lanes)
  };

  explicit command_window(const window_options& options = {}) : options_(options) {}

  /// Changes nothing. Sequence 0 is `too_old`.
  [[nodiscard]] judgement judge(const sender_id& sender, std::uint64_t sequence,
                                timestamp now) const;
  /// A `fresh` command was carried out at `now` and answered so. Errors: `bad_value` if the answer
  /// is too large, `full` for `no_room`, `too_old` if it is not fresh; then nothing changes.
  [[nodiscard]] result<void> remember(const sender_id& sender, std::uint64_t sequence, bytes answer,
                                      timestamp now);

  /// `remember` for what a journal says was carried out: takes it even where today's options have
  /// no room for it. Errors: `bad_value` if it was remembered already or lies before the window.
  [[nodiscard]] result<void> restore(const sender_id& sender, std::uint64_t sequence, bytes answer,
                                     timestamp at);

  [[nodiscard]] std::size_t senders() const noexcept { return lanes_.size(); }

  [[nodiscard]] form to_form() const;
  /// Answers beyond a narrower `width` are dropped. Errors: `bad_value` if it is not a form that
  /// `to_form` gives.
  [[nodiscard]] static result<command_window> from_form(const form& snapshot,
                                                        const window_options& options);

private:
  struct lane {
    timestamp last_heard{};
    std::uint64_t highest = 0;
    std::map<std::uint64_t, bytes> answers;
  };

  [[nodiscard]] bool has_room(timestamp now) const;
  void keep(const sender_id& sender, std::uint64_t sequence, bytes answer, timestamp at);

  window_options options_;
  std::map<sender_id, lane> lanes_;
  std::set<std::pair<timestamp, sender_id>> by_age_;
};

} // namespace ainur::store
