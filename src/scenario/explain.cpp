#include "ainur/scenario/explain.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/population.hpp"
#include "ainur/scenario/read.hpp"

namespace ainur::scenario {

namespace {

constexpr std::string_view task_key = R"("task":")";
constexpr std::string_view submitted_key = R"("event":"submitted")";
constexpr std::string_view restarted_key = R"("event":"restarted")";
constexpr std::string_view resumed_key = R"("event":"resumed")";
constexpr std::size_t asked_shown_max = 12;
constexpr std::size_t ids_shown_max = 5;

tl::unexpected<error> bad(std::string what) {
  return fail(errc::invalid_run, std::move(what));
}

/// What every line has, whoever it belongs to.
bool is_framed(std::string_view line) {
  return line.size() <= trace_line_max && line.starts_with(R"({"at_us":)") && line.ends_with("}");
}

std::string list_of(const std::vector<task_id>& ids) {
  std::string out;
  for (std::size_t i = 0; i < std::min(ids.size(), ids_shown_max); ++i)
    out.append(i == 0 ? "" : ", ").append(to_string(ids[i]));
  return out + (ids.size() > ids_shown_max ? ", ..." : "");
}

std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'F')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The number that `text` means, if it is one.
std::optional<std::uint64_t> number_in(std::string_view text) {
  if (text.empty() || text.size() > 18)
    return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9')
      return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

} // namespace

result<void> task_index::add(std::string_view line) {
  if (!is_framed(line))
    return bad("is not an event");
  if (line.find(submitted_key) != std::string_view::npos) {
    auto e = trace::from_json_line(line);
    if (!e)
      return fail(std::move(e).error());
    if (const auto* s = std::get_if<trace::submitted>(&e->what)) {
      if (seen_.insert(s->task)
              .second) // again, if an earlier run was killed before it was taken in
        submitted_.push_back(s->task);
    }
    return {};
  }
  const auto at = line.find(task_key);
  if (at == std::string_view::npos)
    return {};
  const auto id = id_from_hex<task_id>(line.substr(at + task_key.size(), 2 * task_id::size));
  if (!id)
    return bad("its task is not an id");
  seen_.insert(*id);
  return {};
}

std::vector<task_id> task_index::sorted() const {
  std::vector<task_id> out{seen_.begin(), seen_.end()};
  std::sort(out.begin(), out.end());
  return out;
}

result<task_id> task_index::find(std::string_view text) const {
  const bool marked = text.starts_with("#");
  if (const auto number = number_in(text.substr(marked ? 1 : 0));
      number && (marked || *number <= submitted_.size())) {
    if (*number >= 1 && *number <= submitted_.size())
      return submitted_[*number - 1];
    return fail(base_errc::not_found,
                fmt::format("there is no task {}; {} were submitted", text, submitted_.size()));
  }
  const auto prefix = lower(text);
  const auto ids = sorted();
  std::vector<task_id> matching;
  std::size_t longest = 0;
  for (const auto& id : ids) {
    longest = std::max(longest, common_length(to_string(id), prefix));
    if (!prefix.empty() && to_string(id).starts_with(prefix))
      matching.push_back(id);
  }
  if (matching.size() == 1)
    return matching.front();
  if (!matching.empty())
    return fail(base_errc::malformed, fmt::format("{} tasks begin with \"{}\": {}", matching.size(),
                                                  text, list_of(matching)));
  std::vector<task_id> nearest;
  if (longest > 0)
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(nearest), [&](const task_id& id) {
      return common_length(to_string(id), prefix) == longest;
    });
  return fail(base_errc::not_found,
              fmt::format("there is no task \"{}\" among {}; {}", text, ids.size(),
                          nearest.empty() ? "give an id, its beginning, or #1 for the first"
                                          : "the nearest: " + list_of(nearest)));
}

std::uint64_t task_index::number_of(const task_id& task) const {
  const auto at = std::find(submitted_.begin(), submitted_.end(), task);
  return at == submitted_.end() ? 0 : static_cast<std::uint64_t>(at - submitted_.begin()) + 1;
}

