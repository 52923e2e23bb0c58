// Natural numbers as at school, to compare with: digits of 32 bits, and nothing clever.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "ainur/consensus/wide.hpp"

namespace ainur::test {

class big {
public:
  big(consensus::uint128 x = 0) { // NOLINT(google-explicit-constructor)
    for (; x != 0; x >>= 32)
      digits_.push_back(static_cast<std::uint32_t>(x));
  }

  friend big operator+(const big& a, const big& b) {
    big out;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < std::max(a.digits_.size(), b.digits_.size()) || carry != 0; ++i) {
      carry += a.digit(i);
      carry += b.digit(i);
      out.digits_.push_back(static_cast<std::uint32_t>(carry));
      carry >>= 32;
    }
    return out.trimmed();
  }

  /// a ≥ b.
  friend big operator-(const big& a, const big& b) {
    big out;
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < a.digits_.size(); ++i) {
      borrow += std::int64_t{a.digit(i)} - std::int64_t{b.digit(i)};
      out.digits_.push_back(static_cast<std::uint32_t>(borrow));
      borrow >>= 32;
    }
    return out.trimmed();
  }

  friend big operator*(const big& a, const big& b) {
    big out;
    for (std::size_t i = 0; i < a.digits_.size(); ++i) {
      big row;
      row.digits_.assign(i, 0);
      std::uint64_t carry = 0;
      for (const auto d : b.digits_) {
        carry += std::uint64_t{a.digits_[i]} * d;
        row.digits_.push_back(static_cast<std::uint32_t>(carry));
        carry >>= 32;
      }
      row.digits_.push_back(static_cast<std::uint32_t>(carry));
      out = out + row.trimmed();
    }
    return out;
  }

  /// Quotient and remainder, bit by bit.
  friend std::pair<big, big> divide(const big& a, const big& b) {
    big quotient;
    big rest;
    quotient.digits_.assign(a.digits_.size(), 0);
    for (auto bit = a.digits_.size() * 32; bit != 0; --bit) {
      const auto i = (bit - 1) / 32;
      const auto one = (a.digits_[i] >> ((bit - 1) % 32)) & 1u;
      rest = rest + rest + big{one};
      if (!(rest < b)) {
        rest = rest - b;
        quotient.digits_[i] |= 1u << ((bit - 1) % 32);
      }
    }
    return {quotient.trimmed(), rest};
  }

  friend bool operator<(const big& a, const big& b) {
    if (a.digits_.size() != b.digits_.size())
      return a.digits_.size() < b.digits_.size();
    return std::lexicographical_compare(a.digits_.rbegin(), a.digits_.rend(), b.digits_.rbegin(),
                                        b.digits_.rend());
  }

  friend bool operator==(const big& a, const big& b) = default;

private:
  [[nodiscard]] std::uint32_t digit(std::size_t i) const {
    return i < digits_.size() ? digits_[i] : 0;
  }

  big trimmed() && {
    while (!digits_.empty() && digits_.back() == 0)
      digits_.pop_back();
    return std::move(*this);
  }

  big trimmed() & { return std::move(*this).trimmed(); }

  std::vector<std::uint32_t> digits_; // the lowest first
};

inline big big_of(const consensus::uint256& x) {
  return big{x.high} * (big{std::uint64_t{1} << 32} * big{std::uint64_t{1} << 32}) *
             (big{std::uint64_t{1} << 32} * big{std::uint64_t{1} << 32}) +
         big{x.low};
}

} // namespace ainur::test
