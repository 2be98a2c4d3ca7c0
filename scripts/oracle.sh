#!/usr/bin/env bash
# Writes the expected output of the Clojure programs from Clojure on the JVM: fixtures/programs/X.out of every program
# that uses no C++, and fixtures/peers/X.out with the sizes of fixtures/peers/sizes. `--check` compares instead;
# names choose programs.
set -euo pipefail
cd "$(dirname "$0")/.."
check=; if [ "${1:-}" = --check ]; then check=1; shift; fi
command -v clojure >/dev/null || { echo 'oracle: clojure is not installed (make test installs it)' >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
failed=0
expect() { # OUT PROGRAM ARGS...
  local out=$1; shift
  local wanted=0 status=0
  if [ -f "${out%.out}.exit" ]; then wanted=$(<"${out%.out}.exit"); fi
  LC_ALL=C.UTF-8 clojure "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  if [ $status != "$wanted" ]; then
    echo "$1: exit $status on the JVM, $wanted expected:" >&2; grep -v '^$' "$work/err" | head -3 >&2; failed=1
  elif [ -n "$check" ]; then
    diff -u "$out" "$work/out" || failed=1
  else
    cp "$work/out" "$out"
  fi
}
wanted() { [ ${#names[@]} = 0 ] || [[ " ${names[*]} " == *" $1 "* ]]; }
names=("$@")
for program in fixtures/programs/*.clj; do
  name=$(basename "$program" .clj)
  if [ ! -f "fixtures/cpp/$name.cpp" ] && wanted "$name"; then expect "${program%.clj}.out" "$program"; fi
done
while read -r name size; do
  if wanted "$name"; then expect "fixtures/peers/$name.out" "fixtures/peers/$name.clj" "$size"; fi
done <fixtures/peers/sizes
exit $failed
