#!/bin/sh
# Prints the directory of the newest installed PostgreSQL server binaries; fails silently when there are none.
# The daemon looks in the same places (nexopsd/src/postgres/binaries.rs).
set -eu

newest_major=0
newest_directory=
consider() {
    [ -x "$1/postgres" ] && [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] || return 0
    major=$("$1/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
    if [ "${major:-0}" -gt "$newest_major" ]; then
        newest_major=$major
        newest_directory=$1
    fi
}

for directory in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
    consider "$directory"
done
if on_path=$(command -v postgres); then
    consider "$(dirname "$on_path")"
fi

[ -n "$newest_directory" ] || exit 1
echo "$newest_directory"
