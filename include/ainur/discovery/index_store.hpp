// An index of capabilities that outlives its process: vectors and attributes in a store.
//
// The store is the truth and holds what cannot be computed: for each key its vector as the index
// holds it and its attributes, and once, in the head, of which kind and dimension they are. The
// graph is made anew at opening, from the keys in rising order, so an opened index depends on what
// is stored and not on how it came there. That takes as long as inserting everything; `read` hands
// the records out in pages for who wants to insert them from several threads.
//
// A change is made in the index first, which checks it, then noted in a write set: whoever commits
// the write set has it durable. Every record has a version, and the store adds a hash. Functions
// are const and thread-safe; a view is not (see store/backend.hpp).
#pragma once

#include <optional>
#include <vector>

#include "ainur/discovery/capability_index.hpp"
#include "ainur/store/backend.hpp"

namespace ainur::discovery {

/// One key with what belongs to it.
struct index_record {
  std::uint64_t key = 0;
  index_entry entry;
  friend bool operator==(const index_record&, const index_record&) = default;
};

struct index_page {
  std::vector<index_record> records; ///< by rising key
  bool more = false;
};

class index_store {
public:
  /// Two tables of an environment, nobody else's.
  constexpr index_store(store::table_id head, store::table_id vectors) noexcept
      : head_(head), vectors_(vectors) {}

  /// Notes the kind and dimension; once, before the first commit of vectors.
  void create(store::write_set& writes, const index_options& options) const;
  /// Notes what the index holds under a key: its vector, or that there is none.
  void note(store::write_set& writes, const capability_index& index, std::uint64_t key) const;

  /// An index of all that is stored; empty if nothing is. Errors: `wrong_shape` if the store holds
  /// another kind or dimension than the options say; `malformed` for a record that is not of its
  /// form, naming the key; `too_large` beyond `vectors_max`; `bad_option`; those of the store
  /// (`damaged`, `io`).
  [[nodiscard]] result<capability_index> open(const store::view& from,
                                              const index_options& options) const;
  /// Whether the store holds an index of this kind and dimension; false if it holds none. Errors:
  /// `wrong_shape`, `malformed`, those of the store.
  [[nodiscard]] result<bool> matches(const store::view& from, const index_options& options) const;
  /// At most `count_max` records (1 .. 16,384) after a key, or from the first. Errors: as `open`.
  [[nodiscard]] result<index_page> read(const store::view& from, const index_options& options,
                                        std::optional<std::uint64_t> after,
                                        std::size_t count_max) const;

private:
  store::table_id head_;
  store::table_id vectors_;
};

/// The stored form of a vector and its attributes, for which `index_store` is the only writer.
[[nodiscard]] bytes encode_entry(const index_options& options, const index_entry& entry);
/// Errors: `malformed`.
[[nodiscard]] result<index_entry> decode_entry(const index_options& options, bytes_view in);

} // namespace ainur::discovery
