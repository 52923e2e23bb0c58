#!/usr/bin/env bash
# explain: one task's life from a saved run.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

# One run for all cases.
cd "$scratch" || exit 3
ainur new market.toml >/dev/null
timeout 120 ainur run market.toml --quiet --set workload.synthetic.tasks=200 --out kept >/dev/null
trace=$scratch/kept/trace.jsonl
first=$(sed -n 's/.*"event":"submitted","task":"\([0-9a-f]*\)".*/\1/p' "$trace" | head -n 1)

begin "a task is told from its submission to its end"
run ainur explain "$first" --in ../kept
expect_status 0
expect_equal "$err" ''
expect_match "$out" "^task $first \(#1\)$"
expect_match "$out" 'submitted by client [0-9]+'
expect_match "$out" 'asked for bids of at most [0-9.]+ AINU: agent [0-9]+ \([a-z]+'
expect_match "$out" 'agent [0-9]+ \([a-z]+\) bid [0-9.]+ AINU'
expect_match "$out" '^(completed|refunded|resolved|rejected) after .* AINU paid of .* AINU'

begin "the number, with or without #, and the beginning of the id name the same task"
run ainur explain "$first" --in ../kept
whole=$out
for name in '#1' 1 "${first:0:20}" "${first^^}"; do
  run ainur explain "$name" --in ../kept
  expect_status 0
  expect_equal "$out" "$whole"
done

begin "who won, at which price and why"
won=$(sed -n 's/.*"event":"awarded","task":"\([0-9a-f]*\)".*"why":"second ask".*/\1/p' \
  "$trace" | head -n 1)
run ainur explain "$won" --in ../kept
expect_status 0
expect_match "$out" 'awarded to agent [0-9]+ .* for [0-9.]+ AINU, which is the second ask'
expect_match "$out" '\(it asked [0-9.]+ AINU\)'

begin "a corrected bid: what was asked, which constraint, what was sent"
run timeout 120 ainur run "$AINUR_SOURCE/examples/scenarios/market.toml" --quiet --out ../market \
  --set 'clients.value="0.02 AINU"' # so little that margins do not fit in
# The first task with an event of this kind.
task_of() {
  sed -n "s/.*\"event\":\"$1\",\"task\":\"\([0-9a-f]*\)\".*/\1/p" ../market/trace.jsonl | head -n 1
}
run ainur explain "$(task_of corrected)" --in ../market
expect_status 0
asked='agent [0-9]+ \([a-z]+\) asked [0-9.]+ AINU and .*'
expect_match "$out" "$asked; its guard sent [0-9.]+ AINU and .*: (budget|deadline)\$"
expect_match "$out" 'bid [0-9.]+ AINU, as corrected by its guard$'

begin "a task whose orchestrator was lost moves to another"
run ainur explain "$(task_of moved)" --in ../market
expect_status 0
expect_match "$out" 'moved from orchestrator [0-9]+, which was lost, to [0-9]+$'
expect_match "$out" '^(completed|refunded|resolved) after '

begin "--json prints one object with every step"
run ainur explain 1 --in ../kept --json
expect_status 0
expect_match "$out" "\"task\": \"$first\""
expect_match "$out" '"number": 1,'
expect_match "$out" '"event": "submitted"'
expect_match "$out" '"event": "finished"'
expect_equal "$(head -c 1 <<<"$out")$(tail -n 1 <<<"$out")" '{}'
expect_equal "$(grep -c '"at_us"' <<<"$out")" "$(grep -c "\"task\":\"$first\"" "$trace")"

begin "a folder that is not there, or without a trace, is named"
run ainur explain 1 --in no/such
expect_status 2
expect_match "$err" 'no/such'
mkdir empty
run ainur explain 1 --in empty
expect_status 2
expect_match "$err" 'empty/trace\.jsonl.*--out'

begin "no such task: the error says what there is"
run ainur explain '#201' --in ../kept
expect_status 2
expect_match "$err" '#201.*200'
run ainur explain "${first:0:12}zz" --in ../kept
expect_status 2
expect_match "$err" "nearest: $first"
run ainur explain '' --in ../kept
expect_status 2

begin "the beginning of several ids lists them"
mkdir two
for last in 1 2; do
  sed -n "s/$first/ab00000000000000000000000000000$last/p" "$trace" | head -n 1
done >two/trace.jsonl
run ainur explain ab0 --in two
expect_status 2
expect_match "$err" '2 tasks.*ab000000000000000000000000000001, ab000000000000000000000000000002'

begin "a damaged line is named by file and line"
mkdir damaged
sed "3s/.*/{\"at_us\":nonsense/" "$trace" >damaged/trace.jsonl
run ainur explain 1 --in damaged
expect_status 2
expect_match "$err" 'damaged/trace\.jsonl:3: '
head -c 2000 /dev/urandom >damaged/trace.jsonl
echo >>damaged/trace.jsonl
run ainur explain 1 --in damaged
expect_status 2
expect_match "$err" 'damaged/trace\.jsonl:1: '

begin "a last line that was cut short is passed over"
mkdir cut
{ cat "$trace" && printf '{"at_us":99,"event":"fini'; } >cut/trace.jsonl
run ainur explain 1 --in cut
expect_status 0

finish
