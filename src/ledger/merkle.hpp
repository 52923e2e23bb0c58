// The two hashes of the ledger (docs/ledger.md).
//
// The *write hash* of a block covers every record written in it, in order of table and key. The
// *state hash* is the root of a binary trie over all records: a leaf stands at the path given by
// the bits of the hash of its key, an empty subtree is the zero hash, a subtree of one leaf is that
// leaf, any other node hashes its two halves. It follows that a change touches one path only, and
// that a record is proven present or absent by the siblings along its path.
#pragma once

#include "book.hpp"
#include "trie.hpp"

namespace ainur::ledger {

/// Takes the written keys out of the tables.
[[nodiscard]] hash256 take_write_hash(book& b);
/// The same for a ledger of validators: a hash of each table that was written to, by rising number,
/// the record without a key (0) first.
[[nodiscard]] std::vector<table_writes> take_table_hashes(book& b);

/// The path of a record, by the number of its table and the bytes of its key.
[[nodiscard]] hash256 path_of(std::uint8_t table, bytes_view key);
[[nodiscard]] hash256 record_hash(bytes_view form);

[[nodiscard]] inline std::uint8_t number_of(table_id id) noexcept {
  return static_cast<std::uint8_t>(id);
}

/// From all records; from now on the tables keep what is written for `update_trie`.
[[nodiscard]] trie build_trie(book& b);
/// Brings in what was written since.
void update_trie(book& b, trie& t);
/// The root from all records, without a trie that is kept: the slow way.
[[nodiscard]] hash256 recomputed_root(const book& b);

} // namespace ainur::ledger
