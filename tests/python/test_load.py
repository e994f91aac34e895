"""`python -m pipeline load`: what it loads, and what it refuses in one line."""

import datetime as dt
import gzip
import os
import re
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.raw_files.raw_folder import CheckedFolder, check_folder
from pipeline.warehouse import engine_for
from pipeline.warehouse.sqlite import engine as sqlite
from tests.python.conftest import rights_of_nobody
from tests.small_shop import SMALL_SHOP, WriteShop, all_columns, as_loaded


def read(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def dump(database: Path) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: read(database, all_columns(table.name)) for table in RAW_TABLES}


def load(folder: Path, database: Path) -> int:
    return main(["load", str(folder), "--database", str(database)])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "dwh.db"


@pytest.fixture
def refused(
    write_shop: WriteShop, database: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[Path], str]:
    """Load a folder that must be refused; the last line, checked to change nothing."""

    def load_and_fail(folder: Path) -> str:
        assert load(write_shop("good"), database) == 0
        before = database.read_bytes()
        capsys.readouterr()

        assert load(folder, database) != 0

        assert database.read_bytes() == before
        assert not [
            path
            for path in database.parent.iterdir()
            if path.name.startswith(f"{database.name}-")
        ]
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        return output.err.splitlines()[-1]

    return load_and_fail


def test_every_field_is_loaded_as_text_and_empty_fields_as_null(
    write_shop: WriteShop, database: Path
) -> None:
    assert load(write_shop(), database) == 0

    for table in RAW_TABLES:
        loaded = read(database, all_columns(table.name))
        assert loaded == as_loaded(table.name)
        declared = read(
            database, f"select name, type from pragma_table_info('{table.name}')"
        )
        text = [(column, "TEXT") for column in table.columns]
        assert declared == [*text, ("batch_id", "INTEGER")]


def test_raw_loads_says_who_filled_each_table_and_when(
    write_shop: WriteShop, database: Path
) -> None:
    folder = write_shop()
    started = dt.datetime.now(dt.UTC).replace(microsecond=0)

    assert load(folder, database) == 0
    assert load(folder, database) == 0

    rows = read(database, "select * from raw_loads")
    assert [row[:4] for row in rows] == [
        (table.name, "load", str(folder), len(SMALL_SHOP[table.name]) - 1)
        for table in RAW_TABLES
    ]
    for row in rows:
        assert dt.datetime.fromisoformat(str(row[4])) >= started


def test_header_names_match_without_case_blanks_order_or_a_byte_order_mark(
    write_shop: WriteShop, database: Path
) -> None:
    folder = write_shop(
        raw_orders=b"\xef\xbb\xbfStatus, ORDER_DATE ,Order_ID\r\n"
        b"paid,2024-02-01,O1\r\n,2024-02-02,O2\r\n\r\n"
    )

    assert load(folder, database) == 0

    assert read(database, all_columns("raw_orders")) == [
        ("O1", None, "2024-02-01", "paid", None, None, None),
        ("O2", None, "2024-02-02", None, None, None, None),
    ]


def test_a_file_of_one_column_is_enough_where_one_is_required(
    write_shop: WriteShop, database: Path
) -> None:
    folder = write_shop(raw_customers=b'customer_id\nC1\n""\n"C,3"\n')

    assert load(folder, database) == 0

    loaded = read(database, "select customer_id, name from raw_customers")
    assert loaded == [("C1", None), (None, None), ("C,3", None)]


