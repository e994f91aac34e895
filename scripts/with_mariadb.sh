#!/usr/bin/env bash
# Runs a command with a private MariaDB server: scripts/with_mariadb.sh COMMAND...
#
# The server listens on a socket in a temporary folder only. MARIADB_SOCKET tells the
# command where it is, and it has an empty database `shop` and its user of the same name,
# without a password; server and data are gone when the command ends, and its exit code
# is kept.
set -euo pipefail

fail() {
    echo "with_mariadb: $*" >&2
    exit 1
}

stop_server() {
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
    [ -z "${server:-}" ] || wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}

[ $# -gt 0 ] || fail "name a command to run: scripts/with_mariadb.sh COMMAND..."

PATH=$PATH:/usr/sbin:/usr/local/sbin
command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null ||
    fail "MariaDB's server is not installed (Debian: apt-get install mariadb-server)"

folder=$(mktemp -d)
trap stop_server EXIT
# As root the server runs as the user that its package made.
user=()
if [ "$(id -u)" -eq 0 ]; then
    chown mysql: "$folder"
    user=(--user=mysql)
fi
mariadb-install-db --no-defaults "${user[@]}" --datadir="$folder/data" \
    --auth-root-authentication-method=normal --skip-test-db >"$folder/install.log" 2>&1 ||
    { cat "$folder/install.log" >&2; fail "the server's data could not be made"; }
mariadbd --no-defaults "${user[@]}" --datadir="$folder/data" --skip-networking \
    --socket="$folder/socket" --innodb-flush-log-at-trx-commit=0 \
    --character-set-server=utf8mb4 >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    if mariadb-admin --no-defaults --socket="$folder/socket" --user=root ping >/dev/null 2>&1; then
        ready=yes
        break
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[ -n "${ready:-}" ] || { cat "$folder/server.log" >&2; fail "the server did not start"; }
mariadb --no-defaults --socket="$folder/socket" --user=root --execute \
    "create database shop; create user shop@localhost; grant all on shop.* to shop@localhost"
chmod 755 "$folder"

export MARIADB_SOCKET=$folder/socket
"$@"
