// Tells the thread sanitizer what the packaged CAF library does to synchronise.
//
// The library is not instrumented, so the sanitizer sees neither the atomics of its mailboxes nor
// those of its reference counts, and would report every message as a race. Here the functions of
// CAF through which a message or an actor passes from one thread to another are wrapped with the
// order that they establish, which is: a message is sent before it is received; an actor is started
// before it runs, and runs one turn after the other; the last reference is dropped after all
// others. Linked into the actors' tests when they are built with -Db_sanitize=thread, and only
// then.
#include <cstdlib>

#include <caf/actor_control_block.hpp>
#include <caf/actor_registry.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/memory_managed.hpp>
#include <caf/ref_counted.hpp>
#include <caf/scheduled_actor.hpp>
#include <dlfcn.h>

extern "C" {
void __tsan_acquire(void* address); // NOLINT(bugprone-reserved-identifier)
void __tsan_release(void* address); // NOLINT(bugprone-reserved-identifier)
}

namespace {

/// Stands for what all actors have done so far.
char work_done;

/// The library's own function behind ours.
template <class Function>
Function* next(const char* symbol) {
  void* found = ::dlsym(RTLD_NEXT, symbol);
  if (found == nullptr)
    std::abort(); // another version of CAF: see the names with nm -D
  return reinterpret_cast<Function*>(found);
}

void* place_of(const void* of) {
  return const_cast<void*>(of);
}

/// Of a message, by the part that is known where it is freed unread.
void* place_of(const caf::memory_managed* of) {
  return const_cast<caf::memory_managed*>(of);
}

void* place_of(const caf::mailbox_element* of) {
  return place_of(static_cast<const caf::memory_managed*>(of));
}

} // namespace

namespace caf {

void scheduled_actor::enqueue(mailbox_element_ptr ptr, execution_unit* eu) {
  static const auto original = next<void(scheduled_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf15scheduled_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEE"
      "PNS_14execution_unitE");
  __tsan_acquire(place_of(ptr.get())); // the clock's thread hands on what others made
  __tsan_release(place_of(ptr.get()));
  original(this, std::move(ptr), eu);
}

invoke_message_result scheduled_actor::consume(mailbox_element& x) {
  static const auto original = next<invoke_message_result(scheduled_actor*, mailbox_element&)>(
      "_ZN3caf15scheduled_actor7consumeERNS_15mailbox_elementE");
  __tsan_acquire(place_of(&x));
  const auto result = original(this, x);
  __tsan_release(&work_done);
  return result;
}

void scheduled_actor::launch(execution_unit* eu, bool lazy, bool hide) {
  static const auto original = next<void(scheduled_actor*, execution_unit*, bool, bool)>(
      "_ZN3caf15scheduled_actor6launchEPNS_14execution_unitEbb");
  __tsan_release(place_of(this));
  original(this, eu, lazy, hide);
}

resumable::resume_result scheduled_actor::resume(execution_unit* eu, size_t throughput) {
  static const auto original = next<resume_result(scheduled_actor*, execution_unit*, size_t)>(
      "_ZN3caf15scheduled_actor6resumeEPNS_14execution_unitEm");
  __tsan_acquire(place_of(this));
  void* const self = this; // it may be gone afterwards; the address is enough
  const auto result = original(this, eu, throughput);
  __tsan_release(self);
  return result;
}

void blocking_actor::enqueue(mailbox_element_ptr ptr, execution_unit* eu) {
  static const auto original = next<void(blocking_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf14blocking_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEE"
      "PNS_14execution_unitE");
  __tsan_release(place_of(ptr.get()));
  original(this, std::move(ptr), eu);
}

mailbox_element_ptr blocking_actor::dequeue() {
  static const auto original =
      next<mailbox_element_ptr(blocking_actor*)>("_ZN3caf14blocking_actor7dequeueEv");
  auto out = original(this);
  __tsan_acquire(place_of(out.get()));
  return out;
}

/// A thread that waits for an answer (caf::scoped_actor) takes its messages here.
intrusive::task_result blocking_actor::mailbox_visitor::operator()(mailbox_element& x) {
  static const auto original = next<intrusive::task_result(mailbox_visitor*, mailbox_element&)>(
      "_ZN3caf14blocking_actor15mailbox_visitorclERNS_15mailbox_elementE");
  __tsan_acquire(place_of(&x));
  return original(this, x);
}

/// The clock's thread takes delayed messages, and sends them on.
void detail::thread_safe_actor_clock::schedule_message(time_point t, strong_actor_ptr receiver,
                                                       mailbox_element_ptr content) {
  static const auto original = ::next<void(thread_safe_actor_clock*, time_point, strong_actor_ptr,
                                           mailbox_element_ptr)>(
      "_ZN3caf6detail23thread_safe_actor_clock16schedule_messageENSt6chrono10time_pointINS2_3_V212"
      "steady_clockENS2_8durationIlSt5ratioILl1ELl1000000000EEEEEENS_13intrusive_ptrINS_19actor_"
      "control_blockEEESt10unique_ptrINS_15mailbox_elementENS0_8disposerEE");
  __tsan_release(place_of(content.get()));
  original(this, t, std::move(receiver), std::move(content));
}

/// A message that nobody reads: its receiver has ended, or the clock.
void memory_managed::request_deletion(bool decremented) const noexcept {
  static const auto original =
      next<void(const memory_managed*, bool)>("_ZNK3caf14memory_managed16request_deletionEb");
  __tsan_acquire(place_of(this));
  original(this, decremented);
}

/// Whoever waits for all actors to end sees what they did.
void actor_registry::await_running_count_equal(size_t expected) const {
  static const auto original = next<void(const actor_registry*, size_t)>(
      "_ZNK3caf14actor_registry25await_running_count_equalEm");
  original(this, expected);
  __tsan_acquire(&work_done);
}

void ref_counted::deref() const noexcept {
  static const auto original = next<void(const ref_counted*)>("_ZNK3caf11ref_counted5derefEv");
  __tsan_release(place_of(this));
  __tsan_acquire(place_of(this));
  original(this);
}

void intrusive_ptr_release(actor_control_block* x) {
  static const auto original =
      next<void(actor_control_block*)>("_ZN3caf21intrusive_ptr_releaseEPNS_19actor_control_blockE");
  __tsan_release(x);
  __tsan_acquire(x);
  original(x);
}

void intrusive_ptr_release_weak(actor_control_block* x) {
  static const auto original = next<void(actor_control_block*)>(
      "_ZN3caf26intrusive_ptr_release_weakEPNS_19actor_control_blockE");
  __tsan_release(x);
  __tsan_acquire(x);
  original(x);
}

} // namespace caf
