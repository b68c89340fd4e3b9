# The rules themselves: that all load, how long it takes, and what ten times as many cost an event.

# Every public rule loads, but those whose placeholders no file resolves: refused by name.
rules_loading_all() {
    total=$(find "$work/rules" "$work/placeholder" -name '*.yml' | wc -l)
    refuse=$(find "$work/placeholder" -name '*.yml' | wc -l)
    "$canh" rules check "$work/rules" "$work/placeholder" >"$work/check.out" 2>&1 || true
    loaded=$(sed -n 's/^[0-9]* rules: \([0-9]*\) loaded.*/\1/p' "$work/check.out" | tail -1)
    row rules.loaded "Public rules loaded of $total" "${loaded:-0}" == $((total - refuse)) rules \
        "$refuse have placeholders that no file resolves"
}

# Loading is the wall clock of a scan of an empty file: start and end of the process are in it.
rules_load_time() {
    : >"$work/empty.json"
    for _ in 1 2 3 4 5; do
        rm -rf "$XDG_CACHE_HOME"
        scan load-cold "$two" "$processors" /dev/null "$work/empty.json" >/dev/null
        scan load-cache "$two" "$processors" /dev/null "$work/empty.json" >/dev/null
    done
    for kind in cold cache; do
        limit=0.5 what="Reading and compiling all rules"
        [ $kind = cold ] || { limit=0.05 what="Loading all rules from the cache"; }
        best=$(awk -F '\t' -v l=load-$kind '$1 == l' "$work/runs.tsv" | cut -f 2 | sort -g | head -1)
        row rules.$kind "$what" "$best" '<=' $limit s \
            "the whole process; by its own account $(stat_of rule_load_seconds load-$kind) s"
    done
}

rules_ten_times() {
    what="Ten times the rules, time an event"
    if [ ! -x "$grow_rules" ]; then
        skip rules.ten "$what" '<=' 1.3 x "tools/rules_grow is not built"
        return
    fi
    rm -rf "$work/ten"
    "$grow_rules" "$work/rules" "$work/ten" 37000 >"$work/ten.out"
    all_rules=$rules
    : >"$work/ten.tsv"
    for _ in $(seq "$rounds"); do
        for set in once ten; do
            rules=$all_rules
            [ $set = once ] || rules="--rules $work/ten"
            empty=$(scan rules-$set-empty "$one" 1 /dev/null "$work/tiny.json")
            all=$(scan rules-$set "$one" 1 "$work/ten.out" $(repeat 4 "$work"/otrf/*.json))
            calc 'a - e' a="$all" e="$empty" >>"$work/ten.tsv"
            [ $set = ten ] && echo >>"$work/ten.tsv" || printf '\t' >>"$work/ten.tsv"
        done
    done
    rules=$all_rules
    awk '{ print $2 / $1 }' "$work/ten.tsv" >"$work/ten.ratio"
    row rules.ten "$what" "$(median 1 "$work/ten.ratio")" '<=' 1.3 x \
        "$(stat_of rules_loaded rules-ten) rules against $(stat_of rules_loaded rules-once)"
    row rules.ten_memory "Ten times the rules, peak memory" "$(peak rules-ten)" - - MB
}

line_rules() {
    rules_loading_all
    rules_load_time
    rules_ten_times
}
