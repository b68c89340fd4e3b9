# The server, whole, with all rules and its data on a disk: what it stores a second, against rsyslog's
# reliable mode in the same run, and what a steady 10,000 events/s cost. serve.py measures, from outside.
#
# SERVE_SECONDS: of each throughput (default 120); SERVE_LOAD_SECONDS: of the steady load (default 600);
# SERVE_PLACE: a folder on a disk (default /var/tmp).

serve_seconds=${SERVE_SECONDS:-120}
serve_load_seconds=${SERVE_LOAD_SECONDS:-600}
serve_rules="$work/rules"
[ ! -d "$top/data/rules" ] || serve_rules="$serve_rules $top/data/rules"

# served WHAT WORD...: one measurement by serve.py; its figures are in $work/serve.figures
served() {
    kind=$1
    shift
    : >"$work/serve.figures"
    # shellcheck disable=SC2086 # lists of words
    timed "serve-$kind" "$two" "$work/serve.figures" python3 "$top/bench/serve.py" "$kind" "$canh" \
        "$work" $serve_rules -- "$@" >/dev/null
    read -r figure_1 figure_2 figure_3 figure_4 _ <"$work/serve.figures" || {
        figure_1=0 figure_2=1 figure_3=0 figure_4=0
    }
}

# serve_rate ID WHAT LIMIT SECONDS FORM CONNECTIONS: sets `rate`
serve_rate() {
    served throughput "$4" "$5" "$6"
    rate=$(calc 'n / s' n="$figure_1" s="$figure_2")
    row "$1" "$2" "$rate" '>=' "$3" events/s \
        "$figure_1 stored and matched in $figure_2 s; $figure_4 acknowledged"
}

# Three rounds, ours and theirs in turn.
serve_against_rsyslog() {
    what="RELP, of rsyslog with a synced disk queue"
    if [ -z "$(command -v rsyslogd)" ] || ! ls /usr/lib/*/rsyslog/imrelp.so >/dev/null 2>&1; then
        skip serve.rsyslog_ratio "$what" '>=' 20 x "rsyslog-relp is not installed"
        return
    fi
    third=$((serve_seconds / 6 + 4))
    : >"$work/serve.tsv"
    for _ in $(seq "$rounds"); do
        served throughput "$third" relp 8
        ours=$(calc 'n / s' n="$figure_1" s="$figure_2")
        served rsyslog "$third" 8
        theirs=$(calc 'n / s' n="$figure_1" s="$figure_2")
        printf '%s\t%s\t%s\n' "$ours" "$theirs" "$(calc o/t o="$ours" t="$theirs")" \
            >>"$work/serve.tsv"
    done
    row serve.relp "Server, RELP, 8 connections" "$(median 1 "$work/serve.tsv")" - - events/s
    row serve.rsyslog "rsyslog, the same sender" "$(median 2 "$work/serve.tsv")" - - events/s
    row serve.rsyslog_ratio "$what" "$(median 3 "$work/serve.tsv")" '>=' 20 x
}

serve_steady() {
    served load "$serve_load_seconds" 10000
    said="10,000 events/s for $serve_load_seconds s"
    row serve.steady "Server, events of a steady load" "$figure_1" '>=' \
        $((serve_load_seconds * 9900)) events "$said, all stored"
    row serve.cpu "Server, processor time of all roles" "$figure_3" '<=' 15 "%" "of one core; $said"
    row serve.memory "Server, memory of all roles" "$figure_4" '<=' 200 MB "sum of Pss; $said"
}

serve_live() { # ID RULES WHAT
    if [ ! -x "$tools/live_rate" ]; then
        skip "$1" "Live correlation, $3" - - inputs/s "tools/live_rate is not built"
        return
    fi
    timed "$1" "$one" "$work/live.out" "$tools/live_rate" "$2" 200000 >/dev/null
    row "$1" "Live correlation, $3" "$(sed -n 's/^\([0-9]*\) inputs.*/\1/p' "$work/live.out")" \
        - - inputs/s
}

line_serve() {
    if [ "$(stat -f -c %T "${SERVE_PLACE:-/var/tmp}")" = tmpfs ]; then
        skip serve.tcp "Server, durable" '>=' 150000 events/s "${SERVE_PLACE:-/var/tmp} is no disk"
        return
    fi
    serve_rate serve.tcp "Server, syslog over TCP, 8 connections" 150000 "$serve_seconds" syslog-tcp 8
    serve_rate serve.http "Server, HTTP _bulk, 8 connections" 150000 "$serve_seconds" http 8
    serve_rate serve.relp_one "Server, one RELP sender, window 128" 20000 "$serve_seconds" relp 1
    serve_against_rsyslog
    serve_steady
    serve_live serve.live "$top/bench/correlation.yml" "every input in three correlations"
    serve_live serve.live_own "$top/data/rules" "the rules that ship"
}
