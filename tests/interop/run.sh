#!/usr/bin/env bash
# Every proof against the Python peers. usage: tests/interop/run.sh BUILD PYTHON; last line: N passed, N failed
set -uo pipefail
build=$1 python=$2 passed=0 failed=0
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 TOKENIZERS_PARALLELISM=false

# The polynomials of the vector functions against a fresh fit.
if "$python" tools/fit_polynomials.py --check; then passed=1; else
    echo "not ok tools/fit_polynomials.py --check"
    failed=1
fi
for test in tests/interop/test_*.py; do
    echo "== $test"
    log=.cache/interop-$(basename "$test" .py).txt
    "$python" "$test" "$build" 2>&1 | tee "$log" | grep -vE '^ok ' || true
    passed=$((passed + $(grep -cE '^ok ' "$log")))
    failed=$((failed + $(grep -cE '^not ok ' "$log")))
    grep -qE '^# done$' "$log" || { echo "not ok $test did not end"; failed=$((failed + 1)); }
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
