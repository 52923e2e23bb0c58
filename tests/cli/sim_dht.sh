#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "lookups succeed under churn"
run ainur sim dht --nodes 200 --lookups 200 --churn 0.1
expect_status 0
expect_match "$out" '200 nodes, 0.0% of them adversaries, 10.0% leave in an hour, 1h, seed 1'
expect_match "$out" 'of peers +(99|100)\.[0-9]+%'
expect_match "$out" '0 of 1 runs below 99.00%'

begin "and with adversaries of every kind"
run ainur sim dht --nodes 200 --lookups 200 --churn 0.1 --adversary 0.1 --json
expect_status 0
expect_match "$out" '"success_needed_ppm": 900000'
expect_match "$out" '"runs_failed": 0'
expect_match "$out" '"providers_amid_sybils"'

begin "the same seed is the same run"
first=$out
run ainur sim dht --nodes 200 --lookups 200 --churn 0.1 --adversary 0.1 --json
expect_equal "$out" "$first"
run ainur sim dht --nodes 200 --lookups 200 --churn 0.1 --adversary 0.1 --seed 2 --json
expect_status 0
expect_no_match "$out" "$(grep digest <<<"$first" | tr -d ' ')"

begin "several seeds are several runs"
run ainur sim dht --nodes 64 --lookups 50 --time 10min --seeds 1..3 --json
expect_status 0
expect_match "$out" '"seed": 3'

begin "too many adversaries: status 1"
run ainur sim dht --nodes 200 --lookups 100 --adversary 0.9 --misdeeds lie --time 10min
expect_status 1
expect_match "$out" '1 of 1 runs below 90.00%'
run ainur sim dht --nodes 200 --lookups 100 --adversary 0.9 --misdeeds lie --time 10min \
  --success 0.1
expect_status 0

begin "bad input is status 2 and says what is wrong"
run ainur sim dht --misdeeds gost
expect_status 2
expect_match "$err" 'did you mean "ghost"'
run ainur sim dht --misdeeds all,drop
expect_status 2
expect_match "$err" 'stands alone'
run ainur sim dht --nodes 5
expect_status 2
expect_match "$err" 'nodes must be 32 to 100,000'
run ainur sim dht --churn 11
expect_status 2
expect_match "$err" 'churn'
run ainur sim dht --time soon
expect_status 2
expect_match "$err" 'time'
run ainur sim dht --seeds 1..2 --seed 1
expect_status 2
run ainur sim dht --node 5
expect_status 2

finish
