// Snapshots: a header, then every record of every table in order of table and key, each framed by
// its length (4 bytes, big-endian), then BLAKE2b-256 of all before. One byte string describes one
// state.
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

constexpr std::string_view snapshot_tag = "ainur/snapshot/v1";
constexpr std::uint16_t snapshot_version = 1;
constexpr std::size_t frame_bytes_max = 4u << 20;

struct snapshot_header {
  std::string magic = "ainur ledger snapshot";
  std::uint16_t version = snapshot_version;
  genesis origin; ///< without its allocations
  std::uint64_t height = 0;
  timestamp time{};
  hash256 last_hash;
  meta_record meta;
  std::vector<std::uint64_t> counts; ///< of the records of each table
  AINUR_FIELDS(snapshot_header, magic, version, origin, height, time, last_hash, meta, counts)
};

template <class Key, class Record>
struct keyed {
  Key key;
  Record record;
  AINUR_FIELDS(keyed, key, record)
};

void put_frame(bytes& out, bytes_view data) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(data.size() >> shift));
  out.insert(out.end(), data.begin(), data.end());
}

tl::unexpected<error> bad(std::string what) {
  return fail(errc::bad_snapshot, std::move(what));
}

class frames {
public:
  explicit frames(bytes_view data) : rest_(data) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  template <class T>
  result<T> next() {
    if (rest_.size() < 4)
      return fail(codec::errc::truncated, "in a snapshot");
    const std::size_t size = std::size_t{rest_[0]} << 24 | std::size_t{rest_[1]} << 16 |
                             std::size_t{rest_[2]} << 8 | std::size_t{rest_[3]};
    if (size > frame_bytes_max)
      return fail(codec::errc::too_large, "a record of a snapshot");
    if (rest_.size() - 4 < size)
      return fail(codec::errc::truncated, "in a snapshot");
    const auto data = rest_.subspan(4, size);
    rest_ = rest_.subspan(4 + size);
    return codec::decode<T>(data);
  }

private:
  bytes_view rest_;
};

account_record record_of(book& b, const account_form& f) {
  account_record r;
  r.free = f.free;
  r.reserved = f.reserved;
  r.bonded = f.bonded;
  r.unbonding = f.unbonding;
  r.held = f.held;
  r.exposure = f.exposure;
  r.nonce = f.nonce;
  r.host = f.host ? b.party_of(*f.host) : 0;
  r.controller = f.controller ? b.party_of(*f.controller) : 0;
  r.open_awards = f.open_awards;
  r.open_tasks = f.open_tasks;
  r.repeated_era = f.repeated_era;
  r.arbiter = f.arbiter;
  r.severe = f.severe;
  r.score = f.score;
  r.history = f.history;
  r.outcomes = f.outcomes;
  r.rated = f.rated;
  r.locked = f.locked;
  r.anchors = f.anchors;
  return r;
}

/// Reads one table; keys must rise, so that there is one form only.
template <class Key, class Record>
result<void> read_table(frames& in, book& b, std::uint64_t count, table<Key, Record>& t) {
  std::optional<Key> before;
  for (std::uint64_t i = 0; i < count; ++i) {
    Key key;
    Record record;
    if constexpr (std::is_same_v<Record, account_record>) {
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
  (void)t.take_written();
  return {};
}

} // namespace

bytes state::snapshot() const {
  const auto& b = impl_->b;
  snapshot_header header{.origin = b.origin,
                         .height = b.height,
                         .time = b.time,
                         .last_hash = b.last_hash,
                         .meta = b.meta,
                         .counts = {}};
  b.for_each_table([&](table_id, const auto& t) { header.counts.push_back(t.size()); });
  bytes out;
  bytes buffer = codec::encode(header);
  put_frame(out, buffer);
  b.for_each_table([&](table_id, const auto& t) {
    for (const auto& key : t.keys()) {
      const auto& r = *t.find(key);
      buffer.clear();
      if constexpr (std::is_same_v<std::decay_t<decltype(r)>, account_record>)
        codec::encode_to(buffer, b.form_of(key.id, r));
      else
        codec::encode_to(buffer,
                         keyed<std::decay_t<decltype(key)>, std::decay_t<decltype(r)>>{key, r});
      put_frame(out, buffer);
    }
  });
  const auto digest = crypto::hash(snapshot_tag, out);
  out.insert(out.end(), digest.value.begin(), digest.value.end());
  return out;
}

result<state> state::restore(bytes_view data, election_rule elect) {
  if (data.size() < hash256::size)
    return fail(codec::errc::truncated, "in a snapshot");
  const auto body = data.first(data.size() - hash256::size);
  const auto digest = crypto::hash(snapshot_tag, body);
  if (!std::equal(digest.value.begin(), digest.value.end(), data.end() - hash256::size))
    return bad("its digest does not match: a byte has changed");
  frames in{body};
  auto header = in.next<snapshot_header>();
  if (!header)
    return fail(header.error());
  if (header->magic != snapshot_header{}.magic || header->version != snapshot_version)
    return bad("not a snapshot of version " + std::to_string(snapshot_version));
  if (auto valid = validate(header->origin); !valid)
    return fail(valid.error());
  auto made = std::make_unique<impl>();
  auto& b = made->b;
  if (!header->origin.allocations.empty() || header->counts.size() != b.here().tables.size() ||
      header->time < header->origin.time || header->time >= time_max)
    return bad("its header is not consistent");
  b.origin = std::move(header->origin);
  b.elect = elect;
  b.height = header->height;
  b.time = header->time;
  b.last_hash = header->last_hash;
  b.meta = header->meta;
  result<void> read;
  std::size_t i = 0;
  b.for_each_table([&](table_id, auto& t) {
    if (read)
      read = read_table(in, b, header->counts[i++], t);
  });
  if (!read)
    return fail(read.error());
  if (!in.at_end())
    return fail(codec::errc::trailing, "after the last record of a snapshot");
  if (auto problem = find_inconsistency(b))
    return bad(std::move(*problem));
  b.index_deadlines();
  return state{std::move(made)};
}

} // namespace ainur::ledger
