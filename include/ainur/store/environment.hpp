// The store on disk: an LMDB environment in a directory of its own.
//
// The directory holds `store.mdb` (data, sparse: it takes as much disk as is used),
// `store.mdb-lock` (LMDB's readers) and `owner` (locked while open, so that a second process gets
// `in_use` and the number of the first). Open it once per process, and never fork while it is open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ainur/store/backend.hpp"

namespace ainur::store {

struct environment_options {
  /// The most it may ever hold; address space, not disk. Multiple of the page size. Where that much
  /// address space cannot be had (ulimit -v), the store takes the half, and so on.
  std::uint64_t map_bytes = std::uint64_t{1} << 40;
  /// False: commits survive the end of the process but not of the machine (virtual runs).
  bool synced = true;
  /// Makes the directory (mode 0700) and an empty store if there is none.
  bool create = true;
  /// Reads every page first, in a process of its own: a flipped bit in LMDB's tree may kill whoever
  /// follows it. As long as reading the file takes.
  bool check_pages = false;
  std::uint32_t readers_max = 512;
};

class lmdb_environment final : public backend {
public:
  /// Errors: `in_use`, `not_found`, `unsupported_format`, `damaged`, `io`.
  [[nodiscard]] static result<std::unique_ptr<lmdb_environment>>
  open(const std::string& directory, const environment_options& options = {});
  ~lmdb_environment() override;
  lmdb_environment(const lmdb_environment&) = delete;
  lmdb_environment& operator=(const lmdb_environment&) = delete;

  using backend::commit;
  [[nodiscard]] result<void> commit(std::span<const write_set> sets) override;
  [[nodiscard]] result<void> sync() override;
  [[nodiscard]] result<std::unique_ptr<view>> open_view() const override;

  /// A compacted copy of the last committed state in a new directory, while commits go on. It
  /// appears whole or not at all. Thread-safe. Errors: `already_exists`, `disk_full`, `io`.
  [[nodiscard]] result<void> backup(const std::string& target_directory) const;

  /// The same of a store that another process may have open, but not this one (LMDB's locks are
  /// those of processes). Errors: also `not_found`, `unsupported_format`, `damaged`.
  [[nodiscard]] static result<void> backup_of(const std::string& directory,
                                              const std::string& target_directory);

  /// Bytes of pages in use, free ones included.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept;

private:
  struct handles;
  explicit lmdb_environment(std::unique_ptr<handles> open) noexcept;
  std::unique_ptr<handles> handles_;
};

} // namespace ainur::store
