# The store: how small, how fast it is sealed, what is found in it how fast, how soon a server starts
# over it. store.py measures what a server does; bench/README.md says how.
#
#   STORE_MILLION=2     events to search in, in millions (20 for the record)
#   STORE_GIB=2         the store that a server starts over (50 for the record)
#   STORE_HUNTS=50      so many of the rules of hunt_rules.txt
#   STORE_LOAD_SECONDS=60   of the steady load
#   SERVE_PLACE         a folder on a disk (default /var/tmp), with room for all of it

store_million=${STORE_MILLION:-2}
store_gib=${STORE_GIB:-2}
store_hunts=${STORE_HUNTS:-50}
store_load_seconds=${STORE_LOAD_SECONDS:-60}
store_events=$((store_million * 1000000))
store_day=$((($(date +%s) / 86400 - 1) * 86400)) # yesterday, UTC: all events are of one day
store_step=$((86400000000000 / store_events))
store_peers=$top/build-peers
store_rules="$work/rules"
[ ! -d "$top/data/rules" ] || store_rules="$store_rules $top/data/rules"

# read_sealed FILE: what seal_rate printed, into events, raw, sealed, seconds
read_sealed() {
    # 446576 events, 978830994 raw bytes, 17522664 sealed bytes, 7.141 s
    sed 's/[a-z,]//g' "$1" >"$work/seal.figures"
    read -r events raw sealed seconds <"$work/seal.figures" || events=1 raw=1 sealed=1 seconds=1
}

# figure NAME: of those that store.py said, 0 when it did not
figure() {
    awk -F '\t' -v n="$1" '$1 == n { f = $2 } END { print f == "" ? 0 : f }' "$work/store.figures"
}

# measured KIND PROGRAM WORD...: store.py over the store in $store_place
measured() {
    kind=$1 program=$2
    shift 2
    # shellcheck disable=SC2086 # lists of words
    timed "store-$kind" "$two" "$work/store.figures" python3 "$top/bench/store.py" "$kind" "$program" \
        "$store_place" "$work" $store_rules -- "$@" >/dev/null
}

# --- size and sealing -------------------------------------------------------------------------

