"""From a detection to an incident that is over: clocks of the law, a phieu and its answer, by command; and a law that is
changed, wrong, or not there.

    incident_e2e.py CANH
"""

import json
import os
import shutil
import signal
import sys
import time

from program import equal, holds, run
from server import Server, with_server

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")


def commands(s):
    def canh(*words):
        return s.place.canh(*words, "--data", s.data)

    def good(*words):
        done = canh(*words, "--format", "json")
        holds(done.code == 0, (words, done.code, done.err))
        return [json.loads(line) for line in done.out.splitlines()]

    s.until("the desk", lambda: canh("agency", "list").code == 0)
    return canh, good


def register(good):
    good("agency", "add", "--code", "TINH", "--name", "UBND tỉnh Mẫu", "--kind", "province")
    good("agency", "add", "--code", "XA", "--name", "UBND xã A", "--kind", "commune", "--parent", "1")
    good("system", "add", "--code", "CONG", "--name", "Cổng thông tin xã A", "--owner", "2", "--operator", "2", "--type",
         "public", "--information", "public", "--level", "3")


@with_server()
def test_from_a_detection_to_its_end(s):
    canh, good = commands(s)
    register(good)
    with s.to("syslog-tcp") as to:
        to.sendall(b'{"a":"hit","host":"cong-xa-a"}\n')
    s.until("the alert", lambda: b"cong-xa-a" in canh("alert", "list").out)
    made = good("alert", "escalate", "1", "--title", "Cổng xã A bị thay đổi giao diện", "--type", "N5", "--severity", "M2",
                "--level", "3", "--systems", "1")[0]
    incident = str(made["incident"])
    shown = good("incident", "show", incident)[0]
    alert = good("alert", "show", "1")[0]
    equal((shown["state"], shown["type"], shown["detected"]), ("detect", "N5", alert["made"]))  # T0: when it was found
    holds(len(shown["tasks"]) >= 3 and shown["playbook"] if "playbook" in shown else shown["tasks"], shown)
    clocks = good("clock", "list")
    holds(clocks and all(c["incident"] == made["incident"] and c["left_s"] > 0 for c in clocks), clocks)
    table = canh("clock", "list").out.decode()  # for people: what is due and how long that is, in one language, once
    holds("Cổng xã A" in table and clocks[0]["vi"] in table and "23h5" in table, table)
    for name in ("en", "recipient", "form"):
        holds(clocks[0][name] not in table, table)
    equal(table.split("\n")[0].split(), ["id", "number", "title", "severity", "vi", "due", "left_s", "late"])

    phieu = good("phieu", "make", "--kind", "request", "--agency", "2", "--system", "1", "--incident", incident, "--subject",
                 "Khắc phục trang bị thay đổi", "--what", "Trang chủ bị thay đổi", "--proof", "Ảnh chụp", "--steps",
                 "Cô lập\nĐổi mật khẩu", "--due", shown["detected"][:4] + "-12-31T00:00:00Z")[0]
    number = str(phieu["phieu"])
    equal(canh("phieu", "answer", number, "--done", "x").code, 2)  # it was not sent
    for words in (("send", number, "--channel", "letter", "--document", "12/ATTT"), ("receive", number),
                  ("answer", number, "--done", "Đã khôi phục", "--handled", "1", "--total", "1"),
                  ("check", number, "--good"), ("close", number)):
        good("phieu", *words)
    equal(good("phieu", "show", number)[0]["state"], "closed")

    done = canh("incident", "close", incident, "--cause", "attack", "--result", "xong")
    holds(done.code == 2 and "tasks are open" in done.err, done.err)
    for task in good("task", "list", "--incident", incident):
        good("task", "done", str(task["id"]), "--result", "xong")
    done = canh("incident", "close", incident, "--cause", "attack", "--result", "xong")
    holds(done.code == 2 and "clock" in done.err, done.err)  # the law is not answered yet
    quick = good("incident", "quick", incident)[0]
    holds(0 < len(quick["message"]) <= 300 and "Cổng xã A" in quick["message"], quick)
    system = good("form", "bao-cao-nhanh", incident)[0]["data"]["system"]
    equal((system["name"], system["operator"], system["level"]), ("Cổng thông tin xã A", "UBND xã A", 3))
    paper = good("form", "phieu", number)[0]["data"]
    equal((paper["to"], paper["system"]["name"]), (["UBND xã A"], "Cổng thông tin xã A"))
    now = [c for c in good("clock", "list")]
    good("clock", "dispatch", "--incident", incident, *[w for c in now for w in ("--clocks", str(c["id"]))], "--number",
         "34/BC-ATTT", "--sent", "0s", "--channel", "letter", "--recipient", "Cục An toàn thông tin")
    equal(good("clock", "list"), [])
    good("incident", "stage", incident, "--stage", "recover")
    done = canh("incident", "close", incident, "--cause", "attack", "--result", "Đã khôi phục", "--unsent", "báo cáo kết thúc sau")
    holds(done.code == 0, done.err)
    equal(good("incident", "show", incident)[0]["state"], "closed")
    equal(good("alert", "show", "1")[0]["verdict"], "true-positive")
    form = good("form", "mau-04", incident)[0]["data"]
    equal((form["subject"], form["initial"]["number"]), ("Cổng xã A bị thay đổi giao diện", "34/BC-ATTT"))
    holds(len(good("incident", "timeline", incident)) >= 8, good("incident", "timeline", incident))


