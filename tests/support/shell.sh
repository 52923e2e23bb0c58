# The frame of tests that run programs. Source it, then write cases:
#
#   begin "version prints the name and a number"
#   run ainur version
#   expect_status 0
#   expect_match "$out" '^ainur [0-9]+\.[0-9]+\.[0-9]+$'
#   ...
#   finish
#
# `run` keeps $status, $out and $err. A case fails with its first failed expectation, which is shown
# with the command and what it printed. Each case starts in an empty folder of its own. The closing
# line has the form of doctest's, so that tools/dev counts these cases with the others.
# shellcheck shell=bash disable=SC2034
set -uo pipefail

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cases=0 failed=0 skipped=0
case_name='' case_state=none last_command='' status=0 out='' err=''

end_case() {
  case $case_state in
    failed) failed=$((failed + 1)) ;;
    skipped) skipped=$((skipped + 1)) ;;
  esac
  case_state=none
}

begin() {
  end_case
  cases=$((cases + 1))
  case_name=$1 case_state=ok last_command=''
  mkdir -p "$scratch/$cases"
  cd "$scratch/$cases" || exit 3
}

skip() {
  case_state=skipped
  printf '%s: skipped: %s\n' "$case_name" "$1"
}

fails() {
  [ "$case_state" = ok ] || return 0
  case_state=failed
  printf '%s: FAILED: %s\n' "$case_name" "$1"
  if [ -n "$last_command" ]; then
    printf '  command: %s\n  status: %s\n  output:\n%s\n  errors:\n%s\n' "$last_command" "$status" \
      "$(head -c 4000 <<<"$out")" "$(head -c 4000 <<<"$err")"
  fi
}

run() {
  last_command=$*
  "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
  status=$?
  out=$(tr -d '\0' <"$scratch/out")
  err=$(tr -d '\0' <"$scratch/err")
}

expect_status() { [ "$status" -eq "$1" ] || fails "expected status $1, got $status"; }
expect_equal() { [ "$1" = "$2" ] || fails "expected '$2', got '$1'"; }
expect_match() { grep -qE -e "$2" <<<"$1" || fails "nothing matches '$2'"; }
expect_no_match() { ! grep -qE -e "$2" <<<"$1" || fails "something matches '$2'"; }
expect_file() { [ -e "$1" ] || fails "there is no file $1"; }
expect_no_file() { [ ! -e "$1" ] || fails "there is a file $1"; }

finish() {
  end_case
  local passed=$((cases - failed - skipped))
  printf 'test cases: %d | %d passed | %d failed | %d skipped\n' \
    "$cases" "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
  exit
}
