#!/usr/bin/env bash
# Installs what the tests start but pip cannot bring: Chromium and axe-core for the
# dashboard's pages, PostgreSQL and Java 17 for the other engines, MariaDB for a shop's
# own database, ip for a cluster's hosts. Debian and its kin; does nothing for what is
# there already.
set -euo pipefail
cd "$(dirname "$0")"

sh install_chromium.sh

fail() {
    echo "install_test_servers: $*" >&2
    exit 1
}

missing=()
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
ls /usr/sbin/mariadbd >/dev/null 2>&1 || missing+=(mariadb-server)
command -v ip >/dev/null || missing+=(iproute2)
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || fail "install by hand: ${missing[*]}"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
command -v "${as_root[0]:-sh}" >/dev/null || fail "install as root: ${missing[*]}"

echo "Installing ${missing[*]} ..."
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --no-install-recommends "${missing[@]}" >/dev/null
