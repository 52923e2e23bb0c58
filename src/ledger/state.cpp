// Execution of blocks.
#include "ainur/ledger/state.hpp"

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "handlers.hpp"
#include "merkle.hpp"
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

/// The host that an entry names has let the signer sign for what it hosts.
bool is_delegate(const session& s, const account_id& host, const account_id& signer) {
  const auto* r = s.b.keys.find({host});
  return r != nullptr && r->delegate == signer;
}

/// The origin is the signer, or hosted by it or by a host that has delegated its hosting to it.
errc check_origin(const session& s, const account_id& signer, const entry& e) {
  if (!e.hosted_index)
    return e.origin == signer && !e.host ? errc::ok : errc::not_hosted;
  if (e.host && !is_delegate(s, *e.host, signer))
    return errc::not_delegated;
  const auto host = e.host.value_or(signer);
  const auto* r = s.b.accounts.find({e.origin});
  if (r != nullptr && r->host != 0)
    return s.b.id_of(r->host) == host ? errc::ok : errc::not_hosted;
  return crypto::hosted_account(host, *e.hosted_index) == e.origin ? errc::ok : errc::not_hosted;
}

errc execute(session& s, const account_id& signer, const entry& e) {
  if (const auto code = check_origin(s, signer, e); code != errc::ok)
    return code;
  const actor a{e.origin, e.host.value_or(signer)};
  const auto code = std::visit([&s, &a](const auto& c) { return handle(s, a, c); }, e.call);
  if (code == errc::ok && a.hosted())
    if (const auto* r = s.b.accounts.find({e.origin}); r != nullptr && r->host == 0)
      s.b.accounts.edit({e.origin}).host = s.b.party_of(a.signer);
  return code;
}

/// Accounts lie all over the memory: those of the entries ahead are asked for while earlier ones
/// are carried out, first their places in the index, then their records.
template <class Visitor>
void each_account(const entry& e, Visitor&& visit) {
  visit(account_key{e.origin});
  if (const auto* t = std::get_if<transfer>(&e.call))
    visit(account_key{t->to});
}

void look_ahead(const book& b, const std::vector<entry>& entries, std::size_t at) {
  constexpr std::size_t index_distance = 16;
  constexpr std::size_t record_distance = 8;
  if (at + index_distance < entries.size())
    each_account(entries[at + index_distance],
                 [&b](const account_key& key) { b.accounts.prefetch(key); });
  if (at + record_distance < entries.size())
    each_account(entries[at + record_distance],
                 [&b](const account_key& key) { b.accounts.prefetch_record(key); });
}

amount fee_of(const session& s, const batch& b) {
  std::uint64_t weight = 0;
  for (const auto& e : b.entries)
    weight += weight_of(e.call);
  return s.rules().fee_per_weight.times(weight, 1);
}

/// Why a batch does not act at all.
errc admit(const session& s, const signed_batch& x, signatures check, amount fee) {
  const auto& b = x.batch;
  if (b.entries.empty() || b.entries.size() > s.rules().block_entries_max)
    return errc::bad_batch;
  if (b.key && *b.key == b.signer.value)
    return errc::bad_key; // a batch has one form
  if (b.valid_until < s.now)
    return errc::expired;
  const auto* r = s.b.accounts.find({b.signer});
  if (r == nullptr)
    return errc::unknown_signer;
  // A hosted account has no key of its own, a DAO has none at all.
  if (r->host != 0 || s.b.daos.find({b.signer}) != nullptr ||
      b.key.value_or(b.signer.value) != s.b.current_key(b.signer))
    return errc::bad_key;
  if (r->nonce != b.nonce)
    return errc::bad_nonce;
  if (r->spendable() < fee)
    return errc::fee_unpaid;
  if (check == signatures::verify && !verify_batch(s.b.meta.chain, x))
    return errc::bad_signature;
  return errc::ok;
}

/// Carries out all entries, or none of them.
void execute_all(session& s, const batch& b, batch_receipt& receipt, bool recording) {
  if (!recording)
    s.b.record_undo(true);
  const auto before = s.b.here();
  const auto events = s.events.size();
  for (std::size_t i = 0; i < b.entries.size(); ++i) {
    look_ahead(s.b, b.entries, i);
    receipt.entries.push_back(execute(s, b.signer, b.entries[i]));
    if (receipt.entries.back() == errc::ok)
      continue;
    s.b.roll_back(before);
    s.events.erase(s.events.begin() + static_cast<std::ptrdiff_t>(events), s.events.end());
    const auto code = receipt.entries.back();
    receipt.entries.assign(b.entries.size(), errc::aborted);
    receipt.entries[i] = code;
    break;
  }
  if (!recording) {
    s.b.record_undo(false);
    s.b.forget_undo();
  }
}

