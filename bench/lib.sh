# What the lines of the benchmark have in common: timing a run, keeping a row, saying why not.
# Read by run.sh; the variables top, work, data, canh, rounds, one and two are set there.
#
# A row of $work/rows.tsv: id, what, figure, comparison (>= <= == or -), limit, unit, remark.
# A comparison that holds is "met", one that does not "missed"; figure "skipped" has its reason as
# the remark. A run that fails (crash, limit, wrong exit code) is noted in $work/failed and named, and
# the rows that follow in its line are "failed": a program that does nothing is not a fast one.

# calc EXPRESSION NAME=VALUE...: a number
calc() {
    expression=$1
    shift
    set -- "$@" --
    variables=
    while [ "$1" != -- ]; do
        variables="$variables -v $1"
        shift
    done
    # shellcheck disable=SC2086 # a list of words
    awk $variables "BEGIN { printf \"%.6g\", ($expression) }"
}

# median COLUMN FILE
median() {
    cut -f "$1" "$2" | sort -g | awk '{ v[NR] = $1 }
        END { h = NR / 2; printf "%.6g", NR % 2 ? v[h + 0.5] : (v[h] + v[h + 1]) / 2 }'
}

# row ID WHAT FIGURE COMPARISON LIMIT UNIT [REMARK]
row() {
    figure=$3
    [ "$figure" = skipped ] || [ "$(wc -l <"$work/failed")" = "$failed_before" ] || figure=failed
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$figure" "$4" "$5" "$6" "${7:-}" \
        >>"$work/rows.tsv"
    echo "  $2: $figure $6" >&2
}

# skip ID WHAT COMPARISON LIMIT UNIT REASON
skip() {
    row "$1" "$2" skipped "$3" "$4" "$5" "$6"
}

# timed LABEL CPUS OUT COMMAND...: prints wall seconds; standard error goes to $work/LABEL.err. It is
# ended after $time_limit seconds, 900 when that is not set.
timed() {
    label=$1 cpus=$2 out=$3
    shift 3
    if ! python3 "$top/bench/timed.py" --log "$work/runs.tsv" --label "$label" --cpus "$cpus" \
        --limit "${time_limit:-900}" --out "$out" --err "$work/$label.err" -- "$@"; then
        echo "$label" >>"$work/failed"
        echo "bench: $label failed: $*" | cut -c 1-300 >&2
        tail -3 "$work/$label.err" >&2
    fi
}

# peak LABEL: the largest resident set of the runs so labelled, in MB
peak() {
    awk -F '\t' -v l="$1" '$1 == l && $5 > m { m = $5 } END { printf "%.1f", m * 1024 / 1e6 }' \
        "$work/runs.tsv"
}

# stat_of NAME LABEL: a number from the --stats line that ends the run's standard error
stat_of() {
    tail -1 "$work/$2.err" | sed -n "s/.*\"$1\": *\([0-9.eE+-]*\).*/\1/p"
}

# scan LABEL CPUS THREADS OUT PATH...: all rules, findings as JSON lines
scan() {
    scan_label=$1 scan_cpus=$2 scan_threads=$3 scan_out=$4
    shift 4
    # shellcheck disable=SC2086 # lists of words
    timed "$scan_label" "$scan_cpus" "$scan_out" "$canh" scan $rules --format "${format:-json}" \
        --threads "$scan_threads" --stats ${flags:-} "$@"
}

# warm: let the rules of $rules be compiled into the cache, so that no timed run does it
warm() {
    scan warm "$two" "$processors" /dev/null "$work/tiny.json" >/dev/null
}

# repeat N WORD...: the words N times over
repeat() {
    n=$1
    shift
    while [ "$n" -gt 0 ]; do
        printf '%s ' "$@"
        n=$((n - 1))
    done
}

# ten_seconds LABEL EMPTY PATH...: sets `once`, the seconds of one pass over the paths, and `repeats`,
# how often they must be named to make ten seconds of work
ten_seconds() {
    ten_label=$1 ten_empty=$2
    shift 2
    once=$(calc 'a - e > 0.02 ? a - e : 0.02' e="$ten_empty" \
        a="$(scan "$ten_label" "$one" 1 /dev/null "$@")")
    repeats=$(calc 'int(10 / s) + 1' s="$once")
}
