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

begin "--resume goes on with the clock, refuses another run and knows one that is over"
starter
run ainur run market.toml --quiet --data data --set limits.run_time=20s
expect_status 0
run ainur run market.toml --quiet --data data --resume --seed 99
expect_status 2
expect_match "$err" 'another scenario or workload'
run ainur run market.toml --quiet --data data --resume --set populations.0.count=3
expect_status 2
run ainur run market.toml --json --data data --resume --out rest
expect_status 0
first=$(sed -n 's/^{"at_us":\([0-9]*\),"event":"submitted".*/\1/p' rest/trace.jsonl | head -n 1)
[ "$first" -ge 19000000 ] || fails "the first task came at $first us"
run ainur run market.toml --quiet --data data --resume
expect_status 0
expect_match "$out" 'nothing was left to do'
expect_no_match "$out" 'FAIL'

begin "a trace of more than a hundred years is refused, in whatever unit"
starter
printf 't,w\n1,2\n9999999999,2\n' >long.csv
run ainur run market.toml --quiet --set 'workload.source="csv"' --workload long.csv \
  --set 'workload.csv.time="t"'
expect_status 2
expect_match "$err" 'at most 100 years'

begin "a store opens where address space is scarce"
starter
run bash -c 'ulimit -v 4000000 && ainur run market.toml --quiet --data small --set clock=real \
  --set limits.run_time=1s --set workload.synthetic.tasks=10'
expect_match "$err$out" 'conserved: yes'

begin "more threads than any machine has are refused"
starter
run ainur run market.toml --quiet --threads 99999999
expect_status 2

begin "--resume adds to the trace in --out, where a task's life goes on"
starter
run ainur run market.toml --quiet --data data --out kept --set limits.run_time=20s
expect_status 0
lines=$(wc -l <kept/trace.jsonl)
cp kept/trace.jsonl before.jsonl
run ainur run market.toml --quiet --data data --out kept # without --resume: nothing is touched
expect_status 2
expect_equal "$(cmp kept/trace.jsonl before.jsonl 2>&1)" ''
truncate -s -10 kept/trace.jsonl # as a kill leaves it
run ainur run market.toml --json --data data --resume --out kept
expect_status 0
expect_equal "$(value resumed)" true
head -n $((lines - 1)) before.jsonl >whole.jsonl
expect_equal "$(head -n $((lines - 1)) kept/trace.jsonl | cmp - whole.jsonl 2>&1)" ''
expect_match "$(sed -n "$((lines + 1))p" kept/trace.jsonl)" '"event":"resumed","traced":true'
expect_equal "$(grep -c '"event":"submitted"' kept/trace.jsonl)" \
  "$(sed -n 's/^ *"tasks_opened": \([0-9]*\),*$/\1/p' <(ainur ledger verify data --json))"
sed "${lines}d; s/^{\"at_us\":\([0-9]*\),.*/\1/" kept/trace.jsonl >times
expect_equal "$(sort -nc times 2>&1)" ''
run ainur explain 1 --in kept
expect_status 0
run ainur explain "#$(grep -c '"event":"submitted"' kept/trace.jsonl)" --in kept
expect_status 0
run ainur replay kept
expect_status 2
expect_match "$err" 'only whole runs replay'

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

begin "--log writes JSON lines, the same for the same seed but for the time of day"
run_starter --quiet --log first.log --log-level info
expect_status 0
run ainur run market.toml --quiet --log second.log --log-level info
expect_status 0
for event in started opened fault_injected child_killed child_restarted stopped; do
  expect_match "$(cat first.log)" "\"event\":\"$event\""
done
while IFS= read -r line; do
  python3 -m json.tool >/dev/null <<<"$line" || fails "this is not JSON: $line"
done <first.log
strip='s/^{"time":"[^"]*",//'
expect_equal "$(sed "$strip" first.log)" "$(sed "$strip" second.log)"

begin "the log changes nothing of the run"
run_starter --json
first=$(value trace_hash) first_state=$(value state_hash)
run ainur run market.toml --json --log all.log --log-level trace
expect_equal "$(value trace_hash)" "$first"
expect_equal "$(value state_hash)" "$first_state"

begin "--log-level is the least grave that is written, warn unless told"
run_starter --quiet --log kept.log
expect_status 0
expect_match "$(cat kept.log)" '"level":"warn"'
expect_no_match "$(cat kept.log)" '"level":"(trace|debug|info)"'
run ainur run market.toml --quiet --log errors.log --log-level error
expect_equal "$(cat errors.log)" ''

begin "--log - writes to standard error, and nothing else is there"
run_starter --log - --log-level info
expect_status 0
expect_no_match "$out" '"component"'
expect_equal "$(grep -cv '^{"time":.*}$' <<<"$err")" 0

begin "without --log nothing is logged"
run_starter --quiet
expect_equal "$err" ''

begin "a log that cannot be written is named, with nothing else written"
run_starter --quiet --log no/such/kept.log --out kept --data data
expect_status 2
expect_match "$err" 'no/such/kept\.log'
expect_no_file kept
expect_no_file data

begin "a level that does not exist, and one without a log, are refused"
run_starter --quiet --log kept.log --log-level loud
expect_status 2
expect_match "$err" 'loud'
run ainur run market.toml --quiet --log-level info
expect_status 2
expect_match "$err" '--log'
expect_no_file kept.log

begin "validators keep the ledger of a market, and some break the rules"
scenario=$AINUR_SOURCE/examples/scenarios/validators.toml
run ainur run "$scenario" --json
expect_status 0
expect_equal "$(value agreed)" true
expect_equal "$(value conserved)" true
expect_equal "$(value equivocations_found)" 1
expect_match "$out" '"status": "equivocating_voter"'
first=$(value trace_hash) first_state=$(value state_hash)
run ainur run "$scenario" --json
expect_equal "$(value trace_hash)" "$first"
expect_equal "$(value state_hash)" "$first_state"

begin "a run over validators can be looked into and goes on"
run_starter --set validators.count=4 --data kept --quiet
expect_status 0
run ainur ledger verify kept --json
expect_status 0
run ainur run market.toml --set validators.count=4 --data kept --resume --quiet
expect_status 0
run ainur run market.toml --set validators.count=5 --data kept --resume --quiet
expect_status 2
expect_match "$err" 'other_run'

finish
