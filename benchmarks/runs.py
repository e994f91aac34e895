"""The measurements, one function a subject, each adding rows to a section.

Every subject runs in a process of its own. A new subject (dashboard queries, another
engine's bulk load) is one more function here and one more call in
``measure_data_set``.
"""

import hashlib
import json
import re
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import Measurement, measure
from benchmarks.report import Row, Section

# The budgets of the design.
GENERATOR_LINES_A_CPU_SECOND = 1_000_000
LOAD_RATIO = 2.0
MODELS_RATIO = 1.5
TESTS_RATIO = 1.0
PLAIN_WAY_RATIO = 3.0
BUILD_PEAK_MEGABYTES = {"sqlite": 1_500, "duckdb": 4_000}

# The generator counts customers; a customer has so many lines on average.
LINES_A_CUSTOMER = 17.3
LOAD_STAGES = ("check raw files", "load raw files", "take over")
QUERY_CUT_OFF = 60.0
# Less CPU than this, beyond the start, says nothing about speed.
LEAST_CPU_SECONDS = 0.3


@dataclass(frozen=True)
class DataSet:
    """Raw files to measure: a folder that is there, or what to generate.

    Attributes:
        name: How the section is called.
        raw: The folder of raw files; none if they are to be generated.
        lines: How many order lines to generate, about.
        products: How many products to generate.
    """

    name: str
    raw: Path | None = None
    lines: int = 0
    products: int = 0


def generated(lines: int, products: int) -> DataSet:
    """Return a data set of about so many generated order lines."""
    return DataSet(f"{lines:,} generated lines", lines=lines, products=products)


@dataclass(frozen=True)
class Bench:
    """What every measurement needs: where the project, the data and scratch are."""

    project: Path
    scratch: Path
    raw: Path
    engine: str
    section: Section

    def run(self, what: str, arguments: list[str]) -> Measurement | None:
        """Run a child; a failed one is noted in the section and gives none."""
        print(f"... {self.section.title}: {what}", file=sys.stderr, flush=True)
        result = measure(arguments, self.project)
        if result.exit_code != 0:
            self.section.failures.append(f"{what}: {result.complaint}")
            return None
        return result

    def file(self, name: str) -> Path:
        """Return a database's path in the scratch folder."""
        return self.scratch / f"{name}.{self.engine}"


def measure_data_set(
    data_set: DataSet, engine: str, project: Path, scratch: Path, with_plain_way: bool
) -> Section:
    """Measure everything on one data set and return its section.

    Args:
        data_set: Raw files that are there, or what to generate.
        engine: ``sqlite`` or ``duckdb``.
        project: The root of the repository.
        scratch: A folder for raw files and databases; emptied of them afterwards.
        with_plain_way: Whether to run Faker, pandas and the requirement's queries.
    """
    section = Section(data_set.name)
    raw = data_set.raw or scratch / "raw"
    bench = Bench(project, scratch, raw, engine, section)
    if data_set.raw is None and not measure_generator(bench, data_set):
        return section
    lines = count_lines(raw / "raw_order_items.csv")
    section.notes.append(f"{lines:,} order lines in `raw_order_items`")
    measure_load(bench)
    seconds = measure_build(bench, lines)
    if with_plain_way and seconds is not None:
        measure_plain_way(bench, data_set, seconds)
    for leftover in scratch.iterdir():
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    return section


def count_lines(path: Path) -> int:
    """Return how many records a file has below its header (none spans lines)."""
    with path.open("rb") as file:
        return (
            sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
            - 1
        )


def measure_generator(bench: Bench, data_set: DataSet) -> bool:
    """Generate the data set; whether that worked."""
    customers = max(round(data_set.lines / LINES_A_CUSTOMER), 1)
    generator = ["-m", "generator", "--products", str(data_set.products)]
    start = bench.run(
        "generator, start",
        [*generator, "--customers", "1", "--out", str(bench.raw)],
    )
    result = bench.run(
        "generator",
        [*generator, "--customers", str(customers), "--out", str(bench.raw)],
    )
    if start is None or result is None:
        return False
    # Python's own start and the simulated world cost the same for any size.
    lines = count_lines(bench.raw / "raw_order_items.csv")
    work = result.cpu - start.cpu
    can_tell = work >= LEAST_CPU_SECONDS
    speed = lines / work if can_tell else 0.0
    bench.section.rows.append(
        Row(
            "generator, to CSV",
            result.wall,
            result.cpu,
            result.peak_megabytes,
            figure=f"{speed:,.0f} lines/CPU s" if can_tell else "too short to tell",
            floor=f"start {start.cpu:.1f} s",
            budget=f">= {GENERATOR_LINES_A_CPU_SECOND:,}",
            is_within=speed >= GENERATOR_LINES_A_CPU_SECOND if can_tell else None,
        )
    )
    return True


