#!/usr/bin/env bash
# ledger prove and check-proof where validators keep the ledger, and their single stores.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

cd "$scratch" || exit 3
ainur new market.toml >/dev/null
timeout 120 ainur run market.toml --quiet --set workload.synthetic.tasks=100 \
  --set validators.count=4 --set ledger.checkpoint_interval=10 --data kept >/dev/null
kept=$scratch/kept
chain=$(ainur ledger show "$kept" | awk '/^chain / { print $2 }')
height=$(ainur ledger show "$kept" | awk '/^height / { print $2 }')
# Two blocks that have transactions.
read -r early late < <(ainur ledger export "$kept" | grep '"kind":"receipt"' |
  sed -n 's/.*"height":\([0-9]*\),"batch":0.*/\1/p' | sed -n '3p;8p' | tr '\n' ' ')
ones=$(printf '1%.0s' {1..64})
# field FILE KEY: of what a proof shows.
field() {
  ainur ledger check-proof "$1" --chain "$chain" --json |
    sed -n "s/.*\"$2\": \"\(.*\)\".*/\1/p" | head -n 1
}
paid=$scratch/paid.json account=$scratch/account.json
ainur ledger prove "$kept" --transaction "$early:0" >"$paid"
block=$(field "$paid" block) who=$(field "$paid" signer)
ainur ledger prove "$kept" "$who" >"$account"

# value KEY: of a key that stands once in the JSON last printed.
value() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" <<<"$out" | head -n 1; }

begin "a transaction is proven by its place and by its id, from any node's store"
run ainur ledger check-proof "$paid" --chain "$chain" --json
expect_status 0
expect_equal "$(value proven)" true
expect_equal "$(value height)" "$early"
expect_equal "$(value status)" ok
id=$(value transaction)
expect_match "$(ainur ledger export "$kept" --from "$early")" "\"batch\":0,\"id\":\"$id\""
ainur ledger prove "$kept/store/validators/2" --transaction "$id" >same.json || fails "no proof"
run ainur ledger check-proof same.json --chain "$chain" --json
expect_status 0
expect_equal "$(value transaction)" "$id"

begin "a proof may begin with a block that the reader trusts"
ainur ledger prove "$kept" --transaction "$late:0" --from-height "$early" >later.json ||
  fails "no proof"
run ainur ledger check-proof later.json --chain "$chain" --trusted-block "$block"
expect_status 0
run ainur ledger check-proof later.json --chain "$chain" --trusted-block "$ones"
expect_status 1
expect_match "$err" 'not_trusted'
run ainur ledger check-proof later.json --chain "$chain"
expect_status 1
run ainur ledger check-proof later.json --trusted-block "$block"
expect_status 1
expect_match "$err" '--chain'
run ainur ledger check-proof later.json
expect_status 1
expect_match "$err" '--trusted-block'
run ainur ledger prove "$kept" --transaction "$early:0" --from-height "$late"
expect_status 2
expect_match "$err" 'begins before'

begin "an account is proven at a checkpoint that validators certified"
run ainur ledger check-proof "$account" --chain "$chain" --json
expect_status 0
expect_equal "$(value proven)" true
expect_equal "$(value certified)" true
expect_equal "$(value did)" "$who"
expect_equal "$(($(value height) % 10))" 0
ainur ledger prove "$kept" "$ones" >absent.json || fails "no proof of an absence"
run ainur ledger check-proof absent.json --chain "$chain" --json
expect_status 0
expect_equal "$(value present)" false

begin "what ties a proof to the chain must be known, and fit"
for proof in "$paid" "$account"; do
  run ainur ledger check-proof "$proof"
  expect_status 1
  expect_match "$out" '^proven +false$'
  expect_match "$err" '--chain'
  run ainur ledger check-proof "$proof" --chain "$ones"
  expect_status 1
  expect_match "$err" 'not_trusted.*another chain'
  run ainur ledger check-proof "$proof" --chain "$chain" --max-age 1s # the run's clock is long ago
  expect_status 1
  expect_match "$err" 'too old'
  for option in --authority --state-hash; do
    run ainur ledger check-proof "$proof" --chain "$chain" $option "$ones"
    expect_status 2
    expect_match "$err" "$option: the proof is of validators"
  done
done
run ainur ledger check-proof "$paid" --chain "$chain" --max-age soon
expect_status 2
expect_match "$err" '--max-age'

begin "a proof that was changed is refused"
sed 's/^  "place": 0/  "place": 1/' "$paid" >spoilt.json
run ainur ledger check-proof spoilt.json --chain "$chain"
expect_status 1
expect_match "$err" 'bad_proof'
printf '[%.0s' {1..10000} >deep.json
run ainur ledger check-proof deep.json --chain "$chain"
expect_status 2
head -c 500 "$paid" >half.json
run ainur ledger check-proof half.json --chain "$chain"
expect_status 2

begin "what is not there cannot be proven"
run ainur ledger prove "$kept" --transaction "$((height + 1)):0"
expect_status 2
expect_match "$err" "those of 1 to $height"
run ainur ledger prove "$kept" --transaction "$early:1000"
expect_status 2
expect_match "$err" 'none at 1000'
run ainur ledger prove "$kept" --transaction "$ones"
expect_status 2
expect_match "$err" 'no transaction'
for bad in five: :0 5:x 5:0:0 abc; do
  run ainur ledger prove "$kept" --transaction "$bad"
  expect_status 2
  expect_match "$err" '--transaction'
done
run ainur ledger prove "$kept"
expect_status 2
expect_match "$err" 'ACCOUNT'
run ainur ledger prove "$kept" "$who" --transaction "$early:0"
expect_status 2

begin "a single authority's ledger has no finality to prove"
timeout 120 ainur run ../market.toml --quiet --set workload.synthetic.tasks=10 \
  --data alone >/dev/null
run ainur ledger prove alone --transaction 1:0
expect_status 2
expect_match "$err" 'no validators keep this ledger'
ainur ledger prove alone "$ones" >authority.json || fails "no proof"
run ainur ledger check-proof authority.json --trusted-block "$ones"
expect_status 2
expect_match "$err" 'single authority'

begin "a validator's own store can be shown and verified"
for place in "$kept" "$kept/store/validators/0" "$kept/store/validators/3"; do
  run ainur ledger verify "$place" --json
  expect_status 0
  expect_equal "$(value verified)" true
done
run ainur ledger show "$kept/store/validators/0" --json
expect_equal "$(value chain)" "$chain"
expect_match "$(value block_id)" '^[0-9a-f]{64}$'
run ainur ledger show "$kept/store/validators"
expect_status 2

finish
