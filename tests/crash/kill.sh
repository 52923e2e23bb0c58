#!/usr/bin/env bash
# kill -9 at any instant: the ledger verifies, every acknowledgement is in it, and --resume brings
# every task to a final state. AINUR_CRASH_SEED=3 runs that round alone.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/crash/market.sh"

rounds=$((8 * ${AINUR_TEST_COUNT:-1}))

# Runs the market and kills it at a random instant of its first seconds, unless it ends before.
run_and_kill() {
  local wait=$((RANDOM % 3500))
  last_command="kill -9 after $wait ms"
  choose_command
  "${command[@]}" >run.json 2>run.err </dev/null &
  local child=$!
  sleep "$((wait / 1000)).$(printf '%03d' $((wait % 1000)))"
  { kill -9 "$child" && wait "$child"; } 2>/dev/null
  return 0
}

for ((round = 1; round <= rounds; ++round)); do
  [ "${AINUR_CRASH_SEED:-$round}" -eq "$round" ] || continue
  begin "killed at random, round $round (AINUR_CRASH_SEED=$round)"
  RANDOM=$round
  market
  for ((kills = 1 + RANDOM % 3; kills > 0; --kills)); do
    run_and_kill
    if [ -e data/store/store.mdb ]; then
      expect_verified
    else
      expect_no_file data/acks.jsonl # killed before there was anything
    fi
  done
  expect_end
done

finish