def measure_load(bench: Bench) -> None:
    """Compare ``pipeline load`` with the engine's bare loader on the same files."""
    floor_name = {"sqlite": "executemany", "duckdb": "read_csv"}[bench.engine]
    database = bench.file("load")
    floor = bench.run(
        f"load, bare {floor_name}",
        [
            *("-m", "benchmarks.floor", "--load-only", "--engine", bench.engine),
            *("--raw", str(bench.raw), "--database", str(bench.file("load_floor"))),
        ],
    )
    result = bench.run(
        "pipeline load",
        [
            *("-m", "pipeline", "load", str(bench.raw)),
            *("--target", bench.engine, "--database", str(database)),
        ],
    )
    bench.file("load_floor").unlink(missing_ok=True)
    database.unlink(missing_ok=True)
    if floor is None or result is None:
        return
    ratio = result.wall / floor.wall
    bench.section.rows.append(
        Row(
            "pipeline load",
            result.wall,
            result.cpu,
            result.peak_megabytes,
            figure=f"{ratio:.2f} x floor",
            floor=f"{floor_name} {floor.wall:.1f} s",
            budget=f"<= {LOAD_RATIO:.0f} x",
            is_within=ratio <= LOAD_RATIO,
        )
    )


def stage_seconds(output: str) -> dict[str, float]:
    """Return the stages that ``pipeline build`` printed, and their seconds."""
    _, found, table = output.partition("time:\n")
    if not found:
        return {}
    stages = {}
    for line in table.splitlines()[1:]:
        match = re.fullmatch(r"  (\S.*?)\s{2,}([\d.]+)", line)
        if match is None:
            break
        stages[match[1]] = float(match[2])
    return stages


def dbt_results(project: Path, database: Path) -> list[dict[str, Any]]:
    """Return what dbt noted of each node when it built this database."""
    # The same name as pipeline.project gives to the folder of a build.
    place = hashlib.sha256(f"{database}.building".encode()).hexdigest()[:12]
    path = project / "target" / "build" / place / "run_results.json"
    if not path.exists():
        return []
    results: list[dict[str, Any]] = json.loads(path.read_text())["results"]
    shutil.rmtree(path.parent)
    return results


def busy_seconds(results: list[dict[str, Any]]) -> float:
    """Return how long any of these nodes ran, however many ran side by side."""
    spans = sorted(
        (
            datetime.fromisoformat(result["timing"][0]["started_at"]),
            datetime.fromisoformat(result["timing"][-1]["completed_at"]),
        )
        for result in results
        if result["timing"]
    )
    busy, end = timedelta(), datetime.min.replace(tzinfo=UTC)
    for start, stop in spans:
        busy += max(stop - max(start, end), timedelta())
        end = max(end, stop)
    return busy.total_seconds()


def slowest_models(models: list[dict[str, Any]], count: int) -> str:
    """Return the slowest models, as dbt noted them."""
    slowest = sorted(models, key=lambda model: -float(model["execution_time"]))
    return ", ".join(
        f"{model['unique_id'].rpartition('.')[2]} {model['execution_time']:.1f} s"
        for model in slowest[:count]
    )


def measure_build(bench: Bench, lines: int) -> float | None:
    """Compare ``pipeline build`` with the hand-written floor, and their tables.

    Returns:
        The seconds of load and models together; none where something failed.
    """
    section = bench.section
    database, floor_database = bench.file("warehouse"), bench.file("floor")
    floor = bench.run(
        "hand-written floor",
        [
            *("-m", "benchmarks.floor", "--engine", bench.engine),
            *("--raw", str(bench.raw), "--database", str(floor_database)),
        ],
    )
    result = bench.run(
        "pipeline build",
        [
            *("-m", "pipeline", "build", "--raw", str(bench.raw)),
            *("--target", bench.engine, "--database", str(database)),
        ],
    )
    if floor is None or result is None:
        return None
    floor_stages: dict[str, float] = json.loads(floor.output)["wall"]
    stages = stage_seconds(result.output)
    load = sum(stages.get(stage, 0.0) for stage in LOAD_STAGES)
    nodes = dbt_results(bench.project, database)
    model_nodes = [node for node in nodes if node["unique_id"].startswith("model.")]
    if not stages or not model_nodes:
        section.failures.append("pipeline build: what it printed was not understood")
        return None
    # Models and tests run side by side where the engine has two threads.
    models = busy_seconds(model_nodes)
    tests = busy_seconds(nodes) - models
    floor_seconds = sum(floor_stages.values())
    ratio = (load + models) / floor_seconds
    peak = BUILD_PEAK_MEGABYTES[bench.engine]
    section.rows += [
        Row(
            "hand-written floor, CSV to reports",
            floor.wall,
            floor.cpu,
            floor.peak_megabytes,
            figure=f"{lines / floor_seconds:,.0f} lines/s",
        ),
        Row(
            "pipeline build, everything",
            result.wall,
            result.cpu,
            result.peak_megabytes,
            figure=f"{lines / result.wall:,.0f} lines/s",
            budget=f"<= {peak:,} MB",
            is_within=result.peak_megabytes <= peak,
        ),
        Row(
            "of it: load + models",
            load + models,
            figure=f"{ratio:.2f} x floor",
            floor=f"{floor_seconds:.1f} s",
            budget=f"<= {MODELS_RATIO} x",
            is_within=ratio <= MODELS_RATIO,
        ),
        Row(
            "of it: tests",
            tests,
            figure=f"{tests / models:.2f} x models",
            floor=f"models {models:.1f} s",
            budget=f"<= {TESTS_RATIO:.0f} x",
            is_within=tests <= TESTS_RATIO * models,
        ),
        Row(
            "of it: all the rest, dbt's start above all",
            result.wall - load - models - tests,
        ),
    ]
    section.notes += [
        "build, seconds: " + ", ".join(f"{s} {t:.1f}" for s, t in stages.items()),
        "floor, seconds: " + ", ".join(f"{s} {t:.1f}" for s, t in floor_stages.items()),
    ]
    section.notes.append(f"slowest models: {slowest_models(model_nodes, 6)}")
    compare_tables(bench, database, floor_database)
    measure_dashboard(bench, database)
    return load + models


