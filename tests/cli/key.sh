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

finish
