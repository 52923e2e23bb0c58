#include "ainur/ledger/rotation.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/error.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::ledger {

namespace {

constexpr duration retry_after = std::chrono::minutes{1};

crypto::public_key key_in(const key_view& record) {
  return crypto::public_key{record.key};
}

} // namespace

result<rotation> rotation::open(crypto::key_ring ring, const key_view& record, duration interval) {
  rotation made{std::move(ring), interval};
  if (auto known = made.observe(record); !known)
    return fail(known.error());
  return made;
}

result<void> rotation::observe(const key_view& record) {
  const auto speaks = key_in(record);
  if (ring_.rotate(speaks))
    unsaved_ = true; // the old key is only now out of the ring
  else if (ring_.current().public_part() != speaks)
    return fail(errc::bad_key, "the key of " + to_string(record.account) + " is now " +
                                   to_string(speaks) + ", version " +
                                   std::to_string(record.version));
  version_ = record.version;
  since_ = record.since;
  return {};
}

rotation::need_kind rotation::need(timestamp now) const {
  if (unsaved_)
    return need_kind::save;
  const auto due = due_at();
  if (!due || now < *due)
    return need_kind::nothing;
  return ring_.prepared() ? need_kind::announce : need_kind::next_key;
}

std::optional<timestamp> rotation::due_at() const {
  if (unsaved_)
    return std::nullopt;
  if (ring_.prepared())
    return retry_at_;
  return interval_ > duration{0} ? std::optional{std::max(since_ + interval_, retry_at_)}
                                 : std::nullopt;
}

void rotation::prepare(crypto::secret_key next) {
  AINUR_ASSERT(!unsaved_ && !ring_.prepared());
  ring_.prepare(std::move(next));
  retry_at_ = {};
  unsaved_ = true;
}

void rotation::saved() {
  AINUR_ASSERT(unsaved_);
  unsaved_ = false;
}

rotate_key rotation::announcement(const hash256& chain) const {
  AINUR_ASSERT(!unsaved_ && ring_.prepared());
  const auto& next = *ring_.prepared();
  const auto message = key_message(chain, ring_.account(), version_ + 1);
  return {next.public_part().value, next.sign(key_tag, message).value};
}

void rotation::postpone(timestamp now) {
  retry_at_ = now + retry_after;
}

signed_batch sign_batch(const hash256& chain, batch b, const crypto::key_ring& ring) {
  const auto& key = ring.current();
  b.signer = ring.account();
  b.key.reset();
  if (crypto::account_of(key.public_part()) != b.signer)
    b.key = key.public_part().value;
  const auto signature = key.sign(batch_tag, batch_message(chain, b));
  return {std::move(b), signature.value};
}

crypto::secret_key derived_key(const byte_array<32>& secret, std::uint32_t version) {
  if (version == 0)
    return crypto::secret_key::from_seed(crypto::seed{secret});
  const auto derived =
      crypto::hasher{"ainur/key-version/v1"}.add(secret).add(std::uint64_t{version}).finish();
  return crypto::secret_key::from_seed(crypto::seed{derived.value});
}

} // namespace ainur::ledger
