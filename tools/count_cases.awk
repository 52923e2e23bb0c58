# Reads meson's testlog.txt and prints "passed,failed,skipped" over the test cases of all programs.
#
# A program sums its cases up as doctest does ("test cases: 9 | 9 passed | 0 failed | 0 skipped").
# A case that says "skipped: <why>" counts as skipped. A program that ended badly without naming a
# failed case (a crash, a time-out, a sanitizer's report) counts as one failure.
function finish() {
  if (name == "") return
  if (!summed && ok) case_passed = 1
  if (!ok && case_failed == 0) case_failed = 1
  moved = silent < case_passed ? silent : case_passed
  passed += case_passed - moved; failed += case_failed; skipped += case_skipped + moved
  name = ""
}
/^=+ [0-9]+\/[0-9]+ =+$/ {
  finish()
  name = "?"; ok = 0; summed = 0; case_passed = 0; case_failed = 0; case_skipped = 0; silent = 0
  test_case = ""; delete said
}
/^result: +(exit status 0|OK)/ { ok = 1 }
/^TEST CASE: / { test_case = $0 }
/MESSAGE: skipped: / { if (!(test_case in said)) { said[test_case] = 1; silent++ } }
/test cases: +[0-9]+ \|/ {
  summed = 1
  split($0, part, "|")
  case_passed += part[2] + 0; case_failed += part[3] + 0; case_skipped += part[4] + 0
}
END { finish(); printf "%d,%d,%d\n", passed, failed, skipped }
