"""What runs during the chaos: a PostgreSQL, a simulated Proxmox, receivers, and two daemons."""

import json
import os
import random
import socket
import subprocess
import time
import urllib.request

from receivers import Mail, Web

PERIOD = 5
GUESTS = 200
TOKEN = "12345678-1234-1234-1234-123456789abc"
RULE = "service-down"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Incident:
    """A service that is down once."""

    def __init__(self, name, start, end):
        self.name, self.start, self.end = name, start, end

    def is_now(self):
        return self.start <= time.time() < self.end


class Site:
    def __init__(self, arguments):
        self.directory = arguments.directory
        self.binaries = arguments.binaries.resolve()
        self.postgres = arguments.postgres
        self.account = arguments.account
        self.sockets = self.directory / "postgres"
        self.proxmox_port = free_port()
        self.daemons = {"daemon-1": free_port(), "daemon-2": free_port()}
        self.processes = {}
        self.incidents = []
        self.web = Web(self)
        self.mail = Mail(free_port())

    # The database.

    def as_postgres(self, *command):
        prefix = ["runuser", "-u", self.account, "--"] if os.geteuid() == 0 else []
        return subprocess.run(prefix + list(command), cwd=self.sockets, check=False, capture_output=True, text=True)

    def pg_ctl(self, *arguments):
        self.as_postgres(str(self.postgres / "pg_ctl"), "-D", str(self.sockets / "data"), "-s", *arguments)

    def start_database(self):
        self.pg_ctl("-l", str(self.sockets / "log"), "-w", "start")

    def kill_database(self):
        self.pg_ctl("-m", "immediate", "stop")

    def query(self, sql):
        command = [str(self.postgres / "psql"), "-U", "nexops", "-h", str(self.sockets), "-At", "-c", sql, "postgres"]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        return [line.split("|") for line in answer.stdout.splitlines()]

    def number(self, sql):
        return int(self.query(sql)[0][0])

    # The processes.

    def start(self):
        self.start_database()
        self.start_proxmox()
        self.web.start()
        self.mail.start()

    def spawn(self, name, command, environment):
        with open(self.directory / f"{name}.log", "a", encoding="utf-8") as log:
            self.processes[name] = subprocess.Popen(
                [str(self.binaries / command[0]), *command[1:]], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=environment, cwd=self.directory)

    def start_proxmox(self):
        self.spawn("proxmox", [
            "pve-sim", "--listen", f"127.0.0.1:{self.proxmox_port}", "--nodes", "5", "--guests", str(GUESTS),
            "--stat-interval", "1", "--token", f"nexops@pve!nexops={TOKEN}"], {})

    def start_daemon(self, name):
        encoded = str(self.sockets).replace("/", "%2F")
        self.spawn(name, ["nexopsd", "--listen", f"127.0.0.1:{self.daemons[name]}"], {
            "ENVIRONMENT": "production", "HOME": str(self.directory),
            "NEXOPS_DATA_DIR": str(self.directory / name), "DATABASE_URL": f"postgresql://nexops@{encoded}/postgres",
            "PROXMOX_HOST": "127.0.0.1", "PROXMOX_PORT": str(self.proxmox_port), "PROXMOX_USER": "nexops@pve",
            "PROXMOX_TOKEN_NAME": "nexops", "PROXMOX_TOKEN_VALUE": TOKEN, "PROXMOX_VERIFY_SSL": "false",
            "NEXOPS_METRICS_INTERVAL": f"{PERIOD}s", "NEXOPS_SYNC_INTERVAL": "30s",
            "NEXOPS_HEALTH_INTERVAL": f"{PERIOD}s", "NEXOPS_ALLOW_LOOPBACK_TARGETS": "true",
            "NEXOPS_SECRET_KEY": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        })

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self.kill_database()
        self.mail.stop()

    # The daemons as their clients see them.

    def ask(self, name, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.daemons[name]}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def is_ready(self, name):
        try:
            self.ask(name, "GET", "/readyz")
            return True
        except OSError:
            return False

    def furnish(self, chance: random.Random, seconds):
        """Makes channels, a rule, and services each of which is down once, early enough to be told before the end."""
        channels = "/api/v1/settings/notifications"
        self.ask("daemon-1", "POST", channels, {"name": "hook", "settings": {
            "kind": "webhook", "url": f"http://127.0.0.1:{self.web.port}/hook", "secret": "0123456789abcdef"}})
        self.ask("daemon-2", "POST", channels, {"name": "mail", "settings": {
            "kind": "email", "host": "127.0.0.1", "port": self.mail.port, "security": "none",
            "from": "nexops@example.net", "to": ["ann@example.net"]}})
        self.ask("daemon-1", "POST", "/api/v1/alerts/rules", {
            "name": RULE, "metric_name": "up", "condition": "lt", "threshold": 1.0, "duration_seconds": 15,
            "clear_duration_seconds": 15, "severity": "critical", "source_type": "service",
            "notification_channels": ["hook", "mail"]})
        now = time.time()
        for index in range(max(4, seconds // 30)):
            start = now + chance.uniform(10, max(20, seconds - 120))
            incident = Incident(f"svc-{index:02}", start, start + chance.uniform(150, 200))
            self.incidents.append(incident)
            self.ask("daemon-2", "POST", "/api/v1/services", {
                "name": incident.name, "type": "external",
                "health_check_url": f"http://127.0.0.1:{self.web.port}/service/{index}", "check": {"retries": 0}})
