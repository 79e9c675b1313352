#!/bin/sh
# Lets Schemathesis call every operation of openapi.json on a real daemon with a simulated cluster: it sends what the
# document allows and what it forbids, and every answer must be one that the document promises. /events is left out,
# for it never ends. Arguments go to `schemathesis run`.
set -eu
cd "$(dirname "$0")/.."
version=4.32.5
# Two minutes are usual on two cores. What takes longer than this hangs: it is cut off, which is a failure.
longest_seconds=${SCHEMATHESIS_SECONDS:-600}
# A seed of its own makes each run like the one before.
seed=${SCHEMATHESIS_SEED:-20261124}

say() { printf '%s\n' "schemathesis: $*" >&2; }
binaries=${CARGO_TARGET_DIR:-target}/debug
tools=${CARGO_TARGET_DIR:-target}/schemathesis-$version
cargo build --quiet --bin nexopsd

if [ ! -x "$tools/bin/schemathesis" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools" || {
        say 'a Python environment cannot be made; install python3-venv (apt-get install python3-venv) and start again'
        exit 1
    }
    "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" || {
        rm -rf "$tools"
        say "schemathesis $version cannot be installed from PyPI; this test needs it, so make PyPI reachable once"
        exit 1
    }
fi

directory=$(mktemp -d /tmp/nexops-schemathesis.XXXXXX)
chmod 711 "$directory"
log=$directory/log
daemon=
stop() {
    status=$?
    trap - EXIT
    if [ -n "$daemon" ]; then
        kill -TERM "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    [ "$status" -eq 0 ] || { say 'warnings and errors in the log of the daemon:'; grep -E 'WARN|ERROR' "$log" | tail -n 20 >&2 || true; }
    rm -rf "$directory"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

NEXOPS_API_TOKEN=schemathesis
export NEXOPS_API_TOKEN
ENVIRONMENT=production NEXOPS_DATA_DIR=$directory/data NEXOPS_LISTEN=127.0.0.1:0 \
    NEXOPS_ALLOW_LOOPBACK_TARGETS=true LOG_LEVEL=warn,nexopsd=info \
    "$binaries/nexopsd" --demo >"$log" 2>&1 </dev/null &
daemon=$!
NEXOPS_API_URL=
tries=0
until [ -n "$NEXOPS_API_URL" ] && curl --silent --fail --max-time 5 --output /dev/null "$NEXOPS_API_URL/readyz"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ] || ! kill -0 "$daemon" 2>/dev/null; then
        say 'the daemon did not become ready; the end of its log:'
        tail -n 20 "$log" >&2
        exit 1
    fi
    sleep 0.2
    NEXOPS_API_URL=$(sed -n 's/.*\(http:\/\/127\.0\.0\.1:[0-9]*\).*/\1/p' "$log" | head -n 1)
done
export NEXOPS_API_URL
if grep -q '"/api/v1/events"' openapi.json; then
    set -- --exclude-path /api/v1/events "$@"
fi
SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 \
    timeout "$longest_seconds" "$tools/bin/schemathesis" --config-file scripts/schemathesis.toml run openapi.json \
    --url "$NEXOPS_API_URL" --seed "$seed" --workers 2 "$@" || {
    status=$?
    [ "$status" -ne 124 ] || say "it took longer than $longest_seconds s"
    exit "$status"
}
kill -0 "$daemon" 2>/dev/null || { say 'the daemon has ended'; exit 1; }
