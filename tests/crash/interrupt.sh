#!/usr/bin/env bash
# Ctrl-C ends a run in order: a partial summary, status 1, and --resume goes on with it.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/crash/market.sh"

begin "interrupted twice, then to the end"
market
for signal in INT TERM; do
  choose_command
  run timeout --preserve-status -s "$signal" 1 "${command[@]}"
  expect_status 1
  expect_equal "$(number partial)" true
  expect_equal "$(number ended_by)" '"interrupted"'
  expect_equal "$(number conserved)" true
  expect_verified
done
expect_end

begin "a data directory that is in use is not touched by another run"
market
choose_command
"${command[@]}" >run.json 2>run.err </dev/null &
child=$!
while [ ! -e data/acks.jsonl ]; do sleep 0.05; done
run ainur run market.toml --data data --resume --json
expect_status 2
expect_match "$err" 'in_use'
run ainur ledger verify data
expect_status 2
expect_match "$err" 'in_use'
wait "$child"
expect_equal "$?" 0

begin "a run is not begun over another, nor gone on with where there is none"
market
run ainur run market.toml --data data --resume
expect_status 2
expect_match "$err" 'no_data'
choose_command
run "${command[@]}" --set workload.synthetic.tasks=20
expect_status 0
run ainur run market.toml --data data
expect_status 2
expect_match "$err" '--resume'

finish
