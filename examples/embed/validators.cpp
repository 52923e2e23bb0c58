// A market whose ledger four validators keep. A key of our own pays somebody while one of the four
// is down; the proof that the payment is final is then checked by a function that knows nothing but
// the hash of the genesis.
//   c++ -std=c++20 validators.cpp -o validators $(pkg-config --cflags --libs ainur)
#include <ainur/ainur.hpp>
#include <ainur/consensus/finality_proof.hpp>
#include <ainur/ledger/signature.hpp>

#include <cstdio>
#include <fstream>
#include <string>

using namespace ainur;

namespace {

// A real program makes and keeps it: crypto/keys.hpp, crypto/key_file.hpp.
constexpr byte_array<32> ann_seed{1};
const account_id ann = ledger::account_of_seed(ann_seed);
const account_id bob = ledger::account_of_seed(byte_array<32>{2});

ledger::signed_batch payment(runtime& market, amount value) {
  ledger::batch b;
  b.signer = ann;
  b.nonce = market.account(ann).value().nonce;
  b.valid_until = market.utc_now() + std::chrono::minutes{10};
  b.entries.push_back({ann, std::nullopt, ledger::transfer{bob, value}});
  return ledger::sign_batch(market.chain(), std::move(b), ann_seed);
}

// Elsewhere, without a ledger, on a text from anybody: what did Ann pay to Bob?
result<amount> payment_in(const std::string& text, const hash256& chain) {
  const auto proof = consensus::finality_from_json(text);
  if (!proof)
    return fail(proof.error());
  const auto shown = consensus::check_finality(*proof, {.chain = chain}, consensus::any_age);
  if (!shown)
    return fail(shown.error());
  amount sum;
  const auto& entries = shown->content.batch.entries;
  const auto answers = shown->receipt ? shown->receipt->entries : std::vector<ledger::errc>{};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto* paid = std::get_if<ledger::transfer>(&entries.at(i).call);
    if (paid != nullptr && entries[i].origin == ann && paid->to == bob &&
        answers[i] == ledger::errc::ok)
      sum = sum.saturating_plus(paid->value);
  }
  return sum;
}

void read_proof(const std::string& text, const hash256& chain) {
  if (const auto paid = payment_in(text, chain))
    std::printf("proven: Ann paid %s to Bob\n", to_string(*paid).c_str());
  else
    std::printf("not proven: %s\n", std::string{paid.error().name()}.c_str());
}

} // namespace

int main(int argc, char** argv) {
  runtime_options options;
  options.validators = validator_options{.stakes = std::vector<amount>(4, amount::ainu(20'000))};
  auto market = runtime::start(options).value();
  if (!market.fund(ann, amount::ainu(100)) || !market.crash_validator(2)) // it is started again
    return 1;

  const auto patience = std::chrono::seconds{30};
  const auto paid = market.transact(payment(market, amount::ainu(30)), patience).value();
  const auto text = consensus::finality_to_json(paid.proof.value());
  read_proof(text, market.chain());
  read_proof(text, hash256{}); // another chain
  if (argc > 1)                // for `ainur ledger check-proof`
    std::ofstream{argv[1]} << text;

  const auto refused = market.transact(payment(market, amount::ainu(1'000)), patience).value();
  std::printf("a payment of more than she has: %s\n",
              std::string{describe(refused.receipt.entries.at(0)).name}.c_str());
  std::size_t up = 0;
  for (int tries = 0; tries < 100 && up != 4; ++tries) {
    if (!market.run_for(std::chrono::milliseconds{50}))
      return 1;
    const auto reports = market.validators().value();
    up = 0;
    for (const auto& v : reports)
      up += v.is_up && v.stopped.empty() ? 1 : 0;
  }
  std::printf("%zu validators are up\n", up);
}