story::story(task_id task, std::uint64_t number, population_sizes populations,
             std::uint64_t group_size)
    : task_(task), number_(number), populations_(std::move(populations)), group_size_(group_size),
      mark_(std::string{task_key} + to_string(task) + "\"") {}

/// Keeps whom the task depends on at the present.
void story::follow(const trace::event& e) {
  if (const auto* s = std::get_if<trace::submitted>(&e); s != nullptr && !head_)
    head_ = *s;
  else if (const auto* f = std::get_if<trace::finished>(&e))
    end_ = *f;
  else if (const auto* t = std::get_if<trace::taken_in>(&e))
    orchestrator_ = t->orchestrator;
  else if (const auto* m = std::get_if<trace::moved>(&e))
    orchestrator_ = m->to;
  else if (const auto* a = std::get_if<trace::asked>(&e))
    agents_[a->subtask] = {a->agents.begin(), a->agents.end()};
  else if (const auto* w = std::get_if<trace::awarded>(&e))
    agents_[w->subtask] = {w->agent};
  else if (const auto* o = std::get_if<trace::ended>(&e))
    agents_.erase(o->subtask);
}

bool story::is_served_by(std::string_view actor) const {
  if (steps_.empty() || end_)
    return false;
  const auto slash = actor.find('/');
  if (slash == std::string_view::npos)
    return actor == "ledger" || actor == "node";
  const auto kind = actor.substr(0, slash);
  const auto number = number_in(actor.substr(slash + 1));
  if (kind == "orchestrator")
    return number && number == orchestrator_;
  const bool is_agent = kind == "agent";
  if (!number || (!is_agent && (group_size_ == 0 || (kind != "guard" && kind != "group"))))
    return false;
  const auto concerned = [&](std::uint32_t agent) {
    return (is_agent ? agent : agent / group_size_) == *number;
  };
  return std::any_of(agents_.begin(), agents_.end(), [&](const auto& part) {
    return std::any_of(part.second.begin(), part.second.end(), concerned);
  });
}

result<void> story::add(std::string_view line) {
  if (!is_framed(line))
    return bad("is not an event");
  const bool is_ours = line.find(mark_) != std::string_view::npos;
  const bool under_way = !steps_.empty() && !end_;
  const bool may_concern = under_way && (line.find(restarted_key) != std::string_view::npos ||
                                         line.find(resumed_key) != std::string_view::npos);
  if (!is_ours && !may_concern)
    return {};
  auto e = trace::from_json_line(line);
  if (!e)
    return fail(std::move(e).error());
  if (const auto* r = std::get_if<trace::restarted>(&e->what);
      r != nullptr && !is_served_by(r->actor))
    return {};
  follow(e->what);
  steps_.push_back(std::move(*e));
  return {};
}

std::string story::agent(std::uint32_t index) const {
  std::uint64_t first = 0;
  for (const auto& [name, count] : populations_) {
    if (index < first + count)
      return fmt::format("agent {} ({})", index, name);
    first += count;
  }
  return fmt::format("agent {}", index);
}

std::string story::actor(const std::string& name) const {
  const auto slash = name.find('/');
  if (slash == std::string::npos)
    return "the " + name;
  const auto kind = name.substr(0, slash);
  const auto number = name.substr(slash + 1);
  if (const auto index = number_in(number); kind == "agent" && index && *index <= ~std::uint32_t{0})
    return agent(static_cast<std::uint32_t>(*index));
  return kind == "group" ? fmt::format("group {} (its guard and agents)", number)
                         : fmt::format("{} {}", kind, number);
}

std::string story::part(std::uint16_t subtask) const {
  return head_ && head_->subtasks > 1 ? fmt::format("subtask {}: ", subtask) : std::string{};
}

namespace {

/// A price, and how long the work will take.
std::string terms(amount price, duration work) {
  return fmt::format("{} and {}", to_string(price), ainur::to_string(work));
}

/// A sentence for each kind of event; `Name` names an agent, `Part` a subtask, `Role` any actor.
template <class Name, class Part, class Role>
struct sentences {
  Name agent;
  Part part;
  Role actor;

  std::string operator()(const trace::submitted& e) const {
    return fmt::format("submitted by client {}", e.client);
  }

