#include "merkle.hpp"

#include <algorithm>
#include <span>

#include "ainur/crypto/hash.hpp"
#include "record_form.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

/// Encodes and hashes records, keeping its buffer.
class record_hasher {
public:
  explicit record_hasher(const book& b) noexcept : book_(b) {}

  template <class Key, class Record>
  hash256 value(const Key& key, const Record& r) {
    buffer_.clear();
    append_record(buffer_, book_, key, r);
    return record_hash(buffer_);
  }

  hash256 meta() {
    buffer_.clear();
    codec::encode_to(buffer_, book_.meta);
    return record_hash(buffer_);
  }

private:
  const book& book_;
  bytes buffer_;
};

struct leaf {
  hash256 path;
  hash256 hash;
};

/// `leaves` share the first `depth` bits of their paths and are sorted.
hash256 subtree(std::span<const leaf> leaves, std::size_t depth) {
  if (leaves.empty())
    return {};
  if (leaves.size() == 1)
    return leaves.front().hash;
  const auto half = std::partition_point(leaves.begin(), leaves.end(),
                                         [depth](const leaf& l) { return !bit_at(l.path, depth); });
  const auto count = static_cast<std::size_t>(half - leaves.begin());
  const auto left = subtree(leaves.first(count), depth + 1);
  return node_hash(left, subtree(leaves.subspan(count), depth + 1));
}

struct change {
  hash256 path;
  std::optional<hash256> value; ///< nothing: the record is gone
};

/// In the order of their paths, so that neighbours meet the same nodes.
void carry_out(trie& t, std::vector<change>& changes) {
  std::sort(changes.begin(), changes.end(),
            [](const change& x, const change& y) { return x.path < y.path; });
  for (const auto& c : changes) {
    if (c.value)
      t.put(c.path, *c.value);
    else
      t.erase(c.path);
  }
}

} // namespace

hash256 path_of(std::uint8_t table, bytes_view key) {
  return crypto::hasher{"ainur/key/v1"}.add(bytes_view{&table, 1}).add(key).finish();
}

hash256 record_hash(bytes_view form) {
  return crypto::hash("ainur/record/v1", form);
}

namespace {

/// Calls `each(table, line)` for every record that was written.
template <class Each>
void take_writes(book& b, Each&& each) {
  bytes line;
  b.for_each_table([&](table_id id, auto& t) {
    t.take_written(watcher::block, [&](const auto& key, const auto* r) {
      line.clear();
      line.push_back(number_of(id));
      append_key(line, key);
      line.push_back(r == nullptr ? 0 : 1);
      if (r != nullptr)
        append_record(line, b, key, *r);
      each(number_of(id), line);
    });
  });
}

} // namespace

hash256 take_write_hash(book& b) {
  crypto::hasher all{"ainur/writes/v1"};
  take_writes(b, [&all](std::uint8_t, const bytes& line) { all.add(line); });
  return all.add(codec::encode(b.meta)).finish();
}

std::vector<table_writes> take_table_hashes(book& b) {
  constexpr std::string_view tag = "ainur/table-writes/v1";
  std::vector<table_writes> out{
      {number_of(table_id::meta), crypto::hash(tag, codec::encode(b.meta))}};
  std::optional<crypto::hasher> hasher;
  std::uint8_t current = 0;
  const auto end = [&] {
    if (hasher)
      out.push_back({current, hasher->finish()});
  };
  take_writes(b, [&](std::uint8_t table, const bytes& line) {
    if (!hasher || table != current) {
      end();
      hasher.emplace(tag);
      current = table;
    }
    hasher->add(line);
  });
  end();
  return out;
}

trie build_trie(book& b) {
  std::vector<change> all;
  record_hasher records{b};
  bytes key;
  all.push_back({path_of(number_of(table_id::meta), {}), records.meta()});
  b.for_each_table([&](table_id id, auto& t) {
    t.watch(watcher::trie);
    t.for_each([&](const auto& k, const auto& r) {
      key.clear();
      append_key(key, k);
      all.push_back({path_of(number_of(id), key), records.value(k, r)});
    });
  });
  trie out;
  carry_out(out, all);
  return out;
}

void update_trie(book& b, trie& t) {
  std::vector<change> changes;
  record_hasher records{b};
  bytes key;
  changes.push_back({path_of(number_of(table_id::meta), {}), records.meta()});
  b.for_each_table([&](table_id id, auto& rows) {
    rows.take_written(watcher::trie, [&](const auto& k, const auto* r) {
      key.clear();
      append_key(key, k);
      changes.push_back({path_of(number_of(id), key),
                         r == nullptr ? std::nullopt : std::optional{records.value(k, *r)}});
    });
  });
  carry_out(t, changes);
}

hash256 recomputed_root(const book& b) {
  std::vector<leaf> leaves;
  record_hasher records{b};
  bytes key;
  const auto add = [&leaves](const hash256& path, const hash256& value) {
    leaves.push_back({path, leaf_hash(path, value)});
  };
  add(path_of(number_of(table_id::meta), {}), records.meta());
  b.for_each_table([&](table_id id, const auto& t) {
    t.for_each([&](const auto& k, const auto& r) {
      key.clear();
      append_key(key, k);
      add(path_of(number_of(id), key), records.value(k, r));
    });
  });
  std::sort(leaves.begin(), leaves.end(),
            [](const leaf& x, const leaf& y) { return x.path < y.path; });
  return subtree(leaves, 0);
}

hash256 state::state_hash() const {
  auto& i = *impl_;
  if (i.looking_at)
    return i.past[*i.looking_at].point.state_hash;
  if (i.commitments)
    update_trie(i.b, *i.commitments);
  else
    i.commitments = build_trie(i.b);
  return i.commitments->root();
}

hash256 state::recomputed_state_hash() const {
  return recomputed_root(impl_->b);
}

} // namespace ainur::ledger
