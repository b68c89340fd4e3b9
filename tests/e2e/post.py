"""Where notices go, for tests: a mail server (RFC 5321, STARTTLS, AUTH PLAIN) and a web server, small and real."""

import base64
import http.server
import socket
import ssl
import threading
import time


def context(place):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(place.path("server.pem"), place.path("server.key"))
    return tls


class Mail:
    """`taken`: (recipients, text, user, over TLS) of each mail. `answers` gives the answer to a verb,
    or to "RCPT a@b", instead of the usual one; `slow` seconds pass before each answer."""

    def __init__(self, tls=None, port=0):
        self.tls, self.taken, self.answers, self.slow = tls, [], {}, 0
        self.opened = 0
        self.listening = socket.create_server(("127.0.0.1", port))
        self.port = self.listening.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for s in self.open:
            s.close()

    def accept(self):
        while True:
            try:
                s, _ = self.listening.accept()
            except OSError:
                return
            self.opened += 1
            self.open.append(s)
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        try:
            self.talk(s)
        except (OSError, ValueError):
            pass
        finally:
            s.close()

    def talk(self, s):
        f, to, user, secure = s.makefile("rb"), [], None, False

        def say(text):
            time.sleep(self.slow)
            s.sendall(text.encode() + b"\r\n")

        say(self.answers.get("", "220 post ready"))
        while True:
            line = f.readline(2000).decode().strip()
            verb = line.split(" ")[0].upper()
            if not line:
                return
            special = self.answers.get(verb) or self.answers.get(line.replace("TO:<", "").rstrip(">"))
            if special:
                say(special)
            elif verb == "EHLO":
                say("250-post" + ("\r\n250-STARTTLS" if self.tls and not secure else "") + "\r\n250 AUTH PLAIN")
            elif verb == "STARTTLS" and self.tls:
                say("220 go on")
                s = self.tls.wrap_socket(s, server_side=True)
                self.open.append(s)
                f, secure = s.makefile("rb"), True
            elif verb == "AUTH":
                words = line.split(" ")
                if len(words) < 3:
                    say("334 ")
                    words.append(f.readline(2000).decode().strip())
                user = base64.b64decode(words[2]).decode().split("\0")[1:]
                say("235 welcome")
            elif verb == "RCPT":
                to.append(line[line.index("<") + 1:line.index(">")])
                say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    more = f.readline(2000)
                    if not more:
                        return
                    text += more
                self.taken.append((to, text[:-3].decode("ascii"), user, secure))
                to = []
                say(self.answers.get("TEXT", "250 taken"))
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


class Web:
    """`taken`: (path, headers, body) of each request. `status`: what it answers, with headers `more`."""

    def __init__(self, tls=None, port=0):
        self.taken, self.status, self.more, self.slow, self.body = [], 200, {}, 0, b"{}"
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.taken.append((self.path, dict(self.headers), body))
                time.sleep(web.slow)
                self.send_response(web.status)
                for name, value in web.more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(web.body)))
                self.end_headers()
                self.wfile.write(web.body)

            do_GET = do_POST

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
