// An actor system on the virtual clock, with its driver, for one test.
#pragma once

#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include "ainur/actors/environment.hpp"
#include "ainur/actors/supervisor.hpp"
#include "ainur/actors/system.hpp"

namespace ainur::test {

struct virtual_config : caf::actor_system_config {
  virtual_config() { configure(*this, {.clock = clock_kind::virtual_time}); }
};

struct world {
  virtual_config config;
  caf::actor_system system{config};
  environment env;
  virtual_driver driver;
  std::vector<caf::actor> roots;

  explicit world(std::uint64_t seed, std::shared_ptr<link_model> links = nullptr)
      : env(environment::on_virtual_clock(system, {.seed = seed, .links = std::move(links)})),
        driver(system, seed, 50'000'000) {}

  ~world() { CHECK(driver.stop(roots)); }

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  template <class Handle>
  Handle root(Handle handle) {
    roots.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }

  supervisor_actor supervise(supervisor_spec spec) {
    return root(spawn_supervisor(system, env, std::move(spec)));
  }

  void ready() { CHECK(driver.run_ready()); }

  void pass(duration d) { CHECK(driver.run_until(driver.now() + d)); }

  /// The answer to a request, with all that it takes to get it; or the error's text.
  template <class Answer, class Handle, class Message>
  result<Answer> ask(const Handle& to, Message message) {
    std::optional<result<Answer>> out;
    auto asker = system.spawn([&](caf::event_based_actor* self) {
      self->request(caf::actor_cast<caf::actor>(to), caf::infinite, std::move(message))
          .then([&](Answer& a) { out = std::move(a); },
                [&](caf::error& e) { out = fail(base_errc::malformed, to_text(e)); });
    });
    CHECK(driver.run_while([&] { return !out.has_value(); }));
    ready();
    return out ? std::move(*out) : result<Answer>{fail(base_errc::not_found, "no answer")};
  }

  void kill(const caf::actor& who) {
    caf::anon_send_exit(who, caf::exit_reason::kill);
    ready();
  }
};

/// How many actors of a test are alive: each holds one while it lives.
struct census {
  std::shared_ptr<int> token = std::make_shared<int>(0);

  [[nodiscard]] long alive() const { return token.use_count() - 1; }

  /// A child that does nothing but live.
  [[nodiscard]] child_factory child() const {
    return [t = std::weak_ptr<int>{token}](child_context& context) {
      return context.parent.spawn(
          [held = t.lock()](caf::event_based_actor*) -> caf::behavior { return {[held](int) {}}; });
    };
  }
};

} // namespace ainur::test
