// A sealed key ring from a disk: opened under a fixed lock, or refused with a reason. Every second
// input is sealed here first, so that what is inside is tried too.
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/key_ring.hpp"
#include "input.hpp"

namespace {

struct sealed_form {
  std::string magic = "ainur-ring";
  std::uint16_t version = 1;
  ainur::crypto::aead_nonce nonce{};
  ainur::bytes sealed;
  AINUR_FIELDS(sealed_form, magic, version, nonce, sealed)
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  const crypto::aead_key lock{};
  bytes input{data, data + size};
  if (size > 0 && (data[0] & 1) != 0) {
    sealed_form form;
    form.sealed = crypto::aead_seal(lock, form.nonce, as_bytes(form.magic), input);
    input = codec::encode(form);
  }
  const auto ring = crypto::open_ring(input, lock);
  fuzz::require(ring.has_value() || !ring.error().to_string().empty());
  if (ring)
    fuzz::require(crypto::open_ring(crypto::seal_ring(*ring, lock, {1}), lock)->account() ==
                  ring->account());
  return 0;
}
