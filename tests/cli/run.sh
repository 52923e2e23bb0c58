#!/usr/bin/env bash
# run, and what is done with a saved run: explain, replay, compare, ledger.
source "$AINUR_SOURCE/tests/support/shell.sh"

starter() { ainur new market.toml >/dev/null; }

# value KEY: of a key that stands once in the JSON last printed.
value() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" <<<"$out" | head -n 1; }

run_starter() { # ARGUMENTS...
  starter
  run timeout 120 ainur run market.toml "$@"
}

begin "run prints a table and ends with 0 if every expectation holds"
run_starter --quiet
expect_status 0
expect_match "$out" 'completed'
expect_match "$out" 'pass'

begin "an expectation that does not hold is named, with status 1"
run_starter --quiet --set 'expectations={"tasks.completed"="< 1"}'
expect_status 1
expect_match "$out$err" 'tasks\.completed'
expect_match "$out$err" 'fail|FAIL'

begin "--json prints one object with every part"
run_starter --json
expect_status 0
for part in scenario seed clock tasks latency_ms outcomes disputes profit faults manifest \
  messages_per_task price safety ledger trace_hash expectations wall_s virtual_s agents \
  peak_rss_mib conserved state_hash; do
  expect_match "$out" "\"$part\":"
done
expect_equal "$(value conserved)" true
expect_equal "$(head -c 1 <<<"$out")$(tail -n 1 <<<"$out")" '{}'

begin "every task submitted is in one final state"
run_starter --json
finals=0
for state in completed refunded resolved rejected; do
  finals=$((finals + $(value "$state")))
done
expect_equal "$finals" "$(value submitted)"
[ "$finals" -gt 0 ] || fails "no task was submitted"

begin "the same seed gives the same run, another seed another"
run_starter --json --seed 7
first=$(value trace_hash) first_state=$(value state_hash)
run ainur run market.toml --json --seed 7
expect_equal "$(value trace_hash)" "$first"
expect_equal "$(value state_hash)" "$first_state"
run ainur run market.toml --json --seed 8
[ "$(value trace_hash)" != "$first" ] || fails "seeds 7 and 8 give the same trace"
expect_match "$first" '^[0-9a-f]{64}$'

begin "--out keeps the run, which can be explained, replayed and compared"
run_starter --quiet --out kept --seed 7
expect_status 0
expect_match "$(ls kept)" '\.csv'
expect_match "$(ls kept)" '\.jsonl'
expect_match "$(ls kept)" '\.html'
expect_match "$(ls kept)" '\.json$'
run ainur replay kept
expect_status 0
run ainur run market.toml --quiet --out other --seed 8
run ainur compare kept other
expect_status 0
expect_match "$out" 'tasks\.completed'
task=$(grep -oh '"task": *"\{0,1\}[0-9a-zA-Z]*' kept/*.jsonl | head -n 1)
task=${task##*[!0-9a-zA-Z]}
run ainur explain "$task" --in kept
expect_status 0
expect_match "$out" "$task"

begin "the HTML report needs nothing from elsewhere"
run_starter --quiet --out kept
expect_no_match "$(cat kept/*.html)" '(src|href)="(https?:)?//'

begin "explain says that there is no such task"
run_starter --quiet --out kept
run ainur explain no-such-task --in kept
expect_status 2
expect_match "$err" 'no-such-task'

begin "--data keeps a ledger that verifies"
run_starter --quiet --data kept
expect_status 0
run ainur ledger verify kept
expect_status 0
run ainur ledger show kept
expect_status 0
expect_match "$out" 'height'

begin "run refuses what check refuses, with nothing written"
starter
run ainur run market.toml --set sead=1 --out kept --data data
expect_status 2
expect_match "$err" 'sead'
expect_no_file kept
expect_no_file data

begin "a workload that is not there is named, with nothing written"
run_starter --workload no/such.csv --out kept
expect_status 2
expect_match "$err" 'no/such\.csv'
expect_no_file kept

begin "Ctrl-C ends a run in order, with a partial summary"
starter # eight minutes on the real clock
run timeout --preserve-status -s INT 3 ainur run market.toml --json --set 'clock="real"'
[ "$status" -lt 126 ] || fails "it did not end by itself"
expect_equal "$(value partial)" true
expect_equal "$(value conserved)" true

finish
