# Sealing, alone: what the data sets come to, all indexes and roots included, against zstd -19 over each
# file of the same run, and how fast one thread seals them.

line_seal() {
    rm -rf "$work/sealed"
    timed seal-otrf "$one" "$work/seal.out" "$tools/seal_rate" "$work/sealed" "$work"/otrf/*.json >/dev/null
    rm -rf "$work/sealed"
    # 446576 events, 978830994 raw bytes, 17522664 sealed bytes, 7.141 s
    sed 's/[a-z,]//g' "$work/seal.out" >"$work/seal.figures"
    read -r events raw sealed seconds <"$work/seal.figures" || events=1 raw=1 sealed=1 seconds=1
    row seal.rate "Sealing, one thread" "$(calc 'n / s' n="$events" s="$seconds")" - - events/s \
        "$(calc 'b / s / 1e6' b="$raw" s="$seconds") MB/s of Windows events"
    row seal.otrf "Sealed data sets" "$(calc 's / n' s="$sealed" n="$events")" - - "bytes an event"
    whole=0
    for file in "$work"/otrf/*.json; do
        timed seal-zstd "$two" "$work/seal.zst" zstd -q -19 -T0 -c "$file" >/dev/null
        whole=$((whole + $(wc -c <"$work/seal.zst")))
    done
    rm -f "$work/seal.zst"
    row seal.zstd "zstd -19 of each file" "$(calc 's / n' s="$whole" n="$events")" - - "bytes an event"
    row seal.size "Sealed, of zstd -19" "$(calc 's / w' s="$sealed" w="$whole")" '<=' 1 x
}
