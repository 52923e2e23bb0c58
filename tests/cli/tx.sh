#!/usr/bin/env bash
# tx: calls on an embedded ledger, signed by key files.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

make_key() { # NAME
  echo "passphrase of $1" >"$1.pass"
  ainur key new "$1.key" --passphrase-file "$1.pass" >"$1.out" || fails "no key"
  sed -n 's/^account  *//p' "$1.out"
}

# A ledger in `data` with two people who have 100 AINU each.
make_ledger() {
  ann=$(make_key ann)
  bob=$(make_key bob)
  cat >town.toml <<GENESIS
chain = "town"
time = "2026-01-01T00:00:00Z"
authority = "$ann"
council = "$ann"
[[allocation]]
account = "$ann"
free = "100 AINU"
[[allocation]]
account = "$bob"
free = "100 AINU"
GENESIS
  ainur ledger init data --genesis town.toml >/dev/null || fails "no ledger"
}

as() { # NAME CALL ARGUMENTS...
  local name=$1 call=$2
  shift 2
  run ainur tx "$call" data --key "$name.key" --passphrase-file "$name.pass" "$@"
}

begin "a transfer is signed, carried out and durable"
make_ledger
as ann transfer --to "$bob" --value '1.5 AINU'
expect_status 0
expect_match "$out" '^call 1: ok$'
expect_match "$out" '^block 1 at 20'
run ainur ledger show data "$bob" --json
expect_match "$out" '"free_uainu": 101500000'
run ainur ledger verify data
expect_status 0

begin "a refused call says why, and exits with 1"
make_ledger
as ann transfer --to "$bob" --value '1000 AINU'
expect_status 1
expect_match "$out" '^call 1: insufficient_funds: '
as bob mint-money --to "$bob" --value '1 AINU'
expect_status 1
expect_match "$out" '^call 1: not_permitted: '

begin "bad input names the option, and does nothing"
make_ledger
as ann transfer --to nobody --value '1 AINU'
expect_status 2
expect_match "$err" 'to'
as ann transfer --value '1 AINU'
expect_status 2
expect_match "$err" '--to is required'
as ann award-task --task 00112233445566778899aabbccddeeff --bids-root "$ann" --lines '[{"subtsk": 1}]'
expect_status 2
expect_match "$err" 'lines.*is "subtask" meant\?'
run ainur ledger show data --json
expect_match "$out" '"height": 0'

begin "many calls travel in one batch, all or each"
make_ledger
cat >calls.jsonl <<CALLS
{"transfer": {"to": "$bob", "value": "1 AINU"}}
{"burn_money": {"value": "1000 AINU"}}
CALLS
run ainur tx batch data calls.jsonl --key ann.key --passphrase-file ann.pass --all
expect_status 1
expect_match "$out" '^call 1: aborted: '
run ainur tx batch data calls.jsonl --key ann.key --passphrase-file ann.pass
expect_status 1
expect_match "$out" '^call 1: ok$'
expect_match "$out" '^call 2: insufficient_funds: '

begin "a batch signed here is submitted later, once"
make_ledger
as ann transfer --to "$bob" --value '1 AINU' --out batch.json --valid-for 1d
expect_status 0
run ainur tx submit data batch.json --json
expect_status 0
expect_match "$out" '"status": "ok"'
run ainur tx submit data batch.json
expect_status 1
expect_match "$out" 'bad_nonce'

begin "lists, flags and nested values of calls"
make_ledger
as ann bond --value '5 AINU'
expect_status 0
as ann lock-balance --number 3 --value '2 AINU' --until 2030-01-01T00:00:00Z
expect_status 0
as bob transfer-all --to "$ann" --keep-alive
expect_status 0
run ainur ledger history data "$ann"
expect_match "$out" 'transfer_all'

begin "two parties open a channel, sign a last state and close it"
make_ledger
params="{\"first\": \"$ann\", \"second\": \"$bob\", \"first_deposit\": \"10 AINU\",
  \"second_deposit\": \"0 AINU\", \"challenge\": \"1h\", \"open_by\": \"$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)\"}"
run ainur tx sign-opening data --key bob.key --passphrase-file bob.pass --params "$params" --json
expect_status 0
consent=$(sed -n 's/.*"signature": "\([0-9a-f]*\)".*/\1/p' <<<"$out")
channel=$(sed -n 's/.*"channel": "\([0-9a-f]*\)".*/\1/p' <<<"$out")
as ann open-channel --params "$params" --consent "$consent"
expect_status 0
state="{\"channel\": \"$channel\", \"version\": 1, \"first\": \"7 AINU\", \"second\": \"3 AINU\",
  \"locked\": \"0 AINU\", \"is_final\": true}"
for name in ann bob; do
  run ainur tx sign-state --key $name.key --passphrase-file $name.pass --state "$state" --json
  expect_status 0
  declare "signed_by_$name=$(sed -n 's/.*"signature": "\([0-9a-f]*\)".*/\1/p' <<<"$out")"
done
as ann close-channel --last "{\"content\": $state, \"first_signature\": \"$signed_by_ann\",
  \"second_signature\": \"$signed_by_bob\"}"
expect_status 0
run ainur ledger show data "$bob" --json
expect_match "$out" '"free_uainu": 103000000'

begin "every call has help with an example"
for call in $(ainur tx --help | awk '/^Subcommands|^  [a-z]/ && $1 ~ /^[a-z-]+$/ && $1 != "ainur" {print $1}'); do
  run ainur tx "$call" --help
  expect_status 0
  expect_match "$out" "ainur tx $call"
  [[ $call =~ ^(batch|submit|sign-opening|sign-state)$ ]] && continue
  for part in Who Weight Errors Events; do
    expect_match "$out" "^$part:"
  done
done
run ainur tx mint-money --help
expect_match "$out" '^Who: the council$'
expect_match "$out" '^Weight: 1$'
expect_match "$out" '^  not_permitted +this account may not do this$'
expect_match "$out" '^Events: issuance_changed$'
run ainur tx tranfer
expect_status 2

begin "the reference page is that of the catalogue"
# If this fails: ainur tx --reference > docs/ledger-calls.md
run diff "$AINUR_SOURCE/docs/ledger-calls.md" <(ainur tx --reference)
expect_status 0
run ainur tx
expect_status 2
expect_match "$err" 'subcommand'

finish
