#!/usr/bin/env bash
# No object of C++ is used after its end, ended twice or lost: runs programs (fixtures/programs/NAME.clj, or a path; without
# names those that make and end objects) on every strategy, once with AddressSanitizer's allocator put before everything
# else's (double frees, frees of what was never allocated, uses of dead memory in the C library's functions), once under
# valgrind (all reads and writes of dead memory by compiled code too, and memory that nothing points to any more).
# What Clang, LLVM and the collector do among themselves does not count. docs/measuring.md.
set -uo pipefail
cd "$(dirname "$0")/.."
rung=target/release/rung
asan=$(gcc -print-file-name=libasan.so)
[ $# -gt 0 ] || set -- cpp_lifetimes cpp_scope cpp_temporaries cpp_values cpp_own_conversions cpp_callback cpp_callbacks
failed=0
# Blocks of a report of valgrind that are the program's: memory that code compiled in the process (frames without a name) lost,
# and wrong reads, writes and frees by anybody but Clang, LLVM, the collector and the dynamic linker.
own() {
  sed -E 's/^==[0-9]+== ?//' "$1" | awk -v RS= '
    /libclang|libLLVM|librung_clang|libgc\.so|dl-load\.c/ { next }
    # What the engine holds for good itself is no loss of a program: its blocks are asked for by code of its own.
    /definitely lost/ { split($0, parts, /: \?\?\?/); if (!/: \?\?\?/ || parts[1] ~ /release\/rung/) next }
    /Invalid|Mismatched|definitely lost/ { print; print ""; n++ }
    END { exit n > 0 }'
}
for name in "$@"; do
  program=$name; [ -f "$program" ] || program=fixtures/programs/$name.clj
  for strategy in interpret baseline clang; do
    report=$(mktemp)
    run=("$rung" --strategy "$strategy" --tune compile.wait=1 "$program")
    if [ -f "$asan" ]; then
      ASAN_OPTIONS=detect_leaks=0:handle_segv=0:use_sigaltstack=0:detect_odr_violation=0 LD_PRELOAD=$asan \
        "${run[@]}" >/dev/null 2>"$report"
      if grep -q 'ERROR: AddressSanitizer' "$report"; then
        echo "$name on $strategy: AddressSanitizer"; grep -A 20 'ERROR: AddressSanitizer' "$report"; failed=1
      fi
    fi
    valgrind --smc-check=all-non-file --undef-value-errors=no --leak-check=full --show-leak-kinds=definite --num-callers=30 \
      --errors-for-leak-kinds=none --log-file="$report" "${run[@]}" >/dev/null 2>&1
    if ! own "$report"; then echo "$name on $strategy: valgrind"; failed=1; fi
    allocs=$(grep -o 'total heap usage: .*' "$report" || true)
    echo "$name on $strategy: looked at${allocs:+; $allocs}"
    rm -f "$report"
  done
done
exit $failed
