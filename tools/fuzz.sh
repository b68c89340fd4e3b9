#!/bin/sh
# Runs every libFuzzer target for SECONDS on a copy of its corpus; a target stops at its first crash, hang
# or leak and the report says where the input lies. JOBS targets at a time (default: one a core); ONLY="a b"
# takes these targets alone.
set -eu
seconds=${1:-60}
jobs=${JOBS:-$(nproc)}
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run_one() { # binary
    name=$(basename "$1" | sed 's/^fuzz_//')
    # Weighing inputs by rare features costs ten times the target where most inputs have some.
    [ "$name" != match ] || set -- "$1" -entropic=0
    mkdir -p "$work/$name"
    [ ! -d "$top/tests/fuzz/corpus/$name" ] || cp -r "$top/tests/fuzz/corpus/$name/." "$work/$name/"
    if "$@" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$top/build-fuzz/$name-" "$work/$name" >"$work/$name.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")
        printf '%-16s %12s runs  no crash, no hang, no leak\n' "$name" "$runs"
    else
        tail -30 "$work/$name.log"
        printf '%-16s FAILED\n' "$name"
        touch "$work/failed"
    fi
}

list=$(find "$top/build-fuzz/tests/fuzz" -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x | sort)
for binary in $list; do
    case " ${ONLY:-$(basename "$binary" | sed 's/^fuzz_//')} " in
        *" $(basename "$binary" | sed 's/^fuzz_//') "*) ;;
        *) continue ;;
    esac
    run_one "$binary" &
    while [ "$(jobs -p | wc -l)" -ge "$jobs" ]; do sleep 1; jobs >/dev/null; done
done
wait
[ ! -e "$work/failed" ]
