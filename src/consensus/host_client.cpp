#include "ainur/consensus/host_client.hpp"

#include <algorithm>
#include <utility>

#include "ainur/base/assert.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::consensus {

host_client::host_client(const hash256& chain, const host_client_options& options)
    : chain_(chain), options_(options), host_(ledger::account_of_seed(options.host_seed)) {
  AINUR_ASSERT(options_.calls_max > 0 && options_.under_way_max > 0);
}

void host_client::resume(std::vector<ledger::signed_batch> earlier) {
  for (const auto& b : earlier)
    under_way_[b.batch.nonce] = {{}, b.batch.valid_until, {}};
}

bool host_client::add(ledger::requester who, ledger::entry e, instant now) {
  if (waiting() >= options_.waiting_max)
    return false;
  entries_.push_back({who, std::move(e)});
  first_waiting_ = first_waiting_.value_or(now);
  return true;
}

void host_client::expect(ledger::requester who, const ledger::batch& b) {
  expected_.insert({{b.signer, b.nonce}, {who, b.valid_until}});
}

void host_client::forget(ledger::requester who) {
  std::erase_if(expected_, [&who](const auto& x) { return x.second.who == who; });
}

batch_ptr host_client::cut(instant now, std::uint64_t nonce, timestamp time, bool idle) {
  if (!first_waiting_ || under_way_.size() >= options_.under_way_max)
    return nullptr;
  if (!idle && waiting() < options_.calls_max && *first_waiting_ + options_.block_interval > now)
    return nullptr;
  while (under_way_.contains(nonce))
    ++nonce;
  const auto count = std::min(entries_.size(), options_.calls_max);
  batch_under_way noted{{}, time + options_.validity, now};
  ledger::batch b{.signer = host_,
                  .key = std::nullopt,
                  .nonce = nonce,
                  .valid_until = noted.valid_until,
                  .entries = {}};
  b.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    noted.asked.push_back(entries_.front().who);
    b.entries.push_back(std::move(entries_.front().entry));
    entries_.pop_front();
  }
  first_waiting_ = entries_.empty() ? std::nullopt : std::optional{now};
  under_way_.emplace(nonce, std::move(noted));
  return prepare(chain_, ledger::sign_batch(chain_, std::move(b), options_.host_seed));
}

std::optional<instant> host_client::wake_at(instant now) const {
  if (!first_waiting_ || under_way_.size() >= options_.under_way_max)
    return std::nullopt;
  return waiting() >= options_.calls_max ? now : *first_waiting_ + options_.block_interval;
}

void host_client::answer(const batch_under_way& b, const ledger::batch_receipt& receipt,
                         ledger::published& into) const {
  for (std::size_t i = 0; i < b.asked.size(); ++i)
    into.answers.push_back(
        {b.asked[i], i < receipt.entries.size() ? receipt.entries[i] : receipt.status});
}

void host_client::settle(const std::vector<ledger::signed_batch>& batches,
                         const ledger::applied& done, ledger::published& into,
                         std::vector<instant>& submitted) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto& b = batches[i].batch;
    const auto& receipt = done.batches[i];
    if (b.signer == host_) {
      if (const auto at = under_way_.find(b.nonce); at != under_way_.end()) {
        answer(at->second, receipt, into);
        submitted.push_back(at->second.cut_at);
        ended_.push_back(b.nonce);
        under_way_.erase(at);
      }
    }
    const auto [first, last] = expected_.equal_range({b.signer, b.nonce});
    for (auto at = first; at != last; ++at)
      into.batch_answers.push_back({at->second.who, receipt});
    expected_.erase(first, last);
  }
  expire(done.time, into);
}

void host_client::expire(timestamp time, ledger::published& into) {
  for (auto at = under_way_.begin(); at != under_way_.end();) {
    if (at->second.valid_until >= time) {
      ++at;
      continue;
    }
    answer(at->second, {host_, at->first, ledger::errc::expired, {}}, into);
    ended_.push_back(at->first);
    at = under_way_.erase(at);
  }
  std::erase_if(expected_, [&](const auto& x) {
    if (x.second.valid_until >= time)
      return false;
    const auto& [signer, nonce] = x.first;
    into.batch_answers.push_back({x.second.who, {signer, nonce, ledger::errc::expired, {}}});
    return true;
  });
}

} // namespace ainur::consensus
