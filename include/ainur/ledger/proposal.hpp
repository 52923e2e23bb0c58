// The calls of a proposal as bytes, and the accounts of DAOs. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/ledger/call.hpp"
#include "ainur/ledger/genesis.hpp"

namespace ainur::ledger {

/// The account of the DAO that `founder` creates under `nonce`: H("ainur/dao/v1", founder, nonce).
/// It can be named, given money or made the council of a genesis before the DAO exists.
[[nodiscard]] account_id dao_account(const account_id& founder, std::uint64_t nonce) noexcept;

/// Proposals within proposals, and executions within executions, go at most so deep.
inline constexpr std::uint32_t proposal_depth_max = 4;

/// Canonical msgpack of the list of calls.
[[nodiscard]] bytes encode_calls(const std::vector<call>& calls);
/// 1 .. calls_max calls in at most calls_bytes_max bytes, those of proposals within it too, which
/// go at most `proposal_depth_max` deep. Errors: any `codec::errc`, `invalid_value`.
[[nodiscard]] result<std::vector<call>> decode_calls(bytes_view data,
                                                     const governance_parameters& bounds);

} // namespace ainur::ledger
