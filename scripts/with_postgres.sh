#!/usr/bin/env bash
# Runs a command with a private PostgreSQL server: scripts/with_postgres.sh COMMAND...
#
# The server listens on a socket in a temporary folder only, so that it meets no other
# server and needs no port. PGHOST, PGPORT, PGUSER and PGDATABASE tell the command where
# it is; server and data are gone when the command ends, and its exit code is kept.
# Never for data that matter: it runs without fsync.
set -euo pipefail

readonly minimum_version=15

fail() {
    echo "with_postgres: $*" >&2
    exit 1
}

# The folder of the server's programs: distributions keep them off the PATH, and the
# newest version is taken.
find_programs() {
    local found
    for found in "$(command -v initdb || true)" $(ls -d /usr/lib/postgresql/*/bin/initdb \
        /usr/pgsql-*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb 2>/dev/null |
        sort -rV); do
        found=$(dirname "$(readlink -f "$found")")
        if [ -x "$found/initdb" ] && [ -x "$found/createdb" ]; then
            echo "$found"
            return
        fi
    done
}

# initdb and postgres refuse to run as root.
as_server_user() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups "$@"
    else
        "$@"
    fi
}

stop_server() {
    as_server_user "$programs/pg_ctl" -D "$folder/data" -m immediate stop \
        >/dev/null 2>&1 || true
    rm -rf "$folder"
}

[ $# -gt 0 ] || fail "name a command to run: scripts/with_postgres.sh COMMAND..."

programs=$(find_programs)
if [ -z "$programs" ] && [ "$(id -u)" -eq 0 ] && [ "${CI:-}" = true ] &&
    command -v apt-get >/dev/null; then
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends postgresql; } >&2
    programs=$(find_programs)
fi
[ -n "$programs" ] || fail "PostgreSQL's server is not installed:" \
    "install PostgreSQL $minimum_version or later (Debian: apt-get install postgresql)"

version=$("$programs/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
[ "$version" -ge "$minimum_version" ] ||
    fail "PostgreSQL $version in $programs is too old: install $minimum_version or later"

server_user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    server_user=postgres
    id "$server_user" >/dev/null 2>&1 || server_user=nobody
    command -v setpriv >/dev/null || fail "run me as another user than root"
fi

# A socket's path may have 107 characters: never below a long TMPDIR.
folder=$(mktemp -d /tmp/postgres-XXXXXX)
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[ "$(id -u)" -ne 0 ] || chown "$server_user" "$folder"

# A linguistic order of text by default, as servers have: "A" and "a" are neighbours, and
# what relies on the order of bytes must say so.
as_server_user "$programs/initdb" -D "$folder/data" -U postgres --auth=trust \
    --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US --no-sync \
    >"$folder/log" 2>&1 || { cat "$folder/log" >&2; fail "initdb failed"; }
cat >>"$folder/data/postgresql.conf" <<SETTINGS
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = 256MB
work_mem = 64MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
SETTINGS
as_server_user "$programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w start \
    >/dev/null || { cat "$folder/server.log" >&2; fail "the server did not start"; }

export PGHOST=$folder PGPORT=5432 PGUSER=postgres PGDATABASE=ecommerce_dwh
unset PGPASSWORD PGSERVICE PGSSLMODE
"$programs/createdb" "$PGDATABASE" || fail "the database could not be made"

"$@"
