"""``python -m benchmarks``: measure the project against its floors and budgets."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import describe_machine
from benchmarks.report import render, render_growth
from benchmarks.runs import SERVERS, DataSet, measure_data_set
from pipeline.raw_files.contract import RAW_TABLE_NAMES

DEFAULT_LINES = "100k,1m"
LARGE_LINES = "1m,10m"
HUGE_LINES = "100m"  # what comes of it are 117 million
PROJECT = Path(__file__).resolve().parents[1]


def line_count(text: str) -> int:
    """Return the number that ``250000``, ``100k`` or ``1m`` stands for."""
    units = {"k": 1_000, "m": 1_000_000}
    number = text.strip().lower()
    factor = units.get(number[-1:], 1)
    try:
        lines = int(float(number.rstrip("km")) * factor)
    except ValueError:
        lines = 0
    if lines < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of lines: write 250000, 100k or 1m"
        )
    return lines


def line_counts(text: str) -> list[int]:
    """Return the numbers of a list such as ``100k,1m``."""
    return [line_count(part) for part in text.split(",")]


def folder(text: str) -> Path:
    """Return the path of a folder that is there."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return Path(text).resolve()


def raw_folder(text: str) -> Path:
    """Return the path of a folder of raw CSV files."""
    for table in RAW_TABLE_NAMES:
        if not (folder(text) / f"{table}.csv").is_file():
            raise argparse.ArgumentTypeError(f"{text!r} lacks {table}.csv")
    return folder(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure generator, load, models and tests, beside hand-written"
        " SQL for the same tables and the plain pandas way. Prints Markdown.",
    )
    parser.add_argument(
        "--lines",
        type=line_counts,
        metavar="N,N",
        help="order lines to generate, such as 100k,1m (the default)",
    )
    parser.add_argument(
        "--raw",
        type=raw_folder,
        metavar="DIR",
        help="measure a folder of four raw CSV files instead of generated ones",
    )
    parser.add_argument("--products", type=int, default=1000, metavar="N")
    parser.add_argument(
        "--engine", choices=("sqlite", "duckdb", "postgres", "spark"), default=None
    )
    parser.add_argument(
        "--large",
        action="store_true",
        help="1m and 10m lines on DuckDB, without the plain way",
    )
    parser.add_argument(
        "--huge",
        action="store_true",
        help="100m lines on DuckDB: the generator, to Parquet, and the build alone",
    )
    parser.add_argument(
        "--no-plain",
        action="store_true",
        help="leave out the plain way (some five minutes at a million lines)",
    )
    parser.add_argument(
        "--science",
        choices=("with", "without", "only"),
        default=None,
        help="whether predictions and evidence are held against what the generator"
        " planted (some ten minutes on SQLite, two on DuckDB); by default with the"
        " default sizes, and without elsewhere",
    )
    parser.add_argument(
        "--scratch",
        type=folder,
        metavar="DIR",
        help="where files are made (about 1 GB a million lines); a temporary folder",
    )
    return parser


def main() -> int:
    """Measure, print one Markdown section a data set; 1 if anything failed."""
    options = _parser().parse_args()
    is_large = options.large or options.huge
    engine = options.engine or ("duckdb" if is_large else "sqlite")
    large = HUGE_LINES if options.huge else LARGE_LINES
    sizes = options.lines or line_counts(large if is_large else DEFAULT_LINES)
    data_sets = [
        DataSet(
            f"{lines:,} generated lines", None, lines, options.products, options.huge
        )
        for lines in sizes
    ]
    if options.raw:
        data_sets = [DataSet(options.raw.name, options.raw)]
    with_plain_way = engine == "sqlite" and not (options.no_plain or options.raw)
    is_default = not (options.raw or options.lines or is_large)
    science = options.science or ("with" if is_default else "without")
    if engine in SERVERS:
        science = "without"
    print(f"# Benchmarks\n\nMachine: {describe_machine()}. Engine: {engine}.\n")
    sections = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.scratch) as name:
        scratch = Path(name)
        for data_set in data_sets if science != "only" else []:
            section = measure_data_set(
                data_set, engine, PROJECT, scratch, with_plain_way
            )
            print(render(section), flush=True)
            sections.append(section)
        if len(sections) > 1:
            print(render_growth(sections[0], sections[-1]))
        if science != "without":
            # Only here: each child starts with its parent's memory.
            from benchmarks.science import measure_science

            sections.append(measure_science(engine, PROJECT, scratch))
            print(render(sections[-1]), flush=True)
    return int(any(section.failures for section in sections))


if __name__ == "__main__":
    sys.exit(main())
