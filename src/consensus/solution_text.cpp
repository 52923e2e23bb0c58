// Writing solutions. All values are numbers, so the text is made directly: a large solution becomes
// no tree of JSON values first.
#include <iterator>

#include <fmt/format.h>

#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/election_text.hpp"

namespace ainur::consensus {

namespace {

std::string number(const uint256& value) {
  constexpr uint256 most{0, ~std::uint64_t{0}};
  return value > most ? "\"" + to_string(value) + "\"" : to_string(value);
}

std::string number(uint128 value) {
  return number(uint256{0, value});
}

class writer {
public:
  writer(const election& e, const ballots& b, const solution& s) : e_(e), b_(b), s_(s) {}

  /// `"key": [` or `{`, the parts one a line, and the closing one.
  template <class Parts>
  void group(const char* key, char open, char close, Parts&& parts) {
    comma();
    put(" \"{}\": {}", key, open);
    first_ = true;
    parts();
    put("{} {}", first_ ? "" : "\n", close);
    first_ = false;
  }

  template <class... Args>
  void part(fmt::format_string<Args...> form, Args&&... args) {
    comma();
    put(form, std::forward<Args>(args)...);
  }

  void winners(bool judged) {
    group("winners", '[', ']', [&] {
      for (std::size_t i = 0; i < s_.winners.size(); ++i) {
        const auto& w = s_.winners[i];
        part("  {{\"who\": {}, \"backed_stake\": {}", e_.candidates[w.candidate],
             number(w.backing));
        judged ? put("}}") : put(", \"round\": {}}}", i);
      }
    });
  }

  /// Each voter who gives something, with its edges.
  void distributions(const char* key, const std::vector<std::uint64_t>& values) {
    group(key, '[', ']', [&] {
      for (std::uint32_t v = 0; v < b_.voters(); ++v) {
        bool begun = false;
        for (auto e = b_.first[v]; e < b_.first[v + 1]; ++e)
          if (values[e] != 0) {
            begun ? put(", ") : part("  {{\"who\": {}, \"dist\": [", e_.voters[v].id);
            put("[{}, {}]", e_.candidates[b_.targets[e]], values[e]);
            begun = true;
          }
        if (begun)
          put("]}}");
      }
    });
  }

  void supports() {
    std::vector<std::vector<std::pair<std::uint64_t, std::uint64_t>>> given(b_.candidates);
    for (std::uint32_t v = 0; v < b_.voters(); ++v)
      for (auto e = b_.first[v]; e < b_.first[v + 1]; ++e)
        if (s_.weights[e] != 0)
          given[b_.targets[e]].emplace_back(e_.voters[v].id, s_.weights[e]);
    group("supports", '{', '}', [&] {
      for (const auto& w : s_.winners) {
        part("  \"{}\": {{\"total\": {}, \"voters\": [", e_.candidates[w.candidate],
             number(w.backing));
        const char* between = "";
        for (const auto& [voter, value] : given[w.candidate]) {
          put("{}[{}, {}]", between, voter, value);
          between = ", ";
        }
        put("]}}");
      }
    });
  }

  void certificate(const pjr_certificate& c) {
    group("certificate", '{', '}', [&] {
      part("  \"holds\": {}", c.holds());
      part("  \"threshold\": {}", number(c.threshold));
      if (c.largest)
        part("  \"largest\": {{\"who\": {}, \"pre_score\": {}}}",
             e_.candidates[c.largest->candidate], number(c.largest->value));
      else
        part("  \"largest\": null");
      part("  \"unelected\": [");
      const char* between = "";
      for (const auto& x : c.unelected) {
        put("{}\n   {{\"who\": {}, \"pre_score\": {}}}", between, e_.candidates[x.candidate],
            number(x.value));
        between = ",";
      }
      put("]");
      if (c.holds())
        return;
      part("  \"objectors\": [");
      between = "";
      for (const auto& x : c.objectors) {
        put("{}\n   {{\"who\": {}, \"slack\": {}}}", between, e_.voters[x.voter].id, x.slack);
        between = ",";
      }
      put("]");
    });
  }

  [[nodiscard]] std::string finish() && { return "{" + std::move(out_) + "\n}"; }

private:
  template <class... Args>
  void put(fmt::format_string<Args...> form, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), form, std::forward<Args>(args)...);
  }

  void comma() {
    out_ += first_ ? "\n" : ",\n";
    first_ = false;
  }

  const election& e_;
  const ballots& b_;
  const solution& s_;
  std::string out_;
  bool first_ = true; // of the group at hand
};

} // namespace

std::string to_json_text(const election& e, const ballots& b, const solution& s,
                         const pjr_certificate* certificate, bool judged) {
  writer w{e, b, s};
  if (!judged)
    w.part(" \"algorithm\": \"{}\"", to_string(e.algorithm));
  w.part(" \"to_elect\": {}", e.seats);
  w.winners(judged);
  w.distributions("staked", s.weights);
  w.supports();
  w.distributions("perbill", in_billionths(b, s));
  const auto score = score_of(s);
  w.part(" \"score\": [{}, {}, {}]", number(score.minimal_stake), number(score.sum_stake),
         number(score.sum_stake_squared));
  if (certificate != nullptr)
    w.certificate(*certificate);
  return std::move(w).finish();
}

} // namespace ainur::consensus
