// A key file from outside is read without its passphrase: its bounds hold before anything is spent.
#include "ainur/crypto/key_file.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = ainur::crypto::locked_public_key({data, size});
  ainur::fuzz::require(key.has_value() || !key.error().to_string().empty());
  return 0;
}
