#!/usr/bin/env bash
# The list of packages and docs/dependencies.md say the same.
source "$AINUR_SOURCE/tests/support/shell.sh"

listed=$(grep -v '^#' "$AINUR_SOURCE/tools/packages.txt" | awk 'NF { print $2 }' | sort)
# A dependency is a row of a table: | `package` | what for | why this one | what else |
# shellcheck disable=SC2016
row='s/^| `\([a-z0-9.+-]*\)` .*|.*|.*|$/\1/p'
documented=$(sed -n "$row" "$AINUR_SOURCE/docs/dependencies.md" | sort)

begin "every documented package is installed by tools/dev, and every installed one documented"
expect_equal "$documented" "$listed"
[ "$(wc -l <<<"$listed")" -gt 10 ] || fails "the list was not read"

begin "no package stands twice in the list"
expect_equal "$(uniq -d <<<"$listed")" ''

begin "every row of docs/dependencies.md says what for, why this one and what else"
run awk -F '|' '/^\| `/ { for (i = 3; i <= 5; i++) if ($i !~ /[a-z]/) print $2 }' \
  "$AINUR_SOURCE/docs/dependencies.md"
expect_equal "$out" ''

begin "every package has a group that tools/dev installs"
run awk '!/^#/ && NF && ($1 !~ /^(build|format|lint|fuzz)$/ || NF != 2)' \
  "$AINUR_SOURCE/tools/packages.txt"
expect_equal "$out" ''

finish
