// ainur key new|show
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include "ainur/crypto/key_file.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

/// A passphrase, wiped at the end.
struct passphrase {
  bytes text;
  passphrase() = default;
  passphrase(const passphrase&) = delete;
  passphrase& operator=(const passphrase&) = delete;

  passphrase(passphrase&& other) noexcept : text(std::move(other.text)) {}

  ~passphrase() { sodium_memzero(text.data(), text.size()); }
};

struct options {
  std::string file;
  std::string passphrase_file;
  int passphrase_fd = -1;
  bool force = false;
  bool json = false;

  [[nodiscard]] bool names_passphrase() const {
    return !passphrase_file.empty() || passphrase_fd >= 0;
  }
};

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

result<passphrase> passphrase_for(const options& given, bool is_new) {
  if (given.passphrase_fd >= 0)
    return read_line(given.passphrase_fd, "descriptor " + std::to_string(given.passphrase_fd));
  if (given.passphrase_file.empty())
    return ask_on_terminal(is_new);
  const int fd = ::open(given.passphrase_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(base_errc::io, given.passphrase_file + ": " + std::strerror(errno));
  auto out = read_line(fd, given.passphrase_file);
  ::close(fd);
  return out;
}

void print(const options& given, const crypto::public_key& key) {
  const auto account = crypto::account_of(key);
  if (given.json) {
    const nlohmann::ordered_json out{
        {"file", given.file}, {"did", to_did(account)}, {"account", to_string(account)}};
    std::puts(out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  } else {
    std::printf("did      %s\naccount  %s\n", to_did(account).c_str(), to_string(account).c_str());
  }
}

int failed(const error& e) {
  return e.is(crypto::errc::unavailable) ? internal_error(e) : bad_input(e);
}

int key_new(const options& given) {
  // Asked before the passphrase; writing checks again.
  if (!given.force && ::access(given.file.c_str(), F_OK) == 0)
    return bad_input(
        error{crypto::errc::already_exists, given.file + "; use --force to replace it"});
  auto secret = crypto::seed_from_system();
  auto salt = crypto::key_file_salt_from_system();
  if (!secret || !salt)
    return failed(!secret ? secret.error() : salt.error());
  const auto lock = passphrase_for(given, true);
  if (!lock)
    return bad_input(lock.error());
  const auto key = crypto::secret_key::from_seed(*secret);
  const auto file = crypto::lock_key(key, lock->text, *salt);
  if (!file)
    return failed(file.error());
  if (auto written = crypto::write_key_file(given.file, *file, given.force); !written)
    return failed(written.error());
  print(given, key.public_part());
  return exit_ok;
}

int key_show(const options& given) {
  if (auto started = crypto::initialise(); !started)
    return failed(started.error());
  const auto file = crypto::read_key_file(given.file);
  if (!file)
    return failed(file.error());
  const auto shown = crypto::locked_public_key(*file);
  if (!shown)
    return failed(shown.error().within(given.file));
  if (given.names_passphrase()) {
    const auto lock = passphrase_for(given, false);
    if (!lock)
      return bad_input(lock.error());
    if (auto key = crypto::unlock_key(*file, lock->text); !key)
      return failed(key.error().within(given.file));
  }
  print(given, *shown);
  return exit_ok;
}

void add_common(CLI::App* command, options& given) {
  command->add_option("FILE", given.file, "The key file")->required();
  auto* from_file = command->add_option("--passphrase-file", given.passphrase_file,
                                        "Read the passphrase from the first line of this file");
  command
      ->add_option("--passphrase-fd", given.passphrase_fd,
                   "Read the passphrase from this open file descriptor")
      ->check(CLI::NonNegativeNumber)
      ->excludes(from_file);
  command->add_flag("--json", given.json, "Print JSON");
}

} // namespace

void add_key(frame& f) {
  auto* key = f.add("key", "Make and show key files", "ainur key new host.key", nullptr);
  key->require_subcommand(1);
  const auto given = std::make_shared<options>();
  auto* make = f.add(
      "new", "Make a key, locked by a passphrase, and print its account",
      "ainur key new host.key --passphrase-file secret.txt", [given] { return key_new(*given); },
      key);
  add_common(make, *given);
  make->add_flag("--force", given->force, "Replace an existing file");
  auto* show = f.add(
      "show", "Print whose key a file holds; with a passphrase, prove that it unlocks",
      "ainur key show host.key --json", [given] { return key_show(*given); }, key);
  add_common(show, *given);
}

} // namespace ainur::cli
