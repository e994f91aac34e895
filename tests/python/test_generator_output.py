"""The generator's bytes: fixed, the same for every chunk size and format."""

import csv
import hashlib
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from generated_shop import read_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import GeneratorConfig, Profile, generate
from generator.configuration import FileFormat
from generator.raw_tables import RAW_TABLES

PROJECT = Path(__file__).parents[2]
FILES = (*(f"{table.name}.csv" for table in RAW_TABLES), "truth.json")

# Change these only with a reason that CHANGELOG.md tells: they are the promise that
# equal arguments give equal bytes, on every machine and numpy version.
GOLDEN = {
    Profile.DEFAULT: (
        "579b343b90f6ec31104922579751da3b515f9e24926193b16800e77560bd2d0d"
    ),
    Profile.STATIONARY: (
        "28916a03addb6e3e0293337f558ebf3a32fed66b7ea5b7faeb248e5c12eddc22"
    ),
    Profile.MESSY: "00d4b9ea2126411e4e35fa1f3bdaa993517e9ae2c9d4e6dcbf2f235c324f8d30",
}

few_runs = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def small(
    customers: int = 60,
    products: int = 150,
    seed: int = 7,
    profile: Profile = Profile.DEFAULT,
    chunk_orders: int = 32_768,
    affinities: bool = True,
) -> GeneratorConfig:
    return GeneratorConfig(
        customers=customers,
        products=products,
        start=date(2024, 1, 1),
        end=date(2024, 12, 31),
        seed=seed,
        profile=profile,
        chunk_orders=chunk_orders,
        affinities=affinities,
    )


