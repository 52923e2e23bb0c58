#include "ainur/scenario/identity.hpp"

#include "ainur/crypto/hash.hpp"
#include "ainur/scenario/read.hpp"

namespace ainur::scenario {

hash256 identity_of(const config& scenario, const workload& requests) {
  auto kept = scenario;
  const config plain;
  kept.name = plain.name;
  kept.description = plain.description;
  kept.measure = plain.measure;
  kept.expectations = plain.expectations;
  kept.limits = plain.limits;
  kept.faults = plain.faults;
  kept.workload.file = plain.workload.file; // its content counts, not where it lies
  crypto::hasher h{"ainur/run/v1"};
  const auto text = to_toml(kept);
  h.add(bytes_view{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  h.add(std::uint64_t{requests.requests.size()});
  for (const auto& r : requests.requests)
    h.add(static_cast<std::uint64_t>(r.at.count()))
        .add(static_cast<std::uint64_t>(r.work.count()))
        .add(std::uint64_t{r.client})
        .add(std::uint64_t{r.capability})
        .add(std::uint64_t{r.size})
        .add(std::uint64_t{r.subtasks})
        .add(static_cast<std::uint64_t>(r.outcome));
  return h.finish();
}

} // namespace ainur::scenario
