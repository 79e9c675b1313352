#!/bin/sh
# Installs the package on the copy and becomes its systemd, which starts the unit and then boot.sh; called by copy.sh.
set -eu
root=$1

chroot "$root" dpkg --install /tmp/nexops.deb >"$root/tmp/dpkg.log" 2>&1 || {
    cat "$root/tmp/dpkg.log" >&2
    exit 1
}
# Of this machine's units only that of the package is wanted: the kernel is shared, and nothing may be set there.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/usr/lib/systemd/system/*.wants "$root"/lib/systemd/system/*.wants
: >"$root/etc/fstab"
cat >"$root/etc/systemd/system/package-test.target" <<UNIT
[Unit]
Wants=nexopsd.service package-test.service
UNIT
cat >"$root/etc/systemd/system/package-test.service" <<UNIT
[Unit]
After=nexopsd.service
[Service]
Type=oneshot
ExecStart=/tmp/boot.sh
StandardOutput=file:/output/out
StandardError=file:/output/out
ExecStopPost=/bin/sh -c 'echo "\$EXIT_STATUS" >/output/status; systemctl exit --force --force'
UNIT
# On the copy /tmp is systemd's own to mount.
ln -s /dev/null "$root/etc/systemd/system/tmp.mount"
mkdir "$root/output"
mount --bind "$PACKAGE_TEST_OUTPUT" "$root/output"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

# In a mere chroot the kernel makes no user namespaces, of which the unit wants one.
mkdir "$root/old"
cd "$root"
pivot_root . old
umount --lazy /old
exec env -i container=package-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=package-test.target --show-status=no
