#include "ainur/store/write_set.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "ainur/base/assert.hpp"

namespace ainur::store {

namespace {

/// Before each operation's key and value; in host order, for it never leaves the process.
struct header {
  std::uint64_t owner; // table or journal
  std::uint64_t sequence;
  std::uint32_t value_size;
  std::uint16_t key_size;
  std::uint16_t kind;
};

static_assert(std::has_unique_object_representations_v<header>); // no padding: equality is bytewise

} // namespace

void write_set::add(operation::kind_type kind, std::uint64_t owner, std::uint64_t sequence,
                    bytes_view key, bytes_view value) {
  // Over-long input is stored with its size cut to one over the bound: the commit then refuses it.
  key = key.first(std::min(key.size(), key_bytes_max + 1));
  value = value.first(std::min(value.size(), value_bytes_max + 1));
  const header h{owner, sequence, static_cast<std::uint32_t>(value.size()),
                 static_cast<std::uint16_t>(key.size()), static_cast<std::uint16_t>(kind)};
  const auto at = buffer_.size();
  buffer_.resize(at + sizeof(h) + key.size() + value.size());
  std::memcpy(&buffer_[at], &h, sizeof(h));
  if (!key.empty())
    std::memcpy(&buffer_[at + sizeof(h)], key.data(), key.size());
  if (!value.empty())
    std::memcpy(&buffer_[at + sizeof(h) + key.size()], value.data(), value.size());
  ++count_;
}

void write_set::put(table_id table, bytes_view key, bytes_view value) {
  add(operation::kind_type::put, table, 0, key, value);
}

void write_set::erase(table_id table, bytes_view key) {
  add(operation::kind_type::erase, table, 0, key, {});
}

void write_set::append(journal_id journal, std::uint64_t sequence, bytes_view record) {
  add(operation::kind_type::append, journal.value, sequence, {}, record);
}

void write_set::snapshot(journal_id journal, std::uint64_t covers, bytes_view state) {
  add(operation::kind_type::snapshot, journal.value, covers, {}, state);
}

void write_set::prune(journal_id journal, std::uint64_t last) {
  add(operation::kind_type::prune, journal.value, last, {}, {});
}

void write_set::merge(const write_set& other) {
  buffer_.insert(buffer_.end(), other.buffer_.begin(), other.buffer_.end());
  count_ += other.count_;
}

void write_set::clear() noexcept {
  buffer_.clear();
  count_ = 0;
}

std::optional<operation> write_set::cursor::next() noexcept {
  if (rest_.empty())
    return std::nullopt;
  header h;
  AINUR_ASSERT(rest_.size() >= sizeof(h));
  std::memcpy(&h, rest_.data(), sizeof(h));
  rest_ = rest_.subspan(sizeof(h));
  AINUR_ASSERT(rest_.size() >= std::size_t{h.key_size} + h.value_size);
  const auto kind = static_cast<operation::kind_type>(h.kind);
  operation out{
      kind, 0, {}, h.sequence, rest_.first(h.key_size), rest_.subspan(h.key_size, h.value_size)};
  if (kind == operation::kind_type::put || kind == operation::kind_type::erase)
    out.table = static_cast<table_id>(h.owner);
  else
    out.journal.value = h.owner;
  rest_ = rest_.subspan(std::size_t{h.key_size} + h.value_size);
  return out;
}

} // namespace ainur::store
