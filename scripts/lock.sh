#!/usr/bin/env bash
# Writes requirements/*.lock from pyproject.toml: versions and hashes, no index address.
# default.lock is what `make` installs; each other lock is what its extra adds to it.
# Versions stay as they are where pyproject.toml lets them: to move one, take its lines
# out first.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || { echo "lock: install uv first (pip install uv)" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        "$@" >/dev/null
}

lock() {
    compile pyproject.toml "$@"
}

# One version of each package, whatever is installed together.
cat requirements/*.lock >"$scratch/all"
lock --all-extras --output-file "$scratch/all"

lock --extra dashboard --constraint "$scratch/all" --output-file "$scratch/default"
cp "$scratch/default" requirements/default.lock
for extra in databases dev duckdb login metrics notify postgres spark spark-connect spark-thrift; do
    lock --extra dashboard --extra "$extra" --constraint "$scratch/all" \
        --output-file "$scratch/$extra"
    # A package's lines begin with its name; those of its hashes with a blank.
    awk 'NR == FNR { if (/^[^ ]/) known[$0]; next }
        /^[^ ]/ { is_new = !($0 in known) }
        is_new' "$scratch/default" "$scratch/$extra" >"requirements/$extra.lock"
done

# Airflow has an environment of its own.
compile orchestration/airflow/requirements.in \
    --output-file orchestration/airflow/requirements.lock

# So have other versions of dbt, and Snowflake's. What is excluded is needed for --use-v2-parser alone,
# and fetched from elsewhere while it is built.
echo dbt-core-experimental-parser >"$scratch/excluded"
for version in dbt_1_12 dbt_2 snowflake; do
    compile "tests/beyond/$version.in" --excludes "$scratch/excluded" \
        --output-file "tests/beyond/$version.lock"
done

# Iceberg's tests have an older Spark, and all else as it is above.
awk '/^[^ ]/ { is_other = !/^(pyspark|py4j)==/ } is_other' "$scratch/all" >"$scratch/but_spark"
compile tests/iceberg/requirements.in --constraint "$scratch/but_spark" \
    --output-file tests/iceberg/requirements.lock
