#include "ainur/scenario/errc.hpp"
#include "enum_names.hpp"

namespace ainur::scenario {

namespace {
template <class E>
std::string_view name_of(E value) noexcept {
  return names_of<E>[static_cast<std::size_t>(value)];
}
} // namespace

std::string_view to_text(clock_kind x) noexcept {
  return name_of(x);
}

std::string_view to_text(bidding_strategy x) noexcept {
  return name_of(x);
}

std::string_view to_text(fault_kind x) noexcept {
  return name_of(x);
}

std::string_view to_text(fault_target x) noexcept {
  return name_of(x);
}

std::string_view to_text(market_mechanism x) noexcept {
  return name_of(x);
}

std::string_view to_text(routing_strategy x) noexcept {
  return name_of(x);
}

std::string_view to_text(election_method x) noexcept {
  return name_of(x);
}

std::string_view to_text(final_state x) noexcept {
  return name_of(x);
}

std::string_view to_text(stage x) noexcept {
  return name_of(x);
}

std::string_view to_text(award_outcome x) noexcept {
  return name_of(x);
}

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::no_file:
    return {"scenario", "no_file", "the file cannot be read"};
  case errc::too_large:
    return {"scenario", "too_large", "more than is allowed"};
  case errc::not_text:
    return {"scenario", "not_text", "the file is not UTF-8 text"};
  case errc::invalid_scenario:
    return {"scenario", "invalid_scenario", "the scenario cannot be run"};
  case errc::invalid_workload:
    return {"scenario", "invalid_workload", "the workload cannot be read"};
  case errc::unknown_metric:
    return {"scenario", "unknown_metric", "there is no such metric"};
  case errc::out_of_range:
    return {"scenario", "out_of_range", "the number is outside its range"};
  case errc::invalid_run:
    return {"scenario", "invalid_run", "the saved run cannot be read"};
  }
  return {"scenario", "unknown", "unknown"};
}

} // namespace ainur::scenario
