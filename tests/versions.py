"""Warehouses of a few rows that tell one version from another, on any engine."""

from pipeline.raw_files.contract import RAW_LOADS
from pipeline.warehouse import engine_for, open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.location import Location

# Every table of a version has so many rows, all with its number.
ROWS = 200
TABLES = (RAW_LOADS, "int_customer_keys", "fct_orders")


def publish_version(engine: Engine, number: int, keep_versions: int = 3) -> None:
    """Publish a warehouse in which everything is a number."""
    with engine.exclusive_use():
        engine.begin_build()
        for table in TABLES:
            rows = [(number, "x" * 100)] * ROWS
            engine.write_table(table, [("n", "integer"), ("t", "text")], rows)
        info = [("built_at", "text"), ("origin", "text")]
        engine.write_table("build_info", info, [(f"day {number}", f"shop {number}")])
        engine.publish(keep_versions)


def publish_versions(target: str, database: object, *numbers: int) -> Engine:
    """Publish several, one after the other."""
    engine = engine_for(target, str(database))
    for number in numbers:
        publish_version(engine, number)
    return engine


def version_of(place: Location) -> int:
    """The number of a version.

    Raises:
        AssertionError: It is none: it holds parts of several, or a part of one.
    """
    with open_reader(place) as reader:
        found = {
            tuple(reader.fetch(f"select n, count(*) from {table} group by n"))
            for table in TABLES
        }
    assert len(found) == 1, f"several versions: {found}"
    (((number, rows),),) = found
    assert rows == ROWS
    return int(number)


def all_versions(engine: Engine) -> list[int]:
    """The published version and the kept ones, the newest first."""
    return [version_of(each) for each in (engine.published, *engine.kept_versions())]
