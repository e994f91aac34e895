"""What is loaded is the file that was named, whole, and as it was checked."""

import errno
import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.erasures import Erasures
from pipeline.errors import PipelineError
from pipeline.load import load_folder
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.raw_files.csv_files import CsvFile
from pipeline.raw_files.raw_folder import check_folder
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine, fill
from tests.small_shop import SMALL_SHOP, WriteShop, all_columns

SUFFIXES = (".csv", ".csv.gz", ".parquet")
HEADER = b"order_id,customer_id,order_date,status\n"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """tests/engines/test_load_what_was_read_on_duckdb.py has another one."""
    return engine_for("sqlite", str(tmp_path / "dwh"))


def load(engine: Engine, folder: Path) -> int:
    database = ("--target", engine.target, "--database", str(engine.published))
    return main(["load", str(folder), *database])


def orders(engine: Engine) -> list[tuple[object, ...]]:
    return sorted(engine.in_place().query(all_columns("raw_orders")))


def last_line(capsys: Capture) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def write_orders(folder: Path, suffix: str, data: bytes) -> Path:
    """Write CSV bytes as raw_orders, plain, gzipped or as Parquet."""
    path = folder / f"raw_orders{suffix}"
    if suffix == ".parquet":
        header, *rows = [line.split(",") for line in data.decode().splitlines()]
        columns = [list(column) for column in zip(*rows, strict=True)]
        pq.write_table(pa.table(columns, names=header), path)
    else:
        path.write_bytes(gzip.compress(data) if suffix == ".csv.gz" else data)
    return path


def test_a_folders_name_is_no_pattern(write_shop: WriteShop, engine: Engine) -> None:
    names = [
        "shop[1]",
        "*",
        "s?op",
        "{a,b}",
        "it's 100% #1",
        "\\d",
        os.fsdecode(b"\xe9"),
    ]
    for name in ("shop1", "shop", "a"):
        write_shop(name)

    for number, name in enumerate(names):
        folder = write_shop(name, raw_orders=None)
        row = f"{number},C,2024-02-01,paid\n".encode()
        write_orders(folder, SUFFIXES[number % 3], HEADER + row)

        assert load(engine, folder) == 0

        assert orders(engine) == [(str(number), "C", "2024-02-01", "paid", *[None] * 3)]


