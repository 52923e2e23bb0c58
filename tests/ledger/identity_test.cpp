// DID documents: what they may hold, what they cost, and who resolves them.
#include "ainur/codec/msgpack.hpp"
#include "identity_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

amount deposit_of(const did_document& d, const identity_parameters& rules = {}) {
  return amount{rules.document_deposit.micro() +
                rules.document_byte_deposit.micro() * codec::encode(d).size()};
}

} // namespace

TEST_CASE("an agent registers a document against a deposit by its size") {
  world w;
  const auto d = some_document();
  const auto before = w.view(w.agent);
  REQUIRE(w.call(w.agent, register_agent{d}) == errc::ok);
  const auto deposit = deposit_of(d);
  CHECK(w.view(w.agent).free == *before.free.minus(deposit));
  CHECK(w.view(w.agent).reserved == deposit);
  CHECK(w.events<event::document_changed>() ==
        std::vector<event::document_changed>{{w.agent.id, 1, deposit, d}});
  CHECK(w.s->document(w.agent.id) ==
        document_view{w.agent.id, w.agent.id, d, deposit, w.now, w.now, 1});
  CHECK_FALSE(w.s->document(w.other.id));
}

TEST_CASE("the deposit follows the size of the document, and comes back") {
  world w;
  const auto registered = w.now + duration{1};
  auto d = some_document();
  REQUIRE(w.call(w.poor, register_agent{d}) == errc::ok);
  const auto free = w.view(w.poor).free;
  d.capabilities.emplace_back("paint");
  REQUIRE(w.call(w.poor, update_document{d}) == errc::ok);
  CHECK(w.view(w.poor).free == *free.minus(amount{600})); // a text of five characters
  CHECK(w.s->document(w.poor.id)->registered == registered);
  CHECK(w.s->document(w.poor.id)->updated == w.now);
  CHECK(w.s->document(w.poor.id)->revision == 2);
  REQUIRE(w.call(w.poor, update_document{{}}) == errc::ok);
  CHECK(w.view(w.poor).reserved == deposit_of({}));
  REQUIRE(w.call(w.poor, deregister_agent{}) == errc::ok);
  CHECK(w.view(w.poor).reserved == amount{0});
  CHECK(w.view(w.poor).free == amount::ainu(100));
  CHECK(w.events<event::document_changed>() ==
        std::vector<event::document_changed>{{w.poor.id, 4, {}, std::nullopt}});
  CHECK_FALSE(w.s->document(w.poor.id));
}

