"""What a Spark application did, by its event log (`spark.eventLog.compress=false`)."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Event = dict[str, Any]

_SQL = "org.apache.spark.sql.execution.ui.SparkListener"
# What becomes of rows in no groups: all of them go through one task.
_SINGLE = "Exchange SinglePartition"
_WRITTEN_TO = re.compile(r"Arguments: file:\S*/\w+\.db/(\w+)")
_ANY_QUERY = "(query)"


@dataclass(frozen=True)
class Task:
    """One task that a stage was cut into.

    Attributes:
        seconds: How long it ran.
        cpu: Seconds of CPU of its own thread: neither garbage collection nor compiling.
        fetched: Bytes, as compressed, that it read of what stages before it wrote.
            (Those that it reads of a table in a folder Spark does not count.)
        rows: That it read, from there or from tables.
        shuffled: Bytes that it wrote for the next stage.
        spilled: Bytes that it put on disk, for they did not fit in memory.
        sent: Bytes that it sent to the driver, those about itself included.
    """

    seconds: float
    cpu: float
    fetched: int
    rows: int
    shuffled: int
    spilled: int
    sent: int


@dataclass
class Stage:
    """The tasks of a stage, and the table that they are for, where that is told."""

    table: str
    tasks: list[Task] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """Of all its tasks."""
        return sum(task.cpu for task in self.tasks)

    @property
    def shuffled(self) -> int:
        """Bytes that its tasks wrote for the next stage."""
        return sum(task.shuffled for task in self.tasks)

    @property
    def sent(self) -> int:
        """Bytes that its tasks sent to the driver."""
        return sum(task.sent for task in self.tasks)


@dataclass
class Application:
    """What is in an event log.

    Attributes:
        executors: How many came.
        stages: Those that ran, in the order in which they began.
        single: Rows of each exchange that leads to a single task, by table.
        broadcast: Rows of each exchange by way of the driver to every executor.
    """

    executors: int
    stages: list[Stage]
    single: list[tuple[int, str]]
    broadcast: list[tuple[int, str]]

    @property
    def tasks(self) -> list[Task]:
        """All tasks."""
        return [task for stage in self.stages for task in stage.tasks]


def read_events(folder: Path) -> Application:
    """Read the event logs of a folder."""
    executors = 0
    table_of: dict[str | None, str] = {}
    stages: dict[int, Stage] = {}
    exchanges: dict[int, tuple[str, str | None]] = {}
    values: defaultdict[int, int] = defaultdict(int)
    for event in _events(folder):
        match event["Event"].removeprefix(_SQL):
            case "SparkListenerExecutorAdded":
                executors += 1
            case "SQLExecutionStart" | "SQLAdaptiveExecutionUpdate":
                execution = str(event["executionId"])
                found = _WRITTEN_TO.search(event["physicalPlanDescription"])
                table_of[execution] = found.group(1) if found else _ANY_QUERY
                for node in _nodes(event["sparkPlanInfo"]):
                    for metric, kind in _counted(node):
                        exchanges[metric] = (kind, execution)
            case "DriverAccumUpdates":
                for metric, value in event["accumUpdates"]:
                    values[metric] = value
            case "SparkListenerJobStart":
                execution = event["Properties"].get("spark.sql.execution.id")
                for number in event["Stage IDs"]:
                    stages.setdefault(
                        number, Stage(table_of.get(execution, _ANY_QUERY))
                    )
            case "SparkListenerStageCompleted":
                for value in event["Stage Info"]["Accumulables"]:
                    if value["ID"] in exchanges:
                        values[value["ID"]] = int(value["Value"])
            case "SparkListenerTaskEnd":
                if metrics := event.get("Task Metrics"):
                    stages[event["Stage ID"]].tasks.append(_task(metrics))

    def counted(kind: str) -> list[tuple[int, str]]:
        return [
            (values[metric], table_of[execution])
            for metric, (what, execution) in exchanges.items()
            if what == kind
        ]

    return Application(
        executors,
        [stage for stage in stages.values() if stage.tasks],
        counted("single"),
        counted("broadcast"),
    )


def _events(folder: Path) -> Iterator[Event]:
    for path in sorted(folder.rglob("events_*")):
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _nodes(plan: Event) -> Iterator[Event]:
    yield plan
    for child in plan["children"]:
        yield from _nodes(child)


def _counted(node: Event) -> Iterator[tuple[int, str]]:
    """The metrics of a node that say what goes to a single task or to everybody."""
    metrics = {each["name"]: each["accumulatorId"] for each in node["metrics"]}
    if node["simpleString"].startswith(_SINGLE):
        yield metrics["shuffle records written"], "single"
    elif node["nodeName"] == "BroadcastExchange":
        yield metrics["number of output rows"], "broadcast"


def _task(metrics: Mapping[str, Any]) -> Task:
    fetched, loaded = metrics["Shuffle Read Metrics"], metrics["Input Metrics"]
    return Task(
        metrics["Executor Run Time"] / 1e3,
        (metrics["Executor CPU Time"] + metrics["Executor Deserialize CPU Time"]) / 1e9,
        fetched["Remote Bytes Read"] + fetched["Local Bytes Read"],
        fetched["Total Records Read"] + loaded["Records Read"],
        metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"],
        metrics["Disk Bytes Spilled"],
        metrics["Result Size"],
    )
