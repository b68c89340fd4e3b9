# rsigma, the closest peer: the newest version that its registry gives and a toolchain here builds,
# each of its set-ups tried and the fastest taken, same rules, same events, one processor.
#
# Its speed is that of the fastest set-up, even if it finds the wrong things; its findings are those
# of the set-up that comes nearest to the Sigma taxonomy. Both are compared on the same bytes.

peers=$top/build-peers
rsigma=$peers/bin/rsigma

# name|flags; the words in capitals stand for more words, see rsigma_flags.
rsigma_setups="plain|
json|--input-format json
routed|WINDOWS
sysmon|-p sysmon WINDOWS
channels|-p CHANNELS WINDOWS BY_CHANNEL
automaton|-p CHANNELS WINDOWS BY_CHANNEL --cross-rule-ac
bloom|-p CHANNELS WINDOWS BY_CHANNEL --bloom-prefilter"
rsigma_truest=channels

# The newest, by the first toolchain that can build it; else what the default toolchain can build.
rsigma_install() {
    [ ! -x "$rsigma" ] || return 0
    command -v cargo >/dev/null || { echo "no cargo"; return 1; }
    newest=$(cargo info rsigma 2>/dev/null |
        sed -n 's/^version: .*(latest \([0-9.]*\)).*/\1/p; t; s/^version: \([0-9.]*\).*/\1/p')
    [ -n "$newest" ] || { echo "the registry does not answer"; return 1; }
    rsigma_build "" "$newest" && return 0
    for toolchain in $(rustup toolchain list 2>/dev/null | cut -d ' ' -f 1); do
        rsigma_build "+$toolchain" "$newest" && return 0
    done
    rsigma_build "" "" || { echo "rsigma $newest does not build here"; return 1; }
}

rsigma_build() { # TOOLCHAIN VERSION, either may be empty
    # shellcheck disable=SC2086 # no word when empty
    nice cargo $1 install ${2:+--version $2} --features evtx,daachorse-index --root "$peers" \
        --target-dir "$peers/target" rsigma >"$work/rsigma.build" 2>&1 || return 1
    rm -rf "$peers/target"
}

# rsigma_flags SETUP: its flags; CHANNELS is the pipeline that rsigma_pipeline.py writes
rsigma_flags() {
    echo "$rsigma_setups" | sed -n "s/^$1|//p" | sed "
        s|CHANNELS|$work/channels.yml|
        s|WINDOWS|--logsource-routing --event-logsource product=windows|
        s|BY_CHANNEL|--logsource-field-map service=Channel|"
}

# rsigma_run LABEL SETUP OUT EVENTS [FLAG...]: prints wall seconds
rsigma_run() {
    run_label=$1 run_out=$3 run_events=$4
    run_flags=$(rsigma_flags "$2")
    shift 4
    # shellcheck disable=SC2086 # a list of words
    timed "$run_label" "$one" "$run_out" "$rsigma" --output-format ndjson engine eval \
        -r "$work/rules" $run_flags "$@" -e "@$run_events"
}

# Sets `fastest`, by the seconds over every eleventh event.
rsigma_choose() {
    awk 'NR % 11 == 0' "$work/otrf.json" >"$work/eleventh.json"
    : >"$work/setups.tsv"
    for setup in $(echo "$rsigma_setups" | cut -d '|' -f 1); do
        empty=$(rsigma_run "rsigma-$setup-empty" "$setup" /dev/null "$work/tiny.json")
        all=$(rsigma_run "rsigma-$setup" "$setup" "$work/setup.out" "$work/eleventh.json")
        rate=$(calc 'n / (a - e)' n="$(wc -l <"$work/eleventh.json")" a="$all" e="$empty")
        printf '%s\t%s\n' "$rate" "$setup" >>"$work/setups.tsv"
        row "rsigma.setup.$setup" "rsigma, $setup" "$rate" - - events/s \
            "$(wc -l <"$work/setup.out") findings in every eleventh event"
    done
    fastest=$(sort -gr "$work/setups.tsv" | head -1 | cut -f 2)
}

rsigma_speed() {
    : >"$work/rsigma.tsv"
    events=$(cat "$work/otrf.count")
    for _ in 1 2; do
        empty=$(rsigma_run rsigma-empty "$fastest" /dev/null "$work/tiny.json")
        theirs=$(rsigma_run rsigma-all "$fastest" "$work/rsigma.out" "$work/otrf.json")
        empty_ours=$(scan rsigma-canh-empty "$one" 1 /dev/null "$work/tiny.json")
        ours=$(scan rsigma-canh "$one" 1 "$work/canh.out" "$work/otrf.json")
        calc '(t - f) / (a - e)' t="$theirs" f="$empty" a="$ours" e="$empty_ours" >>"$work/rsigma.tsv"
        printf '\t%s\n' "$(calc 'n / (t - f)' n="$events" t="$theirs" f="$empty")" >>"$work/rsigma.tsv"
    done
    row rsigma.rate "rsigma $rsigma_version, $fastest, all data sets" "$(median 2 "$work/rsigma.tsv")" \
        - - events/s "peak memory $(peak rsigma-all) MB"
    row rsigma.ratio "JSON, one thread, of rsigma" "$(median 1 "$work/rsigma.tsv")" '>=' 20 x
}

rsigma_findings() {
    python3 "$top/bench/findings.py" number "$work/otrf.json" "$work/numbered.json"
    rsigma_run rsigma-findings $rsigma_truest "$work/rsigma.out" "$work/numbered.json" --include-event \
        >/dev/null
    scan rsigma-canh-findings "$one" 1 "$work/canh.out" "$work/numbered.json" >/dev/null
    summary=$(python3 "$top/bench/findings.py" compare "$work/rules" "$work/numbered.json" \
        "$work/canh.out" "$work/rsigma.out" "$work/differences.json")
    row rsigma.differences "Differences to rsigma without an explanation" \
        "$(echo "$summary" | cut -f 1)" == 0 findings "$(echo "$summary" | cut -f 2)"
    rm -f "$work/numbered.json" "$work/rsigma.out" "$work/canh.out"
}

line_rsigma() {
    if ! why=$(rsigma_install); then
        skip rsigma.ratio "JSON, one thread, of rsigma" '>=' 20 x "$why"
        return
    fi
    rsigma_version=$("$rsigma" --version | awk 'NR == 1 { print $2 }')
    printf 'rsigma\t%s\n' "$rsigma_version" >>"$work/versions.tsv"
    python3 "$top/bench/rsigma_pipeline.py" >"$work/channels.yml"
    all_rules=$rules
    rules="--rules $work/rules" # the same for both
    warm
    rsigma_choose
    rsigma_speed
    rsigma_findings
    rules=$all_rules
}