  std::string operator()(const trace::taken_in& e) const {
    return fmt::format("on the ledger, with its budget reserved; orchestrator {} has it",
                       e.orchestrator);
  }

  std::string operator()(const trace::asked& e) const {
    auto out =
        fmt::format("{}{} asked for bids of at most {}", part(e.subtask),
                    e.agents.size() == 1 ? "1 agent" : fmt::format("{} agents", e.agents.size()),
                    to_string(e.reserve));
    for (std::size_t i = 0; i < std::min(e.agents.size(), asked_shown_max); ++i)
      out.append(i == 0 ? ": " : ", ").append(agent(e.agents[i]));
    if (e.agents.size() > asked_shown_max)
      out += fmt::format(", and {} more", e.agents.size() - asked_shown_max);
    return out;
  }

  std::string operator()(const trace::bid& e) const {
    return fmt::format("{}{} bid {}{}", part(e.subtask), agent(e.agent), to_string(e.price),
                       e.corrected ? ", as corrected by its guard" : "");
  }

  std::string operator()(const trace::refused& e) const {
    return fmt::format("{}{} was refused by its guard: {}", part(e.subtask), agent(e.agent),
                       e.constraint);
  }

  std::string operator()(const trace::corrected& e) const {
    return fmt::format("{}{} asked {}; its guard sent {}: {}", part(e.subtask), agent(e.agent),
                       terms(e.asked_price, e.asked_work), terms(e.price, e.work), e.constraint);
  }

  std::string operator()(const trace::awarded& e) const {
    const auto why = e.why == "its own ask"
                         ? e.why
                         : fmt::format("the {} (it asked {})", e.why, to_string(e.ask));
    return fmt::format("{}awarded to {} for {}, which is {}; it promised to take at most {}",
                       part(e.subtask), agent(e.agent), to_string(e.price), why,
                       ainur::to_string(e.work));
  }

  std::string operator()(const trace::result_posted& e) const {
    return fmt::format("{}{} posted its result", part(e.subtask), agent(e.agent));
  }

  std::string operator()(const trace::ended& e) const {
    return fmt::format("{}the award of {} ended in {}{}{}: {} paid", part(e.subtask),
                       agent(e.agent), to_text(e.outcome),
                       e.cause.empty() || e.cause == "none" ? "" : ", ",
                       e.cause == "none" ? "" : e.cause, to_string(e.paid));
  }

  std::string operator()(const trace::disputed& e) const {
    return fmt::format("{}dispute {}", part(e.subtask), e.step);
  }

  std::string operator()(const trace::moved& e) const {
    return e.from == e.to
               ? fmt::format("taken up again by orchestrator {}, which was lost meanwhile", e.to)
               : fmt::format("moved from orchestrator {}, which was lost, to {}", e.from, e.to);
  }

  std::string operator()(const trace::restarted& e) const {
    return fmt::format("{} was started again", actor(e.actor));
  }

  std::string operator()(const trace::resumed&) const {
    return "the run ended here, and another went on with it";
  }

  std::string operator()(const trace::finished& e) const {
    return fmt::format("{}, {} paid", to_text(e.state), to_string(e.paid));
  }

  template <class Other>
  std::string operator()(const Other&) const {
    return std::string{Other::type_text};
  }
};

} // namespace

std::string story::sentence(const trace::event& e) const {
  const auto name = [this](std::uint32_t index) { return agent(index); };
  const auto subtask = [this](std::uint16_t number) { return part(number); };
  const auto role = [this](const std::string& one) { return actor(one); };
  return std::visit(
      sentences<decltype(name), decltype(subtask), decltype(role)>{name, subtask, role}, e);
}

std::string story::ending() const {
  if (!end_)
    return "it has no final state in this trace";
  auto out =
      fmt::format("{} after {}: {} paid", to_text(end_->state),
                  ainur::to_string(steps_.back().at - steps_.front().at), to_string(end_->paid));
  if (head_)
    out += fmt::format(" of {}", to_string(head_->budget));
  return end_->cause.empty() || end_->cause == "none" ? out : out + " (" + end_->cause + ")";
}

