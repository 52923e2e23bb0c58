#include "ainur/ledger/log.hpp"

#include <string>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/store/journal.hpp"

namespace ainur::ledger {

namespace {

const auto genesis_key = as_bytes("genesis");
constexpr std::size_t page_records = 256;

/// Reads a journal page by page.
class journal_reader {
public:
  journal_reader(const store::view& from, store::journal_id journal, std::uint64_t first)
      : from_(from), journal_(journal), next_(first) {}

  /// The next record, valid until the next call; null at the end.
  result<const store::journal_record*> next() {
    if (at_ == page_.size()) {
      auto more = store::read_journal(from_, journal_, next_, page_records);
      if (!more)
        return fail(std::move(more).error());
      page_ = std::move(*more);
      at_ = 0;
      if (page_.empty())
        return nullptr;
      next_ = page_.back().sequence + 1;
    }
    return &page_[at_++];
  }

private:
  const store::view& from_;
  store::journal_id journal_;
  std::uint64_t next_;
  std::vector<store::journal_record> page_;
  std::size_t at_ = 0;
};

/// The records of `blocks` up to the height `last`.
block_source until(journal_reader& blocks, std::uint64_t& height, std::uint64_t last) {
  return [&blocks, &height, last]() -> result<std::optional<bytes_view>> {
    if (height >= last)
      return std::optional<bytes_view>{};
    auto record = blocks.next();
    if (!record)
      return fail(std::move(record).error());
    if (*record == nullptr)
      return std::optional<bytes_view>{};
    height = (*record)->sequence;
    return std::optional<bytes_view>{(*record)->content};
  };
}

/// Compares the standing journal with what the blocks give, block by block.
class standing_check {
public:
  standing_check(const store::view& from, std::uint64_t first)
      : records_(from, standing_journal, first) {}

  /// Records of blocks that are not replayed are only decoded.
  void skip_to(std::uint64_t height) {
    while (load() && current_->height <= height)
      current_.reset();
  }

  void see(std::uint64_t height, const std::vector<event::any>& events) {
    const auto expected = standing_events(events);
    if (fault_ || (expected.empty() && (!load() || current_->height > height)))
      return;
    if (!load() || *current_ != standing_record{height, expected}) {
      if (!fault_)
        fault_ = error{errc::diverged, "standing record " + std::to_string(sequence_) +
                                           " is not what the block of height " +
                                           std::to_string(height) + " gives"};
      return;
    }
    current_.reset();
    ++count_;
  }

  result<std::uint64_t> end() {
    if (!fault_ && load())
      fault_ = error{errc::diverged,
                     "standing record " + std::to_string(sequence_) + " belongs to no block"};
    if (fault_)
      return fail(*fault_);
    return count_;
  }

private:
  bool load() {
    if (current_ || fault_)
      return current_.has_value();
    auto record = records_.next();
    if (!record) {
      fault_ = record.error();
      return false;
    }
    if (*record == nullptr)
      return false;
    sequence_ = (*record)->sequence;
    auto content = codec::decode<standing_record>((*record)->content);
    if (!content) {
      fault_ = content.error().within("standing record " + std::to_string(sequence_));
      return false;
    }
    current_ = std::move(*content);
    return true;
  }

