// JSON forms that the room's own files share.
#pragma once

#include "ainur/ledger/text.hpp"
#include "codec/json.hpp"

namespace ainur::ledger {

[[nodiscard]] codec::json json_of(const batch_receipt& r);
[[nodiscard]] result<genesis> genesis_of(const codec::json& in);

} // namespace ainur::ledger
