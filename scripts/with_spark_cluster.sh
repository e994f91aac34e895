#!/usr/bin/env bash
# Runs a command with a private Spark cluster: scripts/with_spark_cluster.sh COMMAND...
#
# A standalone master and two workers, each on a host of its own as far as the network
# goes: a network namespace, joined to this one by a bridge. Nothing of one's loopback
# reaches another; files they share. DWH_SPARK_MASTER tells the command where the cluster
# is; SPARK_CLUSTER-master, -worker1 and -worker2 are its namespaces. All is gone when the
# command ends, and its exit code is kept. Needs root and iproute2.
#
# WORKERS (2), WORKER_CORES (1) and WORKER_MEMORY (1g) make another one.
set -euo pipefail

readonly workers=${WORKERS:-2} cores=${WORKER_CORES:-1} memory=${WORKER_MEMORY:-1g}
readonly start_seconds=60
readonly family=dwh

fail() {
    echo "with_spark_cluster: $*" >&2
    exit 1
}

# The namespaces of a cluster, and whatever runs in them.
remove() {
    local host link
    for host in $(ip netns list | sed -n "s/^\($1-[a-z0-9]*\).*/\1/p"); do
        ip netns pids "$host" | xargs -r kill -KILL || true
        ip netns delete "$host" || true
    done
    for link in $(ip -o link show | sed -En "s/^[0-9]+: ($1(\.[0-9]+)?)[@:].*/\1/p"); do
        ip link delete "$link" || true
    done
}

stop_cluster() {
    # What is killed, and what was never made, is not news.
    {
        remove "$cluster"
        wait
    } 2>/dev/null
    rm -rf "$folder"
}

# Joins a new host to the bridge: join NAME LAST_NUMBER_OF_ITS_ADDRESS
join() {
    ip netns add "$cluster-$1"
    ip link add "$cluster.$2" type veth peer name eth0 netns "$cluster-$1"
    ip link set "$cluster.$2" master "$cluster" up
    ip -n "$cluster-$1" address add "$network.$2/24" dev eth0
    ip -n "$cluster-$1" link set lo up
    ip -n "$cluster-$1" link set eth0 up
}

# Starts one of Spark's programs there: start NAME LAST_NUMBER CLASS ARGUMENTS...
start() {
    local name=$1 address=$network.$2
    mkdir "$folder/$name"
    # Not the descriptors of whoever waits for this script's end.
    (
        cd "$folder/$name"
        exec ip netns exec "$cluster-$name" \
            env SPARK_LOCAL_IP="$address" SPARK_LOCAL_DIRS="$folder/$name" \
            "$SPARK_HOME/bin/spark-class" "$3" --host "$address" "${@:4}"
    ) >"$folder/$name.log" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
}

[ $# -gt 0 ] || fail "name a command to run: scripts/with_spark_cluster.sh COMMAND..."
[ "$(id -u)" -eq 0 ] || fail "network namespaces need root"
command -v ip >/dev/null || fail "ip is not installed (Debian: apt-get install iproute2)"
command -v java >/dev/null || [ -n "${JAVA_HOME:-}" ] || fail "Java is not installed"
if [ -z "${SPARK_HOME:-}" ]; then
    project=$(cd "$(dirname "$0")/.." && pwd)
    for SPARK_HOME in "$project"/{.venv,.make/all-engines}/lib/python3*/site-packages/pyspark; do
        [ ! -d "$SPARK_HOME" ] || break
    done
    [ -d "$SPARK_HOME" ] || fail "pyspark is not in .venv: pip install '.[spark]'"
fi
export SPARK_HOME SPARK_DAEMON_MEMORY=256m
export SPARK_DAEMON_JAVA_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

# What a run left that was killed before it could clean up.
for left in $(ip netns list | sed -n "s/^\($family[0-9]*\)-.*/\1/p" | sort -u); do
    kill -0 "${left#"$family"}" 2>/dev/null || remove "$left" 2>/dev/null
done

readonly cluster=$family$$
folder=$(mktemp -d /tmp/spark-cluster-XXXXXX)
trap stop_cluster EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Addresses that are for tests of networks, and in no one's.
number=$(($$ % 250))
while [ -n "$(ip route show to root "198.18.$number.0/24")" ]; do
    number=$(((number + 1) % 250))
done
readonly network=198.18.$number

# In the background it ends at the first error.
{
    ip link add "$cluster" type bridge
    ip address add "$network.1/24" dev "$cluster"
    ip link set "$cluster" up
    join master 2
    for ((worker = 1; worker <= workers; worker++)); do
        join "worker$worker" $((worker + 2))
    done
} 2>"$folder/log" &
wait $! || fail "no network namespaces here: $(tail -n 1 "$folder/log")"

export DWH_SPARK_MASTER=spark://$network.2:7077 SPARK_CLUSTER=$cluster
start master 2 org.apache.spark.deploy.master.Master --port 7077
for ((worker = 1; worker <= workers; worker++)); do
    start "worker$worker" $((worker + 2)) org.apache.spark.deploy.worker.Worker \
        --cores "$cores" --memory "$memory" --work-dir "$folder/worker$worker" \
        "$DWH_SPARK_MASTER"
done

there=0
for ((tries = 0; tries < start_seconds * 5; tries++)); do
    there=$(grep -c "Registering worker" "$folder/master.log" || true)
    [ "$there" -lt "$workers" ] || break
    sleep 0.2
done
[ "$there" -ge "$workers" ] || {
    tail -n 20 "$folder"/*.log >&2
    fail "$there of $workers workers came within $start_seconds s"
}

"$@"
