#!/usr/bin/env bash
# What holds for every subcommand: help with an example, and status 2 for what is typed wrongly.
source "$AINUR_SOURCE/tests/support/shell.sh"

# The subcommands that `ainur --help` or `ainur COMMAND --help` lists.
subcommands() {
  awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }' \
    <<<"$out"
}

begin "help lists the subcommands"
run ainur --help
expect_status 0
expect_match "$out" '^Subcommands:'
expect_match "$out" '^Example'
commands=$(subcommands)
expect_match "$commands" '^version$'

check_help() {
  begin "$* --help explains and gives an example"
  run "$@" --help
  expect_status 0
  expect_match "$out" '^Example'
  expect_match "$out" "^  $*( |$)"
  expect_equal "$err" ''
}

for command in $commands; do
  run ainur "$command" --help
  below=$(subcommands)
  if [ -n "$below" ]; then
    for inner in $below; do check_help ainur "$command" "$inner"; done
  else
    check_help ainur "$command"
  fi
done

begin "no subcommand is an error with a hint"
run ainur
expect_status 2
expect_equal "$out" ''
expect_match "$err" '--help'

begin "an unknown subcommand is an error with its name"
run ainur runn
expect_status 2
expect_match "$err" 'no command "runn".*"run"'

begin "--version is the version"
run ainur --version
expect_status 0
expect_equal "$out" "$(ainur version)"

begin "an unknown option is an error"
run ainur version --colour
expect_status 2
expect_match "$err" '--colour'

begin "a file that is not there is named, with status 2"
for command in $commands; do
  case $command in
    check | run | elect | explain | replay | compare | ledger | safety | key) ;;
    *) continue ;;
  esac
  case $command in
    explain) run ainur explain 1 --in no/such ;;
    compare) run ainur compare no/such no/such ;;
    ledger) run ainur ledger verify no/such ;;
    safety) run ainur safety project no/such ;;
    key) run ainur key show no/such ;;
    *) run ainur "$command" no/such ;;
  esac
  expect_status 2
  expect_match "$err" 'no/such'
done

begin "output that cannot be written is an error"
for command in version 'sim consensus --heights 1' 'tx --reference' 'new --reference'; do
  last_command="$command >/dev/full"
  # shellcheck disable=SC2086
  ainur $command >/dev/full 2>"$scratch/err"
  status=$?
  err=$(<"$scratch/err")
  expect_status 2
  expect_match "$err" 'standard output could not be written'
done

finish
