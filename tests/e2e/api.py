"""A server whose API is open on a port of its own, and whoever asks there."""

import hashlib
import http.client
import json
import signal
import socket
import ssl

from keeper import Server, free_ports

ALL, SOME = "a-token-for-all", "a-token-for-some"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Api(Server):
    def __init__(self, place, more=""):
        self.port = free_ports([socket.SOCK_STREAM])[0]
        super().__init__(place, more=more)

    def configure(self, more=None):
        self.more = self.more if more is None else more
        super().configure("""tokens:
  - name: all
    token-sha256: %s
  - name: some
    token-sha256: %s
    may: alerts
%s""" % (sha256(ALL), sha256(SOME), self.more))
        with open(self.config, encoding="utf-8") as f:
            text = f.read().replace("console: []\n", 'console: "127.0.0.1:%d"\n' % self.port)
        self.config = self.place.write("canh.yaml", text)

    def connect(self, cafile=None):
        context = ssl.create_default_context(cafile=cafile)
        if cafile is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("localhost" if cafile else "127.0.0.1", self.port, timeout=10,
                                           context=context)

    def ask(self, path, token=None, cafile=None):
        """(status, type, body, SHA-256 of the certificate)"""
        c = self.connect(cafile)
        c.request("GET", path, headers={"Authorization": "Bearer " + token} if token else {})
        print_ = hashlib.sha256(c.sock.getpeercert(True)).hexdigest()
        answer = c.getresponse()
        if "/tail" in path and answer.status == 200:  # it never ends
            body = answer.readline()
        else:
            body = answer.read()
        kind = answer.getheader("Content-Type")
        c.close()
        return answer.status, kind, body, print_

    def send(self, path, body, **fields):
        """(status, the answer, its head) of a POST."""
        c = self.connect()
        c.request("POST", "/api" + path, body=json.dumps(body),
                  headers={n.replace("_", "-"): v for n, v in fields.items() if v is not None})
        answer = c.getresponse()
        text = answer.read()
        c.close()
        return answer.status, json.loads(text), answer.headers


def with_api(test):
    def wrapped(place):
        s = Api(place)
        signal.alarm(300)
        try:
            s.start().ready()
            test(s)
        finally:
            signal.alarm(0)
            s.kill()
    return wrapped
