#!/bin/bash
# Looks at the daemon that systemd has started from the package's unit; called by systemd itself, see systemd.sh.
set -euo pipefail
unset NEXOPS_API_URL NEXOPS_API_TOKEN NEXOPS_CONTEXT

fail() {
    echo "package-test: $*"
    systemctl status --no-pager nexopsd
    tail -n 20 /var/lib/nexops/postgres.log
    exit 1
}
of_unit() { systemctl show nexopsd --property="$1" --value; }
wait_until_ready() {
    local tries=0
    until curl --silent --fail --max-time 5 --output /dev/null http://127.0.0.1:8000/readyz; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] && [ "$(of_unit NRestarts)" = 0 ] || fail 'the daemon did not become ready'
        sleep 0.2
    done
}

wait_until_ready
nexops status >/dev/null || fail 'nexops status does not reach the daemon'
[ "$(stat -c %U "/proc/$(of_unit MainPID)")" = nexops ] || fail 'the daemon does not run as nexops'
for line in 'CapBnd:	0000000000000000' 'NoNewPrivs:	1' 'Seccomp:	2'; do
    grep -q "^$line$" "/proc/$(of_unit MainPID)/status" || fail "the daemon lacks '$line'"
done

# The second start finds the database that the first one made.
systemctl restart nexopsd || fail 'the daemon cannot be restarted'
wait_until_ready
systemctl stop nexopsd
[ "$(of_unit Result)" = success ] || fail 'the daemon did not end in order'
grep -q 'database system is shut down' /var/lib/nexops/postgres.log || fail 'PostgreSQL was not stopped in order'
systemd-analyze security --no-pager nexopsd | tail -n 1
