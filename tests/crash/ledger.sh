#!/usr/bin/env bash
# kill -9 at any instant of a loaded ledger: after restart no acknowledged call is lost, none acts
# twice, and the whole log verifies. AINUR_CRASH_SEED=3 runs that round alone.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

seconds=$((240 * ${AINUR_TEST_COUNT:-1}))
rounds=$((4000 * ${AINUR_TEST_COUNT:-1}))
began=$SECONDS

# One life of the ledger, ended at a random instant of its first 300 ms.
load_and_kill() {
  local wait=$((RANDOM % 300))
  last_command="ledger_load store acks $1, killed after $wait ms"
  ledger_load store acks "$1" 2>load.err &
  local child=$!
  sleep "0.$(printf '%03d' "$wait")"
  { kill -9 "$child" && wait "$child"; } 2>/dev/null
  expect_equal "$(cat load.err)" ''
}

kills=0
begin "killed at random"
for ((round = 1; round <= rounds && SECONDS - began < seconds; ++round)); do
  [ "${AINUR_CRASH_SEED:-$round}" -eq "$round" ] || continue
  RANDOM=$round
  rm -rf store acks
  for ((lives = 3; lives > 0; --lives)); do
    load_and_kill $((round * 10 + lives))
    kills=$((kills + 1))
    [ -e store/store.mdb ] || continue
    run ledger_load --check store acks
    [ "$status" -eq 0 ] || fails "round $round: replay with AINUR_CRASH_SEED=$round"
  done
done
echo "killed $kills times"
[ "$kills" -ge 3 ] || fails "nothing was killed"

finish
