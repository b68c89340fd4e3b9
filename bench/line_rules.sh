# The rules themselves: that all load, how long it takes, and what ten times as many cost an event.

# Every public rule loads, but those with placeholders, which no file resolves here: refused by name.
rules_loading_all() {
    total=$(find "$work/rules" "$work/placeholder" -name '*.yml' | wc -l)
    refuse=$(grep -rl '|expand' "$work/rules" "$work/placeholder" | wc -l)
    "$canh" rules check "$work/rules" "$work/placeholder" >"$work/check.out" 2>&1 || true
    loaded=$(sed -n 's/^[0-9]* rules: \([0-9]*\) loaded.*/\1/p' "$work/check.out" | tail -1)
    named=$(grep -c 'refused: The placeholder %' "$work/check.out" || true)
    row rules.loaded "Public rules loaded, of $total" "${loaded:-0}" == $((total - refuse)) rules
    row rules.refused "Rules refused for a placeholder, by name" "$named" == "$refuse" rules
}

# Loading is the wall clock of a scan of an empty file: start and end of the process are in it.
rules_load_time() {
    : >"$work/empty.json"
    for _ in 1 2 3 4 5; do
        rm -rf "$XDG_CACHE_HOME/canh"
        for kind in cold cache; do
            wall=$(scan load-$kind "$two" "$processors" /dev/null "$work/empty.json")
            printf '%s\t%s\n' "$wall" "$(stat_of rule_load_seconds load-$kind)" >>"$work/$kind.tsv"
        done
    done
    load_row cold "Reading and compiling all rules" 0.5
    load_row cache "Loading all rules from the cache" 0.05
}

load_row() { # KIND WHAT LIMIT
    row "rules.$1" "$2" "$(sort -g "$work/$1.tsv" | awk 'NR == 1 { print $1 }')" '<=' "$3" s \
        "the whole process; its own account $(cut -f 2 "$work/$1.tsv" | sort -g | head -1) s"
}

rules_of() { # once | ten
    rules="--rules $work/rules"
    [ "$1" = once ] || rules="--rules $work/ten"
}

rules_ten_times() {
    what="Ten times the rules, time an event"
    all_rules=$rules
    if [ ! -x "$tools/rules_grow" ]; then
        skip rules.ten "$what" '<=' 1.3 x "tools/rules_grow is not built"
        return
    fi
    rm -rf "$work/ten"
    # Eleven, since a variant that would be the same rule again is left out.
    "$tools/rules_grow" "$work/rules" "$work/ten" 11 >"$work/grow.out"
    for set in once ten; do
        rules_of $set
        warm
    done
    : >"$work/ten.tsv"
    for _ in $(seq "$rounds"); do
        for set in once ten; do
            rules_of $set
            empty=$(scan rules-$set-empty "$one" 1 /dev/null "$work/tiny.json")
            all=$(scan rules-$set "$one" 1 "$work/ten.out" $(repeat 4 "$work"/otrf/*.json))
            printf '%s ' "$(calc 'a - e' a="$all" e="$empty")" >>"$work/ten.tsv"
        done
        echo >>"$work/ten.tsv"
    done
    rules=$all_rules
    awk '{ print $2 / $1 }' "$work/ten.tsv" >"$work/ten.ratio"
    row rules.ten "$what" "$(median 1 "$work/ten.ratio")" '<=' 1.3 x \
        "$(stat_of rules_loaded rules-ten) rules against $(stat_of rules_loaded rules-once)"
    row rules.ten_memory "Ten times the rules, peak memory" "$(peak rules-ten)" - - MB
    rm -rf "$work/ten" "$work/ten.out"
}

line_rules() {
    rules_loading_all
    rules_load_time
    rules_ten_times
}
