#!/usr/bin/env bash
# tools/dev and its counting of test cases.
source "$AINUR_SOURCE/tests/support/shell.sh"

dev=$AINUR_SOURCE/tools/dev

begin "tools/dev --help lists every command"
run "$dev" --help
expect_status 0
for command in run build test format lint sanitize fuzz bench clean; do
  expect_match "$out" "^  $command( |$)"
done

begin "a word that is no command, or no argument of one, is status 2"
run "$dev" biuld
expect_status 2
expect_match "$err" "biuld"
run "$dev" format --chekc
expect_status 2
run "$dev" test slow
expect_status 2
expect_match "$err" "slow"
run "$dev"
expect_status 2

begin "tests that cannot be built still end in the closing line, as a failure"
mkdir empty
cp -r "$AINUR_SOURCE/tools" empty/tools
run empty/tools/dev test fast
expect_status 1
expect_match "$err" 'meson could not set up'
expect_equal "$(tail -n 1 <<<"$out")" "0 passed, 1 failed"

count() { awk -f "$AINUR_SOURCE/tools/count_cases.awk"; }

log_of() { # RESULT; the program's output from stdin
  printf '==================================== 1/1 =====================================\n'
  printf 'test:         x\nresult:       %s\n' "$1"
  printf -- '----------------------------------- stdout -----------------------------------\n'
  cat
}

# An apt-get that writes down how it is called and knows no package before an update, and a dpkg to
# which only $missing is missing.
fake_debian() {
  mkdir bin
  cat >bin/dpkg <<'END'
#!/bin/sh
[ "$2" != "$missing" ] && echo 'Status: install ok installed'
END
  cat >bin/apt-get <<'END'
#!/bin/sh
echo "$1 $(echo "$*" | tr ' ' '\n' | grep '^lib')" >>calls
[ "$1" = update ] && touch updated
[ -e updated ]
END
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n[ "$1" != -n ] || shift\nexec "$@"\n' >bin/sudo
  chmod +x bin/*
  mkdir empty
  cp -r "$AINUR_SOURCE/tools" empty/tools
}

begin "what is missing is installed, and lists are fetched only if that fails"
fake_debian
run env PATH="$PWD/bin:$PATH" missing=libsodium-dev empty/tools/dev build
expect_equal "$(tr -s ' \n' ' ' <calls)" "install libsodium-dev update install libsodium-dev "

begin "with nothing missing apt-get is not called"
fake_debian
run env PATH="$PWD/bin:$PATH" missing=none empty/tools/dev build
expect_no_file calls
expect_match "$err" 'meson could not set up'

begin "what only another command needs is not installed"
fake_debian
run env PATH="$PWD/bin:$PATH" missing=clang-16 empty/tools/dev build
expect_no_file calls

summary() { printf '[doctest] test cases: %4d | %4d passed | %d failed | %d skipped\n' "$@"; }

begin "doctest's summary is counted"
expect_equal "$(summary 9 9 0 2 | log_of 'exit status 0' | count)" 9,0,2
expect_equal "$(summary 10 7 3 0 | log_of 'exit status 1' | count)" 7,3,0

begin "a program that dies is one failure, with or without a summary"
expect_equal "$(log_of 'killed by signal 6 SIGABRT' </dev/null | count)" 0,1,0
expect_equal "$(summary 4 4 0 0 | log_of 'exit status 66' | count)" 4,1,0

begin "a case that says it skips is skipped, however often it says so"
expect_equal "$(log_of 'exit status 0' <<'END' | count
TEST CASE:  one
x.hpp:1: MESSAGE: skipped: a is not there
TEST CASE:  one
x.hpp:1: MESSAGE: skipped: b is not there
TEST CASE:  two
x.hpp:1: MESSAGE: skipped: a is not there
[doctest] test cases:    5 |    5 passed | 0 failed | 0 skipped
END
)" 3,0,2

begin "programs add up"
expect_equal "$({
  summary 2 2 0 0 | log_of 'exit status 0'
  summary 3 1 1 1 | log_of 'exit status 1'
} | count)" 3,1,1

finish
