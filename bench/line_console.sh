# The console: what a browser sees of a million alerts, and what fifty analysts wait for while events pour in and a hunt runs.
#
# OFFICE_ALERTS: in the database (default 1000000); CONSOLE_SECONDS: of work (default 60)

console_alerts=${OFFICE_ALERTS:-1000000}
console_seconds=${CONSOLE_SECONDS:-60}

line_console() {
    what="Console, $console_alerts alerts"
    if [ ! -x "$tools/office_rate" ]; then
        skip console.paint "$what, first paint of the queue" '<=' 300 ms "tools/office_rate was not built"
        return
    fi
    place=$(mktemp -d "${OFFICE_PLACE:-/var/tmp}/canh-console-XXXXXX")
    timed console-rate "$one" "$work/console.figures" "$tools/office_rate" "$place" "$console_alerts" >/dev/null
    timed console "$two" "$work/console.figures" python3 "$top/bench/console.py" "$canh" "$work" "$place/office.db" "$top/data/rules" \
        -- "$console_seconds" 50 10000 >/dev/null
    rm -rf "$place"
    read -r paint key bytes asked p99 worst hunts <"$work/console.figures" || paint=- key=- bytes=- asked=0 p99=0 worst=0 hunts=0
    if [ "$paint" = - ]; then
        skip console.paint "$what, first paint of the queue" '<=' 300 ms "chromium is not installed"
    else
        row console.paint "$what, first paint of the queue" "$paint" '<=' 300 ms "the median of five, nothing cached"
        row console.key "$what, a key press to its effect" "$key" '<=' 50 ms "39 of 40"
        row console.bytes "$what, the first page, compressed" "$(calc 'n / 1000' n="$bytes")" '<=' 200 KB
    fi
    row console.api "$what, 50 browsers, 10,000 events/s, a hunt: 99 of 100 answers" "$p99" '<=' 100 ms \
        "worst $worst ms; $asked requests, $hunts hunts in $console_seconds s"
}
