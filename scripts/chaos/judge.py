"""What must be true when it is over."""

import time
from collections import Counter

from cluster import GUESTS, PERIOD, RULE

TAKEOVER = 15
# Between two collections that follow each other as they should, whatever the machine is busy with.
LONGEST = 2.5 * PERIOD
# What the collecting daemon bears without missing a collection: its samples wait in memory.
BORNE = ["kill_database", "worsen_webhooks", "worsen_mail"]


class Judge:
    def __init__(self, site, say):
        self.site, self.say = site, say
        self.failures = []

    def fail(self, text):
        self.say(f"VIOLATION: {text}")
        self.failures.append(text)

    def is_all_told(self):
        open_ = self.site.number("SELECT count(*) FROM alerts WHERE status NOT IN ('resolved', 'closed')")
        waiting = self.site.number("SELECT count(*) FROM notification_deliveries WHERE state = 'pending'")
        fired = self.site.number("SELECT count(DISTINCT source_name) FROM alerts WHERE source_name LIKE 'svc-%'")
        return open_ == 0 and waiting == 0 and fired == len(self.site.incidents)

    def all(self, troubles):
        self.incidents()
        self.samples(troubles)
        self.services()
        self.leases()
        self.logs()

    def incidents(self):
        """Each was an alert once, and each channel was told of its beginning and of its end once."""
        names = [incident.name for incident in self.site.incidents]
        fired = Counter(name for name, in self.site.query(
            f"SELECT source_name FROM alerts JOIN alert_rules AS rule ON rule.id = rule_id WHERE rule.name = '{RULE}'"))
        for name in names:
            if fired[name] != 1:
                self.fail(f"{name} was down once and has {fired[name]} alerts")
        web, mail = self.site.web.accepted, self.site.mail.accepted
        hook_told = Counter((name, event) for _, event, name in set(web))
        mail_told = Counter()
        for _, subject in set(mail):
            for name in names:
                if name in subject:
                    mail_told[(name, "resolved" if "RESOLVED" in subject else "firing")] += 1
        for channel, told in [("the webhook", hook_told), ("mail", mail_told)]:
            for name in names:
                for event in ["firing", "resolved"]:
                    if told[(name, event)] != 1:
                        self.fail(f"{channel} was told {told[(name, event)]} times that {name} is {event}")
        repeated = len(web) - len(set(web)) + len(mail) - len(set(mail))
        uncertain = self.site.number("SELECT count(*) FROM notification_deliveries WHERE uncertain")
        if repeated > uncertain:
            self.fail(f"{repeated} messages came again, though only {uncertain} may have been lost")
        dead = self.site.number("SELECT count(*) FROM notification_deliveries WHERE state = 'dead'")
        if dead:
            self.fail(f"{dead} messages were given up")
        self.say(f"{len(names)} incidents, {len(set(web))} webhooks and {len(set(mail))} mails; {repeated} came twice "
                 "under the same id, because a sender died on them")

    def samples(self, troubles):
        """What could be collected was, once."""
        rows = self.site.query(
            "SELECT extract(epoch FROM ts), count(*) FROM metric_samples JOIN metric_series AS series "
            "ON series.id = series_id WHERE source_type = 'vm' AND metric_name = 'cpu_usage' GROUP BY ts ORDER BY ts")
        collections = [(float(at), int(count)) for at, count in rows]
        times = [at for at, _ in collections]
        turns = self.site.number("SELECT coalesce(sum(epoch), 0) FROM leases WHERE scope LIKE 'connection/%'")
        running = self.site.number("SELECT count(*) FROM vms WHERE gone_at IS NULL AND status = 'running'")
        calm = self.calm(troubles, times[0], times[-1])
        for start, end in calm:
            inside = [at for at in times if start <= at <= end]
            longest = max(later - earlier for earlier, later in zip([start, *inside], [*inside, end]))
            if longest > LONGEST:
                self.fail(f"nothing was collected for {longest:.1f} s although all was well, after {start:.0f}")
            poor = [count for at, count in collections if start <= at <= end and count < running]
            if poor:
                self.fail(f"{len(poor)} collections have not all of the {running} guests that run: {poor[:5]}")
        borne = sum(1 for what, _, _ in troubles if what in BORNE)
        calm_seconds = sum(end - start for start, end in calm)
        self.say(f"{len(collections)} collections of {running} guests in {times[-1] - times[0]:.0f} s, {turns} turns; "
                 f"{calm_seconds:.0f} s in which none may be missing, {borne} troubles of them that must not matter")
        close = [later - earlier for earlier, later in zip(times, times[1:]) if later - earlier < PERIOD * 0.4]
        if len(close) > turns:
            self.fail(f"{len(close)} collections followed another within {PERIOD * 0.4:.0f} s in {turns} turns")

    @staticmethod
    def calm(troubles, first, last):
        """The times in which nothing is wrong that collections need, and the taking over is done."""
        calm, start = [], first + 2 * PERIOD
        for what, began, ended in troubles:
            if what in BORNE:
                continue
            if began - start > 2 * PERIOD:
                calm.append((start, began))
            start = ended + TAKEOVER + 2 * PERIOD
        if last - start > 2 * PERIOD:
            calm.append((start, last - PERIOD))
        return calm

    def services(self):
        twice = self.site.number(
            "SELECT count(*) FROM (SELECT ts - lag(ts) OVER (PARTITION BY series_id ORDER BY ts) AS gap "
            "FROM metric_samples JOIN metric_series AS series ON series.id = series_id "
            f"WHERE source_type = 'service' AND metric_name = 'up') AS gaps WHERE gap < interval '{PERIOD * 0.1} s'")
        turns = self.site.number("SELECT epoch FROM leases WHERE scope = 'job/check'")
        if twice > turns * len(self.site.incidents):
            self.fail(f"{twice} checks followed another at once in {turns} turns")
        status = self.site.query("SELECT status, count(*) FROM services GROUP BY status")
        self.say(f"services at the end: {status}")

    def leases(self):
        holders = self.site.query("SELECT scope, count(*) FROM leases GROUP BY scope")
        if any(count != "1" for _, count in holders):
            self.fail(f"the leases are {holders}")
        known = self.site.number("SELECT count(*) FROM vms WHERE gone_at IS NULL")
        if known != GUESTS or self.site.number("SELECT count(*) FROM vms") != GUESTS:
            self.fail(f"{known} guests are known, not {GUESTS}")

    def logs(self):
        for name in [*self.site.daemons, "proxmox"]:
            log = (self.site.directory / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            for line in log.splitlines():
                if "panicked" in line or "fault of NexOps" in line:
                    self.fail(f"{name} says: {line[:300]}")
