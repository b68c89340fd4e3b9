"""An OpenID issuer for tests: small, real, and hostile on demand. Keys and signatures are made by openssl."""

import base64
import hashlib
import http.server
import json
import os
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

CLIENT, SECRET = "canh:test", "a secret+of the issuer/%"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*args, data=b""):
    done = subprocess.run(["openssl", *args], input=data, capture_output=True, check=False, timeout=20)
    if done.returncode != 0:
        raise AssertionError("openssl %s: %s" % (args, done.stderr.decode()))
    return done.stdout


def raw_of(der):
    """ECDSA's SEQUENCE of two INTEGERs as JWS has it: 64 bytes (RFC 7518, 3.4)."""
    out, at = b"", 2
    for _ in range(2):
        n = der[at + 1]
        out += der[at + 2:at + 2 + n].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + n
    return out


class Key:
    """alg: RS256, PS256, ES256, EdDSA."""

    MADE = {"RSA": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "EC": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            "OKP": ("ED25519",)}

    def __init__(self, folder, kid, alg):
        self.kid, self.alg = kid, alg
        self.kty = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}.get(alg, "OKP")
        self.path = os.path.join(folder, kid + ".pem")
        openssl("genpkey", "-algorithm", *self.MADE[self.kty], "-out", self.path)
        self.public = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def jwk(self):
        jwk = {"kty": self.kty, "kid": self.kid, "use": "sig"}
        if self.kty == "RSA":
            n = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().strip().split("=")[1]
            return dict(jwk, n=b64(bytes.fromhex(n)), e="AQAB")
        if self.kty == "EC":
            return dict(jwk, crv="P-256", x=b64(self.public[-64:-32]), y=b64(self.public[-32:]))
        return dict(jwk, crv="Ed25519", x=b64(self.public[-32:]))

    def sign(self, data):
        if self.alg == "EdDSA":
            with tempfile.NamedTemporaryFile() as f:
                f.write(data)
                f.flush()
                return openssl("pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", f.name)
        more = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32") if self.alg == "PS256" else ()
        signed = openssl("dgst", "-sha256", "-sign", self.path, *more, data=data)
        return raw_of(signed) if self.alg == "ES256" else signed


class Issuer:
    """`subject` logs in, whoever asks. What is wrong: `claims` (name: value; None: left out), `head` the same,
    `signer` a key, `signature` bytes, `raw` whole bodies by path, `status` and `slow` (seconds) by path, `discovery` as
    `claims`, `back` what the browser brings back otherwise."""

    def __init__(self, folder, alg="RS256", tls=None):
        self.folder = folder
        self.keys = [Key(folder, "k1", alg)]
        self.subject = "s-1"
        self.forget()
        self.codes, self.asked = {}, []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                issuer.serve(self, b"")

            def do_POST(self):
                issuer.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = "%s:%d/realm" % ("https://localhost" if tls else "http://127.0.0.1", self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forget(self):
        """Nothing is wrong any more."""
        self.claims, self.head, self.raw, self.status, self.slow = {}, {}, {}, {}, {}
        self.signer, self.signature, self.discovery, self.back = None, None, {}, {}

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def fetched(self, path):
        return sum(p == path for p in self.asked)

    # --- answers ---------------------------------------------------------------------------------

    def serve(self, h, body):
        where = urllib.parse.urlsplit(h.path)
        path = where.path.replace("/realm/", "", 1)
        self.asked.append(path)
        time.sleep(self.slow.get(path, 0))
        fn = {".well-known/openid-configuration": self.describe, "keys": self.show_keys, "auth": self.authorize,
              "token": self.exchange}.get(path)
        status, head, text = fn(h, where.query, body) if fn else (404, {}, b"{}")
        status, text = self.status.get(path, status), self.raw.get(path, text)
        h.send_response(status)
        for name, value in dict(head, **({"Location": self.url + "/elsewhere"} if status == 307 else {})).items():
            h.send_header(name, value)
        h.send_header("Content-Length", str(len(text)))
        h.end_headers()
        try:
            h.wfile.write(text)
        except (OSError, ssl.SSLError):
            pass  # who asked has had enough

    def describe(self, *_):
        said = dict({"issuer": self.url, "authorization_endpoint": self.url + "/auth", "token_endpoint": self.url + "/token",
                     "jwks_uri": self.url + "/keys", "response_types_supported": ["code"],
                     "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "none", "HS256"],
                     "code_challenge_methods_supported": ["S256"],
                     "authorization_response_iss_parameter_supported": True}, **self.discovery)
        return 200, {}, json.dumps({k: v for k, v in said.items() if v is not None}).encode()

    def show_keys(self, *_):
        return 200, {}, json.dumps({"keys": [k.jwk() for k in self.keys]}).encode()

    def authorize(self, _, query, __):
        q = dict(urllib.parse.parse_qsl(query, strict_parsing=True))
        code = b64(os.urandom(16))
        self.codes[code] = q
        back = {k: v for k, v in dict({"code": code, "state": q["state"], "iss": self.url}, **self.back).items()
                if v is not None}
        return 302, {"Location": q["redirect_uri"] + "?" + urllib.parse.urlencode(back)}, b""

    def exchange(self, h, _, body):
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        asked = self.codes.pop(form.get("code"), None)  # once
        name, secret = [urllib.parse.unquote(x) for x in
                        base64.b64decode(h.headers["Authorization"].split(" ")[1]).decode().split(":")]
        good = (asked is not None and (name, secret) == (CLIENT, SECRET) and asked["client_id"] == CLIENT
                and form["redirect_uri"] == asked["redirect_uri"] and form["grant_type"] == "authorization_code"
                and asked["code_challenge_method"] == "S256" and asked["scope"].split(" ")[0] == "openid"
                and b64(hashlib.sha256(form["code_verifier"].encode()).digest()) == asked["code_challenge"])
        if not good:
            return 400, {}, b'{"error":"invalid_grant"}'
        return 200, {}, json.dumps({"access_token": "x", "token_type": "Bearer",
                                    "id_token": self.token(asked["nonce"])}).encode()

    def token(self, nonce):
        now, key = int(time.time()), self.signer or self.keys[-1]
        claims = dict({"iss": self.url, "sub": self.subject, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce},
                      **self.claims)
        head = dict({"alg": key.alg, "kid": key.kid, "typ": "JWT"}, **self.head)
        text = ".".join(b64(json.dumps({k: v for k, v in part.items() if v is not None}).encode())
                        for part in (head, claims))
        return text + "." + b64(key.sign(text.encode()) if self.signature is None else self.signature(text.encode()))
