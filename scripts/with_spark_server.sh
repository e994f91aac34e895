#!/usr/bin/env bash
# Runs a command with a private Spark server: scripts/with_spark_server.sh connect|thrift COMMAND...
#
# The server is a process of this machine that listens on 127.0.0.1 only. Its catalogue
# and tables are in a temporary folder, or in SPARK_SERVER_DIR, where they stay. SPARK_REMOTE (Connect), or
# DWH_SPARK_THRIFT_HOST and DWH_SPARK_THRIFT_PORT (Thrift), tell the command where it is,
# and SPARK_SERVER_PID which process it is; the server is gone when the command ends, and
# its exit code is kept. PYTHON names the interpreter that has pyspark (python).
set -euo pipefail

fail() {
    echo "with_spark_server: $*" >&2
    exit 1
}

stop_server() {
    [ -z "${SPARK_SERVER_PID:-}" ] || kill -9 "$SPARK_SERVER_PID" 2>/dev/null || true
    [ -z "${SPARK_SERVER_PID:-}" ] || wait "$SPARK_SERVER_PID" 2>/dev/null || true
    [ -n "${SPARK_SERVER_DIR:-}" ] || rm -rf "$folder"
}

kind=${1:-}
shift || true
[ $# -gt 0 ] || fail "name a server and a command: scripts/with_spark_server.sh connect|thrift COMMAND..."
case $kind in
connect) class=org.apache.spark.sql.connect.service.SparkConnectServer ;;
thrift) class=org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 ;;
*) fail "there is no server $kind; choose connect or thrift" ;;
esac

python=${PYTHON:-python}
SPARK_HOME=$("$python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)') ||
    fail "pyspark is not installed for $python"
command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java" >/dev/null || fail "there is no Java (Debian: apt-get install openjdk-17-jre-headless)"
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

folder=${SPARK_SERVER_DIR:-$(mktemp -d)}
mkdir -p "$folder"
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Compilers of Java and of Spark cost a server more that lives for a minute than they save.
env -u SPARK_REMOTE SPARK_HOME="$SPARK_HOME" SPARK_LOCAL_IP=127.0.0.1 \
    "$SPARK_HOME/bin/spark-submit" --class "$class" --master 'local[2]' \
    --driver-memory "${DWH_SPARK_MEMORY:-1g}" \
    --driver-java-options "-Dderby.system.home=$folder -Dderby.system.durability=test -XX:TieredStopAtLevel=1 -XX:+UseSerialGC" \
    --conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN \
    --conf spark.driver.host=127.0.0.1 --conf spark.ui.enabled=false \
    --conf spark.sql.catalogImplementation=hive \
    --conf spark.sql.warehouse.dir="$folder/tables" \
    --conf spark.hadoop.javax.jdo.option.ConnectionURL="jdbc:derby:;databaseName=$folder/catalogue;create=true" \
    --conf spark.sql.shuffle.partitions=1 \
    --conf spark.connect.grpc.binding.address=127.0.0.1 --conf spark.connect.grpc.binding.port="$port" \
    --conf spark.hadoop.hive.server2.thrift.bind.host=127.0.0.1 \
    --conf spark.hadoop.hive.server2.thrift.port="$port" \
    >"$folder/log" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
SPARK_SERVER_PID=$!
for _ in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        ready=yes
        break
    fi
    kill -0 "$SPARK_SERVER_PID" 2>/dev/null || break
    sleep 0.1
done
[ -n "${ready:-}" ] || { tail -20 "$folder/log" >&2; fail "the server did not start"; }

export SPARK_SERVER_PID
if [ "$kind" = connect ]; then
    export SPARK_REMOTE="sc://127.0.0.1:$port"
else
    export DWH_SPARK_THRIFT_HOST=127.0.0.1 DWH_SPARK_THRIFT_PORT=$port
fi
"$@"
