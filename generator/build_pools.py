"""Rebuild the committed text pools in ``generator/pools`` from Faker.

Run ``python -m generator.build_pools`` by hand after a change here. The generator
itself never imports Faker: the pools are committed, so Faker's version cannot
change a byte of the output. A pool file is all that there is about a country: how
people there write an address, its share of the customers, its tax (sales or
value-added, on goods; for the United States an average), and below that what was
drawn, with the version that it was drawn with.
"""

import json
from collections.abc import Callable
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


def redraw(pool: dict[str, Any]) -> dict[str, Any]:
    """Return a country's pool with its names, streets and cities drawn from Faker."""
    # Faker keeps Italy's cities in the order of a set, which changes with each run.
    ItalianAddresses.cities = sorted(ItalianAddresses.cities)
    source = faker.Faker(pool["locale"])
    source.seed_instance(SEED)
    names = {}
    for gender in ("female", "male"):
        if pool["locale"] == "ja_JP":
            pairs = getattr(JapanesePersons, f"first_name_{gender}_pairs")
            given = japanese(pairs, GIVEN_NAMES)
            family = japanese(JapanesePersons.last_name_pairs, FAMILY_NAMES)
        else:
            given = with_slugs(
                distinct(getattr(source, f"first_name_{gender}"), GIVEN_NAMES)
            )
            family = with_slugs(
                distinct(getattr(source, f"last_name_{gender}"), FAMILY_NAMES)
            )
        names[gender] = {"given": given, "family": family}
    street = source.town if pool["locale"] == "ja_JP" else source.street_name
    return pool | {
        "source": f"Faker {faker.VERSION}",
        "names": names,
        "streets": distinct(street, STREETS),
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
    """Write every pool file anew."""
    for path in sorted(POOLS.glob("*.json")):
        pool = redraw(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(one_list_a_line(pool) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
