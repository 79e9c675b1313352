#!/bin/sh
# Builds the Debian package from a debug build and lives its life: installs it, runs its daemon as the unit would,
# upgrades, removes and purges it. That happens on a copy of this machine's file system that is gone afterwards, with
# a network of its own. It needs root, Linux and Debian or a derivative.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "package-test: $*" >&2; }

if [ "$(id -u)" -ne 0 ]; then
    say 'only root can install packages, even on a copy of the file system; run it with sudo'
    exit 1
fi
for tool in curl ip setpriv systemd-analyze unshare; do
    command -v "$tool" >/dev/null || {
        say "$tool is missing: apt-get install curl iproute2 systemd util-linux"
        exit 1
    }
done
scripts/find-postgres.sh >/dev/null || scripts/setup.sh run

package=$(scripts/package.sh debug)

# What is mounted in there is seen by nobody else, and gone with the last process.
exec unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc \
    scripts/package-test/copy.sh "$package"
