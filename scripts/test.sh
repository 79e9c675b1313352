#!/bin/sh
# Runs the tests on a PostgreSQL and a Redis of their own, which are gone afterwards. Arguments go to the test runner.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh test

say() { printf '%s\n' "test: $*" >&2; }

# Not $TMPDIR: the path of a socket must be short.
directory=$(mktemp -d /tmp/nexops-test.XXXXXX)
chmod 711 "$directory"
postgres_directory=$directory/postgres
mkdir -m 700 "$postgres_directory"
postgres_binaries=$(scripts/find-postgres.sh)
redis=

# PostgreSQL refuses to run as root.
as_postgres_account() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
    account=postgres
    id "$account" >/dev/null 2>&1 || account=nobody
    chown "$account" "$postgres_directory"
    as_postgres_account() { (cd "$postgres_directory" && runuser -u "$account" -- "$@"); }
fi

clean_up() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP
    if [ -f "$postgres_directory/data/postmaster.pid" ]; then
        as_postgres_account "$postgres_binaries/pg_ctl" -D "$postgres_directory/data" -m immediate -s stop || true
    fi
    if [ -n "$redis" ]; then
        kill "$redis" 2>/dev/null || true
        wait "$redis" 2>/dev/null || true
    fi
    rm -rf "$directory"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

start_postgres() {
    ctype=C
    [ "$(uname -s)" != Linux ] || ctype=C.UTF-8
    as_postgres_account "$postgres_binaries/initdb" --pgdata="$postgres_directory/data" --username=nexops --auth=trust \
        --encoding=UTF8 --lc-collate=C --lc-ctype="$ctype" --lc-messages=C --no-sync >"$directory/initdb.log" 2>&1 || {
        say 'initdb failed:'
        cat "$directory/initdb.log" >&2
        exit 1
    }
    # It is thrown away, so nothing is made to survive a crash. The socket is the only way in.
    cat >>"$postgres_directory/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$postgres_directory'
max_connections = 300
fsync = off
full_page_writes = off
synchronous_commit = off
END
    as_postgres_account "$postgres_binaries/pg_ctl" -D "$postgres_directory/data" -l "$postgres_directory/log" -s -w \
        start >/dev/null || {
        say 'PostgreSQL did not start:'
        cat "$postgres_directory/log" >&2
        exit 1
    }
    TEST_DATABASE_URL=postgresql://nexops@$(echo "$postgres_directory" | sed 's|/|%2F|g')/postgres
    export TEST_DATABASE_URL
}

# Redis cannot choose a free port itself: try some.
start_redis() {
    attempt=0
    while [ "$attempt" -lt 20 ]; do
        port=$((20000 + ($$ + attempt * 1009) % 10000))
        attempt=$((attempt + 1))
        : >"$directory/redis.log"
        redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$directory" \
            >"$directory/redis.log" 2>&1 &
        redis=$!
        while kill -0 "$redis" 2>/dev/null; do
            if grep -q 'Ready to accept connections' "$directory/redis.log"; then
                TEST_REDIS_URL=redis://127.0.0.1:$port
                export TEST_REDIS_URL
                return
            fi
            sleep 0.05
        done
        wait "$redis" 2>/dev/null || true
        redis=
    done
    say 'Redis did not start:'
    cat "$directory/redis.log" >&2
    exit 1
}

# Whoever names a package does not want to wait for the others to compile.
scope=--workspace
case " $* " in
*' -p '* | *' --package '*) scope= ;;
esac

TEST_MAIL_PYTHON=$(scripts/mail-python.sh)
export TEST_MAIL_PYTHON
start_postgres
start_redis
if command -v cargo-nextest >/dev/null 2>&1; then
    cargo nextest run $scope "$@"
else
    cargo test $scope "$@"
fi
# nextest leaves the examples in the documentation out; with arguments somebody wants certain tests only.
[ $# -gt 0 ] || cargo test --quiet --doc --workspace
