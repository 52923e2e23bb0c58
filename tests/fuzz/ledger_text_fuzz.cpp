// The ledger's texts: calls, batches and channels in JSON, scripts, and genesis files in TOML. What
// is read can be written, and reads as the same again.
#include "ainur/ledger/script.hpp"
#include "ainur/ledger/text.hpp"
#include "ainur/scenario/genesis_file.hpp"
#include "input.hpp"

namespace {

using namespace ainur;

void calls(std::string_view text) {
  if (const auto c = ledger::call_from_json(text)) {
    const auto again = ledger::call_from_json(ledger::to_json_text(*c));
    fuzz::require(again.has_value() && *again == *c);
  }
  if (const auto b = ledger::batch_from_json(text)) {
    const auto again = ledger::batch_from_json(ledger::to_json_text(*b));
    fuzz::require(again.has_value() && *again == *b);
  }
  (void)ledger::channel_params_from_json(text);
  (void)ledger::channel_state_from_json(text);
}

void script(std::string_view text) {
  ledger::script s;
  for (int lines = 0; !text.empty() && lines < 50; ++lines) {
    const auto end = std::min(text.find('\n'), text.size());
    if (!s.add(text.substr(0, end)))
      return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  (void)s.end();
  if (s.ledger() != nullptr)
    fuzz::require(s.ledger()->conserved());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  if (text.find("\"time\"") != text.npos || text.find("\"genesis\"") != text.npos)
    script(text);
  else if (text.starts_with("{"))
    calls(text);
  else if (const auto read = scenario::read_genesis_file(text, "fuzz.toml"); read.problems.empty())
    fuzz::require(ledger::validate(read.value).has_value());
  return 0;
}
