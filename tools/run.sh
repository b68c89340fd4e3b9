#!/bin/sh
# What `make run` shows: a server on this machine's own journal and logs, what came in, what was found,
# and events as they come. Its data lie below build/run; it ends with this script.
#   tools/run.sh DATA [SECONDS]
#
# DATA is where real logs of hosts under attack may be: some of them are dropped into a folder that the
# server follows, as a user would. SECONDS (default: until Ctrl-C on a terminal, else 5) is how long
# events are shown.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
canh=$top/build/canh
data=${1:-$top/../shared/data}
seconds=${2:-}
place=$top/build/run
drop=$place/drop

mkdir -p "$drop"
# A machine without systemd has no journal; that is no fault of the run.
journal=false
for folder in /var/log/journal /run/log/journal; do
    if [ -d "$folder" ] && [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then
        journal=true
    fi
done
cat >"$place/canh.yaml" <<EOF
# Made by tools/run.sh; \`canh serve --help\` lists every setting.
journal: $journal
files: [/var/log, $drop]
reserve-bytes: 16MiB
console-plain: "127.0.0.1:8444"
EOF

"$canh" serve --config "$place/canh.yaml" --data "$place/data" 2>"$place/serve.log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM
for _ in $(seq 100); do
    grep -q 'canh: ready' "$place/serve.log" && break
    if ! kill -0 $server 2>/dev/null; then
        cat "$place/serve.log" >&2
        exit 1
    fi
    sleep 0.1
done

if [ -d "$data/otrf" ]; then
    # Some data sets of hosts under attack, as someone would drop them in.
    find "$data/otrf" -name '*.zip' | sort | head -4 | while read -r file; do
        python3 -m zipfile -e "$file" "$drop" 2>/dev/null || echo "not shown: $file (python3 is not here)"
    done
fi
sleep 3

echo "== What comes in (canh stat)"
"$canh" stat --data "$place/data"
echo
echo "== What was found (canh alerts)"
"$canh" alerts --data "$place/data" --limit 15
echo
echo "== Events as they come (canh tail)"
echo "   The server takes syslog on 127.0.0.1:5514 (UDP, TCP), RELP on :2514, HTTP (_bulk) on :9200; files dropped"
echo "   into $drop are read. In another terminal:"
echo "       logger -n 127.0.0.1 -P 5514 -T 'hello from me'"
if [ -z "$seconds" ] && [ -t 1 ]; then
    "$canh" tail --data "$place/data"
else
    (sleep 1; logger -n 127.0.0.1 -P 5514 -T "canh: hello from make run" 2>/dev/null || true) &
    timeout "${seconds:-5}" "$canh" tail --data "$place/data" || [ $? -eq 124 ]
fi
