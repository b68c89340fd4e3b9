"""Requests at a running server's local socket, signed with DATA/keys/local.key as people/people.h says.

    Local(DATA).act("/alert/close", {"alerts": [7], ...})
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import struct
import time


def credential(key, name, request):
    """That whoever has the key asks this now."""
    head = struct.pack("<Q", time.time_ns()) + os.urandom(16)
    mac = hmac.new(key, b"canh local 1" + head + bytes([len(name)]) + name + request, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(head + mac + name).rstrip(b"=").decode()


class Local(http.client.HTTPConnection):
    """HTTP over the socket in the data folder."""

    def __init__(self, data, timeout=60):
        super().__init__("canh", timeout=timeout)
        self.data = data

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.path.join(self.data, "run", "canh.sock"))

    def sign(self, path, body):
        """The field of a POST of this body, which begins with '{'."""
        try:
            with open(os.path.join(self.data, "keys", "local.key"), "rb") as f:
                key = f.read()
        except OSError:  # the desk has not begun yet
            return {}
        rest = body.strip()[1:].lstrip()
        request = b'{"act":"%s"%s' % (path[1:].replace("/", ".").encode(), (b"" if rest[:1] == b"}" else b",") + rest)
        return {"X-Canh-Local": credential(key, b"root", request)}

    def act(self, path, parameters):
        """The answer, which is not read yet."""
        body = json.dumps(parameters).encode()
        self.request("POST", path, body=body, headers=self.sign(path, body) if body[:1] == b"{" else {})
        return self.getresponse()
