#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "new writes a commented scenario that is valid"
run ainur new first.toml
expect_status 0
expect_match "$out" 'first\.toml'
expect_match "$(cat first.toml)" '^ *#'
run ainur check first.toml
expect_status 0
expect_match "$out" 'first\.toml: valid'

begin "new does not replace a file unless it is told to"
echo mine >first.toml
run ainur new first.toml
expect_status 2
expect_match "$err" '--force'
expect_equal "$(cat first.toml)" mine
run ainur new first.toml --force
expect_status 0
expect_match "$(cat first.toml)" '\[\[population\]\]'

begin "new names the folder that is not there"
run ainur new no/such/first.toml
expect_status 2
expect_match "$err" 'no/such/first\.toml'

finish
