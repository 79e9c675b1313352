#!/bin/sh
# Builds NexOps, starts it on a simulated cluster, shows what it sees, and serves until it is stopped.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh run

# A first build takes minutes; the database and the simulator are up in seconds.
ready_within_seconds=120

cargo build --bin nexopsd --bin nexops
binaries=${CARGO_TARGET_DIR:-target}/debug
log=$(mktemp "${TMPDIR:-/tmp}/nexops-demo.XXXXXX")
daemon=

stop() {
    trap - EXIT
    trap '' INT TERM HUP
    if [ -n "$daemon" ] && kill -TERM "$daemon" 2>/dev/null; then
        echo 'demo: stopping'
        wait "$daemon" || true
    fi
    rm -f "$log"
}
fail() {
    echo "demo: $1; the end of its log:" >&2
    tail -n 20 "$log" >&2
    exit 1
}
trap stop EXIT
trap 'exit 0' INT TERM HUP

# In a session of its own the daemon hears of Ctrl-C once, from us; a second signal would mean "at once".
own_session=
if command -v setsid >/dev/null 2>&1; then
    own_session=setsid
fi
# What .env says is meant for a real cluster, so the demo does not read it.
ENVIRONMENT=production $own_session "$binaries/nexopsd" --demo >"$log" 2>&1 </dev/null &
daemon=$!

echo 'demo: starting; a database is set up at the first start'
address=
waited=0
until [ -n "$address" ] && curl --silent --fail --max-time 5 --output /dev/null "$address/readyz"; do
    kill -0 "$daemon" 2>/dev/null || fail 'nexopsd ended'
    [ "$waited" -lt $((ready_within_seconds * 5)) ] || fail "nexopsd was not ready within $ready_within_seconds s"
    waited=$((waited + 1))
    sleep 0.2
    # NEXOPS_LISTEN may name any address, and with port 0 only the daemon knows which it got.
    address=$(sed -n 's/.*listening on \(http:\/\/[A-Za-z0-9.:_-]*\).*/\1/p' "$log" | head -n 1)
done

NEXOPS_API_URL=$address
export NEXOPS_API_URL
"$binaries/nexops" status || true
cat <<END

NexOps serves the simulated cluster at $address (the API is described at $address/docs).
Try, in another terminal:
  export NEXOPS_API_URL=$address
  $binaries/nexops vm list
  $binaries/nexops vm stop 101 && $binaries/nexops vm start 101
Log: $log
Ctrl-C stops it.
END
wait "$daemon" || fail 'nexopsd ended by itself'
daemon=
