#!/bin/sh
# Lays a writable copy over this machine's file system and lives a package's life in there; called by package-test.sh
# with the package, in namespaces of its own.
set -eu
package=$1

# Everything that is written goes to this memory.
memory=/mnt
mount -t tmpfs -o size=3g,mode=755 tmpfs "$memory"
mkdir "$memory/written" "$memory/work" "$memory/root"
mount -t overlay -o "lowerdir=/,upperdir=$memory/written,workdir=$memory/work" overlay "$memory/root"
root=$memory/root

# The overlay shows the root file system alone; what a program needs beside it is mounted anew.
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
ip link set lo up

# A NexOps that this machine may have is not there on the copy.
rm -rf "$root/var/lib/nexops" "$root/etc/nexops"
cp "$package" "$root/tmp/nexops.deb"
cp "$(dirname "$0")/life.sh" "$root/tmp/life.sh"
chroot "$root" /tmp/life.sh

# What a purged package leaves in a file system are dpkg's notes and the caches of others.
left=$(cd "$memory/written" && find . -type f -o -type l | grep -v -E \
    '^\./(var/(lib/(dpkg|systemd)|log|cache|backups)/|etc/(\.pwd\.lock|(passwd|group|shadow|gshadow|subuid|subgid)-?)$)' || true)
if [ -n "$left" ]; then
    printf '%s\n' 'package-test: these files are left after the purge:' "$left" >&2
    exit 1
fi
echo 'package-test: nothing is left on the file system; all is well'
