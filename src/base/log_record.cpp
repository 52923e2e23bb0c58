#include "ainur/base/log_record.hpp"

#include <array>

#include <nlohmann/json.hpp>

namespace ainur {

namespace {
constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info",
                                                      "warn",  "error", "off"};
} // namespace

std::string_view to_string(log_level level) noexcept {
  const auto index = static_cast<std::size_t>(level);
  return index < level_names.size() ? level_names[index] : "unknown";
}

result<log_level> log_level_from_text(std::string_view text) {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == text)
      return static_cast<log_level>(i);
  return fail(base_errc::malformed, "a level of the log is trace, debug, info, warn, error or off, "
                                    "not \"" +
                                        std::string{text} + '"');
}

std::string to_json(const log_record& r) {
  nlohmann::ordered_json line;
  line["time"] = to_string(r.time);
  line["at_us"] = micros(r.at);
  line["level"] = to_string(r.level);
  line["component"] = r.component;
  line["event"] = r.event;
  for (const auto& f : r.about)
    if (!line.contains(f.name)) // the names above stay what they are
      std::visit([&](const auto& value) { line[f.name] = value; }, f.value);
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace ainur
