#include "ainur/consensus/host_client.hpp"

#include <algorithm>
#include <utility>

#include "ainur/base/assert.hpp"
#include "ainur/consensus/block.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::consensus {

host_client::host_client(const hash256& chain, const host_client_options& options)
    : chain_(chain), options_(options), host_(ledger::account_of_seed(options.host_seed)) {
  AINUR_ASSERT(options_.calls_max > 0 && options_.under_way_max > 0);
}

void host_client::resume(const std::vector<ledger::signed_batch>& earlier, std::uint64_t nonce,
                         timestamp time) {
  for (const auto& b : earlier)
    if (b.batch.nonce < nonce || b.batch.valid_until < time)
      ended_.push_back(b.batch.nonce);
    else
      under_way_[b.batch.nonce] = {id_of(b), {}, b.batch.valid_until, {}};
}

bool host_client::add(ledger::requester who, ledger::entry e, instant now) {
  if (waiting() >= options_.waiting_max)
    return false;
  entries_.push_back({who, std::move(e)});
  first_waiting_ = first_waiting_.value_or(now);
  return true;
}

void host_client::expect(ledger::requester who, const prepared_batch& b) {
  const auto& content = b.content.batch;
  expected_.insert({{content.signer, content.nonce}, {b.id, who, content.valid_until}});
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
  batch_under_way noted{{}, {}, time + options_.validity, now};
  auto count = std::min(entries_.size(), options_.calls_max);
  auto made = make(noted, nonce, count);
  while (made->size_bytes > options_.bytes_max && count > 1)
    made = make(noted, nonce, count /= 2);
  noted.id = made->id;
  noted.asked.reserve(count);
  for (; count > 0; --count) {
    noted.asked.push_back(entries_.front().who);
    entries_.pop_front();
  }
  first_waiting_ = entries_.empty() ? std::nullopt : std::optional{now};
  under_way_.emplace(nonce, std::move(noted));
  return made;
}

/// The first `count` of the calls that wait, in a signed batch.
batch_ptr host_client::make(const batch_under_way& noted, std::uint64_t nonce,
                            std::size_t count) const {
  ledger::batch b{.signer = host_,
                  .key = std::nullopt,
                  .nonce = nonce,
                  .valid_until = noted.valid_until,
                  .entries = {}};
  b.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    b.entries.push_back(entries_[i].entry);
  return prepare(chain_, ledger::sign_batch(chain_, std::move(b), options_.host_seed));
}

void host_client::refuse(std::uint64_t nonce, ledger::errc why) {
  const auto at = under_way_.find(nonce);
  if (at == under_way_.end())
    return;
  for (const auto& who : at->second.asked)
    refused_.push_back({who, why});
  under_way_.erase(at);
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

std::optional<ledger::batch_receipt>
host_client::outcome_for(const hash256& id, const hash256& final_id,
                         const ledger::batch_receipt& receipt) {
  if (id == final_id)
    return receipt;
  if (receipt.status != ledger::errc::ok)
    return std::nullopt;
  return ledger::batch_receipt{receipt.signer, receipt.nonce, ledger::errc::bad_nonce, {}};
}

void host_client::settle(const std::vector<ledger::signed_batch>& batches,
                         const ledger::applied& done, ledger::published& into,
                         std::vector<instant>& submitted) {
  into.answers.insert(into.answers.end(), refused_.begin(), refused_.end());
  refused_.clear();
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto& b = batches[i].batch;
    const auto own = b.signer == host_ ? under_way_.find(b.nonce) : under_way_.end();
    const auto [first, last] = expected_.equal_range({b.signer, b.nonce});
    if (own == under_way_.end() && first == last)
      continue;
    const auto id = id_of(batches[i]);
    if (own != under_way_.end())
      if (const auto outcome = outcome_for(own->second.id, id, done.batches[i])) {
        answer(own->second, *outcome, into);
        if (outcome->status == ledger::errc::ok)
          submitted.push_back(own->second.cut_at);
        ended_.push_back(b.nonce);
        under_way_.erase(own);
      }
    for (auto at = first; at != last;) {
      if (const auto outcome = outcome_for(at->second.id, id, done.batches[i])) {
        into.batch_answers.push_back({at->second.who, *outcome});
        at = expected_.erase(at);
      } else {
        ++at;
      }
    }
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
