#!/usr/bin/env bash
# Documents tell the truth: their commands run, their links lead somewhere. A command block marked
# "sh check" is run as it stands, in a folder that shows the repository's examples.
source "$AINUR_SOURCE/tests/support/shell.sh"

mapfile -t documents < <(printf '%s\n' "$AINUR_SOURCE"/*.md "$AINUR_SOURCE"/docs/*.md)

# blocks FILE: writes the marked blocks to block.1, block.2, ... in the working folder.
blocks() {
  awk '/^```sh check$/ { on = 1; n++; next } /^```/ { on = 0 } on { print > ("block." n) }' "$1"
}

total=0
for document in "${documents[@]}"; do
  name=${document#"$AINUR_SOURCE/"}
  mkdir -p "$scratch/blocks"
  rm -f "$scratch/blocks"/*
  (cd "$scratch/blocks" && blocks "$document")
  for block in "$scratch/blocks"/block.*; do
    [ -e "$block" ] || continue
    total=$((total + 1))
    begin "$name: command block ${block##*.} runs"
    mkdir shown
    ln -s "$AINUR_SOURCE/examples" shown/examples
    cd shown || exit 3
    run timeout 120 bash -euo pipefail "$block"
    expect_status 0
  done
done

begin "the documents hold commands to check"
[ "$total" -gt 0 ] || fails "no block is marked 'sh check'"

begin "links inside the repository lead to a file"
for document in "${documents[@]}"; do
  while IFS= read -r target; do
    [ -e "${document%/*}/$target" ] || fails "${document#"$AINUR_SOURCE/"} links to $target"
  done < <(awk '/^```/ { code = !code; next } !code' "$document" |
    grep -oE '\]\([^)#:]+[)#]' | sed 's/^](//; s/[)#]$//')
done

begin "folders and files named in ARCHITECTURE.md exist"
# shellcheck disable=SC2016
named='`(src|actors|include|tools|tests|examples|docs|subprojects)/[a-z_/.-]*[a-z_/]`'
while IFS= read -r path; do
  [ -e "$AINUR_SOURCE/$path" ] || fails "there is no $path"
done < <(grep -oE "$named" "$AINUR_SOURCE/ARCHITECTURE.md" | tr -d '`')

begin "nothing names a person's or a machine's folder"
run grep -rnIE --exclude-dir=.git --exclude-dir='build*' --exclude-dir=.cache \
  '/(home|root|Users|work)/[A-Za-z0-9_]' "$AINUR_SOURCE" --exclude=documents.sh
expect_equal "$out" ''

begin "a source file is at most 100 columns wide and ends in one newline"
while IFS= read -r file; do
  expect_equal "$(awk 'length($0) > 100 { print FILENAME ":" FNR }' "$file")" ''
  [ -z "$(tail -c 1 "$file")" ] || fails "$file does not end in a newline"
done < <(find "$AINUR_SOURCE"/{tools,tests,.ci} -type f \( -name '*.sh' -o -path '*/tools/dev' \
  -o -path '*/.ci/run' \))

finish
