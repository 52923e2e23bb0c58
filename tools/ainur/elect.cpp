// ainur elect FILE: the solution of an election, and the certificate that it is fair.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/election_text.hpp"
#include "ainur/consensus/error.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

using namespace consensus;

struct options {
  std::string file;
  std::string algorithm;
  std::string balancing;
  std::optional<std::uint32_t> seats;
  bool certificate = false;
  bool json = false;

  [[nodiscard]] bool changes_the_election() const {
    return !algorithm.empty() || !balancing.empty() || seats;
  }
};

result<std::string> read_text(const std::string& path) {
  std::error_code ignored;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, ignored))
    return fail(base_errc::io, path + ": cannot be opened; check the path and its permissions");
  std::string text(election_text_bytes_max + 1, '\0'); // one byte more, to notice a longer file
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad())
    return fail(base_errc::io, path + ": cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// "I" or "I,T".
result<consensus::balancing> balancing_from_text(const std::string& text) {
  const auto comma = text.find(',');
  const auto iterations = uint256_from_text(text.substr(0, comma));
  const auto tolerance =
      comma == std::string::npos ? uint256{} : uint256_from_text(text.substr(comma + 1));
  if (!iterations || *iterations > uint256{0, balancing::iterations_max} || !tolerance ||
      tolerance->high != 0)
    return fail(base_errc::malformed, "--balancing " + text + ": I or I,T is needed: at most " +
                                          std::to_string(balancing::iterations_max) +
                                          " iterations, and a tolerance below 2^128");
  return balancing{static_cast<std::uint32_t>(iterations->low), tolerance->low};
}

result<void> apply(const options& o, election& e) {
  if (!o.algorithm.empty()) {
    const auto algorithm = algorithm_from_text(o.algorithm);
    if (!algorithm)
      return fail(algorithm.error().within("--algorithm"));
    e.algorithm = *algorithm;
  }
  if (!o.balancing.empty()) {
    const auto balancing = balancing_from_text(o.balancing);
    if (!balancing)
      return fail(balancing.error());
    e.balancing = *balancing;
  }
  e.seats = o.seats.value_or(e.seats);
  return {};
}

void print_score(const solution& s) {
  const auto score = score_of(s);
  std::printf("score: smallest backing %s, sum %s, squares %s\n",
              to_string(score.minimal_stake).c_str(), to_string(score.sum_stake).c_str(),
              to_string(score.sum_stake_squared).c_str());
}

void print_winners(const election& e, const ballots& b, const solution& s) {
  std::vector<std::uint32_t> voters(b.candidates, 0);
  for (std::size_t i = 0; i < s.weights.size(); ++i)
    voters[b.targets[i]] += s.weights[i] != 0 ? 1 : 0;
  std::printf("%5s  %20s  %26s  %8s\n", "round", "candidate", "backing", "voters");
  for (std::size_t i = 0; i < s.winners.size(); ++i) {
    const auto& w = s.winners[i];
    std::printf("%5zu  %20llu  %26s  %8u\n", i,
                static_cast<unsigned long long>(e.candidates[w.candidate]),
                to_string(w.backing).c_str(), voters[w.candidate]);
  }
}

void print_certificate(const election& e, const pjr_certificate& c) {
  std::printf("representation: %s at threshold %s", c.holds() ? "holds" : "is not proven",
              to_string(c.threshold).c_str());
  if (!c.largest)
    return void(std::puts("; every candidate is elected"));
  std::printf("; the largest pre-score is %s, of candidate %llu\n",
              to_string(c.largest->value).c_str(),
              static_cast<unsigned long long>(e.candidates[c.largest->candidate]));
  for (const auto& x : c.objectors)
    std::printf("  voter %llu could give it %llu\n",
                static_cast<unsigned long long>(e.voters[x.voter].id),
                static_cast<unsigned long long>(x.slack));
}

/// The document's own solution, or the one that is elected.
result<solution> solve(const election_document& d, const ballots& b) {
  const auto& e = d.election;
  if (d.supports)
    return stated_solution(d, b);
  return elect(b, e.algorithm, e.seats, e.balancing);
}

int run(const options& o) {
  const auto text = read_text(o.file);
  if (!text)
    return bad_input(text.error());
  auto document = election_from_json(*text);
  if (!document)
    return bad_input(document.error().within(o.file));
  const bool judged = document->supports.has_value();
  if (judged && o.changes_the_election())
    return bad_input({base_errc::unsupported,
                      o.file + ": states 'supports', which are judged as they are; leave "
                               "--algorithm, --balancing and --seats out"});
  auto& e = document->election;
  if (auto applied = apply(o, e); !applied)
    return bad_input(applied.error());
  const auto b = make_ballots(e);
  if (!b)
    return bad_input(b.error().within(o.file));
  const auto s = solve(*document, *b);
  if (!s)
    return bad_input(s.error().within(o.file));
  std::optional<pjr_certificate> certificate;
  if (o.certificate || judged)
    certificate = certify_pjr(*b, *s, standard_threshold(*b, *s));
  if (o.json) {
    std::puts(to_json_text(e, *b, *s, certificate ? &*certificate : nullptr, judged).c_str());
  } else {
    print_winners(e, *b, *s);
    print_score(*s);
    if (certificate)
      print_certificate(e, *certificate);
  }
  return certificate && !certificate->holds() ? exit_failed : exit_ok;
}

} // namespace

void add_elect(frame& f) {
  const auto o = std::make_shared<options>();
  auto* c = f.add(
      "elect", "Elect validators from candidates and voters, or judge stated supports",
      "ainur elect examples/elections/small.json --certificate\n\n"
      "A file is {\"algorithm\": \"seq_phragmen\", \"to_elect\": 2, \"candidates\": [1, 2, 3],\n"
      "  \"voters\": [{\"id\": 10, \"stake\": 5, \"targets\": [1, 2]}],\n"
      "  \"balancing\": {\"iterations\": 4, \"tolerance\": 0}}; algorithm and balancing may be\n"
      "left out. With 'supports', as --json prints them, nothing is elected: they are judged.\n"
      "Exit code 1 if the certificate does not hold. docs/elections.md says what all of it means.",
      [o] { return run(*o); });
  c->add_option("FILE", o->file, "JSON file of an election, at most 16 MiB")->required();
  c->add_option("--algorithm", o->algorithm, "seq_phragmen or phragmms, instead of the file's");
  c->add_option("--seats", o->seats, "How many to elect, instead of the file's")
      ->check(CLI::Range(std::size_t{1}, candidates_max));
  c->add_option("--balancing", o->balancing, "I or I,T: iterations and tolerance; 0 for none");
  c->add_flag("--certificate", o->certificate, "Say whether every large group is represented");
  c->add_flag("--json", o->json, "Print one JSON object");
}

} // namespace ainur::cli
