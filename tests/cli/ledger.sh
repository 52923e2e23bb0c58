#!/usr/bin/env bash
# ledger show and verify, on what a run left behind.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

# One run for all cases, of which each gets a copy where it spoils something.
cd "$scratch" || exit 3
ainur new market.toml >/dev/null
timeout 120 ainur run market.toml --json --set workload.synthetic.tasks=200 --data kept >run.json
kept=$scratch/kept

copy() { cp -r --sparse=always "$kept" data; }

# value KEY: of a key that stands once in the JSON last printed.
value() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" <<<"$out" | head -n 1; }

begin "show prints height, hashes and totals, as the run told them"
run ainur ledger show "$kept"
expect_status 0
for part in height time chain block_hash state_hash accounts issuance staked escrow channels \
  treasury; do
  expect_match "$out" "^$part  "
done
expect_match "$out" '^conserved +true$'
run ainur ledger show "$kept" --json
expect_status 0
expect_match "$(cat ../run.json)" "\"state_hash\": *\"$(value state_hash)\""
expect_match "$(cat ../run.json)" "\"height\": *$(value height)[,}]?"
expect_equal "$(value open_tasks)" 0
run ainur ledger show --data "$kept" --json
expect_status 0

begin "verify replays everything and counts"
run ainur ledger verify "$kept" --json
expect_status 0
expect_equal "$(value verified)" true
expect_equal "$(value from_height)" 0
expect_equal "$(value blocks)" "$(value height)"
expect_equal "$(value tasks_opened)" "$(value tasks_ended)"
[ "$(value acknowledgements)" -ge $((2 * $(value tasks_ended))) ] ||
  fails "too few acknowledgements"
run ainur ledger verify "$kept"
expect_status 0
expect_match "$out" '^verified +true$'

begin "show prints one account by its did or its number"
# Whatever in the store has the length of an account may be one.
accounts=$(python3 - "$kept/store/store.mdb" <<'END'
import re, sys
with open(sys.argv[1], "rb") as file:
    found = re.findall(rb"\xc4\x20(.{32})", file.read(), re.DOTALL)
print(*(id.hex() for id in dict.fromkeys(found[:400])), sep="\n")
END
)
bonded=0
for account in $accounts; do
  run ainur ledger show "$kept" "$account" --json
  [ "$status" -eq 0 ] && [ "$(value bonded_uainu)" -gt 0 ] || continue
  bonded=$(value bonded_uainu)
  break
done
expect_status 0
[ "$bonded" -gt 0 ] || fails "no bonded account was found"
expect_equal "$(value account)" "$account"
expect_match "$(value did)" '^did:ainur:[1-9A-HJ-NP-Za-km-z]+$'
expect_equal "$(value open_awards)" 0
for part in host controller free_uainu locked_uainu reserved_uainu held_uainu reputation nonce; do
  expect_match "$out" "\"$part\": "
done
whole=$out
run ainur ledger show --data "$kept" "$(value did)" --json
expect_equal "$out" "$whole"
run ainur ledger show "$kept" "$account"
expect_status 0
expect_match "$out" "^account +$account$"
expect_match "$out" '^bonded +[0-9.]+ AINU$'

begin "show names an account that is not there"
run ainur ledger show "$kept" --json
account=$(value chain) # not an account
run ainur ledger show "$kept" "$account"
expect_status 2
expect_match "$err" "$account"
run ainur ledger show "$kept" nobody
expect_status 2
expect_match "$err" 'nobody'

begin "a folder that is not there, or holds no ledger, is named"
for command in show verify; do
  run ainur ledger "$command" no/such
  expect_status 2
  expect_match "$err" 'no/such'
  mkdir -p empty
  run ainur ledger "$command" empty
  expect_status 2
  expect_match "$err" 'empty.*--data'
  expect_equal "$out" ''
done
expect_no_file empty/store

begin "a store that is no store is status 2 or 1, never a crash"
mkdir -p data/store
head -c 100000 /dev/urandom >data/store/store.mdb
run ainur ledger verify data
[ "$status" -eq 1 ] || [ "$status" -eq 2 ] || fails "status $status"
expect_match "$err" '^ainur: '

begin "an acknowledgement that the ledger does not hold is status 1, with its line"
copy
lines=$(wc -l <data/acks.jsonl)
echo '{"task":"00000000000000000000000000000000","ack":"submitted"}' >>data/acks.jsonl
run ainur ledger verify data
expect_status 1
expect_match "$err" "acks\.jsonl:$((lines + 1)): .*never opened"
sed -i '$d' data/acks.jsonl
sed -i '0,/"state":"completed","paid":/s//"state":"completed","paid":9/' data/acks.jsonl
run ainur ledger verify data
expect_status 1
expect_match "$err" 'acks\.jsonl:[0-9]+: .*was acknowledged as completed'

