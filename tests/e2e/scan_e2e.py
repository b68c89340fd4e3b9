"""Goal: `canh scan` keeps its word on formats, order, exit codes, bad input and memory.
Method: small taxonomies, rules and files made here; the real program; real faults."""

import gzip
import json
import os
import resource
import shutil
import sys
import zipfile

from program import CANH, TAXONOMY, equal, holds, rule, run


def ready(place, *rules):
    """The test's taxonomy and rules; the options that name them."""
    place.write("taxonomy/test.yaml", TAXONOMY)
    for i, text in enumerate(rules or [rule(1)]):
        place.write("rules/r%d.yml" % i, text)
    return ["--taxonomy", place.path("taxonomy"), "--rules", place.path("rules")]


def lines(count, hits, pad=""):
    """JSON lines; those whose number is in `hits` match rule 1."""
    return "".join('{"a":"%s","n":%d,"time":"2026-03-01T10:00:%02dZ","host":"h","pad":"%s"}\n'
                   % ("hit" if i in hits else "miss", i, i % 60, pad) for i in range(1, count + 1))


def test_a_finding_has_the_shape_that_is_promised(place):
    base = ready(place)
    r = place.scan(*base, place.write("x.json", lines(3, {2})))
    equal(r.code, 0)
    f, = r.findings()
    equal(f["rule"], {"id": "00000000-0000-4000-8000-000000000001", "title": "Rule 1",
                      "level": "high", "author": "somebody", "tags": ["attack.t1059"]})
    e = f["event"]
    equal((e["time"], e["file"], e["record"], e["host"], e["tags"]),
          ("2026-03-01T10:00:02Z", place.path("x.json"), 2, "h", ["product:test"]))
    equal(e["fields"]["n"], 2)
    equal(f["because"], [{"selection": "sel", "field": "a", "value": "hit"}])
    stats = r.stats()
    for key in ("events bytes seconds events_per_second findings rules_loaded rules_refused "
                "unparsed peak_rss_bytes rule_load_seconds").split():
        holds(key in stats, key + " is missing in --stats")
    equal((stats["events"], stats["findings"], stats["rules_loaded"]), (3, 1, 1))
    holds(stats["peak_rss_bytes"] > 1000000, "peak memory is told")


def test_order_and_output_do_not_depend_on_the_number_of_threads(place):
    base = ready(place)
    for name in "b a c".split():
        place.write("in/%s.json" % name, lines(20000, set(range(7, 20000, 13)), "x" * 50))
    outs = [place.scan(*base, "--threads", str(n), place.path("in")).out for n in (1, 2, 3, 8)]
    holds(all(o == outs[0] for o in outs), "the output differs")
    seen = [(json.loads(l)["event"]["file"], json.loads(l)["event"]["record"])
            for l in outs[0].splitlines()]
    equal(seen, sorted(seen))
    equal(len(seen), 3 * len(range(7, 20000, 13)))


