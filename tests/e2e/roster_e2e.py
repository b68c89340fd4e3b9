"""The roster of a running server: in and out as a table, and who is called when nobody reacts.

    roster_e2e.py CANH
"""

import datetime
import json
import signal
import sys
import time

from notify_e2e import channel, raise_alert, started
from office_e2e import act, ask, view
from post import Web
from program import equal, holds, run
from registry_e2e import xlsx
from server import Server, with_server

HOUR = datetime.timedelta(hours=1)
VIETNAM = datetime.timezone(7 * HOUR)


def people(canh):
    for name, roles in (("an", "analyst"), ("binh", "analyst"), ("lan", "lead")):
        equal(canh("user", "add", "--user", name, "--display", name.title(), "--roles", roles).code, 0)


def take(canh, path, *more):
    done = canh("shift", "import", "--file", path, "--format", "json", *more)
    holds(done.code == 0, (done.code, done.err))
    return json.loads(done.out)


def commands(s):
    canh = lambda *words: s.place.canh(*words, "--data", s.data)
    s.until("the desk", lambda: canh("agency", "list").code == 0 and act(s, "notice.test", channel="none")[0] == 404)
    return canh


@with_server()
def test_on_a_fresh_machine_who_acts_is_enough_and_others_must_be_there(s):
    canh = commands(s)
    equal(act(s, "alert.open", title="A", level="high", entity="srv", channel="phone", text="x")[0], 200)
    for words in (("alert", "assign", "1"), ("alert", "acknowledge", "1")):
        done = canh(*words)
        holds(done.code == 0, (words, done.err))
    holds(view(s, "alert.list")[0]["assignee"].startswith("local:"), view(s, "alert.list"))
    for words in (("alert", "assign", "1", "--to", "an"), ("handover", "make", "--to", "an", "--remarks", "x"),
                  ("shift", "plan", "--person", "an", "--from", "2027-01-01T00:00:00Z", "--to", "2027-01-01T08:00:00Z")):
        done = canh(*words)
        holds(done.code == 2 and "There is no such user: an." in done.err, (words, done.code, done.err))
    people(canh)
    equal(canh("alert", "assign", "1", "--to", "AN").code, 0)
    equal(view(s, "alert.list")[0]["assignee"], "an")


@with_server()
def test_a_roster_goes_in_and_out(s):
    canh = commands(s)
    people(canh)
    equal(canh("staff", "add", "--person", "Bảo vệ 1", "--outside", "--name", "Trần Bảo", "--phone", "0987654321").code, 0)
    rows = [["LỊCH TRỰC THÁNG 2 NĂM 2027"],
            ["Người trực", "Loại", "Vị trí", "Bắt đầu", "Kết thúc", "Thay cho", "Lý do"],
            ["an", "Trực", "", "05/02/2027 06:00", "05/02/2027 14:00", "", ""],
            ["binh", "Trực", "Trưởng ca", "05/02/2027 06:00", "05/02/2027 14:00", "", ""],
            ["Bảo vệ 1", "Trực", "", "05/02/2027 14:00", "05/02/2027 22:00", "", ""],
            ["lan", "Trực dự phòng", "", "06/03/2027 00:00", "07/03/2027 00:00", "", ""],
            ["an", "Nghỉ", "", "08/02/2027 00:00", "10/02/2027 00:00", "", "về quê"]]
    wrong = rows + [["an", "Trực", "", "09/02/2027 06:00", "09/02/2027 14:00", "", ""],
                    ["dung", "Trực", "", "09/02/2027 06:00", "09/02/2027 14:00", "", ""]]
    path = s.place.write("wrong.xlsx", xlsx(wrong))
    done = take(canh, path)
    equal((done["imported"], done["rows"], done["wrong"]), (False, 7, 2))
    equal([(f["row"], f["column"], f["en"]) for f in done["faults"]],
          [(8, "D", "an is away then: row 7."), (9, "A", "There is no such user: dung.")])
    equal(view(s, "shift.list", "?from=2027-01-01T00:00:00Z"), [])
    path = s.place.write("roster.xlsx", xlsx(rows))
    equal(take(canh, path, "--dry")["added"], 5)
    done = take(canh, path)
    equal((done["imported"], done["added"]), (True, 5))
    roster = view(s, "shift.list", "?from=2027-01-01T00:00:00Z")
    # The calendar that ships has the Lunar New Year from 5 February on.
    equal([(r["person"], r["part"], r["starts"], r["holiday"]) for r in roster],
          [("an", "watch", "2027-02-04T23:00:00Z", True), ("binh", "lead", "2027-02-04T23:00:00Z", True),
           ("Bảo vệ 1", "watch", "2027-02-05T07:00:00Z", True), ("lan", "on-call", "2027-03-05T17:00:00Z", False)])
    holds(any(h["day"] == "2027-02-06" for h in view(s, "holiday.list", "?year=2027")), "no Tet")
    swap = xlsx([rows[1], ["lan", "Trực thay", "", "05/02/2027 06:00", "05/02/2027 14:00", "an", ""]])
    equal(take(canh, s.place.write("swap.xlsx", swap))["added"], 1)
    out = canh("shift", "rows", "--format", "csv").out
    holds(b"lan,swap,watch,05/02/2027 06:00:00,05/02/2027 14:00:00,an,yes," in out, out)
    done = take(canh, s.place.write("roster.csv", out))
    equal((done["rows"], done["added"], done["changed"], done["unchanged"]), (5, 0, 0, 5))


