"""What goes wrong, one thing after the other."""

import signal
import time


class Troubles:
    def __init__(self, site, chance, say):
        self.site, self.chance, self.say = site, chance, say
        # What, from when, until when.
        self.times = []

    @property
    def count(self):
        return len(self.times)

    def run_until(self, end):
        everything = [
            self.kill_daemon, self.kill_daemon, self.kill_both_daemons, self.freeze_daemon, self.kill_proxmox,
            self.freeze_proxmox, self.kill_database, self.kill_database, self.worsen_webhooks, self.worsen_mail,
        ]
        while True:
            time.sleep(max(0, min(self.chance.uniform(1, 40), end - time.time())))
            if time.time() >= end:
                return
            began = time.time()
            what = self.chance.choice(everything)
            what()
            self.times.append((what.__name__, began, time.time()))

    def kill_daemon(self):
        name, away = self.chance.choice(list(self.site.daemons)), self.chance.uniform(0, 8)
        self.say(f"{name} is killed, and started again after {away:.1f} s")
        self.site.kill(name)
        time.sleep(away)
        self.site.start_daemon(name)

    def kill_both_daemons(self):
        away = self.chance.uniform(0, 10)
        self.say(f"both daemons are killed, and started again after {away:.1f} s")
        for name in self.site.daemons:
            self.site.kill(name)
        time.sleep(away)
        for name in self.site.daemons:
            self.site.start_daemon(name)

    def freeze(self, name, away):
        self.say(f"{name} stands still for {away:.1f} s")
        self.site.signal(name, signal.SIGSTOP)
        time.sleep(away)
        self.site.signal(name, signal.SIGCONT)

    def freeze_daemon(self):
        self.freeze(self.chance.choice(list(self.site.daemons)), self.chance.uniform(1, 20))

    def freeze_proxmox(self):
        self.freeze("proxmox", self.chance.uniform(1, 15))

    def kill_proxmox(self):
        away = self.chance.uniform(0, 15)
        self.say(f"Proxmox is killed, and started again after {away:.1f} s")
        self.site.kill("proxmox")
        time.sleep(away)
        self.site.start_proxmox()

    def kill_database(self):
        away = self.chance.uniform(0, 15)
        self.say(f"the database is killed, and started again after {away:.1f} s")
        self.site.kill_database()
        time.sleep(away)
        self.site.start_database()

    def worsen_webhooks(self):
        mode, away = self.chance.choice(["hang", "cut", "fail", "busy"]), self.chance.uniform(5, 20)
        self.say(f"the receiver of webhooks does this for {away:.1f} s: {mode}")
        self.site.web.mode = mode
        time.sleep(away)
        self.site.web.mode = "kind"

    def worsen_mail(self):
        is_away, away = self.chance.random() < 0.5, self.chance.uniform(5, 20)
        self.say(f"the mail server {'is away' if is_away else 'refuses'} for {away:.1f} s")
        if is_away:
            self.site.mail.stop()
        self.site.mail.refusing = not is_away
        time.sleep(away)
        self.site.mail.refusing = False
        if is_away:
            self.site.mail.start()
