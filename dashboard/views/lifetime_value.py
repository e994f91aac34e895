"""Lifetime value: what is a customer worth?"""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts import lifetime_value as charts
from dashboard.charts.bars import bands
from dashboard.formatting import exact, signed_percent
from dashboard.metrics import metric
from dashboard.parts import part
from dashboard.queries import lifetime_value, retention


def main() -> None:
    """Draw the page."""
    countries = controls.countries()
    ui.title(
        "Lifetime value",
        "What is a customer worth, so far and from here on?",
        controls.describe_countries(countries),
    )
    values = cache.ask(lifetime_value.lifetime_values, countries)
    if values.empty:
        ui.note("**No buyer lives there.** Choose another country.", "search")
        return
    ui.key_figures(lifetime_value.totals(values))
    spent = values["total_spending"]
    left, right = st.columns([3, 2])
    with (
        left,
        ui.card(
            "How much have buyers spent?",
            "Buyers by net sales so far; the last bar holds all larger ones.",
            metric("lifetime_value").formula,
        ),
    ):
        histogram = lifetime_value.value_histogram(spent)
        value, count = metric("lifetime_value"), metric("buyers")
        ui.chart(
            bands(histogram, value, count, ui.theme()),
            "Histogram of buyers by net sales.",
            "histogram",
        )
    with (
        right,
        ui.card(
            "How unequal are they?",
            "Lorenz curve; on the dotted line all buyers would be worth the same.",
            metric("gini").formula,
        ),
    ):
        ui.chart(
            charts.lorenz_curve(lifetime_value.lorenz(spent), ui.theme()),
            "Lorenz curve of net sales over buyers.",
            "lorenz",
        )
    _newer(countries)
    _origins(countries)
    _predicted(values)
    _backtest(countries)


_ORIGINS_SHOWN = 12


def _after(key: str) -> int:
    """So many days after the first order; the longest is the default."""
    spans = {f"{days} days": days for days in reversed(retention.MILESTONES)}
    return spans[controls.picked("After", list(spans), key)]


@part
def _newer(countries: tuple[str, ...]) -> None:
    """Months of first orders, each seen for as long as the others."""
    with ui.card(
        "Are newer buyers worth as much?",
        "Net sales per buyer in the same number of days after the first order, by its "
        "month; only buyers known for so long.",
        metric("value_per_customer").formula,
    ):
        if countries:
            ui.known_of_all("This is counted")
            return
        days = _after("newer_after")
        rows = cache.ask(lifetime_value.origin_values, lifetime_value.BY_MONTH, days)
        found = rows.dropna(subset="value_per_customer").sort_values("origin")
        if found.empty:
            ui.note(
                "**No month has enough buyers known for so long.** Choose fewer days."
            )
            return
        if said := _left_out(len(rows) - len(found)):
            ui.caption(said)
        ui.chart(
            charts.by_month(found, ui.theme()),
            f"Bars of net sales per buyer within {days} days by month of first order.",
            "value_by_month",
        )


def _left_out(count: int) -> str:
    """How many have no mean; nothing where all have one."""
    if not count:
        return ""
    least = cache.whole_variable("least_customers")
    return (
        f"{count:,} with fewer than {least} customers left out: their means say little."
    )


@part
def _origins(countries: tuple[str, ...]) -> None:
    """Which beginnings lead to valuable customers."""
    with ui.card(
        "Which beginnings pay off?",
        "Net sales per customer so many days after the first order; only customers "
        "known for so long.",
        "Main category: the one with the most gross sales in the first order. First "
        "product: the category of its first line. Returned: a product of the first "
        "order came back within 30 days.",
    ):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = controls.picked("Begun with", list(lifetime_value.ORIGINS), "origin")
            days = _after("after")
        origin = lifetime_value.ORIGINS[kind]
        rows = cache.ask(lifetime_value.origin_values, origin, days)
        if countries and kind != "Country":
            ui.known_of_all("This is counted")
            return
        if countries:
            rows = rows[rows["origin"].isin(countries)]
        found = rows.dropna(subset="value_per_customer")
        if found.empty:
            ui.note(
                "**Too few customers have been known for so long.** Choose fewer days."
            )
            return
        said = [_left_out(len(rows) - len(found))]
        largest = found.nlargest(_ORIGINS_SHOWN, "customers").index
        if len(found) > _ORIGINS_SHOWN:
            said.append(f"The {_ORIGINS_SHOWN} with the most customers are shown.")
        choose = None
        if kind == "Country":
            choose = partial(ui.choose, "country")
            said.append("Click a country to look at it alone; again, at all.")
        if any(said):
            ui.caption(" ".join(filter(None, said)))
        ui.chart(
            charts.origin_bars(found[found.index.isin(largest)], ui.theme()),
            f"Bars of net sales per customer after {days} days by origin.",
            "origins",
            choose,
        )


def _predicted(values: pd.DataFrame) -> None:
    with ui.card("What may they still bring?"):
        models = cache.ask(lifetime_value.prediction_models)
        if values["expected_orders"].isna().all():
            ui.note("**No forecast could be made.** " + _why_none(models))
            return
        ui.key_figures(lifetime_value.predicted_totals(values))
        _warn_of_a_far_horizon(models)
        if values["predicted_value"].isna().all():
            ui.note(
                "**What a purchase will be worth cannot be said.** "
                + _sentence(_status(models, lifetime_value.SPEND_MODEL))
            )
        alive = values["p_alive"].dropna()
        if alive.empty:
            ui.note(_why_nobody_left(models))
            return
        said = "Buyers by the chance that they have not left for good."
        if unknown := len(values) - len(alive):
            said += (
                f" It cannot be told of {unknown:,} who bought on one day only: by "
                "this model one leaves after a repeat purchase."
            )
        ui.caption(said)
        histogram = lifetime_value.share_histogram(alive)
        chance, count = metric("p_alive"), metric("buyers")
        ui.chart(
            bands(histogram, chance, count, ui.theme(), height=240),
            "Histogram of buyers by the chance to be active.",
            "alive",
        )


