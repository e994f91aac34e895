"""The simulated shop behaves like one: what was planted is there, within tolerance."""

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from generated_shop import SALE_STATUSES, Shop, make_shop, money, pair_counts
from scipy import stats

from generator import GeneratorConfig, Profile
from generator.assortment import CATEGORIES, COMPANIONS, COSTS, MISSIONS
from generator.charges import CODES
from generator.customers import load_pools

CONFIG = GeneratorConfig(customers=12_000, products=150)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(CONFIG, tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def stationary(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(
        GeneratorConfig(customers=12_000, profile=Profile.STATIONARY),
        tmp_path_factory.mktemp("stationary"),
    )


@pytest.fixture(scope="module")
def without_affinities(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(
        GeneratorConfig(customers=12_000, affinities=False),
        tmp_path_factory.mktemp("without"),
    )


def share_interval(count: int, total: int) -> tuple[float, float]:
    """Return a binomial interval that a right share leaves once in a million runs."""
    interval = stats.binomtest(count, total).proportion_ci(1 - 1e-6)
    return float(interval.low), float(interval.high)


def test_nobody_orders_before_they_register(shop: Shop) -> None:
    orders = shop.raw["raw_orders"].merge(shop.raw["raw_customers"], on="customer_id")
    assert len(orders) > 10_000
    assert (orders["registration_date"] <= orders["order_date"].str[:10]).all()


def test_dates_stay_within_the_period_and_reach_its_ends(shop: Shop) -> None:
    days = shop.raw["raw_orders"]["order_date"].str[:10]
    assert days.min() == CONFIG.start.isoformat()
    assert days.max() == CONFIG.end.isoformat()
    assert (
        shop.raw["raw_customers"]["registration_date"]
        .between(CONFIG.start.isoformat(), CONFIG.end.isoformat())
        .all()
    )


def test_orders_are_numbered_by_time(shop: Shop) -> None:
    orders = shop.raw["raw_orders"]
    assert orders["order_id"].is_monotonic_increasing
    assert orders["order_date"].is_monotonic_increasing


def test_truth_totals_are_the_files_totals(shop: Shop) -> None:
    lines = shop.lines
    sale = lines["status"].isin(SALE_STATUSES)
    kinds = {
        "sale": sale & (lines["quantity"] > 0) & (lines["cents"] > 0),
        "gift": sale & (lines["quantity"] > 0) & (lines["cents"] == 0),
        "return": (lines["quantity"] < 0) & (lines["cents"] > 0),
        "refund": sale & (lines["quantity"] == 0) & (lines["total"] < 0),
        "cancelled": ~sale & (lines["quantity"] > 0),
    }
    assert sum(int(rows.sum()) for rows in kinds.values()) == len(lines)
    for name, rows in kinds.items():
        truth = shop.truth["lines"][name]
        assert truth["lines"] == int(rows.sum())
        assert truth["units"] == int(lines.loc[rows, "quantity"].sum())
        assert Decimal(truth["amount"]) == money(lines.loc[rows, "total"].sum())
    purchases = shop.purchases
    facts = ~kinds["cancelled"]
    orders = lines[facts].drop_duplicates("order_id")
    money_back = kinds["return"] | kinds["refund"]
    taken_off = purchases["total"] - purchases["amount"]
    assert {name: Decimal(text) for name, text in shop.truth["totals"].items()} == {
        "gross_sales": money(purchases["amount"].sum()),
        "discounts": money(taken_off.sum()),
        "returns": money(lines.loc[money_back, "total"].sum()),
        "net_sales": money(lines.loc[facts, "total"].sum()),
        "shipping": money(orders["shipping_cents"].sum()),
        "tax": money(orders["tax_cents"].sum()),
    }
    discounted = purchases.loc[taken_off < 0, "order_id"].nunique()
    assert shop.truth["orders"]["discounted"] == discounted > 0
    assert shop.truth["orders"]["counting"] == purchases["order_id"].nunique()
    buyers = set(purchases["customer_id"]) - {""}
    assert shop.truth["customers"]["buyers"] == len(buyers)


def test_planted_shares_come_out(shop: Shop) -> None:
    planted = shop.truth["configuration"]["shares"]
    orders, customers = shop.truth["orders"], shop.truth["customers"]
    purchases = orders["counting"]
    registered = customers["registered"]
    lines = shop.lines
    gifts = lines[(lines["cents"] == 0)]
    seen = {
        "never_buys": (registered - customers["buyers"], registered),
        "guest_order": (orders["counting_of_guests"], registered),
        "gift": (len(gifts), purchases + orders["cancelled"]),
        "discount_code": (orders["discounted"], purchases),
        "kept_goods": (
            lines.loc[lines["quantity"] == 0, "order_id"].nunique(),
            orders["returns"],
        ),
        "missing_address": (
            int((shop.raw["raw_customers"]["address"] == "").sum()),
            registered,
        ),
    }
    for name, (count, total) in seen.items():
        low, high = share_interval(count, total)
        assert low <= planted[name] <= high, name
    # Side orders that would fall after the period are missing, so: a little fewer.
    assert 0.94 < orders["returns"] / (planted["order_return"] * purchases) <= 1.02
    tried = planted["cancelled"] * purchases + planted["cancelled_only"] * (
        registered - customers["buyers"]
    )
    assert 0.94 < orders["cancelled"] / tried <= 1.05


def test_returns_send_back_what_was_bought_at_the_price_paid(shop: Shop) -> None:
    returned = shop.lines[shop.lines["quantity"] <= 0]
    kept = returned["quantity"] == 0
    assert set(returned.loc[~kept, "status"]) == {"completed", "returned", "refunded"}
    # Money back without goods: nothing but the amount says what it was.
    assert set(returned.loc[kept, "status"]) == {"completed"}
    assert (returned["cents"] > 0).all()
    bought = shop.purchases[shop.purchases["customer_id"] != ""]
    returned = returned[returned["customer_id"] != ""]
    pairs = returned.merge(
        bought, on=["customer_id", "product_id", "cents"], suffixes=("", "_bought")
    )
    gap = (pairs["moment"] - pairs["moment_bought"]).dt.days
    fits = (
        (gap >= 3)
        & (gap <= 30)
        & (pairs["quantity_bought"] >= -pairs["quantity"])
        # The same second of the day: the purchase's own return.
        & (pairs["moment"].dt.time == pairs["moment_bought"].dt.time)
        # What was paid comes back: less the discount, in proportion to the pieces.
        & (pairs["total"] >= -pairs["total_bought"])
        & (
            (pairs["quantity"] == 0)
            | (
                (
                    pairs["total"]
                    - pairs["total_bought"]
                    * pairs["quantity"]
                    / pairs["quantity_bought"]
                ).abs()
                <= 0.5
            )
        )
    )
    assert set(pairs.loc[fits, "order_item_id"]) == set(returned["order_item_id"])
    # A return is an order of its own.
    assert not set(returned["order_id"]) & set(bought["order_id"])


def test_a_discount_is_a_percentage_of_the_order_to_the_cent(shop: Shop) -> None:
    orders = shop.purchases.groupby("order_id")[["amount", "total"]].sum()
    taken_off = orders["amount"] - orders["total"]
    # Rounded half up, in whole numbers.
    fits = {
        percent: taken_off == (orders["amount"] * percent + 50) // 100
        for percent in (0, *CODES)
    }
    assert np.logical_or.reduce(list(fits.values())).all()
    for percent in set(CODES):
        assert fits[percent].sum() > 500
    # No line bears more than its part, to the cent.
    lines = shop.purchases
    order_amount = lines["order_id"].map(orders["amount"])
    part = lines["order_id"].map(taken_off) * lines["amount"] / order_amount
    assert ((lines["amount"] - lines["total"] - part).abs() <= 1).all()


def test_shipping_and_tax_follow_the_goods(shop: Shop) -> None:
    orders = shop.lines.groupby("order_id").agg(
        goods=("total", "sum"),
        shipping=("shipping_cents", "first"),
        tax=("tax_cents", "first"),
        customer_id=("customer_id", "first"),
        currency=("currency", "first"),
    )
    assert set(orders["currency"]) == {"USD"}
    free = (orders["goods"] >= 7500) | (orders["goods"] < 0)
    assert (orders.loc[free, "shipping"] == 0).all()
    customers = shop.raw["raw_customers"].set_index("customer_id")["country"]
    known = orders[orders["customer_id"] != ""]
    country = known["customer_id"].map(customers)
    paid = known[~free[known.index]]
    assert set(paid.loc[country[paid.index] == "United States", "shipping"]) == {595}
    assert set(paid.loc[country[paid.index] != "United States", "shipping"]) == {1495}
    pools = load_pools()
    taxes = zip(pools.country_names.to_pylist(), pools.tax_per_mille, strict=True)
    owed = known["goods"] * country.map(dict(taxes)) / 1000
    assert ((known["tax"] - owed).abs() <= 0.5).all()
    assert (known.loc[known["goods"] < 0, "tax"] <= 0).all()


def test_every_country_has_a_tax() -> None:
    assert (load_pools().tax_per_mille > 0).all()


def test_a_purchase_has_a_day_of_its_own(shop: Shop) -> None:
    purchases = shop.purchases.drop_duplicates("order_id")
    known = purchases[purchases["customer_id"] != ""]
    assert not known.duplicated(["customer_id", "day"]).any()


def test_a_basket_names_a_product_once(shop: Shop) -> None:
    assert not shop.purchases.duplicated(["order_id", "product_id"]).any()


def test_prices_change_over_time_and_differ_from_the_list_price(shop: Shop) -> None:
    sold = shop.purchases.groupby("product_id")["cents"].nunique()
    assert sold.median() >= 4
    products = shop.raw["raw_products"].set_index("product_id")
    assert products["price"].str.fullmatch(r"\d+\.\d\d").all()
    lines = shop.purchases
    listed = lines["product_id"].map(products["price"])
    assert 0.5 < (listed != lines["price_per_item"]).mean() < 0.95
    # On one day a product has one price, and on the last day it is the list price.
    assert (lines.groupby(["product_id", "day"])["cents"].nunique() == 1).all()
    last = lines[lines["day"] == lines["day"].max()]
    assert (last["product_id"].map(products["price"]) == last["price_per_item"]).all()


def test_assortment_is_sensible(shop: Shop) -> None:
    products = shop.raw["raw_products"]
    assert products["category"].nunique() == len(CATEGORIES) >= 10
    assert products["product_name"].is_unique
    assert products["stock_quantity"].astype("int64").between(0, 10_000).all()
    # What a piece costs is not known of a few; else it is a share of the price.
    is_known = products["unit_cost"] != ""
    assert 0 < (~is_known).mean() < 0.15
    known = products[is_known]
    assert known["unit_cost"].str.fullmatch(r"\d+\.\d\d").all()
    costs, prices = known["unit_cost"].astype(float), known["price"].astype(float)
    ranges = pd.DataFrame(known["category"].map(COSTS).tolist(), index=known.index)
    assert (costs <= prices * ranges[1] / 100 + 1e-9).all()
    assert (costs >= prices * ranges[0] / 100 - 0.01).all()
    assert (costs / prices).std() > 0.05
    kinds = [kind.name for group in CATEGORIES.values() for kind in group]
    assert len(set(kinds)) == len(kinds)
    assert len({len(group) for group in CATEGORIES.values()}) == 1
    for companions in COMPANIONS:
        assert {companions.first, companions.second} <= set(kinds)
    for mission in MISSIONS:
        assert set(mission.kinds) <= set(kinds)
        assert len(mission.months) == 12


def test_people_fit_their_country(shop: Shop) -> None:
    customers = shop.raw["raw_customers"]
    countries = Counter(customers["country"])
    assert len(countries) >= 12
    assert countries.most_common(1)[0][0] == "United States"
    assert customers["email"].is_unique
    assert customers["email"].str.fullmatch(r"[a-z._]+\d+@example\.(com|org|net)").all()
    # Names are written in the country's own letters.
    letters = {"Japan": "\u3000-\u9fff", "Greece": "\u0370-\u03ff"}
    for country, script in letters.items():
        names = customers.loc[customers["country"] == country, "name"]
        assert len(names) > 50
        assert names.str.match(f"[{script}]").all()
    assert customers["name"].nunique() > 0.8 * len(customers)
    # No city is shared by countries that share no language.
    for first, second in combinations(["Germany", "Japan", "Poland", "Spain"], 2):
        cities = [
            set(customers[customers["country"] == c]["city"]) for c in (first, second)
        ]
        assert not cities[0] & cities[1]


def test_popularity_follows_zipf(shop: Shop, without_affinities: Shop) -> None:
    sold = without_affinities.purchases["product_id"].value_counts().to_numpy()
    shift = shop.truth["popularity"]["shift"]
    ranks = np.arange(1, sold.size + 1)
    expected = 1 / (ranks + shift)
    ratio = sold / sold.sum() / (expected / expected.sum())
    # The dearest products, far down the ranks, lose the orders that cannot hold them.
    assert np.abs(ratio[:100] - 1).max() < 0.12
    assert (ratio < 1.15).all()


def calendar(shop: Shop, column: str) -> Any:
    first = shop.purchases.drop_duplicates("order_id")["moment"].dt
    return getattr(first, column).value_counts().sort_index()


def test_the_year_and_the_week_show_in_the_default_profile(shop: Shop) -> None:
    months = calendar(shop, "month")
    assert months.loc[11:12].mean() > 1.25 * months.loc[1:9].mean()
    weekdays = calendar(shop, "day_of_week")
    assert weekdays.loc[0] > 1.04 * weekdays.loc[4]
    hours = calendar(shop, "hour")
    assert hours.loc[20] > 10 * hours.loc[4]


def first_purchases_a_month(shop: Shop) -> pd.DataFrame:
    """Return new buyers by month, and as many as even days would bring."""
    known = shop.purchases[shop.purchases["customer_id"] != ""]
    first = known.groupby("customer_id")["moment"].min().dt.to_period("M")
    counts = first.value_counts().sort_index()
    days = counts.index.days_in_month.to_numpy()
    return pd.DataFrame({"new": counts, "even": counts.sum() * days / days.sum()})


def test_the_stationary_profile_has_no_seasons_growth_returns_or_discounts(
    stationary: Shop, shop: Shop
) -> None:
    weekdays = calendar(stationary, "day_of_week").to_numpy()
    assert stats.chisquare(weekdays).pvalue > 0.001
    months = first_purchases_a_month(stationary)
    assert len(months) == 36
    assert stats.chisquare(months["new"], months["even"]).pvalue > 0.001
    assert (stationary.lines["quantity"] > 0).all()
    assert (stationary.lines["total"] == stationary.lines["amount"]).all()
    # The same look at the default profile sees its seasons at once.
    living = first_purchases_a_month(shop)
    assert stats.chisquare(living["new"], living["even"]).pvalue < 1e-12


def pair_scores(shop: Shop) -> pd.DataFrame:
    """Return every pair with its count, lift and Poisson significance."""
    ids, counts, baskets = pair_counts(shop.purchases)
    first, second = np.triu_indices(len(ids), 1)
    together = counts[first, second]
    alone = counts.diagonal()
    expected = alone[first] * alone[second] / baskets
    return pd.DataFrame(
        {
            "pair": [
                frozenset((ids[a], ids[b])) for a, b in zip(first, second, strict=True)
            ],
            "count": together,
            "lift": together / expected,
            "z": (together - expected) / np.sqrt(expected),
            "p_value": stats.poisson.sf(together - 1, expected),
        }
    ).sort_values("z", ascending=False, ignore_index=True)


@pytest.mark.parametrize("profile", ["shop", "stationary"])
def test_planted_pairs_are_found_again(
    profile: str, request: pytest.FixtureRequest
) -> None:
    shop: Shop = request.getfixturevalue(profile)
    planted = {
        frozenset((pair["product_id"], pair["followed_by_product_id"]))
        for pair in shop.truth["affinities"]
    }
    assert len(planted) >= 30
    scores = pair_scores(shop)
    is_planted = scores["pair"].isin(planted)
    assert int(is_planted.sum()) == len(planted)
    assert (scores.loc[is_planted, "lift"] > 3).all()
    assert (scores.loc[is_planted, "p_value"] * len(scores) < 1e-6).all()
    assert is_planted.head(20).all()
    assert is_planted.head(len(planted)).mean() > 0.8
    # Whatever else is strong shares a mission.
    missions = [set(mission["product_ids"]) for mission in shop.truth["missions"]]
    for pair in scores.loc[~is_planted, "pair"].head(100):
        assert any(pair <= mission for mission in missions)


def test_without_affinities_no_pair_is_significant(without_affinities: Shop) -> None:
    scores = pair_scores(without_affinities)
    assert without_affinities.truth["affinities"] == []
    assert scores["count"].sum() > 100_000
    assert (scores["p_value"] * len(scores)).min() > 0.05


def test_statuses_of_the_last_days_are_on_their_way(shop: Shop) -> None:
    sales = shop.purchases
    age = (date.fromisoformat(shop.truth["configuration"]["end"]) - CONFIG.start).days
    age = age - sales["day"]
    assert set(sales.loc[age < 2, "status"]) == {"processing"}
    assert set(sales.loc[(age >= 2) & (age < 8), "status"]) == {"shipped"}
    assert set(sales.loc[age >= 8, "status"]) == {"completed"}


def test_generated_files_are_where_the_truth_says(tmp_path: Path) -> None:
    made = make_shop(GeneratorConfig(customers=20), tmp_path)
    assert {name: len(rows) for name, rows in made.raw.items()} == made.truth["rows"]
