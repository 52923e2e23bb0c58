// What strangers send about identities: a signed batch and a document have one form, and whatever a
// document holds is within its bounds or found out.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/batch.hpp"
#include "ainur/ledger/evidence.hpp"
#include "input.hpp"

namespace {

template <class T>
std::optional<T> decoded(ainur::bytes_view in) {
  auto x = ainur::codec::decode<T>(in);
  if (!x) {
    ainur::fuzz::require(!x.error().to_string().empty());
    return std::nullopt;
  }
  ainur::fuzz::require(std::ranges::equal(ainur::codec::encode(*x), in));
  return std::move(*x);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ainur;
  const bytes_view in{data, size};
  if (const auto batch = decoded<ledger::signed_batch>(in))
    (void)ledger::verify_batch(hash256{}, *batch);
  if (const auto document = decoded<ledger::did_document>(in); document && is_valid(*document)) {
    fuzz::require(document->keys.size() <= ledger::document_keys_max);
    fuzz::require(document->services.size() <= ledger::document_services_max);
    fuzz::require(document->capabilities.size() <= ledger::document_capabilities_max);
    fuzz::require(size < 8'192);
  }
  if (const auto call = decoded<ledger::call>(in))
    fuzz::require(ledger::weight_of(*call) > 0);
  (void)decoded<ledger::result_evidence>(in);
  return 0;
}