def test_unknown_columns_are_ignored_and_named(
    write_shop: WriteShop, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_shop(
        raw_orders=b"order_id,Coupon,order_date,,status\nO1,X,2024-02-01,y,paid\n"
    )

    assert load(folder, database) == 0

    assert read(database, all_columns("raw_orders")) == [
        ("O1", None, "2024-02-01", "paid", None, None, None)
    ]
    warning = "raw_orders.csv: unknown columns ignored: Coupon, (no name, column 4)"
    assert warning in capsys.readouterr().err


def test_gzipped_files_load_like_plain_ones(
    write_shop: WriteShop, database: Path, tmp_path: Path
) -> None:
    folder = write_shop()
    for path in sorted(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    assert load(folder, database) == 0

    assert dump(database) == {table.name: as_loaded(table.name) for table in RAW_TABLES}


def test_a_field_longer_than_the_csv_modules_limit_loads(
    write_shop: WriteShop, database: Path
) -> None:
    long = "x" * 3_000_000
    folder = write_shop(
        raw_customers=f'customer_id,name\nC1,{long}\nC2,"{long}\n{long}"\n'.encode()
    )

    assert load(folder, database) == 0

    loaded = read(database, "select customer_id, name from raw_customers")
    assert loaded == [("C1", long), ("C2", f"{long}\n{long}")]


def test_a_load_replaces_all_four_tables(write_shop: WriteShop, database: Path) -> None:
    assert load(write_shop("first"), database) == 0
    second = write_shop("second", raw_products=b"product_id\nP9\n")

    assert load(second, database) == 0

    assert read(database, "select product_id from raw_products") == [("P9",)]
    assert dump(database)["raw_orders"] == as_loaded("raw_orders")


def test_typed_parquet_columns_become_plain_text(
    write_shop: WriteShop, database: Path
) -> None:
    noon = dt.datetime(2024, 2, 1, 12, 30, 5)
    folder = write_shop(raw_orders=None, raw_order_items=None, raw_customers=None)
    pq.write_table(
        pa.table(
            {
                "Order_ID": pa.array([17850, 2, 3], pa.int64()),
                "customer_id": pa.array([17850.0, None, float("nan")], pa.float64()),
                "order_date": pa.array(
                    [noon, noon.replace(microsecond=250_000), None], pa.timestamp("us")
                ),
                "status": pa.array(["paid", "", None]).dictionary_encode(),
            }
        ),
        folder / "raw_orders.parquet",
    )
    pq.write_table(
        pa.table(
            {
                "order_item_id": pa.array([1.0, 1e-7, 1e22], pa.float64()),
                "order_id": pa.array([True, False, None]),
                "product_id": pa.array([uuid.UUID(int=1).bytes, None, None], pa.uuid()),
                "quantity": pa.array([0.1, 2.0, -0.0], pa.float32()),
                "price_per_item": pa.array(
                    [Decimal("12.5000"), Decimal("100.0000"), Decimal("-0.0001")],
                    pa.decimal128(18, 4),
                ),
            }
        ),
        folder / "raw_order_items.parquet",
    )
    pq.write_table(
        pa.table(
            {
                "customer_id": pa.array([b"C1", b"C2"], pa.binary()),
                "registration_date": pa.array(
                    [dt.date(2024, 2, 29), None], pa.date32()
                ),
                "name": pa.array([noon, None], pa.timestamp("ns", "Asia/Tokyo")),
                "city": pa.nulls(2),
            }
        ),
        folder / "raw_customers.parquet",
    )

    assert load(folder, database) == 0

    assert read(database, all_columns("raw_orders")) == [
        ("17850", "17850", "2024-02-01 12:30:05", "paid", None, None, None),
        ("2", None, "2024-02-01 12:30:05.25", None, None, None, None),
        ("3", None, None, None, None, None, None),
    ]
    assert read(database, all_columns("raw_order_items")) == [
        ("1", "true", "00000000-0000-0000-0000-000000000001", "0.1", "12.5", None),
        ("0.0000001", "false", None, "2", "100", None),
        ("10000000000000000000000", None, None, "0", "-0.0001", None),
    ]
    assert read(
        database, "select customer_id, name, city, registration_date from raw_customers"
    ) == [("C1", "2024-02-01 21:30:05", None, "2024-02-29"), ("C2", None, None, None)]


def test_parquet_loads_like_csv(
    write_shop: WriteShop, database: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "parquet"
    folder.mkdir()
    for table, (header, *rows) in SMALL_SHOP.items():
        columns = {
            name: [row[position] for row in rows]
            for position, name in enumerate(header)
        }
        pq.write_table(pa.table(columns), folder / f"{table}.parquet")

    assert load(folder, database) == 0

    assert dump(database) == {table.name: as_loaded(table.name) for table in RAW_TABLES}


GOOD_LINE = b"O1,C1,2024-02-01,paid\n"
HEADER = b"order_id,customer_id,order_date,status\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "raw_orders.csv is empty; expected a header line"),
        (HEADER, "raw_orders.csv has a header and no rows"),
        (HEADER + b"\n\n", "raw_orders.csv has a header and no rows"),
        (
            b"order_id,customer_id,status\n",
            "raw_orders.csv, line 1: missing required column order_date; found",
        ),
        (b"\nO1\n", "raw_orders.csv, line 1: the line is blank; expected the column"),
        (
            b"order_id,order_date,Status,status\n",
            "raw_orders.csv, line 1: the column status is there 2 times",
        ),
        (
            HEADER.replace(b",", b";"),
            "line 1: the columns are separated by semicolons; expected commas",
        ),
        (
            HEADER.replace(b",", b"\t"),
            "line 1: the columns are separated by tabs; expected commas",
        ),
        (
            HEADER + GOOD_LINE + b"O2,C1,2024-02-01\n",
            "raw_orders.csv, line 3: 3 fields; expected 4 fields, as in the header",
        ),
        (
            HEADER + GOOD_LINE + b'O2,"C1,2024-02-01,paid\n' + GOOD_LINE,
            "raw_orders.csv, line 3: a quote is opened here and never closed",
        ),
        (
            HEADER + b'O1,"C1"x,2024-02-01,paid\n',
            "raw_orders.csv, line 2: text after a closing quote",
        ),
        (
            HEADER + b'O1,C"1",2024-02-01,paid\n',
            "raw_orders.csv, line 2: a quote inside a field without quotes",
        ),
        (
            HEADER + GOOD_LINE + "O2,Zoë,2024-02-01,paid\n".encode("latin-1"),
            "raw_orders.csv, line 3: the byte 0xEB is not UTF-8",
        ),
        (
            (HEADER + GOOD_LINE).decode().encode("utf-16"),
            "raw_orders.csv, line 1: the file is UTF-16; save it as UTF-8",
        ),
        (
            (HEADER + GOOD_LINE).decode().encode("utf-16-le"),
            "raw_orders.csv, line 1: a NUL byte; expected UTF-8 text",
        ),
        (
            HEADER + b"O1,C\x001,2024-02-01,paid\n",
            "raw_orders.csv, line 2: a NUL byte; expected UTF-8 text",
        ),
        (
            (HEADER + GOOD_LINE).replace(b"\n", b"\r"),
            "line 1: a carriage return without a line feed",
        ),
        (b"PK\x03\x04...", "line 1: this is a zip, Excel, gzip or Parquet file"),
        (
            b'"order_id,order_date\n' + GOOD_LINE,
            "raw_orders.csv, line 1: a quote is opened here and never closed",
        ),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused(
    write_shop: WriteShop,
    refused: Callable[[Path], str],
    data: bytes,
    message: str,
) -> None:
    assert message in refused(write_shop("bad", raw_orders=data))


def test_the_faults_of_all_files_are_told_at_once(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop(
        "bad",
        raw_customers=b"customer_id,name\nC1\n",
        raw_products=b"",
        raw_orders=b"order_id\nO1\n",
        raw_order_items=None,
    )

    message = refused(folder)

    assert message.startswith("load failed: 3 faults: (1) "), message
    for fault in (
        "raw_order_items is missing; expected one of raw_order_items.csv, ",
        "raw_customers.csv, line 2: 1 field; expected 2 fields",
        "raw_orders.csv, line 1: missing required column order_date",
    ):
        assert fault in message


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", None])
@pytest.mark.parametrize("has_header", [True, False])
def test_customers_and_products_may_be_absent_or_without_rows(
    write_shop: WriteShop, database: Path, suffix: str | None, has_header: bool
) -> None:
    folder = write_shop(raw_customers=None, raw_products=None)
    for table in ("customer", "product"):
        key = f"{table}_id"
        header = f"{key}\n".encode() if has_header else b""
        path = folder / f"raw_{table}s{suffix}"
        if suffix == ".parquet" and has_header:
            pq.write_table(pa.table({key: pa.array([], pa.string())}), path)
        elif suffix == ".csv.gz":
            path.write_bytes(gzip.compress(header))
        elif suffix is not None:
            path.write_bytes(header if suffix == ".csv" else b"")

    assert load(folder, database) == 0

    assert read(database, "select * from raw_customers") == []
    assert read(database, "select * from raw_products") == []
    assert dump(database)["raw_orders"] == as_loaded("raw_orders")
    assert read(database, "select raw_table, row_count from raw_loads") == [
        ("raw_customers", 0),
        ("raw_products", 0),
        ("raw_orders", 4),
        ("raw_order_items", 7),
    ]


def test_a_fault_far_into_a_file_is_found_before_anything_is_written(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    rows = HEADER + GOOD_LINE * 200_000 + b"O2,C1\n" + GOOD_LINE

    message = refused(write_shop("bad", raw_orders=rows))

    assert "raw_orders.csv, line 200002: 2 fields; expected 4 fields" in message


def test_a_missing_folder_is_refused(
    tmp_path: Path, refused: Callable[[Path], str]
) -> None:
    assert "does not exist; expected one" in refused(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_refused(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("shop")

    assert "is not a folder" in refused(folder / "raw_orders.csv")


def test_a_missing_file_is_refused_by_name(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("bad", raw_orders=None)
    (folder / "raw_orders.xlsx").touch()

    message = refused(folder)

    assert "raw_orders is missing; expected one of raw_orders.csv, " in message
    assert "(raw_orders.xlsx is none of these)" in message


def test_a_table_that_is_there_twice_is_refused(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("bad")
    pq.write_table(pa.table({"order_id": ["O1"]}), folder / "raw_orders.parquet")

    message = refused(folder)

    assert (
        "raw_orders is there twice (raw_orders.csv and raw_orders.parquet)" in message
    )


def test_a_folder_in_place_of_a_file_is_refused(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("bad", raw_orders=None)
    (folder / "raw_orders.csv").mkdir()

    assert "raw_orders.csv is a folder; expected a file" in refused(folder)


def test_a_pipe_in_place_of_a_file_is_refused(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("bad", raw_orders=None)
    os.mkfifo(folder / "raw_orders.csv")

    assert "raw_orders.csv is not a regular file" in refused(folder)


def test_a_file_that_may_not_be_read_is_refused(
    write_shop: WriteShop,
    database: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write_shop("bad")
    (folder / "raw_orders.csv").chmod(0)

    with rights_of_nobody(folder):
        code = load(folder, database)

    assert code != 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert "raw_orders.csv cannot be read: Permission denied" in last
    assert not database.exists()


def test_a_link_to_nowhere_is_refused(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("bad", raw_orders=None)
    (folder / "raw_orders.csv").symlink_to("raw_orders.csv")

    assert "raw_orders.csv cannot be read" in refused(folder)


def as_gzip(data: bytes) -> bytes:
    return gzip.compress(data * 1000)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (as_gzip(GOOD_LINE)[:-20], "raw_orders.csv.gz is cut off"),
        (HEADER + GOOD_LINE, "raw_orders.csv.gz is corrupt"),
        (
            as_gzip(HEADER + GOOD_LINE)[:40] + b"\0" * 9 + as_gzip(HEADER)[49:],
            "raw_orders.csv.gz is corrupt",
        ),
        (b"", "raw_orders.csv.gz is empty"),
        (gzip.compress(b""), "raw_orders.csv.gz is empty"),
        (
            gzip.compress(HEADER + GOOD_LINE + b"O2\n"),
            "raw_orders.csv.gz, line 3: 1 field; expected 4 fields",
        ),
    ],
    # The bytes have the time in them, and each process must name the tests the same.
    ids=["cut", "not gzip", "overwritten", "no byte", "nothing in it", "a short line"],
)
def test_a_damaged_gzip_file_is_refused(
    write_shop: WriteShop,
    refused: Callable[[Path], str],
    damaged: bytes,
    message: str,
) -> None:
    folder = write_shop("bad", raw_orders=None)
    (folder / "raw_orders.csv.gz").write_bytes(damaged)

    assert message in refused(folder)


def parquet_bytes(path: Path, **columns: object) -> bytes:
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def test_a_damaged_parquet_file_is_refused(
    write_shop: WriteShop, refused: Callable[[Path], str]
) -> None:
    folder = write_shop("bad", raw_orders=None)
    path = folder / "raw_orders.parquet"
    whole = parquet_bytes(
        path,
        order_id=[f"O{number}" for number in range(5000)],
        order_date=["2024-02-01"] * 5000,
    )
    damaged = whole[:200] + bytes(byte ^ 255 for byte in whole[200:4000]) + whole[4000:]

    for data in (whole[:-100], whole[100:2000], b"PAR1PAR1", damaged):
        path.write_bytes(data)
        assert "raw_orders.parquet is no Parquet file that can be read" in refused(
            folder
        )
    path.write_bytes(b"")
    assert "raw_orders.parquet is empty" in refused(folder)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"order_id": ["O1"]},
            "raw_orders.parquet: missing required column order_date",
        ),
        (
            {"order_id": ["O1"], "ORDER_ID": ["O1"], "order_date": ["2024-02-01"]},
            "raw_orders.parquet: the column order_id is there 2 times",
        ),
        (
            {"order_id": [["O1"]], "order_date": ["2024-02-01"]},
            "raw_orders.parquet: the column order_id has the type list<",
        ),
        (
            {"order_id": pa.array([], pa.string()), "order_date": pa.nulls(0)},
            "raw_orders.parquet has a header and no rows",
        ),
        (
            {"order_id": ["O1", "O\0002"], "order_date": ["2024-02-01"] * 2},
            "raw_orders.parquet, row 2: a NUL byte in the column order_id",
        ),
        (
            {"order_id": [b"\xe9"], "order_date": ["2024-02-01"]},
            "raw_orders.parquet is no Parquet file that can be read (Invalid UTF8",
        ),
    ],
)
def test_a_parquet_file_that_breaks_the_contract_is_refused(
    write_shop: WriteShop,
    refused: Callable[[Path], str],
    columns: dict[str, object],
    message: str,
) -> None:
    folder = write_shop("bad", raw_orders=None)
    parquet_bytes(folder / "raw_orders.parquet", **columns)

    assert message in refused(folder)


def test_a_target_that_is_no_database_is_refused(
    write_shop: WriteShop, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database.write_bytes(b"no database at all, but long enough to have a header" * 50)
    before = database.read_bytes()

    assert load(write_shop(), database) != 0

    assert "dwh.db is no SQLite database" in capsys.readouterr().err.splitlines()[-1]
    assert database.read_bytes() == before


def test_a_database_of_another_program_is_refused(
    write_shop: WriteShop, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table accounts (id integer)")
    before = database.read_bytes()

    # It is asked before the files are read, which takes long and here would fail.
    assert load(write_shop(raw_orders=b"no header"), database) != 0

    last = capsys.readouterr().err.splitlines()[-1]
    assert "is a database of another program (it holds accounts" in last
    assert database.read_bytes() == before


def test_a_target_that_another_program_made_meanwhile_is_refused(
    write_shop: WriteShop,
    database: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check_slowly(*arguments: Any) -> CheckedFolder:
        checked = check_folder(*arguments)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("create table accounts (id integer)")
        return checked

    monkeypatch.setattr("pipeline.load.check_folder", check_slowly)

    assert load(write_shop(), database) != 0

    last = capsys.readouterr().err.splitlines()[-1]
    assert "is a database of another program (it holds accounts" in last


def test_a_target_that_another_program_writes_is_refused(
    write_shop: WriteShop,
    database: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    folder = write_shop()
    assert load(folder, database) == 0
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("begin immediate")

        assert load(folder, database) != 0

    last = capsys.readouterr().err.splitlines()[-1]
    assert "dwh.db is being written by another program" in last


def test_a_folder_as_target_is_refused(
    write_shop: WriteShop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write_shop(), tmp_path) != 0

    assert "is a folder; expected a database file" in capsys.readouterr().err


def test_a_target_in_a_missing_folder_is_refused(
    write_shop: WriteShop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write_shop(), tmp_path / "nowhere" / "dwh.db") != 0

    assert "nowhere does not exist; make it" in capsys.readouterr().err


def test_an_unknown_target_is_refused(
    write_shop: WriteShop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["load", str(write_shop()), "--target", "oracle"]) != 0

    last = capsys.readouterr().err.splitlines()[-1]
    assert "there is no target oracle; choose one of sqlite, duckdb" in last


def test_target_and_database_come_from_the_environment(
    write_shop: WriteShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_shop()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DWH_DATABASE", "named.db")
    monkeypatch.setenv("DWH_TARGET", "sqlite")

    assert main(["load", str(folder)]) == 0
    assert engine_for(None, None).location == str(tmp_path.resolve() / "named.db")

    assert dump(tmp_path / "named.db")["raw_orders"] == as_loaded("raw_orders")


@pytest.mark.parametrize("function", ["row_number", "json_each", "ln", "json_object"])
def test_a_sqlite_without_what_the_models_need_is_refused(function: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.set_authorizer(
            lambda action, _a, name, _d, _t: (
                sqlite3.SQLITE_DENY
                if action == sqlite3.SQLITE_FUNCTION and name == function
                else sqlite3.SQLITE_OK
            )
        )
        if function == "json_each":  # a table function: no authorizer sees it
            connection.execute("create table json_each (other)")

        with pytest.raises(PipelineError, match=r"SQLite .* lacks .* newer SQLite"):
            sqlite.check_library(connection)


def test_the_command_says_what_it_loaded(
    write_shop: WriteShop, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write_shop(), database) == 0

    output = capsys.readouterr()
    lines = [line.split() for line in output.out.splitlines()]
    for table, rows in SMALL_SHOP.items():
        assert [table, str(len(rows) - 1)] in lines
    assert "loaded 17 rows" in output.err


DISK_FULL = """
import resource, sys
from pipeline.__main__ import main

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("limit", [1_000, 40_000, 400_000])
def test_a_disk_that_fills_up_leaves_the_target_as_it_was(
    write_shop: WriteShop, database: Path, limit: int
) -> None:
    assert load(write_shop("good"), database) == 0
    before = dump(database)
    big = HEADER + b"".join(b"O%d,C1,2024-02-01,paid\n" % n for n in range(50_000))

    run = subprocess.run(
        [
            *(sys.executable, "-c", DISK_FULL, str(limit), "load"),
            *(str(write_shop("big", raw_orders=big)), "--database", str(database)),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert re.search(r"dwh\.db(\.loading)? cannot be written", last)
    assert dump(database) == before
