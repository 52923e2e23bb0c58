// Pages of stored tables, each behind its length in two bytes, under the header of a small ledger:
// the header is this process's own, and what a flipped byte makes of it the store finds out.
// Whatever the pages hold, loading them ends, with the state or with a reason.
#include <algorithm>

#include "ainur/ledger/tables.hpp"
#include "input.hpp"

namespace {

ainur::bytes_view take(ainur::bytes_view& in) {
  if (in.size() < 2)
    return {};
  const auto size = std::min<std::size_t>(std::size_t{in[0]} << 8 | in[1], in.size() - 2);
  const auto part = in.subspan(2, size);
  in = in.subspan(2 + size);
  return part;
}

/// Of a ledger with some accounts.
ainur::bytes make_header() {
  using namespace ainur;
  ledger::genesis g;
  g.time = timestamp_at(1'700'000'000'000'000);
  for (std::uint8_t i = 1; i <= 60; ++i)
    g.allocations.push_back({account_id{{i}}, amount::ainu(1), {}});
  g.authority = g.council = g.allocations.front().account;
  auto s = ledger::state::open(g);
  fuzz::require(s.has_value());
  return s->take_changes().header;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  static const bytes header = make_header();
  bytes_view in{data, size};
  auto loader = ledger::table_loader::begin(header);
  fuzz::require(loader.has_value());
  while (!in.empty()) {
    const auto page = take(in);
    if (page.size() < 3)
      break;
    const auto number = std::uint32_t{page[1]} << 8 | page[2];
    if (const auto added = loader->add(page[0], number, page.subspan(3)); !added) {
      fuzz::require(!added.error().to_string().empty());
      return 0;
    }
  }
  if (const auto s = loader->finish())
    (void)s->totals();
  return 0;
}
