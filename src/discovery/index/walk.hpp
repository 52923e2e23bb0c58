// A search of the graph in steps.
//
// A step reads only memory that the step before has asked for, so several walks that take turns in
// one thread wait for memory together. The pool holds the best that were seen, best first; the walk
// looks at the neighbours of the best one it has not looked at yet, until there is none, and then
// goes on a level below.
#pragma once

#include "graph.hpp"

namespace ainur::discovery::detail {

class walk {
public:
  /// Down to `lowest`, or to the top level if that is below it, keeping the `width` best there.
  walk(const graph& g, const query& q, std::uint8_t lowest, std::uint32_t width, scratch& room);

  /// False once the best of the lowest level are in the pool.
  bool step();

  void run() {
    while (step()) {
    }
  }

  [[nodiscard]] std::uint8_t level() const noexcept { return level_; }

  /// Goes on from what is in the pool, on the level below.
  void descend();

  /// Puts the neighbours of a slot that were not visited yet into the room and asks for their rows.
  /// Returns how many.
  static std::size_t collect(const graph& g, slot s, std::uint8_t level, scratch& room);
  /// Scores them. Those that cannot come into a pool of this width are left out of what remains.
  static std::size_t score(const graph& g, const query& q, std::size_t count, std::uint32_t width,
                           scratch& room);

private:
  void begin_level();
  bool pick();

  const graph& graph_;
  const query& query_;
  scratch& room_;
  std::uint8_t level_ = 0;
  std::uint8_t lowest_;
  std::uint32_t width_lowest_;
  std::uint32_t width_ = 0; // of this level
  std::size_t at_ = 0;      // in the pool: all before it were looked at
  slot current_ = no_slot;  // whose neighbours come next; none: they are collected
  std::size_t collected_ = 0;
  bool done_ = false;
};

/// Keeps the `width` best in order; true if it was one of them, then `at` is its place.
bool offer(std::vector<ranked>& pool, std::size_t width, ranked r, std::size_t& at);

} // namespace ainur::discovery::detail
