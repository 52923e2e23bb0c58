#include "ainur/ledger/log.hpp"

#include <algorithm>
#include <string>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/ledger/tables.hpp"
#include "ainur/store/journal.hpp"
#include "log_form.hpp"

namespace ainur::ledger {

namespace {

/// The records of `blocks` up to the height `last`.
block_source until(store::journal_reader& blocks, std::uint64_t& height, std::uint64_t last) {
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

  store::journal_reader records_;
  std::optional<standing_record> current_;
  std::optional<error> fault_;
  std::uint64_t sequence_ = 0;
  std::uint64_t count_ = 0;
};

tl::unexpected<error> no_ledger() {
  return fail(base_errc::not_found, "the store holds no ledger");
}

result<void> check_format(const store::view& from) {
  const auto form = from.get(node_table, format_key);
  if (!form)
    return fail(form.error());
  // Before formats were numbered there was a genesis alone.
  const auto format = *form ? codec::decode<std::uint16_t>(**form) : std::uint16_t{1};
  if (!format)
    return fail(format.error().within("the format of the ledger"));
  if (*format == log_format)
    return {};
  return fail(base_errc::unsupported, "the ledger is stored in format " + std::to_string(*format) +
                                          ", this program reads format " +
                                          std::to_string(log_format) +
                                          "; open it with the version that wrote it");
}

/// Where a replay of everything that is kept begins: genesis if all blocks are there.
result<state> earliest_state(const store::view& from, const std::vector<base_info>& bases,
                             election_rules elections) {
  auto g = read_genesis(from);
  if (!g)
    return fail(std::move(g).error());
  auto blocks = store::extent_of(from, block_journal);
  if (!blocks)
    return fail(std::move(blocks).error());
  if (blocks->first == 1)
    return state::open(*g, elections);
  if (bases.empty() || bases.front().point.height + 1 < blocks->first)
    return fail(errc::bad_snapshot,
                "no base covers the blocks before height " + std::to_string(blocks->first));
  auto s = load_base(from, bases.front(), elections);
  if (s && s->chain() != genesis_hash(*g))
    return fail(errc::bad_snapshot, "the base at height " +
                                        std::to_string(bases.front().point.height) +
                                        " is of another chain");
  return s;
}

/// What is derived from the blocks up to a height, and must be the state at that height.
struct stop {
  std::uint64_t height = 0;
  std::optional<base_info> base; ///< nothing: the state tables
};

result<void> compare(const store::view& from, const stop& where, const state& s,
                     election_rules elections) {
  const auto name = (where.base ? "the base" : "the state tables") + std::string{" at height "} +
                    std::to_string(where.height);
  if (s.height() != where.height)
    return fail(errc::diverged,
                name + (where.base ? " is" : " are") + " later than the last block");
  const auto derived =
      where.base ? load_base(from, *where.base, elections) : load_tables(from, elections);
  if (!derived)
    return fail(derived.error().within(name));
  const checkpoint here{s.chain(), s.height(), s.block_hash(), s.time(), s.state_hash()};
  const checkpoint there{derived->chain(), derived->height(), derived->block_hash(),
                         derived->time(), derived->recomputed_state_hash()};
  if (here != there || (where.base && where.base->point != here))
    return fail(errc::diverged, name + (where.base ? " is" : " are") + " not what the blocks give");
  return {};
}

result<std::uint64_t> first_standing(const store::view& from) {
  const auto extent = store::extent_of(from, standing_journal);
  if (!extent)
    return fail(extent.error());
  return extent->first;
}

} // namespace

result<void> prepare_log(store::backend& store, const genesis& g, election_rules elections) {
  auto view = store.open_view();
  if (!view)
    return fail(std::move(view).error());
  const auto known = (*view)->get(node_table, genesis_key);
  if (!known)
    return fail(known.error());
  const auto form = encode_genesis(g);
  if (*known) {
    if (auto readable = check_format(**view); !readable)
      return readable;
    if (**known == form)
      return {};
    return fail(base_errc::unsupported, "the store holds a ledger that began with another genesis");
  }
  auto start = state::open(g, elections);
  if (!start)
    return fail(std::move(start).error());
  store::write_set set;
  set.put(node_table, format_key, codec::encode(log_format));
  set.put(node_table, genesis_key, form);
  save_tables(set, *start);
  return store.commit(set);
}

result<bytes> read_genesis_form(const store::view& from) {
  auto form = from.get(node_table, genesis_key);
  if (!form)
    return fail(form.error());
  if (!*form)
    return no_ledger();
  if (auto readable = check_format(from); !readable)
    return fail(readable.error());
  return std::move(**form);
}

result<genesis> read_genesis(const store::view& from) {
  const auto form = read_genesis_form(from);
  return form ? decode_genesis(*form) : fail(form.error());
}

void save_tables(store::write_set& to, state& s) {
  const auto changes = s.take_changes();
  to.put(node_table, tables_key, changes.header);
  for (const auto& page : changes.pages) {
    const auto key = store::encode_key(page_key{page.table, page.number});
    if (page.content.empty())
      to.erase(page_table, key);
    else
      to.put(page_table, key, page.content);
  }
}

result<state> load_tables(const store::view& from, election_rules elections) {
  const auto known = from.get(node_table, genesis_key);
  if (!known)
    return fail(known.error());
  if (!*known)
    return no_ledger();
  if (auto readable = check_format(from); !readable)
    return fail(readable.error());
  const auto header = from.get(node_table, tables_key);
  if (!header)
    return fail(header.error());
  if (!*header)
    return fail(errc::bad_snapshot, "the header of the state tables is missing");
  auto loader = table_loader::begin(**header, elections);
  if (!loader)
    return fail(loader.error());
  const auto read =
      from.visit(page_table, {}, [&loader](bytes_view raw, bytes_view content) -> result<void> {
        const auto key = store::decode_key<page_key>(raw);
        if (!key)
          return fail(key.error());
        return loader->add(key->table, key->number, content);
      });
  return read ? loader->finish() : fail(read.error());
}

result<state> open_log(const store::view& from, signatures check, election_rules elections) {
  auto start = load_tables(from, elections);
  if (!start)
    return start;
  store::journal_reader blocks{from, block_journal, start->height() + 1};
  auto height = start->height();
  return replay(std::move(*start), until(blocks, height, ~std::uint64_t{0}), check);
}

result<void> replace_log(store::write_set& to, const store::view& from, state& s,
                         const checkpoint& at, std::span<const bytes> chunks) {
  for (const auto table : {page_table, base_table}) {
    const auto keys = from.scan_keys(table, {.count_max = ~std::size_t{0}});
    if (!keys)
      return fail(keys.error());
    for (const auto& key : *keys)
      to.erase(table, key);
  }
  const base_info base{at, static_cast<std::uint32_t>(chunks.size())};
  for (std::uint32_t i = 0; i < base.chunks; ++i)
    to.put(base_table, store::encode_key(chunk_key{at.height, i}), chunks[i]);
  to.put(node_table, bases_key, codec::encode(std::vector<base_info>{base}));
  to.prune(block_journal, at.height);
  save_tables(to, s);
  return {};
}

result<std::vector<base_info>> read_bases(const store::view& from) {
  const auto form = from.get(node_table, bases_key);
  if (!form)
    return fail(form.error());
  if (!*form)
    return std::vector<base_info>{};
  auto bases = codec::decode<std::vector<base_info>>(**form);
  return bases ? std::move(bases) : fail(bases.error().within("the list of bases"));
}

result<std::optional<bytes>> read_chunk(const store::view& from, std::uint64_t height,
                                        std::uint32_t number) {
  return from.get(base_table, store::encode_key(chunk_key{height, number}));
}

result<state> load_base(const store::view& from, const base_info& base, election_rules elections) {
  std::uint32_t next = 0;
  return state::restore(chunk_source{[&]() -> result<std::optional<bytes>> {
                          if (next == base.chunks)
                            return std::optional<bytes>{};
                          auto chunk = read_chunk(from, base.point.height, next);
                          if (!chunk)
                            return fail(chunk.error());
                          if (!*chunk)
                            return fail(errc::bad_snapshot, "chunk " + std::to_string(next) +
                                                                " of the base at height " +
                                                                std::to_string(base.point.height) +
                                                                " is missing");
                          ++next;
                          return std::move(*chunk);
                        }},
                        elections);
}

result<state> replay_log(const store::view& from, const block_observer& observer,
                         std::uint64_t last, election_rules elections) {
  const auto bases = read_bases(from);
  if (!bases)
    return fail(bases.error());
  auto start = earliest_state(from, *bases, elections);
  if (!start)
    return start;
  store::journal_reader blocks{from, block_journal, start->height() + 1};
  auto height = start->height();
  return replay(std::move(*start), until(blocks, height, last), signatures::trusted, observer);
}

result<state> state_at(const store::view& from, std::uint64_t height, election_rules elections) {
  const auto bases = read_bases(from);
  if (!bases)
    return fail(bases.error());
  auto start = load_tables(from, elections);
  if (start && start->height() > height) {
    const auto later = std::ranges::upper_bound(
        *bases, height, {}, [](const base_info& base) { return base.point.height; });
    start = later == bases->begin() ? earliest_state(from, *bases, elections)
                                    : load_base(from, *std::prev(later), elections);
  }
  if (!start)
    return start;
  auto at = start->height();
  store::journal_reader blocks{from, block_journal, at + 1};
  if (at < height)
    start = replay(std::move(*start), until(blocks, at, height), signatures::trusted);
  if (start && start->height() != height)
    return fail(base_errc::not_found, "the log does not give the state at height " +
                                          std::to_string(height) + " any more, or not yet");
  return start;
}

result<verification> verify_log(const store::view& from, const block_observer& observer,
                                election_rules elections) {
  const auto stored = from.check();
  if (!stored)
    return fail(stored.error());
  const auto bases = read_bases(from);
  if (!bases)
    return fail(bases.error());
  auto start = earliest_state(from, *bases, elections);
  if (!start)
    return fail(std::move(start).error());
  const auto tables_height =
      load_tables(from, elections).map([](const state& s) { return s.height(); });
  const auto standing_start = first_standing(from);
  if (!tables_height || !standing_start)
    return fail(!tables_height ? tables_height.error() : standing_start.error());

  verification v{.first_height = start->height(),
                 .tables_height = *tables_height,
                 .values = stored->values,
                 .final_state = std::move(*start)};
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
  store::journal_reader blocks{from, block_journal, v.first_height + 1};
  auto height = v.first_height;
  std::vector<stop> stops{{v.tables_height, std::nullopt}};
  for (const auto& base : *bases)
    stops.push_back({base.point.height, base});
  std::ranges::stable_sort(stops, {}, &stop::height);
  for (const auto& where : stops) {
    auto after = replay(std::move(v.final_state), until(blocks, height, where.height),
                        signatures::verify, count);
    if (!after)
      return fail(std::move(after).error());
    v.final_state = std::move(*after);
    if (auto same = compare(from, where, v.final_state, elections); !same)
      return fail(same.error());
    v.bases += where.base ? 1u : 0u;
  }
  auto after = replay(std::move(v.final_state), until(blocks, height, ~std::uint64_t{0}),
                      signatures::verify, count);
  if (!after)
    return fail(std::move(after).error());
  v.final_state = std::move(*after);
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
