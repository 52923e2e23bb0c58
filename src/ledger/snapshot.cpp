// Snapshots: a header, then every record of every table in order of table and key, each framed by
// its length (4 bytes, big-endian), then BLAKE2b-256 of all before. One byte string describes one
// state.
#include "ainur/ledger/snapshot.hpp"

#include <utility>

#include "ainur/crypto/hash.hpp"
#include "record_form.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

constexpr std::string_view snapshot_tag = "ainur/snapshot/v1";
constexpr std::string_view snapshot_magic = "ainur ledger snapshot";
constexpr std::size_t frame_bytes_max = 4u << 20;

void put_frame(bytes& out, bytes_view data) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(data.size() >> shift));
  out.insert(out.end(), data.begin(), data.end());
}

tl::unexpected<error> bad(std::string what) {
  return fail(errc::bad_snapshot, std::move(what));
}

/// Frames out of chunks; hashes what it has given.
class frames {
public:
  explicit frames(const chunk_source& source) : source_(source) {}

  template <class T>
  result<T> next() {
    auto head = take(4);
    if (!head)
      return fail(head.error());
    const auto h = *head;
    const std::size_t size = std::size_t{h[0]} << 24 | std::size_t{h[1]} << 16 |
                             std::size_t{h[2]} << 8 | std::size_t{h[3]};
    if (size > frame_bytes_max)
      return fail(codec::errc::too_large, "a record of a snapshot");
    const auto data = take(size);
    return data ? codec::decode<T>(*data) : fail(data.error());
  }

  /// The digest, and nothing after it.
  result<void> end() {
    const auto expected = std::exchange(hasher_, crypto::hasher{""}).finish();
    auto digest = take(hash256::size);
    if (!digest)
      return fail(digest.error());
    if (!std::equal(digest->begin(), digest->end(), expected.value.begin()))
      return bad("its digest does not match: a byte has changed");
    if (at_ < buffer_.size())
      return fail(codec::errc::trailing, "after the digest of a snapshot");
    auto more = source_();
    if (!more)
      return fail(more.error());
    return *more ? fail(codec::errc::trailing, "after the digest of a snapshot") : result<void>{};
  }

private:
  /// Valid until the next call.
  result<bytes_view> take(std::size_t size) {
    while (buffer_.size() - at_ < size) {
      auto chunk = source_();
      if (!chunk)
        return fail(chunk.error());
      if (!*chunk)
        return fail(codec::errc::truncated, "in a snapshot");
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
      buffer_.insert(buffer_.end(), (*chunk)->begin(), (*chunk)->end());
      at_ = 0;
    }
    const auto part = bytes_view{buffer_}.subspan(at_, size);
    at_ += size;
    hasher_.add(part);
    return part;
  }

  const chunk_source& source_;
  bytes buffer_;
  std::size_t at_ = 0;
  crypto::hasher hasher_{snapshot_tag};
};

/// Reads one table; keys must rise, so that there is one form only.
template <class Key, class Record>
result<void> read_table(frames& in, book& b, std::uint64_t count, table<Key, Record>& t) {
  std::optional<Key> before;
  for (std::uint64_t i = 0; i < count; ++i) {
    Key key;
    Record record;
    if constexpr (is_account<Record>) {
      auto form = in.next<account_form>();
      if (!form)
        return fail(form.error());
      key = {form->id};
      record = record_of(b, *form);
    } else {
      auto read = in.next<keyed<Key, Record>>();
      if (!read)
        return fail(read.error());
      key = read->key;
      record = std::move(read->record);
    }
    if (before && !(*before < key))
      return bad("records out of order");
    before = key;
    t.insert(key, std::move(record));
  }
  t.drop_written(watcher::block);
  return {};
}

/// Yields the frames of one table; it holds the sorted keys meanwhile.
template <class Key, class Record>
std::function<bool(bytes&)> frames_of(const book& b, const table<Key, Record>& t) {
  return [&b, &t, keys = t.keys(), i = std::size_t{0}, buffer = bytes{}](bytes& out) mutable {
    if (i == keys.size())
      return false;
    buffer.clear();
    append_keyed(buffer, b, keys[i], *t.find(keys[i]));
    ++i;
    put_frame(out, buffer);
    return true;
  };
}

} // namespace

struct snapshot_writer::parts {
  explicit parts(const book& books) : b(books) {}

  const book& b;
  crypto::hasher digest{snapshot_tag};
  std::size_t next_table = 0;
  std::function<bool(bytes&)> frame;
  bool begun = false;
  bool ended = false;

  bool open_next_table() {
    std::size_t i = 0;
    bool found = false;
    b.for_each_table([&](table_id, const auto& t) {
      if (i++ != next_table)
        return;
      frame = frames_of(b, t);
      found = true;
    });
    ++next_table;
    return found;
  }
};

snapshot_writer::snapshot_writer(const state& s) : parts_(std::make_unique<parts>(s.impl_->b)) {}

snapshot_writer::snapshot_writer(snapshot_writer&&) noexcept = default;
snapshot_writer& snapshot_writer::operator=(snapshot_writer&&) noexcept = default;
snapshot_writer::~snapshot_writer() = default;

std::optional<bytes> snapshot_writer::next(std::size_t bytes_min) {
  auto& p = *parts_;
  if (p.ended)
    return std::nullopt;
  bytes out;
  out.reserve(std::min(bytes_min, std::size_t{4} << 20) + 4096);
  if (!std::exchange(p.begun, true)) {
    put_frame(out, codec::encode(header_of(p.b, snapshot_magic,
                                           [](const auto& t) { return std::uint64_t{t.size()}; })));
  }
  while (out.size() < bytes_min && !p.ended)
    if (!p.frame || !p.frame(out))
      p.ended = !p.open_next_table();
  p.digest.add(out);
  if (p.ended) {
    const auto sum = p.digest.finish();
    out.insert(out.end(), sum.value.begin(), sum.value.end());
  }
  return out;
}

bytes state::snapshot() const {
  return *snapshot_writer{*this}.next(~std::size_t{0} >> 1);
}

result<state> state::restore(const chunk_source& source, election_rules elections) {
  frames in{source};
  auto header = in.next<state_header>();
  if (!header)
    return fail(header.error());
  auto made = std::make_unique<impl>();
  auto& b = made->b;
  if (auto taken = take_header(b, *header, snapshot_magic); !taken)
    return fail(taken.error());
  if (auto known = b.choose_election(elections); !known)
    return fail(known.error());
  result<void> read;
  std::size_t i = 0;
  b.for_each_table([&](table_id, auto& t) {
    if (read)
      read = read_table(in, b, header->counts[i++], t);
  });
  if (read)
    read = in.end();
  if (!read)
    return fail(read.error());
  if (auto problem = find_inconsistency(b))
    return bad(std::move(*problem));
  b.index_deadlines();
  return state{std::move(made)};
}

result<state> state::restore(bytes_view data, election_rules elections) {
  std::optional<bytes> all{std::in_place, data.begin(), data.end()};
  return restore(chunk_source{[&all]() -> result<std::optional<bytes>> {
                   return std::exchange(all, std::nullopt);
                 }},
                 elections);
}

} // namespace ainur::ledger
