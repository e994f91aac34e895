"""What leaves the dashboard: safe files, masked names, known places."""

import csv
import datetime as dt
import io
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.country_codes import code_of, small_places
from dashboard.exports import Export, of_frame, safe_cell, to_csv, to_parquet
from dashboard.privacy import is_personal, mask, shows_pii
from dashboard.queries import explore
from dashboard.warehouse import Warehouse
from pipeline.warehouse import reader


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1+1", "@sum(A1)", "\t=1", "\r=1", "\n=1", "  =1"),
        *("\N{NO-BREAK SPACE}=1", "\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}=1"),
        *("\N{FULLWIDTH EQUALS SIGN}1", "\N{FULLWIDTH PLUS SIGN}1"),
        *("\N{FULLWIDTH HYPHEN-MINUS}1", "\N{FULLWIDTH COMMERCIAL AT}sum(A1)"),
        *("\N{SMALL EQUALS SIGN}1", "\N{ZERO WIDTH NO-BREAK SPACE}=1", "\t1"),
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_a_quote(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lamp;=1+1", "Lamp;'=1+1"),
        ("Lamp; @x;+1", "Lamp;' @x;'+1"),
        ("Lamp\n=1", "Lamp\n'=1"),
        ("Lamp\t\N{FULLWIDTH EQUALS SIGN}1", "Lamp\t'\N{FULLWIDTH EQUALS SIGN}1"),
        ("=1;=2", "'=1;'=2"),
    ],
)
def test_so_does_what_follows_where_a_spreadsheet_may_end_a_cell(
    text: str, expected: str
) -> None:
    assert safe_cell(text) == expected


@pytest.mark.parametrize("value", ["plain", "a=b", "", None, -5.25, -3, "1-1", "·=1"])
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert safe_cell(value) == value


def test_csv_keeps_numbers_quotes_lines_and_accents() -> None:
    frame = pd.DataFrame(
        {
            "=name": ['Zoë "Z", Ltd\nUpper floor', "=cmd|' /C calc'!A0", None],
            "amount": [-12.5, 3.0, float("nan")],
        }
    )
    data = to_csv(of_frame(frame))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [
        ["'=name", "amount"],
        ['Zoë "Z", Ltd\nUpper floor', "-12.5"],
        ["'=cmd|' /C calc'!A0", "3.0"],
        ["", ""],
    ]


def test_categories_and_objects_are_made_safe_too() -> None:
    frame = pd.DataFrame(
        {"c": pd.Categorical(["=1"]), "o": pd.Series(["@x"], dtype=object)}
    )
    data = to_csv(of_frame(frame))
    assert data.decode("utf-8-sig").splitlines()[1] == "'=1,'@x"


def test_parquet_reads_back_the_same() -> None:
    types = {
        "id": pa.int64(),
        "name": pa.string(),
        "amount": pa.float64(),
        "day": pa.date32(),
        "flag": pa.bool_(),
    }
    rows = [(1, "x", 1.5, "2024-02-29", 1), (2, None, -2, None, None)]
    data = to_parquet(Export(types, ([row] for row in rows)))
    assert pq.read_table(io.BytesIO(data)).to_pylist() == [
        dict(zip(types, (1, "x", 1.5, dt.date(2024, 2, 29), True), strict=True)),
        dict(zip(types, (2, None, -2.0, None, None), strict=True)),
    ]


@pytest.mark.parametrize("show_pii", [False, True])
def test_what_is_taken_away_is_what_is_shown(
    warehouse: Warehouse, show_pii: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_ROWS", 7)
    for table in explore.tables(warehouse):
        first = next(iter(explore.searchable(warehouse, table, show_pii=show_pii)))
        search = explore.Search(
            table, sort_by=first, descending=True, show_pii=show_pii
        )
        shown = explore.rows(warehouse, search, 50)
        export = explore.export(warehouse, search, 50)
        taken = pd.read_parquet(io.BytesIO(to_parquet(export)))
        assert list(taken.columns) == list(shown.columns)
        for name in shown:
            expected = shown[name].map(str, na_action="ignore")
            found = taken[name].astype(object).map(_as_shown, na_action="ignore")
            if not pd.api.types.is_float_dtype(shown[name]):
                assert found.fillna("").tolist() == expected.fillna("").tolist(), name


def _as_shown(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)  # type: ignore[call-overload]


def test_one_file_is_written_at_a_time_and_holds_few_rows_in_memory() -> None:
    """Four at once: of 3 million cells, no more than some batches and the files."""
    begun: list[int] = []
    at_work = 0

    def batches(number: int) -> Iterator[list[tuple[str, float]]]:
        nonlocal at_work
        at_work += 1
        assert at_work == 1, "two files are being written"
        begun.append(number)
        for index in range(20):
            yield [(f"name {index}-{row}", row + 0.5) for row in range(5_000)]
        at_work -= 1

    types = {"name": pa.string(), "amount": pa.float64()}
    tracemalloc.start()
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(to_csv, Export(types, batches(n))) for n in range(4)]
        sizes = [len(job.result()) for job in jobs]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(begun) == 4
    assert len(set(sizes)) == 1
    assert peak < 2 * sum(sizes)


def test_names_mail_and_addresses_are_masked_and_nothing_else() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["C1", "C2"],
            "name": ["Zoë O'Brien", None],
            "email": ["zoe@example.org", ""],
            "address": ["1 Main St", "2 Side St"],
            "country": ["Ireland", "Malta"],
        }
    )
    masked = mask(frame)
    text = masked.to_csv()
    for secret in ("Brien", "Z", "zoe", "example", "Main", "Side"):
        assert secret not in text
    assert list(masked["address"]) == ["•••", "•••"]
    assert list(masked["customer_id"]) == ["C1", "C2"]
    assert list(masked["country"]) == ["Ireland", "Malta"]
    assert masked["name"].isna().tolist() == [False, True]
    assert frame["name"][0] == "Zoë O'Brien"


def test_ids_that_are_mail_addresses_are_masked_wherever_they_stand() -> None:
    frame = pd.DataFrame({"customer_id": ["C1", "zoe@example.org", None]})
    for table in ("DimCustomer", "rpt_customer_rfm"):
        shown = mask(frame, table)["customer_id"]
        assert list(shown[:2]) == ["C1", "•••"]
        assert shown.isna()[2]


def test_only_the_value_1_shows_personal_data() -> None:
    assert shows_pii({"DWH_SHOW_PII": "1"})
    for value in ("", "0", "true", "yes", "01"):
        assert not shows_pii({"DWH_SHOW_PII": value})
    assert not shows_pii({})
    assert is_personal("DIMCUSTOMER", "Email")
    assert not is_personal("DimProduct", "name")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GBR"),
        ("UK", "GBR"),
        ("gb", "GBR"),
        ("EIRE", "IRL"),
        ("USA", "USA"),
        ("U.S.A.", "USA"),
        ("RSA", "ZAF"),
        ("Türkiye", "TUR"),
        ("turkiye", "TUR"),
        ("Côte d'Ivoire", "CIV"),
        ("(unknown)", None),
        ("European Community", None),
        ("", None),
    ],
)
def test_countries_are_found_by_name_or_code(name: str, code: str | None) -> None:
    assert code_of(name) == code


def test_places_too_small_for_the_outlines_have_a_point() -> None:
    assert code_of("Malta") in small_places()
    assert code_of("Singapore") in small_places()
    assert all(
        abs(lat) <= 90 and abs(lon) <= 180 for lat, lon in small_places().values()
    )
