// One line on each call, for catalogues and command lines. A test wants every call here.
#include <algorithm>
#include <array>
#include <utility>

#include "text.hpp"

namespace ainur::ledger {

namespace {

constexpr std::pair<std::string_view, std::string_view> lines[] = {
    {"transfer", "Move free balance to another account"},
    {"transfer_all", "Move all that may be spent to another account"},
    {"lock_balance", "Lock part of the free balance until a time"},
    {"mint_money", "Make new money (the council)"},
    {"burn_money", "Give up money of one's own"},
    {"open_account", "Declare once whose account a hosted account is"},
    {"bond", "Lock free balance as the performance bond"},
    {"unbond", "Start to free part of the performance bond"},
    {"withdraw_unbonded", "Free what has finished unbonding"},
    {"open_task", "Submit a task: reserve its budget and fee"},
    {"award_task", "Give subtasks to agents at their prices"},
    {"post_result", "Post the salted hash of a result"},
    {"give_up", "Give an award up: a failure"},
    {"release", "Pay the agent of a posted result"},
    {"void_award", "End an award without anyone's fault: refund it"},
    {"close_task", "End what is not awarded: its budget is free"},
    {"open_dispute", "Object to a result: lock a bond and draw arbiters"},
    {"vote_dispute", "Vote as a drawn arbiter"},
    {"report_offence", "Report a severe offence with its evidence"},
    {"cancel_slash", "Cancel a slash within its appeal window (the council)"},
};

} // namespace

std::string_view summary_of(std::string_view call_name) noexcept {
  const auto found = std::find_if(std::begin(lines), std::end(lines),
                                  [call_name](const auto& l) { return l.first == call_name; });
  return found == std::end(lines) ? std::string_view{} : found->second;
}

} // namespace ainur::ledger
