#include "ledger_doors.hpp"

#include <algorithm>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/store/journal.hpp"

namespace ainur {

namespace {

/// Blocks of one answer: a bound on memory. Whoever wants more asks again.
constexpr std::size_t blocks_max = 4'096;

struct checker_state {
  static inline const char* name = "ainur.signature_checker";
};

struct reader_state {
  static inline const char* name = "ainur.block_reader";
};

signature_checker_actor::behavior_type
checker(signature_checker_actor::stateful_pointer<checker_state> self, const ledger_actor& ledger,
        const hash256& chain) {
  self->monitor(ledger);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {[self, chain](msg::check_signatures& m) {
    msg::signatures_checked answer{m.number, m.first, {}};
    answer.batches.reserve(m.batches.size());
    for (auto& b : m.batches)
      answer.batches.push_back(ledger::check(chain, std::move(b)));
    if (const auto to = caf::actor_cast<ledger_actor>(self->current_sender()))
      self->send(to, std::move(answer));
  }};
}

/// The blocks after a height by replaying the log: what happened in them is not stored.
result<msg::blocks_after> read_blocks(const store::backend& store, std::uint64_t after,
                                      std::uint64_t last) {
  auto view = store.open_view();
  if (!view)
    return fail(view.error());
  const auto blocks = store::extent_of(**view, block_journal);
  if (!blocks)
    return fail(blocks.error());
  if (after + 1 < blocks->first)
    return fail(base_errc::not_found,
                "the blocks up to height " + std::to_string(blocks->first - 1) + " were pruned");
  msg::blocks_after answer;
  if (after >= last)
    return answer;
  const auto until = last - after > blocks_max ? after + blocks_max : last;
  const auto done = ledger::replay_log(
      **view,
      [&](const ledger::block&, const ledger::applied& a) {
        if (a.height <= after)
          return;
        auto one = std::make_shared<ledger::published>();
        one->height = a.height;
        one->time = a.time;
        one->block_hash = a.block_hash;
        one->events = a.events;
        answer.blocks.push_back(std::move(one));
      },
      until, consensus::elections);
  return done ? result<msg::blocks_after>{std::move(answer)} : fail(done.error());
}

block_reader_actor::behavior_type reader(block_reader_actor::stateful_pointer<reader_state> self,
                                         const std::shared_ptr<store::backend>& store,
                                         std::uint64_t last) {
  return {[self, store, last](const msg::ask_blocks& m) -> caf::result<msg::blocks_after> {
    auto blocks = read_blocks(*store, m.after, last);
    self->quit();
    if (!blocks)
      return to_caf(blocks.error());
    return std::move(*blocks);
  }};
}

} // namespace

std::uint64_t submission_desk::open(promise to, std::size_t batches) {
  auto& answer =
      open_.emplace(++last_, submission{std::move(to), {}, batches}).first->second.receipts;
  answer.receipts.resize(batches);
  answer.heights.resize(batches);
  return last_;
}

void submission_desk::set(const ledger::requester& to, ledger::batch_receipt receipt,
                          std::uint64_t height) {
  const auto found = open_.find(to.correlation >> place_bits);
  if (found == open_.end())
    return;
  auto& s = found->second;
  const auto place = to.correlation & ((1u << place_bits) - 1);
  s.receipts.receipts.at(place) = std::move(receipt);
  s.receipts.heights.at(place) = height;
  if (--s.missing != 0)
    return;
  s.to.deliver(std::move(s.receipts));
  open_.erase(found);
}

std::vector<msg::signatures_checked> check_line::take(msg::signatures_checked part) {
  const place at{part.number, part.first};
  early_.emplace(at, std::move(part));
  std::vector<msg::signatures_checked> ready;
  while (!expected_.empty()) {
    const auto next = early_.find(expected_.front());
    if (next == early_.end())
      break;
    ready.push_back(std::move(next->second));
    early_.erase(next);
    expected_.pop_front();
  }
  return ready;
}

void recent_blocks::add(std::shared_ptr<const ledger::published> block, std::size_t most) {
  newest_ = block->height;
  blocks_.push_back(std::move(block));
  if (blocks_.size() > most)
    blocks_.pop_front();
}

std::optional<msg::blocks_after> recent_blocks::after(std::uint64_t height) const {
  if (height >= newest_)
    return msg::blocks_after{};
  if (blocks_.empty() || blocks_.front()->height > height + 1)
    return std::nullopt;
  const auto first =
      blocks_.begin() + static_cast<std::ptrdiff_t>(height + 1 - blocks_.front()->height);
  return msg::blocks_after{{first, blocks_.end()}};
}

signature_checker_actor spawn_signature_checker(caf::local_actor& parent,
                                                const ledger_actor& ledger, const hash256& chain) {
  return parent.spawn(checker, ledger, chain);
}

block_reader_actor spawn_block_reader(caf::local_actor& parent,
                                      std::shared_ptr<store::backend> store, std::uint64_t last) {
  return parent.spawn(reader, std::move(store), last);
}

msg::task_views views_of(const ledger::state& s, const msg::ask_views& m) {
  msg::task_views answer;
  for (const auto& id : m.tasks)
    answer.views.emplace_back(id, s.task(id));
  return answer;
}

msg::totals totals_of(const ledger::state& s) {
  const auto& r = s.rules();
  return {.height = s.height(),
          .time = s.time(),
          .sums = s.totals(),
          .conserved = s.conserved(),
          .escrows_overdue =
              s.escrows_overdue(r.review_window + r.dispute_window + r.arbitration_window),
          .state_hash = s.state_hash(),
          .block_hash = s.block_hash()};
}

void answer_accounts(const ledger::state& s, const msg::ask_accounts& m,
                     caf::typed_response_promise<msg::account_views>& to) {
  const auto views = [&m](const ledger::state& of) {
    msg::account_views answer;
    answer.views.reserve(m.accounts.size());
    for (const auto& id : m.accounts)
      answer.views.push_back(of.account(id));
    return answer;
  };
  if (!m.height) {
    to.deliver(views(s));
    return;
  }
  msg::account_views answer;
  const auto found = s.at(*m.height, [&](const ledger::state& then) { answer = views(then); });
  if (found)
    to.deliver(std::move(answer));
  else
    to.deliver(to_caf(found.error()));
}

} // namespace ainur
