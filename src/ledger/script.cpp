#include "ainur/ledger/script.hpp"

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "text.hpp"

namespace ainur::ledger {

namespace {

using codec::json;

constexpr std::size_t line_bytes_max = 4u << 20;
constexpr timestamp preset_time = timestamp_at(1'704'067'200'000'000); // 2024-01-01T00:00:00Z

/// The short names, wherever a text stands; `depth` bounds the walk.
result<void> put_ids(json& x, int depth = 0) {
  if (depth > 32)
    return fail(base_errc::malformed, "this is nested too deeply");
  if (x.is_string()) {
    const auto& text = x.get_ref<const std::string&>();
    if (text.size() > 1 && text[0] == '@')
      x = to_did(named_account(std::string_view{text}.substr(1)));
    else if (text.size() > 1 && text[0] == '#')
      x = to_hex(crypto::hash("ainur/script-task", as_bytes(text)).view().first(task_id::size));
  }
  if (x.is_structured())
    for (auto& each : x)
      if (auto put = put_ids(each, depth + 1); !put)
        return put;
  return {};
}

struct batch_step {
  account_id signer;
  std::optional<batch_mode> mode;
  std::vector<entry> entries;
  AINUR_FIELDS(batch_step, signer, mode, entries)
};

/// One line that is not the genesis.
struct step {
  timestamp time{};
  std::optional<account_id> signer;
  std::optional<account_id> origin;
  std::optional<std::uint64_t> hosted_index;
  std::optional<ledger::call> call;
  std::optional<batch_step> batch;
  std::optional<std::string> expect;
  AINUR_FIELDS(step, time, signer, origin, hosted_index, call, batch, expect)
};

} // namespace

byte_array<32> named_seed(std::string_view name) {
  return crypto::hash("ainur/script-account", as_bytes(name)).value;
}

account_id named_account(std::string_view name) {
  return account_of_seed(named_seed(name));
}

struct script::impl {
  std::optional<state> books;
  std::uint64_t line = 0;
  std::optional<timestamp> gathering;
  std::vector<signed_batch> batches;
  std::vector<script_answer> answers; ///< beside `batches`, and of empty steps
  std::vector<bool> has_batch;        ///< beside `answers`

  result<void> begin(const genesis& g) {
    auto made = state::open(g);
    if (!made)
      return fail(made.error());
    books.emplace(std::move(*made));
    return {};
  }

  static genesis preset() {
    genesis g;
    g.time = preset_time;
    g.authority = named_account("authority");
    g.council = named_account("council");
    return g;
  }

  result<void> set_up(const json& settings) {
    if (books)
      return fail(base_errc::malformed, "the genesis must be the first line");
    json whole = codec::to_json(preset());
    for (const auto& [key, value] : settings.items())
      whole[key] = value;
    const auto g = genesis_of(whole);
    if (!g)
      return fail(g.error());
    return begin(*g);
  }

  result<ledger::batch> batch_of(step&& x) const {
    ledger::batch b;
    if (x.batch) {
      b.signer = x.batch->signer;
      b.mode = x.batch->mode.value_or(batch_mode::each);
      b.entries = std::move(x.batch->entries);
    } else {
      if (!x.origin || !x.call)
        return fail(base_errc::malformed, "a step needs origin and call, or batch");
      b.signer = x.signer.value_or(*x.origin);
      b.entries.push_back({});
      b.entries.back().origin = *x.origin;
      b.entries.back().hosted_index = x.hosted_index;
      b.entries.back().call = std::move(*x.call);
    }
    b.nonce = books->nonce(b.signer);
    for (const auto& earlier : batches)
      b.nonce += earlier.batch.signer == b.signer ? 1u : 0u;
    b.valid_until = x.time;
    return b;
  }

  result<void> take(step&& x) {
    if (!books)
      if (auto begun = begin(preset()); !begun)
        return begun;
    gathering = x.time;
    script_answer a;
    a.line = line;
    a.expected = x.expect.value_or("");
    const bool acts = x.call || x.batch || x.origin;
    if (acts) {
      auto b = batch_of(std::move(x));
      if (!b)
        return fail(b.error());
      batches.push_back({std::move(*b), {}});
    }
    answers.push_back(std::move(a));
    has_batch.push_back(acts);
    return {};
  }

  result<std::vector<script_answer>> cut() {
    if (!gathering)
      return std::vector<script_answer>{};
    auto made = books->build(*gathering, std::move(batches), signatures::trusted);
    if (!made)
      return fail(made.error());
    std::size_t next = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      auto& a = answers[i];
      a.height = made->applied.height;
      if (has_batch[i])
        a.receipt = std::move(made->applied.batches[next++]);
      a.as_expected = a.expected.empty() || answer_name(a.receipt) == a.expected;
    }
    answers.back().events = std::move(made->applied.events);
    gathering.reset();
    batches.clear();
    has_batch.clear();
    return std::exchange(answers, {});
  }

  /// The first thing that went wrong, or "ok".
  static std::string_view answer_name(const batch_receipt& r) {
    if (r.status != errc::ok)
      return describe(r.status).name;
    for (const auto code : r.entries)
      if (code != errc::ok && code != errc::aborted)
        return describe(code).name;
    return describe(errc::ok).name;
  }

  result<std::vector<script_answer>> add(std::string_view text) {
    ++line;
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || text.substr(first).starts_with("//"))
      return std::vector<script_answer>{};
    if (text.size() > line_bytes_max)
      return fail(base_errc::malformed, "the line is longer than 4 MiB");
    auto parsed = codec::parse_json(text);
    if (!parsed)
      return fail(parsed.error());
    if (auto put = put_ids(*parsed); !put)
      return fail(put.error());
    if (parsed->is_object() && parsed->size() == 1 && parsed->contains("genesis")) {
      if (auto done = set_up((*parsed)["genesis"]); !done)
        return fail(done.error().within("genesis"));
      return std::vector<script_answer>{};
    }
    auto x = codec::from_json<step>(*parsed);
    if (!x)
      return fail(x.error());
    std::vector<script_answer> done;
    if (gathering && x->time != *gathering) {
      auto finished = cut();
      if (!finished)
        return finished;
      done = std::move(*finished);
    }
    if (auto taken = take(std::move(*x)); !taken)
      return fail(taken.error());
    return done;
  }
};

script::script() : impl_(std::make_unique<impl>()) {}

script::~script() = default;
script::script(script&&) noexcept = default;
script& script::operator=(script&&) noexcept = default;

result<std::vector<script_answer>> script::add(std::string_view line) {
  auto done = impl_->add(line);
  if (!done)
    return fail(done.error().within("line " + std::to_string(impl_->line)));
  return done;
}

result<std::vector<script_answer>> script::end() {
  auto done = impl_->cut();
  if (!done)
    return fail(done.error().within("line " + std::to_string(impl_->line)));
  return done;
}

const state* script::ledger() const noexcept {
  return impl_->books ? &*impl_->books : nullptr;
}

} // namespace ainur::ledger
