#!/usr/bin/env bash
# ledger replay: scripts of calls, their answers, and the state they lead to.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

make_script() {
  local at='"time": "2024-01-01T00:00:01Z"' refused='"expect": "insufficient_funds"'
  cat >case.jsonl <<SCRIPT
{"genesis": {"allocations": [{"account": "@ann", "free": "100 AINU"}]}}
{$at, "origin": "@ann", "call": {"transfer": {"to": "@bob", "value": "1.5 AINU"}}}
{$at, "origin": "@bob", "call": {"burn_money": {"value": "2 AINU"}}, $refused}
{"time": "2024-01-01T01:00:00Z"}
SCRIPT
}

begin "each step answers, and the hash is the same every time"
make_script
run ainur ledger replay case.jsonl
expect_status 0
expect_match "$out" '^line 2 +block 1 +ok$'
expect_match "$out" '^line 3 +block 1 +insufficient_funds$'
expect_match "$out" '^line 4 +block 2 +a block without calls$'
expect_match "$out" '^state_hash +[0-9a-f]{64}$'
first=$out
run bash -c 'ainur ledger replay - <case.jsonl'
expect_status 0
expect_equal "$out" "$first"

begin "programs get one JSON object a step and one at the end"
make_script
run ainur ledger replay case.jsonl --json --events
expect_status 0
expect_match "$out" '"line":3,.*"entries":\["insufficient_funds"\]'
last=$(tail -n 1 <<<"$out")
expect_match "$last" '"unexpected":0,"height":2,"issuance_uainu":100000000,"conserved":true'

begin "an answer that was not expected fails"
make_script
sed -i 's/insufficient_funds/ok/' case.jsonl
run ainur ledger replay case.jsonl
expect_status 1
expect_match "$out" 'insufficient_funds \(expected ok\)'

begin "bad input names the line, the key and the nearest spelling"
make_script
sed -i 's/burn_money/burn_mony/' case.jsonl
run ainur ledger replay case.jsonl
expect_status 2
expect_match "$err" 'case\.jsonl: line 3: call: the name "burn_mony" is unknown'
expect_match "$err" 'is "burn_money" meant\?'
run ainur ledger replay missing.jsonl
expect_status 2
expect_match "$err" 'missing\.jsonl'

finish
