#include "merkle.hpp"

#include <algorithm>
#include <span>

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::ledger {

namespace {

void append(bytes& out, bytes_view data) {
  out.insert(out.end(), data.begin(), data.end());
}

/// Encodes and hashes records, keeping its buffer.
class record_hasher {
public:
  explicit record_hasher(const book& b) noexcept : book_(b) {}

  template <class Key, class Record>
  hash256 value(const Key& key, const Record& r) {
    buffer_.clear();
    if constexpr (std::is_same_v<Record, account_record>)
      codec::encode_to(buffer_, book_.form_of(key.id, r));
    else
      codec::encode_to(buffer_, r);
    return crypto::hash("ainur/record/v1", buffer_);
  }

  hash256 meta() {
    buffer_.clear();
    codec::encode_to(buffer_, book_.meta);
    return crypto::hash("ainur/record/v1", buffer_);
  }

private:
  const book& book_;
  bytes buffer_;
};

struct leaf {
  hash256 path;
  hash256 hash;
};

leaf make_leaf(bytes_view key, const hash256& value) {
  const auto path = crypto::hash("ainur/key/v1", key);
  return {path, crypto::hasher{"ainur/leaf/v1"}.add(path).add(value).finish()};
}

bool bit(const hash256& path, std::size_t depth) {
  return (path.value[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

/// `leaves` share the first `depth` bits of their paths and are sorted.
hash256 subtree(std::span<const leaf> leaves, std::size_t depth) {
  if (leaves.empty())
    return {};
  if (leaves.size() == 1)
    return leaves.front().hash;
  const auto half = std::partition_point(leaves.begin(), leaves.end(),
                                         [depth](const leaf& l) { return !bit(l.path, depth); });
  const auto count = static_cast<std::size_t>(half - leaves.begin());
  const auto left = subtree(leaves.first(count), depth + 1);
  const auto right = subtree(leaves.subspan(count), depth + 1);
  return crypto::hasher{"ainur/node/v1"}.add(left).add(right).finish();
}

} // namespace

hash256 take_write_hash(book& b) {
  crypto::hasher all{"ainur/writes/v1"};
  record_hasher records{b};
  bytes line;
  b.for_each_table([&](table_id id, auto& t) {
    for (const auto& key : t.take_written()) {
      line.clear();
      line.push_back(static_cast<std::uint8_t>(id));
      append_key(line, key);
      const auto* r = t.find(key);
      line.push_back(r == nullptr ? 0 : 1);
      if (r != nullptr)
        append(line, records.value(key, *r).view());
      all.add(line);
    }
  });
  return all.add(records.meta()).finish();
}

hash256 trie_root(const book& b) {
  std::vector<leaf> leaves;
  record_hasher records{b};
  bytes path{static_cast<std::uint8_t>(table_id::meta)};
  leaves.push_back(make_leaf(path, records.meta()));
  b.for_each_table([&](table_id id, const auto& t) {
    t.for_each([&](const auto& key, const auto& r) {
      path.assign(1, static_cast<std::uint8_t>(id));
      append_key(path, key);
      leaves.push_back(make_leaf(path, records.value(key, r)));
    });
  });
  std::sort(leaves.begin(), leaves.end(),
            [](const leaf& x, const leaf& y) { return x.path < y.path; });
  return subtree(leaves, 0);
}

} // namespace ainur::ledger
