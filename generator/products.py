"""The product table: names, prices over time, popularity, missions, companions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.alias_tables import AliasTables, build_alias_tables
from generator.assortment import (
    BRANDS,
    CATEGORIES,
    COMPANIONS,
    COSTS,
    EDITIONS,
    MISSIONS,
    Kind,
)
from generator.configuration import GeneratorConfig
from generator.counter_hash import (
    Stream,
    below,
    child_keys,
    draw,
    entity_keys,
    happens,
)

PRICE_PERIOD = 182  # days between two price changes of a product
ZIPF_SHIFT = 8  # popularity is proportional to 1 / (rank + shift)
OUT_OF_STOCK = 0.03
UNKNOWN_COST = 0.06  # of products
ALL_YEAR = 12  # the table of missions after those of the twelve months

# Kinds in the order products are made: one of each category in turn, so that even a
# small shop has every category.
KINDS: tuple[tuple[str, Kind], ...] = tuple(
    (category, kinds[place])
    for place in range(len(next(iter(CATEGORIES.values()))))
    for category, kinds in CATEGORIES.items()
)


@dataclass(frozen=True)
class Affinity:
    """A planted pair: ``second`` follows ``first`` with this probability."""

    first: int  # product numbers, from 0
    second: int
    probability: float


@dataclass(frozen=True)
class ProductTable:
    """Everything about the products; arrays have one element a product.

    Attributes:
        names: Unique names.
        categories: Category names.
        prices: Cents by product and price period, shape (products, periods).
        phases: Days by which a product's price changes come early.
        list_prices: Cents on the last day of the period.
        stock: Pieces in stock.
        unit_costs: Cents that a piece costs the shop today; -1 where it does not know.
        popularity: One alias table over all products.
        trifles: One alias table over the cheapest tenth, for very small orders.
        missions: Alias tables, one a mission; a mission without products falls back
            on overall popularity.
        mission_months: Alias tables of missions: one a month, then one for all year.
        companions: Product that may follow, or -1.
        companion_chances: Probability that it does, as a threshold of 2**32.
        affinities: The planted pairs.
    """

    names: list[str]
    categories: list[str]
    prices: NDArray[np.int64]
    phases: NDArray[np.int64]
    list_prices: NDArray[np.int64]
    stock: NDArray[np.int64]
    unit_costs: NDArray[np.int64]
    popularity: AliasTables
    trifles: AliasTables
    missions: AliasTables
    mission_months: AliasTables
    companions: NDArray[np.int64]
    companion_chances: NDArray[np.uint64]
    affinities: list[Affinity]

    def price_rows(
        self, products: NDArray[np.int64], days: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return positions in ``prices.ravel()`` of products on days."""
        periods = (days + self.phases[products]) // PRICE_PERIOD
        return np.asarray(products * self.prices.shape[1] + periods, np.int64)


