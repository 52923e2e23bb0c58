// RPCs of the gossip mesh. What is read is encoded to what reads as the same.
#include "ainur/discovery/gossip/rpc.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur::discovery::gossip;
  const auto read = decode_rpc({data, size});
  if (!read)
    return 0;
  const auto raw = encode(*read);
  ainur::fuzz::require(decode_rpc(raw).value() == *read);
  for (const auto& m : read->publish)
    static_cast<void>(verify(*m));
  return 0;
}
