# Grouping: attacks between a week of made events; is each one candidate, and how long is the queue?
#
# GROUP_NOISE: made events (default 1000000).

group_noise=${GROUP_NOISE:-1000000}

line_group() {
    what="Grouping, $group_noise made events"
    if [ ! -x "$tools/group_rate" ]; then
        skip group.one "$what, attacks that are one candidate" '>=' 90 % "tools/group_rate was not built"
        skip group.shared_one "$what, on the hosts of the attacks, too" '>=' 90 % "tools/group_rate was not built"
        return
    fi
    group_run group
    group_said="$(group_figure sets) attacks, $(group_figure findings) findings, $(group_figure alerts) alerts"
    row group.one "$what, attacks that are one candidate" "$(group_figure one)" '>=' 90 % \
        "of their alerts of high and above; of medium and above $(group_figure whole) %; $group_said"
    row group.foreign "$what, alerts of others in them" "$(group_figure foreign)" '<=' 5 %
    row group.shorter "$what, findings to one of the queue" "$(group_figure shorter)" '>=' 20 times \
        "$(group_figure queue) in the queue"
    row group.raised "$what, attacks in the queue" "$(group_figure raised)" '>=' 90 %
    row group.cost "$what, a finding into alert and candidate" "$(group_figure us_per_finding)" - - us \
        "processor time; behind it $(group_figure work_us_per_finding) us; longest transactions: $(group_figure worst_ms) ms of 200, $(group_figure work_worst_ms) ms behind"
    line_group_shared
}

# On the hosts of the attacks: the honest reading of a common week.
line_group_shared() {
    what="Grouping, $group_noise made events on the hosts of the attacks"
    group_run group_shared --shared
    row group.shared_one "$what, attacks that are one candidate" "$(group_figure one)" '>=' 90 % \
        "of their alerts of high and above; of medium and above $(group_figure whole) %"
    row group.shared_foreign "$what, alerts of others in them" "$(group_figure foreign)" '<=' 5 % \
        "$(group_figure queue) in the queue, $(group_figure shorter) findings to one"
}

# group_run LABEL OPTION...: figures of one measurement
group_run() {
    group_label=$1
    shift
    time_limit=1500
    # shellcheck disable=SC2086 # a list of words
    timed "$group_label" "$two" "$work/group.figures" python3 "$top/bench/group.py" --noise "$group_noise" "$@" "$canh" \
        "$tools/group_rate" "$tools/varied_events" "$work" $(printf %s "$rules" | sed "s/--rules//g") >/dev/null
    time_limit=
}

# group_figure NAME
group_figure() {
    awk -v n="$1" '$1 == n { print $2; f = 1 } END { if (!f) print 0 }' "$work/group.figures"
}
