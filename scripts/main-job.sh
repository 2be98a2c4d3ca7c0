#!/usr/bin/env bash
# What `make run` shows: the panel's output, behind it the tier events of its functions and the waterfall of the first
# call; at a terminal the REPL follows. The events are kept back so that they do not stand between the output's lines.
set -euo pipefail
rung=$1 program=$2
events=$(mktemp); trap 'rm -f "$events"' EXIT
status=0
"$rung" --trace-tier='debug-ui/*' "$program" 2>"$events" || status=$?
cat "$events" >&2
[ $status = 0 ] || exit $status
"$rung" bench first-call --runs 3 "$program"
if [ -t 0 ] && [ -t 1 ]; then exec "$rung"; fi
