// LMDB leaves pages at the end unwritten that were taken and given back in one commit, so a file
// that is shorter than the map says may still be whole. Which pages are in use only reading tells,
// and LMDB has no answer for a page that is not there: a child process reads, and may die of it.
#include "whole_file.hpp"

#include <bit>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ainur/store/error.hpp"
#include "lmdb_map.hpp"

namespace ainur::store::raw {

namespace {

/// Touches every page that holds some of it.
void touch(const MDB_val& x) {
  const auto* data = static_cast<const volatile char*>(x.mv_data);
  for (std::size_t at = 0; at < x.mv_size; at += 512)
    (void)data[at];
  if (x.mv_size != 0)
    (void)data[x.mv_size - 1];
}

/// Walks over all values, and searches for each, which compares with every key of the tree.
bool read_all(MDB_txn* txn, MDB_dbi dbi) {
  MDB_cursor* walk = nullptr;
  MDB_cursor* search = nullptr;
  if (mdb_cursor_open(txn, dbi, &walk) != MDB_SUCCESS ||
      mdb_cursor_open(txn, dbi, &search) != MDB_SUCCESS)
    return false;
  MDB_val key{};
  MDB_val value{};
  int rc = MDB_SUCCESS;
  while ((rc = mdb_cursor_get(walk, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
    touch(key);
    touch(value);
    auto wanted = key;
    MDB_val found{};
    if (mdb_cursor_get(search, &wanted, &found, MDB_SET_KEY) != MDB_SUCCESS ||
        found.mv_data != value.mv_data)
      return false;
  }
  return rc == MDB_NOTFOUND;
}

/// In the child: nothing is given back, the process ends.
bool reads_whole(const std::string& file, std::uint64_t map_bytes) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi values = 0;
  constexpr MDB_dbi free_pages = 0; // LMDB's own table of them
  return mdb_env_create(&env) == MDB_SUCCESS &&
         mdb_env_set_mapsize(env, map_bytes) == MDB_SUCCESS &&
         mdb_env_open(env, file.c_str(), MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR, 0) ==
             MDB_SUCCESS &&
         mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) == MDB_SUCCESS &&
         mdb_dbi_open(txn, nullptr, 0, &values) == MDB_SUCCESS && read_all(txn, values) &&
         read_all(txn, free_pages);
}

auto os_failure(const std::string& what) {
  return fail(errc::io, what + ": " + std::strerror(errno));
}

[[noreturn]] void be_the_reader(const std::string& file, std::uint64_t map_bytes) {
  for (const int number : {SIGBUS, SIGABRT, SIGSEGV})
    std::signal(number, SIG_DFL);
  const rlimit no_core{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &no_core);
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0)
    (void)::dup2(nowhere, STDERR_FILENO); // what LMDB says as it ends
  ::_exit(reads_whole(file, map_bytes) ? 0 : 1);
}

result<void> read_by_child(const std::string& file, std::uint64_t map_bytes,
                           std::string_view otherwise) {
  const pid_t reader = ::fork();
  if (reader < 0)
    return os_failure(file);
  if (reader == 0)
    be_the_reader(file, map_bytes);
  int status = 0;
  while (::waitpid(reader, &status, 0) < 0)
    if (errno != EINTR)
      return os_failure(file);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return {};
  return fail(errc::damaged, file + std::string{otherwise});
}

} // namespace

result<void> expect_page_size(const std::string& file) {
  // Each of the two meta pages: a head of 16 bytes, 24 bytes, and then the size of a page.
  constexpr off_t size_offset = 40;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? result<void>{} : os_failure(file);
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  const auto got = ::pread(fd, &first, sizeof first, size_offset);
  const bool sound =
      got == 0 ||
      (got == sizeof first && first >= 512 && first <= 65'536 && std::has_single_bit(first) &&
       ::pread(fd, &second, sizeof second, off_t{first} + size_offset) == sizeof second &&
       first == second);
  ::close(fd);
  return sound ? result<void>{}
               : fail(errc::damaged, file + ": its first pages do not agree on their size");
}

result<void> expect_readable(const std::string& file, std::uint64_t map_bytes) {
  return read_by_child(file, map_bytes, ": its pages refer to what is not there");
}

result<void> expect_whole(MDB_env* env, const std::string& file, std::uint64_t map_bytes) {
  MDB_envinfo info;
  MDB_stat pages;
  mdb_filehandle_t handle = -1;
  for (const int rc :
       {mdb_env_info(env, &info), mdb_env_stat(env, &pages), mdb_env_get_fd(env, &handle)})
    if (rc != MDB_SUCCESS)
      return fail(lmdb_error(rc, file));

  struct stat there {};

  if (::fstat(handle, &there) != 0)
    return os_failure(file);
  const auto present = static_cast<std::uint64_t>(there.st_size) / pages.ms_psize;
  if (present > info.me_last_pgno)
    return {};
  return read_by_child(file, map_bytes, ": it ends before what it refers to: it was cut short");
}

} // namespace ainur::store::raw
