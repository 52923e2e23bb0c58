// JSON forms that the room's own files share.
#pragma once

#include "ainur/ledger/text.hpp"
#include "codec/json.hpp"

namespace ainur::ledger {

[[nodiscard]] codec::json json_of(const batch_receipt& r);
[[nodiscard]] result<genesis> genesis_of(const codec::json& in);

/// One line on the call of this name; empty if there is none.
[[nodiscard]] std::string_view summary_of(std::string_view call_name) noexcept;

} // namespace ainur::ledger
