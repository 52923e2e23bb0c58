// How the ledger's words sound to an orchestrator.
#pragma once

#include <optional>

#include "ainur/ledger/error.hpp"
#include "ainur/ledger/event.hpp"
#include "ainur/ledger/view.hpp"
#include "ainur/orchestration/orchestrator.hpp"

namespace ainur::orchestration {

[[nodiscard]] answer meaning_of(ledger::errc code) noexcept;
/// Nothing for events that concern no award or task end.
[[nodiscard]] std::optional<ledger_event> event_of(const ledger::event::any& event);
[[nodiscard]] ledger_view view_of(const std::optional<ledger::task_view>& seen);
[[nodiscard]] market::cause cause_of(ledger::outcome_cause cause) noexcept;
[[nodiscard]] market::final_state final_state_of(ledger::task_end end) noexcept;

} // namespace ainur::orchestration
