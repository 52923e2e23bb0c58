// Pages: two bytes with a bit for each live record (the first record in the highest bit), then the
// records in order, as in snapshots.
#include "ainur/ledger/tables.hpp"

#include <utility>

#include "ainur/codec/stream.hpp"
#include "record_form.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

constexpr std::string_view tables_magic = "ainur ledger tables";
constexpr std::uint32_t slots_max = 0xffff'ff00u;

static_assert(page_slots == 16, "the form of a page has two bytes of marks");

template <class Key, class Record>
bytes encode_page(const book& b, const table<Key, Record>& t, std::uint32_t number) {
  bytes out{0, 0};
  t.for_each_in_page(number, [&](std::uint32_t place, const Key& key, const Record& r) {
    out[place / 8] |= static_cast<std::uint8_t>(0x80 >> place % 8);
    append_keyed(out, b, key, r);
  });
  if (out.size() == 2)
    out.clear();
  return out;
}

std::string name_of(std::uint8_t table, std::uint32_t number) {
  return "page " + std::to_string(number) + " of table " + std::to_string(table);
}

tl::unexpected<error> bad(std::string what) {
  return fail(errc::bad_snapshot, std::move(what));
}

template <class Key, class Record>
result<void> read_page(bytes_view content, book& b, table<Key, Record>& t, std::uint32_t number) {
  if (content.size() < 2)
    return fail(codec::errc::truncated);
  codec::stream_reader in{content.subspan(2)};
  for (std::uint32_t place = 0; place < page_slots; ++place) {
    if ((content[place / 8] & 0x80 >> place % 8) == 0)
      continue;
    Key key;
    Record record;
    read_keyed(in, b, key, record);
    if (in.failed())
      return fail(*in.failure());
    const auto slot = std::uint64_t{number} * page_slots + place;
    if (slot >= t.slots() || !t.load(static_cast<std::uint32_t>(slot), key, std::move(record)))
      return bad("a record without a place");
  }
  return in.rest().empty() ? result<void>{} : fail(codec::errc::trailing);
}

} // namespace

std::size_t state::changed_pages() const {
  std::size_t sum = 0;
  impl_->b.for_each_table([&sum](table_id, const auto& t) { sum += t.changed_pages(); });
  return sum;
}

table_changes state::take_changes() {
  auto& b = impl_->b;
  const auto header = header_of(b, tables_magic, [](const auto& t) { return t.slots(); });
  table_changes out;
  out.pages.reserve(changed_pages());
  b.for_each_table([&](table_id id, auto& t) {
    for (const auto page : t.take_changed_pages())
      out.pages.push_back({static_cast<std::uint8_t>(id), page, encode_page(b, t, page)});
  });
  out.header = codec::encode(header);
  return out;
}

struct table_loader::parts {
  std::unique_ptr<state::impl> made = std::make_unique<state::impl>();
};

table_loader::table_loader(std::unique_ptr<parts> p) noexcept : parts_(std::move(p)) {}

table_loader::table_loader(table_loader&&) noexcept = default;
table_loader& table_loader::operator=(table_loader&&) noexcept = default;
table_loader::~table_loader() = default;

result<table_loader> table_loader::begin(bytes_view form, election_rules elections) {
  auto header = codec::decode<state_header>(form);
  if (!header)
    return fail(header.error().within("the header of the state tables"));
  auto p = std::make_unique<parts>();
  auto& b = p->made->b;
  if (auto taken = take_header(b, *header, tables_magic); !taken)
    return fail(taken.error());
  if (auto known = b.choose_election(elections); !known)
    return fail(known.error());
  for (const auto count : header->counts)
    if (count > slots_max)
      return bad("the header of the state tables names too many records");
  std::size_t i = 0;
  b.for_each_table(
      [&](table_id, auto& t) { t.begin_load(static_cast<std::uint32_t>(header->counts[i++])); });
  return table_loader{std::move(p)};
}

result<void> table_loader::add(std::uint8_t table, std::uint32_t number, bytes_view content) {
  auto& b = parts_->made->b;
  bool known = false;
  result<void> read;
  b.for_each_table([&](table_id id, auto& t) {
    if (static_cast<std::uint8_t>(id) != table)
      return;
    known = true;
    read = read_page(content, b, t, number);
  });
  if (!known)
    return bad(name_of(table, number) + ": there is no such table");
  return read ? read : fail(read.error().within(name_of(table, number)));
}

result<state> table_loader::finish() {
  auto& b = parts_->made->b;
  bool whole = true;
  b.for_each_table([&whole](table_id, auto& t) { whole = t.end_load() && whole; });
  if (!whole)
    return bad("a record stands twice in the state tables");
  b.index_deadlines();
  return state{std::move(parts_->made)};
}

} // namespace ainur::ledger
