"""The measurements, one function a subject, each adding rows to a section.

Every subject runs in a process of its own. A new subject (another engine's bulk load)
is one more function here and one more call in ``measure_data_set``.
"""

import json
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.artifacts import (
    DbtArtifacts,
    busy_seconds,
    newest_artifacts,
    node_name,
    read_artifacts,
)
from benchmarks.measure import Measurement, measure
from benchmarks.peak import Peak, megabytes_of
from benchmarks.report import Row, Section, at_least, at_most, cost_at_most, listed

# The budgets of the design.
GENERATOR_LINES_A_CPU_SECOND = 1_000_000
LOAD_RATIO = 2.0
MODELS_RATIO = 1.3
TESTS_RATIO = 0.5
PLAIN_WAY_RATIO = 3.0
BUILD_PEAK_MEGABYTES = {"sqlite": 1_500, "duckdb": 4_000}
# Of ten million lines and more.
IMPORT_SECONDS = 120.0
IMPORT_PEAK_MEGABYTES = 3_000.0

# The generator counts customers; a customer has so many lines on average.
LINES_A_CUSTOMER = 17.3
# Engines that are no file: their floor is their own bulk load, and the models' SQL.
SERVERS = ("postgres", "spark")
BARE_LOADERS = {"sqlite": "executemany", "duckdb": "read_csv"}
LOAD_STAGES = ("check raw files", "load raw files", "take over")
# With two threads a build runs tests, and models that the floor lacks, beside its
# models: to be compared with it, these are run once more by themselves.
SIDE_BY_SIDE = ("duckdb",)
SERVER_SCHEMA = "bench"
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
        is_huge: Whether there is room and time for generator and build alone, from
            Parquet files.
    """

    name: str
    raw: Path | None = None
    lines: int = 0
    products: int = 0
    is_huge: bool = False


@dataclass(frozen=True)
class Bench:
    """What every measurement needs: where the project, the data and scratch are."""

    project: Path
    scratch: Path
    raw: Path
    engine: str
    section: Section

    def run(
        self, what: str, module: str, *arguments: str | Path, **environment: str
    ) -> Measurement | None:
        """Run a module; a failed run is noted in the section and gives none."""
        print(f"... {self.section.title}: {what}", file=sys.stderr, flush=True)
        command = ["-m", module, *map(str, arguments)]
        result = measure(command, self.project, environment)
        if result.exit_code != 0:
            self.section.failures.append(f"{what}: {result.complaint}")
            return None
        return result

    def file(self, name: str) -> Path:
        """Return a database's path in the scratch folder."""
        return self.scratch / f"{name}.{self.engine}"

    def clear(self) -> None:
        """Empty the scratch folder."""
        shutil.rmtree(self.scratch)
        self.scratch.mkdir()


def measure_data_set(
    data_set: DataSet, engine: str, project: Path, scratch: Path, with_plain_way: bool
) -> Section:
    """Measure everything on one data set and return its section.

    Args:
        data_set: Raw files that are there, or what to generate.
        engine: ``sqlite``, ``duckdb``, ``postgres`` or ``spark``.
        project: The root of the repository.
        scratch: A folder for raw files and databases; emptied of them afterwards.
        with_plain_way: Whether to run Faker, pandas and the requirement's queries.
    """
    section = Section(data_set.name)
    raw = data_set.raw or scratch / "raw"
    bench = Bench(project, scratch, raw, engine, section)
    if data_set.raw is not None:
        section.lines = count_lines(raw / "raw_order_items.csv")
    elif not measure_generator(bench, data_set):
        return section
    section.notes.append(f"{section.lines:,} order lines in `raw_order_items`")
    if data_set.is_huge:
        measure_huge(bench)
    elif engine in SERVERS:
        measure_server(bench)
    else:
        measure_load(bench)
        seconds = measure_build(bench)
        if bench.engine == "duckdb":
            measure_import(bench)
        if with_plain_way and seconds is not None:
            measure_plain_way(bench, data_set, seconds)
    bench.clear()
    return section


def count_lines(path: Path) -> int:
    """Return how many records a file has below its header (none spans lines)."""
    with path.open("rb") as file:
        return sum(1 for _ in file) - 1


