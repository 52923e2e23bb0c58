// Key files on disk: never readable by others, written at once or not at all.
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ainur/crypto/hash.hpp"
#include "ainur/crypto/key_file.hpp"

namespace ainur::crypto {

namespace {

constexpr std::size_t file_bytes_max = 4096;

class descriptor {
public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}

  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

private:
  int fd_;
};

auto io_failure(const std::string& what) {
  return fail(errc::io, what + ": " + std::strerror(errno));
}

bool write_all(int fd, bytes_view data) {
  while (!data.empty()) {
    const auto written = ::write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// A name change is durable only with its directory.
bool sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto directory = slash == std::string::npos ? std::string{"."} : path.substr(0, slash + 1);
  const descriptor d{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return d.is_open() && ::fsync(d.get()) == 0;
}

result<void> write_temporary(const std::string& temporary, bytes_view file) {
  const descriptor d{
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!d.is_open())
    return io_failure(temporary);
  if (::fchmod(d.get(), 0600) != 0 || !write_all(d.get(), file) || ::fsync(d.get()) != 0)
    return io_failure(temporary);
  return {};
}

} // namespace

result<void> write_key_file(const std::string& path, bytes_view file, bool replace) {
  // Its content has a fresh salt, so the name is new; a left-over of a crash is in nobody's way.
  const auto temporary =
      path + "." + to_string(hash("ainur/key-file/name", file)).substr(0, 16) + ".tmp";
  auto written = write_temporary(temporary, file);
  if (written) {
    // Linking fails where renaming would replace.
    const int placed = replace ? ::rename(temporary.c_str(), path.c_str())
                               : ::link(temporary.c_str(), path.c_str());
    if (placed != 0)
      written = errno == EEXIST ? fail(errc::already_exists, path) : io_failure(path);
  }
  if (!written || !replace)
    ::unlink(temporary.c_str());
  if (written && !sync_directory_of(path))
    return io_failure("the directory of " + path);
  return written;
}

result<void> advance_key_file(const std::string& path) {
  const auto next = path + ".next";
  const auto old = path + ".old";
  // The old name may stand for the key already there, after a crash: linked anew, it is the same.
  if (::unlink(old.c_str()) != 0 && errno != ENOENT)
    return io_failure(old);
  if (::link(path.c_str(), old.c_str()) != 0)
    return io_failure(old);
  if (::rename(next.c_str(), path.c_str()) != 0)
    return io_failure(next);
  if (!sync_directory_of(path))
    return io_failure("the directory of " + path);
  return {};
}

result<bytes> read_key_file(const std::string& path) {
  // Non-blocking, so that a pipe of that name cannot hold us.
  const descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!d.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(errc::not_found, path);
    return io_failure(path);
  }

  struct stat status {};

  if (::fstat(d.get(), &status) != 0)
    return io_failure(path);
  if (!S_ISREG(status.st_mode))
    return fail(errc::not_a_key_file, path + " is not a regular file");
  if ((status.st_mode & 077) != 0 || status.st_uid != ::geteuid())
    return fail(errc::readable_by_others, path);
  if (status.st_size > static_cast<off_t>(file_bytes_max))
    return fail(errc::not_a_key_file, path + " has " + std::to_string(status.st_size) + " bytes");
  bytes out(file_bytes_max + 1);
  std::size_t used = 0;
  while (used < out.size()) {
    const auto got = ::read(d.get(), out.data() + used, out.size() - used);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return io_failure(path);
    if (got == 0)
      break;
    used += static_cast<std::size_t>(got);
  }
  out.resize(used);
  return out;
}

} // namespace ainur::crypto
