#include "runner.hpp"

#include <algorithm>

#include "ainur/ledger/proposal.hpp"
#include "ainur/ledger/text.hpp"
#include "compare.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string words(const errors& e) {
  std::string text;
  for (const auto code : e)
    text += (text.empty() ? "" : " or ") + std::string{describe(code).name};
  return e.empty() ? "ok" : text;
}

/// One ledger, the model, and a replica that replays the blocks.
class stage {
public:
  stage(std::uint64_t seed, coverage& seen, std::string* story)
      : m_(genesis_of(seed)), s_(std::move(*state::open(m_.g))),
        mirror_(std::move(*state::open(m_.g))), seen_(seen), story_(story) {}

  std::string play(const std::vector<command>& commands) {
    for (std::size_t i = 0; i < commands.size() && failure_.empty();) {
      const auto target = after(commands[i].jump);
      // An era begins in a block of its own, so that what a slash took is known from its events.
      if ((target - m_.g.time) / m_.p.era != (m_.now - m_.g.time) / m_.p.era) {
        block(target, {});
        if (!failure_.empty())
          break;
        m_.now = target + duration{1};
      } else {
        m_.now = target;
      }
      std::vector<intent> together;
      std::vector<std::uint8_t> joins;
      do {
        auto next = interpret(commands[i], m_, past_);
        if (next.alone && !together.empty())
          break;
        together.push_back(std::move(next));
        joins.push_back(commands[i].join);
        ++i;
      } while (i < commands.size() && commands[i].join != 0 && together.size() < 8 &&
               !together.back().alone);
      block(m_.now, batches(together, joins));
    }
    if (failure_.empty())
      check_restored();
    return failure_;
  }

private:
  /// Mostly little time; sometimes just before, at and after a deadline.
  [[nodiscard]] timestamp after(std::uint8_t jump) const {
    const auto next = s_.next_deadline();
    const auto soon = [this](timestamp t) { return std::max(t, m_.now + duration{1}); };
    switch (jump % 32) {
    case 20:
      return m_.now + seconds{1};
    case 21:
      return m_.now + seconds{30};
    case 22:
      return m_.now + minutes{1};
    case 23:
      return m_.now + minutes{10};
    case 24:
      return m_.now + hours{1};
    case 25:
      return m_.now + (jump < 128 ? hours{6} : hours{3});
    case 26:
      return m_.now + (jump < 60 ? hours{24} : jump < 128 ? hours{24 * 7} : minutes{3});
    case 27:
    case 28:
      return next ? soon(*next) : m_.now + duration{1};
    case 29:
      return next ? soon(*next - duration{1}) : m_.now + duration{1};
    default:
      return m_.now + duration{1};
    }
  }

  [[nodiscard]] std::vector<signed_batch> batches(const std::vector<intent>& together,
                                                  const std::vector<std::uint8_t>& joins) {
    std::vector<signed_batch> list;
    std::map<account_id, std::uint64_t> nonces;
    const auto& all = cast::get();
    for (std::size_t i = 0; i < together.size(); ++i) {
      const auto& x = together[i];
      entry e{x.actor.id, x.actor.index, x.call, {}};
      auto signer = x.actor.signer;
      if (x.by && x.actor.index) {
        e.host = signer;
        signer = *x.by;
      }
      if (x.flaw == 4)
        e.hosted_index = 999;
      // Into the batch before it, if it is of the same signer.
      if (joins[i] >= 3 && !list.empty() && list.back().batch.signer == signer) {
        if (joins[i] == 5)
          list.back().batch.mode = batch_mode::all;
        list.back().batch.entries.push_back(std::move(e));
        continue;
      }
      batch b;
      b.signer = signer;
      if (const auto key = m_.key_of(signer); key != signer.value)
        b.key = key;
      b.nonce = nonces.try_emplace(signer, s_.nonce(signer)).first->second;
      b.valid_until = m_.now + hours{1};
      b.entries.push_back(std::move(e));
      if (x.flaw == 1)
        ++b.nonce;
      if (x.flaw == 2)
        b.valid_until = m_.now - duration{1};
      if (x.flaw == 3)
        b.key = all.spare[5];
      if (x.flaw == 5 && x.actor.index)
        b.signer = x.actor.id; // a hosted account has no key
      if (m_.admit(b).empty())
        ++nonces[signer];
      list.push_back({std::move(b), {}});
    }
    return list;
  }

  void tell(const std::string& line) {
    if (story_ != nullptr)
      *story_ += line + "\n";
  }

  void fail(const std::string& why) {
    if (failure_.empty())
      failure_ = why;
  }