def measure_generator(bench: Bench, data_set: DataSet) -> bool:
    """Generate the data set; whether that worked."""
    customers = max(round(data_set.lines / LINES_A_CUSTOMER), 1)
    file_format = "Parquet" if data_set.is_huge else "CSV"
    options = (
        *("--products", str(data_set.products), "--format", file_format.lower()),
        *("--out", bench.raw, "--customers"),
    )
    start = bench.run("generator, start", "generator", *options, "1")
    result = bench.run("generator", "generator", *options, str(customers))
    if start is None or result is None:
        return False
    truth = json.loads((bench.raw / "truth.json").read_text(encoding="utf-8"))
    lines = bench.section.lines = truth["rows"]["raw_order_items"]
    # Python's own start and the simulated world cost the same for any size.
    work = result.cpu - start.cpu
    can_tell = work >= LEAST_CPU_SECONDS
    speed = lines / work if can_tell else 0.0
    # The budget is for CSV.
    has_budget = can_tell and file_format == "CSV"
    limit = GENERATOR_LINES_A_CPU_SECOND if has_budget else None
    bench.section.rows.append(
        Row.of(
            f"generator, to {file_format}",
            result,
            figure=f"{speed:,.0f} lines/CPU s" if can_tell else "too short to tell",
            floor=f"start {start.cpu:.1f} s",
            **at_least(speed, limit, "{:,}"),
        )
    )
    return True


def measure_load(bench: Bench) -> None:
    """Compare ``pipeline load`` with the engine's bare loader on the same files."""
    loader = BARE_LOADERS[bench.engine]
    floor = run_floor(bench, f"load, bare {loader}", bench.file("load"), "--load-only")
    bench.file("load").unlink(missing_ok=True)
    result = bench.run(
        *("pipeline load", "pipeline", "load", bench.raw),
        *("--target", bench.engine, "--database", bench.file("load")),
    )
    bench.file("load").unlink(missing_ok=True)
    if floor is None or result is None:
        return
    ratio = result.wall / floor.wall
    bench.section.rows.append(
        Row.of(
            "pipeline load",
            result,
            figure=f"{ratio:.2f} x floor",
            floor=f"{loader} {floor.wall:.1f} s",
            **at_most(ratio, LOAD_RATIO, "{:.0f} x"),
        )
    )


def measure_import(bench: Bench) -> None:
    """Import the shop as Shopify exports it."""
    export = bench.scratch / "export"
    made = bench.run("a Shopify export", "benchmarks.shopify_export", bench.raw, export)
    result = made and bench.run(
        *("import of it", "pipeline", "import", "shopify", export),
        *("--out", bench.scratch / "imported"),
    )
    if result is None:
        return
    budget = cost_at_most(result, IMPORT_SECONDS, IMPORT_PEAK_MEGABYTES)
    bench.section.rows.append(
        Row.of(
            "import of a Shopify export",
            result,
            figure=f"{megabytes_of(export):,.0f} MB of CSV",
            **(budget if bench.section.lines >= 10_000_000 else {}),
        )
    )


def run_floor(
    bench: Bench, what: str, database: Path, *options: str
) -> Measurement | None:
    """Build the hand-written floor of the raw files, or a part of it."""
    return bench.run(
        *(what, "benchmarks.floor", "--engine", bench.engine, "--raw", bench.raw),
        *("--database", database),
        *options,
    )


@dataclass(frozen=True)
class Build:
    """Where the seconds of one ``pipeline build`` went.

    Attributes:
        whole: The process.
        stages: The seconds of each, for models and tests a sum over the nodes.
        built: What dbt left.
        folder: Where that is, in the scratch folder.
    """

    whole: Measurement
    stages: dict[str, float]
    built: DbtArtifacts
    folder: Path

    @property
    def load(self) -> float:
        """Seconds of checking, loading and taking over raw rows."""
        return sum(self.stages.get(stage, 0.0) for stage in LOAD_STAGES)

    @property
    def models(self) -> float:
        """Seconds while any model ran: several may, and tests beside them."""
        return busy_seconds(self.built.models)

    @property
    def tests(self) -> float:
        """Seconds while only tests ran."""
        return busy_seconds(self.built.nodes) - self.models


