// The two hashes of the ledger (docs/ledger.md).
//
// The *write hash* of a block covers every record written in it, in order of table and key. The
// *state hash* is the root of a binary trie over all records: a leaf stands at the path given by
// the bits of the hash of its key, an empty subtree is the zero hash, a subtree of one leaf is that
// leaf, any other node hashes its two halves. It follows that a change touches one path only, and
// that a record is proven present or absent by the siblings along its path.
#pragma once

#include "book.hpp"

namespace ainur::ledger {

/// Takes the written keys out of the tables.
[[nodiscard]] hash256 take_write_hash(book& b);

[[nodiscard]] hash256 trie_root(const book& b);

} // namespace ainur::ledger
