#!/usr/bin/env bash
# Who would be found for a question, and why.
source "$AINUR_SOURCE/tests/support/shell.sh"

agents=$AINUR_SOURCE/examples/scenarios/discover.toml

begin "a question in free words finds who can do it, says why, and who is kept out"
run ainur discover "translate a contract" --scenario "$agents" --price-max 0.05 --count 25
expect_status 0
expect_match "$out" '75 agents, [0-9]+ of them share something'
expect_match "$out" 'translators/0 .* 0.03 AINU +500 +1 +translat [0-9]+ %, contract'
expect_match "$out" 'interpreters/0 .*price 80000 is above 50000'
expect_equal "$(grep -c 'translators/' <<<"$out")" 20

begin "filters by region and reputation, tags, and --json"
run ainur discover "review code" --scenario "$agents" --region 1,2 --json
expect_status 1 # coders are in region 3
expect_match "$out" '"found": \[\]'
expect_match "$out" '"filter": "region 3'
run ainur discover "review code" --scenario "$agents" --reputation-min 1 --count 1
expect_match "$out" 'coders/0 .*reputation 0 is below 1'
run ainur discover "anything" --tags speech --scenario "$agents" --count 1 --json
expect_status 0
expect_match "$out" '"agent": "interpreters/0"'
expect_match "$out" '"score": 0\.'

begin "a vector stands in for the words"
run ainur discover "" --vector "$(seq -s, 1 64)" --scenario "$agents" --count 1
expect_status 0

begin "nobody is status 1, bad input is status 2"
run ainur discover "quantum" --scenario "$agents"
expect_status 1
run ainur discover "translate" --scenario missing.toml
expect_status 2
expect_match "$err" 'missing.toml'
run ainur discover "translate" --scenario "$agents" --price-max lots
expect_status 2
expect_match "$err" '\-\-price-max: '
run ainur discover "translate" --scenario "$agents" --region 64
expect_status 2
expect_match "$err" 'there are 0 to 63'
run ainur discover "" --scenario "$agents"
expect_status 2
run ainur discover "x" --vector 1,2,3 --scenario "$agents"
expect_status 2
expect_match "$err" '64'
run ainur discover "x" --scenario "$agents" --count 0
expect_status 2
run ainur discover "x" --scenario "$agents" --set 'population.0.region=70'
expect_status 2
finish
