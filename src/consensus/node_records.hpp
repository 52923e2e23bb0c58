// What a node stores of the chain beside the ledger's log, and how it is read.
#pragma once

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/full_node.hpp"
#include "ainur/store/journal.hpp"

namespace ainur::consensus {

/// The position is stored every so many heights, and rolled forward from there.
inline constexpr std::uint64_t position_interval = 32;

inline const auto position_key = as_bytes("position");

/// What makes a block of the journal final, and what its execution gave.
struct chain_record {
  consensus::header header;
  certificate last_commit;
  certificate commit;
  consensus::execution execution;
  std::vector<ledger::batch_receipt> receipts; ///< of each batch
  AINUR_FIELDS(chain_record, header, last_commit, commit, execution, receipts)
};

/// Errors: any `codec::errc`; `bad_record` if it is of another height than its number says.
[[nodiscard]] result<chain_record> decode_record(const store::journal_record& r);

struct handover_key {
  std::uint64_t height = 0;
  AINUR_FIELDS(handover_key, height)
};

/// Adds one to the table.
void keep_handover(certified_header last, const validator_set& next, store::write_set& set);

/// Those of which the height is after `after` and before `before`, rising. Errors: the store's; any
/// `codec::errc`; `codec::errc::too_large` if they are more than `count_max`, or than `bytes_max`
/// in all.
[[nodiscard]] result<std::vector<handover>>
read_handovers(const store::view& from, std::uint64_t after, std::uint64_t before,
               std::size_t count_max, std::size_t bytes_max);

/// Who is in office at a height, as the store knows. Errors: the store's; any `codec::errc`;
/// `base_errc::not_found`.
[[nodiscard]] result<validator_set> read_validators(const store::view& from, std::uint64_t height);

} // namespace ainur::consensus
