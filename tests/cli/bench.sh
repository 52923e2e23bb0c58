#!/usr/bin/env bash
# bench: small runs of the benchmarks; what they measure is not judged here.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "the pipeline is measured with its empty graph, and leaves nothing behind"
mkdir data
run timeout 120 ainur bench pipeline --tasks 300 --warm-up 20 --agents 1200 --window 50 --runs 1 \
  --data data --json
expect_status 0
expect_match "$out" '"ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"empty_graph_messages_per_task": [3-6][0-9]'
expect_equal "$(ls data)" ''

begin "the population is measured with bare actors"
run timeout 120 ainur bench population --count 3000 --runs 1 --json
expect_status 0
expect_match "$out" '"memory_ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"bare_bytes_per_actor": [0-9]*[1-9]'

begin "the ledger is measured with raw LMDB"
mkdir data
run timeout 120 ainur bench ledger --accounts 2000 --blocks 8 --calls 100 --opening-blocks 50 \
  --runs 1 --data data --json
expect_status 0
expect_match "$out" '"durable_to_raw": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"signed_to_unsigned": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"lives_per_second": [0-9]*[1-9]'
expect_match "$out" '"proof_bytes": [1-9]'
expect_equal "$(ls data)" ''

begin "the election is measured with its definition, and elects the same"
run timeout 120 ainur bench election --voters 300 --targets 6 --candidates 40 --seats 12 \
  --runs 1 --phragmms --json
expect_status 0
expect_match "$out" '"ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"phragmms_seconds": [0-9.e-]*[1-9]'
expect_match "$out" '"block_seconds": [0-9.e-]*[1-9]'

begin "a ledger of validators is measured with one ledger alone, and all hold the same"
mkdir data
run timeout 120 ainur bench consensus --batches 32 --batch-calls 20 --single-calls 3 \
  --accounts 200 --many 7 --heights 3 --runs 1 --data data --json
expect_status 0
expect_match "$out" '"ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"finality_ms": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"blocks_per_second": [0-9]*[1-9]'
expect_equal "$(ls data)" ''

begin "the hash table is measured, and its routing table with a sorted scan"
run timeout 120 ainur bench dht --nodes 64 --lookups 20 --queries 2000 --runs 1 --json
expect_status 0
expect_match "$out" '"ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"lookups_per_second": [0-9]*[1-9]'

begin "the gossip mesh is measured with plain flooding"
run timeout 120 ainur bench gossip --nodes 50 --seconds 20 --runs 1 --json
expect_status 0
expect_match "$out" '"ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"deliveries_per_second": [0-9]*[1-9]'

begin "the index of capabilities is measured with an exact scan"
run timeout 120 ainur bench index --vectors 3000 --clusters 5 --dimension 24 --queries 40 --json
expect_status 0
expect_match "$out" '"recall": (1\.0|0\.9[0-9]*)'
expect_match "$out" '"many_ratio": [0-9]*\.[0-9]*[1-9]'
expect_match "$out" '"bytes_per_vector": [1-9]'
expect_match "$out" '"filter_1_percent": '
run timeout 120 ainur bench index --vectors 1000 --clusters 3 --queries 20 --float32
expect_status 0
expect_match "$out" '^30 % replaced +(1\.0|0\.9)'
run ainur bench index --vectors 1000 --links 3
expect_status 2
expect_match "$err" 'links is 3; it must be 4 to 64'
run ainur bench index --vektors 1000
expect_status 2

begin "bad numbers are refused"
run ainur bench population --count 0
expect_status 2
expect_match "$err" 'count'

finish
