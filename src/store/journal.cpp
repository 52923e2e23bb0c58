#include "ainur/store/journal.hpp"

#include "ainur/store/key.hpp"
#include "journal_form.hpp"

namespace ainur::store {

namespace raw {

bytes journal_prefix(journal_id journal) {
  bytes out;
  detail::write_big_endian(out, journal.value, 8);
  return out;
}

bytes extent_key(journal_id journal) {
  return full_key(table_extents, journal_prefix(journal));
}

bytes encode_extent(const journal_extent& extent) {
  bytes out;
  detail::write_big_endian(out, extent.first, 8);
  detail::write_big_endian(out, extent.next, 8);
  return out;
}

result<journal_extent> decode_extent(journal_id journal, bytes_view payload) {
  journal_extent out;
  if (!detail::read_big_endian(payload, out.first, 8) ||
      !detail::read_big_endian(payload, out.next, 8) || !payload.empty() || out.first < 1 ||
      out.next < out.first)
    return fail(errc::damaged, "the extent of journal " + std::to_string(journal.value));
  return out;
}

} // namespace raw

namespace {

bytes numbered(journal_id journal, std::uint64_t sequence) {
  auto out = raw::journal_prefix(journal);
  detail::write_big_endian(out, sequence, 8);
  return out;
}

/// The number at the end of a record's or snapshot's key.
result<std::uint64_t> number_of(bytes_view key) {
  std::uint64_t journal = 0;
  std::uint64_t number = 0;
  if (!detail::read_big_endian(key, journal, 8) || !detail::read_big_endian(key, number, 8) ||
      !key.empty())
    return fail(errc::damaged, "a journal's key of another length");
  return number;
}

} // namespace

result<journal_extent> extent_of(const view& from, journal_id journal) {
  auto found = from.get(raw::table_extents, raw::journal_prefix(journal));
  if (!found)
    return fail(found.error());
  return *found ? raw::decode_extent(journal, **found) : result<journal_extent>{journal_extent{}};
}

result<std::vector<journal_record>> read_journal(const view& from, journal_id journal,
                                                 std::uint64_t sequence, std::size_t count_max,
                                                 std::size_t bytes_max) {
  auto extent = extent_of(from, journal);
  if (!extent)
    return fail(extent.error());
  const auto name = "journal " + std::to_string(journal.value);
  if (sequence < extent->first)
    return fail(errc::not_found, name + ": record " + std::to_string(sequence) +
                                     " was pruned, the first is " + std::to_string(extent->first));
  std::vector<journal_record> out;
  if (sequence >= extent->next)
    return out;
  auto found =
      from.scan(raw::table_records, {numbered(journal, sequence), numbered(journal, extent->next),
                                     count_max, bytes_max, false});
  if (!found)
    return fail(found.error());
  out.reserve(found->entries.size());
  for (auto& item : found->entries) {
    auto number = number_of(item.key);
    if (!number)
      return fail(number.error());
    if (*number != sequence + out.size())
      break;
    out.push_back({*number, std::move(item.value)});
  }
  const auto reached = sequence + out.size();
  const bool cut_short = found->more && out.size() == found->entries.size();
  if (!cut_short && reached != extent->next)
    return fail(errc::damaged, name + ": record " + std::to_string(reached) + " is missing");
  return out;
}

result<const journal_record*> journal_reader::next() {
  constexpr std::size_t page_records = 256;
  if (at_ == page_.size()) {
    auto more = read_journal(from_, journal_, next_, page_records);
    if (!more)
      return fail(std::move(more).error());
    page_ = std::move(*more);
    at_ = 0;
    if (page_.empty())
      return nullptr;
    next_ = page_.back().sequence + 1;
  }
  return &page_[at_++];
}

result<std::optional<journal_snapshot>> snapshot_of(const view& from, journal_id journal,
                                                    std::uint64_t at_most) {
  scan_range range{numbered(journal, 0), numbered(journal, at_most), 1, 1, true};
  range.until.push_back(0); // `at_most` itself is included
  auto found = from.scan(raw::table_snapshots, range);
  if (!found)
    return fail(found.error());
  if (found->entries.empty())
    return std::optional<journal_snapshot>{};
  auto number = number_of(found->entries.front().key);
  if (!number)
    return fail(number.error());
  return journal_snapshot{*number, std::move(found->entries.front().value)};
}

result<std::vector<std::uint64_t>> snapshots_of(const view& from, journal_id journal) {
  auto keys = from.scan_keys(raw::table_snapshots,
                             {numbered(journal, 0), numbered(journal, ~std::uint64_t{0})});
  if (!keys)
    return fail(keys.error());
  std::vector<std::uint64_t> out;
  for (const auto& key : *keys) {
    auto number = number_of(key);
    if (!number)
      return fail(number.error());
    out.push_back(*number);
  }
  return out;
}

} // namespace ainur::store
