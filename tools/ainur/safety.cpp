// ainur safety project FILE: the nearest safe action of each case of a file.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "ainur/safety/projection.hpp"
#include "case_file.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

constexpr double tolerance = 1e-9;

struct options {
  std::string file;
  bool json = false;
};

std::string shown(double x) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.12g", x);
  return text;
}

template <class List, class Show>
std::string shown(const List& list, Show show) {
  std::string out = "[";
  for (const auto& x : list)
    out += (out.size() > 1 ? ", " : "") + show(x);
  return out + "]";
}

std::string shown(const std::vector<double>& u) {
  return shown(u, [](double x) { return shown(x); });
}

std::string shown(const std::vector<std::uint32_t>& indices) {
  return shown(indices, [](std::uint32_t i) { return std::to_string(i); });
}

result<safety::projection_problem> read_problem(const case_reader& c) {
  constexpr auto n_max = safety::dimensions_max;
  safety::projection_problem p;
  auto nominal = c.numbers("u_nominal", n_max);
  if (!nominal)
    return fail(nominal.error());
  p.nominal = std::move(*nominal);
  const auto rows = c.list("constraints_a_dot_u_ge_b", safety::constraints_max);
  if (!rows)
    return fail(rows.error());
  for (const auto& row : *rows) {
    auto a = row.numbers("a", n_max);
    if (!a)
      return fail(a.error());
    const auto b = row.number("b");
    if (!b)
      return fail(b.error());
    p.constraints.push_back({std::move(*a), *b});
  }
  if (c.has("box")) {
    const auto bounds = c.list("box", 2);
    if (!bounds)
      return fail(bounds.error());
    if (bounds->size() != 2)
      return c.wrong("box", "a list of two lists, the lower and the upper bounds,");
    auto lower = (*bounds)[0].as_numbers(n_max);
    if (!lower)
      return fail(lower.error());
    auto upper = (*bounds)[1].as_numbers(n_max);
    if (!upper)
      return fail(upper.error());
    p.box = safety::box_bounds{std::move(*lower), std::move(*upper)};
  }
  if (c.has("weights")) {
    auto weights = c.numbers("weights", n_max);
    if (!weights)
      return fail(weights.error());
    p.weights = std::move(*weights);
  }
  return p;
}

/// What the case says should come out.
struct expectation {
  bool feasible = true;
  std::vector<double> u;
  std::vector<double> active;
  bool states_feasible = false;
  bool states_u = false;
  bool states_active = false;
};

result<expectation> read_expectation(const case_reader& c, std::size_t dimensions) {
  expectation e;
  if (c.has("feasible")) {
    const auto feasible = c.boolean("feasible");
    if (!feasible)
      return fail(feasible.error());
    e.feasible = *feasible;
    e.states_feasible = true;
  }
  if (c.has("u_star")) {
    auto u = c.numbers("u_star", safety::dimensions_max);
    if (!u)
      return fail(u.error());
    if (u->size() != dimensions)
      return c.wrong("u_star", "as many numbers as in 'u_nominal'");
    e.u = std::move(*u);
    e.states_u = true;
  }
  if (c.has("active")) {
    auto active = c.numbers("active", safety::constraints_max + 2 * safety::dimensions_max);
    if (!active)
      return fail(active.error());
    e.active = std::move(*active);
    e.states_active = true;
  }
  return e;
}

/// How a solution differs from what was expected; empty if it does not.
std::string difference(const expectation& e, const result<safety::projection>& found) {
  if (!found)
    return e.feasible && (e.states_feasible || e.states_u) ? "expected a safe action" : "";
  if (e.states_feasible && !e.feasible)
    return "expected that there is none";
  for (std::size_t i = 0; i < e.u.size(); ++i) {
    const auto off = found->u[i] - e.u[i];
    if (!(off <= tolerance && off >= -tolerance))
      return "expected u* = " + shown(e.u);
  }
  if (e.states_active &&
      std::vector<double>(found->active.begin(), found->active.end()) != e.active)
    return "expected active " + shown(e.active);
  return "";
}

result<case_result> run_case(const case_reader& c) {
  const auto problem = read_problem(c);
  if (!problem)
    return fail(problem.error());
  const auto expected = read_expectation(c, problem->nominal.size());
  if (!expected)
    return fail(expected.error());
  const auto found = safety::project(*problem);
  if (!found && !found.error().is(safety::errc::infeasible))
    return fail(found.error().within(c.where()));
  case_result out;
  out.compared = expected->states_feasible || expected->states_u || expected->states_active;
  out.difference = difference(*expected, found);
  if (found) {
    out.line = "u* = " + shown(found->u) + ", active " + shown(found->active);
    out.shown = {{"feasible", true}, {"u_star", found->u}, {"active", found->active}};
  } else {
    out.line = "no safe action: " + found.error().detail();
    out.shown = {{"feasible", false}, {"reason", found.error().detail()}};
  }
  return out;
}

} // namespace

void add_safety(frame& f) {
  auto* safety = f.add("safety", "Safe actions of agents", "ainur safety project cases.json", {});
  safety->require_subcommand(1);
  auto o = std::make_shared<options>();
  auto* project = f.add(
      "project", "Print the nearest safe action of each case of a file",
      "ainur safety project cases.json\n\n"
      "A file is {\"cases\": [{\"name\": \"wall\", \"u_nominal\": [2, 0],\n"
      "  \"constraints_a_dot_u_ge_b\": [{\"a\": [-1, 0], \"b\": -0.5}], \"box\": [[-1, -1], [1, "
      "1]],\n"
      "  \"weights\": [1, 1]}]}; box and weights may be left out. Where a case states 'feasible',\n"
      "'u_star' or 'active', the answer is compared (to 1e-9); exit code 1 if one differs.",
      [o] { return run_cases(o->file, o->json, run_case); }, safety);
  project->add_option("FILE", o->file, "JSON file of cases, at most 16 MiB")->required();
  project->add_flag("--json", o->json, "Print one JSON object");
}

} // namespace ainur::cli
