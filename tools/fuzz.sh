#!/usr/bin/env bash
# Run every fuzz target of BUILD for SECONDS, starting from its corpus; what crashes is kept in .cache/fuzz/TARGET/.
# usage: tools/fuzz.sh BUILD SECONDS
set -euo pipefail
build=$1 seconds=$2 failed=0 passed=0
for target in "$build"/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=${target##*/fuzz_}
    mkdir -p ".cache/fuzz/$name"
    echo "== $name, $seconds s"
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix=".cache/fuzz/$name/crash-" \
        ".cache/fuzz/$name" "fuzz/corpus/$name" >".cache/fuzz/$name.log" 2>&1; then
        passed=$((passed + 1))
        grep -E '^(Done|#[0-9]+.*DONE)' ".cache/fuzz/$name.log" | tail -1
    else
        failed=$((failed + 1))
        tail -15 ".cache/fuzz/$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