def run_build(bench: Bench, database: str | Path) -> Build | None:
    """Run ``pipeline build`` of the raw files.

    Args:
        bench: What is measured.
        database: The file, or the schema on a server.

    Returns:
        Where its seconds went; none where it failed, which the section then says.
    """
    whole = bench.run(
        *("pipeline build", "pipeline", "build", "--json", "--raw", bench.raw),
        *("--target", bench.engine, "--database", database),
    )
    if whole is None:
        return None
    folder = bench.scratch / "artifacts"
    shutil.move(newest_artifacts(bench.project), folder)
    summary = json.loads(whole.output)
    stages = {stage["name"]: stage["seconds"] for stage in summary["stages"]}
    built = read_artifacts(folder)
    bench.section.seconds = built.seconds_a_model()
    bench.section.notes += [
        f"build, seconds: {listed(stages)}",
        f"slowest models: {built.slowest_models(6)}",
    ]
    return Build(whole, stages, built, folder)


def run_floor_models(bench: Bench, database: Path, built: DbtArtifacts) -> float | None:
    """Run the models that the floor's tables are made from once more, and no others.

    Args:
        bench: What is measured.
        database: A warehouse that was built; these models are built anew in it.
        built: What dbt left of its build.

    Returns:
        The seconds while any of them ran; none where it failed.
    """
    artifacts = bench.scratch / "floor_models"
    result = bench.run(
        *("models of the floor's tables", "dbt.cli.main", "run", "--quiet"),
        *("--full-refresh", "--target-path", artifacts),
        *("--select", *map(node_name, built.models_of_the_floor)),
        DWH_TARGET=bench.engine,
        DWH_DATABASE=str(database),
    )
    if result is None:
        return None
    alone = read_artifacts(artifacts)
    bench.section.seconds |= alone.seconds_a_model()
    return busy_seconds(alone.models)


def measure_build(bench: Bench) -> float | None:
    """Compare ``pipeline build`` with the hand-written floor, and their tables.

    Returns:
        The seconds of load and models together; none where something failed.
    """
    section = bench.section
    database, floor_database = bench.file("warehouse"), bench.file("floor")
    floor = run_floor(bench, "hand-written floor", floor_database)
    build = run_build(bench, database)
    if floor is None or build is None:
        return None
    if bench.engine in SIDE_BY_SIDE:
        model_seconds = run_floor_models(bench, database, build.built)
        models_row = Row("of it: all models, tests beside them", build.models)
    else:
        model_seconds = busy_seconds(build.built.models_of_the_floor)
        models_row = Row(
            "of it: the other models: predictions, histories",
            build.models - model_seconds,
        )
    if model_seconds is None:
        return None
    floor_stages: dict[str, float] = json.loads(floor.output)["wall"]
    floor_seconds = sum(floor_stages.values())
    ours = build.load + model_seconds
    ratio = ours / floor_seconds
    section.rows += [
        Row.of(
            "hand-written floor, CSV to reports",
            floor,
            figure=f"{section.lines / floor_seconds:,.0f} lines/s",
        ),
        _whole_build(bench, build),
        Row(
            "load + models of the floor's tables",
            ours,
            figure=f"{ratio:.2f} x floor",
            floor=f"{floor_seconds:.1f} s",
            **at_most(ratio, MODELS_RATIO, "{} x"),
        ),
        models_row,
        *_rest_of_the_build(build),
    ]
    section.notes.append(f"floor, seconds: {listed(floor_stages)}")
    compare_tables(bench, database, floor_database)
    measure_dashboard(bench, database)
    return ours


def _whole_build(bench: Bench, build: Build) -> Row:
    peak = BUILD_PEAK_MEGABYTES.get(bench.engine)
    return Row.of(
        "pipeline build, everything",
        build.whole,
        figure=f"{bench.section.lines / build.whole.wall:,.0f} lines/s",
        **at_most(build.whole.peak_megabytes, peak, "{:,} MB"),
    )


def _rest_of_the_build(build: Build) -> list[Row]:
    ratio = build.tests / build.models
    return [
        Row(
            "of it: tests",
            build.tests,
            figure=f"{ratio:.2f} x models",
            floor=f"models {build.models:.1f} s",
            **at_most(ratio, TESTS_RATIO, "{} x"),
        ),
        Row(
            "of it: all the rest, dbt's start above all",
            build.whole.wall - build.load - build.models - build.tests,
        ),
    ]


