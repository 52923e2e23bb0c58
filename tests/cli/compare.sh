#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "compare names a folder that holds no run"
mkdir empty
run ainur compare empty no/such
expect_status 2
expect_match "$err" 'empty'
expect_equal "$out" ''

begin "compare takes two folders"
run ainur compare one
expect_status 2
expect_match "$err" 'SECOND|--help'

finish
