#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

net=$AINUR_SOURCE/examples/networks/bridges.json

begin "several routers are compared on a network that changes"
run ainur sim routing --topology "$net" --compare q,cdrq,vector --load 1.5 --steps 10000 --seeds 5
expect_status 0
expect_match "$out" '32 nodes, 50 links, 10000 steps, 5 seeds'
expect_match "$out" 'vector +[0-9]+ ± [0-9]+ +0 '
expect_match "$out" 'from 5000'

begin "as JSON: the forms that programs rely on, and the same again from the same seeds"
run ainur sim routing --topology "$net" --algorithm vector --load 1,1.5 --steps 4000 \
  --seeds 3..5 --json
expect_status 0
expect_match "$out" '"algorithm": "vector"'
for key in settled_step mean ci95 censored delivery_time lost; do
  expect_match "$out" "\"$key\":"
done
expect_equal "$(grep -c '"load":' <<<"$out")" 2
first=$out
run ainur sim routing --topology "$net" --algorithm vector --load 1,1.5 --steps 4000 \
  --seeds 3..5 --json
expect_equal "$out" "$first"

begin "every algorithm runs"
run ainur sim routing --topology "$net" --algorithm all --load 0.5 --steps 1600 --seeds 1 \
  --change 900:load:0.8
expect_status 2 # from 900 to the end there are seven
expect_match "$err" 'eight windows'
run ainur sim routing --topology "$net" --algorithm all --load 0.5 --steps 1600 --seeds 1
expect_status 0
for name in q full_echo cq dual cdrq predictive count vector shortest random broadcast; do
  expect_match "$out" "^  $name "
done

begin "the table as CSV, and a plot"
run ainur sim routing --topology "$net" --compare q,vector --load 1 --steps 8000 --seeds 2 \
  --csv table.csv --plot plot.svg
expect_status 0
expect_equal "$(wc -l <table.csv)" 5
expect_match "$(head -n 1 table.csv)" '^algorithm,load,from_step,settled_step'
expect_match "$(head -c 200 plot.svg)" '<svg '
expect_match "$(cat plot.svg)" '>vector<'
run ainur sim routing --topology "$net" --steps 800 --seeds 1 --csv missing/table.csv
expect_status 2
expect_match "$err" 'missing/table.csv: cannot be written'

begin "bad input is status 2 and says what is meant"
bad() { # EXPECTED ARGUMENTS...
  local expected=$1
  shift
  run ainur sim routing "$@"
  expect_status 2
  expect_match "$err" "$expected"
  expect_equal "$out" ""
}
bad 'missing.json: cannot be read' --topology missing.json
echo '{"nodes": [{"id": 0}, {"id": 1}], "egdes": [[0, 1]]}' >typo.json
bad 'typo.json: .*"egdes" is unknown; is "edges" meant' --topology typo.json
bad '"vectr"; did you mean "vector"' --topology "$net" --algorithm vectr
bad '"dq"' --topology "$net" --compare q,dq
bad '"2x" is not a number of packets' --topology "$net" --load 2x
bad 'is neither a number nor a range' --topology "$net" --seeds ten
bad 'at least one is needed' --topology "$net" --seeds 0
bad 'there is no such link' --topology "$net" --change 4000:cut:0-31
bad '"ctu" is unknown; is "cut" meant' --topology "$net" --change 4000:ctu:0-1
bad '1 to an eighth' --topology "$net" --steps 100
bad 'eta' --topology "$net" --eta 0
bad 'topology' --steps 100
bad 'at most 1000000' --topology "$net" --steps 2000000
finish
