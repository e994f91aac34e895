"""Which country a shop means: names and codes to ISO 3166-1 alpha-3.

`country_codes.csv` holds a country a row: its codes, the names that shops write (the
usual one first, `|` between them), and for one that the outlines at 1:110 million leave
out, where it lies.
"""

import csv
import unicodedata
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".csv")


def _rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def small_places() -> dict[str, tuple[float, float]]:
    """Latitude and longitude, by code, of countries too small to be drawn."""
    return {
        row["alpha3"]: (float(row["latitude"]), float(row["longitude"]))
        for row in _rows()
        if row["latitude"]
    }


def code_of(name: str) -> str | None:
    """The country's alpha-3 code; None where the name means no country known here.

    A name, or an alpha-2 or alpha-3 code, without regard to case, accents and dots.
    """
    return _codes().get(_plain(name))


@cache
def _codes() -> dict[str, str]:
    return {
        _plain(name): row["alpha3"]
        for row in _rows()
        for name in (row["alpha3"], row["alpha2"], *row["names"].split("|"))
    }


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in decomposed if letter.isalnum() or letter == " ")
    return " ".join(kept.split())
