#include "ainur/ledger/log_keeper.hpp"

#include <algorithm>
#include <utility>

#include "ainur/base/assert.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/store/journal.hpp"
#include "log_form.hpp"

namespace ainur::ledger {

result<log_keeper> log_keeper::open(const store::view& from, const keeper_options& options,
                                    state& s) {
  log_keeper keeper{options};
  auto bases = read_bases(from);
  if (!bases)
    return fail(bases.error());
  keeper.bases_ = std::move(*bases);
  const auto blocks = store::extent_of(from, block_journal);
  if (!blocks)
    return fail(blocks.error());
  keeper.first_block_ = blocks->first;
  // Chunks of a base that was never finished.
  auto keys = from.scan_keys(base_table, {.count_max = ~std::size_t{0}});
  if (!keys)
    return fail(keys.error());
  for (auto& raw : *keys) {
    const auto key = store::decode_key<chunk_key>(raw);
    if (!key)
      return fail(key.error());
    const bool needed = std::ranges::any_of(
        keeper.bases_, [&](const base_info& b) { return b.point.height == key->height; });
    if (!needed)
      keeper.garbage_.push_back(std::move(raw));
  }
  // Blocks that were replayed wait for the first flush, so that the next open need not again.
  keeper.tables_height_ = s.changed_pages() == 0 ? s.height() : 0;
  if (options.keep_blocks != 0)
    s.keep_past({});
  return keeper;
}

log_keeper log_keeper::after_replacing(const keeper_options& options, const base_info& base,
                                       state& s) {
  log_keeper keeper{options};
  keeper.bases_.push_back(base);
  keeper.first_block_ = base.point.height + 1;
  keeper.prune_to_ = base.point.height;
  keeper.tables_height_ = base.point.height;
  if (options.keep_blocks != 0)
    s.keep_past({});
  return keeper;
}

void log_keeper::add(store::write_set& set, state& s, std::size_t record_bytes) {
  bytes_since_flush_ += record_bytes;
  const bool due =
      options_.flush_blocks_max != 0 && (s.height() - tables_height_ >= options_.flush_blocks_max ||
                                         bytes_since_flush_ >= options_.flush_bytes_max ||
                                         s.changed_pages() >= options_.flush_pages_max);
  if (due)
    flush(set, s);
  if (options_.keep_blocks == 0)
    return;
  grow_base(set, s);
  prune(set, s);
}

void log_keeper::flush(store::write_set& set, state& s) {
  save_tables(set, s);
  tables_height_ = s.height();
  bytes_since_flush_ = 0;
}

bool log_keeper::is_old(const base_info& base, const state& s) const {
  return s.height() >= base.point.height + options_.keep_blocks &&
         s.time() - base.point.time >= options_.keep_time;
}

void log_keeper::grow_base(store::write_set& set, state& s) {
  if (!growing_) {
    // The next one begins when the last may take the place of the blocks before it.
    if (s.height() % options_.base_interval != 0)
      return;
    if (bases_.empty() ? s.height() >= options_.keep_blocks : is_old(bases_.back(), s))
      growing_.emplace(growing_base{s.mark_checkpoint(), snapshot_writer{s}});
    return;
  }
  auto& g = *growing_;
  std::optional<bytes> chunk;
  const auto there = s.at(g.point.height, [&](const state&) {
    chunk = g.writer.next(options_.base_chunk_bytes); // which reads that state
  });
  if (!there) { // more was overwritten meanwhile than the state keeps: begin again
    erase_chunks({g.point, g.chunks});
    growing_.reset();
    return;
  }
  if (chunk) {
    set.put(base_table, store::encode_key(chunk_key{g.point.height, g.chunks++}), *chunk);
    return;
  }
  bases_.push_back({g.point, g.chunks});
  set.put(node_table, bases_key, codec::encode(bases_));
  growing_.reset();
}

void log_keeper::erase_chunks(const base_info& base) {
  for (std::uint32_t i = 0; i < base.chunks; ++i)
    garbage_.push_back(store::encode_key(chunk_key{base.point.height, i}));
}

void log_keeper::prune(store::write_set& set, state& s) {
  const auto newest_old = std::find_if(bases_.rbegin(), bases_.rend(),
                                       [&](const base_info& b) { return is_old(b, s); });
  if (newest_old != bases_.rend() && newest_old->point.height > prune_to_) {
    prune_to_ = newest_old->point.height;
    const auto kept = newest_old.base() - 1;
    if (kept != bases_.begin()) {
      std::for_each(bases_.begin(), kept, [this](const base_info& b) { erase_chunks(b); });
      bases_.erase(bases_.begin(), kept);
      set.put(node_table, bases_key, codec::encode(bases_));
    }
    flush(set, s); // the tables never need a block that is gone
  }
  auto room = options_.prune_step;
  for (; room > 0 && !garbage_.empty(); --room) {
    set.erase(base_table, garbage_.front());
    garbage_.pop_front();
  }
  const auto last = std::min(prune_to_, first_block_ - 1 + room);
  if (last >= first_block_) {
    set.prune(block_journal, last);
    first_block_ = last + 1;
  }
}

} // namespace ainur::ledger
