#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

make_key() { # FILE PASSPHRASE
  printf '%s\n' "$2" >"$1.pass"
  run ainur key new "$1" --passphrase-file "$1.pass"
}

begin "key new writes a file only its owner can read, and prints the account"
make_key host.key 'a long passphrase'
expect_status 0
expect_match "$out" '^did +did:ainur:[1-9A-HJ-NP-Za-km-z]{40,}$'
expect_match "$out" '^account +[0-9a-f]{64}$'
expect_equal "$(stat -c %a host.key)" 600

begin "key show prints the same account, with and without the passphrase"
make_key host.key 'a long passphrase'
made=$out
run ainur key show host.key
expect_status 0
expect_equal "$out" "$made"
run ainur key show host.key --passphrase-file host.key.pass
expect_status 0
expect_equal "$out" "$made"

begin "key show refuses a wrong passphrase"
make_key host.key 'a long passphrase'
echo 'another passphrase' >wrong
run ainur key show host.key --passphrase-file wrong
expect_status 2
expect_equal "$out" ''
expect_match "$err" 'host\.key'

begin "key new does not replace a file unless it is told to"
make_key host.key 'a long passphrase'
before=$(sha256sum host.key)
run ainur key new host.key --passphrase-file host.key.pass
expect_status 2
expect_match "$err" '--force'
expect_equal "$(sha256sum host.key)" "$before"
run ainur key new host.key --passphrase-file host.key.pass --force
expect_status 0
[ "$(sha256sum host.key)" != "$before" ] || fails "--force left the old key"

begin "the passphrase may come from a descriptor"
make_key host.key 'a long passphrase'
run bash -c 'ainur key show host.key --passphrase-fd 3 3<host.key.pass'
expect_status 0

begin "without a terminal key new says how to give the passphrase, and writes nothing"
run setsid --wait ainur key new host.key
expect_status 2
expect_match "$err" '--passphrase-f'
expect_no_file host.key

begin "a file of which a byte changed is refused with a passphrase"
make_key host.key 'a long passphrase'
size=$(stat -c %s host.key)
printf '\x55' | dd of=host.key bs=1 seek=$((size - 3)) conv=notrunc status=none
run ainur key show host.key --passphrase-file host.key.pass
expect_status 2
expect_match "$err" 'host\.key'

begin "key show --json is one object"
make_key host.key 'a long passphrase'
run ainur key show host.key --json
expect_status 0
expect_match "$out" '"did": "did:ainur:'
expect_match "$out" '"account": "[0-9a-f]{64}"'

begin "key list shows the key files of a folder, and what is wrong with one"
mkdir keys
run ainur key list keys
expect_status 0
expect_equal "$out" ''
make_key keys/b.key 'a long passphrase'
cp keys/b.key keys/a.key
echo 'no key' >keys/notes.txt
run ainur key list keys
expect_status 0
expect_equal "$(wc -l <<<"$out")" 2
expect_match "$out" '^a\.key  did:ainur:[1-9A-HJ-NP-Za-km-z]{40,}$'
chmod 644 keys/a.key
run ainur key list keys --json
expect_status 1
expect_match "$out" '"file": "b\.key"'
expect_match "$out" '"problem": '
run ainur key list missing
expect_status 2
expect_match "$err" 'missing'

begin "key rotate makes the next key, gives the same call again, and puts the key in place"
make_key host.key 'a long passphrase'
chain=$(printf 'ab%.0s' {1..32})
run ainur key rotate host.key --chain "$chain" --passphrase-file host.key.pass --json
expect_status 0
expect_match "$out" '"version": 1,'
expect_match "$out" '"key": "[0-9a-f]{64}"'
expect_match "$out" '"proof": "[0-9a-f]{128}"'
expect_match "$out" '"call": "92[0-9a-f]+"'
expect_equal "$(stat -c %a host.key.next)" 600
first=$out next=$(grep -o '"key": "[0-9a-f]*"' <<<"$out")
run ainur key rotate host.key --chain "$chain" --passphrase-file host.key.pass --json
expect_status 0
expect_equal "$out" "$first"
run ainur key rotate host.key --chain "$chain" --version 2 --passphrase-file host.key.pass --json
expect_status 0
[ "$out" != "$first" ] || fails "the proof does not cover the version"
old=$(sha256sum <host.key)
run ainur key rotate host.key --commit --json
expect_status 0
expect_match "$out" "$next"
expect_no_file host.key.next
expect_equal "$(sha256sum <host.key.old)" "$old"
run ainur key show host.key --json
expect_match "$out" "\"account\": ${next#*: }"

