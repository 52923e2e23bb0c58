#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "a simulation with all faults keeps every rule"
run ainur sim consensus --validators 7 --byzantine 2 --faults all --heights 20 --seed 1
expect_status 0
expect_match "$out" '7 validators, 2 of them byzantine'
expect_match "$out" 'runs with one +0'

begin "the same seed is the same run"
run ainur sim consensus --validators 4 --faults all --heights 5 --json
expect_status 0
first=$out
run ainur sim consensus --validators 4 --faults all --heights 5 --json
expect_equal "$out" "$first"

begin "many seeds, some faults by name"
run ainur sim consensus --faults crash,loss --heights 20 --seeds 1..8 --json
expect_status 0
expect_match "$out" '"runs": 8'
expect_match "$out" '"partition": 0'

begin "too many byzantine validators: status 1, who is to blame, and how to see it again"
run ainur sim consensus --validators 4 --byzantine 2 --faults partition,twin --seeds 1..60
expect_status 1
expect_match "$out" 'agreement at '
expect_match "$out" 'culprit: [0-9a-f]{16}, equivocation at height'
expect_match "$out" 'hold more than a third'
expect_match "$out" 'again: ainur sim consensus --validators 4 --byzantine 2'
again=$(sed -n 's/^ *again: //p' <<<"$out")
run $again
expect_status 1

begin "a diagram is written"
run ainur sim consensus --faults loss --heights 3 --trace messages.svg
expect_status 0
expect_match "$(head -c 200 messages.svg)" '<svg '
expect_match "$(cat messages.svg)" 'proposal 3/'
run ainur sim consensus --seeds 1..2 --trace messages.svg
expect_status 2
expect_match "$err" 'give it one --seed'

begin "bad input is status 2 and says what is wrong"
run ainur sim consensus --faults twins
expect_status 2
expect_match "$err" 'did you mean "twin"'
run ainur sim consensus --faults xyz
expect_status 2
expect_match "$err" 'there are all, none, crash'
run ainur sim consensus --faults none,crash
expect_status 2
expect_match "$err" 'stands alone'
run ainur sim consensus --faults silent
expect_status 2
expect_match "$err" 'say how many with --byzantine'
run ainur sim consensus --seed 1 --seeds 1..2
expect_status 2
run ainur sim consensus --seeds 5..1
expect_status 2
expect_match "$err" 'a range like 1..1000'
run ainur sim consensus --validators 3 --byzantine 3
expect_status 2
expect_match "$err" 'at least one validator must be honest'
run ainur sim consensus --trace /nowhere/x.svg --heights 1
expect_status 2
expect_match "$err" 'cannot be written'
run ainur sim consensuss
expect_status 2
expect_match "$err" 'did you mean "consensus"'

finish