@with_server()
def test_alerts_of_one_address_are_one_candidate(s):
    """Two hosts, one address (as two senders call it); another host of another."""
    canh, good = commands(s)
    register(good)
    with s.to("syslog-tcp") as to:
        to.sendall(b'{"a":"hit","host":"cong-xa-a","src_ip":"203.0.113.9"}\n'
                   b'{"a":"hit","host":"cong-xa-b","source":{"ip":"203.0.113.9"},"SourceIp":"203.0.113.9"}\n'
                   b'{"a":"hit","host":"cong-xa-c","src_ip":"203.0.113.77"}\n')
    shown = lambda: good("candidate", "list", "--state", "open")
    s.until("two candidates", lambda: sorted(len(c["about"]) for c in shown()) == [1, 2])  # what they are about is told last
    both = next(c for c in shown() if c["alerts"] == 2)
    equal([e["key"] for e in both["about"]], ["cong-xa-a", "cong-xa-b"])
    number = str(both["id"])
    equal([(e["kind"], e["alerts"]) for e in good("candidate", "entities", number) if e["key"] == "203.0.113.9"], [("address", 2)])
    equal(len(good("entity", "alerts", "--kind", "address", "--key", "203.0.113.9")), 2)
    holds(good("entity", "top", "--kind", "address")[0]["alerts"] == 2, good("entity", "top"))
    made = good("candidate", "escalate", number, "--title", "Dò quét hai cổng", "--type", "N5", "--severity", "M3")[0]
    equal((made["alerts"], len(good("alert", "list", "--incident", str(made["incident"]), "--state", "all"))), (2, 2))
    other = next(c for c in shown())
    good("candidate", "dismiss", str(other["id"]), "--verdict", "false-positive", "--reason", "máy quét của ta")
    equal([shown(), good("candidate", "show", str(other["id"]))[0]["state"]], [[], "dismissed"])


def killed_desk(s):
    os.kill(s.roles()[("desk", 0)], signal.SIGKILL)


