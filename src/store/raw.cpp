#include "raw.hpp"

#include <algorithm>
#include <cstring>

#include <sodium.h>

#include "ainur/store/key.hpp"

namespace ainur::store::raw {

namespace {

using frame_hash = byte_array<frame_size - 1>;

frame_hash hash_of(bytes_view key, bytes_view payload) {
  byte_array<crypto_generichash_BYTES_MIN> digest;
  const byte_array<2> size{static_cast<std::uint8_t>(key.size() >> 8),
                           static_cast<std::uint8_t>(key.size())};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  crypto_generichash_update(&state, size.data(), size.size());
  crypto_generichash_update(&state, key.data(), key.size());
  crypto_generichash_update(&state, payload.data(), payload.size());
  crypto_generichash_final(&state, digest.data(), digest.size());
  frame_hash out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

/// "table 3, key 00ff…" for messages.
std::string name_of(bytes_view key) {
  if (key.size() < 2)
    return "key " + to_hex(key);
  const auto table = static_cast<unsigned>(key[0]) << 8 | key[1];
  return "table " + std::to_string(table) + ", key " + to_hex(key.subspan(2));
}

const bytes format_key = full_key(table_meta, as_bytes("format"));

} // namespace

bytes full_key(table_id table, bytes_view key) {
  bytes out;
  out.reserve(key.size() + 2);
  detail::write_big_endian(out, table, 2);
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

bytes journal_key(table_id table, journal_id journal, std::uint64_t sequence) {
  bytes out;
  out.reserve(18);
  detail::write_big_endian(out, table, 2);
  detail::write_big_endian(out, journal.value, 8);
  detail::write_big_endian(out, sequence, 8);
  return out;
}

result<bytes_view> unframe(bytes_view key, bytes_view framed) {
  if (framed.size() < frame_size)
    return fail(errc::damaged, name_of(key));
  const auto payload = framed.subspan(frame_size);
  const auto expected = hash_of(key, payload);
  if (framed[0] != format_current)
    // A flipped bit in the version looks like a later one; the hash tells them apart only for ours.
    return std::equal(expected.begin(), expected.end(), framed.begin() + 1)
               ? fail(errc::damaged, name_of(key) + ": its version")
               : fail(errc::unsupported_format,
                      name_of(key) + ": version " + std::to_string(framed[0]));
  if (!std::equal(expected.begin(), expected.end(), framed.begin() + 1))
    return fail(errc::damaged, name_of(key));
  return payload;
}

result<void> put_framed(writer& to, bytes_view key, bytes_view payload) {
  auto room = to.put(key, frame_size + payload.size());
  if (!room)
    return fail(room.error());
  const auto digest = hash_of(key, payload);
  (*room)[0] = format_current;
  std::copy(digest.begin(), digest.end(), room->begin() + 1);
  if (!payload.empty())
    std::memcpy(room->data() + frame_size, payload.data(), payload.size());
  return {};
}

result<void> put_format(writer& to) {
  const byte_array<1> version{format_current};
  return put_framed(to, format_key, version);
}

result<void> check_format(const reader& from) {
  auto found = from.find(format_key);
  if (!found)
    return fail(found.error());
  if (!*found)
    return fail(errc::unsupported_format, "this is not a store of ainur");
  auto payload = unframe(format_key, **found);
  if (!payload)
    return fail(payload.error());
  if (payload->size() != 1 || (*payload)[0] != format_current)
    return fail(errc::unsupported_format, "format " + to_hex(*payload));
  return {};
}

result<std::optional<bytes>> map_view::get(table_id table, bytes_view key) const {
  const auto full = full_key(table, key);
  auto found = source().find(full);
  if (!found)
    return fail(found.error());
  if (!*found)
    return std::optional<bytes>{};
  auto payload = unframe(full, **found);
  if (!payload)
    return fail(payload.error());
  return std::optional<bytes>{std::in_place, payload->begin(), payload->end()};
}

namespace {

bool before(bytes_view a, bytes_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

/// Walks the entries of a range; `take` says whether to go on, or an error.
template <class Take>
result<void> walk_range(const reader& source, table_id table, const scan_range& range,
                        Take&& take) {
  const auto low = full_key(table, range.from);
  // The end of a table is the start of the next; no table has the highest number.
  const auto high = range.until.empty() ? full_key(static_cast<table_id>(table + 1), {})
                                        : full_key(table, range.until);
  if (!before(low, high))
    return {};
  auto at = source.walk();
  if (!at)
    return fail(at.error());
  auto& c = **at;
  auto here = range.reverse ? c.seek_before(high) : c.seek(low);
  for (;; here = range.reverse ? c.previous() : c.next()) {
    if (!here)
      return fail(here.error());
    if (!*here || (range.reverse ? before(c.key(), low) : !before(c.key(), high)))
      return {};
    result<bool> go_on = take(c.key(), c.value());
    if (!go_on)
      return fail(go_on.error());
    if (!*go_on)
      return {};
  }
}

} // namespace

result<page> map_view::scan(table_id table, const scan_range& range) const {
  page out;
  std::size_t used = 0;
  auto walked =
      walk_range(source(), table, range, [&](bytes_view key, bytes_view framed) -> result<bool> {
        used += key.size() + framed.size();
        if (!out.entries.empty() &&
            (out.entries.size() >= range.count_max || used > range.bytes_max)) {
          out.more = true;
          return false;
        }
        auto payload = unframe(key, framed);
        if (!payload)
          return fail(payload.error());
        out.entries.push_back({{key.begin() + 2, key.end()}, {payload->begin(), payload->end()}});
        return true;
      });
  if (!walked)
    return fail(walked.error());
  return out;
}

result<void> map_view::visit(table_id table, const scan_range& range, const visitor& visit) const {
  return walk_range(source(), table, range,
                    [&visit](bytes_view key, bytes_view framed) -> result<bool> {
                      auto payload = unframe(key, framed);
                      if (!payload)
                        return fail(payload.error());
                      if (auto done = visit(key.subspan(2), *payload); !done)
                        return fail(done.error());
                      return true;
                    });
}

result<std::vector<bytes>> map_view::scan_keys(table_id table, const scan_range& range) const {
  std::vector<bytes> out;
  auto walked = walk_range(source(), table, range, [&](bytes_view key, bytes_view) -> result<bool> {
    out.emplace_back(key.begin() + 2, key.end());
    return out.size() < range.count_max;
  });
  if (!walked)
    return fail(walked.error());
  return out;
}

result<check_report> map_view::check() const {
  auto at = source().walk();
  if (!at)
    return fail(at.error());
  check_report out;
  const byte_array<2> start{0, 0};
  for (auto here = (*at)->seek(start);; here = (*at)->next()) {
    if (!here)
      return fail(here.error());
    if (!*here)
      return out;
    auto payload = unframe((*at)->key(), (*at)->value());
    if (!payload)
      return fail(payload.error());
    ++out.values;
    out.bytes += payload->size();
  }
}

} // namespace ainur::store::raw

namespace ainur::store {

scan_range after(scan_range range, const page& last) {
  if (last.entries.empty())
    return range;
  if (range.reverse) {
    range.until = last.entries.back().key;
  } else {
    range.from = last.entries.back().key;
    range.from.push_back(0);
  }
  return range;
}

namespace detail {

void write_big_endian(bytes& out, std::uint64_t value, std::size_t size) {
  for (auto left = size; left > 0; --left)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * (left - 1))));
}

bool read_big_endian(bytes_view& in, std::uint64_t& value, std::size_t size) {
  if (in.size() < size)
    return false;
  value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | in[i];
  in = in.subspan(size);
  return true;
}

void write_key_text(bytes& out, bytes_view text) {
  for (const auto b : text) {
    out.push_back(b);
    if (b == 0)
      out.push_back(0xff);
  }
  out.insert(out.end(), {0, 0});
}

bool read_key_text(bytes_view& in, bytes& text) {
  text.clear();
  for (std::size_t i = 0; i + 1 < in.size(); ++i) {
    if (in[i] != 0) {
      text.push_back(in[i]);
      continue;
    }
    if (in[i + 1] == 0) {
      in = in.subspan(i + 2);
      return true;
    }
    if (in[i + 1] != 0xff)
      return false;
    text.push_back(0);
    ++i;
  }
  return false;
}

} // namespace detail

} // namespace ainur::store