batch_receipt execute(session& s, const signed_batch& x, signatures check, bool recording) {
  const auto& b = x.batch;
  batch_receipt receipt{b.signer, b.nonce, errc::ok, {}};
  const auto fee = fee_of(s, b);
  receipt.status = admit(s, x, check, fee);
  if (receipt.status != errc::ok)
    return receipt;
  auto& signer = s.b.accounts.edit({b.signer});
  ++signer.nonce;
  take(signer.free, fee);
  pay_fee(s, fee);
  receipt.entries.reserve(b.entries.size());
  if (b.mode == batch_mode::all)
    execute_all(s, b, receipt, recording);
  else
    for (std::size_t i = 0; i < b.entries.size(); ++i) {
      look_ahead(s.b, b.entries, i);
      receipt.entries.push_back(execute(s, b.signer, b.entries[i]));
    }
  if (!fee.is_zero()) // it may have left less than an account needs
    tidy(s, b.signer);
  return receipt;
}

/// Ends the block: its hash, and with validators what it wrote to each table.
void finish(session& s, bytes_view batches, const std::vector<std::uint32_t>& signers,
            applied& done) {
  hash256 writes;
  if (s.b.origin.founding) {
    done.tables = take_table_hashes(s.b);
    writes = crypto::hash("ainur/writes/v2", codec::encode(done.tables));
  } else {
    writes = take_write_hash(s.b);
  }
  crypto::hasher hasher{"ainur/block/v1"};
  hasher.add(s.height)
      .add(s.b.last_hash)
      .add(static_cast<std::uint64_t>(micros(s.now)))
      .add(s.author)
      .add(crypto::hash("ainur/batches/v1", batches))
      .add(writes);
  if (!signers.empty())
    hasher.add(codec::encode(signers));
  done.block_hash = hasher.finish();
  s.b.handled.clear();
}

void commit(session& s, const hash256& hash) {
  s.b.height = s.height;
  s.b.time = s.now;
  s.b.last_hash = hash;
}

/// `encode_block` of the block at work, with the batches encoded already.
bytes assemble(const session& s, const hash256& previous, bytes_view batches, const hash256& hash,
               const std::vector<std::uint32_t>& signers) {
  bytes record;
  record.reserve(batches.size() + 160 + 5 * signers.size());
  codec::writer w{record};
  w.array(field_count<block> - (signers.empty() ? 1 : 0));
  codec::write(w, s.height);
  codec::write(w, previous);
  codec::write(w, s.now);
  codec::write(w, s.author);
  record.insert(record.end(), batches.begin(), batches.end());
  codec::write(w, hash);
  if (!signers.empty())
    codec::write(w, signers);
  return record;
}

result<void> check_time(const book& b, timestamp time) {
  if (time <= b.time || time >= time_max)
    return fail(errc::bad_block, "its time " + ainur::to_string(time) + " is not after " +
                                     ainur::to_string(b.time) + ", or beyond the year 9999");
  return {};
}

/// Of an `agreed_block` or a `block`.
template <class Block>
result<void> check_content(const book& b, const Block& x,
                           const std::vector<std::uint32_t>& signers) {
  if (x.height != b.height + 1)
    return fail(errc::bad_block, "height " + std::to_string(x.height) + " does not follow " +
                                     std::to_string(b.height));
  if (auto author = check_author(b, x.height, x.proposer, signers); !author)
    return author;
  std::size_t entries = 0;
  for (const auto& batch : x.batches)
    entries += batch.batch.entries.size();
  if (entries > b.rules().block_entries_max)
    return fail(errc::bad_block, "it holds more entries than allowed");
  return check_time(b, x.time);
}

result<void> check_header(const book& b, const block& x) {
  if (x.height == b.height + 1 && x.previous != b.last_hash)
    return fail(errc::bad_block, "it names another block before it: " + to_string(x.previous));
  return check_content(b, x, x.signers);
}

} // namespace

state::state(std::unique_ptr<impl> i) noexcept : impl_(std::move(i)) {}

state::state(state&&) noexcept = default;
state& state::operator=(state&&) noexcept = default;
state::~state() = default;

