#include "ainur/orchestration/acks.hpp"

#include <nlohmann/json.hpp>

#include "ainur/orchestration/ledger_terms.hpp"

namespace ainur::orchestration {

namespace {

using json = nlohmann::json;

tl::unexpected<error> malformed(std::string what) {
  return fail(base_errc::malformed, std::move(what));
}

std::optional<market::final_state> state_from(const std::string& text) {
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(market::final_state::max_value); ++i)
    if (to_string(static_cast<market::final_state>(i)) == text)
      return static_cast<market::final_state>(i);
  return std::nullopt;
}

std::string text_of(const json& root, const char* key) {
  const auto at = root.find(key);
  return at != root.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

std::string shown(const task_ending& e) {
  return std::string{to_string(e.state)} + " with " + to_string(e.paid) + " paid";
}

} // namespace

std::string to_line(const acknowledgement& a) {
  const auto head = R"({"task":")" + to_string(a.task) + R"(","ack":")";
  if (!a.end)
    return head + R"(submitted"})";
  return head + R"(final","state":")" + std::string{to_string(a.end->state)} + R"(","paid":)" +
         std::to_string(a.end->paid.micro()) + "}";
}

result<acknowledgement> ack_from_line(std::string_view line) {
  if (line.size() > ack_line_max)
    return malformed("the line is too long");
  const auto root = json::parse(line, nullptr, false);
  if (root.is_discarded() || !root.is_object())
    return malformed("is not a JSON object");
  const auto id = id_from_hex<task_id>(text_of(root, "task"));
  if (!id)
    return malformed("task is missing or not an id");
  const auto ack = text_of(root, "ack");
  if (ack == "submitted")
    return acknowledgement{*id, {}};
  if (ack != "final")
    return malformed("ack is neither \"submitted\" nor \"final\"");
  const auto state = state_from(text_of(root, "state"));
  const auto paid = root.find("paid");
  if (!state || paid == root.end() || !paid->is_number_unsigned())
    return malformed("state or paid is missing or not what it should be");
  return acknowledgement{*id, task_ending{*state, amount{paid->get<std::uint64_t>()}}};
}

void ack_check::see(const ledger::event::any& event) {
  if (const auto* opened = std::get_if<ledger::event::task_opened>(&event)) {
    tasks_.try_emplace(opened->task);
  } else if (const auto* ended = std::get_if<ledger::event::task_final>(&event)) {
    tasks_[ended->task] = task_ending{final_state_of(ended->final_state), ended->paid};
    ++ended_;
  }
}

result<void> ack_check::check(const acknowledgement& a) const {
  const auto at = tasks_.find(a.task);
  if (at == tasks_.end())
    return fail(base_errc::not_found,
                "task " + to_string(a.task) + " was acknowledged, but the ledger never opened it");
  if (!a.end || (at->second && *at->second == *a.end))
    return {};
  return fail(base_errc::not_found, "task " + to_string(a.task) + " was acknowledged as " +
                                        shown(*a.end) + ", but on the ledger it is " +
                                        (at->second ? shown(*at->second) : "open"));
}

} // namespace ainur::orchestration
