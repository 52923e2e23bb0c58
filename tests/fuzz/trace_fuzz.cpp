// Logs of both forms, in pieces of a length that the input chooses. What is read is in order of
// time and names only what was counted.
#include <algorithm>
#include <cstring>

#include "ainur/scenario/workload.hpp"
#include "input.hpp"

namespace {

void check(const ainur::result<ainur::scenario::workload>& read) {
  using ainur::fuzz::require;
  if (!read) {
    require(!read.error().to_string().empty());
    return;
  }
  require(std::ranges::is_sorted(read->requests, {}, &ainur::scenario::request::at));
  for (const auto& r : read->requests)
    require(r.capability < read->capabilities.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  if (size < 2)
    return 0;
  const bool is_csv = (data[0] & 1) != 0;
  const std::size_t piece = std::size_t{data[1]} + 1;
  std::size_t at = 2;
  const scenario::byte_source next = [&](char* buffer, std::size_t room) {
    const auto count = std::min({room, piece, size - at});
    std::memcpy(buffer, data + at, count);
    at += count;
    return static_cast<std::ptrdiff_t>(count);
  };
  scenario::workload_config rules;
  rules.source = is_csv ? scenario::workload_source::csv : scenario::workload_source::swf;
  rules.csv.time = "time";
  rules.csv.client = {"user"};
  rules.csv.capability = {"kind"};
  rules.csv.work = {{.column = "seconds"}};
  rules.malformed_max = scenario::percent(50);
  check(is_csv ? scenario::read_csv(rules, "fuzz", next) : scenario::read_swf(rules, "fuzz", next));
  return 0;
}