def _warn_of_a_far_horizon(models: pd.DataFrame) -> None:
    """A forecast of more weeks than there were is what would be if nothing changed."""
    if models.empty:
        return
    weeks = int(models["horizon_weeks"].iloc[0])
    span = cache.span()
    known = (span.as_of - span.first).days // 7
    if weeks > known:
        ui.caption(
            f"This looks {weeks} weeks ahead, after orders of {known}: it is what "
            "would come if nothing changed."
        )


def _status(models: pd.DataFrame, *names: str) -> str:
    """What is said of some models, each thing once."""
    said = models.loc[models["model_name"].isin(names), "model_status"]
    return ", ".join(dict.fromkeys(said))


def _sentence(status: str) -> str:
    return ui.plain(status[:1].upper() + status[1:]) + "."


def _why_none(models: pd.DataFrame) -> str:
    status = _status(models, *lifetime_value.PURCHASE_MODELS)
    if status in ("", "too few customers"):
        return "Too few buyers came back for a model to be fitted."
    return _sentence(status)


def _why_nobody_left(models: pd.DataFrame) -> str:
    """Why there is no chance to be active, in plain words."""
    status = _status(models, *lifetime_value.LEAVING_MODELS)
    if status != "no sign of leaving":
        return (
            "**Whether customers have left cannot be told.** "
            + _sentence(status)
            + " The forecast takes it that nobody has."
        )
    return (
        "**No sign of leaving.** What these customers bought is explained as well if "
        "none of them has left for good: so nobody's chance to be active can be told, "
        "and the forecast takes it that all go on as they did."
    )


_METHODS = {
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "nbd": "NBD (nobody leaves)",
    "same_count": "As many as before",
    "same_rate": "As often as before",
    "historical_rate": "Orders per year of lifespan",
    "nobody": "Nobody buys again",
}


def _method(row: pd.Series) -> str:
    """A way to forecast, whether it is the page's own, and why it has no figures."""
    name: str = _METHODS.get(row["forecast_method"], row["forecast_method"])
    if row["is_used"]:
        return f"{name}: this forecast"
    if pd.isna(row["predicted_orders"]):
        return f"{name}: {row['forecast_status']}"
    return name


def _verdict(rows: pd.DataFrame) -> str:
    """Which way was nearest in total and per customer, in words."""
    names = [
        (_METHODS.get(found["forecast_method"], found["forecast_method"]), found)
        for found in (
            lifetime_value.nearest(rows, "relative_error"),
            lifetime_value.nearest(rows, "root_mean_squared_error"),
        )
    ]
    own = rows[rows["is_used"]].iloc[0]

    def against(found: pd.Series, key: str, written: Callable[[float], str]) -> str:
        said = written(found[key])
        if found["is_used"]:
            return f"this forecast ({said})"
        return f"{{}} ({said}, this forecast {written(own[key])})"

    def an_error(value: float) -> str:
        return exact(value, metric("root_mean_squared_error"), cache.currency())

    (total_name, total), (each_name, each) = names
    in_total = against(total, "relative_error", signed_percent).format(total_name)
    per_customer = against(each, "root_mean_squared_error", an_error).format(each_name)
    return f"Nearest in total: {in_total}. Nearest per customer: {per_customer}."


@ui.in_time()
def _backtest(countries: tuple[str, ...]) -> None:
    """How good the forecast was on weeks that it had not seen."""
    rows = cache.ask(lifetime_value.backtest)
    if rows.empty:
        return
    with ui.card("Can the forecast be trusted?"):
        if countries:
            ui.known_of_all("The forecast is tested")
            return
        model = rows.iloc[0]
        tenths = cache.ask(lifetime_value.backtest_tenths)
        if pd.isna(model["predicted_orders"]) or tenths.empty:
            ui.note(
                "**The forecast could not be tested.** "
                + _sentence(str(model["forecast_status"]))
            )
            return
        off = float(model["relative_error"])
        ui.caption(
            f"Made without the last {int(model['holdout_weeks'])} weeks, the model "
            f"expected {float(model['predicted_orders']):,.0f} purchases in them; "
            f"{int(model['actual_orders']):,} came ({signed_percent(off)})."
        )
        st.markdown(f"**{ui.plain(_verdict(rows))}**")
        left, right = st.columns(2)
        with left:
            ui.chart(
                charts.forecast_check(tenths, ui.theme()),
                "Bars of forecast and actual purchases by tenths of customers.",
                "forecast_check",
            )
        with right:
            total = metric("relative_error")
            named = rows.assign(
                forecast_method=rows.apply(_method, axis=1),
                better=lifetime_value.better_than_used(rows),
            )
            ui.table(
                named,
                {
                    "forecast_method": ui.name_column("Way to forecast"),
                    "better": "Better than this forecast",
                    "relative_error": ui.change_column(total.name, total.formula),
                    "root_mean_squared_error": ui.metric_column(
                        "root_mean_squared_error",
                        "Error per customer, purchases",
                        "%,.3f",
                    ),
                },
                "Errors of several ways to forecast.",
                "backtest_table",
                changes=("relative_error",),
            )


main()
