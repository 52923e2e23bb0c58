// The rules by which a write set changes the map: tables, and journals with their extents.
#include <map>

#include "ainur/store/journal.hpp"
#include "ainur/store/key.hpp"
#include "journal_form.hpp"
#include "raw.hpp"

namespace ainur::store::raw {

namespace {

constexpr std::size_t snapshots_kept = 2;

/// One commit under way: remembers the extents of the journals that it touches.
class application {
public:
  explicit application(writer& to) : to_(to) {}

  result<void> carry_out(const operation& op) {
    if (op.value.size() > value_bytes_max)
      return fail(errc::bad_value, "more than " + std::to_string(value_bytes_max) + " bytes");
    switch (op.kind) {
    case operation::kind_type::put: {
      auto key = table_key(op);
      return key ? put_framed(to_, *key, op.value) : result<void>{fail(key.error())};
    }
    case operation::kind_type::erase: {
      auto key = table_key(op);
      return key ? to_.erase(*key) : result<void>{fail(key.error())};
    }
    case operation::kind_type::append:
      return append(op);
    case operation::kind_type::snapshot:
      return snapshot(op);
    case operation::kind_type::prune:
      return prune(op);
    }
    return fail(errc::bad_key, "unknown operation");
  }

  result<void> finish() {
    for (const auto& [journal, extent] : extents_)
      if (auto put = put_framed(to_, extent_key(journal), encode_extent(extent)); !put)
        return put;
    return {};
  }

private:
  static result<bytes> table_key(const operation& op) {
    if (op.table > table_id_max)
      return fail(errc::bad_key, "table " + std::to_string(op.table) + " is reserved");
    if (op.key.empty() || op.key.size() > key_bytes_max)
      return fail(errc::bad_key, "table " + std::to_string(op.table) + ": a key of " +
                                     std::to_string(op.key.size()) + " bytes");
    return full_key(op.table, op.key);
  }

  static auto gap(const operation& op, const char* what, const journal_extent& extent) {
    return fail(errc::sequence_gap, "journal " + std::to_string(op.journal.value) + ": " + what +
                                        " " + std::to_string(op.sequence) + ", it holds " +
                                        std::to_string(extent.first) + " to " +
                                        std::to_string(extent.last()));
  }

  result<journal_extent*> extent_of(journal_id journal) {
    if (const auto known = extents_.find(journal); known != extents_.end())
      return &known->second;
    const auto key = extent_key(journal);
    auto found = to_.find(key);
    if (!found)
      return fail(found.error());
    journal_extent extent;
    if (*found) {
      auto payload = unframe(key, **found);
      if (!payload)
        return fail(payload.error());
      auto decoded = decode_extent(journal, *payload);
      if (!decoded)
        return fail(decoded.error());
      extent = *decoded;
    }
    return &extents_.emplace(journal, extent).first->second;
  }

  result<void> append(const operation& op) {
    auto extent = extent_of(op.journal);
    if (!extent)
      return fail(extent.error());
    if (op.sequence != (*extent)->next || op.sequence == ~std::uint64_t{0})
      return gap(op, "record", **extent);
    ++(*extent)->next;
    return put_framed(to_, journal_key(table_records, op.journal, op.sequence), op.value);
  }

  result<void> snapshot(const operation& op) {
    auto extent = extent_of(op.journal);
    if (!extent)
      return fail(extent.error());
    if (op.sequence > (*extent)->last() || op.sequence + 1 < (*extent)->first)
      return gap(op, "snapshot after", **extent);
    if (auto put = put_framed(to_, journal_key(table_snapshots, op.journal, op.sequence), op.value);
        !put)
      return put;
    return drop_old_snapshots(op.journal);
  }

  result<void> drop_old_snapshots(journal_id journal) {
    // Nothing of this journal sorts after this bound.
    const auto end = full_key(
        table_snapshots + (journal.value == ~std::uint64_t{0} ? 1 : 0),
        journal.value == ~std::uint64_t{0} ? bytes{} : journal_prefix({journal.value + 1}));
    const auto start = journal_key(table_snapshots, journal, 0);
    for (std::size_t kept = 0;; ++kept) {
      std::optional<bytes> key;
      {
        auto at = to_.walk();
        if (!at)
          return fail(at.error());
        auto here = (*at)->seek_before(end);
        for (std::size_t i = 0; here && *here && i < snapshots_kept; ++i)
          here = (*at)->previous();
        if (!here)
          return fail(here.error());
        if (*here && !std::lexicographical_compare((*at)->key().begin(), (*at)->key().end(),
                                                   start.begin(), start.end()))
          key.emplace((*at)->key().begin(), (*at)->key().end());
      }
      if (!key)
        return {};
      if (auto erased = to_.erase(*key); !erased)
        return erased;
    }
  }

  result<void> prune(const operation& op) {
    auto extent = extent_of(op.journal);
    if (!extent)
      return fail(extent.error());
    if (op.sequence == ~std::uint64_t{0})
      return gap(op, "prune to", **extent);
    auto& [first, next] = **extent;
    for (; first <= op.sequence && first < next; ++first)
      if (auto erased = to_.erase(journal_key(table_records, op.journal, first)); !erased)
        return erased;
    if (op.sequence >= next)
      first = next = op.sequence + 1;
    return {};
  }

  writer& to_;
  std::map<journal_id, journal_extent> extents_;
};

} // namespace

result<void> apply(writer& to, std::span<const write_set> sets) {
  application all{to};
  for (const auto& set : sets) {
    write_set::cursor walk{set};
    while (const auto op = walk.next())
      if (auto done = all.carry_out(*op); !done)
        return done;
  }
  return all.finish();
}

} // namespace ainur::store::raw
