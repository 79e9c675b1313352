#!/bin/sh
# Lets daemons, Proxmox, receivers and the database fail at random, and judges what is left. CHAOS_SEED (1) decides what
# happens when, CHAOS_SECONDS (900) for how long.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh test

directory=$(mktemp -d /tmp/nexops-chaos.XXXXXX)
chmod 711 "$directory"
mkdir -m 700 "$directory/postgres"
postgres_binaries=$(scripts/find-postgres.sh)
account=$(id -un)
as_account() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
    # PostgreSQL refuses to run as root.
    account=postgres
    id "$account" >/dev/null 2>&1 || account=nobody
    chown "$account" "$directory/postgres"
    as_account() { (cd "$directory/postgres" && runuser -u "$account" -- "$@"); }
fi
as_account "$postgres_binaries/initdb" --pgdata="$directory/postgres/data" --username=nexops --auth=trust \
    --encoding=UTF8 --locale=C --no-sync >"$directory/initdb.log" 2>&1
# A crash must lose nothing that was committed, so that this server does flush.
cat >>"$directory/postgres/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$directory/postgres'
END

mail_python=$(scripts/mail-python.sh)
[ -n "${CHAOS_NO_BUILD:-}" ] || cargo build --quiet --bin nexopsd --bin pve-sim
status=0
"$mail_python" scripts/chaos --seed "${CHAOS_SEED:-1}" --seconds "${CHAOS_SECONDS:-900}" --directory "$directory" \
    --binaries "${CARGO_TARGET_DIR:-target}/debug" --postgres "$postgres_binaries" --account "$account" || status=$?
if [ "$status" -eq 0 ]; then
    rm -rf "$directory"
else
    echo "chaos: what was logged stays in $directory" >&2
fi
exit "$status"
