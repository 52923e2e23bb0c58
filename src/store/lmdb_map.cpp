#include "lmdb_map.hpp"

#include <cerrno>

namespace ainur::store::raw {

namespace {

MDB_val as_val(bytes_view data) noexcept {
  // LMDB takes non-const pointers but does not write through these.
  return {data.size(), const_cast<std::uint8_t*>(data.data())};
}

bytes_view as_view(const MDB_val& value) noexcept {
  return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
}

class lmdb_cursor final : public cursor {
public:
  explicit lmdb_cursor(MDB_cursor* opened) noexcept : cursor_(opened) {}

  ~lmdb_cursor() override { mdb_cursor_close(cursor_); }

  lmdb_cursor(const lmdb_cursor&) = delete;
  lmdb_cursor& operator=(const lmdb_cursor&) = delete;

  result<bool> seek(bytes_view key) override {
    key_ = as_val(key);
    return move(MDB_SET_RANGE);
  }

  result<bool> seek_before(bytes_view key) override {
    auto found = seek(key);
    if (!found)
      return found;
    return move(*found ? MDB_PREV : MDB_LAST);
  }

  result<bool> next() override { return move(MDB_NEXT); }

  result<bool> previous() override { return move(MDB_PREV); }

  [[nodiscard]] bytes_view key() const override { return as_view(key_); }

  [[nodiscard]] bytes_view value() const override { return as_view(value_); }

private:
  result<bool> move(MDB_cursor_op how) {
    const int rc = mdb_cursor_get(cursor_, &key_, &value_, how);
    if (rc == MDB_SUCCESS)
      return true;
    if (rc == MDB_NOTFOUND)
      return false;
    return fail(lmdb_error(rc, "reading on"));
  }

  MDB_cursor* cursor_;
  MDB_val key_{};
  MDB_val value_{};
};

} // namespace

error lmdb_error(int rc, const std::string& where) {
  const auto detail = where + ": " + mdb_strerror(rc);
  switch (rc) {
  case ENOSPC:
  case EDQUOT:
  case MDB_MAP_FULL:
    return {errc::disk_full, detail};
  case MDB_CORRUPTED:
  case MDB_PAGE_NOTFOUND:
  case MDB_INVALID:
    return {errc::damaged, detail};
  case MDB_VERSION_MISMATCH:
    return {errc::unsupported_format, detail};
  case MDB_BAD_VALSIZE:
    return {errc::bad_key, detail};
  default:
    return {errc::io, detail};
  }
}

result<transaction> transaction::begin(MDB_env* env, bool writes) {
  MDB_txn* txn = nullptr;
  if (const int rc = mdb_txn_begin(env, nullptr, writes ? 0 : MDB_RDONLY, &txn); rc != MDB_SUCCESS)
    return fail(lmdb_error(rc, writes ? "starting a commit" : "opening a view"));
  return transaction{txn};
}

result<void> transaction::commit() {
  if (const int rc = mdb_txn_commit(std::exchange(txn_, nullptr)); rc != MDB_SUCCESS)
    return fail(lmdb_error(rc, "committing"));
  return {};
}

result<std::optional<bytes_view>> lmdb_map::find(bytes_view key) const {
  auto k = as_val(key);
  MDB_val value{};
  const int rc = mdb_get(txn_, dbi_, &k, &value);
  if (rc == MDB_NOTFOUND)
    return std::optional<bytes_view>{};
  if (rc == MDB_BAD_VALSIZE) // no such key can have been stored
    return std::optional<bytes_view>{};
  if (rc != MDB_SUCCESS)
    return fail(lmdb_error(rc, "reading"));
  return std::optional<bytes_view>{as_view(value)};
}

result<std::unique_ptr<cursor>> lmdb_map::walk() const {
  MDB_cursor* c = nullptr;
  if (const int rc = mdb_cursor_open(txn_, dbi_, &c); rc != MDB_SUCCESS)
    return fail(lmdb_error(rc, "reading"));
  return std::make_unique<lmdb_cursor>(c);
}

result<std::span<std::uint8_t>> lmdb_map::put(bytes_view key, std::size_t size) {
  auto k = as_val(key);
  MDB_val value{size, nullptr};
  if (const int rc = mdb_put(txn_, dbi_, &k, &value, MDB_RESERVE); rc != MDB_SUCCESS)
    return fail(lmdb_error(rc, "writing"));
  return std::span<std::uint8_t>{static_cast<std::uint8_t*>(value.mv_data), size};
}

result<void> lmdb_map::erase(bytes_view key) {
  auto k = as_val(key);
  const int rc = mdb_del(txn_, dbi_, &k, nullptr);
  if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND)
    return fail(lmdb_error(rc, "erasing"));
  return {};
}

} // namespace ainur::store::raw
