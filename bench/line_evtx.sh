# Windows event logs on one pinned thread: a log of 500,000 records grown from the whole chunks of
# the samples, scanned with all rules, and read alone; and the samples as they are.

evtx_records=500000

# Reading alone is timed within tools/evtx_rate (best of five passes over the file in memory); its
# rate is also taken from outside, as the difference of two runs would be mostly loading the file.
evtx_reading() {
    timed evtx-read "$one" "$work/evtx_rate.out" "$tools/evtx_rate" "$work/grown.evtx" >/dev/null
    rate=$(sed -n 's/.*, \([0-9]*\) records\/s.*/\1/p' "$work/evtx_rate.out")
    row evtx.read "EVTX, reading alone, one thread" "$rate" '>=' 600000 records/s
}

evtx_scanning() {
    empty=$(scan evtx-empty "$one" 1 /dev/null "$work/tiny.evtx")
    ten_seconds evtx-once "$empty" "$work/grown.evtx"
    : >"$work/evtx.tsv"
    for _ in $(seq "$rounds"); do
        empty=$(scan evtx-empty "$one" 1 /dev/null "$work/tiny.evtx")
        # shellcheck disable=SC2046 # names without blanks
        all=$(scan evtx-scan "$one" 1 "$work/evtx.out" $(repeat "$repeats" "$work/grown.evtx"))
        calc 'n / (a - e)' n=$((repeats * grown)) a="$all" e="$empty" >>"$work/evtx.tsv"
        echo >>"$work/evtx.tsv"
    done
    row evtx.rate "EVTX, all rules, one thread" "$(median 1 "$work/evtx.tsv")" '>=' 300000 records/s \
        "$grown records $repeats times"
}

evtx_samples() {
    bytes=$(cat "$work"/evtx/*.evtx | wc -c)
    empty=$(scan evtx-empty "$one" 1 /dev/null "$work/tiny.evtx")
    # shellcheck disable=SC2046 # names without blanks
    all=$(scan evtx-samples "$one" 1 "$work/samples.out" $(repeat 40 "$work"/evtx/*.evtx))
    row evtx.samples "EVTX samples as they are, all rules, one thread" \
        "$(calc '40 * b / 1e6 / (a - e)' b="$bytes" a="$all" e="$empty")" - - MB/s \
        "99 files, $bytes bytes, 40 times"
}

line_evtx() {
    warm
    # shellcheck disable=SC2012 # names without blanks
    cp "$(ls -S "$work"/evtx/*.evtx | tail -1)" "$work/tiny.evtx"
    if [ ! -x "$tools/evtx_grow" ]; then
        skip evtx.rate "EVTX, all rules, one thread" '>=' 300000 records/s "tools/evtx_grow is not built"
    else
        "$tools/evtx_grow" "$work/grown.evtx" $evtx_records "$work"/evtx/*.evtx >"$work/grow.out"
        grown=$(sed -n 's/.*: \([0-9]*\) records in.*/\1/p' "$work/grow.out")
        evtx_scanning
        evtx_reading
        rm -f "$work/grown.evtx" "$work/evtx.out"
    fi
    evtx_samples
}
