#!/bin/sh
# Every test, built with the sanitizers; closes with "N passed, N failed, N skipped".
#
#   tools/test.sh [SUITE...]     all, or only these suites of meson (base wire event sigma scan e2e data)
#
# Tests that need the real data of ../shared/data (or $CANH_DATA) say SKIPPED where it is not there.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build-test}
log=$build/meson-logs/testlog.txt

ninja -C "$build" --quiet
suites=
for suite in "$@"; do suites="$suites --suite $suite"; done
rm -f "$log"
# Four more than there are processors: tests of a server wait more than they work (e2e/notify: 10 s of 120).
# shellcheck disable=SC2086 # a list of words
meson test -C "$build" --no-rebuild --num-processes $(($(nproc) + 4)) $suites >"$build/test-output.txt" 2>&1 || true
grep -E '^ *[0-9]+/[0-9]+ ' "$build/test-output.txt" || cat "$build/test-output.txt"
if grep -qE 'SKIPPED: ' "$log"; then
    grep -hE 'SKIPPED: ' "$log" | sort -u
fi
if grep -qE '(FAIL|TIMEOUT|ERROR|INTERRUPT)  ' "$build/test-output.txt"; then
    echo "what failed, from $log:"
    grep -nE '^FAIL|\[  FAILED  \]|\[   LINE   \]|ERROR:|SUMMARY:|this must hold' "$log" | head -60
    # Those that speak in words of their own: the end of what they said.
    grep -E '(FAIL|TIMEOUT|ERROR|INTERRUPT)  ' "$build/test-output.txt" | sed 's/.* \/ \([^ ]*\) .*/\1/' | sort -u |
        while read -r test; do
            echo "--- $test"
            awk -v t="$test" '/^test: /{on = index($0, t) > 0} on' "$log" | tail -25
        done
fi
exec "$top/tools/test_summary.sh" "$log"
