#include "natural.hpp"

namespace ainur::consensus {

natural::natural(uint128 x)
    : limbs_{static_cast<std::uint64_t>(x), static_cast<std::uint64_t>(x >> 64)} {
  trim();
}

void natural::trim() {
  while (!limbs_.empty() && limbs_.back() == 0)
    limbs_.pop_back();
}

natural& natural::operator+=(const natural& other) {
  if (limbs_.size() < other.limbs_.size())
    limbs_.resize(other.limbs_.size(), 0);
  uint128 carry = 0;
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    carry += uint128{limbs_[i]} + (i < other.limbs_.size() ? other.limbs_[i] : 0);
    limbs_[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  if (carry != 0)
    limbs_.push_back(static_cast<std::uint64_t>(carry));
  return *this;
}

natural operator*(const natural& a, const natural& b) {
  natural out;
  out.limbs_.assign(a.limbs_.size() + b.limbs_.size(), 0);
  for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
    uint128 carry = 0;
    for (std::size_t k = 0; k < b.limbs_.size(); ++k) {
      carry += uint128{a.limbs_[i]} * b.limbs_[k] + out.limbs_[i + k];
      out.limbs_[i + k] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    out.limbs_[i + b.limbs_.size()] = static_cast<std::uint64_t>(carry);
  }
  out.trim();
  return out;
}

std::strong_ordering operator<=>(const natural& a, const natural& b) {
  if (a.limbs_.size() != b.limbs_.size())
    return a.limbs_.size() <=> b.limbs_.size();
  for (auto i = a.limbs_.size(); i != 0; --i)
    if (a.limbs_[i - 1] != b.limbs_[i - 1])
      return a.limbs_[i - 1] <=> b.limbs_[i - 1];
  return std::strong_ordering::equal;
}

} // namespace ainur::consensus