def test_wrapped_files_give_the_same_findings(place):
    base = ready(place)
    text = lines(100, {5, 50}).encode()
    place.write("x.json", text)
    with gzip.open(place.path("x.json.gz"), "wb") as f:
        f.write(text)
    with zipfile.ZipFile(place.path("x.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("x.json", text)
        z.write(place.path("x.json.gz"), "inner/x.json.gz")
    place.write("wide.json", b"\xff\xfe" + text.decode().encode("utf-16le"))
    records = lambda r: [f["event"]["record"] for f in r.findings()]
    for name in ("x.json", "x.json.gz", "wide.json"):
        equal(records(place.scan(*base, place.path(name))), [5, 50])
    r = place.scan(*base, place.path("x.zip"))
    equal(records(r), [5, 50, 5, 50])
    equal(r.findings()[2]["event"]["file"], place.path("x.zip") + "/inner/x.json.gz")
    equal(records(place.scan(*base, "-", stdin=text)), [5, 50])


def test_a_list_a_wrapped_list_and_pretty_printed_objects_are_events(place):
    base = ready(place)
    objects = [{"a": "hit" if i % 2 else "miss", "n": i, "t": ["x,}", {"y": "]"}]} for i in range(9)]
    texts = {"list": json.dumps(objects), "pretty list": json.dumps(objects, indent=2),
             "wrapped": json.dumps({"Records": objects}),
             "pretty": "\n".join(json.dumps(o, indent=4) for o in objects),
             "joined": "".join(json.dumps(o) for o in objects)}
    for name, text in texts.items():
        r = place.scan(*base, place.write(name + ".json", text))
        equal([f["event"]["record"] for f in r.findings()], [2, 4, 6, 8])
        equal((name, r.stats()["events"], r.stats()["unparsed"]), (name, 9, 0))


def test_a_list_without_line_ends_is_cut_between_its_objects(place):
    base = ready(place)
    text = "[" + ",".join(lines(40000, {1, 20000, 40000}).splitlines()) + "]"
    r = place.scan(*base, place.write("x.json", text))
    equal([f["event"]["record"] for f in r.findings()], [1, 20000, 40000])
    equal((r.stats()["events"], r.stats()["unparsed"]), (40000, 0))


def test_damage_costs_itself_and_is_named(place):
    base = ready(place)
    text = lines(3, {3}).splitlines()
    text[1] = '{"a":"hit", broken'
    r = place.scan(*base, place.write("x.json", "\n".join(text) + "\n"))
    equal(r.code, 0)
    equal([f["event"]["record"] for f in r.findings()], [3])
    equal((r.stats()["events"], r.stats()["unparsed"]), (3, 1))
    holds("x.json: record 2: " in r.err, "the place of the damage is named: " + r.err)


def test_a_field_of_ten_megabytes_is_cut_in_findings_and_nothing_else_suffers(place):
    base = ready(place)
    big = '{"a":"hit","big":"%s"}\n' % ("y" * 10000000)
    r = place.scan(*base, place.write("x.json", lines(1, {1}) + big + lines(1, {1})))
    equal([f["event"]["record"] for f in r.findings()], [1, 2, 3])
    middle = r.findings()[1]["event"]
    holds(len(middle["fields"]["big"]) <= 65536 and "bytes_cut" in middle["flags"], "cut and flagged")


def test_a_record_larger_than_any_limit_is_told_and_the_rest_goes_on(place):
    base = ready(place)
    small = place.scan(*base, place.write("small.json", lines(1, {1}))).stats()["peak_rss_bytes"]  # the program itself
    big = '{"a":"hit","big":"%s"}\n' % ("y" * 40000000)
    r = place.scan(*base, place.write("x.json", lines(1, {1}) + big + lines(2, {2})))
    equal(r.code, 0)
    equal([r.findings()[0]["event"]["record"], r.findings()[-1]["event"]["fields"]["n"]], [1, 2])
    holds("x.json: " in r.err and r.stats()["unparsed"] > 0, "it is told")
    holds(r.stats()["peak_rss_bytes"] - small < 3 * len(big), "memory stays bounded")


def test_json_nested_a_hundred_thousand_deep_is_read_or_told(place):
    base = ready(place)
    deep = '{"a":' * 100000 + "1" + "}" * 100000
    r = place.scan(*base, place.write("x.json", deep + "\n" + lines(1, {1})))
    equal(r.code, 0)
    equal(r.findings()[-1]["event"]["record"], 2)


def test_a_zip_bomb_is_given_up_with_a_sentence(place):
    base = ready(place)
    with zipfile.ZipFile(place.path("bomb.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        with z.open("zeros.json", "w", force_zip64=True) as f:
            f.write(lines(1, {1}).encode())
            for _ in range(400):
                f.write(b"\n" * 1000000)
    place.write("z.json", lines(1, {1}))
    r = place.scan(*base, place.path("bomb.zip"), place.path("z.json"))
    holds("bomb" in r.err, "it is named a bomb: " + r.err)
    equal([os.path.basename(f["event"]["file"]) for f in r.findings()], ["zeros.json", "z.json"])


def test_a_cut_gzip_gives_what_is_good_in_front_of_the_cut(place):
    base = ready(place)
    whole = gzip.compress(lines(5000, {1}).encode())
    r = place.scan(*base, place.write("x.json.gz", whole[:len(whole) // 2]))
    equal(r.findings()[0]["event"]["record"], 1)
    holds("x.json.gz" in r.err and r.stats()["faults"] > 0, "the fault is told")


def test_what_is_not_there_is_named_and_the_code_is_2(place):
    base = ready(place)
    r = place.scan(*base, place.path("nothing.json"), place.write("x.json", lines(1, {1})))
    equal(r.code, 2)
    equal(len(r.findings()), 1)
    holds("nothing.json" in r.err, "the path is named")
    equal(place.scan(*base).code, 2)
    equal(place.scan(*base, "--format", "xml", place.path("x.json")).code, 2)
    equal(place.canh("scna").code, 2)


def test_a_folder_without_rights_is_named_and_the_rest_is_read(place):
    base = ready(place)
    place.write("in/x.json", lines(1, {1}))
    place.write("in/closed/y.json", lines(1, {1}))
    os.chmod(place.path("in/closed"), 0)
    become = None
    program = shutil.copy(CANH, place.path("canh"))  # where everybody may run it
    if os.getuid() == 0:
        become = lambda: (os.setgid(65534), os.setuid(65534))
    r = place.scan(*base, "--no-cache", place.path("in"), preexec_fn=become, program=program)
    os.chmod(place.path("in/closed"), 0o700)
    equal((r.code, len(r.findings())), (0, 1))
    holds("closed" in r.err and r.stats()["paths_unreadable"] == 1, "named and counted: " + r.err)


def test_binary_files_among_logs_are_passed_over_and_counted(place):
    base = ready(place)
    place.write("in/lastlog", bytes(range(256)) * 20)
    place.write("in/zeros-then-lines.json", b"\0" * 3000 + lines(2, {2}).encode())
    r = place.scan(*base, place.path("in"))
    equal((r.stats()["binary"], len(r.findings())), (1, 1))
    holds("lastlog" in r.err, "it is named")
    equal((r.code, place.scan(*base, place.path("in/lastlog")).code), (0, 2))


def test_levels_decide_what_is_shown_and_the_exit_code(place):
    base = ready(place, rule(1, level="low"), rule(2, value="h*", level="critical"))
    path = place.write("x.json", lines(1, {1}))
    levels = lambda r: sorted(f["rule"]["level"] for f in r.findings())
    equal(levels(place.scan(*base, path)), ["critical", "low"])
    r = place.scan(*base, "--min-level", "medium", path)
    equal((levels(r), r.stats()["below_level"]), (["critical"], 1))
    equal(place.scan(*base, "--fail-on", "critical", path).code, 1)
    equal(place.scan(*ready(place, rule(1, level="low"), rule(2, level="low")), "--fail-on", "high",
                     path).code, 0)


def test_csv_opens_in_a_spreadsheet_and_the_table_is_plain_when_it_is_no_terminal(place):
    base = ready(place, rule(1, value="*"))
    path = place.write("x.json", '{"a":"=cmd|\'x\'!A1,\\"q\\"","host":"h"}\n')
    r = place.canh("scan", *base, "--format", "csv", path)
    head, row = r.out.decode().splitlines()
    equal(head, "time,level,rule,rule_id,host,file,record,because")
    equal(row, ",high,Rule 1,00000000-0000-4000-8000-000000000001,h,%s,1,\"a==cmd|'x'!A1,\"\"q\"\"\""
          % path)
    r = place.canh("scan", *base, path)
    holds(b"\x1b" not in r.out and b"Rule 1" in r.out, "no escape sequences")


def test_control_characters_of_logs_do_not_reach_the_table(place):
    base = ready(place, rule(1, value="*"))
    path = place.write("x.json", '{"a":"\\u001b]0;x\\u0007\\u001b[31m"}\n')
    holds(b"\x1b" not in place.canh("scan", *base, path).out, "they are shown as dots")


def test_the_page_is_one_file_sorted_by_time_that_logs_cannot_break(place):
    base = ready(place, rule(1, value="*"))
    events = [{"a": "</script><script>alert(1)</script>", "time": "2026-03-01T10:00:%02dZ" % t}
              for t in (9, 3, 5)]
    path = place.write("x.json", "\n".join(json.dumps(e) for e in events))
    r = place.canh("scan", *base, "--format", "html", "--output", place.path("out.html"), path)
    equal(r.code, 0)
    with open(place.path("out.html"), encoding="utf-8") as f:
        page = f.read()
    equal(page.count("</script>"), 1)
    times = [page.find("10:00:%02dZ" % t) for t in (3, 5, 9)]
    equal(times, sorted(times))
    holds(-1 not in times and "\"findings\":3" in page, "all findings and totals are there")


CORRELATION = rule(1, extra="name: base\n") + """---
title: Three within a minute
id: 00000000-0000-4000-8000-00000000000c
level: critical
correlation:
    type: event_count
    rules: [base]
    group-by: [host]
    timespan: 1m
    condition: { gte: 3 }
"""


def test_correlations_see_all_files_in_the_order_of_time(place):
    base = ready(place, CORRELATION)
    event = lambda h, t: json.dumps({"a": "hit", "host": h, "time": "2026-03-01T10:%02d:00Z" % t}) + "\n"
    near = '{"a":"hit","host":"%s","time":"2026-03-01T10:00:%02dZ"}\n'
    place.write("in/1.json", near % ("x", 50) + event("y", 1) + event("y", 3))
    place.write("in/2.json", near % ("x", 10) + near % ("x", 30) + event("y", 5))
    outs = []
    for threads in ("1", "4"):
        r = place.scan(*base, "--threads", threads, place.path("in"))
        f, = r.findings()  # the base rule is silent
        equal((f["rule"]["title"], f["group"], f["value"]), ("Three within a minute", {"host": "x"}, 3))
        equal([e["time"] for e in f["events"]], ["2026-03-01T10:00:%02dZ" % t for t in (10, 30, 50)])
        equal([(os.path.basename(e["file"]), e["record"]) for e in f["events"]],
              [("2.json", 1), ("2.json", 2), ("1.json", 1)])
        outs.append(r.out)
    equal(outs[0], outs[1])


def test_refused_rules_are_named_with_their_line(place):
    base = ready(place, rule(1), rule(2).replace("condition: sel", "condition: sel and ("))
    r = place.scan(*base, place.write("x.json", lines(1, {1})))
    equal((r.stats()["rules_loaded"], r.stats()["rules_refused"]), (1, 1))
    holds("r1.yml:" in r.err and "refused" in r.err, "file and line: " + r.err)


def test_the_cache_is_used_and_a_changed_rule_is_seen(place):
    base = ready(place)
    path = place.write("x.json", lines(1, {1}))
    equal(place.scan(*base, path).stats()["rules_from_cache"], False)
    r = place.scan(*base, path)
    equal((r.stats()["rules_from_cache"], len(r.findings())), (True, 1))
    place.write("rules/r0.yml", rule(1, value="other"))
    r = place.scan(*base, path)
    equal((r.stats()["rules_from_cache"], len(r.findings())), (False, 0))


def test_a_full_disk_under_the_temporary_file_is_told(place):
    base = ready(place, rule(1, value="*"))
    path = place.write("x.json", lines(60000, set(), "x" * 600))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    import signal
    ignore = lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), limit())
    r = place.canh("scan", *base, "--format", "html", "--no-cache", path, preexec_fn=ignore)
    equal(r.code, 2)
    holds("cannot be written" in r.err, "it is told: " + r.err[-300:])


def test_output_that_nobody_reads_ends_the_scan(place):
    base = ready(place, rule(1, value="*"))
    path = place.write("x.json", lines(1000, set()))
    if not os.path.exists("/dev/full"):
        return "there is no /dev/full"
    r = place.scan(*base, "--output", "/dev/full", path)
    equal(r.code, 2)
    holds("cannot be written" in r.err, "it is told")


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
