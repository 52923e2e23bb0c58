#!/usr/bin/env bash
# sim gossip and sim gossip-score: the mesh under attack, and cases of peer scores.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "without attackers every message reaches everybody"
run ainur sim gossip --nodes 30 --time 40s
expect_status 0
expect_match "$out" '1 run, 30 honest nodes, 0 attackers'
expect_match "$out" 'honest nodes reached +100.000%'
expect_match "$out" 'runs that broke one +0'

begin "all attacks at once, as a table and as JSON"
run ainur sim gossip --nodes 40 --attackers 160 --attack all
expect_status 0
expect_match "$out" '40 honest nodes, 160 attackers'
expect_match "$out" 'of them graylisted +[1-9][0-9]+'
expect_match "$out" 'validations +[0-9.]+ +[0-9.]+'
run ainur sim gossip --nodes 40 --attackers 160 --attack all --json
expect_status 0
expect_match "$out" '"messages_reaching_99": 1.0'
expect_match "$out" '"violations": \[\]'
first=$out
run ainur sim gossip --nodes 40 --attackers 160 --attack all --json
expect_equal "$out" "$first"

begin "many seeds, some attacks by name"
run ainur sim gossip --nodes 30 --attackers 60 --attack eclipse,censor --seeds 1..3 --json
expect_status 0
expect_match "$out" '"runs": 3'
expect_match "$out" '"victim_reach"'

begin "encoding each RPC is the same run"
run ainur sim gossip --nodes 10 --time 20s --json
plain=$(grep '"digest"' <<<"$out")
run ainur sim gossip --nodes 10 --time 20s --encode --json
expect_equal "$(grep '"digest"' <<<"$out")" "$plain"
expect_match "$out" '"bytes": [1-9]'

begin "a rule that breaks is status 1, and told how to see it again"
run ainur sim gossip --nodes 20 --time 40s --loss-ppm 980000
expect_status 1
expect_match "$out" 'reach: only'
again=$(sed -n 's/^ *again: //p' <<<"$out")
expect_match "$again" 'ainur sim gossip --nodes 20 .* --loss-ppm 980000 --seed 1'
run $again
expect_status 1

begin "bad input of gossip is status 2 and says what is wrong"
run ainur sim gossip --attack eclips
expect_status 2
expect_match "$err" 'did you mean "eclipse"'
run ainur sim gossip --attack xyz
expect_status 2
expect_match "$err" 'there are all, none, sybil_flood'
run ainur sim gossip --attack none,censor
expect_status 2
expect_match "$err" 'stands alone'
run ainur sim gossip --nodes 1
expect_status 2
expect_match "$err" 'nodes must be 2 to 100,000'
run ainur sim gossip --attack censor --attackers 0
expect_status 2
expect_match "$err" 'needs attackers'
run ainur sim gossip --time soon
expect_status 2
expect_match "$err" '--time'
run ainur sim gossip --rate 0
expect_status 2
expect_match "$err" '--rate'
run ainur sim gossip --seed 1 --seeds 1..2
expect_status 2
run ainur sim gosip
expect_status 2
expect_match "$err" 'did you mean "gossip"'

begin "the published cases of scores"
if [ -e "$AINUR_SHARED_DATA/gossipsub/score_cases.json" ]; then
  run ainur sim gossip-score "$AINUR_SHARED_DATA/gossipsub/score_cases.json"
  expect_status 0
  expect_match "$out" 'TestScoreTimeInMesh: score of A: expected 100, computed 100$'
  expect_match "$out" '^9 cases, 30 expectations, 0 different$'
else
  skip "there are no published cases"
fi

two_invalid() {
  cat >cases.json <<'END'
{"cases": [{"name": "two invalid", "global": {"DecayToZero": 0.01},
  "topics": {"t": {"TopicWeight": 1, "InvalidMessageDeliveriesWeight": -1}},
  "events": [{"op": "add_peer", "peer": "A"},
    {"op": "reject", "peer": "A", "topic": "t", "msg_from": 0, "count": 2,
     "reason": "validation_failed"},
    {"op": "expect_score", "peer": "A", "score": -4}]}]}
END
}

begin "cases of one's own; one that differs is status 1"
two_invalid
run ainur sim gossip-score cases.json
expect_status 0
expect_match "$out" 'expected -4, computed -4$'
sed -i 's/"score": -4/"score": -5/' cases.json
run ainur sim gossip-score cases.json
expect_status 1
expect_match "$out" 'expected -5, computed -4  DIFFERS'
run ainur sim gossip-score cases.json --json
expect_status 1
expect_match "$out" '"different": 1'

begin "bad case files are status 2, with the place and the nearest spelling"
two_invalid
sed -i 's/TopicWeight/TopicWight/' cases.json
run ainur sim gossip-score cases.json
expect_status 2
expect_match "$err" "cases.json: case 0: key 'TopicWight'.*did you mean \"TopicWeight\""
run ainur sim gossip-score nothing.json
expect_status 2
expect_match "$err" 'nothing.json: cannot be opened'
echo '{"cases": 3}' >cases.json
run ainur sim gossip-score cases.json
expect_status 2
expect_match "$err" "'cases'"

begin "help shows an example"
run ainur sim gossip --help
expect_status 0
expect_match "$out" 'ainur sim gossip --nodes 1000'
run ainur sim gossip-score --help
expect_status 0
expect_match "$out" 'expect_score'

finish