  void block(timestamp at, std::vector<signed_batch> list) {
    auto built = s_.build(at, list, signatures::trusted);
    if (!built)
      return fail("the block was refused: " + built.error().to_string());
    const auto& done = built->applied;
    tell("block " + std::to_string(done.height) + " at " + to_string(at));
    m_.begin_block(at, done.events);
    for (std::size_t i = 0; i < list.size() && failure_.empty(); ++i)
      batch_done(list[i].batch, done.batches[i]);
    m_.ahead = nullptr;
    for (const auto& e : done.events)
      if (const auto* x = std::get_if<event::proposal_ended>(&e); x != nullptr)
        proposal_ended(*x);
    check_events(list, done);
    if (!m_.complaint.empty())
      fail(m_.complaint);
    if (failure_.empty())
      fail(difference(m_, s_, past_));
    if (!s_.conserved())
      fail("money is not conserved");
    if (const auto audit = s_.audit(); !audit)
      fail(audit.error().to_string());
    // The replica checks the hash of everything that was written.
    if (const auto replayed = mirror_.apply(built->block, signatures::trusted); !replayed)
      fail("the replica: " + replayed.error().to_string());
    else if (replayed->events != done.events)
      fail("the replica saw other events");
    if (done.height % 32 == 0)
      check_restored();
  }

  void batch_done(const batch& b, const batch_receipt& receipt) {
    const auto refused = m_.admit(b);
    if (receipt.status != errc::ok)
      seen_.names.insert(receipt.status);
    if (refused.empty() ? receipt.status != errc::ok : !refused.contains(receipt.status)) {
      tell("  a batch of " + std::to_string(b.entries.size()));
      return fail("a batch: the model says " + words(refused) + ", the ledger " +
                  std::string{describe(receipt.status).name});
    }
    if (!refused.empty()) {
      seen_.calls += b.entries.size();
      return;
    }
    m_.charge(b);
    const auto before = m_;
    bool undone = false;
    for (std::size_t i = 0; i < b.entries.size() && failure_.empty(); ++i) {
      const auto code = receipt.entries[i];
      ++seen_.calls;
      seen_.names.insert(code);
      if (undone || (code == errc::aborted && !will_fail(receipt, i))) {
        if (code != errc::aborted)
          fail("an entry of an undone batch was not aborted");
        continue;
      }
      const auto expected = m_.carry_out(b.signer, b.entries[i]);
      tell("  " + std::string{describe(code).name} + ": " + to_json_text(b.entries[i].call) +
           " by " + to_string(b.entries[i].origin));
      if (code == errc::aborted) { // a later entry fails: this one did not
        if (!expected.empty())
          fail(said(b.entries[i].call, expected, errc::ok));
        continue;
      }
      const auto kind = b.entries[i].call.index();
      if (code != errc::ok)
        refused_with(kind, code);
      ++(code == errc::ok ? seen_.succeeded : seen_.refused)[kind];
      seen_.succeeded_in_all += code == errc::ok ? 1 : 0;
      if (const auto* x = std::get_if<execute_proposal>(&b.entries[i].call);
          x != nullptr && code == errc::ok)
        executed(*x);
      if (code == errc::ok ? !expected.empty() : !expected.contains(code))
        fail(said(b.entries[i].call, expected, code));
      if (code != errc::ok && b.mode == batch_mode::all) {
        m_ = before;
        undone = true;
      }
    }
    m_.end_batch();
  }

  /// Every error that a call is refused with stands in its entry of the catalogue.
  void refused_with(std::size_t kind, errc code) {
    const auto has = [code](auto list) {
      return std::find(list.begin(), list.end(), code) != list.end();
    };
    const auto& info = call_catalogue()[kind];
    seen_.refusals.emplace(kind, code);
    if (!has(std::span{info.errors}) && !has(entry_errors()))
      fail("the catalogue does not say that " + std::string{info.name} + " may answer " +
           std::string{describe(code).name});
  }

  [[nodiscard]] std::vector<ledger::call> calls_of(const account_id& dao,
                                                   std::uint64_t number) const {
    const auto at = m_.proposals.find({dao, number});
    if (at == m_.proposals.end())
      return {};
    auto calls = decode_calls(at->second.calls, m_.p.governance);
    return calls ? std::move(*calls) : std::vector<ledger::call>{};
  }

  void proposal_ended(const event::proposal_ended& x) {
    seen_.names.insert(x.failure);
    if (const auto calls = calls_of(x.dao, x.number);
        x.failed_call && *x.failed_call < calls.size())
      refused_with(calls[*x.failed_call].index(), x.failure);
  }

  /// These calls, and those that they make: the kinds of what they may emit.
  void gather(std::vector<std::size_t>& kinds, const std::vector<ledger::call>& calls,
              std::uint32_t depth = 0) const {
    for (const auto& c : calls) {
      kinds.push_back(c.index());
      if (const auto* x = std::get_if<execute_proposal>(&c);
          x != nullptr && depth < proposal_depth_max)
        gather(kinds, calls_of(x->dao, x->number), depth + 1);
    }
  }

