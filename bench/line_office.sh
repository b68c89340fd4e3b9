# The desk: views and acts over a million alerts; acts while findings pour in.
#
# OFFICE_ALERTS: in the database (default 1000000); OFFICE_SECONDS: of findings (default 60); OFFICE_PLACE: a folder on
# a disk (default /var/tmp).

office_alerts=${OFFICE_ALERTS:-1000000}
office_seconds=${OFFICE_SECONDS:-60}
office_place=$(mktemp -d "${OFFICE_PLACE:-/var/tmp}/canh-office-XXXXXX")

line_office() {
    what="Desk, $office_alerts alerts"
    if [ ! -x "$tools/office_rate" ]; then
        skip office.view "$what, a view, 99 of 100" '<=' 20 ms "tools/office_rate was not built"
        return
    fi
    timed office-rate "$one" "$work/office.figures" "$tools/office_rate" "$office_place" "$office_alerts" >/dev/null
    rm -rf "$office_place"
    for kind in view act; do
        limit=20
        [ "$kind" = view ] || limit=10
        read -r p99 worst <<EOT
$(awk -v k="$kind" '$1 == k { print $2, $3 }' "$work/office.figures")
EOT
        row "office.$kind" "$what, ${kind}s, 99 of 100 within" "${p99:-0}" '<=' "$limit" ms "worst ${worst:-0} ms"
    done
    office_findings findings busy "" "5,000 findings/s for $office_seconds s"
    office_findings hosts hosts_busy 9000 "5,000 findings/s of 9,000 hosts for $office_seconds s"
}

office_findings() { # the name of a row, of another, hosts, what was done
    # shellcheck disable=SC2086 # no hosts: no word
    timed office-findings "$two" "$work/office.figures" python3 "$top/bench/office.py" "$canh" "$work" -- \
        "$office_seconds" 5000 $3 >/dev/null
    read -r sent taken p99 worst <"$work/office.figures" || sent=0 taken=0 p99=0 worst=0
    row "office.$1" "Desk, findings taken" "$taken" '>=' "$sent" findings "$4, within a minute of the end"
    row "office.$2" "Desk, acts meanwhile, the worst" "$worst" '<=' 100 ms "99 of 100 within $p99 ms; $4"
}