store_otrf() {
    what="Sealed data sets, of zstd -19"
    if ! ls "$work"/otrf/*.json >/dev/null 2>&1; then
        skip store.otrf_ratio "$what" '<=' 1 x "the data sets are not there"
        return
    fi
    timed store-otrf "$one" "$work/seal.out" "$tools/seal_rate" "$store_place/otrf" \
        "$work"/otrf/*.json >/dev/null
    rm -rf "$store_place/otrf"
    read_sealed "$work/seal.out"
    whole=0
    for file in "$work"/otrf/*.json; do
        timed store-zstd "$two" "$work/seal.zst" zstd -q -19 -T0 -c "$file" >/dev/null
        whole=$((whole + $(wc -c <"$work/seal.zst")))
    done
    rm -f "$work/seal.zst"
    row store.otrf "Sealed data sets" "$(calc 's / n' s="$sealed" n="$events")" - - "bytes an event" \
        "index and roots included; $(calc 'n / s' n="$events" s="$seconds") events/s sealed"
    row store.otrf_zstd "zstd -19 of each file" "$(calc 's / n' s="$whole" n="$events")" - - \
        "bytes an event"
    row store.otrf_ratio "$what" "$(calc 's / w' s="$sealed" w="$whole")" '<=' 1 x
}

# Makes $store_place/data and $store_place/zst, of the same events.
store_varied() {
    made="'$tools/varied_events' $store_events $store_day $store_step"
    counted="--taxonomy '$top/data/taxonomy'" # tallies, as the server's sealer makes them
    for dir in $store_rules; do counted="$counted --rules '$dir'"; done
    timed store-varied "$two" "$work/seal.out" sh -c "$made | '$tools/seal_rate' --start $store_day \
        --step $store_step $counted '$store_place/data' /dev/stdin" >/dev/null
    read_sealed "$work/seal.out"
    mkdir "$store_place/zst"
    timed store-varied-zstd "$two" /dev/null sh -c "$made | split -a 3 -l 1000000 \
        --filter='zstd -q -3 -o \$FILE.zst' - '$store_place/zst/'" >/dev/null
    varied=$(calc 's / n' s="$sealed" n="$events")
    row store.varied "Sealed varied set" "$varied" '<=' 50 "bytes an event" \
        "$events events of $(calc 'r / n' r="$raw" n="$events") bytes; index and roots included"
}

# Against what is received, where that was measured in this run.
store_sealing() {
    rate=$(calc 'n / s' n="$events" s="$seconds")
    row store.seal "Sealing, of one core" "$rate" '>=' 150000 events/s "processor time; varied set"
    received=$(awk -F '\t' '$1 == "serve.tcp" && $3 + 0 > 0 { print $3 }' "$work/rows.tsv")
    what="Sealing on one core, of what is received on two"
    if [ -n "$received" ]; then
        row store.seal_ratio "$what" "$(calc s/r s="$rate" r="$received")" '>=' 1 x
    else
        skip store.seal_ratio "$what" '>=' 1 x "the line serve did not run before"
    fi
    row store.seal_cpu "Sealing 10,000 events" "$(calc '10000 / r' r="$rate")" '<=' 0.15 s \
        "processor time; the limit is that of all roles together, a second"
}

# --- a server that receives, seals and signs -----------------------------------------------------

store_load() {
    what="Server, receiving and sealing 10,000 events/s"
    : >"$work/store.load"
    # shellcheck disable=SC2086 # lists of words
    timed store-load "$two" "$work/store.load" python3 "$top/bench/serve.py" load "$canh" "$work" \
        $store_rules -- "$store_load_seconds" 10000 >/dev/null
    IFS=$(printf '\t') read -r _ _ cpu memory _ files signed shares <"$work/store.load" ||
        cpu=100 memory=1000 files=0 signed=0 shares=none
    row store.load_cpu "$what, processor time" "$cpu" '<=' 15 "%" "of one core; $shares"
    row store.load_memory "$what, memory" "$memory" '<=' 200 MB \
        "$store_load_seconds s: $files files sealed, $signed checkpoints signed"
}

# --- search -----------------------------------------------------------------------------------

store_search() {
    measured search "$canh" "$store_events" "$store_day" "$store_hunts" "$rounds"
    over="over $store_million million events, $(figure dropped)"
    rare=$(figure rare) count=$(figure count)
    row store.rare "Search, a rare word" "$rare" '<=' 0.15 s "$over"
    row store.scan "zstdcat | grep -c of the word" "$(figure scan)" - - s "zstd -3, the same events"
    row store.rare_ratio "zstdcat | grep -c, of the search" "$(figure rare_ratio)" '>=' 1 x
    row store.count "Search, count by host over a day" "$count" '<=' 0.3 s \
        "all of them are of that day"
    row store.hunt "Hunt of one rule, median" "$(figure hunt_median)" '<=' 1 s \
        "$(figure hunts) rules, $(figure hunt_hits) hits; $over"
    row store.hunt_worst "Hunt of one rule, worst" "$(figure hunt_worst)" '<=' 5 s \
        "$(basename "$(figure hunt_worst_rule)" .yml)"
    row store.hunt_control "Hunt of a rule that often holds" "$(figure hunt_control)" - - s \
        "hits are as many as grep counts"
}

# --- starting ---------------------------------------------------------------------------------

store_start() {
    mkdir -p "$store_place"
    timed store-filler "$two" "$work/seal.out" sh -c "python3 '$top/bench/store.py' filler \
        $((store_gib << 30)) | '$tools/seal_rate' --start $store_day --run 5600000 \
        '$store_place/data' /dev/stdin" >/dev/null
    measured start "$canh"
    row store.start "Start over $store_gib GiB after kill -9" "$(figure start)" '<=' 5 s \
        "until an event is on the disk; $(figure files) sealed files; $(figure dropped)"
}

# --- peers ------------------------------------------------------------------------------------

clickhouse_install() {
    [ ! -d "$store_peers/chdb/node_modules/chdb" ] || return 0
    command -v npm >/dev/null || { echo "no npm"; return 1; }
    mkdir -p "$store_peers/chdb"
    echo '{"private":true}' >"$store_peers/chdb/package.json"
    (cd "$store_peers/chdb" && npm install --no-audit --no-fund chdb) >"$work/chdb.build" 2>&1 ||
        { echo "npm has no chdb for this machine"; return 1; }
}

store_clickhouse() {
    what="Sealed varied set, of ClickHouse without an index"
    if ! why=$(clickhouse_install); then
        skip store.clickhouse_ratio "$what" '<=' 1 x "$why"
        return
    fi
    timed store-clickhouse "$two" "$work/clickhouse.out" node "$top/bench/clickhouse.mjs" \
        "$store_peers/chdb" "$store_place/clickhouse" "$store_place/zst/aaa.zst" >/dev/null
    read -r events bytes version <"$work/clickhouse.out" || events=1 bytes=1 version=none
    printf 'clickhouse\t%s\n' "$version" >>"$work/versions.tsv"
    theirs=$(calc 'b / n' b="$bytes" n="$events")
    row store.clickhouse "ClickHouse $version, varied set" "$theirs" - - "bytes an event" \
        "the first $events events; columns under ZSTD(1), no index"
    row store.clickhouse_ratio "$what" "$(calc o/t o="$varied" t="$theirs")" '<=' 1 x
}

# The newest; else the newest that the Go of this machine was seen to build.
victoria_install() {
    [ ! -x "$store_peers/bin/victoria-logs" ] || return 0
    command -v go >/dev/null || { echo "no go"; return 1; }
    module=github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs
    rm -rf "$store_peers/vlogs" && mkdir -p "$store_peers/vlogs"
    (cd "$store_peers/vlogs" && go mod init peers && { go get $module@latest || go get $module@v1.52.1; } &&
        nice go build -o "$store_peers/bin/victoria-logs" $module) >"$work/vlogs.build" 2>&1 ||
        { echo "the Go proxy has none that builds here"; return 1; }
}

# victoria_row NAME WHAT THEIRS OURS: how many times as long they take, begun anew as who has nothing in memory
victoria_row() {
    row "store.victoria_$1" "VictoriaLogs, $2" "$3" - - s \
        "the first time since its start; $(figure "$1_again") s when asked again, page cache dropped"
    row "store.victoria_$1_ratio" "VictoriaLogs, of us, $2" "$(calc 'o > 0 ? t / o : 0' t="$3" o="$4")" '>=' 1 x
}

store_victoria() {
    if ! why=$(victoria_install); then
        skip store.victoria_rare_ratio "VictoriaLogs, of us" '>=' 1 x "$why"
        return
    fi
    version=$(cd "$store_peers/vlogs" && go list -m -f '{{.Version}}' github.com/VictoriaMetrics/VictoriaLogs)
    printf 'victoria-logs\t%s\n' "$version" >>"$work/versions.tsv"
    measured victoria "$store_peers/bin/victoria-logs" "$store_events" "$store_day" "$rounds"
    row store.victoria "VictoriaLogs $version, varied set" "$(figure size)" - - "bytes an event" \
        "filled in $(figure fill) s"
    row store.victoria_ratio "Sealed varied set, of VictoriaLogs" \
        "$(calc 'o / (t > 0 ? t : 1)' o="$varied" t="$(figure size)")" '<=' 1 x
    victoria_row rare "a rare word" "$(figure rare)" "$rare"
    victoria_row count "count by host over a day" "$(figure count)" "$count"
}

line_store() {
    if [ "$(stat -f -c %T "${SERVE_PLACE:-/var/tmp}")" = tmpfs ]; then
        skip store.rare "Search" '<=' 0.15 s "${SERVE_PLACE:-/var/tmp} is no disk"
        return
    fi
    time_limit=14400 # 50 hunts over 20 million events
    store_place=$(mktemp -d "${SERVE_PLACE:-/var/tmp}/canh-store-XXXXXX")
    store_otrf
    store_varied
    store_sealing
    store_load
    store_search
    store_clickhouse
    store_victoria
    rm -rf "$store_place"
    store_start
    rm -rf "$store_place"
    time_limit=
}
