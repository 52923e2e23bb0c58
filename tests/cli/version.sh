#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "version prints the name and the number of meson.build"
run ainur version
expect_status 0
expect_equal "$out" "ainur $(sed -n "s/^ *version: '\(.*\)',$/\1/p" "$AINUR_SOURCE/meson.build")"
expect_equal "$err" ''

finish
