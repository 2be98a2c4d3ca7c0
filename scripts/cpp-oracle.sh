#!/usr/bin/env bash
# Writes fixtures/programs/X.out from the C++ program fixtures/cpp/X.cpp, for each X named, or for all.
# `--check` compares instead. The compiler is $CXX, else clang++-19, else g++; the flags are the ones that
# fix C++'s arithmetic for every tier (docs: 'Same answers').
set -euo pipefail
cd "$(dirname "$0")/.."
check=; if [ "${1:-}" = --check ]; then check=1; shift; fi
cxx=${CXX:-$(command -v clang++-19 || command -v g++)}
flags=(-std=c++20 -O1 -ffp-contract=off -fno-strict-aliasing -fwrapv -fno-delete-null-pointer-checks -pthread -I fixtures/headers -I stubs/include)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
if [ $# = 0 ]; then
  for source in fixtures/cpp/*.cpp; do
    name=$(basename "$source" .cpp)
    if [ -f "fixtures/programs/$name.clj" ]; then set -- "$@" "$name"; fi
  done
fi
failed=0
for name in "$@"; do
  # `// link: …` in the first line: what the library needs, behind the flags.
  read -ra libs < <(sed -n '1s|^// link: ||p' "fixtures/cpp/$name.cpp") || true
  if grep -q 'imgui' "fixtures/cpp/$name.cpp"; then
    scripts/imgui-so.sh target/native/librung_imgui.so
    libs=(target/native/librung_imgui.so "-Wl,-rpath,$PWD/target/native")
  fi
  "$cxx" "${flags[@]}" "fixtures/cpp/$name.cpp" "${libs[@]}" -o "$work/$name"
  wanted=0; status=0
  if [ -f "fixtures/programs/$name.exit" ]; then wanted=$(<"fixtures/programs/$name.exit"); fi
  "$work/$name" >"$work/$name.out" || status=$?
  [ $status = "$wanted" ] || { echo "$name: exit $status, $wanted expected" >&2; failed=1; }
  if grep -q '^#ifdef BOXED' "fixtures/cpp/$name.cpp"; then
    "$cxx" "${flags[@]}" -DBOXED "fixtures/cpp/$name.cpp" "${libs[@]}" -o "$work/boxed"
    "$work/boxed" | diff -u "$work/$name.out" - || { echo "$name: the boxed text draws something else" >&2; failed=1; }
  fi
  if [ -n "$check" ]; then
    diff -u "fixtures/programs/$name.out" "$work/$name.out" || failed=1
  else
    mv "$work/$name.out" "fixtures/programs/$name.out"
  fi
done
exit $failed