begin "key rotate says what is missing, and changes nothing"
make_key host.key 'a long passphrase'
run ainur key rotate host.key --passphrase-file host.key.pass
expect_status 2
expect_match "$err" '--chain'
run ainur key rotate host.key --chain abcd --passphrase-file host.key.pass
expect_status 2
expect_match "$err" '--chain'
echo 'another passphrase' >wrong
run ainur key rotate host.key --chain "$(printf 'ab%.0s' {1..32})" --passphrase-file wrong
expect_status 2
expect_match "$err" 'host\.key'
expect_no_file host.key.next
run ainur key rotate host.key --commit
expect_status 2
expect_match "$err" 'host\.key\.next'
expect_no_file host.key.old

begin "key sign and key verify: a signature holds for one key and one content"
make_key host.key 'a long passphrase'
account=$(sed -n 's/^account *//p' <<<"$out") did=$(sed -n 's/^did *//p' <<<"$out")
printf 'a report\n' >report
run ainur key sign report --key host.key --passphrase-file host.key.pass
expect_status 0
expect_match "$out" '^[0-9a-f]{128}$'
echo "$out" >report.sig
for signer in "$account" "$did" host.key; do
  run ainur key verify report --key "$signer" --signature report.sig
  expect_status 0
  expect_equal "$out" valid
done
run ainur key verify report --key "$did" --signature "$(cat report.sig)" --json
expect_status 0
expect_match "$out" '"valid": true'
printf 'another report\n' >report
run ainur key verify report --key "$did" --signature report.sig
expect_status 1
expect_match "$err" 'report'
run ainur key verify report --key "$did" --signature report.sig --json
expect_status 1
expect_match "$out" '"valid": false'
run ainur key verify report --key "$did" --signature nothing
expect_status 2
run ainur key verify missing --key "$did" --signature report.sig
expect_status 2
expect_match "$err" 'missing'
run ainur key verify report --key nobody --signature report.sig
expect_status 2
expect_match "$err" 'nobody'
run ainur key sign . --key host.key --passphrase-file host.key.pass
expect_status 2
run ainur key sign report --key host.key --passphrase-file host.key.pass --json
expect_status 0
expect_match "$out" '"domain": "ainur/file/v1"'

begin "key export gives what may be shown; the secret only when told, with a warning"
make_key host.key 'a long passphrase'
account=$(sed -n 's/^account *//p' <<<"$out") did=$(sed -n 's/^did *//p' <<<"$out")
run ainur key export host.key
expect_status 0
expect_equal "$out" "$account"
run ainur key export host.key --as document
expect_status 0
expect_match "$out" "\"id\": \"$did\""
expect_match "$out" '"publicKeyMultibase": "z6Mk[1-9A-HJ-NP-Za-km-z]+"'
run ainur key export host.key --as encrypted
expect_status 0
expect_equal "$out" "$(od -An -v -tx1 host.key | tr -d ' \n')"
encrypted=$out
run ainur key export host.key --secret --passphrase-file host.key.pass
expect_status 0
expect_match "$out" '^[0-9a-f]{64}$'
expect_match "$err" 'warning: .*secret'
expect_no_match "$encrypted" "$out"
run ainur key export host.key --secret --as public
expect_status 2
run ainur key export host.key --as private
expect_status 2

begin "every subcommand of key has help with an example"
for command in new show list rotate sign verify export; do
  run ainur key "$command" --help
  expect_status 0
  expect_match "$out" '^Example:'
  expect_match "$out" "ainur key $command"
done

finish
