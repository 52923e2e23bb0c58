#!/usr/bin/env bash
# tx: calls on an embedded ledger, signed by key files.
# shellcheck disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

make_key() { # NAME
  echo "passphrase of $1" >"$1.pass"
  ainur key new "$1.key" --passphrase-file "$1.pass" >"$1.out" || fails "no key"
  sed -n 's/^account  *//p' "$1.out"
}

in_future() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }

# A ledger in `data` with two people who have 100 AINU each.
make_ledger() {
  ann=$(make_key ann)
  bob=$(make_key bob)
  cat >town.toml <<GENESIS
chain = "town"
time = "2026-01-01T00:00:00Z"
authority = "$ann"
council = "$ann"
[parameters]
orchestrator_bond_min = "50 AINU"
bond_min = "50 AINU"
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
task=00112233445566778899aabbccddeeff
as ann award-task --task $task --bids-root "$ann" --lines '[{"subtsk": 1}, {"subtask": 2}]'
expect_status 2
expect_match "$err" 'lines.*is "subtask" meant\?'
run ainur ledger show data --json
expect_match "$out" '"height": 0'

begin "what cannot be opened is named, before anybody is asked for a passphrase"
make_ledger
run ainur tx transfer nowhere --key ann.key --to "$bob" --value '1 AINU'
expect_status 2
expect_match "$err" 'nowhere: there is no such folder'
mkdir empty
run ainur tx transfer empty --key ann.key --to "$bob" --value '1 AINU'
expect_status 2
expect_match "$err" 'empty: holds no ledger; .ainur ledger init.'
run ainur tx transfer data --key none.key --to "$bob" --value '1 AINU'
expect_status 2
expect_match "$err" 'none\.key'
run ainur tx transfer --key ann.key --passphrase-file ann.pass --value '1 AINU' --to "$bob" data
expect_status 0

begin "an agent consents to an award by a signature; a task and its award are shown"
make_ledger
carol=$(make_key carol)
as bob transfer --to "$carol" --value '1 AINU'
as ann bond --value '90 AINU'
task=00112233445566778899aabbccddeeff
as bob open-task --task $task --budget '9 AINU' --call-host "$ann" --description "$ann" \
  --award-by "$(in_future '1 hour')" --deadline "$(in_future '1 day')"
expect_status 0
award() { # SIGNATURE
  as ann award-task --task $task --bids-root "$ann" --last --lines "[{\"subtask\": 0,
    \"agent\": \"$carol\", \"price\": \"8 AINU\", \"work\": \"1h\", \"rate\": 0,
    \"bid\": \"$bob\", \"agent_signature\": \"$1\"}]"
}
run ainur tx sign-bid --bid "$ann" --key carol.key --passphrase-file carol.pass
award "$(sed -n 's/^signature  *//p' <<<"$out")"
expect_status 1
expect_match "$out" '^call 1: bad_signature: '
run ainur tx sign-bid --bid "$bob" --key carol.key --passphrase-file carol.pass
expect_status 0
award "$(sed -n 's/^signature  *//p' <<<"$out")"
expect_status 0
run ainur ledger show data --task $task
expect_status 0
expect_match "$out" '"price":8000000,.*"status":"working"'
run ainur ledger show data --task 00000000000000000000000000000000
expect_status 2
expect_match "$err" 'data: the ledger has no task 0000'
run ainur tx sign-bid --bid abc --key carol.key --passphrase-file carol.pass
expect_status 2
expect_match "$err" '--bid'

begin "members of a DAO may be typed in any order; its proposals are shown with their calls"
make_ledger
as ann create-dao --endowment '10 AINU' --members "$bob" "$ann" --rules '{"proposal_deposit": 0}'
expect_status 0
dao=$(sed -n 's/.*"dao_created":{"dao":"\([^"]*\)".*/\1/p' <<<"$out")
as ann dao-set-members --members "$ann" "$bob"
expect_status 1
as bob propose --dao "$dao" --calls "[{\"transfer\": {\"to\": \"$bob\", \"value\": 5}},
  {\"burn_money\": {\"value\": 1}}]"
expect_status 0
run ainur ledger show data "$dao"
expect_match "$out" '^dao .*"proposals":\[1\]'
run ainur ledger show data "$dao" --proposal 1 --json
expect_status 0
expect_match "$out" '"burn_money": \{'
expect_match "$out" '"status": "voting"'
run ainur ledger show data "$dao" --proposal 2
expect_status 2
run ainur ledger show data --proposal 1
expect_status 2

begin "after a rotation the key speaks for the account that --signer names"
make_ledger
chain=$(ainur ledger show data | sed -n 's/^chain  *//p')
ainur key rotate bob.key --chain "$chain" --passphrase-file bob.pass >next
as bob rotate-key --call-key "$(sed -n 's/^key  *//p' next)" \
  --proof "$(sed -n 's/^proof  *//p' next)"
expect_status 0
ainur key rotate bob.key --commit >/dev/null
as bob burn-money --value '1 AINU'
expect_status 1
expect_match "$out" '^refused: unknown_signer'
expect_match "$out" '--signer'
as bob burn-money --value '1 AINU' --signer "$bob"
expect_status 0

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
  \"second_deposit\": \"0 AINU\", \"challenge\": \"1h\", \"open_by\": \"$(in_future '1 day')\"}"
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
run ainur ledger show data --channel "$channel"
expect_status 0
expect_match "$out" '^phase +open$'
as ann close-channel --last "{\"content\": $state, \"first_signature\": \"$signed_by_ann\",
  \"second_signature\": \"$signed_by_bob\"}"
expect_status 0
run ainur ledger show data "$bob" --json
expect_match "$out" '"free_uainu": 103000000'

begin "every call has help with an example"
calls=$(ainur tx --help | awk '/^  [a-z]/ && $1 ~ /^[a-z-]+$/ && $1 != "ainur" { print $1 }')
for call in $calls; do
  run ainur tx "$call" --help
  expect_status 0
  expect_match "$out" "ainur tx $call"
  [[ $call =~ ^(batch|submit|sign-[a-z]+)$ ]] && continue
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
expect_match "$err" 'no command "tranfer".*"transfer"'
run ainur tx open-task --help
expect_match "$out" '--call-host \.\.\. --description'
run ainur tx award-task --help
expect_match "$out" '--lines is JSON:'
expect_match "$out" '"subtask"\?: whole number, "agent": account'

begin "the reference page is that of the catalogue"
# If this fails: ainur tx --reference > docs/ledger-calls.md
run diff "$AINUR_SOURCE/docs/ledger-calls.md" <(ainur tx --reference)
expect_status 0
run ainur tx
expect_status 2
expect_match "$err" 'subcommand'

finish