  journal_reader records_;
  std::optional<standing_record> current_;
  std::optional<error> fault_;
  std::uint64_t sequence_ = 0;
  std::uint64_t count_ = 0;
};

tl::unexpected<error> no_ledger() {
  return fail(base_errc::not_found, "the store holds no ledger");
}

/// Where a replay of everything that is kept begins: genesis if all blocks are there.
result<state> earliest_state(const store::view& from, election_rule elect) {
  auto g = read_genesis(from);
  if (!g)
    return fail(std::move(g).error());
  auto blocks = store::extent_of(from, block_journal);
  if (!blocks)
    return fail(std::move(blocks).error());
  if (blocks->first == 1)
    return state::open(*g, elect);
  const auto kept = store::snapshots_of(from, block_journal);
  if (!kept)
    return fail(kept.error());
  if (kept->empty() || kept->front() + 1 < blocks->first)
    return fail(errc::bad_snapshot,
                "no snapshot covers the blocks before height " + std::to_string(blocks->first));
  auto oldest = store::snapshot_of(from, block_journal, kept->front());
  if (!oldest)
    return fail(std::move(oldest).error());
  auto s = state::restore((*oldest)->state, elect);
  if (s && s->chain() != genesis_hash(*g))
    return fail(errc::bad_snapshot,
                "the snapshot at height " + std::to_string(kept->front()) + " is of another chain");
  return s;
}

/// The stored snapshot at the state's height must be the state.
result<void> compare_snapshot(const store::view& from, const state& s) {
  const auto stored = store::snapshot_of(from, block_journal, s.height());
  if (!stored)
    return fail(stored.error());
  if (!*stored || (*stored)->covers != s.height() || (*stored)->state != s.snapshot())
    return fail(errc::diverged, "the snapshot at height " + std::to_string(s.height()) +
                                    " is not what the blocks give");
  return {};
}

result<std::uint64_t> first_standing(const store::view& from) {
  const auto extent = store::extent_of(from, standing_journal);
  if (!extent)
    return fail(extent.error());
  return extent->first;
}

} // namespace

result<void> prepare_log(store::backend& store, const genesis& g) {
  auto view = store.open_view();
  if (!view)
    return fail(std::move(view).error());
  const auto known = (*view)->get(node_table, genesis_key);
  if (!known)
    return fail(known.error());
  const auto form = encode_genesis(g);
  if (*known) {
    if (**known == form)
      return {};
    return fail(base_errc::unsupported, "the store holds a ledger that began with another genesis");
  }
  auto start = state::open(g);
  if (!start)
    return fail(std::move(start).error());
  store::write_set set;
  set.put(node_table, genesis_key, form);
  set.snapshot(block_journal, 0, start->snapshot());
  return store.commit(set);
}

result<genesis> read_genesis(const store::view& from) {
  const auto form = from.get(node_table, genesis_key);
  if (!form)
    return fail(form.error());
  if (!*form)
    return no_ledger();
  return decode_genesis(**form);
}

result<state> open_log(const store::view& from, signatures check, election_rule elect) {
  auto snapshot = store::snapshot_of(from, block_journal);
  if (!snapshot)
    return fail(std::move(snapshot).error());
  if (!*snapshot)
    return no_ledger();
  auto start = state::restore((*snapshot)->state, elect);
  if (!start)
    return start;
  journal_reader blocks{from, block_journal, (*snapshot)->covers + 1};
  auto height = start->height();
  return replay(std::move(*start), until(blocks, height, ~std::uint64_t{0}), check);
}

result<verification> verify_log(const store::view& from, const block_observer& observer,
                                election_rule elect) {
  const auto stored = from.check();
  if (!stored)
    return fail(stored.error());
  auto start = earliest_state(from, elect);
  if (!start)
    return fail(std::move(start).error());
  const auto snapshots = store::snapshots_of(from, block_journal);
  const auto standing_start = first_standing(from);
  if (!snapshots || !standing_start)
    return fail(!snapshots ? snapshots.error() : standing_start.error());

  verification v{
      .first_height = start->height(), .values = stored->values, .final_state = std::move(*start)};
  standing_check standings{from, *standing_start};
  standings.skip_to(v.first_height);
  const block_observer count = [&](const block& b, const applied& done) {
    ++v.blocks;
    v.batches += b.batches.size();
    v.events += done.events.size();
    standings.see(done.height, done.events);
    if (observer)
      observer(b, done);
  };
  journal_reader blocks{from, block_journal, v.first_height + 1};
  auto height = v.first_height;
  auto stops = *snapshots;
  stops.push_back(~std::uint64_t{0});
  for (const auto stop : stops) {
    auto after =
        replay(std::move(v.final_state), until(blocks, height, stop), signatures::verify, count);
    if (!after)
      return fail(std::move(after).error());
    v.final_state = std::move(*after);
    if (stop == ~std::uint64_t{0})
      break;
    if (v.final_state.height() != stop)
      return fail(errc::diverged, "the snapshot at height " + std::to_string(stop) +
                                      " is later than the last block");
    if (auto same = compare_snapshot(from, v.final_state); !same)
      return fail(same.error());
    ++v.snapshots;
  }
  if (v.final_state.height() != height)
    return fail(errc::bad_block, "record " + std::to_string(height) + " of the log is not the " +
                                     "block of that height");
  const auto standing_records = standings.end();
  if (!standing_records)
    return fail(standing_records.error());
  v.standing_records = *standing_records;
  if (auto sound = v.final_state.audit(); !sound)
    return fail(sound.error());
  return v;
}

} // namespace ainur::ledger