BEFORE = HEADER + b"O1,C1,2024-02-01,paid\nO2,C2,2024-02-02,paid\n"
CHANGES = {
    "columns swapped": BEFORE.replace(b"order_id,customer_id", b"customer_id,order_id"),
    "more rows": BEFORE + b"O3,C3,2024-02-03,paid\n",
    "fewer rows": HEADER + b"O1,C1,2024-02-01,paid\n",
    "one byte": BEFORE.replace(b"O2", b"O9"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_changes_after_its_check_is_not_loaded(
    write_shop: WriteShop, engine: Engine, suffix: str, change: str
) -> None:
    assert load(engine, write_shop("good")) == 0
    before = orders(engine)
    folder = write_shop("changing", raw_orders=None)
    path = write_orders(folder, suffix, BEFORE)
    checked = check_folder(str(folder), Reporter())

    status = path.stat()
    write_orders(folder, suffix, CHANGES[change])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    with pytest.raises(PipelineError, match="changed while it was read"):
        load_folder(engine, checked, Erasures(), Reporter(), in_place=True)
    assert orders(engine) == before


def test_a_file_that_is_replaced_after_its_check_is_loaded_as_it_was(
    write_shop: WriteShop, engine: Engine
) -> None:
    folder = write_shop()
    checked = check_folder(str(folder), Reporter())
    new = folder / "new"
    new.write_bytes(BEFORE)
    new.replace(folder / "raw_orders.csv")

    load_folder(engine, checked, Erasures(), Reporter(), in_place=True)

    assert len(orders(engine)) == len(SMALL_SHOP["raw_orders"]) - 1


def test_a_fault_of_reading_is_the_files_and_one_of_writing_is_not(
    write_shop: WriteShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_shop(raw_customers=None)

    def write(name: str, columns: object, batches: Iterable[pa.RecordBatch]) -> int:
        try:
            rows = sum(map(len, batches))
        except PipelineError as error:
            raise RuntimeError("the stream broke") from error  # as DuckDB has it
        if rows:
            raise OSError(errno.ENOSPC, "No space left on device")
        return rows

    with pytest.raises(OSError, match="No space left"):
        fill(check_folder(str(folder), Reporter()).files, 1, lambda _: None, write)

    def broken(*_: object) -> Iterator[pa.RecordBatch]:
        yield from ()
        raise OSError(errno.EIO, "Input/output error")

    checked = check_folder(str(folder), Reporter())
    monkeypatch.setattr(CsvFile, "_batches", broken)
    with pytest.raises(PipelineError, match="csv cannot be read: Input/output error"):
        fill(checked.files, 1, lambda _: None, write)


def test_every_load_keeps_a_hash_of_each_file_and_of_each_table(
    write_shop: WriteShop, engine: Engine
) -> None:
    query = "select raw_table, file_hash, table_hash from raw_loads order by 1"

    assert load(engine, write_shop(raw_products=None)) == 0
    first = engine.in_place().query(query)
    assert load(engine, write_shop(raw_products=None)) == 0

    assert engine.in_place().query(query) == first
    files = {table: file_hash for table, file_hash, _ in first}
    assert files["raw_products"] is None
    assert len(str(files["raw_orders"])) == 64
    assert len({table_hash for _, _, table_hash in first}) == len(RAW_TABLES)


def test_zeros_after_the_end_of_a_gzip_file_are_nothing(
    write_shop: WriteShop, engine: Engine
) -> None:
    folder = write_shop(raw_orders=None)
    path = write_orders(folder, ".csv.gz", BEFORE)
    path.write_bytes(path.read_bytes() + bytes(512))

    assert load(engine, folder) == 0

    assert [row[0] for row in orders(engine)] == ["O1", "O2"]


@pytest.fixture
def refused(
    write_shop: WriteShop, tmp_path: Path, capsys: Capture
) -> Callable[[Callable[[Path], object]], str]:
    """Load a shop whose orders somebody wrote; the last line of its refusal."""

    def load_and_fail(write: Callable[[Path], object]) -> str:
        folder = write_shop(raw_orders=None)
        write(folder)
        engine = engine_for("sqlite", str(tmp_path / "dwh"))
        assert load(engine, folder) == 1
        return last_line(capsys)

    return load_and_fail


Refused = Callable[[Callable[[Path], object]], str]


def test_a_damaged_page_is_refused(refused: Refused) -> None:
    def write(folder: Path) -> None:
        path = folder / "raw_orders.parquet"
        table = pa.table({"order_id": ["O1", "O2"], "order_date": ["2024-02-01"] * 2})
        pq.write_table(
            *(table, path),
            write_page_checksum=True,
            compression="none",
            use_dictionary=False,
        )
        # A value with its length, as a page holds it.
        damaged = path.read_bytes().replace(b"\2\0\0\0O2", b"\2\0\0\0O3")
        assert damaged != path.read_bytes()
        path.write_bytes(damaged)

    assert "raw_orders.parquet is no Parquet file that can be read" in refused(write)


def test_a_footer_that_counts_other_rows_is_refused(refused: Refused) -> None:
    def write(folder: Path) -> None:
        path = folder / "raw_orders.parquet"
        pq.write_table(pa.table({"order_id": ["1"], "order_date": ["2"]}), path)
        data = path.read_bytes()
        # The number of all rows, between the schema and the row groups.
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        at = data.index(b"\x16\x02\x19", footer) + 1
        path.write_bytes(data[:at] + b"\x04" + data[at + 1 :])

    assert "holds 1 rows and its footer says 2" in refused(write)


def test_a_small_file_that_unpacks_without_end_is_refused(refused: Refused) -> None:
    line = b"O1,C1,2024-02-01,paid\n"

    def write_gzip(folder: Path) -> None:
        write_orders(folder, ".csv.gz", HEADER + line * (80_000_000 // len(line)))

    message = refused(write_gzip)

    assert "raw_orders.csv.gz unpacks to more than 100 times its size" in message
    assert "DWH_MAX_UNPACKED_RATIO" in message


def test_a_value_packed_once_and_repeated_takes_no_memory(refused: Refused) -> None:
    def write(folder: Path) -> None:
        values = pa.DictionaryArray.from_arrays([0] * 5_000, ["x" * 1_000_000])
        table = pa.table({"order_id": values, "order_date": ["2024-02-01"] * 5_000})
        pq.write_table(table, folder / "raw_orders.parquet")

    before = pa.default_memory_pool().max_memory()

    assert "unpacks to more than 100 times its size" in refused(write)
    assert pa.default_memory_pool().max_memory() - before < 1 << 30


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_field_without_end_is_refused(
    refused: Refused, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_MAX_FIELD_BYTES", "3000000")
    long = BEFORE.replace(b"C2", b"C" * 3_000_001)

    message = refused(lambda folder: write_orders(folder, suffix, long))

    assert f"raw_orders{suffix}, " in message
    assert "a field of more than 3,000,000 bytes; set DWH_MAX_FIELD_BYTES" in message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        # Each of these once took minutes.
        (b'"' + b"\n" * (1 << 20), "line 1: no end in the first 1,048,576 bytes"),
        (b"c," * 100_000 + b"order_id", "line 1: 100,001 columns, more than 5,000"),
        (
            b",".join(b"c%d" % n for n in range(4_000)),
            "line 1: missing required columns order_id, order_date; found c0, c1, ",
        ),
    ],
)
def test_a_header_without_end_is_refused_at_once(
    refused: Refused, data: bytes, message: str
) -> None:
    line = refused(lambda folder: write_orders(folder, ".csv", data))

    assert message in line
    assert len(line) < 1_000


def test_a_limit_that_is_no_number_is_named(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_MAX_COLUMNS", "many")

    message = refused(lambda folder: write_orders(folder, ".csv", BEFORE))

    assert "DWH_MAX_COLUMNS is 'many'; expected a whole number above 0" in message


@pytest.mark.parametrize("device", ["/dev/zero", "pipe"])
def test_a_link_to_what_is_no_file_is_refused(refused: Refused, device: str) -> None:
    def write(folder: Path) -> None:
        if device == "pipe":
            os.mkfifo(folder / device)
        (folder / "raw_orders.csv").symlink_to(device)

    assert "raw_orders.csv is not a regular file" in refused(write)


def test_a_last_line_that_ends_in_a_carriage_return_is_refused(
    refused: Refused,
) -> None:
    message = refused(lambda folder: write_orders(folder, ".csv", BEFORE[:-1] + b"\r"))

    assert "line 3: a carriage return without a line feed" in message


def test_letters_that_only_look_like_a_columns_name_are_another_name(
    write_shop: WriteShop, engine: Engine, capsys: Capture
) -> None:
    folder = write_shop(raw_customers="customer_id,addre\u017f\u017f\nC1,x\n".encode())

    assert load(engine, folder) == 0

    assert "unknown column ignored: addre\u017f\u017f" in capsys.readouterr().err
    address = "select address from raw_customers"
    assert engine.in_place().query(address) == [(None,)]


def test_a_pipe_in_place_of_a_warehouse_is_refused(
    tmp_path: Path, capsys: Capture
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    assert main(["compare", str(pipe), str(pipe)]) == 1

    assert "pipe is no file; name a SQLite or DuckDB file" in last_line(capsys)


def test_no_control_character_reaches_a_terminal(
    write_shop: WriteShop, tmp_path: Path, capsys: Capture
) -> None:
    engine = engine_for("sqlite", str(tmp_path / "dwh"))
    odd = "\x1b]0;title\x07\u202e"
    name = f"shop\r\n{odd}" + os.fsdecode(b"\xff")
    good = write_shop(name, raw_products=f'product_id,"{odd}"\nP1,x\n'.encode())

    assert load(engine, good) == 0
    assert load(engine, good / "nothing") == 1
    with pytest.raises(SystemExit):
        main(["load", "folder", "more", odd])

    output = capsys.readouterr()
    text = (output.out + output.err).replace("\n", "")
    assert text.isprintable()
    assert r"unknown column ignored: \x1b]0;title\x07\u202e" in output.err
    assert r"\x1b]0;title\x07\u202e\udcff/nothing does not exist" in output.err
