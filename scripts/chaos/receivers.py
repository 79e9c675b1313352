"""Those who are told, and the services that are checked. What they accept, they remember."""

import email
import http.server
import json
import threading
import time

from aiosmtpd.controller import Controller

# How long a receiver that hangs does so. Longer than the daemon waits.
HANGING = 40


class Web:
    """Serves the services, and receives the webhooks as unkindly as it is told to."""

    def __init__(self, site):
        self.site = site
        self.mode = "kind"
        self.accepted = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_arguments):
                pass

            def answer(self, status, headers=()):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self):
                incident = web.site.incidents[int(self.path.rsplit("/", 1)[1])]
                self.answer(503 if incident.is_now() else 200)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                web.receive(self, body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def receive(self, handler, body):
        if self.mode == "hang":
            time.sleep(HANGING)
        elif self.mode == "cut":
            handler.connection.close()
        elif self.mode == "fail":
            handler.answer(500)
        elif self.mode == "busy":
            handler.answer(429, [("Retry-After", "3")])
        else:
            for event in body["events"]:
                self.accepted.append((event["id"], event["event"], event["alert"]["source_name"]))
            handler.answer(204)


class Mail:
    """A real mail server, which can be away or refuse."""

    def __init__(self, port):
        self.port = port
        self.refusing = False
        self.accepted = []
        self.controller = None

    async def handle_DATA(self, _server, _session, envelope):
        if self.refusing:
            return "451 try again later"
        message = email.message_from_bytes(envelope.content)
        self.accepted.append((message["X-NexOps-Event-Id"], " ".join(message["Subject"].split())))
        return "250 OK"

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None