def charm(cents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return prices as shops write them: 4.49 below ten dollars, else 12.49 or .99."""
    small = (cents + 5) // 10 * 10 - 1
    large = (cents + 25) // 50 * 50 - 1
    return np.maximum(np.where(cents < 1000, small, large), 99)


def _name(number: int, brand_offset: int) -> str:
    kind = KINDS[number % len(KINDS)][1]
    generation = number // len(KINDS)
    brands, editions = len(BRANDS), len(EDITIONS)
    brand = BRANDS[(brand_offset + generation) % brands]
    edition = EDITIONS[(generation + generation // brands) % editions][0]
    series = generation // (brands * editions)
    words = [brand, edition, kind.name, f"No. {series + 1}" if series else ""]
    return " ".join(word for word in words if word)


def _brand_offsets(seed: int) -> NDArray[np.int64]:
    keys = entity_keys(seed, Stream.BRAND, np.arange(len(KINDS)))
    return below(draw(keys, 0), len(BRANDS))


def _zipf(count: int) -> list[int]:
    return [(1 << 40) // (rank + 1 + ZIPF_SHIFT) for rank in range(count)]


def _missions(
    config: GeneratorConfig, ranks: NDArray[np.int64]
) -> tuple[AliasTables, AliasTables]:
    """Return each mission's products, by their shop-wide weights, and the months."""
    weights = _zipf(config.products)
    members: dict[str, list[int]] = {}
    for number in range(config.products):
        members.setdefault(KINDS[number % len(KINDS)][1].name, []).append(number)
    tables = []
    for mission in MISSIONS:
        numbers = [n for kind in mission.kinds for n in members.get(kind, [])]
        numbers = numbers or list(range(config.products))
        tables.append((numbers, [weights[ranks[n]] for n in numbers]))
    everyday = [sum(mission.months) for mission in MISSIONS]
    months = [
        [mission.months[month] for mission in MISSIONS] if config.seasonal else everyday
        for month in range(12)
    ]
    months.append(everyday)
    choices = range(len(MISSIONS))
    return build_alias_tables(tables), build_alias_tables(
        [(choices, month) for month in months]
    )


def _affinities(config: GeneratorConfig) -> list[Affinity]:
    if not config.affinities:
        return []
    places = {kind.name: i for i, (_, kind) in enumerate(KINDS)}
    return [
        Affinity(first, second, companions.probability)
        for base in range(0, config.products, len(KINDS))
        for companions in COMPANIONS
        if (first := base + places[companions.first]) < config.products
        and (second := base + places[companions.second]) < config.products
    ]


def _unit_costs(
    config: GeneratorConfig, list_prices: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What a piece costs the shop, a share of its price by category; -1 is unknown."""
    numbers = np.arange(config.products)
    keys = entity_keys(config.seed, Stream.UNIT_COST, numbers)
    shares = np.array([COSTS[category] for category, _ in KINDS])[numbers % len(KINDS)]
    lows, highs = shares.T * 10
    costs = list_prices * (lows + below(draw(keys, 0), highs - lows + 1)) // 1000
    return np.where(happens(draw(keys, 1), UNKNOWN_COST), -1, costs)


def build_products(config: GeneratorConfig) -> ProductTable:
    """Return the products of a configuration.

    Names, categories and price histories depend on the seed and the product's
    number only; popularity and missions depend on the whole assortment.
    """
    numbers = np.arange(config.products)
    keys = entity_keys(config.seed, Stream.PRODUCT, numbers)
    kinds = numbers % len(KINDS)
    editions = len(EDITIONS)
    generations = numbers // len(KINDS)
    lows = np.array([kind.low for _, kind in KINDS])[kinds]
    spans = np.array([kind.high - kind.low for _, kind in KINDS])[kinds]
    percent = np.array([share for _, share in EDITIONS])[
        (generations + generations // len(BRANDS)) % editions
    ]
    # The smaller of two draws: most products sit in the lower half of the range.
    places = np.minimum(below(draw(keys, 0), 1001), below(draw(keys, 1), 1001))
    base = (lows + spans * places // 1000) * percent // 100

    phases = below(draw(keys, 2), PRICE_PERIOD)
    periods = (config.days - 1 + PRICE_PERIOD - 1) // PRICE_PERIOD + 1
    columns = []
    for period in range(periods):
        changes = draw(child_keys(keys, np.full(numbers.shape, period)), 0)
        # Prices rise by 1.2 % a half-year on average, give or take 6 %.
        columns.append(charm(base * (940 + 12 * period + below(changes, 121)) // 1000))
    prices = np.stack(columns, axis=1)
    last = (config.days - 1 + phases) // PRICE_PERIOD
    list_prices = prices[numbers, last]

    # Cheap things sell more often; chance decides the rest.
    scores = below(draw(keys, 3), 16_000) + np.minimum(base, 8000) * 4
    ranks = np.empty(config.products, np.int64)
    ranks[np.lexsort((numbers, scores))] = numbers
    zipf = _zipf(config.products)
    cheapest = np.lexsort((numbers, base))[: -(-config.products // 10)]
    missions, mission_months = _missions(config, ranks)

    companions = np.full(config.products, -1, np.int64)
    chances = np.zeros(config.products, np.uint64)
    affinities = _affinities(config)
    for affinity in affinities:
        companions[affinity.first] = affinity.second
        chances[affinity.first] = int(affinity.probability * 2.0**32)

    pieces = 5 + np.minimum(below(draw(keys, 4), 400), below(draw(keys, 5), 400))
    brand_offsets = _brand_offsets(config.seed)
    return ProductTable(
        names=[_name(n, int(brand_offsets[n % len(KINDS)])) for n in numbers.tolist()],
        categories=[KINDS[kind][0] for kind in kinds.tolist()],
        prices=prices,
        phases=phases,
        list_prices=list_prices,
        stock=np.where(happens(draw(keys, 5), OUT_OF_STOCK), 0, pieces),
        unit_costs=_unit_costs(config, list_prices),
        popularity=build_alias_tables(
            [(range(config.products), [zipf[rank] for rank in ranks])]
        ),
        trifles=build_alias_tables(
            [(cheapest.tolist(), [zipf[rank] for rank in ranks[cheapest]])]
        ),
        missions=missions,
        mission_months=mission_months,
        companions=companions,
        companion_chances=chances,
        affinities=affinities,
    )
