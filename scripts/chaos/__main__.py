"""Lets everything around two daemons go wrong at random, and judges what is left. scripts/chaos.sh runs it.

200 guests are watched by two daemons on one database, which also check services that are down for a while, one after the
other. Meanwhile daemons, Proxmox, the receivers of notifications and the database are killed, stopped, started again, or
misbehave. The seed decides what happens when.
"""

import argparse
import pathlib
import random
import sys
import time

from judge import Judge
from cluster import Site
from troubles import Troubles

# How long after the last trouble everything must be told and written down: a message may have failed a few times.
PATIENCE = 300


def wait(what, condition, patience):
    deadline = time.time() + patience
    while not condition():
        if time.time() > deadline:
            raise TimeoutError(f"waited {patience} s in vain until {what}")
        time.sleep(0.3)


def run(arguments):
    chance = random.Random(arguments.seed)
    began = time.time()

    def say(text):
        print(f"{time.time() - began:7.1f}s  {text}", flush=True)

    say(f"seed {arguments.seed}, {arguments.seconds} seconds")
    site = Site(arguments)
    judge = Judge(site, say)
    try:
        site.start()
        for name in site.daemons:
            site.start_daemon(name)
            wait(f"{name} is ready", lambda name=name: site.is_ready(name), 120)
        site.furnish(chance, arguments.seconds)
        say(f"both daemons are ready; {len(site.incidents)} services will be down for a while")
        troubles = Troubles(site, chance, say)
        troubles.run_until(time.time() + arguments.seconds)
        say("nothing more goes wrong")
        for name in site.daemons:
            wait(f"{name} is ready again", lambda name=name: site.is_ready(name), 60)
        time.sleep(max(0, max(incident.end for incident in site.incidents) - time.time()))
        try:
            wait("all is told", judge.is_all_told, PATIENCE)
        except TimeoutError as error:
            judge.fail(str(error))
        judge.all(troubles.times)
    finally:
        site.stop()
    verdict = "FAILED" if judge.failures else "passed"
    print(f"chaos: {verdict} (seed {arguments.seed}, {arguments.seconds} seconds, {troubles.count} troubles)")
    return 1 if judge.failures else 0


def main():
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    for path in ["directory", "binaries", "postgres"]:
        parser.add_argument(f"--{path}", type=pathlib.Path, required=True)
    parser.add_argument("--account", required=True)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
