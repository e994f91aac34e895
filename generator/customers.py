"""The customer table: people whose names and addresses fit their country."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from generator.alias_tables import AliasTables, build_alias_tables
from generator.configuration import GeneratorConfig
from generator.counter_hash import Hashes, Stream, below, draw, entity_keys, happens
from generator.purchases import PersonDraw, registration_days
from generator.raw_tables import CUSTOMERS
from generator.shop_clock import ShopClock
from generator.text_columns import (
    Bytes,
    blank_where,
    fixed_width_text,
    integer_text,
    numbered_ids,
)

POOLS = Path(__file__).parent / "pools"
# Reserved for examples (RFC 2606): no generated address can reach a person.
EMAIL_DOMAINS = ("@example.com", "@example.org", "@example.net")
EMAIL_SEPARATORS = (".", "_", "")
HOUSE_NUMBERS = 180


@dataclass(frozen=True)
class Pool:
    """Values of several groups end to end (a group is a country, or one's gender).

    Attributes:
        values: All values.
        offsets: First value of each group, shape (groups,).
        sizes: Values of each group, shape (groups,).
    """

    values: pa.StringArray
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def pick(self, hashes: Hashes, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return positions of values drawn evenly from each row's group."""
        return self.offsets[groups] + below(hashes, self.sizes[groups])


@dataclass(frozen=True)
class CustomerPools:
    """All pools. Countries are groups; names have two groups a country."""

    countries: AliasTables
    country_names: pa.StringArray
    tax_per_mille: NDArray[np.int64]
    number_first: NDArray[np.bool_]
    family_name_first: NDArray[np.bool_]
    separators: pa.StringArray
    suffixes: pa.StringArray
    given: Pool
    given_slugs: pa.StringArray
    family: Pool
    family_slugs: pa.StringArray
    streets: Pool
    cities: Pool


def _pool(groups: list[list[str]]) -> Pool:
    sizes = np.array([len(group) for group in groups], np.int64)
    return Pool(
        pa.array([value for group in groups for value in group], pa.string()),
        np.cumsum(sizes) - sizes,
        sizes,
    )


def load_pools() -> CustomerPools:
    """Return the committed pools, countries by falling weight."""
    countries: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(POOLS.glob("*.json"))
    ]
    countries.sort(key=lambda country: (-country["weight"], country["country"]))
    names = [
        country["names"][gender]
        for country in countries
        for gender in ("female", "male")
    ]

    def each(field: str) -> list[Any]:
        return [country[field] for country in countries]

    def names_pool(part: str, form: str) -> Pool:
        return _pool([name[part][form] for name in names])

    return CustomerPools(
        countries=build_alias_tables([(range(len(countries)), each("weight"))]),
        country_names=pa.array(each("country")),
        tax_per_mille=np.array(each("tax_per_mille")),
        number_first=np.array(each("number_first")),
        family_name_first=np.array(each("family_name_first")),
        separators=pa.array(each("separator")),
        suffixes=pa.array(each("suffix")),
        given=names_pool("given", "text"),
        given_slugs=names_pool("given", "slug").values,
        family=names_pool("family", "text"),
        family_slugs=names_pool("family", "slug").values,
        streets=_pool(each("streets")),
        cities=_pool(each("cities")),
    )


def _join(*parts: Any) -> pa.StringArray:
    return pc.binary_join_element_wise(*parts, "")


def customer_ids(numbers: NDArray[np.int64]) -> pa.StringArray:
    """Return the ids of customer numbers, which count from 0."""
    return numbered_ids("C", 6, numbers + 1)


def home_countries(pools: CustomerPools, keys: Hashes) -> NDArray[np.int64]:
    """Return the place of each person's country in ``pools.country_names``."""
    return pools.countries.pick_one_table(draw(keys, PersonDraw.COUNTRY))


def customer_batch(
    config: GeneratorConfig,
    clock: ShopClock,
    pools: CustomerPools,
    days: Bytes,
    numbers: NDArray[np.int64],
) -> pa.RecordBatch:
    """Return the raw rows of some customers.

    Args:
        config: The run's configuration.
        clock: Its clock, for the registration dates.
        pools: The committed pools.
        days: ISO text of each day of the period, shape (days, 10).
        numbers: Customer numbers from 0, shape (n,).
    """
    keys = entity_keys(config.seed, Stream.CUSTOMER, numbers)
    countries = home_countries(pools, keys)
    # Two draws and the lower position: some names are more common than others.
    people = countries * 2 + below(draw(keys, PersonDraw.GENDER), 2)
    given = np.minimum(
        pools.given.pick(draw(keys, PersonDraw.GIVEN_NAME), people),
        pools.given.pick(draw(keys, PersonDraw.GIVEN_NAME_2), people),
    )
    family = np.minimum(
        pools.family.pick(draw(keys, PersonDraw.FAMILY_NAME), people),
        pools.family.pick(draw(keys, PersonDraw.FAMILY_NAME_2), people),
    )
    given_name = pools.given.values.take(pa.array(given))
    family_name = pools.family.values.take(pa.array(family))
    swapped = pa.array(pools.family_name_first[countries])
    name = pc.binary_join_element_wise(
        pc.if_else(swapped, family_name, given_name),
        pc.if_else(swapped, given_name, family_name),
        " ",
    )

    style = below(draw(keys, PersonDraw.EMAIL_STYLE), 9)
    # The customer's number makes the address unique.
    email = _join(
        pools.given_slugs.take(pa.array(given)),
        pa.array(EMAIL_SEPARATORS).take(pa.array(style % 3)),
        pools.family_slugs.take(pa.array(family)),
        integer_text(numbers + 1),
        pa.array(EMAIL_DOMAINS).take(pa.array(style // 3)),
    )

    street = pools.streets.values.take(
        pools.streets.pick(draw(keys, PersonDraw.STREET), countries)
    )
    house = integer_text(1 + below(draw(keys, PersonDraw.HOUSE_NUMBER), HOUSE_NUMBERS))
    address = pc.if_else(
        pa.array(pools.number_first[countries]),
        _join(house, pa.scalar(" "), street),
        _join(
            street,
            pools.separators.take(pa.array(countries)),
            house,
            pools.suffixes.take(pa.array(countries)),
        ),
    )
    missing = happens(
        draw(keys, PersonDraw.MISSING_ADDRESS), config.shares.missing_address
    )
    city = pools.cities.values.take(
        pools.cities.pick(draw(keys, PersonDraw.CITY), countries)
    )
    registered = days[registration_days(config, clock, keys)]
    return pa.record_batch(
        [
            customer_ids(numbers),
            name,
            email,
            blank_where(missing, address),
            city,
            pools.country_names.take(pa.array(countries)),
            fixed_width_text(registered),
        ],
        schema=CUSTOMERS.schema,
    )