begin "an acknowledgement cut short at the end is none; one cut in the middle is damage"
copy
printf '{"task":"0000' >>data/acks.jsonl
run ainur ledger verify data
expect_status 0
printf '\n' >>data/acks.jsonl
run ainur ledger verify data
expect_status 1
expect_match "$err" 'acks\.jsonl:[0-9]+: '

begin "a byte that flips in the store is found, and the record named"
copy
chain=$(ainur ledger show data --json | sed -n 's/.*"chain": "\([0-9a-f]*\)".*/\1/p')
python3 - data/store/store.mdb "$chain" <<'END'
import sys
path, chain = sys.argv[1], bytes.fromhex(sys.argv[2])
with open(path, "r+b") as file:
    data = file.read()
    at = data.find(chain)  # in snapshots, and the first block's "previous"
    assert at > 0
    while at > 0:
        file.seek(at + 5)
        file.write(bytes([data[at + 5] ^ 64]))
        at = data.find(chain, at + 1)
END
run ainur ledger verify data
expect_status 1
expect_match "$err" 'damaged|diverged|at height'
expect_equal "$out" ''

# genesis FILE: two accounts, an authority and a council.
ones=$(printf '1%.0s' {1..64}) twos=$(printf '2%.0s' {1..64})
genesis() {
  cat >"$1" <<END
chain = "town"
time = "2026-01-01T00:00:00Z"
authority = "$ones"
council = "$twos"
treasury = "1000 AINU"
[parameters]
unbonding = "2d"
[[allocation]]
account = "$ones"
free = "7.5 AINU"
END
}

begin "a store that was cut short is damage wherever it ends, and its lock file is not missed"
for percent in 50 25 5 1; do
  rm -rf data
  copy
  truncate -s $(($(stat -c %s data/store/store.mdb) * percent / 100)) data/store/store.mdb
  run ainur ledger verify data
  expect_status 1
  expect_match "$err" 'store\.damaged'
  run ainur ledger show data
  [ "$status" -lt 3 ] || fails "status $status"
done
rm -rf data
copy
rm data/store/store.mdb-lock data/store/owner
run ainur ledger verify data
expect_status 0

begin "init begins a ledger from a genesis file, once"
genesis g.toml
run ainur ledger init made --genesis g.toml --json
expect_status 0
expect_equal "$(value accounts)" 1
chain=$(value chain)
run ainur ledger show made --json
expect_status 0
expect_equal "$(value chain)" "$chain"
expect_equal "$(value issuance_uainu)" 1007500000
run ainur ledger verify made
expect_status 0
run ainur ledger init made --genesis g.toml
expect_status 2
expect_match "$err" 'made holds a ledger'

begin "init tells every mistake of a genesis file with its line and the nearest spelling"
genesis g.toml
sed -i 's/unbonding = "2d"/unbondin = "2d"/; s/^free = .*/free = 7.5/' g.toml
run ainur ledger init made --genesis g.toml
expect_status 2
expect_match "$err" 'g\.toml:7:.*parameters\.unbondin.*"unbonding"'
expect_match "$err" 'g\.toml:10:.*allocation\[0\]\.free.*AINU'
expect_no_file made
run ainur ledger init made --genesis none.toml
expect_status 2
expect_match "$err" 'none\.toml'

begin "a proof shows an account, or that there is none, to whoever knows the state's hash"
state=$(ainur ledger show "$kept" --json | sed -n 's/.*"state_hash": "\([0-9a-f]*\)".*/\1/p')
chain=$(ainur ledger show "$kept" --json | sed -n 's/.*"chain": "\([0-9a-f]*\)".*/\1/p')
ainur ledger prove "$kept" "$account" >absent.json || fails "no proof of an absence"
run ainur ledger check-proof absent.json --chain "$chain"
expect_status 1
expect_match "$err" 'nothing ties it to the chain'
run ainur ledger check-proof absent.json --chain "$chain" --state-hash "$state"
expect_status 0
expect_match "$out" '^present +false$'
present=$(sed -n 's/^ *"account": "\([0-9a-f]*\)".*/\1/p' <<<"$whole" | head -n 1)
ainur ledger prove "$kept" "$present" >proof.json || fails "no proof"
run ainur ledger check-proof proof.json --state-hash "$ones"
expect_status 1
expect_match "$err" 'another state'
run ainur ledger check-proof proof.json --state-hash "$state" --json
expect_status 0
expect_equal "$(value account)" "$present"
expect_equal "$(value bonded_uainu)" "$bonded"
run ainur ledger check-proof proof.json --chain "$ones"
expect_status 1
expect_match "$err" 'another chain'
run ainur ledger check-proof proof.json --authority "$ones"
expect_status 1
expect_match "$err" 'not signed'
sed 's/"record": "dc/"record": "dd/' proof.json >spoilt.json
run ainur ledger check-proof spoilt.json
expect_status 1
echo '{}' >none.json
run ainur ledger check-proof none.json
expect_status 2
expect_match "$err" 'at: this key is needed'

