#include "ainur/ledger/slashing_spans.hpp"

#include <algorithm>

namespace ainur::ledger {

bool slashing_span::contains_era(std::uint64_t era) const noexcept {
  return era >= start && (!length || era - start < *length);
}

std::vector<slashing_span> slashing_spans::all() const {
  std::vector<slashing_span> spans{{span_index, last_start, std::nullopt}};
  spans.reserve(prior.size() + 1);
  for (const auto length : prior) {
    const auto& later = spans.back();
    spans.push_back({later.index - 1, later.start - length, length});
  }
  return spans;
}

std::optional<slashing_span> slashing_spans::span_of(std::uint64_t era) const {
  for (const auto& span : all())
    if (span.contains_era(era))
      return span;
  return std::nullopt;
}

std::uint32_t slashing_spans::earliest_index() const noexcept {
  return span_index - static_cast<std::uint32_t>(prior.size());
}

bool slashing_spans::end_span(std::uint64_t now) {
  const auto next_start = now + 1;
  if (next_start <= last_start)
    return false;
  prior.insert(prior.begin(), next_start - last_start);
  last_start = next_start;
  ++span_index;
  return true;
}

std::optional<std::pair<std::uint32_t, std::uint32_t>>
slashing_spans::prune(std::uint64_t window_start) {
  const auto earliest = earliest_index();
  // The current span's start moves with the window; those before it are measured from the old one.
  auto end = last_start;
  std::size_t kept = 0;
  while (kept < prior.size() && end > window_start)
    end -= prior[kept++];
  prior.resize(kept);
  last_start = std::max(last_start, window_start);
  if (earliest_index() == earliest)
    return std::nullopt;
  return std::pair{earliest, earliest_index()};
}

bool slashing_spans::is_consistent() const noexcept {
  auto start = last_start;
  for (const auto length : prior) {
    if (length == 0 || length > start)
      return false;
    start -= length;
  }
  return prior.size() <= span_index;
}

} // namespace ainur::ledger
