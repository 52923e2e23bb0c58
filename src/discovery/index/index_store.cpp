#include "ainur/discovery/index_store.hpp"

#include <algorithm>
#include <bit>

#include "ainur/codec/msgpack.hpp"
#include "ainur/store/key.hpp"

namespace ainur::discovery {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t page_records = 4'096;
constexpr std::size_t page_records_max = 16'384;
constexpr std::size_t record_bytes_max = 8u << 10;

struct stored_head {
  std::uint8_t version = 0;
  scalar kind = scalar::int8;
  std::uint32_t dimension = 0;
  AINUR_FIELDS(stored_head, version, kind, dimension)
};

/// Components of one byte each, or of four, the lowest first.
struct stored_entry {
  std::uint8_t version = 0;
  bytes components;
  attributes terms;
  AINUR_FIELDS(stored_entry, version, components, terms)
};

const bytes& head_key() {
  static const bytes key{0};
  return key;
}

bytes encode_components(scalar kind, const std::vector<float>& vector) {
  bytes out;
  for (const auto x : vector) {
    if (kind == scalar::int8) {
      out.push_back(static_cast<std::uint8_t>(static_cast<std::int8_t>(x)));
      continue;
    }
    const auto bits = std::bit_cast<std::uint32_t>(x);
    for (int shift = 0; shift < 32; shift += 8)
      out.push_back(static_cast<std::uint8_t>(bits >> shift));
  }
  return out;
}

std::vector<float> decode_components(scalar kind, const bytes& in) {
  std::vector<float> out;
  if (kind == scalar::int8) {
    for (const auto byte : in)
      out.push_back(static_cast<std::int8_t>(byte));
    return out;
  }
  for (std::size_t i = 0; i + 4 <= in.size(); i += 4) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k)
      bits |= std::uint32_t{in[i + k]} << (8 * k);
    out.push_back(std::bit_cast<float>(bits));
  }
  return out;
}

template <class T>
result<T> decode_record(bytes_view in, const char* what) {
  codec::limits bounds;
  bounds.bytes_max = bounds.blob_max = record_bytes_max;
  auto record = codec::decode<T>(in, bounds);
  if (!record)
    return fail(errc::malformed, std::string{what} + ": " + record.error().to_string());
  if (record->version != version)
    return fail(errc::malformed, std::string{what} + " has version " +
                                     std::to_string(record->version) + "; this program reads " +
                                     std::to_string(version));
  return *record;
}

} // namespace

bytes encode_entry(const index_options& options, const index_entry& entry) {
  return codec::encode(
      stored_entry{version, encode_components(options.kind, entry.vector), entry.terms});
}

result<index_entry> decode_entry(const index_options& options, bytes_view in) {
  const auto record = decode_record<stored_entry>(in, "the record of a vector");
  if (!record)
    return fail(record.error());
  const auto width = options.kind == scalar::int8 ? 1u : 4u;
  if (record->components.size() != std::size_t{width} * options.dimension)
    return fail(errc::malformed, "the record holds a vector of " +
                                     std::to_string(record->components.size()) + " bytes");
  index_entry entry{decode_components(options.kind, record->components), record->terms};
  if (!is_stored_form(options, entry))
    return fail(errc::malformed, "the record holds what no index would have written");
  return entry;
}

void index_store::create(store::write_set& writes, const index_options& options) const {
  writes.put(head_, head_key(),
             codec::encode(stored_head{version, options.kind, options.dimension}));
}

void index_store::note(store::write_set& writes, const capability_index& index,
                       std::uint64_t key) const {
  if (const auto entry = index.find(key))
    writes.put(vectors_, store::encode_key(key), encode_entry(index.options(), *entry));
  else
    writes.erase(vectors_, store::encode_key(key));
}

result<bool> index_store::matches(const store::view& from, const index_options& options) const {
  const auto raw = from.get(head_, head_key());
  if (!raw)
    return fail(raw.error());
  if (!*raw)
    return false;
  const auto head = decode_record<stored_head>(**raw, "the head of the index");
  if (!head)
    return fail(head.error());
  if (head->kind != options.kind || head->dimension != options.dimension)
    return fail(errc::wrong_shape,
                "the store holds vectors of " + std::to_string(head->dimension) +
                    (head->kind == scalar::int8 ? " integers" : " floats") +
                    "; open it with these options, or write the vectors to another store");
  return true;
}

result<index_page> index_store::read(const store::view& from, const index_options& options,
                                     std::optional<std::uint64_t> after,
                                     std::size_t count_max) const {
  store::scan_range range;
  range.count_max = std::clamp<std::size_t>(count_max, 1, page_records_max);
  range.bytes_max = range.count_max * record_bytes_max;
  if (after) {
    range.from = store::encode_key(*after);
    range.from.push_back(0);
  }
  const auto raw = from.scan(vectors_, range);
  if (!raw)
    return fail(raw.error());
  index_page page;
  page.more = raw->more;
  for (const auto& [key, value] : raw->entries) {
    const auto number = store::decode_key<std::uint64_t>(key);
    if (!number)
      return fail(errc::malformed, number.error().to_string());
    auto entry = decode_entry(options, value);
    if (!entry)
      return fail(entry.error().within("key " + std::to_string(*number)));
    page.records.push_back({*number, std::move(*entry)});
  }
  return page;
}

result<capability_index> index_store::open(const store::view& from,
                                           const index_options& options) const {
  auto index = capability_index::make(options);
  if (!index)
    return index;
  const auto known = matches(from, options);
  if (!known)
    return fail(known.error());
  std::optional<std::uint64_t> after;
  for (bool more = true; more;) {
    const auto page = read(from, options, after, page_records);
    if (!page)
      return fail(page.error());
    if (!*known && !page->records.empty())
      return fail(errc::malformed, "the store holds vectors but no head of the index");
    for (const auto& r : page->records)
      if (const auto done = index->put(r.key, r.entry.vector, r.entry.terms); !done)
        return fail(done.error().within("key " + std::to_string(r.key)));
    more = page->more && !page->records.empty();
    if (more)
      after = page->records.back().key;
  }
  return index;
}

} // namespace ainur::discovery
