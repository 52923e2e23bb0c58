#include "ainur/runtime.hpp"

#include "runtime_impl.hpp"

namespace ainur {

error_info describe(runtime_errc code) noexcept {
  switch (code) {
  case runtime_errc::bad_option:
    return {"runtime", "bad_option", "an option, an agent or a request is not as it must be"};
  case runtime_errc::stopped:
    return {"runtime", "stopped", "the runtime has been stopped"};
  case runtime_errc::timed_out:
    return {"runtime", "timed_out", "it did not happen in time"};
  case runtime_errc::from_callback:
    return {"runtime", "from_callback", "this may not be called from an event handler"};
  case runtime_errc::name_taken:
    return {"runtime", "name_taken", "the name is taken"};
  case runtime_errc::wrong_system:
    return {"runtime", "wrong_system", "the actor system is configured for the other clock"};
  }
  return {"runtime", "unknown", "unknown"};
}

namespace {

/// Runs `call` while the runtime cannot be stopped. Nothing of CAF throws out of it.
template <class Impl, class Call>
auto enter(const std::unique_ptr<Impl>& impl, bool waits, const Call& call) -> decltype(call()) {
  if (!impl)
    return fail(runtime_errc::stopped);
  if (waits && runtime_book::in_handler())
    return fail(runtime_errc::from_callback, "call it outside of the handler");
  // Inside a handler of a runtime that is being stopped, the lock is the stopping thread's.
  std::shared_lock lock{impl->gate, std::defer_lock};
  while (!lock.try_lock())
    if (impl->book->stopping())
      return fail(runtime_errc::stopped);
  if (!impl->market || impl->book->stopping())
    return fail(runtime_errc::stopped);
  try {
    return call();
  } catch (const std::exception& e) {
    return fail(base_errc::unsupported, e.what());
  }
}

} // namespace

runtime::runtime(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}

runtime::runtime(runtime&&) noexcept = default;
runtime& runtime::operator=(runtime&&) noexcept = default;
runtime::~runtime() = default;

result<runtime> runtime::start(runtime_options options) {
  auto made = impl::start(std::move(options), nullptr);
  if (!made)
    return fail(std::move(made).error());
  return runtime{std::move(*made)};
}

void runtime::stop() {
  if (impl_ && !runtime_book::in_handler())
    impl_->stop();
}

result<agent> runtime::spawn(agent_spec spec) {
  std::vector<agent_spec> one;
  one.push_back(std::move(spec));
  auto made = spawn_many(std::move(one));
  if (!made)
    return fail(std::move(made).error());
  return std::move(made->front());
}

result<std::vector<agent>> runtime::spawn_many(std::vector<agent_spec> specs) {
  return enter(impl_, true, [&] { return impl_->spawn(std::move(specs)); });
}

result<client> runtime::open_client(const std::string& name, amount balance) {
  return enter(impl_, true, [&] { return impl_->open_client(name, balance); });
}

result<task_id> runtime::submit(const client& payer, task_request request) {
  return enter(impl_, false, [&] { return impl_->submit(payer, std::move(request)); });
}

result<task_report> runtime::status(const task_id& task) {
  return enter(impl_, true, [&] { return impl_->status(task); });
}

result<task_report> runtime::await(const task_id& task, duration timeout) {
  return enter(impl_, true, [&] { return impl_->await(task, timeout); });
}

result<void> runtime::cancel(const task_id& task) {
  return enter(impl_, false, [&] { return impl_->cancel(task); });
}

result<void> runtime::watch(const task_id& task, event_handler handler) {
  return enter(impl_, true, [&] { return impl_->watch(task, std::move(handler)); });
}

result<void> runtime::on_event(event_handler handler) {
  return enter(impl_, false, [&]() -> result<void> {
    if (!handler)
      return fail(runtime_errc::bad_option, "the handler is empty");
    impl_->book->listen(std::move(handler));
    return {};
  });
}

instant runtime::now() const {
  if (!impl_)
    return {};
  return impl_->market ? impl_->market->world().now() : impl_->ended;
}

timestamp runtime::utc_now() const {
  if (!impl_)
    return {};
  return impl_->market ? impl_->market->world().utc_now() : impl_->ended_utc;
}

result<void> runtime::run_until(instant t) {
  return enter(impl_, true, [&] { return impl_->run_until(t); });
}

result<void> runtime::run_for(duration d) {
  return enter(impl_, true, [&]() -> result<void> {
    if (d < duration::zero() || d > duration::max() / 4)
      return fail(runtime_errc::bad_option,
                  "run_for: a duration of " + std::to_string(d.count()) + " us is out of range");
    return impl_->run_until(impl_->market->world().now() + d);
  });
}

result<ledger_report> runtime::ledger_totals() {
  return enter(impl_, true, [&]() -> result<ledger_report> {
    auto totals = impl_->market->ask_totals();
    if (!totals)
      return fail(std::move(totals).error());
    return ledger_report{.height = totals->height,
                         .totals = totals->sums,
                         .conserved = totals->conserved,
                         .state_hash = totals->state_hash};
  });
}

result<ledger::account_view> runtime::account(const account_id& id) {
  return enter(impl_, true, [&]() -> result<ledger::account_view> {
    auto seen = impl_->account(id);
    if (!seen)
      return fail(std::move(seen).error());
    if (!*seen)
      return fail(base_errc::not_found, "the ledger has no account " + to_string(id));
    return std::move(**seen);
  });
}

account_id runtime::host() const {
  return impl_ ? impl_->host : account_id{};
}

hash256 runtime::chain() const {
  return impl_ ? impl_->chain : hash256{};
}

result<void> runtime::fund(const account_id& to, amount value) {
  return enter(impl_, true, [&] { return impl_->fund(to, value); });
}

result<transaction_report> runtime::transact(const ledger::signed_batch& batch, duration timeout) {
  return enter(impl_, true, [&] { return impl_->transact(batch, timeout); });
}

result<std::vector<validator_report>> runtime::validators() {
  return enter(impl_, true, [&] { return impl_->validators(); });
}

result<void> runtime::crash_validator(std::uint32_t number) {
  return enter(impl_, false, [&] { return impl_->crash_validator(number); });
}

result<void> runtime::crash(const agent& who) {
  return enter(impl_, false, [&]() -> result<void> {
    if (!impl_->market->kill_agent(who.group, who.slot))
      return fail(base_errc::not_found, "the agent " + who.name + " is not running");
    return {};
  });
}

} // namespace ainur
