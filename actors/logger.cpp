#include "logger.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include "ainur/actors/log.hpp"
#include "ainur/base/assert.hpp"
#include "ainur/codec/msgpack.hpp"

namespace ainur {

namespace {

/// A longer text is cut: an error may quote what was read from outside.
constexpr std::size_t text_max = 4'096;

timestamp wall_now() {
  return timestamp{
      std::chrono::duration_cast<duration>(std::chrono::system_clock::now().time_since_epoch())};
}

/// A file to which whole lines are appended.
class line_file {
public:
  explicit line_file(int descriptor) noexcept : descriptor_(descriptor) {}

  ~line_file() { ::close(descriptor_); }

  line_file(const line_file&) = delete;
  line_file& operator=(const line_file&) = delete;

  /// False if it could not be written, as on a full disk.
  bool append(const std::string& line) {
    const auto text = (torn_ ? "\n" : "") + line + "\n"; // half a line is not continued
    std::size_t at = 0;
    while (at < text.size()) {
      const auto wrote = ::write(descriptor_, text.data() + at, text.size() - at);
      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote <= 0)
        break;
      at += static_cast<std::size_t>(wrote);
    }
    if (at > 0)
      torn_ = at < text.size();
    return at == text.size();
  }

private:
  int descriptor_;
  bool torn_ = false;
};

/// Where the records leave the queue. Called by the queue's thread alone.
class record_sink final : public spdlog::sinks::sink {
public:
  record_sink(std::unique_ptr<line_file> file,
              std::function<void(const log_record&)> on_record) noexcept
      : file_(std::move(file)), on_record_(std::move(on_record)) {}

  /// The counter of records that the queue has overrun; set before the first comes.
  void watch(spdlog::details::thread_pool& pool) noexcept { pool_ = &pool; }

  void log(const spdlog::details::log_msg& m) override {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(m.payload.data());
    const auto record = codec::decode<log_record>(bytes_view{raw, m.payload.size()});
    AINUR_ASSERT(record);
    tell_lost(record->at);
    if (!hand_over(*record))
      ++lost_;
    last_ = record->at;
  }

  void flush() override { tell_lost(last_); }

  void set_pattern(const std::string&) override {}

  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
  void tell_lost(instant at) {
    const std::uint64_t overrun = pool_->overrun_counter();
    lost_ += overrun - std::exchange(overrun_, overrun);
    if (lost_ == 0)
      return;
    const log_record r{.time = wall_now(),
                       .at = at,
                       .level = log_level::warn,
                       .component = "log",
                       .event = "records_lost",
                       .about = {{"count", lost_}}};
    if (hand_over(r))
      lost_ = 0;
  }

  bool hand_over(const log_record& r) {
    if (on_record_) {
      try {
        on_record_(r);
      } catch (...) { // a host's function may throw; the log goes on
      }
    }
    return !file_ || file_->append(to_json(r));
  }

  std::unique_ptr<line_file> file_;
  std::function<void(const log_record&)> on_record_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::uint64_t overrun_ = 0; // of the pool's counter, as last seen
  std::uint64_t lost_ = 0;    // overrun or not written, and not told of yet
  instant last_{};
};

} // namespace

struct logger::queue {
  std::shared_ptr<record_sink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool; // ended before its sink
  std::shared_ptr<spdlog::async_logger> ordinary;
  std::shared_ptr<spdlog::async_logger> last_words; // waits for room

  queue(std::shared_ptr<record_sink> s, clock_kind clock, std::size_t size)
      : sink(std::move(s)), pool(std::make_shared<spdlog::details::thread_pool>(size, 1)),
        ordinary(make(clock == clock_kind::virtual_time
                          ? spdlog::async_overflow_policy::block
                          : spdlog::async_overflow_policy::overrun_oldest)),
        last_words(make(spdlog::async_overflow_policy::block)) {
    sink->watch(*pool);
  }

  /// What waits in the queue keeps its logger, so the thread ends before the loggers do.
  ~queue() { pool.reset(); }

  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;

  static void push(spdlog::async_logger& to, const log_record& r) {
    const auto raw = codec::encode(r);
    to.log(spdlog::level::info,
           spdlog::string_view_t{reinterpret_cast<const char*>(raw.data()), raw.size()});
  }

private:
  std::shared_ptr<spdlog::async_logger> make(spdlog::async_overflow_policy policy) {
    auto made = std::make_shared<spdlog::async_logger>("ainur", sink, pool, policy);
    made->set_error_handler([](const std::string&) {}); // else it writes to standard error
    return made;
  }
};

logger::logger(log_level level, bounds b, std::unique_ptr<queue> q)
    : level_(level), bound_(b.same_event_max), queue_(std::move(q)) {}

result<std::shared_ptr<logger>> logger::open(const log_options& options, clock_kind clock) {
  return open(options, clock, {});
}

result<std::shared_ptr<logger>> logger::open(const log_options& options, clock_kind clock,
                                             bounds b) {
  if ((options.file.empty() && !options.on_record) || options.level >= log_level::off)
    return nullptr;
  std::unique_ptr<line_file> file;
  if (!options.file.empty()) {
    const int descriptor =
        ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0)
      return fail(base_errc::io, "the log " + options.file + ": " + std::strerror(errno));
    file = std::make_unique<line_file>(descriptor);
  }
  try {
    auto sink = std::make_shared<record_sink>(std::move(file), options.on_record);
    return std::shared_ptr<logger>{
        new logger{options.level, b, std::make_unique<queue>(std::move(sink), clock, b.queue_max)}};
  } catch (const std::exception& e) { // no thread, or no memory for the queue
    return fail(base_errc::io, std::string{"the log cannot be started: "} + e.what());
  }
}

logger::~logger() {
  close();
}

void logger::write(log_record r) {
  AINUR_ASSERT(r.level >= level_);
  const std::lock_guard lock{mutex_};
  if (!queue_)
    return;
  if (r.level > log_level::debug) {
    const auto v = bound_.take(r.event, r.at);
    if (!v.passes)
      return;
    if (v.left_out != 0)
      r.about.push_back({"left_out", v.left_out});
  }
  r.time = wall_now();
  last_at_ = r.at;
  queue::push(*queue_->ordinary, r);
}

void logger::close() {
  std::unique_ptr<queue> ending;
  {
    const std::lock_guard lock{mutex_};
    ending = std::move(queue_);
    if (!ending)
      return;
    for (auto& [event, count] : bound_.take_left_out())
      queue::push(*ending->last_words, {.time = wall_now(),
                                        .at = last_at_,
                                        .level = log_level::warn,
                                        .component = "log",
                                        .event = "events_left_out",
                                        .about = {{"of", event}, {"count", count}}});
  }
  ending->last_words->flush();
  // Its destructor ends the thread after everything in the queue, and waits for it.
  ending.reset();
}

log_entry::log_entry(logger& to, log_level level, const char* component, const char* event,
                     instant at)
    : to_(&to), record_(std::make_unique<log_record>(
                    log_record{.at = at, .level = level, .component = component, .event = event})) {
}

log_entry::~log_entry() {
  if (record_)
    to_->write(std::move(*record_));
}

void log_entry::add(const char* name, decltype(log_field::value) value) {
  record_->about.push_back({name, std::move(value)});
}

void log_entry::add_text(const char* name, std::string_view text) {
  record_->about.push_back({name, std::string{text.substr(0, text_max)}});
}

} // namespace ainur
