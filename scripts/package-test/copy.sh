#!/bin/sh
# Lays a writable copy over this machine's file system, and plays a scene with the package in there; called by
# package-test.sh, in namespaces of its own.
#   copy.sh PACKAGE life    the life of the package, after which nothing may be left
#   copy.sh PACKAGE boot    systemd starts the installed unit
set -eu
package=$1
scene=$2
here=$(dirname "$0")

# Everything that is written goes to this memory.
memory=/mnt
mount -t tmpfs -o size=3g,mode=755 tmpfs "$memory"
mkdir "$memory/written" "$memory/work" "$memory/root"
mount -t overlay -o "lowerdir=/,upperdir=$memory/written,workdir=$memory/work" overlay "$memory/root"
root=$memory/root

# The overlay shows the root file system alone; what programs need beside it is mounted anew.
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
ip link set lo up

# A NexOps that this machine may have is not there on the copy.
rm -rf "$root/var/lib/nexops" "$root/etc/nexops"
cp "$package" "$root/tmp/nexops.deb"
cp "$here/$scene.sh" "$root/tmp/"

if [ "$scene" = boot ]; then
    exec "$here/systemd.sh" "$root"
fi
chroot "$root" "/tmp/$scene.sh"

# What a purged package leaves in a file system are dpkg's notes and the caches of others.
left=$(cd "$memory/written" && find . -type f -o -type l | grep -v -E \
    '^\./(var/(lib/(dpkg|systemd)|log|cache|backups)/|etc/(\.pwd\.lock|(passwd|group|shadow|gshadow|subuid|subgid)-?)$)' || true)
if [ -n "$left" ]; then
    printf '%s\n' 'package-test: these files are left after the purge:' "$left" >&2
    exit 1
fi
echo 'package-test: nothing is left on the file system'
