"""Rebuild the committed text pools in ``generator/pools`` from Faker.

Run ``python -m generator.build_pools`` by hand after a change here. The generator
itself never imports Faker: the pools are committed, so Faker's version cannot
change a byte of the output. Each pool file names the version it was drawn with.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faker
from faker.decode import unidecode
from faker.providers.address.it_IT import Provider as ItalianAddresses
from faker.providers.person.ja_JP import Provider as JapanesePersons

POOLS = Path(__file__).parent / "pools"
SEED = 20240229
GIVEN_NAMES = 100  # a gender
FAMILY_NAMES = 200  # a gender
STREETS = 150
CITIES = 100


@dataclass(frozen=True)
class Country:
    """Where a pool comes from and how the country writes a street address."""

    file: str
    name: str
    locale: str
    weight: int  # relative share of customers
    number_first: bool
    separator: str = " "
    suffix: str = ""
    family_name_first: bool = False


COUNTRIES = (
    Country("us", "United States", "en_US", 260, number_first=True),
    Country("gb", "United Kingdom", "en_GB", 140, number_first=True),
    Country("de", "Germany", "de_DE", 120, number_first=False),
    Country("fr", "France", "fr_FR", 80, number_first=True),
    Country("ca", "Canada", "en_CA", 60, number_first=True),
    Country("nl", "Netherlands", "nl_NL", 50, number_first=False),
    Country("es", "Spain", "es_ES", 45, number_first=False, separator=", "),
    Country("it", "Italy", "it_IT", 45, number_first=False, separator=", "),
    Country("au", "Australia", "en_AU", 40, number_first=True),
    Country("br", "Brazil", "pt_BR", 35, number_first=False, separator=", "),
    Country("pl", "Poland", "pl_PL", 30, number_first=False),
    Country("se", "Sweden", "sv_SE", 25, number_first=False),
    Country(
        "jp",
        "Japan",
        "ja_JP",
        20,
        number_first=False,
        separator="",
        suffix="番地",
        family_name_first=True,
    ),
    Country("in", "India", "en_IN", 20, number_first=True),
    Country("at", "Austria", "de_AT", 15, number_first=False),
    Country("fi", "Finland", "fi_FI", 10, number_first=False),
    Country("cz", "Czechia", "cs_CZ", 10, number_first=False),
    Country("dk", "Denmark", "da_DK", 10, number_first=False),
    Country("pt", "Portugal", "pt_PT", 10, number_first=False, separator=", "),
    Country("gr", "Greece", "el_GR", 10, number_first=False),
)


def slug(text: str) -> str:
    """Return ``text`` as the lower-case ASCII letters of an e-mail's local part."""
    return "".join(c for c in unidecode(text).lower() if "a" <= c <= "z")


def distinct(draw: Callable[[], str], count: int) -> list[str]:
    """Return up to ``count`` distinct one-line values of ``draw``, in drawn order."""
    values: dict[str, None] = {}
    for _ in range(count * 40):
        value = " ".join(draw().split())
        if value:
            values.setdefault(value)
        if len(values) == count:
            break
    return list(values)


def with_slugs(names: list[str]) -> dict[str, list[str]]:
    """Return names and their slugs, leaving out names that have no slug."""
    pairs = [(name, slug(name)) for name in names if slug(name)]
    return {"text": [p[0] for p in pairs], "slug": [p[1] for p in pairs]}


def japanese(pairs: Any, count: int) -> dict[str, list[str]]:
    """Return kanji names with Faker's own romanisation as the slug."""
    unique = {kanji: slug(romaji) for kanji, _, romaji in pairs}
    names = list(unique.items())[:count]
    return {"text": [n[0] for n in names], "slug": [n[1] for n in names]}


def build(country: Country) -> dict[str, Any]:
    """Return the pool of one country, ready to be written as JSON."""
    # Faker keeps Italy's cities in the order of a set, which changes with each run.
    ItalianAddresses.cities = sorted(ItalianAddresses.cities)
    source = faker.Faker(country.locale)
    source.seed_instance(SEED)
    if country.locale == "ja_JP":
        family = japanese(JapanesePersons.last_name_pairs, FAMILY_NAMES)
        names = {
            "female": {
                "given": japanese(JapanesePersons.first_name_female_pairs, GIVEN_NAMES),
                "family": family,
            },
            "male": {
                "given": japanese(JapanesePersons.first_name_male_pairs, GIVEN_NAMES),
                "family": family,
            },
        }
        streets = distinct(source.town, STREETS)
    else:
        names = {
            gender: {
                "given": with_slugs(
                    distinct(getattr(source, f"first_name_{gender}"), GIVEN_NAMES)
                ),
                "family": with_slugs(
                    distinct(getattr(source, f"last_name_{gender}"), FAMILY_NAMES)
                ),
            }
            for gender in ("female", "male")
        }
        streets = distinct(source.street_name, STREETS)
    return {
        "source": f"Faker {faker.VERSION}, locale {country.locale}",
        "country": country.name,
        "weight": country.weight,
        "number_first": country.number_first,
        "separator": country.separator,
        "suffix": country.suffix,
        "family_name_first": country.family_name_first,
        "names": names,
        "streets": streets,
        "cities": distinct(source.city, CITIES),
    }


def one_list_a_line(value: Any, depth: int = 0) -> str:
    """Return ``value`` as JSON with each list on one line: compact, yet diffable."""
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    pad = " " * (depth + 1)
    body = ",\n".join(
        f"{pad}{json.dumps(key)}: {one_list_a_line(item, depth + 1)}"
        for key, item in value.items()
    )
    return f"{{\n{body}\n{' ' * depth}}}"


def main() -> None:
    """Write every pool file."""
    for country in COUNTRIES:
        path = POOLS / f"{country.file}.json"
        path.write_text(one_list_a_line(build(country)) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
