#!/bin/bash
# The life of the package on a file system that may be ruined; called by copy.sh.
set -euo pipefail
cd /tmp
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset NEXOPS_API_URL NEXOPS_API_TOKEN NEXOPS_CONTEXT DATABASE_URL REDIS_URL
unit=/usr/lib/systemd/system/nexopsd.service
configuration=/etc/nexops/nexopsd.env
data=/var/lib/nexops
daemon=

say() { echo "package-test: $*"; }
fail() {
    echo "package-test: $*" >&2
    [ ! -f /tmp/log ] || tail -n 20 /tmp/log >&2
    exit 1
}
expect() { # what it is, what it should be
    [ "$1" = "$2" ] || fail "'$1', where '$2' was expected"
}
of_unit() { sed -n "s/^$1=//p" "$unit"; }

# Starts the daemon as the unit does: its user, its environment, without privileges, and with nothing to write to but
# its data and temporary files. The environment file is read as the daemon's user, who may do that.
start() {
    local user
    user=$(of_unit User)
    # shellcheck disable=SC2016 # The inner shells expand it.
    unshare --mount sh -c '
        mount --bind "$1" "$1"
        mount -t tmpfs -o mode=1777 tmpfs /tmp
        mount -o remount,bind,ro /
        cd "$1"
        shift
        exec "$@"' confined "$data" \
        setpriv --reuid="$user" --regid="$(of_unit Group)" --init-groups --no-new-privs --bounding-set=-all \
        env -i PATH="$PATH" HOME="$data" $(of_unit Environment) \
        sh -c 'set -a; . "$1"; exec "$2"' environment "$configuration" "$(of_unit ExecStart)" >/tmp/log 2>&1 &
    daemon=$!
    local tries=0
    until curl --silent --fail --max-time 5 --output /dev/null http://127.0.0.1:8000/readyz; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] && kill -0 "$daemon" 2>/dev/null || fail 'the daemon did not become ready'
        sleep 0.2
    done
}
stop() {
    kill -TERM "$daemon"
    wait "$daemon" || fail "the daemon ended with $?"
    daemon=
}

# The same package again, as the revision after it.
next_revision() {
    dpkg-deb --raw-extract nexops.deb next
    sed -i '/^Version:/s/-1$/-2/' next/DEBIAN/control
    dpkg-deb -Zgzip -z1 --build next next.deb >/dev/null
}

cp /etc/passwd /etc/group /tmp/

say 'installing'
dpkg --install nexops.deb >/tmp/dpkg.log 2>&1 || fail "dpkg --install failed: $(cat /tmp/dpkg.log)"
expect "$(dpkg-query --show --showformat='${Status}' nexops)" 'install ok installed'
expect "$(stat -c '%U:%G %a' "$configuration")" 'root:nexops 640'
expect "$(stat -c '%U:%G %a' "$data")" 'nexops:nexops 700'
expect "$(dpkg-query --show --showformat='${Conffiles}' nexops | awk '{ print $1 }' | xargs)" "$configuration"
expect "$(id -nG nexops)" nexops
systemd-analyze verify "$unit" || fail 'systemd refuses the unit'
[ -L /etc/systemd/system/multi-user.target.wants/nexopsd.service ] || fail 'the unit is not enabled'

say 'looking at manual pages and completions'
gzip --test /usr/share/man/man1/nexops*.gz
man nexops-vm-start | grep -q 'nexops vm start' || fail 'man does not find a page'
nexops man /tmp/man
diff <(cd /usr/share/man/man1 && ls nexops*.gz | sed 's/\.gz$//') <(ls /tmp/man) || fail 'manual pages are missing or old'
bash -c '. /usr/share/bash-completion/completions/nexops && complete -p nexops' >/dev/null
[ -s /usr/share/zsh/vendor-completions/_nexops ] || fail 'the completion of zsh is missing'
[ -s /usr/share/fish/vendor_completions.d/nexops.fish ] || fail 'the completion of fish is missing'
nexops-tui --version >/dev/null

say 'running the daemon'
start
expect "$(stat -c %U "/proc/$daemon")" nexops
as_somebody() { runuser -u nobody -- env HOME=/nowhere "$@"; }
as_somebody nexops status | grep -q '^Daemon ' || fail 'nexops status does not know the daemon'
expect "$(as_somebody nexops vm list -o json 2>/tmp/warnings)" '[]'
as_somebody cat "$configuration" 2>/dev/null && fail 'anybody can read the configuration'
stop

say 'upgrading'
echo LOG_LEVEL=debug >>"$configuration"
next_revision
dpkg --install next.deb >/tmp/dpkg.log 2>&1 </dev/null || fail "the upgrade failed: $(cat /tmp/dpkg.log)"
expect "$(dpkg-query --show --showformat='${Version}' nexops | sed 's/.*-//')" 2
expect "$(tail -n 1 "$configuration")" LOG_LEVEL=debug
expect "$(stat -c '%U:%G %a' "$configuration")" 'root:nexops 640'
start
grep -q '"level":"DEBUG"' /tmp/log || fail 'the daemon does not heed its configuration'
stop

say 'removing'
dpkg --remove nexops >/tmp/dpkg.log 2>&1 || fail "dpkg --remove failed: $(cat /tmp/dpkg.log)"
for gone in /usr/bin/nexopsd /usr/bin/nexops /usr/bin/nexops-tui "$unit" /usr/share/man/man1/nexops.1.gz; do
    [ ! -e "$gone" ] || fail "$gone is left after the removal"
done
[ -f "$data/postgres/data/PG_VERSION" ] || fail 'the removal took the data away'
expect "$(tail -n 1 "$configuration")" LOG_LEVEL=debug
expect "$(stat -c %U "$data")" nexops

say 'purging'
dpkg --purge nexops >/tmp/dpkg.log 2>&1 || fail "dpkg --purge failed: $(cat /tmp/dpkg.log)"
[ ! -e "$data" ] && [ ! -e /etc/nexops ] || fail 'the purge left data or configuration'
diff /tmp/passwd /etc/passwd && diff /tmp/group /etc/group || fail 'the purge left an account'
