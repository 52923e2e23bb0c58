#include "ainur/store/environment.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb_map.hpp"
#include "whole_file.hpp"

namespace ainur::store {

namespace {

std::string data_file_in(const std::string& directory) {
  return directory + "/store.mdb";
}

auto os_failure(const std::string& what) {
  return fail(errno == ENOSPC || errno == EDQUOT ? errc::disk_full : errc::io,
              what + ": " + std::strerror(errno));
}

/// Locks `owner` for this handle and writes our process id into it.
result<int> own(const std::string& directory) {
  const auto path = directory + "/owner";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return os_failure(path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 24> text{};
    const auto got = ::pread(fd, text.data(), text.size() - 1, 0);
    ::close(fd);
    return fail(errc::in_use,
                directory + (got > 0 ? " is open in process " + std::string{text.data()}
                                     : std::string{" is open elsewhere"}));
  }
  // The number only serves the message above.
  const auto text = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    auto failure = os_failure(path);
    ::close(fd);
    return failure;
  }
  return fd;
}

result<void> make_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST)
    return {};
  return os_failure(directory);
}

} // namespace

struct lmdb_environment::handles {
  std::string directory;
  bool synced = true;
  int owner = -1;
  MDB_env* env = nullptr;
  MDB_dbi dbi = 0;

  handles() = default;
  handles(const handles&) = delete;
  handles& operator=(const handles&) = delete;

  ~handles() {
    if (env != nullptr) {
      if (!synced)
        mdb_env_sync(env, 1); // an orderly close keeps everything
      mdb_env_close(env);
    }
    if (owner >= 0)
      ::close(owner);
  }

  /// As LMDB returns it. A failed environment is closed.
  int try_map(const environment_options& options, std::uint64_t map_bytes) {
    if (const int rc = mdb_env_create(&env); rc != MDB_SUCCESS)
      return rc;
    mdb_env_set_mapsize(env, map_bytes);
    mdb_env_set_maxreaders(env, options.readers_max);
    const unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (options.synced ? 0u : unsigned{MDB_NOSYNC});
    const int rc = mdb_env_open(env, data_file_in(directory).c_str(), flags, 0600);
    if (rc != MDB_SUCCESS)
      mdb_env_close(std::exchange(env, nullptr));
    return rc;
  }

  result<void> open_map(const environment_options& options) {
    constexpr std::uint64_t least = std::uint64_t{256} << 20;
    const auto file = data_file_in(directory);
    if (auto sound = raw::expect_page_size(file); !sound)
      return sound;
    if (options.check_pages)
      if (auto readable = raw::expect_readable(file, least); !readable)
        return readable;
    auto map_bytes = options.map_bytes;
    int rc = try_map(options, map_bytes);
    while (rc == ENOMEM && map_bytes / 2 >= least)
      rc = try_map(options, map_bytes /= 2);
    if (rc != MDB_SUCCESS)
      return fail(raw::lmdb_error(rc, directory));
    if (auto whole = raw::expect_whole(env, file, map_bytes); !whole)
      return whole;
    int dead = 0; // readers that a killed process left behind would keep pages forever
    if (rc = mdb_reader_check(env, &dead); rc != MDB_SUCCESS)
      return fail(raw::lmdb_error(rc, directory));
    return {};
  }

  result<void> prepare() {
    auto txn = raw::transaction::begin(env, true);
    if (!txn)
      return fail(txn.error());
    if (const int rc = mdb_dbi_open(txn->get(), nullptr, 0, &dbi); rc != MDB_SUCCESS)
      return fail(raw::lmdb_error(rc, directory));
    MDB_stat stat;
    if (const int rc = mdb_stat(txn->get(), dbi, &stat); rc != MDB_SUCCESS)
      return fail(raw::lmdb_error(rc, directory));
    raw::lmdb_map map{txn->get(), dbi};
    if (auto ready = stat.ms_entries == 0 ? raw::put_format(map) : raw::check_format(map); !ready)
      return fail(ready.error().within(directory));
    return txn->commit();
  }
};

lmdb_environment::lmdb_environment(std::unique_ptr<handles> open) noexcept
    : handles_(std::move(open)) {}

lmdb_environment::~lmdb_environment() = default;

