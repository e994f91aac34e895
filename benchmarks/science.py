"""Predictions and evidence, held against what the generator planted, and their speed.

Three shops are made. In the first, on the `stationary` profile, fits must find the
planted parameters, and tests of pairs the planted affinities. The second is the same
shop without any: whatever is found there is chance. The third is large, and tells how
long fits, scores and history take. At last a million buyers are predicted.
"""

import json
import math
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.artifacts import newest_artifacts, read_artifacts
from benchmarks.many_buyers import measure_many_buyers
from benchmarks.report import Row, Section, at_least, at_most
from benchmarks.runs import Bench
from pipeline.clv.fit import fit_window
from pipeline.clv.purchases import PurchaseSummaries
from pipeline.clv.scores import Horizon
from pipeline.warehouse import reader_for
from pipeline.warehouse.reader import Reader

# What is asked of predictions and evidence.
BG_NBD_TOLERANCE = 0.05
GAMMA_GAMMA_TOLERANCE = 0.10
BACKTEST_TOLERANCE = 0.05
AFFINITIES_FOUND = 0.90
FALSE_DISCOVERY_RATE = 0.05  # var co_purchase_false_discovery_rate
FOUND_BY_CHANCE = 0.001
FIT_CPU_SECONDS = 2.0
HISTORY_SECONDS = {"duckdb": 30.0}

STATIONARY = ["--profile", "stationary", "--customers", "50000"]
# So many register that 100,000 of them buy, in 36 months.
LARGE = ["--customers", "115000"]

Pair = frozenset[str]


@dataclass(frozen=True)
class Shop:
    """A generated shop in its warehouse.

    Attributes:
        truth: What the generator planted.
        reader: The warehouse.
        seconds: How long each model ran.
    """

    truth: Mapping[str, Any]
    reader: Reader
    seconds: Mapping[str, float]


def measure_science(engine: str, project: Path, scratch: Path) -> Section:
    """Make the three shops and measure them.

    Args:
        engine: ``sqlite`` or ``duckdb``.
        project: The root of the repository.
        scratch: A folder for raw files and databases; emptied of them afterwards.
    """
    bench = Bench(
        project, scratch, scratch / "raw", engine, Section("Predictions and evidence")
    )
    for name, arguments, look in (
        ("planted", STATIONARY, _measure_planted),
        ("control", [*STATIONARY, "--no-affinities"], _measure_control),
        ("large", LARGE, _measure_speed),
    ):
        shop = _make_shop(bench, name, arguments)
        if shop is not None:
            look(shop, bench)
            shop.reader.close()
        bench.clear()
    measure_many_buyers(bench)
    bench.clear()
    return bench.section


def _make_shop(bench: Bench, name: str, arguments: Sequence[str]) -> Shop | None:
    database = bench.file("shop")
    generated = bench.run(
        f"{name} shop, generator", "generator", *arguments, "--out", bench.raw
    )
    # The tests are measured elsewhere.
    built = generated and bench.run(
        *(f"{name} shop, build", "benchmarks.untested_build", "--raw", bench.raw),
        *("--target", bench.engine, "--database", database),
    )
    if built is None:
        return None
    artifacts = newest_artifacts(bench.project)
    seconds = read_artifacts(artifacts).seconds_a_model()
    shutil.rmtree(artifacts)
    truth = json.loads((bench.raw / "truth.json").read_text(encoding="utf-8"))
    return Shop(truth, reader_for(str(database)), seconds)


def _measure_planted(shop: Shop, bench: Bench) -> None:
    section = bench.section
    for process, model, names, tolerance in (
        ("purchase_process", "bg_nbd", ("r", "alpha", "a", "b"), BG_NBD_TOLERANCE),
        ("spend_process", "gamma_gamma", ("p", "q", "gamma"), GAMMA_GAMMA_TOLERANCE),
    ):
        planted = shop.truth[process]
        (found,) = (
            [math.inf if value is None else value for value in values]
            for fit, fitted, *values in shop.reader.rows(
                "rpt_clv_models", ["fit_name", "model_name", *names]
            )
            if (fit, fitted) == ("all_data", model)
        )
        pairs = list(zip(names, found, strict=True))
        worst = max(abs(value / planted[name] - 1) for name, value in pairs)
        section.rows.append(
            _share(f"{planted['model']} parameters, worst error", worst, tolerance)
        )
        section.notes.append(
            f"{planted['model']}, planted and found: "
            + ", ".join(
                f"{name} {planted[name]:g} and {value:.3f}" for name, value in pairs
            )
        )
    columns = ["forecast_method", "predicted_orders", "actual_orders", "relative_error"]
    for method, predicted, actual, error in shop.reader.rows(
        "rpt_clv_backtest", columns
    ):
        if method == "bg_nbd":
            section.rows.append(
                _share(
                    "backtest, error of the total",
                    math.inf if error is None else abs(error),
                    BACKTEST_TOLERANCE,
                    floor=f"{predicted or math.nan:,.0f} for {actual:,}",
                )
            )
    _measure_pairs(shop, section)


