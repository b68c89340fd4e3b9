# JSON lines on one pinned thread with all rules, against simdjson's on-demand walk of every field of
# the same bytes, and two threads against one.
#
# One round: the scan of one event (start, loading, end), the scan of everything, the walk, the two
# with two threads. rate = events / (all - one event). Rounds alternate, so that a slow moment of
# the machine falls on both sides; the ratio is the median over rounds of each round's ratio.

walk_source=$data/../tools/simdjson_walk.cpp
walk=$work/simdjson_walk

build_walk() {
    [ -r "$walk_source" ] || { echo "no simdjson_walk.cpp beside the data"; return 1; }
    [ -z "$(find "$walk" -newer "$walk_source" 2>/dev/null)" ] || return 0
    g++ -O3 -o "$walk" "$walk_source" -lsimdjson 2>"$work/walk.err" ||
        { echo "simdjson_walk.cpp does not build"; return 1; }
}

json_round() { # FILES...
    empty=$(scan json-empty "$one" 1 /dev/null "$work/tiny.json")
    all=$(scan json-one-thread "$one" 1 "$work/json.out" "$@")
    timed json-walk "$one" "$work/walk.out" "$walk" "$work/otrf.json" >/dev/null
    empty_two=$(scan json-empty-two "$two" 2 /dev/null "$work/tiny.json")
    all_two=$(scan json-two-threads "$two" 2 "$work/json2.out" "$@")
    rate=$(calc 'n / (a - e)' n="$json_events" a="$all" e="$empty")
    rate_two=$(calc 'n / (a - e)' n="$json_events" a="$all_two" e="$empty_two")
    limit=$(cat "$work/walk.out")
    printf '%s\t%s\t%s\t%s\t%s\n' "$rate" "$limit" "$(calc r/l r="$rate" l="$limit")" "$rate_two" \
        "$(calc r/l r="$rate_two" l="$rate")" >>"$work/json.tsv"
}

line_json() {
    warm
    if ! why=$(build_walk); then
        skip json.ratio "JSON, one thread, of simdjson's walk" '>=' 0.45 x "$why"
        return
    fi
    empty=$(scan json-empty "$one" 1 /dev/null "$work/tiny.json")
    ten_seconds json-once "$empty" "$work"/otrf/*.json
    json_events=$((repeats * $(cat "$work/otrf.count")))
    : >"$work/json.tsv"
    for _ in $(seq "$rounds"); do
        # shellcheck disable=SC2046 # names without blanks
        json_round $(repeat "$repeats" "$work"/otrf/*.json)
    done
    cold=$(calc 'n / s' n="$(cat "$work/otrf.count")" s="$once")
    row json.walk "simdjson on-demand walk" "$(median 2 "$work/json.tsv")" - - events/s
    row json.rate "JSON, one thread, all rules" "$(median 1 "$work/json.tsv")" - - events/s \
        "the data sets $repeats times; once through: $cold events/s"
    row json.ratio "JSON, one thread, of simdjson's walk" "$(median 3 "$work/json.tsv")" '>=' 0.45 x
    rm -f "$work/json.out" "$work/json2.out"
    if [ "$two" = "$one" ]; then
        skip json.two "JSON, two threads, of one" '>=' 1.8 x "one processor"
    else
        row json.rate_two "JSON, two threads, all rules" "$(median 4 "$work/json.tsv")" - - events/s
        row json.two "JSON, two threads, of one" "$(median 5 "$work/json.tsv")" '>=' 1.8 x
    fi
}
