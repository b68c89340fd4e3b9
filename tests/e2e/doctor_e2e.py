"""`canh doctor`: each fault of an installation is named in a sentence, and a good one has none.

    doctor_e2e.py CANH
"""

import json
import os
import shutil
import subprocess
import sys

from program import equal, holds, run
from keeper import Server


def doctor(place, data, config=None, code=None):
    """State and text of each check."""
    words = ["doctor", "--json", "--data", data] + (["--config", config] if config else [])
    done = place.canh(*words)
    answer = json.loads(done.out)
    equal(done.code, 1 if answer["wrong"] else 0)
    if code is not None:
        equal(done.code, code)
    return answer["checks"]


def says(checks, check, state, words):
    for row in checks:
        if row["check"] == check and row["state"] == state and words in row["text"]:
            return
    raise AssertionError("no %s of %s says %r: %s" % (state, check, words, checks))


ISSUER = "console-url: https://c.vn\noidc-issuer: https://sso.vn\noidc-client: canh\noidc-secret: %s\n"
CHANNEL = "channels: [{name: hook, kind: webhook, url: 'https://example.vn/', level: %s, secret: %s}]\n"


def certificate(place, name, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                    place.path(name + ".key"), "-out", place.path(name + ".pem"), "-days", str(days),
                    "-subj", "/CN=test"], check=True, capture_output=True)


def test_each_fault_of_the_settings_is_named(place):
    certificate(place, "long", 400)
    certificate(place, "soon", 3)
    os.chmod(place.path("long.key"), 0o644)
    os.chmod(place.path("soon.key"), 0o600)
    pem, key = place.path("long.pem"), place.path("long.key")
    rows = [
        ("nonsense: 1\n", "settings", "wrong", "nonsense"),
        ("user: nobody-has-this-name\n", "account", "wrong", "nobody-has-this-name"),
        ("tls-certificate: %s\n" % key, "certificates", "wrong", "no certificate"),
        ("tls-certificate: %s\ntls-key: %s\n" % (pem, place.path("soon.key")), "certificates",
         "wrong", "not the certificate's"),
        ("tls-certificate: %s\ntls-key: %s\n" % (pem, key), "certificates", "advice", "chmod 600"),
        ("tls-certificate: %s\n" % place.path("soon.pem"), "certificates", "advice", "more days"),
        ("tls-certificate: %s\n" % pem, "certificates", "fine", "more days"),
        ("https: 127.0.0.1:9443\n", "settings", "wrong", "'tls-certificate'"),
        ("files: [%s]\n" % place.path("absent.log"), "files", "advice", "is not there"),
        ("http-open: true\n", "open inputs", "advice", "canh token"),
        ("syslog-udp: 0.0.0.0:514\n", "open inputs", "advice", "marked so for ever"),
        ("", "channels", "advice", "No channel takes alerts of level high"),
        (CHANNEL % ("critical", key), "channels", "advice", "No channel takes alerts of level high"),
        (CHANNEL % ("low", key), "channels", "fine", "leave the house"),
        (CHANNEL % ("low", key), "channels", "advice", "chmod o-r"),
        (CHANNEL % ("low", place.path("absent")), "channels", "wrong", "The channel hook cannot be used"),
        (ISSUER % place.path("absent"), "issuer", "wrong", "The issuer cannot be used"),
        (ISSUER % key, "issuer", "advice", "chmod o-r"),
        (ISSUER % key + "oidc-second: true\n", "issuer", "advice", "oidc-amr"),
    ]
    for yaml, check, state, words in rows:
        says(doctor(place, place.path("data"), place.write("c.yaml", yaml)), check, state, words)


def test_each_fault_of_the_folder_is_named(place):
    data = place.path("data")
    says(doctor(place, data, code=1), "data", "advice", "canh serve makes it")
    os.mkdir(data)
    os.chmod(data, 0o755)
    says(doctor(place, data, code=1), "data", "wrong", "chmod o-rwx")
    os.chmod(data, 0o700)
    checks = doctor(place, data, code=1)
    says(checks, "data", "fine", "is on the disk after")
    says(checks, "server", "wrong", "No server runs")
    if os.path.isdir("/dev/shm"):
        memory = "/dev/shm/canh-doctor-%d" % os.getpid()
        os.mkdir(memory, 0o700)
        try:
            says(doctor(place, memory), "data", "wrong", "is in memory")
        finally:
            shutil.rmtree(memory)


def test_a_running_server_is_asked(place):
    server = Server(place)
    try:
        server.start().ready()
        checks = doctor(place, server.data, server.config)
        says(checks, "server", "fine", "runs")
        says(checks, "balance", "fine", "accounted for")
        says(checks, "sources", "advice", "Nothing was received")
        says(checks, "ledger", "advice", "root.key")
        server.until("it is signed", lambda: [r for r in doctor(place, server.data, server.config)
                                              if r["check"] == "ledger" and r["state"] == "fine"], 30)
        holds(not [r for r in checks if r["check"] in ("roles", "rules", "balance", "drops")
                   and r["state"] == "wrong"], checks)
        text = place.canh("doctor", "--data", server.data, "--config", server.config)
        holds(b"ok     server" in text.out and b"to consider" in text.out, text.out)
    finally:
        server.kill()


def test_a_ledger_that_stands_still_is_named(place):
    """The sealer is stopped from writing it; and one that is not there."""
    server = Server(place)
    try:
        server.start().ready()
        server.until("it is signed", lambda: [r for r in doctor(place, server.data, server.config)
                                              if r["check"] == "ledger" and r["state"] == "fine"], 30)
        folder = os.path.join(server.data, "ledger")
        for name in os.listdir(folder):
            if name.endswith(".chain"):
                os.rename(os.path.join(folder, name), os.path.join(folder, "gone"))
        says(doctor(place, server.data, server.config), "ledger", "wrong", "Nothing was signed yet")
    finally:
        server.kill()


def test_it_takes_no_words(place):
    done = place.canh("doctor", "everything")
    equal((done.code, done.out), (2, b""))


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
