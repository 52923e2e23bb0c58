#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

cases_file=$AINUR_SHARED_DATA/safety/cbf_qp_cases.json

begin "the published cases are solved as they say"
if [ -e "$cases_file" ]; then
  run ainur safety project "$cases_file"
  expect_status 0
else
  skip "$cases_file is not there (set AINUR_SHARED_DATA)"
fi

# One case: the nearest point to the origin with 3x + 4y >= 5.
one_case() { # EXPECTED_X
  cat <<END
{"cases": [{"name": "one plane", "u_nominal": [0.0, 0.0],
  "constraints_a_dot_u_ge_b": [{"a": [3.0, 4.0], "b": 5.0}], "box": null,
  "feasible": true, "u_star": [$1, 0.8]}]}
END
}

begin "the safe action is printed"
one_case 0.6 >case.json
run ainur safety project case.json
expect_status 0
expect_match "$out" 'one plane'
expect_match "$out" '0\.6'

begin "a difference from the stated action is status 1"
one_case 0.7 >case.json
run ainur safety project case.json
expect_status 1
expect_match "$out$err" 'one plane'

begin "a file that is no JSON, or not of this form, is status 2"
for text in '{' '[]' '{"cases": 3}' '{"cases": [{"name": "x"}]}' ''; do
  printf '%s' "$text" >bad.json
  run ainur safety project bad.json
  expect_status 2
  expect_match "$err" 'bad\.json'
done

finish