TEST_CASE("an account with a document is not reaped; without one it is") {
  parameters rules;
  rules.identity.document_deposit = {};
  rules.identity.document_byte_deposit = {};
  world w{rules};
  const auto brief = hosted_by(w.host, 60);
  REQUIRE(w.call(w.client, transfer{brief.id, amount{5'000}}) == errc::ok);
  REQUIRE(w.call(brief, register_agent{some_document()}) == errc::ok);
  REQUIRE(w.call(brief, transfer{w.client.id, amount{4'500}}) == errc::ok);
  CHECK(w.view(brief).free == amount{500});
  REQUIRE(w.call(brief, deregister_agent{}) == errc::ok);
  CHECK_FALSE(w.s->account(brief.id));
  CHECK(w.events<event::account_reaped>().at(0).dust == amount{500});
}

TEST_CASE("what is locked pays no deposit") {
  world w;
  REQUIRE(w.call(w.client, lock_balance{0, amount::ainu(100'000), w.now + hours{1}}) == errc::ok);
  w.noop(w.client, register_agent{some_document()}, errc::insufficient_funds);
}

TEST_CASE("refused: documents") {
  world w;
  const auto d = some_document();
  const auto unknown = hosted_by(w.host, 77);
  w.noop(unknown, register_agent{d}, errc::unknown_account);
  w.noop(w.agent, update_document{d}, errc::not_registered);
  w.noop(w.agent, deregister_agent{}, errc::not_registered);
  const auto poor = hosted_by(w.host, 61);
  REQUIRE(w.call(w.client, transfer{poor.id, amount{101'500}}) == errc::ok);
  w.noop(poor, register_agent{some_document()}, errc::insufficient_funds);
  REQUIRE(w.call(poor, register_agent{}) == errc::ok);
  w.noop(poor, register_agent{}, errc::already_registered);
  auto large = d;
  large.services[0].endpoint = "https:" + std::string(250, 'x');
  large.capabilities.emplace_back(64, 'c');
  w.noop(poor, update_document{large}, errc::insufficient_funds);
  w.noop(poor, update_document{{.capabilities = {""}}}, errc::invalid_value);
  CHECK(w.s->document(poor.id)->revision == 1);
}

TEST_CASE("what a document may hold") {
  const auto valid = [](auto change) {
    auto d = some_document();
    change(d);
    return is_valid(d);
  };
  CHECK(is_valid({}));
  CHECK(valid([](auto&) {}));
  const auto name = [&valid](std::string text) {
    return valid([&text](auto& d) { d.keys[0].name = text; });
  };
  CHECK(name("A-z_0.9"));
  CHECK(name(std::string(32, 'n')));
  CHECK_FALSE(name(""));
  CHECK_FALSE(name("a b"));
  CHECK_FALSE(name("a#b"));
  CHECK_FALSE(name(std::string(33, 'n')));
  CHECK_FALSE(name("box")); // twice
  CHECK_FALSE(name("api")); // also among services
  CHECK_FALSE(valid([](auto& d) { d.keys[0].key = {}; }));
  CHECK_FALSE(valid([](auto& d) { d.personal_data = hash256{}; }));
  const auto endpoint = [&valid](std::string text) {
    return valid([&text](auto& d) { d.services[0].endpoint = text; });
  };
  CHECK(endpoint("urn:a"));
  CHECK(endpoint("coap+tcp://h-1.x"));
  CHECK(endpoint("a:" + std::string(254, '/')));
  for (const auto* bad : {"", "http", "http:", ":x", "1http:x", "a b:c", "http:/ /", "a_b:c"})
    CHECK_FALSE(endpoint(bad));
  CHECK_FALSE(endpoint("a:" + std::string(255, '/')));
  CHECK_FALSE(endpoint("a:\xc3\xa4"));
  const auto capability = [&valid](std::string text) {
    return valid([&text](auto& d) { d.capabilities.push_back(text); });
  };
  CHECK(capability(std::string(64, '~')));
  CHECK_FALSE(capability(""));
  CHECK_FALSE(capability(std::string(65, 'c')));
  CHECK_FALSE(capability("line\nbreak"));
  CHECK_FALSE(capability("translate"));
  CHECK_FALSE(valid([](auto& d) { d.services[0].type = ""; }));
  CHECK_FALSE(valid([](auto& d) { d.services[0].type = std::string(65, 't'); }));
  const auto many = [&valid](std::size_t count, auto push) {
    return valid([&](did_document& d) {
      d = {};
      for (std::size_t i = 0; i < count; ++i)
        push(d, "n" + std::to_string(i));
    });
  };
  const auto keys = [](did_document& d, const std::string& n) {
    d.keys.push_back({n, key_purpose::assertion, key_of_seed(1)});
  };
  const auto services = [](did_document& d, const std::string& n) {
    d.services.push_back({n, "t", "a:b"});
  };
  const auto texts = [](did_document& d, const std::string& n) { d.capabilities.push_back(n); };
  CHECK(many(document_keys_max, keys));
  CHECK_FALSE(many(document_keys_max + 1, keys));
  CHECK(many(document_services_max, services));
  CHECK_FALSE(many(document_services_max + 1, services));
  CHECK(many(document_capabilities_max, texts));
  CHECK_FALSE(many(document_capabilities_max + 1, texts));
}

TEST_CASE("genesis checks the rules of identities") {
  world w;
  const auto refused = [&w](auto change) {
    auto g = w.g;
    change(g.parameters.identity);
    return validate(g).has_value() ? std::string{} : validate(g).error().detail();
  };
  CHECK(refused([](auto&) {}).empty());
  CHECK(refused([](auto& p) { p.rotation_grace = duration{-1}; }).find("identity.rotation_grace") !=
        std::string::npos);
  CHECK(refused([](auto& p) { p.grace_keys_max = 0; }).find("identity.grace_keys_max") !=
        std::string::npos);
  CHECK_FALSE(refused([](auto& p) { p.grace_keys_max = 65; }).empty());
  CHECK(refused([](auto& p) { p.rotation_grace = {}; }).empty());
}
