// `signed_<T>`: a value that can be proven to a third party.
//
// It carries the canonical msgpack bytes of a T as they were signed, the signer's key and the
// signature. T names its domain:
//
//   struct vote {
//     static constexpr std::string_view signature_domain = "ainur/vote/v1";
//     ...
//     AINUR_FIELDS(vote, ...)
//   };
//
// The signature is checked over the bytes as received, and only then are they decoded; bytes that
// are not canonical are refused. Values; thread-safe.
#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include "ainur/base/fields.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/keys.hpp"

namespace ainur::crypto {

template <class T>
concept signable = has_fields<T> && requires {
  { T::signature_domain } -> std::convertible_to<std::string_view>;
};

template <class T>
struct signed_ {
  bytes content; ///< canonical msgpack of a T
  public_key signer;
  signature proof;
  AINUR_FIELDS(signed_, content, signer, proof)
};

/// Encodes and signs.
template <signable T>
[[nodiscard]] signed_<T> sign(const T& value, const secret_key& key) {
  signed_<T> envelope{codec::encode(value), key.public_part(), {}};
  envelope.proof = key.sign(T::signature_domain, envelope.content);
  return envelope;
}

/// The value, if the envelope's own signer signed it. Whether that signer may speak is the caller's
/// question. Errors: `bad_signature`, `codec::errc` for the content.
template <signable T>
[[nodiscard]] result<T> verify(const signed_<T>& envelope, const codec::limits& bounds = {}) {
  if (envelope.content.size() > bounds.bytes_max)
    return fail(codec::errc::too_large,
                "a signed content of " + std::to_string(envelope.content.size()) + " bytes");
  if (!verify(envelope.signer, T::signature_domain, envelope.content, envelope.proof))
    return fail(errc::bad_signature,
                std::string{T::type_text} + " signed by " + to_string(envelope.signer));
  return codec::decode<T>(envelope.content, bounds);
}

/// The same, and the signer must be `expected`. Errors: also `wrong_signer`.
template <signable T>
[[nodiscard]] result<T> verify_from(const signed_<T>& envelope, const public_key& expected,
                                    const codec::limits& bounds = {}) {
  if (envelope.signer != expected)
    return fail(errc::wrong_signer, std::string{T::type_text} + " signed by " +
                                        to_string(envelope.signer) + " instead of " +
                                        to_string(expected));
  return verify(envelope, bounds);
}

} // namespace ainur::crypto