result<state> state::open(const genesis& g, election_rules elections) {
  if (auto valid = validate(g); !valid)
    return fail(valid.error());
  auto made = std::make_unique<impl>();
  auto& b = made->b;
  b.origin = without_lists(g);
  if (auto known = b.choose_election(elections); !known)
    return fail(known.error());
  b.time = g.time;
  b.last_hash = b.meta.chain = genesis_hash(g);
  b.meta.treasury = b.meta.issuance = g.treasury;
  session s{b, g.time, 0, g.authority};
  for (const auto& a : g.allocations) {
    auto& r = b.accounts.insert({a.account});
    r.free = a.free;
    r.bonded = a.bonded;
    r.rated = a.bonded >= g.parameters.bond_min;
    r.score = r.rated ? g.parameters.reputation_start : std::uint16_t{0};
    add(b.meta.issuance, a.free);
    add(b.meta.issuance, a.bonded);
    update_arbiter(s, a.account, r);
  }
  if (g.founding)
    found(s, *g.founding);
  (void)take_write_hash(b);
  return state{std::move(made)};
}

result<applied> state::apply(const block& x, signatures check) {
  auto& b = impl_->b;
  if (auto header = check_header(b, x); !header)
    return fail(header.error());
  const bool claimed = !x.hash.is_none();
  const auto before = b.here();
  b.record_undo(claimed);
  session s{b, x.time, x.height, x.proposer};
  applied out;
  out.height = x.height;
  out.time = x.time;
  begin_height(s, x.signers);
  out.swept = sweep(s);
  for (const auto& batch : x.batches)
    out.batches.push_back(ledger::execute(s, batch, check, claimed));
  const auto taken = std::move(b.handled);
  finish(s, codec::encode(x.batches), x.signers, out);
  b.record_undo(false);
  if (claimed && out.block_hash != x.hash) {
    b.roll_back(before);
    b.forget_undo();
    for (const auto& d : taken)
      b.due.push(d);
    return fail(errc::diverged, "it claims " + to_string(x.hash) + ", its execution gives " +
                                    to_string(out.block_hash));
  }
  b.forget_undo();
  commit(s, out.block_hash);
  impl_->bound_past();
  out.events = std::move(s.events);
  return out;
}

result<executed> state::execute(const agreed_block& x) {
  auto& b = impl_->b;
  const std::vector<std::uint32_t> signers{x.signers.begin(), x.signers.end()};
  if (!b.origin.founding)
    return fail(errc::bad_block, "a single authority makes the blocks of this ledger");
  if (auto valid = check_content(b, x, signers); !valid)
    return fail(valid.error());
  session s{b, x.time, x.height, x.proposer};
  executed out;
  out.applied.height = x.height;
  out.applied.time = x.time;
  begin_height(s, signers);
  out.applied.swept = sweep(s);
  for (const auto& batch : x.batches)
    out.applied.batches.push_back(ledger::execute(s, batch, signatures::trusted, false));
  finish(s, x.encoded_batches, signers, out.applied);
  out.record = assemble(s, b.last_hash, x.encoded_batches, out.applied.block_hash, signers);
  commit(s, out.applied.block_hash);
  impl_->bound_past();
  out.applied.events = std::move(s.events);
  return out;
}

errc state::admission(const signed_batch& b, timestamp time, signatures check) const {
  const session s{impl_->b, time, impl_->b.height + 1, impl_->b.origin.authority};
  return admit(s, b, check, fee_of(s, b.batch));
}

result<built> state::build(timestamp time, std::vector<signed_batch> batches, signatures check) {
  auto& b = impl_->b;
  if (auto valid = check_time(b, time); !valid)
    return fail(valid.error());
  if (b.origin.founding)
    return fail(errc::bad_block, "validators make the blocks of this ledger");
  session s{b, time, b.height + 1, b.origin.authority};
  built out;
  out.block.height = out.applied.height = s.height;
  out.block.previous = b.last_hash;
  out.block.time = out.applied.time = time;
  out.block.proposer = s.author;
  out.applied.swept = sweep(s);
  std::size_t room = b.rules().block_entries_max;
  for (auto& batch : batches) {
    const auto size = batch.batch.entries.size();
    if (size > room && size <= b.rules().block_entries_max) {
      out.applied.batches.push_back({batch.batch.signer, batch.batch.nonce, errc::block_full, {}});
      continue;
    }
    out.applied.batches.push_back(ledger::execute(s, batch, check, false));
    if (out.applied.batches.back().status != errc::ok)
      continue;
    room -= size;
    out.block.batches.push_back(std::move(batch));
  }
  const auto encoded = codec::encode(out.block.batches);
  finish(s, encoded, {}, out.applied);
  out.block.hash = out.applied.block_hash;
  out.record = assemble(s, out.block.previous, encoded, out.block.hash, {});
  commit(s, out.block.hash);
  impl_->bound_past();
  out.applied.events = std::move(s.events);
  return out;
}

} // namespace ainur::ledger
