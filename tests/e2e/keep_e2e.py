"""`canh serve` as the keeper of its roles: it starts them, starts them again, changes rules, ends.

    keep_e2e.py CANH
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from program import CANH, TAXONOMY, equal, holds, rule, run
from keeper import Server, free_ports, with_server


def test_it_starts_all_roles_says_ready_and_ends_clean(place):
    s = Server(place)
    try:
        s.start().ready()
        holds(s.all_roles(), s.roles())
        holds(any(t.startswith("STATUS=7 of 7 roles ready") for t in s.told), s.told)
        begun = time.monotonic()
        s.end()
        holds(time.monotonic() - begun < 5, "it took long to end")
        holds("<6>canh: ready" in s.text(), s.text())
        holds("<4>" not in s.text() and "<3>" not in s.text(), s.text())
    finally:
        s.kill()


def test_a_server_without_a_reserve_starts(place):
    s = Server(place, more="reserve-bytes: 0\n")
    try:
        s.start().ready()
        holds(not os.path.exists(os.path.join(s.data, "reserve")), "it has one")
    finally:
        s.kill()


def test_the_rules_that_ship_are_the_default(place):
    s = Server(place)
    try:
        with open(s.config, encoding="utf-8") as f:
            text = [line for line in f if not line.startswith(("rules:", "taxonomy:"))]
        place.write("canh.yaml", "".join(text))
        s.start()
        s.until("ready", lambda: "READY=1" in s.told, 120)
        s.signal(signal.SIGHUP)
        s.ready(2)
        s.says("unchanged in")
        s.end()
    finally:
        s.kill()


@with_server
def test_the_data_folder_is_private_and_has_an_id(s):
    equal(os.stat(s.data).st_mode & 0o777, 0o700)
    with open(os.path.join(s.data, "store"), encoding="ascii") as f:
        first = f.read()
    holds(len(first) == 33 and set(first.strip()) <= set("0123456789abcdef"), first)
    for lane in ("00", "01"):
        holds(os.path.isdir(os.path.join(s.data, "lanes", lane)), lane)
    holds(os.path.exists(os.path.join(s.data, "run", "canh.sock")), "no local socket")
    s.end()
    again = Server(s.place)
    try:
        again.start().ready()
        with open(os.path.join(s.data, "store"), encoding="ascii") as f:
            equal(f.read(), first)
        # Unchanged rules are not compiled again.
        holds("unchanged in" in again.text(), again.text())
        equal(len(again.generations()), 1)
        again.end()
    finally:
        again.kill()


@with_server
def test_a_second_server_on_the_same_data_is_refused(s):
    done = subprocess.run([CANH, "serve", "--data", s.data, "--config", s.config],
                          capture_output=True, timeout=30, check=False)
    equal(done.returncode, 2)
    holds(b"Another server uses the data folder" in done.stderr, done.stderr)
    s.end()


@with_server
def test_every_role_that_is_killed_is_started_again(s):
    for name in sorted(s.all_roles()):
        pid = s.roles()[name]
        os.kill(pid, signal.SIGKILL)
        s.until("%s again" % (name,), lambda: s.all_roles(but=pid))
        s.says("%s %d ended" % name)
    s.end()


@with_server
def test_who_dies_again_and_again_is_started_less_often(s):
    pid = 0
    times = []
    for _ in range(5):
        s.until("the desk", lambda: ("desk", 0) in s.roles() and s.roles()[("desk", 0)] != pid)
        times.append(time.monotonic())
        pid = s.roles()[("desk", 0)]
        os.kill(pid, signal.SIGKILL)
    gaps = [b - a for a, b in zip(times, times[1:])]
    holds(gaps[3] > 0.35 and gaps[3] > gaps[1], gaps)
    s.end()


@with_server
def test_a_role_that_hangs_is_killed_and_started_again(s):
    pid = s.roles()[("console", 0)]
    os.kill(pid, signal.SIGSTOP)
    s.until("another console", lambda: s.all_roles(but=pid), 20)
    s.says("console 0 is killed: it says nothing")
    s.end()


@with_server
def test_sockets_outlive_the_collectors(s):
    # Nobody answers while both are dead, and nobody is refused either.
    for name in (("collector", 0), ("collector", 1)):
        os.kill(s.roles()[name], signal.SIGKILL)
    for _ in range(50):
        s.connect().close()
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.connect(("127.0.0.1", s.udp))
    u.send(b"<13>hello")
    u.send(b"<13>hello")  # a refused first one would be told here
    s.until("both again", s.all_roles)
    s.end()


@with_server
def test_connections_go_to_collectors_that_say_when_they_end(s):
    # More than the limit pass, one after the other.
    s.configure("connections: 5\n")
    s.signal(signal.SIGHUP)
    s.ready(2)
    for _ in range(100):
        ended(s.connect())
        time.sleep(0.005)
    holds("connections were closed" not in s.text(), s.text())
    s.end()


def closed(connection, seconds=10):
    connection.settimeout(seconds)
    try:
        equal(connection.recv(1), b"")
    except ConnectionResetError:
        pass
    connection.close()


def ended(connection):
    """The collector ends a connection whose sender has nothing more to say."""
    connection.shutdown(socket.SHUT_WR)
    closed(connection)


def stop_collectors(s):
    pids = [s.roles()[("collector", i)] for i in range(s.collectors)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


@with_server
def test_connections_over_the_limit_are_closed_at_once(s):
    s.configure("connections: 5\n")
    s.signal(signal.SIGHUP)
    s.ready(2)
    pids = stop_collectors(s)
    kept = [s.connect() for _ in range(5)]
    for _ in range(3):
        closed(s.connect(), 2)
    for c in kept:
        c.setblocking(False)
        try:
            holds(c.recv(1) != b"", "a connection within the limit was closed")
        except BlockingIOError:
            pass
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    for c in kept:
        ended(c)
    s.says("connections were closed at once")
    s.end()


@with_server
def test_collectors_that_do_not_keep_up_cost_nobody_a_connection(s):
    pids = stop_collectors(s)
    # More than their channels hold; the rest waits in the backlog or with the keeper.
    kept = [s.connect() for _ in range(700)]
    s.signal(signal.SIGHUP)  # the keeper turns all the same
    s.until("the settings are read", lambda: "RELOADING=1" in s.told, 5)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    for c in kept:
        ended(c)
    s.ready(2)
    holds("killed" not in s.text() and "ended" not in s.text(), s.text())
    s.end()


@with_server
def test_good_rules_replace_the_old(s):
    before = s.generations()
    s.place.write("rules/two.yml", rule(2))
    s.signal(signal.SIGHUP)
    s.ready(2)
    holds("RELOADING=1" in s.told, s.told)
    s.says("generation %d: 2 rules" % (before[-1] + 1))
    s.says("Rules of generation %d are in force" % (before[-1] + 1))
    equal(s.generations(), [before[-1] + 1])
    s.end()


@with_server
def test_bad_rules_leave_the_old_in_force(s):
    before = s.generations()
    s.place.write("taxonomy/bad.yaml", "source: bad\nrows: [\n")
    s.signal(signal.SIGHUP)
    s.ready(2)
    s.says("The rules stay those of generation %d" % before[-1])
    holds("taxonomy/bad.yaml" in s.text(), s.text())
    equal(s.generations(), before)
    pid = s.roles()[("collector", 0)]
    os.kill(pid, signal.SIGKILL)  # who starts now has the old rules, too
    s.until("all again", lambda: s.all_roles(but=pid))
    os.unlink(s.place.path("taxonomy/bad.yaml"))
    s.signal(signal.SIGHUP)
    s.ready(3)
    s.says("are in force")
    s.end()


@with_server
def test_bad_settings_leave_the_old_in_force_and_name_the_line(s):
    s.configure("idle: forever\n")
    s.signal(signal.SIGHUP)
    s.ready(2)
    s.says("canh.yaml:13: 'idle' takes a time")
    holds(s.all_roles(), "roles are gone")
    s.configure("collectors2: 3\n")
    s.signal(signal.SIGHUP)
    s.ready(3)
    s.says("There is no setting 'collectors2'")
    s.configure("idle: 5s\njournal: true\n")
    s.signal(signal.SIGHUP)
    s.ready(4)
    s.says("These settings have changed and take a restart: journal.")
    s.end()


@with_server
def test_files_to_follow_start_a_reader(s):
    s.configure("files: [%s]\n" % s.place.path("some.log"))
    s.signal(signal.SIGHUP)
    s.until("a reader", lambda: ("reader", 0) in s.roles())
    pid = s.roles()[("reader", 0)]
    os.kill(pid, signal.SIGKILL)
    s.until("a reader again", lambda: s.roles().get(("reader", 0), pid) != pid)
    s.end()


@with_server
def test_many_reloads_end_in_the_last_one(s):
    for i in range(10):
        s.place.write("rules/n%d.yml" % i, rule(10 + i))
        s.signal(signal.SIGHUP)
        time.sleep(0.02)
    s.says(": 11 rules")
    s.until("one folder", lambda: len(s.generations()) == 1)
    s.end()


def test_a_server_without_usable_rules_says_why(place):
    s = Server(place)
    try:
        place.write("taxonomy/bad.yaml", "source: bad\nrows: [\n")
        s.start()
        s.ended(2, 60)
        holds("The rules cannot be used" in s.text() and "bad.yaml" in s.text(), s.text())
    finally:
        s.kill()


@with_server
def test_a_server_starts_with_earlier_rules_when_the_new_are_bad(s):
    s.end()
    again = Server(s.place)
    try:
        again.place.write("taxonomy/bad.yaml", "source: bad\nrows: [\n")
        again.start().ready()
        again.says("The rules stay those of generation")
        again.end()
    finally:
        again.kill()


def test_bad_settings_at_the_start_are_told_with_the_line(place):
    place.write("bad.yaml", "idle: 5s\nrelp: nowhere\n")
    r = place.canh("serve", "--config", "bad.yaml", "--data", "data")
    equal(r.code, 2)
    holds("bad.yaml:2: 'relp' takes addresses" in r.err, r.err)


def test_an_address_that_is_taken_is_told(place):
    s = Server(place)
    try:
        taken = socket.socket()
        taken.bind(("127.0.0.1", s.tcp))
        taken.listen()
        s.start()
        s.ended(2, 60)
        holds("syslog-tcp" in s.text(), s.text())
        taken.close()
    finally:
        s.kill()


@with_server
def test_ending_while_it_starts_or_reloads_is_clean(s):
    s.signal(signal.SIGHUP)
    s.end()


@with_server
def test_the_end_of_the_keeper_is_the_end_of_all(s):
    pids = list(s.all_roles().values())
    s.process.kill()
    s.process.wait()

    def alive(pid):
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
                return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    end = time.monotonic() + 10
    while any(alive(p) for p in pids) and time.monotonic() < end:
        time.sleep(0.02)
    holds(not any(alive(p) for p in pids), "roles outlive the keeper")


def test_an_upgrade_keeps_the_sockets(place):
    s = Server(place)
    try:
        program = place.path("canh")
        shutil.copy(CANH, program)
        s.start(program).ready()
        pid, first = s.process.pid, os.stat(program).st_ino
        shutil.copy(CANH, program + ".new")
        os.rename(program + ".new", program)
        refused, done = [], threading.Event()

        def knock():
            while not done.is_set():
                try:
                    s.connect().close()
                except ConnectionRefusedError:
                    refused.append(1)

        knocking = threading.Thread(target=knock)
        knocking.start()
        s.signal(signal.SIGUSR2)
        try:
            s.ready(2)
        finally:
            done.set()
            knocking.join()
        equal(len(refused), 0)
        s.until("all roles", s.all_roles)
        equal(s.process.pid, pid)
        holds(os.stat("/proc/%d/exe" % pid).st_ino not in (first,), "still the old program")
        s.end()
    finally:
        s.kill()


def test_systemd_gets_the_sockets_and_the_watchdog(place):
    s = Server(place)
    try:
        s.start(env={"WATCHDOG_USEC": "3000000"}).ready()
        s.until("a watchdog's beat", lambda: "WATCHDOG=1" in s.told)
        # One for each TCP address, metrics, and the UDP socket of each collector.
        equal(len(s.stored), 1 + 1 + 2)
        names = [d.split(b"FDNAME=")[1] for d in s.stored]
        equal(len(set(names)), 4)
        # Not while a role says nothing.
        os.kill(s.roles()[("tracer", 0)], signal.SIGSTOP)
        s.says("tracer 0 is killed")
        s.end()
    finally:
        s.kill()


def test_sockets_of_a_socket_unit_are_used(place):
    s = Server(place)
    unit = socket.socket()
    try:
        unit.bind(("127.0.0.1", 0))
        unit.listen()
        unit.set_inheritable(True)

        def give():
            os.dup2(unit.fileno(), 3)
            os.environ["LISTEN_PID"] = str(os.getpid())

        # LISTEN_PID is the server's own, which only the child knows: through a shell.
        s.log = open(place.path("log"), "ab")
        s.process = subprocess.Popen(
            ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', CANH, "serve", "--config", s.config,
             "--data", s.data], stdin=subprocess.DEVNULL, stderr=s.log, pass_fds=[3],
            preexec_fn=give, cwd=place.folder,
            env=dict(os.environ, NOTIFY_SOCKET=place.path("notify"), LISTEN_FDS="1",
                     LISTEN_FDNAMES="syslog-tcp"))
        s.ready()
        c = socket.create_connection(unit.getsockname(), 5)
        c.settimeout(5)
        c.shutdown(socket.SHUT_WR)
        equal(c.recv(1), b"")  # a collector took it, and ended it
        s.connect().close()
        s.end()
    finally:
        unit.close()
        s.kill()


def test_roles_started_by_root_are_another_account(place):
    if os.geteuid() != 0:
        return "not root"
    s = Server(place, more="user: nobody\n")
    try:
        s.start().ready()
        nobody = pwd.getpwnam("nobody")
        for name, pid in s.all_roles().items():
            with open("/proc/%d/status" % pid, encoding="utf-8") as f:
                status = dict(line.split(":", 1) for line in f)
            equal((name, set(status["Uid"].split())), (name, {str(nobody.pw_uid)}))
            equal((name, set(status["Gid"].split())), (name, {str(nobody.pw_gid)}))
            equal((name, int(status["CapEff"], 16)), (name, 0))
        equal(os.stat(os.path.join(s.data, "lanes", "00")).st_uid, 0)
        place.write("rules/two.yml", rule(2))
        s.signal(signal.SIGHUP)
        s.ready(2)
        s.says("generation 2: 2 rules")
        equal(s.generations(), [2])
        os.kill(s.roles()[("desk", 0)], signal.SIGKILL)
        s.says("desk 0 is ready", 2)
        s.end()
    finally:
        s.kill()
    return None


def test_help_lists_the_settings_and_roles_are_not_for_people(place):
    r = place.canh("serve", "--help")
    equal(r.code, 0)
    for word in (b"--config", b"--data", b"syslog-udp", b"token-sha256"):
        holds(word in r.out, word)
    r = place.canh("role", "desk", "0", ".", "1")
    holds(r.code != 0 and "canh serve" in r.err + "canh serve", r.err)
    equal(place.canh("role", "nobody").code, 2)
    equal(place.canh("serve", "word").code, 2)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