def written(config: GeneratorConfig, out: Path) -> dict[str, bytes]:
    generate(config, out)
    return {name: (out / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("profile", list(Profile))
def test_bytes_of_each_profile_are_the_golden_ones(
    profile: Profile, tmp_path: Path
) -> None:
    config = GeneratorConfig(customers=300, products=200, profile=profile)
    digest = hashlib.sha256()
    for content in written(config, tmp_path).values():
        digest.update(content)
    assert digest.hexdigest() == GOLDEN[profile]


def test_committed_seeds_are_what_the_command_writes_by_default(
    tmp_path: Path,
) -> None:
    subprocess.run(
        [sys.executable, "-m", "generator"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT), "PATH": ""},
        check=True,
        capture_output=True,
    )
    total = 0
    for table in RAW_TABLES:
        seed = (PROJECT / "seeds" / f"{table.name}.csv").read_bytes()
        assert (tmp_path / "build/raw" / f"{table.name}.csv").read_bytes() == seed
        total += len(seed)
    assert total <= 3_000_000


@few_runs
@given(
    chunk=st.integers(1, 400),
    seed=st.integers(0, 2**63),
    profile=st.sampled_from(list(Profile)),
    affinities=st.booleans(),
)
def test_chunk_size_never_shows(
    tmp_path: Path, chunk: int, seed: int, profile: Profile, affinities: bool
) -> None:
    whole = small(40, 100, seed, profile, affinities=affinities)
    pieces = small(40, 100, seed, profile, chunk, affinities)
    assert written(whole, tmp_path / "whole") == written(pieces, tmp_path / "pieces")


def content_by_customer(out: Path, customers: set[str]) -> set[tuple[str, ...]]:
    """Return the orders and lines of some customers without their numbers."""
    orders = {row[0]: row[1:] for row in read_rows(out / "raw_orders.csv")}
    found = {tuple(row) for row in orders.values() if row[0] in customers}
    for _, order_id, *line in read_rows(out / "raw_order_items.csv"):
        order = orders[order_id]
        if order[0] in customers:
            found.add((*order, *line))
    return found


@few_runs
@given(
    fewer=st.integers(1, 40),
    more=st.integers(1, 60),
    seed=st.integers(0, 2**63),
    profile=st.sampled_from([Profile.DEFAULT, Profile.STATIONARY]),
)
def test_a_smaller_shop_is_part_of_a_larger_one(
    tmp_path: Path, fewer: int, more: int, seed: int, profile: Profile
) -> None:
    small_out, large_out = tmp_path / "small", tmp_path / "large"
    few = written(small(fewer, 80, seed, profile), small_out)
    many = written(small(fewer + more, 80, seed, profile), large_out)
    assert many["raw_customers.csv"].startswith(few["raw_customers.csv"])
    assert many["raw_products.csv"] == few["raw_products.csv"]
    customers = {row[0] for row in read_rows(small_out / "raw_customers.csv")}
    assert content_by_customer(small_out, customers) == content_by_customer(
        large_out, customers
    )


@few_runs
@given(fewer=st.integers(1, 300), more=st.integers(1, 300), seed=st.integers(0, 99))
def test_more_products_leave_the_first_ones_as_they_were(
    tmp_path: Path, fewer: int, more: int, seed: int
) -> None:
    few = written(small(1, fewer, seed), tmp_path / "few")
    many = written(small(1, fewer + more, seed), tmp_path / "many")
    assert many["raw_products.csv"].startswith(few["raw_products.csv"])


@few_runs
@given(seed=st.integers(-(2**63), 2**63), other=st.integers(1, 2**32))
def test_every_seed_is_another_world(tmp_path: Path, seed: int, other: int) -> None:
    first = written(small(20, 30, seed), tmp_path / "first")
    second = written(small(20, 30, seed + other), tmp_path / "second")
    assert all(first[name] != second[name] for name in FILES)


@few_runs
@given(
    customers=st.integers(1, 30),
    products=st.integers(1, 40),
    start=st.dates(date(1990, 1, 1), date(2099, 1, 1)),
    days=st.integers(0, 300),
    profile=st.sampled_from(list(Profile)),
)
def test_every_shop_however_small_is_consistent(
    tmp_path: Path,
    customers: int,
    products: int,
    start: date,
    days: int,
    profile: Profile,
) -> None:
    end = start + timedelta(days=days)
    truth = generate(
        GeneratorConfig(customers, products, start, end, profile=profile), tmp_path
    )
    for table in RAW_TABLES:
        rows = read_rows(tmp_path / f"{table.name}.csv")
        assert len(rows) == truth["rows"][table.name]
        assert {len(row) for row in rows} <= {len(table.columns)}
        if profile is not Profile.MESSY:
            keys = [row[0] for row in rows]
            assert len(set(keys)) == len(keys)
    if profile is not Profile.MESSY:
        orders = {r[0]: r[2][:10] for r in read_rows(tmp_path / "raw_orders.csv")}
        items = read_rows(tmp_path / "raw_order_items.csv")
        assert {row[1] for row in items} == set(orders)
        assert all(str(start) <= day <= str(end) for day in orders.values())


@pytest.mark.parametrize("profile", list(Profile))
def test_parquet_holds_the_same_text_as_csv(profile: Profile, tmp_path: Path) -> None:
    config = small(profile=profile)
    generate(config, tmp_path / "csv")
    generate(config, tmp_path / "parquet", FileFormat.PARQUET)
    for table in RAW_TABLES:
        stored = pq.read_table(tmp_path / "parquet" / f"{table.name}.parquet")
        assert stored.column_names == list(table.columns)
        assert {str(field.type) for field in stored.schema} == {"string"}
        columns = [stored.column(name).to_pylist() for name in table.columns]
        rows = [[value or "" for value in row] for row in zip(*columns, strict=True)]
        assert rows == read_rows(tmp_path / "csv" / f"{table.name}.csv")
        # An empty field is a null, never an empty text.
        assert not any("" in column for column in columns)
    for name in ("truth.json",):
        assert (tmp_path / "csv" / name).read_text() == (
            tmp_path / "parquet" / name
        ).read_text()


def test_parquet_files_do_not_show_the_chunk_size(tmp_path: Path) -> None:
    for name, chunk in (("whole", 32_768), ("pieces", 17)):
        generate(small(chunk_orders=chunk), tmp_path / name, FileFormat.PARQUET)
    for table in RAW_TABLES:
        file = f"{table.name}.parquet"
        assert (tmp_path / "whole" / file).read_bytes() == (
            tmp_path / "pieces" / file
        ).read_bytes()


def test_csv_follows_rfc_4180_with_plain_line_ends(tmp_path: Path) -> None:
    generate(small(profile=Profile.MESSY), tmp_path)
    for table in RAW_TABLES:
        path = tmp_path / f"{table.name}.csv"
        content = path.read_bytes()
        assert content.startswith((",".join(table.columns) + "\n").encode())
        assert content.endswith(b"\n")
        content.decode("utf-8", errors="strict")
        # Written again by Python's csv module with the least quotes, it is the same.
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        again = tmp_path / "again.csv"
        with again.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        assert again.read_bytes() == content


def test_truth_file_is_what_generate_returns(tmp_path: Path) -> None:
    truth = generate(small(), tmp_path)
    assert json.loads((tmp_path / "truth.json").read_text("utf-8")) == truth


def test_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    """A run of ten times the orders may take little more: 40 bytes an order."""
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from generator import GeneratorConfig, generate\n"
        "generate(GeneratorConfig(customers=int(sys.argv[1])), Path(sys.argv[2]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = []
    for customers in (10_000, 100_000):
        run = subprocess.run(
            [sys.executable, "-c", program, str(customers), str(tmp_path)],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        )
        # Linux counts kilobytes, macOS bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        peaks.append(int(run.stdout) * unit)
    lines = len((tmp_path / "raw_order_items.csv").read_bytes().splitlines())
    assert lines > 1_500_000
    # The file alone is 50 MB more; 100 MB leaves room for one chunk of people.
    assert peaks[1] - peaks[0] < 100e6
