#!/bin/sh
# What `make run` does: a watch room at work. A server in ./run with the sample province (made up, and labelled so on every
# page), this machine's own journal and logs, and three minutes of the province's logs in which something happens. Says
# where to look, as whom, and what to try; ends with Ctrl-C, and with it the server.
#   tools/run.sh [DATA] [SECONDS]
#
# DATA is where real logs of hosts under attack may be: some are dropped into a folder that the server follows. SECONDS
# (default: until Ctrl-C on a terminal, else 5) is how long it runs.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
canh=$top/build/canh
data=${1:-$top/../shared/data}
seconds=${2:-}
place=$top/run
drop=$place/drop
users=$place/users

if [ -z "$seconds" ] && [ ! -t 1 ]; then
    seconds=5
fi
mkdir -p "$drop"
# A machine without systemd has no journal; that is no fault of the run.
journal=false
for folder in /var/log/journal /run/log/journal; do
    if [ -d "$folder" ] && [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then
        journal=true
    fi
done
python3 "$top/tools/sample.py" settings >"$place/canh.yaml" <<EOF
# Made by tools/run.sh; \`canh serve --help\` lists every setting.
sample: true
journal: $journal
files: [/var/log, $drop]
reserve-bytes: 16MiB
console: "127.0.0.1:8443"
console-plain: "127.0.0.1:8080"
EOF

"$canh" serve --config "$place/canh.yaml" --data "$place/data" 2>"$place/serve.log" &
server=$!
traffic=
trap 'kill $traffic $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM
for _ in $(seq 200); do
    grep -q 'canh: ready' "$place/serve.log" && break
    if ! kill -0 $server 2>/dev/null; then
        cat "$place/serve.log" >&2
        exit 1
    fi
    sleep 0.1
done

if [ ! -s "$users" ]; then
    (umask 077 && python3 "$top/tools/sample.py" settle "$canh" "$place/data" >"$users.new" && mv "$users.new" "$users")
fi
if [ -d "$data/otrf" ]; then
    # Some data sets of hosts under attack, as someone would drop them in.
    find "$data/otrf" -name '*.zip' | sort | head -4 | while read -r file; do
        python3 -m zipfile -e "$file" "$drop"
    done
fi
python3 "$top/tools/sample.py" traffic "$canh" "$place/data" 5514 180 >"$place/traffic.log" 2>&1 &
traffic=$!

cat <<EOF

  Canh is at work:  http://localhost:8080/    (also https://localhost:8443/, with a certificate of its own)

  Log in (one-time passwords, changed at the first login; kept in run/users):
$(sed 's/^\([^ ]*\) \([^ ]*\) \(.*\)/      \1  \2   \3/' "$users")

  In the next three minutes, amid ordinary traffic: a ward's portal gets a web shell and injected links, an incident
  appears and its clock runs, and a firewall's log falls silent. Try:
    1. Cảnh báo (g a): open the critical alert with Enter: why it fired, in the event's own text
    2. Sự cố (g i): SC-…-0001 at about 1:40; its clocks; make a phiếu to the ward; báo cáo nhanh
    3. Log in as binh (the ward's contact, also on a phone): answer the phiếu
    4. Canh gác (g w): at about 1:30 fw-wan turns red by itself
    5. Change one byte of a file below run/data/lanes or run/data/sealed, then Kiểm chứng (g v) > verify: it is named
  What arrives: syslog on 127.0.0.1:5514, RELP :2514, HTTP (_bulk, OTLP, Loki, HEC) :9200; files dropped into run/drop.

EOF
if [ -z "$seconds" ]; then
    echo "  Ctrl-C ends it. It stays in run/ for the next time; delete that folder to begin anew."
    wait $server
else
    sleep "$seconds"
    "$canh" stat --data "$place/data"
    "$canh" alerts --data "$place/data" --limit 15
fi
