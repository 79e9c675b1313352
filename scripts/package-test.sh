#!/bin/sh
# Builds the Debian package from a debug build and lives its life: installs it, runs its daemon as the unit would,
# upgrades, removes and purges it; then lets a systemd start the unit itself. That happens on a copy of this machine's
# file system that is gone afterwards, with a network of its own. It needs root, Linux and Debian or a derivative.
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
play() {
    timeout --kill-after=5 300 unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc "$@"
}
play scripts/package-test/copy.sh "$package" life

# systemd needs a group of processes of its own, below which it makes others.
groups=$(findmnt --noheadings --output TARGET --types cgroup2 | head -n 1)
group=$groups/nexops-package-test-$$
if [ -z "$groups" ] || ! mkdir "$group" 2>/dev/null; then
    say 'systemd itself was not tried: no group of processes can be made for it here'
    exit 0
fi
PACKAGE_TEST_OUTPUT=$(mktemp -d /tmp/nexops-package-test.XXXXXX)
export PACKAGE_TEST_OUTPUT
clean_up() {
    find "$group" -depth -type d -exec rmdir {} \;
    rm -rf "$PACKAGE_TEST_OUTPUT"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say 'letting systemd start the unit'
# systemd ends by ending everything, so that its exit code tells nothing; boot.sh leaves what counts.
(
    sh -c 'echo "$PPID"' >"$group/cgroup.procs"
    play --cgroup scripts/package-test/copy.sh "$package" boot >"$PACKAGE_TEST_OUTPUT/systemd" 2>&1
) || true
if [ "$(cat "$PACKAGE_TEST_OUTPUT/status" 2>/dev/null)" != 0 ]; then
    say 'the unit does not work under systemd:'
    cat "$PACKAGE_TEST_OUTPUT"/* >&2
    exit 1
fi
cat "$PACKAGE_TEST_OUTPUT/out"
say 'all is well'
