"""What the benchmark reads in Spark's event log."""

import json
from pathlib import Path
from typing import Any

from benchmarks.spark_events import read_events
from benchmarks.spark_scaling import row, slowest

SQL = "org.apache.spark.sql.execution.ui.SparkListener"
Event = dict[str, Any]


def executor() -> Event:
    return {"Event": "SparkListenerExecutorAdded"}


def query(number: int, written_to: str, *nodes: Event) -> Event:
    plan = {"nodeName": "Execute", "simpleString": "Execute", "metrics": []}
    for node in reversed(nodes):
        plan = {**node, "children": [{"children": [], **plan}]}
    return {
        "Event": f"{SQL}SQLExecutionStart",
        "executionId": number,
        "physicalPlanDescription": (
            "Location: InMemoryFileIndex [file:/shared/tables/scaling_1.db/raw_orders]"
            f"\nArguments: {written_to}, false, Parquet, Overwrite"
        ),
        "sparkPlanInfo": {"children": [], **plan},
    }


def node(name: str, what: str, **metrics: int) -> Event:
    named = [
        {"name": metric.replace("_", " "), "accumulatorId": number}
        for metric, number in metrics.items()
    ]
    return {"nodeName": name, "simpleString": f"{name} {what}", "metrics": named}


def job(query_number: int | None, *stages: int) -> Event:
    properties = {}
    if query_number is not None:
        properties["spark.sql.execution.id"] = str(query_number)
    return {
        "Event": "SparkListenerJobStart",
        "Stage IDs": list(stages),
        "Properties": properties,
    }


def task(stage: int, cpu: float, fetched: int, sent: int = 0) -> Event:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task Metrics": {
            "Executor Run Time": 5000,
            "Executor CPU Time": round(cpu * 1e9),
            "Executor Deserialize CPU Time": 0,
            "Result Size": sent,
            "Disk Bytes Spilled": 1_000_000,
            "Shuffle Read Metrics": {
                "Remote Bytes Read": fetched // 4,
                "Local Bytes Read": fetched - fetched // 4,
                "Total Records Read": 3,
            },
            "Shuffle Write Metrics": {"Shuffle Bytes Written": 2_000_000},
            "Input Metrics": {"Bytes Read": 0, "Records Read": 4},
        },
    }


def completed(stage: int, **values: int | str) -> Event:
    return {
        "Event": "SparkListenerStageCompleted",
        "Stage Info": {
            "Stage ID": stage,
            "Accumulables": [
                {"ID": int(metric[1:]), "Name": "n", "Value": value}
                for metric, value in values.items()
            ],
        },
    }


LOG = [
    executor(),
    executor(),
    query(
        7,
        "file:/shared/tables/scaling_1.db/FactOrders",
        node("Exchange", "SinglePartition, [plan]", shuffle_records_written=11),
        node("Exchange", "hashpartitioning(a)", shuffle_records_written=12),
        node("BroadcastExchange", "HashedRelation", number_of_output_rows=13),
    ),
    job(7, 0, 1, 2),
    task(0, cpu=1.5, fetched=4_000_000),
    task(0, cpu=2.5, fetched=8_000_000),
    completed(0, _11="70", _12="9000"),
    # What failed before it measured anything.
    {"Event": "SparkListenerTaskEnd", "Stage ID": 1},
    task(1, cpu=0.5, fetched=4_000),
    {"Event": f"{SQL}DriverAccumUpdates", "accumUpdates": [[13, 560]]},
    job(None, 3),
    task(3, cpu=0.5, fetched=0, sent=1_200_000),
    task(3, cpu=0.5, fetched=0, sent=1_300_000),
]


def write_log(folder: Path) -> None:
    """A log as Spark writes it: a folder for an application, in it numbered files."""
    half = len(LOG) // 2
    path = folder / "eventlog_v2_app-1"
    path.mkdir()
    for number, events in ((1, LOG[:half]), (2, LOG[half:])):
        text = "".join(json.dumps(event) + "\n" for event in events)
        (path / f"events_{number}_app-1").write_text(text, encoding="utf-8")


def test_an_event_log_tells_what_each_stage_took_and_for_which_table(
    tmp_path: Path,
) -> None:
    write_log(tmp_path)

    found = read_events(tmp_path)

    assert found.executors == 2
    assert [(stage.table, len(stage.tasks), stage.cpu) for stage in found.stages] == [
        ("FactOrders", 2, 4.0),
        ("FactOrders", 1, 0.5),
        ("(query)", 2, 1.0),
    ]
    assert [t.fetched for t in found.tasks] == [4_000_000, 8_000_000, 4_000, 0, 0]
    assert {task.rows for task in found.tasks} == {7}
    assert found.single == [(70, "FactOrders")]
    assert found.broadcast == [(560, "FactOrders")]


def test_a_row_of_the_table_has_what_may_grow_with_the_lines(tmp_path: Path) -> None:
    write_log(tmp_path)

    found = read_events(tmp_path)

    cells = row(1_000_000, [60.4, 20.0, 30.0], found).split(" | ")
    assert cells == [
        *("| 1,000,000", "2", "60", "20", "30"),
        *("6", "3", "5", "10", "4.0", "5", "8.0", "70", "560", "2.5 |"),
    ]
    assert slowest(found.stages, 1).splitlines()[2:] == [
        "| FactOrders | 2 | 4.0 | 2.5 | 8.0 | 7 |"
    ]


def test_an_application_that_moved_nothing_has_a_row_too(tmp_path: Path) -> None:
    (tmp_path / "events_1_app").write_text(
        "".join(json.dumps(each) + "\n" for each in (job(None, 0), task(0, 1, 0))),
        encoding="utf-8",
    )

    assert row(0, [0, 0, 0], read_events(tmp_path)).startswith("| 0 | 0 | 0 |")
