"""Tables of Iceberg: what every reader sees while, and after, a build is published."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.build import BuildRequest, build
from pipeline.compare import compare_warehouses
from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for, open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.spark import publication
from pipeline.warehouse.spark.publication import IcebergTables
from tests.engines.awkward_shop import write_awkward_shop
from tests.iceberg.conftest import Publish, built, read
from tests.small_project import write_spark_project

# Reads the tables without Spark.
StaticTable = pytest.importorskip("pyiceberg.table").StaticTable
AvroFile = pytest.importorskip("pyiceberg.avro.file").AvroFile
PyArrowFileIO = pytest.importorskip("pyiceberg.io.pyarrow").PyArrowFileIO

# As pipeline/README.md tells it.
PUBLISHED = """
select tag.name from iceberg.{0}.raw_loads.refs as main
inner join iceberg.{0}.raw_loads.refs as tag on main.snapshot_id = tag.snapshot_id
where main.name = 'main' and tag.type = 'TAG'
"""


class Killed(BaseException):
    """Nothing in the pipeline expects it."""


def tag_of(schema: str) -> str:
    """The tag of the version that is published."""
    ((tag,),) = read(PUBLISHED.format(schema))
    return str(tag)


def refs(schema: str, table: str) -> list[str]:
    rows = read(f"select name from iceberg.{schema}.{table}.refs order by name")
    return [name for (name,) in rows]


def without_spark(folder: Path, schema: str, table: str) -> list[dict[str, Any]]:
    """The rows of a table, as pyiceberg reads its files."""
    metadata = folder / "iceberg" / schema / table / "metadata"
    newest = (metadata / "version-hint.text").read_text()
    table_ = StaticTable.from_metadata(str(metadata / f"v{newest}.metadata.json"))
    rows: list[dict[str, Any]] = table_.scan().to_arrow().to_pylist()
    return rows


def values(schema: str, table: str, folder: Path) -> set[object]:
    """The one value of a table, as each kind of reader finds it."""
    return {
        *read(f"table {schema}.{table}"),
        *read(f"table iceberg.{schema}.{table}"),
        *read(
            f"select * from iceberg.{schema}.{table} version as of '{tag_of(schema)}'"
        ),
        *(tuple(row.values()) for row in without_spark(folder, schema, table)),
    }


def test_a_small_shop_has_the_numbers_of_sqlite(tmp_path: Path, iceberg: Path) -> None:
    raw, root = tmp_path / "raw", tmp_path / "project"
    raw.mkdir()
    write_awkward_shop(raw)
    write_spark_project(root)
    sqlite = engine_for("sqlite", str(tmp_path / "shop.db"))
    spark = engine_for("spark", "small")

    def run(engine: Engine, failing: str = "no") -> None:
        project = Project(root, "1", {}, {"failing": failing})
        build(engine, project, BuildRequest(str(raw)), Reporter())

    def assert_equal() -> None:
        with open_reader(sqlite.published) as one, open_reader(spark.published) as two:
            compared = list(compare_warehouses(one, two))
        assert len(compared) > 2
        assert [table.examples for table in compared if table.differences] == []

    for number in (1, 2):
        run(sqlite)
        run(spark)
        assert_equal()
        assert tag_of("small") == f"version_{number}"

    with pytest.raises(PipelineError, match="orders_are_as_wanted"):
        run(spark, failing="yes")
    assert_equal()
    assert refs("small", "factorders") == ["main", "version_1", "version_2"]

    totals = "count(*), count(distinct customer_key), sum(length(order_id))"
    ((rows, customers, length),) = read(f"select {totals} from small.factorders")
    others = without_spark(iceberg, "small", "factorders")
    assert rows == len(others) > 0
    keys = {row["customer_key"] for row in others} - {None}
    assert customers == len(keys)
    assert length == sum(len(row["order_id"]) for row in others)


def test_each_version_is_read_by_its_tag_until_it_is_not_kept(
    publish: Publish, iceberg: Path
) -> None:
    for number in (1, 2, 3):
        publish("kept", keep_versions=1, shop=number, other=number)

    assert values("kept", "shop", iceberg) == {(3,)}
    assert refs("kept", "shop") == ["main", "version_2", "version_3"]
    for table in ("shop", "other"):
        relation = f"iceberg.kept.{table}"
        assert read(f"select * from {relation} version as of 'version_2'") == [(2,)]
        # Of what nothing names no file is left.
        data = iceberg / "iceberg" / "kept" / table / "data"
        assert len(list(data.glob("*.parquet"))) == 2


def traces(folder: Path, schema: str, table: str, text: str) -> list[str]:
    """The files of a table, Parquet and Avro, that hold the beginning of a text."""
    found = []
    for path in (folder / "iceberg" / schema / table).rglob("*"):
        if path.suffix == ".avro":
            with AvroFile(PyArrowFileIO().new_input(str(path))) as file:
                content = repr(list(file)).encode()
        else:
            content = path.read_bytes() if path.is_file() else b""
        if text[:8].encode() in content:
            found.append(path.name)
    return found


def test_once_no_version_before_is_kept_no_file_tells_of_its_rows(
    publish: Publish, iceberg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Iceberg's own default writes the bounds of each column to its manifests.
    with monkeypatch.context() as patch:
        patch.setattr(publication, "_PROPERTIES", {"write.format.default": "parquet"})
        publish("old", shop="Mill Lane 1", other="Mill Lane 2")
    assert any(".avro" in name for name in traces(iceberg, "old", "shop", "Mill Lane"))
    publish("old", keep_versions=0, shop="gone", other="gone")

    publish("new", shop="Mill Lane 1", other="Mill Lane 2")
    publish("new", shop="Mill Lane 1", other="Mill Lane 2")
    assert traces(iceberg, "new", "shop", "Mill Lane")
    publish("new", keep_versions=0, shop="gone", other="gone")

    for schema in ("old", "new"):
        for table in ("shop", "other"):
            assert traces(iceberg, schema, table, "Mill Lane") == []
            assert values(schema, table, iceberg) == {("gone",)}


def test_nobody_sees_a_build_before_all_of_it_is_written_and_audited(
    publish: Publish, iceberg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("audited", first=1, second=1)
    engine = built("audited", first=2, second=2)
    run = engine._run  # type: ignore[attr-defined]

    def lose_a_row(sql: str) -> Any:
        is_second = sql.startswith("insert overwrite") and "`second`" in sql
        return run(f"{sql} limit 0" if is_second else sql)

    monkeypatch.setattr(engine._publication, "_run", lose_a_row)  # type: ignore[attr-defined]
    with pytest.raises(PipelineError, match="not those of the build \\(0 instead of 1"):
        engine.publish()

    for table in ("first", "second"):
        assert values("audited", table, iceberg) == {(1,)}
    publish("audited", first=3, second=3)
    assert values("audited", "second", iceberg) == {(3,)}
    assert refs("audited", "second") == ["main", "version_1", tag_of("audited")]


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_a_publish_that_is_killed_between_two_tables_is_finished_by_the_next_build(
    calls: int, publish: Publish, iceberg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = f"killed_{calls}"
    publish(schema, first=1, second=1, gone=1)
    engine = built(schema, first=2, second="two")
    call, made = IcebergTables._call, []

    def die(self: IcebergTables, procedure: str, *arguments: str) -> None:
        if len(made) == calls:
            raise Killed
        made.append(procedure)
        call(self, procedure, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(IcebergTables, "_call", die)
        with pytest.raises(Killed):
            engine.publish(keep_versions=0)
    assert made == ["fast_forward", "fast_forward"][:calls]
    # raw_loads tells which version is published: its turn is the last.
    assert tag_of(schema) == ("version_2" if calls == 2 else "version_1")

    after = engine_for("spark", schema)
    with after.exclusive_use():
        pass
    assert tag_of(schema) == "version_2"
    assert values(schema, "first", iceberg) == {(2,)}
    assert values(schema, "second", iceberg) == {("two",)}
    assert read(f"show tables in iceberg.{schema} like 'gone'") == []
    assert refs(schema, "first") == ["main", "version_2"]


def test_a_first_publish_that_is_killed_is_finished_by_the_next_build(
    iceberg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = built("killed_first", first=1, second=1)
    replace, made = IcebergTables._replace, []

    def die(self: IcebergTables, version: str, table: str, tag: str) -> None:
        if made:
            raise Killed
        made.append(table)
        replace(self, version, table, tag)

    with monkeypatch.context() as patch:
        patch.setattr(IcebergTables, "_replace", die)
        with pytest.raises(Killed):
            engine.publish()
    assert read("show tables in iceberg.killed_first") == [
        ("killed_first", "first", False)
    ]

    after = engine_for("spark", "killed_first")
    # As a build does before it has the lock.
    after.check_published()
    with after.exclusive_use():
        pass
    assert tag_of("killed_first") == "version_1"
    for table in ("first", "second"):
        assert values("killed_first", table, iceberg) == {(1,)}


def test_a_table_with_other_columns_is_replaced_and_read_as_it_was_by_its_tag(
    publish: Publish, iceberg: Path
) -> None:
    publish("changed", shop=1)
    publish("changed", shop="one")

    assert values("changed", "shop", iceberg) == {("one",)}
    before = "select * from iceberg.changed.shop version as of 'version_1'"
    assert read(before) == [(1,)]

    engine = engine_for("spark", "changed")
    (kept,) = engine.kept_versions()
    engine.restore(kept)
    assert values("changed", "shop", iceberg) == {(1,)}


def test_going_back_and_forward_again_moves_every_table(
    publish: Publish, iceberg: Path
) -> None:
    for number in (1, 2):
        engine = publish("back", shop=number)

    for expected in (1, 2):
        engine.restore(engine.kept_versions()[0])
        assert tag_of("back") == f"version_{expected}"
        assert values("back", "shop", iceberg) == {(expected,)}

    publish("back", shop=3)
    assert tag_of("back") == "version_3"


def test_what_somebody_else_wrote_meanwhile_is_not_passed_over_in_silence(
    publish: Publish, iceberg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("written", shop=1)
    engine = built("written", shop=2)
    stage = IcebergTables.stage

    def stage_and_write(self: IcebergTables, *arguments: Any) -> None:
        stage(self, *arguments)
        read("insert into iceberg.written.shop values (9)")

    with monkeypatch.context() as patch:
        patch.setattr(IcebergTables, "stage", stage_and_write)
        with pytest.raises(PipelineError, match="fast-forward"):
            engine.publish()

    publish("written", shop=3)
    assert values("written", "shop", iceberg) == {(3,)}


def test_another_format_and_another_programs_tables_are_refused(
    publish: Publish, iceberg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("formed", shop=1)
    monkeypatch.setenv("DWH_SPARK_FORMAT", "parquet")
    with pytest.raises(PipelineError, match="set DWH_SPARK_FORMAT=iceberg, or choose"):
        engine_for("spark", "formed").check_published()

    publish("views", shop=1)
    monkeypatch.setenv("DWH_SPARK_FORMAT", "iceberg")
    publish("views", shop=2)
    assert values("views", "shop", iceberg) == {(2,)}
    engine = engine_for("spark", "views")
    engine.restore(engine.kept_versions()[0])
    assert values("views", "shop", iceberg) == {(1,)}

    read("create namespace iceberg.theirs")
    read("create table iceberg.theirs.invoices using iceberg as select 1 id")
    with pytest.raises(PipelineError, match="another program's"):
        engine_for("spark", "theirs").check_published()
    shutil.rmtree(iceberg / "iceberg" / "theirs")