result<std::unique_ptr<lmdb_environment>>
lmdb_environment::open(const std::string& directory, const environment_options& options) {
  if (options.create) {
    if (auto made = make_directory(directory); !made)
      return fail(made.error());
  } else if (::access(data_file_in(directory).c_str(), F_OK) != 0) {
    return fail(errc::not_found, data_file_in(directory));
  }
  auto open = std::make_unique<handles>();
  open->directory = directory;
  open->synced = options.synced;
  auto owner = own(directory);
  if (!owner)
    return fail(owner.error());
  open->owner = *owner;
  if (auto mapped = open->open_map(options); !mapped)
    return fail(mapped.error());
  if (auto ready = open->prepare(); !ready)
    return fail(ready.error());
  return std::unique_ptr<lmdb_environment>{new lmdb_environment{std::move(open)}};
}

result<void> lmdb_environment::commit(std::span<const write_set> sets) {
  auto txn = raw::transaction::begin(handles_->env, true);
  if (!txn)
    return fail(txn.error());
  raw::lmdb_map map{txn->get(), handles_->dbi};
  if (auto applied = raw::apply(map, sets); !applied)
    return applied;
  return txn->commit();
}

result<void> lmdb_environment::sync() {
  if (const int rc = mdb_env_sync(handles_->env, 1); rc != MDB_SUCCESS)
    return fail(raw::lmdb_error(rc, handles_->directory));
  return {};
}

result<std::unique_ptr<view>> lmdb_environment::open_view() const {
  auto txn = raw::transaction::begin(handles_->env, false);
  if (!txn)
    return fail(txn.error());
  return std::make_unique<raw::lmdb_view>(std::move(*txn), handles_->dbi);
}

namespace {

result<void> copy_to(MDB_env* env, const std::string& target_directory) {
  if (::mkdir(target_directory.c_str(), 0700) != 0)
    return errno == EEXIST ? fail(errc::already_exists, target_directory)
                           : os_failure(target_directory);
  const auto temporary = target_directory + "/store.mdb.tmp";
  const auto copy = [&]() -> result<void> {
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
      return os_failure(temporary);
    const int rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
    const bool synced = rc == MDB_SUCCESS && ::fsync(fd) == 0;
    const int failure = errno;
    ::close(fd);
    if (rc != MDB_SUCCESS)
      return fail(raw::lmdb_error(rc, temporary));
    errno = failure;
    if (!synced || ::rename(temporary.c_str(), data_file_in(target_directory).c_str()) != 0)
      return os_failure(temporary);
    const int directory = ::open(target_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool named = directory >= 0 && ::fsync(directory) == 0;
    if (directory >= 0)
      ::close(directory);
    return named ? result<void>{} : os_failure(target_directory);
  };
  auto copied = copy();
  if (!copied) {
    ::unlink(temporary.c_str());
    ::unlink(data_file_in(target_directory).c_str());
    ::rmdir(target_directory.c_str());
  }
  return copied;
}

} // namespace

result<void> lmdb_environment::backup(const std::string& target_directory) const {
  return copy_to(handles_->env, target_directory);
}

result<void> lmdb_environment::backup_of(const std::string& directory,
                                         const std::string& target_directory) {
  if (::access(data_file_in(directory).c_str(), F_OK) != 0)
    return fail(errc::not_found, data_file_in(directory));
  handles reading; // without the owner's lock: LMDB itself keeps readers and writer apart
  if (const int rc = mdb_env_create(&reading.env); rc != MDB_SUCCESS)
    return fail(raw::lmdb_error(rc, directory));
  if (const int rc = mdb_env_open(reading.env, data_file_in(directory).c_str(),
                                  MDB_NOSUBDIR | MDB_NOTLS | MDB_RDONLY, 0600);
      rc != MDB_SUCCESS)
    return fail(raw::lmdb_error(rc, directory));
  {
    auto txn = raw::transaction::begin(reading.env, false);
    if (!txn)
      return fail(txn.error());
    if (const int rc = mdb_dbi_open(txn->get(), nullptr, 0, &reading.dbi); rc != MDB_SUCCESS)
      return fail(raw::lmdb_error(rc, directory));
    if (auto readable = raw::check_format(raw::lmdb_map{txn->get(), reading.dbi}); !readable)
      return fail(readable.error().within(directory));
  }
  return copy_to(reading.env, target_directory);
}

std::uint64_t lmdb_environment::size_bytes() const noexcept {
  MDB_envinfo info{};
  MDB_stat stat{};
  if (mdb_env_info(handles_->env, &info) != MDB_SUCCESS ||
      mdb_env_stat(handles_->env, &stat) != MDB_SUCCESS)
    return 0;
  return (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

} // namespace ainur::store
