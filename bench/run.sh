#!/bin/sh
# Every figure of the scan and the server, as a table and in bench/results.json.
#
#   bench/run.sh [DATA]        DATA: the folder of real data, ../shared/data when not given
#
#   LINES="json evtx"          only these lines (default: all, in this order)
#   ROUNDS=3                   rounds of each paired measurement
#   CANH=build/canh            the program
#
# What is measured how is in bench/README.md. A figure that is not reached says `missed` and does not
# stop the run; a line whose prerequisite is missing says `skipped` and why. Exit 1 when a run of the
# program failed, 2 when nothing could be measured.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
data=$(cd "${1:-$top/../shared/data}" 2>/dev/null && pwd) || {
    echo "bench: no data at ${1:-../shared/data}: nothing to measure with" >&2
    exit 2
}
work=$top/bench/work
canh=${CANH:-$top/build/canh}
tools=$top/build/tools
rounds=${ROUNDS:-3}
lines=${LINES:-truth rules json evtx memory serve store office console group rsigma}
[ -x "$canh" ] || { echo "bench: $canh is not there: make build" >&2; exit 2; }

# One run has the last processor to itself, two threads have the last two.
processors=$(nproc)
one=$((processors - 1))
two=$one
[ "$processors" -lt 2 ] || two=$((processors - 2)),$one

LOAD_BEFORE=$(cut -d ' ' -f 1 /proc/loadavg)
export LOAD_BEFORE
mkdir -p "$work"
XDG_CACHE_HOME=$work/cache # the first run compiles the rules, the others find the cache
export XDG_CACHE_HOME
rm -f "$work"/*.tsv "$work/differences.json"
: >"$work/failed"

echo "bench: laying out the data" >&2
python3 "$top/bench/unpack.py" "$data" "$work"
for tool in evtx_grow evtx_rate rules_grow live_rate office_rate group_rate seal_rate varied_events; do
    ninja -C "$top/build" "tools/$tool" >"$work/$tool.err" 2>&1 || true # the line that needs it says so
done
cat "$work"/otrf.json >/dev/null # into the page cache
head -1 "$work/otrf.json" >"$work/tiny.json"
rules="--rules $work/rules"
[ ! -d "$top/data/rules" ] || rules="$rules --rules $top/data/rules"
printf 'canh\t%s\n' "$(git -C "$top" describe --always --dirty 2>/dev/null)" >>"$work/versions.tsv"

finish() {
    broken=$?
    [ -z "${store_place:-}" ] || rm -rf "$store_place" # made by line_store.sh
    python3 "$top/bench/report.py" "$work" "$top/bench/results.json"
    [ -s "$work/failed" ] || exit $broken
    echo "runs that failed: $(sort -u "$work/failed" | tr '\n' ' ')"
    exit 1
}

# shellcheck source=bench/lib.sh
. "$top/bench/lib.sh"
trap finish EXIT # what was measured is shown even if a line breaks off
for line in $lines; do
    # shellcheck source=/dev/null
    . "$top/bench/line_$line.sh"
    echo "bench: $line" >&2
    failed_before=$(wc -l <"$work/failed")
    "line_$line"
done
