"""What leaves the dashboard: safe files, masked names, known places."""

import csv
import io

import pandas as pd
import pytest

from dashboard.exports import safe_cell, to_csv, to_parquet
from dashboard.places import SMALL_PLACES, code_of
from dashboard.privacy import is_personal, mask, shows_pii


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
    data = to_csv(frame)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [
        ["'=name", "amount"],
        ['Zoë "Z", Ltd\nUpper floor', "-12.5"],
        ["'=cmd|' /C calc'!A0", "3.0"],
        ["", ""],
    ]


def test_columns_of_the_same_name_are_all_made_safe() -> None:
    frame = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    assert to_csv(frame).decode("utf-8-sig").splitlines()[1] == "'=1,'=2"


def test_categories_and_objects_are_made_safe_too() -> None:
    frame = pd.DataFrame(
        {"c": pd.Categorical(["=1"]), "o": pd.Series(["@x"], dtype=object)}
    )
    assert to_csv(frame).decode("utf-8-sig").splitlines()[1] == "'=1,'@x"


def test_parquet_reads_back_the_same() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.5, -2.0]})
    back = pd.read_parquet(io.BytesIO(to_parquet(frame)))
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


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
    assert code_of("Malta") in SMALL_PLACES
    assert code_of("Singapore") in SMALL_PLACES
    assert all(abs(lat) <= 90 and abs(lon) <= 180 for lat, lon in SMALL_PLACES.values())
