#include "reader.hpp"

#include <algorithm>

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

} // namespace

person reader::meant(const account_id& id) const {
  if (wild())
    return anyone(0);
  const auto* p = all.find(id);
  return p == nullptr ? anyone(0) : *p;
}

person reader::meant(std::size_t who) const {
  return wild() ? anyone(0) : all.at(who);
}

amount reader::sum(std::size_t i) const {
  static constexpr std::uint64_t sums[] = {1'000'000,
                                           0,
                                           1,
                                           999,
                                           1'000,
                                           20'000,
                                           5'000'000,
                                           20'000'000,
                                           60'000'000,
                                           100'000'000,
                                           400'000'000,
                                           1'000'000'000,
                                           333'333'333,
                                           2'000'000'000,
                                           6'000'000'000,
                                           ~std::uint64_t{0}};
  return amount{sums[c.x[i] % std::size(sums)]};
}

amount reader::of_all(std::size_t i, money whole) const {
  const money parts[] = {whole / 2, whole,     1,           whole / 10, whole - 1,
                         whole + 1, whole / 3, whole - 500, money{0},   whole - 1'500};
  return as_amount(std::max(money{0}, parts[c.x[i] % std::size(parts)]));
}

duration reader::time(std::size_t i) const {
  static constexpr duration times[] = {minutes{1}, seconds{1},  minutes{10}, hours{1},
                                       hours{6},   hours{24},   duration{1}, seconds{30},
                                       hours{200}, duration{0}, minutes{90}};
  return times[c.x[i] % std::size(times)];
}

const model_task* reader::task(const task_id& id) const {
  const auto at = m.tasks.find(id);
  return at == m.tasks.end() ? nullptr : &at->second;
}

const model_award* reader::award(const std::pair<task_id, std::uint16_t>& at) const {
  const auto* t = task(at.first);
  if (t == nullptr || !t->awards.contains(at.second))
    return nullptr;
  return &t->awards.at(at.second);
}

std::optional<std::uint32_t> reader::version(const account_id& id) const {
  const auto at = m.keys.find(m.host_or_self(id));
  const auto now = at == m.keys.end() ? 0u : at->second.version;
  switch (n(4, 5)) {
  case 0:
    return now;
  case 1:
    return now == 0 ? 0 : now - 1;
  default:
    return std::nullopt;
  }
}

byte_array<32> reader::key(const account_id& id, std::optional<std::uint32_t> v) const {
  const auto at = m.keys.find(m.host_or_self(id));
  if (v && at != m.keys.end())
    for (const auto& e : at->second.grace)
      if (e.version == *v)
        return e.key;
  return m.key_of(id);
}

std::uint16_t reader::part_of(const model_award* a) const {
  const auto part = a == nullptr ? 0u : a->part;
  return static_cast<std::uint16_t>(wild(6) && part > 0 ? part - 1 : wild(13) ? part + 1 : part);
}

} // namespace ainur::test
