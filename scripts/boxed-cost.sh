#!/usr/bin/env bash
# What Clang needs for draw-debug-ui! written lean and written with boxing templates around each call: wall ms of
# `clang++-19 -O2 -c`, the median of N runs (default 9), alone and with a PCH of exactly the text's headers.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-9}
cxx=${CXX:-clang++-19}
flags=(-std=c++17 -O2 -I fixtures/headers)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
median() {
  for _ in $(seq "$runs"); do
    start=$(date +%s%N); "$@"; echo $((($(date +%s%N) - start) / 10000))
  done | sort -n | awk '{ v[NR] = $1 } END { printf "%8.1f", v[int((NR + 1) / 2)] / 100 }'
}
printf '%-8s%8s%8s\n' text 'ms' 'ms, PCH'
for text in lean boxed; do
  source=fixtures/cpp/debug_ui_$text.cpp
  grep '^#include' "$source" >"$work/$text.hpp"
  "$cxx" "${flags[@]}" -x c++-header "$work/$text.hpp" -o "$work/$text.pch"
  printf '%-8s%s%s\n' $text "$(median "$cxx" "${flags[@]}" -c "$source" -o "$work/out.o")" \
    "$(median "$cxx" "${flags[@]}" -include-pch "$work/$text.pch" -c "$source" -o "$work/out.o")"
done