  /// Where no deadline emits any, each event is one that a call of the block may emit.
  void check_events(const std::vector<signed_batch>& list, const applied& done) {
    if (done.swept != 0)
      return;
    std::vector<ledger::call> calls;
    for (std::size_t i = 0; i < list.size(); ++i)
      for (std::size_t k = 0; k < done.batches[i].entries.size(); ++k)
        if (done.batches[i].entries[k] == errc::ok)
          calls.push_back(list[i].batch.entries[k].call);
    std::vector<std::size_t> kinds;
    gather(kinds, calls);
    for (const auto& e : done.events) {
      // A fee may leave too little to live on, and the block itself notes eras and its author.
      bool explained =
          (std::holds_alternative<event::account_reaped>(e) && !m_.p.fee_per_weight.is_zero()) ||
          std::holds_alternative<event::points_noted>(e) ||
          std::holds_alternative<event::era_of_decay>(e);
      for (const auto kind : kinds) {
        const auto& names = call_catalogue()[kind].events;
        if (std::find(names.begin(), names.end(), name_of(e)) == names.end())
          continue;
        explained = true;
        if (calls.size() == 1)
          seen_.emitted.emplace(kind, name_of(e));
      }
      if (!explained)
        fail("the catalogue does not say which call emits " + std::string{name_of(e)});
    }
  }

  /// Calls that only DAOs make are made by proposals.
  void executed(const execute_proposal& x) {
    const auto at = m_.proposals.find({x.dao, x.number});
    if (at == m_.proposals.end() || at->second.status != proposal_status::executed)
      return;
    for (const auto& c : calls_of(x.dao, x.number))
      ++seen_.succeeded[c.index()];
  }

  static bool will_fail(const batch_receipt& r, std::size_t from) {
    return std::any_of(r.entries.begin() + static_cast<std::ptrdiff_t>(from), r.entries.end(),
                       [](errc c) { return c != errc::aborted; });
  }

  static std::string said(const ledger::call& c, const errors& expected, errc code) {
    return std::string{name_of(c)} + ": the model says " + words(expected) + ", the ledger " +
           std::string{describe(code).name};
  }

  void check_restored() {
    auto restored = state::restore(s_.snapshot());
    if (!restored)
      return fail("the snapshot: " + restored.error().to_string());
    if (restored->state_hash() != s_.state_hash() || mirror_.state_hash() != s_.state_hash())
      return fail("state hashes differ");
    fail(proven_difference(m_, s_));
    mirror_ = std::move(*restored);
  }

  model m_;
  state s_;
  state mirror_;
  memory past_;
  coverage& seen_;
  std::string* story_;
  std::string failure_;
};

/// What a failure is about: the same after shrinking.
std::string subject(const std::string& failure) {
  std::string text;
  for (const auto ch : failure)
    if (ch < '0' || ch > '9')
      text += ch;
  return text.substr(0, text.find("the model says"));
}

} // namespace

std::string play(std::uint64_t seed, const std::vector<command>& commands, coverage& seen,
                 std::string* story) {
  return stage{seed, seen, story}.play(commands);
}

std::vector<command> shrink(std::uint64_t seed, std::vector<command> failing) {
  coverage ignored;
  const auto about = [&ignored, seed](const std::vector<command>& commands) {
    const auto failure = play(seed, commands, ignored);
    return failure.empty() ? std::string{} : subject(failure);
  };
  const auto wanted = about(failing);
  const auto fails = [&](const auto& commands) { return about(commands) == wanted; };
  // Take out runs of commands, shorter and shorter ones, while it goes on failing.
  for (auto size = failing.size() / 2; size > 0; size /= 2)
    for (std::size_t at = 0; at + size <= failing.size();) {
      auto fewer = failing;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(at + size));
      if (fails(fewer))
        failing = std::move(fewer);
      else
        at += size;
    }
  // Then each number by itself.
  for (std::size_t i = 0; i < failing.size(); ++i) {
    const auto lower = [&](auto&& pick) {
      for (std::uint8_t value = 0; value < 4; ++value) {
        auto simpler = failing;
        auto& x = pick(simpler[i]);
        if (x <= value)
          return;
        x = value;
        if (fails(simpler)) {
          failing = std::move(simpler);
          return;
        }
      }
    };
    lower([](command& c) -> std::uint8_t& { return c.jump; });
    lower([](command& c) -> std::uint8_t& { return c.join; });
    for (std::size_t k = 0; k < 6; ++k)
      lower([k](command& c) -> std::uint8_t& { return c.x[5 - k]; });
  }
  return failing;
}

} // namespace ainur::test
