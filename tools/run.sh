#!/bin/sh
# What `make run` shows: this machine's own logs against the rules that ship, then (where it is
# there) the real data of DATA.
#   tools/run.sh DATA
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
canh=$top/build/canh
data=${1:-$top/../shared/data}

echo "== This machine: its journal and /var/log"
inputs=/var/log
# A machine without systemd has no journal; that is no fault of the run.
for folder in /var/log/journal /run/log/journal; do
    if [ -d "$folder" ] && [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then
        inputs="$inputs journal:"
        break
    fi
done
# shellcheck disable=SC2086 # a list of words
"$canh" scan $inputs || [ $? -ne 2 ]

if [ -d "$data/otrf" ]; then
    echo
    echo "== Real hosts under attack: $data/otrf, medium and above, the last 40 findings"
    "$canh" scan --min-level medium "$data/otrf" >"$top/build/run-output.txt"
    tail -40 "$top/build/run-output.txt"
    echo
    "$canh" scan --quiet --min-level medium --format html --output "$top/build/timeline.html" "$data/otrf"
    echo "The same as a page: $top/build/timeline.html"
fi
