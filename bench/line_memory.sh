# Peak resident memory of a scan with two threads, from the kernel's account of the process, in each
# way that could make it grow: much input, the page that is written at the end, correlations, which
# keep what they need until the end.

memory_row() { # ID WHAT LABEL
    row "memory.$1" "Peak memory, $2" "$(peak "$3")" '<=' 150 MB
}

# A file of 4 GB: the data sets again and again.
memory_big_file() {
    free_kib=$(df -Pk "$work" | awk 'NR == 2 { print $4 }')
    if [ "$free_kib" -lt 6000000 ]; then
        skip memory.big "Peak memory, one file of 4 GB" '<=' 150 MB "less than 6 GB free on the disk"
        return
    fi
    # shellcheck disable=SC2046 # names without blanks
    cat $(repeat 5 "$work/otrf.json") | head -c 4294967296 >"$work/big.json"
    scan memory-big "$two" 2 "$work/memory.out" "$work/big.json" >/dev/null
    rm -f "$work/big.json"
    memory_row big "one file of 4 GB" memory-big
}

# More than a million events in each of three correlations.
memory_correlations() {
    all_rules=$rules
    rules="$rules --rules $top/bench/correlation.yml"
    warm
    # shellcheck disable=SC2046 # names without blanks
    scan memory-correlation "$two" 2 "$work/memory.out" $(repeat 3 "$work"/otrf/*.json) >/dev/null
    rules=$all_rules
    memory_row correlation "every Sysmon event thrice in three correlations" memory-correlation
}

line_memory() {
    warm
    scan memory-all "$two" 2 "$work/memory.out" "$work"/otrf/*.json >/dev/null
    memory_row all "all data sets" memory-all
    memory_big_file
    format=html
    scan memory-html "$two" 2 "$work/memory.html" "$work"/otrf/*.json >/dev/null
    format=json
    memory_row html "all data sets, timeline page" memory-html
    memory_correlations
    rm -f "$work/memory.out" "$work/memory.html"
}
