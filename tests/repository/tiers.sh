#!/usr/bin/env bash
# The tiers of tools/dev test, the sanitizers and .ci/run, on a project of a few lines.
source "$AINUR_SOURCE/tests/support/shell.sh"

dev=small/tools/dev

# A project with one program a suite; its source decides what the programs say.
small_project() {
  mkdir small
  cp -r "$AINUR_SOURCE/tools" "$AINUR_SOURCE/meson_options.txt" small
  cat >small/meson.build <<'END'
project('ainur', 'cpp')
foreach suite : ['unit', 'actors', 'install']
  test(suite, executable(suite + '_test', 'main.cpp', cpp_args: '-Dsuite_' + suite), suite: suite)
endforeach
END
  {
    echo '#include <cstdio>'
    cat
  } >small/main.cpp
}

begin "test runs every suite, pure rooms and actors again under their sanitizers, and adds up"
small_project <<'END'
int main() { std::puts("test cases: 3 | 2 passed | 0 failed | 1 skipped"); }
END
run "$dev" test
expect_status 0
expect_equal "$(tail -n 1 <<<"$out")" "10 passed, 0 failed, 5 skipped"
expect_file small/build/asan-ubsan
expect_file small/build/tsan

begin "test fast leaves the slow suites out"
small_project <<'END'
int main() { std::puts("test cases: 3 | 3 passed | 0 failed | 0 skipped"); }
END
run "$dev" test fast
expect_status 0
expect_equal "$(tail -n 1 <<<"$out")" "3 passed, 0 failed"
expect_no_file small/build/tsan

begin "a failed case and what its program said are shown, and the status is 1"
small_project <<'END'
int main() {
  std::puts("it is raining\ntest cases: 3 | 2 passed | 1 failed | 0 skipped");
  return 1;
}
END
run "$dev" test fast
expect_status 1
expect_equal "$(tail -n 1 <<<"$out")" "2 passed, 1 failed"
expect_match "$out" 'it is raining'

begin "the sanitizers find what they are for, and the last line tells"
small_project <<'END'
int main(int argc, char**) {
  int* p = new int[2]{};
  int i = argc + 1;
  std::printf("test cases: 1 | 1 passed | 0 failed | 0 skipped\n%d\n", p[i]);
  delete[] p;
}
END
run "$dev" sanitize address
expect_status 1
expect_equal "$(tail -n 1 <<<"$out")" "0 passed, 1 failed"
expect_match "$out" 'heap-buffer-overflow'
small_program='#include <cstdio>
int main(int argc, char**) { std::printf("%d", 2147483647 + argc); }'
printf '%s\n' "$small_program" >small/main.cpp
run "$dev" sanitize undefined
expect_status 1
expect_match "$out" 'runtime error: signed integer overflow'

begin "what cannot be compiled is a failure"
small_project <<'END'
int main() { return nothing; }
END
run "$dev" test fast
expect_status 1
expect_equal "$(tail -n 1 <<<"$out")" "0 passed, 1 failed"
expect_match "$out" "nothing"

begin ".ci/run ends in the closing line; a format that is wrong is one more failure"
if ! command -v clang-format-16 >/dev/null; then
  skip 'clang-format-16 is not installed'
else
  small_project <<'END'
int main() { std::puts("test cases: 3 | 3 passed | 0 failed | 0 skipped"); }
END
  cp -r "$AINUR_SOURCE/.ci" "$AINUR_SOURCE/.clang-format" small
  rm -r small/tools/ainur
  mkdir small/{actors,examples,include,src,tests}
  echo 'int x;' >small/src/x.cpp
  run small/.ci/run
  expect_status 0
  expect_equal "$(tail -n 1 <<<"$out")" "15 passed, 0 failed"
  echo 'int  x;' >small/src/x.cpp
  run small/.ci/run
  expect_status 1
  expect_equal "$(tail -n 1 <<<"$out")" "15 passed, 1 failed"
fi

finish