begin "history lists what touched an account, newest last"
run ainur ledger history "$kept" "$present" --limit 5
expect_status 0
expect_equal "$(wc -l <<<"$out")" 5
heights=$(awk '{print $1}' <<<"$out")
expect_equal "$heights" "$(sort -n <<<"$heights")"
expect_match "$out" ' (call|event) '
run ainur ledger history "$kept" "$present" --from 1000000000
expect_status 0
expect_match "$out" '^nothing touched'
run ainur ledger history "$kept" "$present" --limit 2 --json
expect_status 0
expect_match "$out" '"height": '
run ainur ledger history "$kept" nobody
expect_status 2

begin "export writes every block, call, receipt and event as JSON lines"
run ainur ledger export "$kept" --out log.jsonl
expect_status 0
python3 - log.jsonl "$(ainur ledger show "$kept" --json)" <<'END' || fails "not as expected"
import json, sys
kinds, heights = {}, []
for line in open(sys.argv[1]):
    record = json.loads(line)
    kinds[record["kind"]] = kinds.get(record["kind"], 0) + 1
    if record["kind"] == "block":
        heights.append(record["height"])
assert heights == list(range(1, json.loads(sys.argv[2])["height"] + 1)), heights[:5]
assert set(kinds) == {"block", "call", "receipt", "event"}, kinds
END
run ainur ledger export "$kept" --out log.jsonl
expect_status 2

begin "backup copies a ledger; restore verifies the copy first"
run ainur ledger backup "$kept" copy --json
expect_status 0
before=$(value block_hash)
run ainur ledger restore copy again --json
expect_status 0
expect_equal "$(value block_hash)" "$before"
run ainur ledger verify again
expect_status 0
run ainur ledger backup "$kept" copy
expect_status 2
expect_match "$err" 'copy'
python3 - copy/store/store.mdb "$present" <<'END'
import sys
path, id = sys.argv[1], bytes.fromhex(sys.argv[2])
with open(path, "r+b") as file:
    data = file.read()
    at = data.find(id)
    assert at > 0
    file.seek(at + 5)
    file.write(bytes([data[at + 5] ^ 64]))
END
run ainur ledger restore copy third
expect_status 1
expect_match "$err" 'damaged.*table'
expect_no_file third/store

begin "each subcommand has an example"
for command in init show history verify backup restore export prove check-proof; do
  run ainur ledger "$command" --help
  expect_status 0
  expect_match "$out" "ainur ledger $command "
done

begin "a ledger of validators begins from its founding, and takes no blocks of others"
ones=$(printf '1%.0s' {1..64}) twos=$(printf '2%.0s' {1..64})
cat >genesis.toml <<END
time = "2026-01-01T00:00:00Z"
council = "$twos"
[founding]
[[founding.validator]]
stash = "$ones"
key = "$twos"
value = "20000 AINU"
commission_ppm = 100000
[[allocation]]
account = "$twos"
free = "100 AINU"
END
run ainur ledger init founded --genesis genesis.toml --json
expect_status 0
expect_equal "$(value validators)" 1
run ainur ledger show founded
expect_match "$out" '^staked +20000 AINU$'
run ainur ledger verify founded
expect_status 0
echo correct-horse >pass
ainur key new me.key --passphrase-file pass >/dev/null
run ainur tx transfer founded --key me.key --passphrase-file pass --to "$ones" --value '1 AINU'
expect_status 2
expect_match "$err" 'validators make the blocks'
sed -i 's/"20000 AINU"/"9999 AINU"/' genesis.toml
run ainur ledger init other --genesis genesis.toml
expect_status 2
expect_match "$err" 'stakes less than'

finish
