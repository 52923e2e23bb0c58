#!/usr/bin/env bash
# Documents tell the truth: their commands run, their links lead somewhere. A command block marked
# "sh check" is run as it stands, in a folder that shows the repository's examples; one marked "sh
# check more" goes on where the block before it ended. Each line of a "text check" block after them
# must stand in what they printed.
source "$AINUR_SOURCE/tests/support/shell.sh"

mapfile -t documents < <(printf '%s\n' "$AINUR_SOURCE"/*.md "$AINUR_SOURCE"/docs/*.md)

# blocks FILE: writes the marked blocks to block.1, block.2, ... in the working folder, and what
# they must print to shown.1, shown.2, ...
blocks() {
  awk '/^```sh check$/ { to = "block." ++n; next } /^```sh check more$/ { to = "block." n; next }
       /^```text check$/ { to = "shown." n; next }
       /^```/ { to = "" } to { print > to }' "$1"
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
    [ -e "${block/block./shown.}" ] || continue
    while IFS= read -r line; do
      grep -qF -- "$line" <<<"$out$err" || fails "it does not print '$line'"
    done <"${block/block./shown.}"
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
  '/(home|root|Users|work)/[A-Za-z0-9_]' "$AINUR_SOURCE" --exclude=documents.sh --exclude=.git
expect_equal "$out" ''

begin "a source file is at most 100 columns wide and ends in one newline"
while IFS= read -r file; do
  expect_equal "$(awk 'length($0) > 100 { print FILENAME ":" FNR }' "$file")" ''
  [ -z "$(tail -c 1 "$file")" ] || fails "$file does not end in a newline"
done < <(find "$AINUR_SOURCE"/{tools,tests,.ci} -type f \( -name '*.sh' -o -path '*/tools/dev' \
  -o -path '*/.ci/run' \))

finish
