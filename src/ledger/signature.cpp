#include "ainur/ledger/signature.hpp"

#include "ainur/crypto/keys.hpp"

namespace ainur::ledger {

account_id account_of_seed(const byte_array<32>& seed) {
  return crypto::account_of(crypto::secret_key::from_seed(crypto::seed{seed}).public_part());
}

byte_array<64> sign_detached(const byte_array<32>& seed, std::string_view tag, bytes_view message) {
  return crypto::secret_key::from_seed(crypto::seed{seed}).sign(tag, message).value;
}

bool verify_detached(const account_id& key, std::string_view tag, bytes_view message,
                     const byte_array<64>& signature) {
  return crypto::verify(crypto::public_key{key.value}, tag, message, crypto::signature{signature});
}

} // namespace ainur::ledger