def measure_huge(bench: Bench) -> None:
    """Build the warehouse, and say what disk that took."""
    database = bench.file("warehouse")
    with Peak(partial(megabytes_of, bench.scratch)) as disk:
        build = run_build(bench, database)
    if build is None:
        return
    bench.section.rows += [
        _whole_build(bench, build),
        Row("of it: load", build.load),
        Row("of it: models", build.models),
        *_rest_of_the_build(build),
    ]
    bench.section.notes.append(
        f"disk, MB: raw files {megabytes_of(bench.raw):,.0f}, warehouse "
        f"{megabytes_of(database):,.0f}, at most at once {disk.value:,.0f}"
    )


def measure_server(bench: Bench) -> None:
    """Compare ``pipeline build`` on a server with the bare server.

    The memory of PostgreSQL's server, or of Spark's Java, stands in a row of its own.
    """
    # Only where a server is measured: each child starts with its parent's memory.
    from benchmarks.server_memory import server_megabytes

    bare = ("benchmarks.bare_engine", "--target", bench.engine)
    floor_load = bench.run("bare load", *bare, "--raw", bench.raw)
    with Peak(server_megabytes(bench.engine)) as memory:
        build = run_build(bench, SERVER_SCHEMA)
    if floor_load is None or build is None:
        return
    floor_models = bench.run(
        *("bare models", *bare),
        *("--artifacts", build.folder, "--schema", SERVER_SCHEMA),
    )
    if floor_models is None:
        return
    load_seconds = float(floor_load.output)
    model_seconds = float(floor_models.output)
    bench.section.rows += [
        _whole_build(bench, build),
        Row(
            "of it: load",
            build.load,
            figure=f"{build.load / load_seconds:.2f} x floor",
            floor=f"bare load {load_seconds:.1f} s",
        ),
        Row(
            "of it: models",
            build.models,
            figure=f"{build.models / model_seconds:.2f} x floor",
            floor=f"their SQL alone {model_seconds:.1f} s",
        ),
        *_rest_of_the_build(build),
        Row("of it: the server's memory", peak_megabytes=memory.value),
    ]


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
        *("dashboard", "benchmarks.dashboard_queries", "--json"),
        *("--target", bench.engine, "--database", database),
    )
    if result is None:
        return
    found: dict[str, Any] = json.loads(result.output)
    bench.section.rows.append(
        Row(
            "dashboard, all page queries",
            peak_megabytes=result.peak_megabytes,
            figure=f"p95 {found['p95']:.0f} ms",
            **at_most(found["p95"], found["budget"], "{:.0f} ms"),
        )
    )
    bench.section.notes += [
        f"dashboard, p95 by page, ms: {listed(found['pages'], 0)}",
        f"dashboard, slowest queries, p95, ms: {listed(found['slowest'], 0)}",
        f"dashboard, {found['first_chart']}",
    ]


def measure_plain_way(bench: Bench, data_set: DataSet, our_seconds: float) -> None:
    """Measure Faker, pandas, ``to_sql`` and the requirement's queries as they are."""
    result = bench.run(
        "plain way (each query is cut off at 60 s)",
        *("benchmarks.plain_way", "--lines", str(data_set.lines)),
        *("--products", str(data_set.products)),
        *("--database", bench.scratch / "plain.db"),
    )
    if result is None:
        return
    seconds: dict[str, float | None] = json.loads(result.output)["seconds"]
    answers = sum(
        QUERY_CUT_OFF if took is None else took
        for stage, took in seconds.items()
        if stage != "generate"
    )
    is_over = "over " if None in seconds.values() else ""
    ratio = answers / our_seconds
    limit = PLAIN_WAY_RATIO if data_set.lines >= 1e6 else None
    bench.section.rows += [
        Row.of("plain way, Faker to answers", result),
        Row(
            "of it: pandas, to_sql, 4 queries",
            answers,
            figure=f"{is_over}{ratio:.1f} x load + models",
            floor=f"load + models {our_seconds:.1f} s",
            **at_least(ratio, limit, "{:.0f} x"),
        ),
    ]
    bench.section.notes.append(
        "plain way, seconds: "
        + ", ".join(
            f"{stage} {'> 60' if took is None else f'{took:.1f}'}"
            for stage, took in seconds.items()
        )
    )