std::string story::text() const {
  auto out = fmt::format("task {}{}\n", to_string(task_),
                         number_ == 0 ? "" : fmt::format(" (#{})", number_));
  if (head_)
    out += fmt::format("{}, {}, {} of work each, budget {}\n", head_->capability,
                       head_->subtasks == 1 ? "1 subtask"
                                            : fmt::format("{} subtasks", head_->subtasks),
                       ainur::to_string(head_->work), to_string(head_->budget));
  else
    out += "submitted before this trace began\n";
  out += "\n";
  for (const auto& step : steps_)
    out += fmt::format("{:>14.6f} s  {:>+12.6f}  {}\n", static_cast<double>(micros(step.at)) / 1e6,
                       static_cast<double>(micros(step.at - steps_.front().at)) / 1e6,
                       sentence(step.what));
  return out + "\n" + ending() + "\n";
}

std::string story::json() const {
  nlohmann::ordered_json out{{"task", to_string(task_)}};
  out["number"] = number_ == 0 ? nlohmann::ordered_json{} : nlohmann::ordered_json(number_);
  if (head_) {
    out["client"] = head_->client;
    out["capability"] = head_->capability;
    out["subtasks"] = head_->subtasks;
    out["work_us"] = micros(head_->work);
    out["budget_uainu"] = head_->budget.micro();
  }
  out["state"] = end_ ? nlohmann::ordered_json(to_text(end_->state)) : nlohmann::ordered_json{};
  if (end_) {
    out["cause"] = end_->cause;
    out["paid_uainu"] = end_->paid.micro();
  }
  auto& steps = out["steps"] = nlohmann::ordered_json::array();
  for (const auto& step : steps_) {
    auto line = nlohmann::ordered_json::parse(trace::to_json_line(step.at, step.what));
    line.erase("task");
    line["text"] = sentence(step.what);
    steps.push_back(std::move(line));
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

namespace {

/// Gives every line of a file to `add`, whose errors get file and line. A line that is cut short at
/// the end of the file, or before another run went on, is a run's own end, and passed over.
template <class Add>
result<void> for_each_line(const std::string& path, Add add) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return fail(errc::no_file, path + ": was the run made with --out?");
  std::string rest; // of the last piece: a line that goes on
  std::vector<char> piece(1u << 20);
  std::uint64_t number = 0;
  std::optional<error> held; // of the line before
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
    rest.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    std::size_t from = 0;
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', from)) {
      ++number;
      const auto line = std::string_view{rest}.substr(from, end - from);
      if (held && line.find(resumed_key) == std::string_view::npos)
        return fail(std::move(*held));
      held.reset();
      if (auto ok = add(line); !ok)
        held = ok.error().within(fmt::format("{}:{}", path, number));
      from = end + 1;
    }
    rest.erase(0, from);
    if (rest.size() > trace_line_max)
      return fail(errc::too_large, fmt::format("{}:{}: the line is too long", path, number + 1));
  }
  if (in.bad())
    return fail(errc::no_file, path + ": cannot be read to its end");
  if (held)
    return fail(std::move(*held));
  return {};
}

population_sizes populations_of(const result<config>& config) {
  population_sizes out;
  if (config)
    for (const auto& p : config->populations)
      out.emplace_back(p.name, p.count);
  return out;
}

} // namespace

result<story> explain_task(const std::string& folder, std::string_view task) {
  const auto path = folder + "/trace.jsonl";
  task_index index;
  if (auto ok = for_each_line(path, [&](std::string_view l) { return index.add(l); }); !ok)
    return fail(std::move(ok).error());
  const auto id = index.find(task);
  if (!id)
    return fail(id.error().within(folder));
  // The saved scenario only names, so it need not be there: a killed run left none.
  const auto scenario = load_scenario(folder + "/scenario.toml");
  const std::uint64_t group_size = scenario ? group_size_of(*scenario) : 0;
  story told{*id, index.number_of(*id), populations_of(scenario), group_size};
  if (auto ok = for_each_line(path, [&](std::string_view l) { return told.add(l); }); !ok)
    return fail(std::move(ok).error());
  return told;
}

} // namespace ainur::scenario
