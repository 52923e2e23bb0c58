#!/usr/bin/env bash
# elect: elections from files, their certificates, and what is refused.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

small=$AINUR_SOURCE/examples/elections/small.json
unfair=$AINUR_SOURCE/examples/elections/unfair.json

begin "winners, their backing and the score are a table"
run ainur elect "$small"
expect_status 0
expect_match "$out" '^ +0 +101 '
expect_match "$out" '^score: smallest backing [0-9]+, sum 1[0-9]{3}, squares [0-9]+$'
expect_no_match "$out" 'representation'

begin "with --json it is one object of the file's form"
run ainur elect "$small" --json --certificate
expect_status 0
json=$out
run python3 -c 'import json, sys
x = json.loads(sys.argv[1])
assert list(x) == ["algorithm", "to_elect", "winners", "staked", "supports", "perbill", "score",
                   "certificate"], list(x)
assert [w["round"] for w in x["winners"]] == [0, 1]
for w in x["winners"]:
    s = x["supports"][str(w["who"])]
    assert s["total"] == w["backed_stake"] == sum(v for _, v in s["voters"])
totals = [s["total"] for s in x["supports"].values()]
assert x["score"] == [min(totals), sum(totals), sum(t * t for t in totals)]
assert all(sum(p for _, p in v["dist"]) == 10**9 for v in x["perbill"])
c = x["certificate"]
assert c["holds"] and c["largest"]["pre_score"] < c["threshold"] == 1650 // 2
assert [u["who"] for u in c["unelected"]] == [c["largest"]["who"]]' "$json"
expect_status 0

begin "a solution that was printed can be judged"
ainur elect "$small" --json >solution.json
python3 -c 'import json
e = json.load(open("'"$small"'"))
e["supports"] = json.load(open("solution.json"))["supports"]
json.dump(e, open("judged.json", "w"))'
run ainur elect judged.json
expect_status 0
expect_match "$out" 'representation: holds'
run ainur elect judged.json --seats 1
expect_status 2
expect_match "$err" 'judged\.json.*--seats'

begin "a certificate that does not hold is status 1, and names who objects"
run ainur elect "$unfair"
expect_status 1
expect_match "$out" 'is not proven at threshold 850; the largest pre-score is 900, of candidate 103'
expect_match "$out" 'voter 3 could give it 900'
run ainur elect "$unfair" --json
expect_status 1
expect_match "$out" '"holds": false'
expect_match "$out" '\{"who": 3, "slack": 900\}'

begin "options go before the file"
run ainur elect "$small" --seats 1 --json
expect_status 0
expect_match "$out" '"to_elect": 1'
run ainur elect "$small" --algorithm phragmms --balancing 10,1 --seats 3
expect_status 0
expect_match "$out" '^ +2 '

begin "stakes beyond 2^53 are exact, and sums beyond 2^64 are texts"
echo '{"to_elect": 1, "candidates": [1], "voters": [[1, 18446744073709551615, [1]],
  [2, "18446744073709551615", [1]]]}' >large.json
run ainur elect large.json --json
expect_status 0
expect_match "$out" '"backed_stake": "36893488147419103230"'
expect_match "$out" '\[1, 18446744073709551615\], \[2, 18446744073709551615\]'

begin "what is wrong is named with the file, the key and what is near"
refused() { # TEXT PATTERN
  printf '%s' "$1" >bad.json
  run ainur elect bad.json
  expect_status 2
  expect_equal "$out" ''
  expect_match "$err" "bad\.json.*$2"
}
refused '{' 'JSON'
refused '{"to_elect": 1, "candidates": [1]}' 'voters: this key is needed'
refused '{"to_elect": 1, "candidates": [1], "votes": []}' 'is "voters" meant'
refused '{"to_elect": 1, "candidates": [1, 1], "voters": []}' 'candidate 1 stands twice'
refused '{"to_elect": 1, "candidates": [1], "voters": [[1, -5, [1]]]}' 'voters\[0\]\[1\]'
refused '{"to_elect": 1, "candidates": [1], "voters": [[7, 5, [1]]],
  "supports": {"1": {"total": 6, "voters": [[7, 6]]}}}' 'more than its stake'
run ainur elect no-such.json
expect_status 2
expect_match "$err" 'no-such\.json'
run ainur elect "$small" --algorithm phragmns
expect_status 2
expect_match "$err" '"phragmms" meant'
run ainur elect "$small" --balancing 3,x
expect_status 2
expect_match "$err" 'I,T'
run ainur elect "$small" --seats 0
expect_status 2

finish