def _measure_pairs(shop: Shop, section: Section) -> None:
    listed = significant_pairs(shop.reader)
    significant = {pair for pair, is_significant in listed.items() if is_significant}
    affinities = planted_affinities(shop.truth)
    found = affinities & significant
    kin = planted_kin(shop.truth)
    chance = {pair for pair in significant if not belong_together(pair, kin)}
    share = len(found) / len(affinities)
    section.rows += [
        Row(
            "planted affinities called significant",
            figure=f"{share:.1%}",
            floor=f"{len(found)} of {len(affinities)}",
            **at_least(share, AFFINITIES_FOUND, "{:.1%}"),
        ),
        _share(
            "significant pairs that nothing planted",
            len(chance) / max(len(significant), 1),
            FALSE_DISCOVERY_RATE,
            floor=f"{len(chance)} of {len(significant)}",
        ),
    ]
    unplanted = sum(not belong_together(pair, kin) for pair in listed)
    section.notes.append(
        f"{len(listed):,} pairs listed; {unplanted:,} of them share neither affinity "
        "nor mission"
    )


def _measure_control(shop: Shop, bench: Bench) -> None:
    listed = significant_pairs(shop.reader)
    found = sum(listed.values())
    bench.section.rows.append(
        _share(
            "without affinities: pairs called significant",
            found / max(len(listed), 1),
            FOUND_BY_CHANCE,
            floor=f"{found} of {len(listed):,}",
        )
    )


def _measure_speed(shop: Shop, bench: Bench) -> None:
    columns = ("frequency", "recency_days", "age_days", "mean_repeat_value")
    rows = [
        values
        for fit, *values in shop.reader.rows(
            "int_clv_purchase_summaries", ["fit_name", *columns]
        )
        if fit == "all_data"
    ]
    summaries = PurchaseSummaries(*np.array(rows, dtype=np.float64).T)
    started = time.process_time()
    kinds, _ = summaries.kinds()
    fits = fit_window(summaries, kinds, Horizon(52, 0.1))
    cpu = time.process_time() - started
    history = shop.seconds["rpt_customer_rfm_history"]
    size = f"{fits.customers:,} customers"
    bench.section.rows += [
        Row(
            f"fits of four models, and scores, {size}",
            cpu=cpu,
            figure=f"{len(kinds.frequency):,} kinds",
            **at_most(cpu, FIT_CPU_SECONDS, "{:.0f} s CPU"),
        ),
        Row(
            f"RFM history, {size}",
            history,
            figure=f"{shop.reader.count('rpt_customer_rfm_history'):,} rows",
            **at_most(history, HISTORY_SECONDS.get(bench.engine), "{:.0f} s"),
        ),
    ]


def _share(what: str, share: float, most: float, floor: str = "") -> Row:
    columns = at_most(share, most, "{:.1%}")
    return Row(what, figure=f"{share:.1%}", floor=floor, **columns)


def significant_pairs(reader: Reader) -> dict[Pair, bool]:
    """Return the listed pairs of product ids, and whether each is significant."""
    ids: dict[int, str] = dict(reader.rows("dimproduct", ["product_key", "product_id"]))
    return {
        frozenset((str(ids[first]), str(ids[second]))): bool(significant)
        for first, second, significant in reader.rows(
            "rpt_product_co_purchases",
            ["product1_key", "product2_key", "is_significant"],
        )
    }


def planted_affinities(truth: Mapping[str, Any]) -> set[Pair]:
    """Return the pairs of which one product was planted to follow the other."""
    return {
        frozenset((pair["product_id"], pair["followed_by_product_id"]))
        for pair in truth["affinities"]
    }


def planted_kin(truth: Mapping[str, Any]) -> list[set[str]]:
    """Return groups of products that were planted to be bought together.

    Those of one mission and those that follow them, and every chain of followers:
    two products of one group are no chance, though no affinity joins them.
    """
    followers = {
        pair["product_id"]: pair["followed_by_product_id"]
        for pair in truth["affinities"]
    }
    groups = [set(mission["product_ids"]) for mission in truth["missions"]]
    groups += [{product} for product in followers]
    for group in groups:
        left = list(group)
        while left:
            follower = followers.get(left.pop())
            if follower is not None and follower not in group:
                group.add(follower)
                left.append(follower)
    return groups


def belong_together(pair: Pair, kin: Sequence[set[str]]) -> bool:
    """Whether two products are of one group."""
    return any(pair <= group for group in kin)