def calls(s):
    return [(c["step"], c["person"], c["messages"]) for c in reversed(view(s, "escalation.list"))]


def test_who_is_on_duty_is_called_when_nobody_reacts(place):
    web = Web()
    sms = channel("sms", "gateway", "http://127.0.0.1:%d/send" % web.port, to=["113"], people=["+849"], level="critical",
                  body='{"to":"{phone}","n":{number},"level":"{level}"}')
    s = started(place, sms + "escalate-high: 3s\n")
    try:
        canh = commands(s)
        people(canh)
        now = datetime.datetime.now(datetime.timezone.utc)
        for name, part, phone in (("an", "watch", "+84912000001"), ("binh", "on-call", "+84912000002")):
            done = canh("staff", "add", "--person", name, "--name", name.title(), "--phone", phone)
            holds(done.code == 0, done.err)
            done = canh("shift", "plan", "--person", name, "--part", part, "--from", (now - HOUR).isoformat(),
                        "--to", (now + 5 * HOUR).isoformat())
            holds(done.code == 0, done.err)
        equal([(c["step"], c["person"], c["phone"]) for c in view(s, "escalation.ladder") if c["step"] != "leads"],
              [("watch", "an", "+84912000001"), ("on-call", "binh", "+84912000002")])
        equal(json.loads(ask(s, "GET", "/stat")[1])["escalation"], {"high_ms": 3000, "critical_ms": 600000})
        began = time.monotonic()
        number = raise_alert(s, "Máy chủ bị mã hóa")
        s.until("the first call", lambda: len(web.taken) == 1, 15)
        holds(time.monotonic() - began > 2.9, "called too soon")
        told = json.loads(web.taken[0][2])
        equal((told["to"], told["n"], told["level"]), ("+84912000001", number, "CAO"))
        equal(calls(s), [("watch", "an", 1)])
        s.until("the second call", lambda: len(web.taken) == 2, 15)
        holds(time.monotonic() - began > 5.9, "called too soon")
        equal(json.loads(web.taken[1][2])["to"], "+84912000002")
        equal(json.loads(canh("handover", "draft", "--format", "json").out)["content"]["called"][0]["id"], number)
        equal(canh("alert", "acknowledge", str(number)).code, 0)
        quiet = raise_alert(s, "Cảnh báo thấp", "medium")  # of no interest
        time.sleep(8)
        equal((calls(s), len(web.taken), quiet > number), ([("watch", "an", 1), ("on-call", "binh", 1)], 2, True))
        shown = canh("escalation", "list", "--alert", str(number), "--format", "json").out.decode()
        holds('"state":"acknowledged"' in shown, shown)
        # The next one goes to all leads at last; who has no phone there is written down all the same.
        number = raise_alert(s, "Cổng bị đổi giao diện")
        s.until("all steps", lambda: len(calls(s)) == 5, 40)
        equal(calls(s)[2:], [("watch", "an", 1), ("on-call", "binh", 1), ("leads", "lan", 0)])
        s.well()
        # New settings are taken while it runs (the sender ends, and starts anew with them): nobody is called any more.
        s.configure(more="channels:\n" + sms + "escalate-high: 0s\n")
        s.signal(signal.SIGHUP)
        s.ready(2)
        raise_alert(s, "Không gọi ai")
        time.sleep(6)
        equal(len(calls(s)), 5)
        s.end()
    finally:
        s.kill()
        web.close()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
