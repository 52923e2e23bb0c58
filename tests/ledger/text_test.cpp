// The catalogue of calls: every call has a complete entry. That errors and events are those which
// the ledger answers and emits is checked by the model-based test.
#include <set>

#include "ainur/ledger/text.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

template <std::size_t... Is>
std::set<std::string_view> event_names(std::index_sequence<Is...>) {
  return {std::variant_alternative_t<Is, event::any>::type_text...};
}

template <std::size_t... Is>
std::vector<ledger::call> preset_calls(std::index_sequence<Is...>) {
  return {ledger::call{std::variant_alternative_t<Is, ledger::call>{}}...};
}

/// Whatever the caller can make longer.
bool grows(const call_info& info) {
  return std::any_of(info.fields.begin(), info.fields.end(), [](const call_field& f) {
    return f.kind.starts_with("list of ") || f.kind == "bytes in hexadecimal" ||
           f.kind == "did_document";
  });
}

template <class T>
bool all_differ(const std::vector<T>& list) {
  return std::set<T>(list.begin(), list.end()).size() == list.size();
}

} // namespace

TEST_CASE("every call has a complete entry in the catalogue") {
  const auto events = event_names(std::make_index_sequence<std::variant_size_v<event::any>>());
  const auto catalogue = call_catalogue();
  REQUIRE(catalogue.size() == std::variant_size_v<ledger::call>);
  for (const auto& info : catalogue) {
    INFO(std::string{info.name});
    CHECK_FALSE(info.subject.empty());
    CHECK_FALSE(info.summary.empty());
    CHECK_FALSE(info.origin.empty());
    CHECK_FALSE(info.weight.empty());
    CHECK_FALSE(info.errors.empty());
    // What is transferred is told by the receipt; only the dust of `transfer` is an event.
    CHECK(info.events.empty() == (info.name == transfer_all::type_text));
    CHECK(info.origin.find('\n') == info.origin.npos);
    CHECK(all_differ(info.errors));
    CHECK(all_differ(info.events));
    for (const auto code : info.errors) {
      INFO(std::string{describe(code).name});
      CHECK(code > errc::ok);
      CHECK(code < errc::bad_genesis);
    }
    for (const auto name : info.events)
      CHECK(events.contains(name));
  }
}

TEST_CASE("the weights in the catalogue are those of the ledger") {
  const auto presets = preset_calls(std::make_index_sequence<std::variant_size_v<ledger::call>>());
  for (std::size_t i = 0; i < presets.size(); ++i) {
    const auto& info = call_catalogue()[i];
    INFO(std::string{info.name});
    // What nothing adds to is the whole weight, and the least of those that grow.
    const auto least = std::to_string(weight_of(presets[i]));
    CHECK(info.weight.substr(0, info.weight.find(' ')) == least);
    CHECK((info.weight == least) != grows(info));
  }
  const auto accounts = [](std::size_t count) { return std::vector<account_id>(count); };
  award_task award;
  award.lines.resize(2);
  award.lines[0].parts.resize(33);
  award.lines[1].parts.resize(15);
  CHECK(weight_of(award) == 1 + 2 + 2);
  report_offence offence;
  offence.evidence.resize(300);
  CHECK(weight_of(offence) == 4 + 2);
  CHECK(weight_of(nominate{accounts(11)}) == 1 + 2);
  CHECK(weight_of(kick{accounts(11)}) == 1 + 11);
  CHECK(weight_of(note_era_points{std::vector<validator_points>(11)}) == 1 + 2);
  report_validators report;
  report.offenders = accounts(3);
  CHECK(weight_of(report) == 64 + 64 * 3);
  did_document document;
  document.keys.resize(7);
  document.services.push_back({"name", std::string(100, 't'), std::string(100, 'e')});
  document.capabilities = {std::string(50, 'c')};
  CHECK(weight_of(register_agent{document}) == 1 + (7 * 40 + 250) / 256);
  CHECK(weight_of(update_document{document}) == 1 + (7 * 40 + 250) / 256);
  CHECK(weight_of(propose{{}, bytes(200)}) == 4 + 3);
  create_dao founding;
  founding.members = accounts(40);
  CHECK(weight_of(founding) == 2 + 2);
  CHECK(weight_of(dao_set_members{accounts(40)}) == 2 + 2);
}

TEST_CASE("structs in fields of calls are described, each once") {
  std::set<std::string_view> names;
  for (const auto& object : object_catalogue()) {
    INFO(std::string{object.name});
    CHECK_FALSE(object.fields.empty());
    CHECK(names.insert(object.name).second);
  }
  for (const auto& info : call_catalogue())
    for (const auto& f : info.fields) {
      const auto kind = f.kind.starts_with("list of ") ? f.kind.substr(8) : f.kind;
      INFO(kind);
      const bool plain = kind.find_first_of(" |") != kind.npos || kind == "account" ||
                         kind == "amount" || kind == "time" || kind == "duration" || kind == "text";
      CHECK((plain || names.contains(kind)));
    }
}
