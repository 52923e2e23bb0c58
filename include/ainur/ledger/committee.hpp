// The validators in office, as the ledger knows them. Values.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/base/bytes.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::ledger {

struct committee_member {
  account_id stash;
  byte_array<32> key{};     ///< with which it signs statements
  std::uint64_t weight = 0; ///< whole AINU behind it, at least 1
  AINUR_FIELDS(committee_member, stash, key, weight)
};

/// Elected at the start of an era, in office from a height on until the next one is.
struct committee {
  std::uint64_t era = 0;
  std::uint64_t first_height = 0; ///< two after that of the block that elected it; 1 at genesis
  std::vector<committee_member> members; ///< in rising order of their stashes
  AINUR_FIELDS(committee, era, first_height, members)
};

/// What a block wrote to one table: a replica that differs can say where.
struct table_writes {
  std::uint8_t table = 0;
  hash256 hash;
  AINUR_FIELDS(table_writes, table, hash)
};

} // namespace ainur::ledger