def test_closing_one_of_very_many_alerts_outlives_a_kill(place):
    """More than a turn of the desk does: it is one act, whatever happens behind its answer."""
    s = Server(place)
    try:
        s.start().ready()
        canh, good = commands(s)
        register(good)
        with s.to("syslog-tcp") as to:
            to.sendall(b"".join(b'{"a":"hit","host":"srv-%d"}\n' % n for n in range(900)))
        listed = lambda *words: good("alert", "list", "--limit", "2000", *words)
        s.until("the alerts", lambda: len(listed()) == 900, 60)
        made = good("alert", "escalate", ",".join(str(n) for n in range(1, 901)), "--title", "Nhiều máy", "--type", "N1",
                    "--severity", "M2")[0]
        incident = str(made["incident"])
        closing = good("incident", "close", incident, "--cause", "attack", "--result", "xong", "--skip", "thử", "--unsent", "thử")[0]
        equal(len(listed("--incident", incident, "--state", "closed")), 900)  # as it is seen
        killed_desk(s)
        s.until("the desk", lambda: canh("note", "add", "--alert", "900", "--text", "đã xem").code == 0, 60)  # it is free again
        history = good("act", "of", "--kind", "alert", "--key", "900")
        equal([h["did"] for h in history], ["alert.escalate", "incident.close", "note.add"])
        equal(history[1]["act"], closing["act"])
        rows = listed("--incident", incident, "--state", "all")
        equal((len(rows), {(r["state"], r["verdict"], r["cause"], r["closed"]) for r in rows}),
              (900, {("closed", "true-positive", "incident", good("incident", "show", incident)[0]["closed"])}))
    finally:
        s.kill()


@with_server()
def test_what_is_told_runs_too(s):
    """By phone, of yesterday: its clocks are late at once, and that is an alert of the system."""
    canh, good = commands(s)
    made = good("incident", "open", "--title", "Mã độc", "--type", "N1", "--severity", "M1", "--channel", "phone", "--detected",
                time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30 * 3600)))[0]
    s.until("the alert", lambda: "canh.clock" in canh("alert", "list", "--format", "json").out.decode(), 20)
    rows = [r for r in good("alert", "list") if r["rule"] == "canh.clock"]
    holds(made["number"] in rows[0]["entity"] or made["number"] in rows[0]["title"], rows)
    for words, told in [(("incident", "open", "--title", "x", "--type", "N99", "--severity", "M2", "--channel", "phone"), "type"),
                        (("phieu", "make", "--kind", "warning", "--agency", "9", "--subject", "x", "--what", "x", "--proof",
                          "x", "--steps", "x", "--due", "2099-01-01T00:00:00Z"), "There is no agency 9.")]:
        done = canh(*words)
        holds(done.code == 2 and told in done.err, (words, done.code, done.err))


def test_a_law_that_is_changed_is_taken_and_a_wrong_one_is_not(place):
    for name in ("law", "playbooks"):
        shutil.copytree(os.path.join(DATA, name), place.path("own/" + name))
    s = Server(place, more="law: %s\n" % place.path("own"))
    try:
        s.start().ready()
        canh, good = commands(s)
        profile = place.path("own/law/profiles/2026.yaml")
        with open(profile, encoding="utf-8") as f:
            text = f.read()
        line = next(line for line in text.splitlines(True) if "id: N9," in line)
        opened = lambda code: canh("incident", "open", "--title", "x", "--type", code, "--severity", "M3", "--channel", "phone")
        equal(opened("N10").code, 2)
        place.write("own/law/profiles/2026.yaml", text.replace(line, line + line.replace("id: N9,", "id: N10,")))
        s.signal(signal.SIGHUP)
        s.until("the new law", lambda: opened("N10").code == 0)
        place.write("own/law/profiles/2026.yaml", "id: [\n")
        s.signal(signal.SIGHUP)
        s.until("a sentence", lambda: "2026.yaml" in s.text())
        equal(opened("N10").code, 0)  # the old stays in force
        s.end()
    finally:
        s.kill()


def test_without_a_law_there_is_a_watch_but_no_incident(place):
    s = Server(place, more="law: %s\n" % place.path("none"))
    try:
        s.start().ready()
        canh, good = commands(s)
        s.until("the alert", lambda: "canh.law" in canh("alert", "list", "--format", "json").out.decode(), 20)
        done = canh("incident", "open", "--title", "x", "--type", "N1", "--severity", "M3", "--channel", "phone")
        holds(done.code == 2 and "law could not be read" in done.err, done.err)
        with s.to("syslog-tcp") as to:
            to.sendall(b'{"a":"hit","host":"srv"}\n')
        s.until("the detection", lambda: b"Rule 1" in canh("alert", "list").out)
        s.end()
    finally:
        s.kill()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
