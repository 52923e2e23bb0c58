// The validators of a market in one process: their keys, their stakes at the start, their stores,
// and the branch of the supervision tree in which they live.
#pragma once

#include "ainur/actors/supervisor.hpp"
#include "ainur/actors/validators.hpp"
#include "market_actors.hpp"

namespace ainur {

class validator_branch {
public:
  validator_branch(const validator_options& options, const byte_array<32>& secret);

  [[nodiscard]] std::uint32_t count() const noexcept {
    return static_cast<std::uint32_t>(options_.stakes.size());
  }

  [[nodiscard]] const account_id& stash(std::uint32_t number) const { return stashes_.at(number); }

  /// Makes a genesis one of these validators.
  void found(ledger::genesis& g) const;

  /// Opens a store for each validator under `directory` (empty: in memory) and prepares it and the
  /// market's own. Errors: the stores'; `bad_genesis`; `base_errc::unsupported` if they began with
  /// another genesis.
  [[nodiscard]] result<void> open_stores(const ledger::genesis& g, store::backend& market_store,
                                         const std::string& directory, bool synced,
                                         std::uint64_t map_bytes);

  /// The supervisor of all validators. `open_stores` came before.
  [[nodiscard]] supervisor_spec spec(const environment& world,
                                     const std::shared_ptr<registry>& roles,
                                     const account_id& host) const;
  /// The seat of the market's own node, which follows.
  [[nodiscard]] seat_setup observer(const environment& world,
                                    const std::shared_ptr<registry>& roles,
                                    std::shared_ptr<store::backend> store,
                                    const account_id& host) const;

private:
  [[nodiscard]] byte_array<32> seed_of(std::uint32_t number, std::string_view what) const;
  [[nodiscard]] std::shared_ptr<const std::vector<node_address>>
  addresses(const account_id& host) const;

  validator_options options_;
  byte_array<32> secret_;
  std::vector<account_id> stashes_;
  std::vector<std::shared_ptr<store::backend>> stores_;
  std::shared_ptr<consensus::signature_checker> checker_;
};

} // namespace ainur