def compare_tables(bench: Bench, database: Path, floor_database: Path) -> None:
    """Note whether the models' tables equal the floor's, row by row."""
    # Not through `run`: a difference exits with 1, and its lines are the message.
    print(f"... {bench.section.title}: comparing", file=sys.stderr, flush=True)
    result = measure(
        ["-m", "benchmarks.equality", str(database), str(floor_database)],
        bench.project,
    )
    lines = result.output.splitlines()
    equal = [line for line in lines if line.startswith("equal")]
    if lines:
        bench.section.notes.append(
            f"tables equal to the floor's, row by row: {len(equal)} of {len(lines)}"
        )
    if result.exit_code != 0:
        differing = [line for line in lines if line not in equal]
        bench.section.failures += differing or [f"comparison: {result.complaint}"]


def measure_dashboard(bench: Bench, database: Path) -> None:
    """Ask the dashboard's queries of the built warehouse, and open it in a browser."""
    result = bench.run(
        "dashboard",
        [
            *("-m", "benchmarks.dashboard_queries", "--json"),
            *("--target", bench.engine, "--database", str(database)),
        ],
    )
    if result is None:
        return
    found: dict[str, Any] = json.loads(result.output)

    def listed(milliseconds: dict[str, float]) -> str:
        return ", ".join(f"{name} {took:.0f}" for name, took in milliseconds.items())

    bench.section.rows.append(
        Row(
            "dashboard, all page queries",
            peak_megabytes=result.peak_megabytes,
            figure=f"p95 {found['p95']:.0f} ms",
            budget=f"<= {found['budget']:.0f} ms",
            is_within=found["p95"] <= found["budget"],
        )
    )
    bench.section.notes += [
        f"dashboard, p95 by page, ms: {listed(found['pages'])}",
        f"dashboard, slowest queries, p95, ms: {listed(found['slowest'])}",
        f"dashboard, {found['first_chart']}",
    ]


def measure_plain_way(bench: Bench, data_set: DataSet, our_seconds: float) -> None:
    """Measure Faker, pandas, ``to_sql`` and the requirement's queries as they are."""
    result = bench.run(
        "plain way (each query is cut off at 60 s)",
        [
            *("-m", "benchmarks.plain_way", "--lines", str(data_set.lines)),
            *("--products", str(data_set.products)),
            *("--database", str(bench.scratch / "plain.db")),
        ],
    )
    if result is None:
        return
    seconds: dict[str, float | None] = json.loads(result.output)["seconds"]
    answers = sum(
        QUERY_CUT_OFF if took is None else took
        for stage, took in seconds.items()
        if stage != "generate"
    )
    cut_off = any(took is None for took in seconds.values())
    ratio = answers / our_seconds
    bench.section.rows += [
        Row(
            "plain way, Faker to answers",
            result.wall,
            result.cpu,
            result.peak_megabytes,
        ),
        Row(
            "of it: pandas, to_sql, 4 queries",
            answers,
            figure=f"{'over ' if cut_off else ''}{ratio:.1f} x load + models",
            floor=f"load + models {our_seconds:.1f} s",
            budget=f">= {PLAIN_WAY_RATIO:.0f} x" if data_set.lines >= 1e6 else "",
            is_within=ratio >= PLAIN_WAY_RATIO if data_set.lines >= 1e6 else None,
        ),
    ]
    bench.section.notes.append(
        "plain way, seconds: "
        + ", ".join(
            f"{stage} {'> 60' if took is None else f'{took:.1f}'}"
            for stage, took in seconds.items()
        )
    )
