#!/usr/bin/env bash
# The C++ that documents show is the C++ of the examples: a block that begins with "// FILE" on its
# first line stands in that file, line for line.
source "$AINUR_SOURCE/tests/support/shell.sh"

# snippets FILE: writes the C++ blocks to snippet.1, snippet.2, ... in the working folder.
snippets() {
  awk '/^```cpp$/ { on = 1; n++; next } /^```/ { on = 0 } on { print > ("snippet." n) }' "$1"
}

# excerpt SNIPPET FILE: true if the lines of the snippet after its first stand together in the file.
excerpt() {
  awk 'NR == FNR { if (FNR > 1) want[++n] = $0; next }
       { have[++m] = $0 }
       END {
         for (i = 1; i <= m - n + 1; i++) {
           for (j = 1; j <= n && have[i + j - 1] == want[j]; j++) {}
           if (n > 0 && j > n) exit 0
         }
         exit 1
       }' "$1" "$2"
}

total=0
for document in "$AINUR_SOURCE"/*.md "$AINUR_SOURCE"/docs/*.md; do
  name=${document#"$AINUR_SOURCE/"}
  mkdir -p "$scratch/snippets"
  rm -f "$scratch/snippets"/*
  (cd "$scratch/snippets" && snippets "$document")
  for snippet in "$scratch/snippets"/snippet.*; do
    [ -e "$snippet" ] || continue
    total=$((total + 1))
    begin "$name: C++ block ${snippet##*.} is an excerpt of the example it names"
    file=$(sed -n '1s|^// \(examples/[a-z_/]*\.cpp\)$|\1|p' "$snippet")
    if [ -z "$file" ]; then
      fails "the first line of the block must be '// examples/...cpp'"
    elif [ ! -e "$AINUR_SOURCE/$file" ]; then
      fails "there is no $file"
    elif ! excerpt "$snippet" "$AINUR_SOURCE/$file"; then
      fails "$file does not contain the block"
    fi
  done
done

begin "the documents show C++ to check"
[ "$total" -gt 0 ] || fails "no block is marked 'cpp'"

begin "the check finds a line that differs, and one that is missing"
printf '// x\na\nb\n' >right
printf '// x\na\nc\n' >wrong
printf '// x\nb\nd\n' >gap
printf 'a\nb\nc\nd\n' >file
excerpt right file || fails "it misses what is there"
excerpt wrong file && fails "it finds what is not there"
excerpt gap file && fails "it skips lines"

finish
