// LMDB as the ordered map of raw.hpp.
#pragma once

#include <lmdb.h>

#include "raw.hpp"

namespace ainur::store::raw {

[[nodiscard]] error lmdb_error(int rc, const std::string& where);

/// Aborted unless committed.
class transaction {
public:
  static result<transaction> begin(MDB_env* env, bool writes);

  transaction(transaction&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}

  transaction& operator=(transaction&&) = delete;

  ~transaction() {
    if (txn_ != nullptr)
      mdb_txn_abort(txn_);
  }

  [[nodiscard]] MDB_txn* get() const noexcept { return txn_; }

  result<void> commit();

private:
  explicit transaction(MDB_txn* txn) noexcept : txn_(txn) {}

  MDB_txn* txn_;
};

/// The map inside one transaction; for reading only if the transaction is.
class lmdb_map final : public writer {
public:
  lmdb_map(MDB_txn* txn, MDB_dbi dbi) noexcept : txn_(txn), dbi_(dbi) {}

  result<std::optional<bytes_view>> find(bytes_view key) const override;
  [[nodiscard]] result<std::unique_ptr<cursor>> walk() const override;
  result<std::span<std::uint8_t>> put(bytes_view key, std::size_t size) override;
  result<void> erase(bytes_view key) override;

private:
  MDB_txn* txn_;
  MDB_dbi dbi_;
};

class lmdb_view final : public map_view {
public:
  lmdb_view(transaction txn, MDB_dbi dbi) : txn_(std::move(txn)), map_(txn_.get(), dbi) {}

private:
  [[nodiscard]] const reader& source() const override { return map_; }

  transaction txn_;
  lmdb_map map_;
};

} // namespace ainur::store::raw
