#!/usr/bin/env bash
# Mistakes in scenarios end with one clear error each, file, line and key, and status 2.
source "$AINUR_SOURCE/tests/support/shell.sh"

for scenario in "$AINUR_SOURCE"/examples/scenarios/*.toml; do
  begin "examples/scenarios/${scenario##*/} is valid"
  run ainur check "$scenario"
  expect_status 0
  expect_match "$out" ': valid$'
  expect_equal "$err" ''
done

begin "--json is one object that says so"
run ainur check --json "$AINUR_SOURCE/examples/scenarios/market.toml"
expect_status 0
expect_match "$out" '"valid": true'

# A valid scenario to spoil.
starter() { ainur new starter.toml >/dev/null; }

# refused PATTERN: bad.toml is refused with these words, as status 2, without a word on stdout.
refused() {
  run timeout 20 ainur check bad.toml
  expect_status 2
  expect_match "$err" "$1"
  expect_match "$err" 'bad\.toml'
}

begin "a misspelt key is named with its line and the nearest valid one"
starter
{ echo 'sead = 7' && cat starter.toml; } >bad.toml
refused 'bad\.toml:1'
expect_match "$err" 'sead'
expect_match "$err" 'seed'

begin "every mistake is found at once"
starter
{ printf 'sead = 7\nclok = "virtual"\n' && cat starter.toml; } >bad.toml
refused 'sead'
expect_match "$err" 'clok'

begin "a negative, an overflowing and a mistyped number are refused"
for value in -1 99999999999999999999999 '"many"' 1.5 nan; do
  printf '[[population]]\nname = "a"\ncapabilities = ["x"]\ncount = %s\n' "$value" >bad.toml
  refused 'bad\.toml:4'
done

begin "clients without the money for an account are refused"
starter
sed 's/^# balance = "100000 AINU"$/balance = "0 AINU"/' starter.toml >bad.toml
refused 'clients\.balance: must be at least'

begin "bonds that shut agents out and faults after the end are warned of"
starter
sed 's/^at = "2min"$/at = "9d"/; s/^# bond = "100 AINU"$/bond = "50 AINU"/' starter.toml >odd.toml
run ainur check odd.toml
expect_status 0
expect_match "$out" 'warning: population "steady" bonds 50 AINU'
expect_match "$out" 'warning: fault\[0\] is due at 9d'

begin "a kill has no length"
starter
sed 's/^at = "2min"$/at = "2min"\nfor = "10s"/' starter.toml >bad.toml
refused 'fault\[0\]\.for: a kill has no length'

begin "faults of validators need validators, and say what they lack"
printf '[[population]]\ncapabilities = ["x"]\n[validators]\ncount = 4\n' >some.toml
printf '[[fault]]\nkind = "clock_skew"\ntarget = "validators"\n' >skew.toml
cat some.toml skew.toml >bad.toml
refused 'bad\.toml:5.*fault\[0\]\.delay: clock_skew needs its delay, less than 10min'
{ cat some.toml skew.toml && echo 'delay = "2s"'; } >good.toml
run ainur check good.toml
expect_status 0
run ainur check good.toml --set validators.count=0
expect_status 2
expect_match "$err" 'fault\[0\]\.target: there are no validators: set validators\.count'
run ainur check good.toml --set fault[0].target=agents
expect_status 2
expect_match "$err" 'a fault of validators only; did you mean "validators"\?'

begin "two columns of one name are refused"
printf 'time,time\n1,2\n' >twice.csv
printf '[[population]]\ncapabilities_from = "workload"\n[workload]\nsource = "csv"\n' >csv.toml
printf '[workload.csv]\ntime = "time"\n' >>csv.toml
run ainur check csv.toml --workload twice.csv
expect_status 2
expect_match "$err" 'twice\.csv:1: two columns are named "time"'

begin "text that is no TOML is refused with its line"
printf 'name = "x"\nseed = = 1\n' >bad.toml
refused 'bad\.toml:2'

begin "an empty, a binary, a UTF-16 and a truncated file are refused"
: >bad.toml
refused population
head -c 4096 /dev/urandom >bad.toml
refused .
printf '\xff\xfes\0e\0e\0d\0=\0001\0' >bad.toml
refused .
starter
head -c 20 starter.toml >bad.toml
echo 'name = "cut' >>bad.toml
refused .

begin "deep nesting is refused"
{ printf 'seed = ' && printf '[%.0s' {1..50000}; } >bad.toml
refused .

begin "a huge file is refused without being read"
truncate -s 8G bad.toml
refused .

begin "a folder is not a file"
mkdir bad.toml
refused .

begin "--set changes a key, and a wrong one is refused"
starter
run ainur check starter.toml --set seed=12
expect_status 0
run ainur check starter.toml --set sead=12
expect_status 2
expect_match "$err" 'sead'

begin "a workload that is not there is named"
starter
run ainur check starter.toml --workload no/such.csv
expect_status 2
expect_match "$err" 'no/such\.csv'

logs=$AINUR_SHARED_DATA/workloads
for pair in genai-trace:genai-requests.csv nasa-ipsc-1993:nasa-ipsc-1993.swf \
  llm-conversation:llm-conversation.csv; do
  begin "the workload ${pair#*:} is explained"
  if [ ! -e "$logs/${pair#*:}" ]; then
    skip "$logs/${pair#*:} is not there (set AINUR_SHARED_DATA)"
    continue
  fi
  run ainur check "$AINUR_SOURCE/examples/scenarios/${pair%:*}.toml" --workload "$logs/${pair#*:}"
  expect_status 0
  expect_match "$out" '^workload: '
done

finish
