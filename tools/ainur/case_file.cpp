#include "case_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "command.hpp"

namespace ainur::cli {

namespace {

constexpr std::size_t bytes_max = 16u << 20;
constexpr std::size_t cases_max = 100'000;
constexpr int depth_max = 32;

result<std::string> read_text(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(base_errc::io, path + ": is a directory; name a file");
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return fail(base_errc::io, path + ": cannot be opened; check the path and its permissions");
  std::string text;
  char block[1 << 16];
  while (in.read(block, sizeof(block)) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > bytes_max)
      return fail(base_errc::out_of_range,
                  path + ": is larger than 16 MiB; split it into several files");
  }
  if (in.bad())
    return fail(base_errc::io, path + ": cannot be read");
  return text;
}

/// Deep nesting is found before the parser builds anything of it.
bool too_deep(std::string_view text) noexcept {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > depth_max)
        return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

} // namespace

tl::unexpected<error> case_reader::wrong(std::string_view key, std::string_view expected) const {
  return fail(base_errc::malformed,
              where_ + ": key '" + std::string{key} + "': " + std::string{expected} + " is needed");
}

bool case_reader::has(std::string_view key) const {
  if (!value_->is_object())
    return false;
  const auto at = value_->find(key);
  return at != value_->end() && !at->is_null();
}

result<double> case_reader::number(std::string_view key) const {
  if (!has(key) || !value_->find(key)->is_number())
    return wrong(key, "a number");
  return value_->find(key)->get<double>();
}

result<bool> case_reader::boolean(std::string_view key) const {
  if (!has(key) || !value_->find(key)->is_boolean())
    return wrong(key, "true or false");
  return value_->find(key)->get<bool>();
}

result<std::string> case_reader::text(std::string_view key) const {
  if (!has(key) || !value_->find(key)->is_string())
    return wrong(key, "a text");
  return value_->find(key)->get<std::string>();
}

result<std::vector<double>> case_reader::as_numbers(std::size_t count_max) const {
  const auto bad = [&] {
    return fail(base_errc::malformed,
                where_ + ": a list of at most " + std::to_string(count_max) + " numbers is needed");
  };
  if (!value_->is_array() || value_->size() > count_max)
    return bad();
  std::vector<double> out;
  for (const auto& x : *value_) {
    if (!x.is_number())
      return bad();
    out.push_back(x.get<double>());
  }
  return out;
}

result<std::vector<double>> case_reader::numbers(std::string_view key,
                                                 std::size_t count_max) const {
  if (!has(key))
    return wrong(key, "a list of numbers");
  return case_reader(*value_->find(key), where_ + ": key '" + std::string{key} + "'")
      .as_numbers(count_max);
}

result<std::vector<case_reader>> case_reader::list(std::string_view key,
                                                   std::size_t count_max) const {
  if (!has(key) || !value_->find(key)->is_array() || value_->find(key)->size() > count_max)
    return wrong(key, "a list of at most " + std::to_string(count_max) + " elements");
  std::vector<case_reader> out;
  for (const auto& element : *value_->find(key))
    out.emplace_back(element,
                     where_ + ": " + std::string{key} + "[" + std::to_string(out.size()) + "]");
  return out;
}

result<case_file> case_file::read(const std::string& path) {
  auto text = read_text(path);
  if (!text)
    return fail(text.error());
  if (too_deep(*text))
    return fail(base_errc::out_of_range, path + ": is nested more than 32 deep");
  nlohmann::json root;
  try {
    root = nlohmann::json::parse(*text);
  } catch (const nlohmann::json::exception& e) {
    const std::string_view why = e.what(); // "[json.exception...] why"
    const auto begin = why.find("] ");
    return fail(base_errc::malformed,
                fmt::format("{}: is not JSON: {}", path,
                            begin == std::string_view::npos ? why : why.substr(begin + 2)));
  }
  if (!root.is_object() || !root.contains("cases") || !root["cases"].is_array())
    return fail(base_errc::malformed, path + ": key 'cases': a list of cases is needed");
  case_file out;
  out.path_ = path;
  out.cases_ = std::move(root["cases"]);
  if (out.cases_.size() > cases_max)
    return fail(base_errc::out_of_range, path + ": more than 100,000 cases");
  for (std::size_t i = 0; i < out.cases_.size(); ++i) {
    const auto& c = out.cases_[i];
    const auto where = path + ": case " + std::to_string(i);
    if (!c.is_object())
      return fail(base_errc::malformed, where + ": an object is needed");
    if (c.contains("name") && !c["name"].is_string())
      return fail(base_errc::malformed, where + ": key 'name': a text is needed");
    out.names_.push_back(c.contains("name") ? c["name"].get<std::string>()
                                            : "case " + std::to_string(i));
  }
  return out;
}

case_reader case_file::at(std::size_t i) const {
  return {cases_[i], path_ + ": case " + std::to_string(i) + " ('" + names_[i] + "')"};
}

int run_cases(const std::string& path, bool json,
              const std::function<result<case_result>(const case_reader&)>& run) {
  const auto file = case_file::read(path);
  if (!file)
    return bad_input(file.error());
  std::vector<case_result> results;
  std::size_t compared = 0;
  std::size_t different = 0;
  for (std::size_t i = 0; i < file->size(); ++i) {
    auto r = run(file->at(i));
    if (!r)
      return bad_input(r.error());
    compared += r->compared ? 1 : 0;
    different += r->difference.empty() ? 0 : 1;
    results.push_back(std::move(*r));
  }
  if (json) {
    auto out = nlohmann::json{{"cases", nlohmann::json::array()},
                              {"run", results.size()},
                              {"compared", compared},
                              {"different", different}};
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto shown = results[i].shown;
      shown["name"] = file->name(i);
      if (results[i].compared)
        shown["pass"] = results[i].difference.empty();
      if (!results[i].difference.empty())
        shown["difference"] = results[i].difference;
      out["cases"].push_back(std::move(shown));
    }
    std::puts(out.dump(1).c_str());
  } else {
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto* mark = !results[i].compared            ? ""
                         : results[i].difference.empty() ? "  ok"
                                                         : "  DIFFERS: ";
      std::printf("%s: %s%s%s\n", file->name(i).c_str(), results[i].line.c_str(), mark,
                  results[i].difference.c_str());
    }
    std::printf("%zu cases, %zu compared, %zu different\n", results.size(), compared, different);
  }
  return different == 0 ? exit_ok : exit_failed;
}

} // namespace ainur::cli
