#!/usr/bin/env bash
# Writes requirements/*.lock from pyproject.toml: versions and hashes, no index address.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || { echo "lock: install uv first (pip install uv)" >&2; exit 1; }

lock() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        pyproject.toml "$@"
}

lock --extra dashboard --extra dev --output-file requirements/default.lock
lock --extra dashboard --extra dev --extra duckdb --extra postgres --extra spark \
    --constraint requirements/default.lock --output-file requirements/engines.lock
