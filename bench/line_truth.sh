# What must be the same whatever the speed: the regression cases from both forms, and one output for
# any number of threads. That the fast matcher equals the oracle is the business of `make test`.

truth_regression() { # FORM
    # shellcheck disable=SC2046 # names without blanks
    scan "regression-$1" "$one" 1 "$work/regression.$1.out" \
        $(find "$work/regression" -name "*.$1") >/dev/null
    python3 "$top/bench/findings.py" regression "$work/regression" "$1" "$work/regression.$1.out" \
        >"$work/regression.$1.txt"
    cases=$(find "$work/regression" -name info.yml -exec grep -l '^regression_tests_info:' {} + | wc -l)
    row "regression.$1" "Regression cases from .$1" "$(head -1 "$work/regression.$1.txt")" \
        == "$cases" cases \
        "$(sed -n '2,4p' "$work/regression.$1.txt" | tr '\n' ' ')"
}

truth_threads() {
    same=0
    for n in 1 2 4; do
        scan "threads-$n" "$two" $n "$work/threads.$n.out" "$work"/otrf/*.json "$work"/evtx/*.evtx \
            >/dev/null
        [ -s "$work/threads.$n.out" ] && cmp -s "$work/threads.1.out" "$work/threads.$n.out" &&
            same=$((same + 1))
    done
    row threads.same "Same output from 1, 2 and 4 threads" $same == 3 outputs \
        "$(wc -l <"$work/threads.1.out") findings"
    rm -f "$work"/threads.*.out
}

line_truth() {
    truth_regression evtx
    truth_regression json
    truth_threads
}
