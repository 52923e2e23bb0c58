#include "passphrase.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include "ainur/crypto/key_file.hpp"

namespace ainur::cli {

passphrase::~passphrase() {
  sodium_memzero(text.data(), text.size());
}

void add_passphrase_options(CLI::App* command, passphrase_source& from) {
  auto* file = command->add_option("--passphrase-file", from.file,
                                   "Read the passphrase from the first line of this file");
  command
      ->add_option("--passphrase-fd", from.descriptor,
                   "Read the passphrase from this open file descriptor")
      ->check(CLI::NonNegativeNumber)
      ->excludes(file);
}

namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first line, or everything up to the end of the file; the newline is not part of it.
result<passphrase> read_line(int fd, const std::string& name) {
  passphrase out;
  out.text.reserve(crypto::passphrase_bytes_max + 1);
  for (;;) {
    char c = 0;
    const auto got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR && interrupted == 0)
      continue;
    if (got < 0)
      return fail(base_errc::io, name + ": " + std::strerror(errno));
    if (got == 0 || c == '\n')
      break;
    out.text.push_back(static_cast<std::uint8_t>(c));
    if (out.text.size() > crypto::passphrase_bytes_max)
      break; // refused by the lock, with the bound named
  }
  if (!out.text.empty() && out.text.back() == '\r')
    out.text.pop_back();
  return out;
}

/// The terminal without echo, restored at the end; Ctrl-C ends the reading first, so that the shell
/// gets its echo back.
class quiet_terminal {
public:
  explicit quiet_terminal(int fd) : fd_(fd) {
    if (::tcgetattr(fd, &before_) != 0)
      return;

    struct sigaction ending {};

    ending.sa_handler = [](int) { interrupted = 1; }; // no SA_RESTART: the read returns
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &ending, &actions_before_[i]);
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    is_quiet_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
  }

  ~quiet_terminal() {
    if (!is_quiet_)
      return;
    ::tcsetattr(fd_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &actions_before_[i], nullptr);
  }

  quiet_terminal(const quiet_terminal&) = delete;
  quiet_terminal& operator=(const quiet_terminal&) = delete;

  [[nodiscard]] bool is_quiet() const { return is_quiet_; }

private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
  int fd_;
  termios before_{};
  std::array<struct sigaction, signals.size()> actions_before_{};
  bool is_quiet_ = false;
};

result<passphrase> ask(int terminal, const std::string& prompt) {
  const quiet_terminal quiet{terminal};
  if (!quiet.is_quiet())
    return fail(base_errc::io, "the terminal cannot hide what is typed");
  if (::write(terminal, prompt.data(), prompt.size()) < 0)
    return fail(base_errc::io, std::string{"terminal: "} + std::strerror(errno));
  return read_line(terminal, "terminal");
}

result<passphrase> ask_on_terminal(bool twice) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0)
    return fail(base_errc::not_found,
                "there is no terminal to ask on; use --passphrase-file or --passphrase-fd");
  auto first = ask(terminal, "Passphrase: ");
  if (first && twice) {
    auto second = ask(terminal, "Again: ");
    if (!second)
      first = fail(second.error());
    else if (second->text != first->text)
      first = fail(base_errc::malformed, "the two passphrases differ");
  }
  ::close(terminal);
  return first;
}

} // namespace

result<passphrase> read_passphrase(const passphrase_source& from, bool is_new) {
  if (from.descriptor >= 0)
    return read_line(from.descriptor, "descriptor " + std::to_string(from.descriptor));
  if (from.file.empty())
    return ask_on_terminal(is_new);
  const int fd = ::open(from.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(base_errc::io, from.file + ": " + std::strerror(errno));
  auto out = read_line(fd, from.file);
  ::close(fd);
  return out;
}

} // namespace ainur::cli
