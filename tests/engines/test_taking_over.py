"""Raw tables are taken over from the published warehouse as they were loaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.build import BuildRequest, fill_raw_tables
from pipeline.build_record import Stages
from pipeline.erasures import Erasures
from pipeline.errors import PipelineError
from pipeline.load import load
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import NOBODY, Engine
from tests.small_shop import SMALL_SHOP, WriteShop

ORDERS = "select order_id, customer_id from raw_orders order by order_id"


@pytest.fixture(params=["sqlite", "duckdb", "postgres", "spark"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine with the small shop loaded in place, by the test."""
    target = request.param
    place: object = tmp_path / "dwh"
    if target in ("postgres", "spark"):
        request.getfixturevalue(target)
        place = "taking_over"
    engine = engine_for(target, str(place))
    yield engine
    for area in (engine, engine.in_place()):
        area.discard_build()


def take_over(engine: Engine, *, accept_changed_raw: bool = False) -> None:
    engine.begin_build()
    request = BuildRequest(accept_changed_raw=accept_changed_raw)
    fill_raw_tables(engine, request, [], Erasures(), Reporter(), Stages())


def test_changed_rows_are_taken_over_only_if_somebody_says_so(
    engine: Engine, write_shop: WriteShop
) -> None:
    load(engine, str(write_shop(raw_products=None)), Reporter())
    published = engine.in_place()
    loads = published.query("select * from raw_loads order by raw_table")
    take_over(engine)
    assert engine.query("select * from raw_loads order by raw_table") == loads

    rows = published.query(ORDERS)
    (orders,) = [table for table in RAW_TABLES if table.name == "raw_orders"]
    columns = [(name, "text") for name in orders.columns]
    _, *found = SMALL_SHOP["raw_orders"]
    nothing = [None] * (len(columns) - len(found[0]))
    # A value in the next column, with the same of everything in the table.
    changed = [
        (order, None, customer, *rest, *nothing)
        if order == "O2"
        else (order, customer or None, *rest, *nothing)
        for order, customer, *rest in found
    ]
    changed = [row[: len(columns)] for row in changed]
    published.write_table("raw_orders", columns, changed)

    with pytest.raises(PipelineError, match=r"raw_orders in .* changed since loaded"):
        take_over(engine)

    take_over(engine, accept_changed_raw=True)
    taken = engine.query(ORDERS)
    assert taken != rows
    assert taken == published.query(ORDERS)
    ((hashed,),) = engine.query(
        "select table_hash from raw_loads where raw_table = 'raw_orders'"
    )
    assert hashed == engine.raw_hash("raw_orders")


@pytest.mark.parametrize("erased", [{}, {"C1": "erased-1"}])
def test_a_duckdb_file_is_taken_over_without_what_was_dropped_when_someone_is_erased(
    erased: dict[str, str], tmp_path: Path, write_shop: WriteShop
) -> None:
    engine = engine_for("duckdb", str(tmp_path / "shop.duckdb"))
    load(engine, str(write_shop(raw_products=None)), Reporter())
    published = engine.in_place()
    forgotten = "forgotten@example.org"
    published.write_table("dropped", [("text", "text")], [(forgotten,)])
    published.write_table("kept", [("text", "text")], [("kept",)])

    for ids in (NOBODY, erased):
        engine.begin_build()
        assert engine.carry_over(["kept", "raw_nothing"], ids) == {"kept": 1}
        assert engine.query("show tables") == [("kept",)]
        held = forgotten.encode() in engine.building.read_bytes()
        assert held == (ids is NOBODY)
        engine.discard_build()
