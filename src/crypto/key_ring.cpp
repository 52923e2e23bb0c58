#include "ainur/crypto/key_ring.hpp"

namespace ainur::crypto {

key_ring key_ring::of_run(std::uint64_t run, std::uint64_t index) noexcept {
  return key_ring{secret_key::from_seed(run_seed(run, "host", index))};
}

const public_key& key_ring::prepare(secret_key next) noexcept {
  next_.emplace(std::move(next));
  return next_->public_part();
}

bool key_ring::rotate(const public_key& committed) noexcept {
  if (!next_ || next_->public_part() != committed)
    return false;
  current_ = std::move(*next_);
  next_.reset();
  return true;
}

} // namespace ainur::crypto
