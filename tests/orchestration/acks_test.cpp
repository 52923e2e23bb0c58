// Acknowledgements: their lines, and that each is in the ledger.
#include <doctest/doctest.h>

#include "ainur/orchestration/acks.hpp"

using namespace ainur;
using namespace ainur::orchestration;

namespace {

task_id task_of(std::uint8_t number) {
  task_id id;
  id.value[0] = 0xab;
  id.value[15] = number;
  return id;
}

ledger::event::any opened(std::uint8_t n) {
  return ledger::event::task_opened{.task = task_of(n)};
}

ledger::event::any ended(std::uint8_t n, ledger::task_end state, std::uint64_t paid) {
  return ledger::event::task_final{.task = task_of(n), .final_state = state, .paid = amount{paid}};
}

acknowledgement final_ack(std::uint8_t n, market::final_state state, std::uint64_t paid) {
  return {task_of(n), task_ending{state, amount{paid}}};
}

} // namespace

TEST_CASE("an acknowledgement is one line of JSON, and reads back") {
  const acknowledgement submitted{task_of(1), {}};
  CHECK(to_line(submitted) == R"({"task":"ab000000000000000000000000000001","ack":"submitted"})");
  CHECK(ack_from_line(to_line(submitted)) == submitted);
  const auto done = final_ack(2, market::final_state::completed, 61'000);
  CHECK(to_line(done) == R"({"task":"ab000000000000000000000000000002","ack":"final",)"
                         R"("state":"completed","paid":61000})");
  CHECK(ack_from_line(to_line(done)) == done);
  const auto most = final_ack(3, market::final_state::resolved, ~std::uint64_t{0});
  CHECK(ack_from_line(to_line(most)) == most);
}

TEST_CASE("a line that is none is refused") {
  const std::string id = R"("task":"ab000000000000000000000000000001")";
  for (const auto& line :
       {std::string{}, std::string{"["}, std::string{"[]"}, std::string{"{}"},
        std::string{"\xff\xfe"}, R"({"ack":"submitted"})" + std::string{},
        R"({"task":17,"ack":"submitted"})" + std::string{},
        R"({"task":"ab","ack":"submitted"})" + std::string{}, "{" + id + "}",
        "{" + id + R"(,"ack":"taken"})", "{" + id + R"(,"ack":"final"})",
        "{" + id + R"(,"ack":"final","state":"completed"})",
        "{" + id + R"(,"ack":"final","state":"done","paid":1})",
        "{" + id + R"(,"ack":"final","state":"completed","paid":-1})",
        "{" + id + R"(,"ack":"final","state":"completed","paid":1.5})",
        "{" + id + R"(,"ack":"submitted"})" + std::string(5'000, ' '), std::string(4'000, '[')}) {
    CAPTURE(line.substr(0, 80));
    const auto read = ack_from_line(line);
    REQUIRE(!read);
    CHECK(read.error().is(base_errc::malformed));
  }
}

TEST_CASE("what was acknowledged must be on the ledger, as it was acknowledged") {
  ack_check check;
  check.see(opened(1));
  check.see(opened(2));
  check.see(ended(2, ledger::task_end::completed, 500));
  CHECK(check.opened() == 2);
  CHECK(check.ended() == 1);
  const auto fault = [&check](const acknowledgement& a) {
    const auto held = check.check(a);
    return held ? std::string{} : held.error().detail();
  };
  CHECK(fault({task_of(1), {}}).empty());
  CHECK(fault({task_of(2), {}}).empty());
  CHECK(fault(final_ack(2, market::final_state::completed, 500)).empty());
  CHECK(fault({task_of(3), {}}).find("never opened") != std::string::npos);
  CHECK(fault(final_ack(1, market::final_state::completed, 0)).find("it is open") !=
        std::string::npos);
  CHECK(fault(final_ack(2, market::final_state::refunded, 500)).find("completed") !=
        std::string::npos);
  CHECK(fault(final_ack(2, market::final_state::completed, 499)).find("0.0005 AINU") !=
        std::string::npos);
}
