#!/usr/bin/env bash
# What is installed is enough to build a host program: headers, libraries and ainur.pc.
source "$AINUR_SOURCE/tests/support/shell.sh"

prefix=$scratch/prefix
begin "the project installs into an empty prefix"
run meson install -C "$AINUR_BUILD" --no-rebuild --destdir "$prefix"
expect_status 0
pc=$(find "$prefix" -name ainur.pc | head -n 1)
[ -n "$pc" ] || fails "ainur.pc was not installed"
export PKG_CONFIG_PATH=${pc%/*}

begin "ainur.pc names CAF among what every program links, and the version"
run pkg-config --libs ainur
expect_status 0
expect_match "$out" '-lainur .*-lainur_core .*-lcaf_core'
run pkg-config --modversion ainur
expect_equal "ainur $out" "$(ainur version)"
run pkg-config --variable=includedir ainur
expect_file "$out/ainur/base/error.hpp"

begin "the installed tool runs"
tool=$(find "$prefix" -path '*/bin/ainur' | head -n 1)
run "$tool" version
expect_status 0

# build SOURCE PROGRAM
build() {
  local flags
  read -r -a flags < <(pkg-config --cflags --libs ainur | tr '\n' ' ')
  read -r -a compiler <<<"$CXX"
  run "${compiler[@]}" -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror "$1" -o "$2" "${flags[@]}"
}

begin "a program of the pure rooms builds and runs"
cat >host.cpp <<'END'
#include <ainur/base/rng.hpp>
#include <ainur/crypto/hash.hpp>

#include <cstdio>

int main() {
  ainur::rng random{7};
  std::printf("%d\n", random.next() != random.next());
}
END
build host.cpp host
expect_status 0
run ./host
expect_status 0
expect_equal "$out" 1

begin "the installed headers need nothing that is not installed"
include=$(pkg-config --variable=includedir ainur)
(cd "$include" && find ainur -name '*.hpp' | sort | sed 's/.*/#include <&>/') >all.cpp
[ "$(wc -l <all.cpp)" -gt 50 ] || fails "few headers were installed"
read -r -a cflags < <(pkg-config --cflags ainur)
read -r -a compiler <<<"$CXX"
run "${compiler[@]}" -std=c++20 -fsyntax-only "${cflags[@]}" all.cpp
expect_status 0

for source in "$AINUR_SOURCE"/examples/embed/*.cpp; do
  [ -e "$source" ] || continue
  begin "examples/embed/${source##*/} builds, runs and prints what it should"
  build "$source" host
  expect_status 0
  run timeout 120 ./host
  expect_status 0
  expected=${source##*/}
  expected=$AINUR_SOURCE/tests/install/${expected%.cpp}.expected
  expect_file "$expected"
  expect_equal "$out" "$(cat "$expected")"
done

finish
