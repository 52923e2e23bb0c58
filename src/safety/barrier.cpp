#include "ainur/safety/barrier.hpp"

#include <iterator>

namespace ainur::safety {

std::string_view to_string(constraint c) noexcept {
  constexpr std::string_view names[] = {"budget",   "reputation", "capacity",     "deadline",
                                        "exposure", "own_bounds", "unknown_agent"};
  static_assert(std::size(names) == own_constraints);
  const auto at = static_cast<std::size_t>(c);
  return at < std::size(names) ? names[at] : "unknown";
}

bool admissible(const barrier& b, const barrier_value& at, const action& u,
                const action_context& context) noexcept {
  const auto price = static_cast<double>(u.price.micro());
  // Differences of doubles: those of integers might overflow.
  const auto time = u.kind == action_kind::spend ? 0.0
                                                 : static_cast<double>(micros(u.finish)) -
                                                       static_cast<double>(micros(context.now));
  const auto next = at.h + at.drift + at.gradient[0] * price + at.gradient[1] * time;
  return next >= (1 - b.gamma) * at.h;
}

} // namespace ainur::safety
