"""What a build on Spark costs, and what of it grows with the lines.

    scripts/with_spark_cluster.sh python -m benchmarks.spark_scaling --raw DIR

builds once, without tests, on the cluster that the environment names, and prints what
it took; `--stages 10` adds the stages that took most. `docs/spark_at_scale.md` reckons
with it. What it says of tasks is Spark's event log; seconds of CPU are true on a busy
machine too, those of the clock are not.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.measure import MAXRSS_BYTES
from benchmarks.peak import megabytes_of
from benchmarks.report import listed
from benchmarks.runs import count_lines
from benchmarks.spark_events import Application, Stage, read_events
from benchmarks.untested_build import UntestedSession
from pipeline.build import BuildRequest, build
from pipeline.build_record import BuildSummary
from pipeline.dbt.project import find_project
from pipeline.terminal.outcome import run
from pipeline.terminal.progress import reporter_for
from pipeline.warehouse import engine_for

HEADER = (
    "lines | executors | wall s | Python CPU s | driver's Java CPU s | tasks' CPU s | "
    "stages | tasks | shuffled MB | most by a stage | spilled MB | most fetched by a "
    "task, MB | most rows through one partition | most rows broadcast | most sent to "
    "the driver, MB"
)


def driver() -> psutil.Process:
    """The Java that this process started."""
    started = psutil.Process().children(recursive=True)
    return next(process for process in started if process.name() == "java")


def row(lines: int, seconds: list[float], found: Application) -> str:
    """A row of the table.

    Args:
        lines: Order lines.
        seconds: Those of the clock, of Python, and of the driver's Java.
        found: What the event log says.
    """
    tasks = found.tasks
    figures = [
        *(f"{lines:,}", str(found.executors)),
        *(f"{each:.0f}" for each in seconds),
        f"{sum(task.cpu for task in tasks):.0f}",
        f"{len(found.stages):,}",
        f"{len(tasks):,}",
        f"{sum(task.shuffled for task in tasks) / 1e6:.0f}",
        f"{max(stage.shuffled for stage in found.stages) / 1e6:.1f}",
        f"{sum(task.spilled for task in tasks) / 1e6:.0f}",
        f"{max(task.fetched for task in tasks) / 1e6:.1f}",
        f"{max(found.single, default=(0, ''))[0]:,}",
        f"{max(found.broadcast, default=(0, ''))[0]:,}",
        f"{max(stage.sent for stage in found.stages) / 1e6:.1f}",
    ]
    return f"| {' | '.join(figures)} |"


def slowest(stages: list[Stage], most: int) -> str:
    """A table of the stages that took most CPU, and of their largest tasks."""
    lines = ["| for | tasks | CPU s | of the slowest | most fetched, MB | most rows |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for stage in sorted(stages, key=lambda stage: -stage.cpu)[:most]:
        lines.append(
            f"| {stage.table} | {len(stage.tasks)} | {stage.cpu:.1f} "
            f"| {max(task.cpu for task in stage.tasks):.1f} "
            f"| {max(task.fetched for task in stage.tasks) / 1e6:.1f} "
            f"| {max(task.rows for task in stage.tasks):,} |"
        )
    return "\n".join(lines)


def measure(raw: str, log: Path, most_stages: int) -> BuildSummary:
    """Build once and print what it took."""
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false "
        f"--conf spark.eventLog.dir={log.absolute().as_uri()} pyspark-shell"
    )
    lines = count_lines(Path(raw) / "raw_order_items.csv")
    began = time.monotonic()
    summary = build(
        engine_for("spark", "scaling"),
        find_project(None),
        BuildRequest(raw),
        reporter_for(sys.stderr),
        UntestedSession,
    )
    java, python = driver(), resource.getrusage(resource.RUSAGE_SELF)
    java_seconds = java.cpu_times().user + java.cpu_times().system
    seconds = [time.monotonic() - began, time.process_time(), java_seconds]
    megabytes = {
        "Python at most": python.ru_maxrss * MAXRSS_BYTES / 1e6,
        "the driver's Java at the end": java.memory_info().rss / 1e6,
    }
    # An extra, which the tests of what is printed do without.
    from pipeline.warehouse.spark.session import spark_folder, spark_session

    megabytes["tables"] = megabytes_of(spark_folder() / "tables")
    spark_session().stop()  # and its log is whole
    found = read_events(log)
    print(f"| {HEADER} |\n|{'---:|' * (HEADER.count('|') + 1)}")
    print(row(lines, seconds, found))
    stages = {stage.name: stage.seconds for stage in summary.stages}
    print(f"\nSeconds of the clock: {listed(stages, 0)}")
    print(f"\nMB: {listed(megabytes, 0)}")
    if most_stages:
        print("\n" + slowest(found.stages, most_stages))
    return summary


def main() -> int:
    """Measure one build."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark_scaling")
    parser.add_argument("--raw", required=True, help="the folder of raw files")
    parser.add_argument("--log", type=Path, help="keep the event log in this folder")
    parser.add_argument("--stages", type=int, default=0, help="how many to list")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spark-scaling-") as folder:
        log = options.log or Path(folder)
        log.mkdir(parents=True, exist_ok=True)
        return run("build", lambda: measure(options.raw, log, options.stages))


if __name__ == "__main__":
    sys.exit(main())
